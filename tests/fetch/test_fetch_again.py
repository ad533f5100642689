"""A word becomes a dataset; the same word tomorrow brings what is new, and nothing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import together
from internet import NOON, Internet
from internet.wikiart import PICTURES, WWW, LocalWikiArt, drawn_work, drawn_works
from lying import Lying, dataset, rates


def in_words(text: str) -> str:
    """What a person reads, whatever the width of the terminal."""
    return " ".join(text.split())


@together.test()
def test_a_wrong_word_asks_nobody(place: Path) -> None:
    with Internet(LocalWikiArt(2)) as internet:
        done = internet.quick("fetch", "flowrs-and-trees", cwd=place)
        assert done.returncode == 2 and "error: " in done.stderr and "flower-painting" in done.stderr
        assert internet.proxy.connects == []
    assert list(place.rglob("*")) == []


@together.test()
def test_a_dry_run_shows_the_plan_and_writes_nothing(place: Path) -> None:
    with Internet(LocalWikiArt(70)) as internet:
        done = internet.quick("fetch", "flowers", "--dry-run", cwd=place)
        said = in_words(done.stdout + done.stderr)
        assert done.returncode == 0, done.stderr
        assert "'flowers' is the genre flower-painting" in said
        assert "bird-and-flower-painting and still-life" in said
        assert "genre flower-painting: 70 works, all within reach" in said and "70 pictures, about" in said
        assert "nothing was fetched or written" in said
        assert internet.log.requests(PICTURES) == []
        assert len(internet.log.requests(WWW, "*flower-painting")) == 2
        plan = json.loads(internet.quick("fetch", "flowers", "--dry-run", "--json", cwd=place).stdout)
        assert (plan["works"], plan["to_fetch"], plan["capped"]) == (70, 70, False)
        assert plan["bytes"] > 70_000 and 14 <= plan["seconds"] < 17
        assert list(place.rglob("*")) == [] and list(internet.home.rglob("*")) == []


@together.test()
def test_the_cap_is_told(place: Path) -> None:
    """The site counts more works than its listing gives: both numbers are said, and what can be done."""
    site = LocalWikiArt(drawn_works(10), page_size=2, last_page=2)
    with Internet(site) as internet:
        done = internet.quick("fetch", "flowers", "--dry-run", cwd=place)
        said = in_words(done.stderr)
        assert "ended after 4 of 10 works" in said


@together.test()
def test_a_fetched_dataset_is_a_dataset(place: Path) -> None:
    """Pictures bit for bit, their story, and the way on; a rerun only reads the listing, and changes nothing."""
    works = [*drawn_works(4), drawn_work(4, title='Rose & "Lily"', year="c.1890")]
    with Internet(LocalWikiArt(works, with_validators=True), date=NOON) as internet:
        done = internet.artgan("fetch", "flowers", cwd=place)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{Path('datasets/flowers')}\n"
        assert "next: artgan prepare flowers" in done.stderr and "5 paintings in dataset 'flowers'" in done.stderr
        found = dataset(place)
        found.is_sound()
        assert found.kept == [work.id for work in works], "in the order of the listing"
        record, work = found.records[works[4].id], works[4]
        assert (record["title"], record["artist"], record["date"]) == ('Rose & "Lily"', work.artist, "c.1890")
        assert (record["year"], record["genre"], record["license"]) == (1890, "flower-painting", "unknown")
        assert (record["width"], record["height"], record["content_type"]) == (work.width, work.height, "image/jpeg")
        assert record["page_url"] == "https://www.wikiart.org" + work.page
        assert record["image_url"].startswith("https://uploads4.wikiart.org/images/")
        assert record["fetched_at"] == "2026-11-03T12:00:00Z"
        assert found.description["counts"] == {"ok": 5} and found.description["rights"]
        noon = {"first": "2026-11-03T12:00:00Z", "last": "2026-11-03T12:00:00Z", "seconds": 0.0}
        assert found.description["timings"] == noon

        before = found.tree()
        internet.log.clear()
        again = internet.quick("fetch", "flowers", cwd=place)
        assert again.returncode == 0, again.stderr
        assert {seen.path for seen in internet.log.requests()} <= {
            "/robots.txt",
            "/en/paintings-by-genre/flower-painting",
        }
        assert found.tree() == before

        gone, broken = (found.path / found.records[works[n].id]["file"] for n in (1, 2))
        gone.unlink()
        broken.write_bytes(broken.read_bytes()[:100])
        internet.log.clear()
        assert internet.quick("fetch", "flowers", cwd=place).returncode == 0
        assert set(internet.log.counts(PICTURES, "*images*")) == {works[1].picture_path, works[2].picture_path}
        assert found.tree() == before, "deleted or cut off by hand: fetched again"

        internet.sites[0].works.insert(0, drawn_work(9))  # type: ignore[attr-defined]
        internet.log.clear()
        updated = internet.quick("datasets", "update", "flowers", cwd=place)
        assert updated.returncode == 0, updated.stderr
        assert internet.log.counts(PICTURES, "*images*").total() == 1 and len(found.kept) == 6
        found.is_sound()


@together.test()
def test_a_limit_counts_what_is_kept(place: Path) -> None:
    """Works that turn out to be nothing do not count; the next, larger limit goes on from there."""
    works = drawn_works(14)
    works[0].listed["image"] = None
    works[1].drawn_as = works[2].drawn_as = "the same"
    (works[1].width, works[1].height) = (works[2].width, works[2].height) = (300, 300)
    with Internet(LocalWikiArt(works)) as internet:
        internet.inject(works[3].image + "*", lambda request, response: response.with_(status=404))
        done = internet.quick("fetch", "flowers", "--limit", "4", cwd=place)
        assert done.returncode == 0, done.stderr
        found = dataset(place)
        assert found.kept == [works[n].id for n in (1, 4, 5, 6)]
        found.is_sound()
        internet.log.clear()
        more = internet.quick("fetch", "flowers", "--limit", "6", cwd=place)
        assert more.returncode == 0, more.stderr
        assert found.kept == [works[n].id for n in (1, 4, 5, 6, 7, 8)]
        assert internet.log.counts(PICTURES, "*images*") == {works[n].picture_path: 1 for n in (7, 8)}


@together.test()
def test_merged_genres_have_each_painting_once(place: Path) -> None:
    both = ("portrait", "landscape")
    works = [
        *drawn_works(3, genre="portrait"),
        *(drawn_work(n, genre="portrait", genres=both) for n in (10, 11)),
        *drawn_works(3, genre="landscape"),
    ]
    with Internet(LocalWikiArt(works)) as internet:
        done = internet.quick("fetch", "portrait", "landscape", "--name", "people-and-places", cwd=place)
        assert done.returncode == 0, done.stderr
        assert sorted(dataset(place, "people-and-places").kept) == sorted(work.id for work in works)
        assert internet.log.counts(PICTURES, "*images*") == {work.picture_path: 1 for work in works}
        refused = internet.quick("fetch", "flowers", "--name", "people-and-places", cwd=place)
        assert refused.returncode == 2 and "people-and-places" in refused.stderr


@together.test()
def test_a_listing_that_moves_gives_each_painting_once(place: Path) -> None:
    site = LocalWikiArt(drawn_works(9), page_size=4, shift=1)
    with Internet(site) as internet:
        done = internet.quick("fetch", "flowers", cwd=place)
        assert done.returncode == 0, done.stderr
        assert len(dataset(place).kept) == 7 and "2 works stood there twice" in in_words(done.stderr)
        assert set(internet.log.counts(PICTURES, "*images*").values()) == {1}


@together.test()
def test_filters_save_requests(place: Path) -> None:
    works = [
        drawn_work(0, year="1900"),
        drawn_work(1, year="1950"),
        drawn_work(2, year="?"),
        drawn_work(3, year="1880", width=100, height=300),
        drawn_work(4, year="1890", artist="Carl von Rot"),
        drawn_work(5, year="1870"),
    ]
    with Internet(LocalWikiArt(works)) as internet:
        command = ["fetch", "flowers", "--until-year", "1930", "--min-side", "200", "--exclude-artist", "carl von rot"]
        done = internet.quick(*command, cwd=place)
        assert done.returncode == 0, done.stderr
        assert dataset(place).kept == [works[0].id, works[5].id]
        assert internet.log.counts(PICTURES, "*images*").total() == 2


@together.test()
def test_public_domain_reads_pages_once_and_is_strict(place: Path) -> None:
    badges: list[tuple[str, ...]] = [
        ("Public domain",), ("Public domain", "Fair Use"), ("Public domain China",), (), ("Public domain",),
    ]  # fmt: skip
    works = [drawn_work(n, badges=labels) for n, labels in enumerate(badges)]
    with Internet(LocalWikiArt(works)) as internet:
        command = ["fetch", "flowers", "--license", "public-domain"]
        done = internet.quick(*command, cwd=place)
        assert done.returncode == 0, done.stderr
        found = dataset(place)
        assert found.kept == [works[0].id, works[4].id]
        classes = [found.records[work.id].get("license") for work in works]
        assert classes == ["public-domain", "restricted", "restricted", "unknown", "public-domain"]
        assert found.records[works[1].id]["license_labels"] == ["Public domain", "Fair Use"]
        assert internet.log.counts(PICTURES, "*images*").total() == 2
        internet.log.clear()
        assert internet.quick(*command, cwd=place).returncode == 0
        assert internet.log.requests(WWW, "/en/*-*/*-*") == internet.log.requests(WWW, "*paintings-by-genre*")
        assert rates(internet, WWW, 1)[0] <= 1


@together.test(
    artist=(["--artist", "Anna Blau"], "anna-blau", [0, 5]),
    style=(["--style", "impressionism", "--genre", "flowers"], None, [0, 1, 2, 3, 4, 5]),
    search=(["--search", "Irises"], "irises", [1]),
    address=(["https://www.wikiart.org/en/paintings-by-genre/flower-painting"], "flower-painting", [0, 1, 2, 3, 4, 5]),
)
def test_other_ways_to_ask(place: Path, words: list[str], name: str | None, expected: list[int]) -> None:
    works = drawn_works(6, side=120)
    with Internet(LocalWikiArt(works)) as internet:
        done = internet.quick("fetch", *words, cwd=place)
        assert done.returncode == 0, done.stderr
        (folder,) = (place / "datasets").iterdir()
        assert name is None or folder.name == name
        assert sorted(Lying(folder).kept) == sorted(works[n].id for n in expected)


@together.test()
def test_json_says_the_same(place: Path) -> None:
    with Internet(LocalWikiArt(2)) as internet:
        done = internet.quick("fetch", "flowers", "--json", cwd=place)
        result: dict[str, Any] = json.loads(done.stdout)
        assert (result["name"], result["new"], result["counts"], result["failed"]) == ("flowers", 2, {"ok": 2}, 0)
        assert result["bytes"] == sum(path.stat().st_size for path in (place / "datasets/flowers/originals").iterdir())
