"""Beginning from a generator at an address."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from internet import Internet, Request, Response

from artgan.errors import DamagedError, RemoteError, UsageError
from artgan.events import Note
from artgan.training import download
from artgan.training.events import Planned
from artgan.training.job import find_source

ADDRESS = "https://models.example/starters/gen_000012.keras"


class Models:
    """A site that offers one generator, and things that are none."""

    hosts = ("models.example", "elsewhere.example")

    def __init__(self, generator: bytes) -> None:
        self.generator = generator
        self.asked: list[str] = []

    def answer(self, request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response.of_text("not here", 404)
        self.asked.append(request.path)
        if request.path.startswith("/starters"):
            return Response(200, {"Content-Type": "application/octet-stream"}, self.generator)
        if request.path == "/moved":
            return Response(302, {"Location": "https://elsewhere.example/starters/gen.keras"})
        return Response.of_html("<h1>a page about paintings</h1>")


@pytest.fixture(scope="module")
def running(first) -> Iterator[Internet]:
    with Internet(Models(first[0].generator().path.read_bytes())) as internet:
        yield internet


@pytest.fixture
def site(running: Internet, monkeypatch: pytest.MonkeyPatch) -> Models:
    running.heal()
    running.use(monkeypatch)
    (site,) = running.sites
    assert isinstance(site, Models)
    site.asked.clear()
    return site


def digest(site: Models) -> str:
    return hashlib.sha256(site.generator).hexdigest()


def test_a_run_begins_from_an_address(site: Models, trainings, tmp_path: Path) -> None:
    address = f"{ADDRESS}#sha256={digest(site)}"
    for _ in range(2):  # the second time from the cache
        events = list(trainings.events({"epochs": 1}, init=address, cache_dir=tmp_path / "cache", dry_run=True))
        assert "generator: 2 of 2 layers reused" in [event.text for event in events if isinstance(event, Note)]
        assert next(event for event in events if isinstance(event, Planned)).begun_from == ADDRESS
    assert site.asked == ["/starters/gen_000012.keras"]


def test_a_copy_that_no_checksum_pins_is_kept_for_a_day(site: Models, tmp_path: Path) -> None:
    source = find_source(ADDRESS, tmp_path, tmp_path / "cache")
    assert source.generator.read_bytes() == site.generator and source.discriminator is None
    assert find_source(ADDRESS, tmp_path, tmp_path / "cache") == source and len(site.asked) == 1
    yesterday = time.time() - 25 * 3600
    os.utime(source.generator, (yesterday, yesterday))
    find_source(ADDRESS, tmp_path, tmp_path / "cache")
    assert len(site.asked) == 2
    source.generator.write_bytes(b"spoilt")
    assert download.fetch_model(f"{ADDRESS}#sha256={digest(site)}", tmp_path / "cache").read_bytes() == site.generator


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("http://models.example/starters/a.keras", UsageError, "https"),
        (f"{ADDRESS}#sha256=123", UsageError, "64 hexadecimal digits"),
        (f"{ADDRESS}#sha256={'0' * 64}", DamagedError, "SHA-256"),
        ("https://models.example/page", DamagedError, "https://models.example/page"),
        ("https://models.example/moved", RemoteError, "elsewhere.example"),
        ("https://192.168.1.1/gen.keras", RemoteError, "private network"),
    ],
)
def test_what_is_not_the_model_that_was_meant_is_not_kept(
    site: Models, tmp_path: Path, address: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        find_source(address, tmp_path, tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_file_beyond_all_measure_is_not_taken(site: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_MOST_BYTES", 1000)
    with pytest.raises(RemoteError, match="too large"):
        find_source(ADDRESS, tmp_path, tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
