"""The local site of ``visiting``, started once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from internet import Internet
from visiting import Paintings, Visit

from artgan.web.cache import Cache
from artgan.web.client import Web


@pytest.fixture(scope="session")
def running() -> Iterator[Internet]:
    with Internet(Paintings()) as internet:
        yield internet


@pytest.fixture
def visit(running: Internet, monkeypatch: pytest.MonkeyPatch) -> Visit:
    running.heal()
    running.log.clear()
    running.use(monkeypatch)
    site = running.sites[0]
    assert isinstance(site, Paintings)
    site.open()
    return Visit(running, site)


@pytest.fixture
def web(visit: Visit) -> Iterator[Web]:
    web = visit.web()
    yield web
    web.close()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")
