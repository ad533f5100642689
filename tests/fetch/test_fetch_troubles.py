"""Servers that are in trouble, or say that it is too much: one fetch meets all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import together
from internet import NOON, Fault, Internet, faults
from internet.wikiart import PICTURES, LocalWikiArt, Work, drawn_works
from lying import Lying, dataset, rates

PASSING: dict[str, tuple[Fault, int]] = {
    "drip": (faults.drip(10, 0.3), 1),
    "429-seconds": (faults.status(429, retry_after="2"), 1),
    "429-date": (faults.retry_at(429, 2), 1),
    "429-bare": (faults.status(429), 1),
    "403-once": (faults.status(403), 1),
    "408": (faults.status(408), 1),
    "500-page": (faults.status(500), 1),
    "503": (faults.status(503), 2),
    "reset": (faults.reset(), 1),
    "too-short": (faults.too_short(), 1),
}
"""What goes wrong with a picture, and how often before it is right."""

EACH = 3  # every so many works one has trouble: a site that only has trouble is another story


def works() -> list[Work]:
    return drawn_works(len(PASSING) * EACH)


def troubled() -> dict[str, Work]:
    return dict(zip(PASSING, works()[1::EACH], strict=True))


def fetch_all(folder: Path) -> dict[str, Any]:
    with Internet(LocalWikiArt(works()), date=NOON) as internet:
        for name, (fault, times) in PASSING.items():
            internet.inject(troubled()[name].image, fault, times)
        first = internet.artgan("fetch", "flowers", cwd=folder)
        lying = Lying(folder / "datasets" / "flowers")
        outcome: dict[str, Any] = {"code": first.returncode, "stdout": first.stdout, "stderr": first.stderr}
        outcome |= {"counts": internet.log.counts(PICTURES), "records": lying.records}
        outcome |= {"rates": rates(internet, PICTURES, 5)}
        asked = [seen.time for seen in internet.log.requests(PICTURES)]
        refused = [s.time for s in internet.log.requests(PICTURES) if s.path == troubled()["429-seconds"].picture_path]
        outcome |= {"pause": min(moment - refused[0] for moment in asked if moment > refused[0] + 0.5)}
        lying.is_sound()
        return outcome


together.first(fetch_all, seconds=50)


@pytest.fixture(scope="module", name="outcome")
def _outcome(results: Callable[[str], Any]) -> dict[str, Any]:
    return results(__name__)


@pytest.mark.parametrize("name", PASSING)
def test_trouble_that_passes_costs_no_picture(outcome: dict[str, Any], name: str) -> None:
    work = troubled()[name]
    record = outcome["records"][work.id]
    assert (record["status"], record.get("version")) == ("ok", "original"), record
    assert outcome["counts"][work.picture_path] == 1 + PASSING[name][1]


def test_the_others_came(outcome: dict[str, Any]) -> None:
    assert [record["status"] for record in outcome["records"].values()] == ["ok"] * len(works())
    assert outcome["code"] == 0, outcome["stderr"]


def test_the_person_knows_why_it_takes_so_long(outcome: dict[str, Any]) -> None:
    assert "status: 403; trying again in 5 s" in outcome["stderr"]
    assert "asks to wait 2 s" not in outcome["stderr"], "shorter than what anybody would wonder about"


def test_retry_after_holds_for_all_pictures(outcome: dict[str, Any]) -> None:
    assert outcome["pause"] > 1.9


def test_trouble_never_makes_it_faster(outcome: dict[str, Any]) -> None:
    mean, late = outcome["rates"]
    assert mean <= 5 and late < 1


@together.test(seconds=30)
def test_trouble_that_lasts_is_noted_and_tried_again_another_time(place: Path) -> None:
    """A smaller version is no stand-in for an original that is there, and only cannot be had today."""
    works = drawn_works(3)
    with Internet(LocalWikiArt(works)) as internet:
        internet.inject(works[1].image, faults.status(503))
        done = internet.quick("fetch", "flowers", cwd=place)
        record = dataset(place).records[works[1].id]
        assert (record["status"], record["reason"]) == ("failed", "status: 503 (original)"), record
        assert internet.log.counts(PICTURES)[works[1].picture_path] == 5
        assert done.returncode == 5 and "1 picture could not be had this time" in done.stderr
        assert "hint: the same command again tries only those" in done.stderr
        dataset(place).is_sound()
        internet.heal()
        internet.log.clear()
        assert internet.quick("fetch", "flowers", cwd=place).returncode == 0
        assert internet.log.counts(PICTURES, "*images*") == {works[1].picture_path: 1}
        assert dataset(place).kept == [work.id for work in works]
