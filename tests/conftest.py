"""What holds for every test."""

from __future__ import annotations

import os
import tempfile
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


@pytest.fixture(scope="session", autouse=True)
def own_cache():
    """Keep the cache of whoever runs the tests out of them, and them out of it."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "XDG_CACHE_HOME", folder)
        yield
