"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# The machine may be busy with something else; how long an example takes says nothing here.
settings.register_profile("artgan", deadline=None)
settings.load_profile("artgan")
