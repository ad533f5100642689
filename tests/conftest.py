"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import Browser, require
from hypothesis import settings

# The machine may be busy with something else; how long an example takes says nothing here.
settings.register_profile("artgan", deadline=None)
settings.load_profile("artgan")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser without a window; its tests are skipped, or fail where it was promised, when there is none."""
    require()
    with Browser() as started:
        yield started
