"""One work becomes one verified file: of what servers send, only whole pictures stay."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.fetch.downloading import Downloader
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.sites.site import Version
from artgan.records import now
from artgan.web.client import Missing, Saved, Unavailable


def jpeg(side: int = 64, format: str = "JPEG") -> bytes:
    cells = np.random.default_rng(side).integers(0, 256, (8, 8, 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(cells).resize((side, side)).save(data, format)
    return data.getvalue()


class Servers:
    """Answers by address; a list gives one answer after the other, the last one for ever."""

    def __init__(self, answers: dict[str, Any], **fields: Any) -> None:
        self.answers = answers
        self.fields = fields
        self.asked: list[str] = []

    def save(self, url: str, path: Path, *, most_bytes: int, accept: str = "image/*") -> Saved:
        self.asked.append(url)
        answer = self.answers[url]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        path.write_bytes(answer)
        facts = {"url": url, "content_type": "image/jpeg", **self.fields}
        sha = hashlib.sha256(answer).hexdigest()
        return Saved(path=path, bytes=len(answer), sha256=sha, date=now(), **facts)


@pytest.fixture
def get(tmp_path: Path) -> Callable[..., Any]:
    def get(
        answers: dict[str, Any],
        wanted: Wanted | None = None,
        placeholder: str = "none",
        settle: bool = False,
        **fields: Any,
    ) -> Any:
        servers = Servers(answers, **fields)
        versions = [Version(name=url, url=url) for url in answers]
        downloader = Downloader(servers, tmp_path, wanted or Wanted(), lambda url: url == placeholder)  # type: ignore[arg-type]
        outcome = downloader.get("w1", versions, settle=settle)
        left = sorted(p.name for p in (tmp_path / "originals").iterdir())
        return outcome, left, servers.asked

    return get


def test_a_whole_picture_is_kept_with_what_is_known_of_it(get):
    outcome, left, asked = get({"original": jpeg(90)})
    assert outcome.status == "ok" and left == ["w1.jpg"] and asked == ["original"]
    fields = outcome.fields
    assert (fields["width"], fields["height"], fields["version"]) == (90, 90, "original")
    assert fields["sha256"] == hashlib.sha256(jpeg(90)).hexdigest() and len(fields["dhash"]) == 16


def test_the_bytes_decide_the_suffix(get):
    outcome, left, _ = get({"original": jpeg(format="PNG")})
    assert outcome.fields["file"] == "originals/w1.png" and left == ["w1.png"]


BAD = {
    "truncated": jpeg(200)[:-900],
    "html": b"<!doctype html><title>Just a moment</title>",
    "empty": b"",
    "noise": b"\x00\x01\x02" * 300,
    "bomb": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    + struct.pack(">I", zlib.crc32(b"IHDR")),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_never_kept(get, kind):
    outcome, left, asked = get({"original": BAD[kind]})
    assert outcome.status == "failed" and left == []
    assert len(asked) == (1 if kind == "bomb" else 2), "broken bodies are asked for twice, bombs once"


@pytest.mark.parametrize("kind", BAD)
def test_a_smaller_version_takes_the_place_of_a_broken_original(get, kind):
    outcome, left, _ = get({"original": BAD[kind], "HD": jpeg(70)})
    assert (outcome.status, outcome.fields["version"], left) == ("ok", "HD", ["w1.jpg"])


def test_a_body_that_is_broken_once_is_had_the_second_time(get):
    outcome, _, asked = get({"original": [BAD["truncated"], jpeg()], "HD": jpeg(70)})
    assert (outcome.fields["version"], asked) == ("original", ["original", "original"])


def test_missing_everywhere_is_gone_for_good_and_trouble_is_not(get):
    gone = Missing("missing: 404", "u")
    outcome, left, asked = get({"original": gone, "HD": gone})
    assert (outcome.status, left, asked) == ("gone", [], ["original", "HD"])
    outcome, _, _ = get({"original": Unavailable("unreachable: no answer", "u"), "HD": gone})
    assert (outcome.status, outcome.reason) == ("failed", "unreachable: no answer (original)")


@pytest.mark.parametrize("reason", ["status: 503", "unreachable: no answer", "cut short: 10 of 20 bytes came"])
def test_trouble_that_may_pass_does_not_cost_the_original_until_it_has_lasted(get, reason):
    answers = {"original": Unavailable(reason, "u"), "HD": jpeg(70)}
    outcome, left, asked = get(answers)
    assert (outcome.status, left, asked) == ("failed", [], ["original"])
    outcome, _, asked = get(answers, settle=True)
    assert (outcome.status, outcome.fields["version"], asked) == ("ok", "HD", ["original", "HD"])


def test_an_original_that_leads_away_makes_way_at_once(get):
    outcome, _, _ = get({"original": Unavailable("redirect: to evil.example", "u"), "HD": jpeg(70)})
    assert outcome.fields["version"] == "HD"


def test_a_placeholder_met_after_a_redirect_is_not_a_painting(get):
    outcome, left, _ = get({"original": jpeg()}, placeholder="frame", url="frame")
    assert (outcome.status, left) == ("placeholder", [])


def test_who_asks_that_no_machine_learns_from_it_is_heard(get):
    outcome, left, _ = get({"original": jpeg()}, robots_tag=("noimageai",))
    assert outcome.reason.startswith("noai: ") and left == []
    outcome, left, _ = get({"original": jpeg()}, Wanted(allow_noai=True), robots_tag=("noimageai",))
    assert outcome.status == "ok"


def test_too_small_shows_in_the_file_when_the_listing_did_not_say(get):
    outcome, left, _ = get({"original": jpeg(40)}, Wanted(min_side=64))
    assert (outcome.status, left) == ("dropped", [])
    assert (outcome.fields["width"], outcome.reason) == (40, "too-small: 40x40, less than 64 on a side")


def test_of_a_picture_with_too_many_pixels_the_smaller_version_is_taken(get):
    outcome, _, asked = get({"original": jpeg(200), "HD": jpeg(70)}, Wanted(max_pixels=10_000))
    assert (outcome.fields["version"], asked) == ("HD", ["original", "HD"])
