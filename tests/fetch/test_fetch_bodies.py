"""What servers send instead of pictures, and what listings say instead of facts: one fetch meets all of it.

Each case is a work of the same genre; the fetch runs once, the tests look at what became of each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import together
from internet import NOON, Fault, Internet, Request, Response, faults
from internet.pictures import draw, encode
from internet.wikiart import ABSENT, FRAME, PICTURES, WWW, LocalWikiArt, Work, drawn_work
from lying import Lying, rates

EVERY = None  # as in "every time"


@dataclass
class Case:
    """A work, what goes wrong with it, and what must come of it.

    Attributes:
        changes: of the drawn work.
        wrong: what goes wrong, and how often; "" is the picture itself, "!Large.jpg" a smaller version.
        status: in the manifest; None where it must not be there at all.
        reason: how the reason begins.
        asked: how often its picture was asked for, smaller versions not counted; least and most.
        suffix: of the file.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    wrong: list[tuple[str, Fault, int | None]] = field(default_factory=list)
    status: str | None = "ok"
    reason: str = ""
    asked: tuple[int, int] = (1, 1)
    suffix: str = "jpg"


def picture(fault: Fault, times: int | None = EVERY) -> list[tuple[str, Fault, int | None]]:
    """Of a work whose smaller versions are no better."""
    return [("", fault, times), *([] if times else [("!*", fault, times)])]


def original(fault: Fault) -> list[tuple[str, Fault, int | None]]:
    """Of a work whose smaller versions are whole."""
    return [("", fault, EVERY)]


def listed(**facts: Any) -> dict[str, Any]:
    return {"listed": facts}


def at(path: str, **more: Any) -> dict[str, Any]:
    return {"image": f"https://uploads4.wikiart.org{path}", **more}


NOT_ASKED = (0, 0)
RLO = "\u202e"  # writes backwards what follows
LARGE = {"width": 900, "height": 640}
SMALL = {"width": 90, "height": 60}
GONE = faults.status(404)
ELSEWHERE = faults.redirect("https://pictures.example.com/x.jpg")
LOOKALIKE = "https://uploads1.wikiart.org.evil.example/a.jpg"

CASES: dict[str, Case] = {
    "good": Case(),
    # bodies
    "truncated": Case({}, picture(faults.cut_short()), "failed", "truncated", (2, 2)),
    "truncated-once": Case({}, picture(faults.cut_short(), 1), asked=(2, 2)),
    "empty": Case({}, picture(faults.empty()), "failed", "empty", (2, 5)),
    "empty-once": Case({}, picture(faults.empty(), 1), asked=(2, 2)),
    "page": Case({}, picture(faults.html()), "failed", "html", (2, 2)),
    "page-once": Case({}, picture(faults.html(), 1), asked=(2, 2)),
    "page-called-jpeg": Case({}, picture(faults.body(b"<html>Come in</html>", "image/jpeg")), "failed", "", (2, 2)),
    "png-called-jpg": Case({}, picture(faults.png()), suffix="png"),
    "png-bomb": Case({}, picture(faults.png_bomb()), "failed", "bomb"),
    "endless": Case({}, picture(faults.huge(64)), "failed", "too", (1, 2)),
    "redirect-elsewhere": Case({}, picture(ELSEWHERE), "failed", "redirect"),
    "redirect-http": Case({}, picture(faults.redirect("http://uploads1.wikiart.org/x.jpg")), "failed", "redirect"),
    "redirect-private": Case({}, picture(faults.redirect("https://127.0.0.1/x.jpg")), "failed", "redirect"),
    "redirect-private-odd": Case({}, picture(faults.redirect("https://2130706433/x.jpg")), "failed", "redirect"),
    "redirect-loop": Case({}, picture(faults.redirect_loop()), "failed", "redirect"),
    "redirect-to-frame": Case({}, picture(faults.redirect(FRAME)), "placeholder", "placeholder"),
    "noai": Case({}, picture(faults.headers(X_Robots_Tag="noai, noimageai")), "dropped", "noai"),
    "noai-for-others": Case({}, picture(faults.headers(X_Robots_Tag="otherbot: noai"))),
    # not there
    "gone": Case({}, picture(GONE), "gone", "missing"),
    "gone-410": Case({}, picture(faults.status(410)), "gone", "missing"),
    "gone-but-large": Case(dict(LARGE), original(GONE)),
    "broken-but-large": Case(dict(LARGE), original(faults.cut_short()), asked=(2, 2)),
    "gone-with-all": Case(dict(LARGE), picture(GONE), "gone", "missing"),
    "frame": Case(listed(image=FRAME), status="placeholder", reason="placeholder", asked=NOT_ASKED),
    "null-image": Case(listed(image=None), status="gone", reason="no-image", asked=NOT_ASKED),
    "absent-image": Case(listed(image=ABSENT), status="gone", reason="no-image", asked=NOT_ASKED),
    "blank-image": Case(listed(image=""), status="gone", reason="no-image", asked=NOT_ASKED),
    "number-image": Case(listed(image=7), status="gone", reason="", asked=NOT_ASKED),
    # addresses
    "foreign-host": Case(listed(image="https://evil.example/a.jpg"), status="gone", reason="address", asked=NOT_ASKED),
    "lookalike-host": Case(listed(image=LOOKALIKE), status="gone", reason="address", asked=NOT_ASKED),
    "file-address": Case(listed(image="file:///etc/passwd"), status="gone", reason="address", asked=NOT_ASKED),
    "private-address": Case(listed(image="https://127.0.0.1/a.jpg"), status="gone", reason="address", asked=NOT_ASKED),
    "script-address": Case(listed(image="javascript:alert(1)"), status="gone", reason="address", asked=NOT_ASKED),
    "non-ascii": Case(at("/images/matthias-grünewald/hermann-göring (1).jpg")),
    "encoded": Case(at("/images/a/köln.jpg", **listed(image="https://uploads4.wikiart.org/images/a/k%C3%B6ln.jpg"))),
    "percent": Case(at("/images/a/100%.jpg", **listed(image="https://uploads4.wikiart.org/images/a/100%25.jpg"))),
    "no-scheme": Case(at("/images/a/schemeless.jpg", **listed(image="//uploads4.wikiart.org/images/a/schemeless.jpg"))),
    "capital-suffix": Case(at("/images/a/CAPITAL.JPG")),
    "two-slashes": Case(at("/00273/images//two.jpg")),
    "regional-host": Case({"image": "https://use2-uploads8.wikiart.org/images/a/regional.jpg"}),
    # sizes
    "size-unknown": Case(listed(width=0, height=0)),
    "size-wrong": Case(listed(width=2000, height=1000)),
    "size-said-small": Case(listed(width=2000, height=10), status=None, asked=NOT_ASKED),
    "size-text": Case(listed(width="wide", height=None)),
    "smaller-than-said": Case({**SMALL, **listed(width=900, height=600)}, status="dropped", reason="too-small"),
    "small": Case(dict(SMALL), status=None, asked=NOT_ASKED),
    # the same twice
    "twin-a": Case({"drawn_as": "twins", "width": 300, "height": 300}),
    "twin-b": Case({"drawn_as": "twins", "width": 300, "height": 300}, status="dropped", reason="duplicate"),
    **{
        f"repeated-{n}": Case(
            {"drawn_as": "not available here", "width": 300, "height": 200}, status="placeholder", reason="repeated"
        )
        for n in "abc"
    },
    # words
    "title-path": Case({"title": "../../../../etc/cron.d/../evil"}),
    "title-nul": Case({"title": "nul\0 and \x1b[31mred\x1b[0m\nnew line"}),
    "title-backwards": Case({"title": f"safe{RLO}gpj.exe"}),
    "title-long": Case({"title": "A" * 300}),
    "title-emoji": Case({"title": "🌻🌻 <b>flowers</b> &amp; \"more\" CON.jpg "}),
    "title-surrogate": Case(listed(title="half \ud83c of a pair")),
    "title-null": Case(listed(title=None)),
    "title-object": Case(listed(title={"text": "x"})),
    "artist-path": Case(listed(artistName="../..", artistUrl="/en/../../evil", paintingUrl="https://evil.example/x")),
    "artist-null": Case(listed(artistName=None, artistUrl=None, paintingUrl=None, map=None, year=None)),
    "map-nonsense": Case(listed(map="☃" * 5000)),
    "flags-nonsense": Case(listed(flags="x" * 1000, albums=[[[]]], images={"a": 1})),
    "year-question": Case({"year": "?"}),
    "year-blank": Case({"year": ""}),
    "year-about": Case({"year": "c.1960"}),
    "year-century": Case({"year": "XIX-XX cent."}),
    "year-before": Case({"year": "-3050"}),
    "year-number": Case(listed(year=1889)),
    "year-nonsense": Case(listed(year="9" * 5000)),
}  # fmt: skip

HOSTILE_IDS: list[Any] = [
    "../../../evil", "..", "", "a/b", "C:\\evil", "nul\0id", "x" * 5000, None, 12, {"$oid": "1"}, "\uff21\uff22", "CON",
]  # fmt: skip
NO_ITEMS: list[Any] = [None, 3, "text", [], {}, [[]], True]


def works() -> dict[str, Work]:
    return {name: drawn_work(number, **case.changes) for number, (name, case) in enumerate(CASES.items())}


def hostile() -> list[Work]:
    return [drawn_work(5000 + number, **listed(id=bad)) for number, bad in enumerate(HOSTILE_IDS)]


def with_odd_items(request: Request, response: Response) -> Response:
    """Put entries into the listing that no reader of it expects."""
    assert isinstance(response.body, bytes)
    listing = json.loads(response.body)
    listing["Paintings"][5:5] = NO_ITEMS
    return response.with_(body=json.dumps(listing).encode())


def matcher(address: str) -> Callable[[Request], bool]:
    """Match a picture's address, character by character; ``*`` at its end stands for anything."""
    bare, star, _ = address.partition("*")
    path = bare.partition("wikiart.org")[2]
    return lambda r: r.path.startswith(path) if star else r.path == path


def fetch_all(folder: Path) -> dict[str, Any]:
    """Fetch everything; then let the site recover and fetch again."""
    site = LocalWikiArt([*hostile(), *works().values()])
    with Internet(site, date=NOON) as internet:
        for name, work in works().items():
            for suffix, fault, times in CASES[name].wrong:
                internet.inject(matcher(work.image + suffix), fault, times)
        internet.inject(
            lambda r: r.path.endswith("/flower-painting") and r.query.get("page", "1") == "1", with_odd_items
        )
        command = ("fetch", "flowers", "--min-side", "100", "--max-bytes", "4000000")
        first = internet.artgan(*command, cwd=folder)
        outcome: dict[str, Any] = {"code": first.returncode, "stdout": first.stdout, "stderr": first.stderr}
        outcome["counts"] = internet.log.counts(PICTURES)
        outcome["rates"] = [rates(internet, WWW, 1), rates(internet, PICTURES, 5)]
        outcome["refused"] = internet.proxy.refused()
        outcome["above"] = sorted(path.name for path in folder.iterdir())
        outcome["beside"] = sorted(path.name for path in (folder / "datasets").iterdir())
        outcome["inside"] = sorted(path.name for path in (folder / "datasets" / "flowers").iterdir())
        lying = Lying(folder / "datasets" / "flowers")
        lying.is_sound()
        outcome["records"] = lying.records
        outcome["description"] = lying.description
        internet.heal()
        internet.log.clear()
        again = internet.artgan(*command, cwd=folder)
        outcome["again"] = {"code": again.returncode, "stderr": again.stderr, "kept": lying.kept}
        outcome["again"]["counts"] = internet.log.counts(PICTURES, "*images*")
        lying.is_sound()
        outcome["truth"] = {
            name: hashlib.sha256(encode(draw(w.drawn_as, w.width, w.height))).hexdigest() for name, w in works().items()
        }
        return outcome


together.first(fetch_all, seconds=40)


@pytest.fixture(scope="module", name="outcome")
def _outcome(results: Callable[[str], Any]) -> dict[str, Any]:
    return results(__name__)


@pytest.mark.parametrize("name", CASES)
def test_each_work_is_what_it_should_be(outcome: dict[str, Any], name: str) -> None:
    case, work = CASES[name], works()[name]
    record = outcome["records"].get(work.id)
    asked = outcome["counts"].get(work.picture_path, 0)
    assert case.asked[0] <= asked <= case.asked[1], f"asked {asked} times"
    if case.status is None:
        assert record is None
        return
    assert record is not None, "nothing is noted of it"
    assert (record["status"], record.get("reason", "").startswith(case.reason)) == (case.status, True), record
    if case.status == "ok":
        assert record["file"] == f"originals/{work.id}.{case.suffix}"
        if case.suffix == "jpg" and record["version"] == "original":
            assert record["sha256"] == outcome["truth"][name]
    else:
        assert "file" not in record and case.reason in record["reason"]


def test_smaller_versions_stand_in_for_missing_originals(outcome: dict[str, Any]) -> None:
    for name in ("gone-but-large", "broken-but-large"):
        record = outcome["records"][works()[name].id]
        assert record["version"] == "Large" and (record["width"], record["height"]) == (750, 533), record
        assert record["image_url"].endswith("!Large.jpg")


def test_words_are_kept_as_words(outcome: dict[str, Any]) -> None:
    def title(name: str) -> str:
        return outcome["records"][works()[name].id].get("title")

    assert title("title-emoji") == '🌻🌻 <b>flowers</b> &amp; "more" CON.jpg'.strip()
    assert len(title("title-long")) == 300
    assert title("title-null") is None
    years = {name: outcome["records"][works()[name].id] for name in CASES if name.startswith("year-")}
    assert years["year-about"]["year"] == 1960 and years["year-about"]["date"] == "c.1960"
    assert (years["year-century"]["year_from"], years["year-century"]["year_to"]) == (1801, 2000)
    assert years["year-before"]["year"] == -3050
    assert "year" not in years["year-question"] and "year" not in years["year-blank"]
    assert years["year-number"]["year"] == 1889


def test_nothing_lies_anywhere_else(outcome: dict[str, Any]) -> None:
    assert (outcome["above"], outcome["beside"]) == (["datasets"], ["flowers"])
    assert set(outcome["inside"]) - {".lock"} == {"originals", "images.jsonl", "dataset.json"}


def test_no_other_host_was_tried(outcome: dict[str, Any]) -> None:
    assert outcome["refused"] == []


def test_hostile_ids_become_harmless_ones(outcome: dict[str, Any]) -> None:
    """A work without a decent id is fetched all the same, under one that is made of its address."""
    site = "https://www.wikiart.org"
    records = {r.get("page_url", "").removeprefix(site): r for r in outcome["records"].values()}
    for work in hostile():
        record = records[work.page]
        assert record["status"] == "ok" and len(record["id"]) == 24 and record["id"].isalnum()


def test_what_could_not_be_read_is_said(outcome: dict[str, Any]) -> None:
    assert f"{len(NO_ITEMS)} of {60 + len(NO_ITEMS)} works could not be read" in outcome["stderr"]


def test_the_promised_rates_were_kept(outcome: dict[str, Any]) -> None:
    (www, www_late), (pictures, picture_late) = outcome["rates"]
    assert www <= 1 and pictures <= 5
    assert www_late < 1 and picture_late < 1


def test_the_person_sees_what_happened(outcome: dict[str, Any]) -> None:
    """Exit 5, a table by status, the path on stdout, and how to go on; no traceback."""
    records = outcome["records"].values()
    assert outcome["code"] == 5, outcome["stderr"]
    assert outcome["stdout"].strip().endswith("datasets/flowers")
    shown = outcome["stderr"]
    assert "Traceback" not in shown and "\x1b[31m" not in shown and RLO not in shown
    for word in (
        "truncated",
        "empty",
        "html",
        "bomb",
        "redirect",
        "missing",
        "placeholder",
        "repeated",
        "duplicate",
        "noai",
    ):
        count = sum(r.get("reason", "").startswith(word + ":") for r in records)
        assert count and any(line.split()[:2] == [word, str(count)] for line in shown.splitlines()), word
    kept = sum(record["status"] == "ok" for record in records)
    failed = sum(record["status"] == "failed" for record in records)
    assert outcome["description"]["counts"]["ok"] == kept
    assert f"error: {failed} pictures could not be had this time" in shown
    assert "hint: the same command again tries only those" in shown


def test_again_asks_only_for_what_failed(outcome: dict[str, Any]) -> None:
    """Once the site has recovered, the same command completes the dataset."""
    again = outcome["again"]
    failed = [name for name, case in CASES.items() if case.status == "failed"]
    assert again["counts"] == {works()[name].picture_path: 1 for name in failed}
    assert again["code"] == 0, again["stderr"]
    assert {works()[name].id for name, case in CASES.items() if case.status in ("ok", "failed")} <= set(again["kept"])
