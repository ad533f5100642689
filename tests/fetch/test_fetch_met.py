"""The second source, from the search to the credits."""

from __future__ import annotations

from pathlib import Path

import together
from internet import Internet
from internet.met import API, PICTURES, LocalMet, MetObject, met_objects, shielded
from lying import dataset, rates


@together.test(seconds=12)
def test_the_museum_is_a_source_like_the_other(place: Path) -> None:
    """Loose hits, records without a picture or the right to it, and records that are gone are left out, and said."""
    objects = [
        *met_objects(3),
        MetObject(1, tags=(), found_by=("flowers",), title="A helmet", classification="Arms"),
        MetObject(2, with_image=False),
        MetObject(3, public_domain=False),
    ]
    with Internet(LocalMet(objects, gone=[1001])) as internet:
        done = internet.quick("fetch", "flowers", "--source", "met", cwd=place)
        assert done.returncode == 0, done.stderr
        found = dataset(place)
        found.is_sound()
        kept = [found.records[name] for name in found.kept]
        assert [record["page_url"].rpartition("/")[2] for record in kept] == ["1000", "1002"]
        assert {record["license"] for record in kept} == {"public-domain"}
        assert kept[0]["artist"] == "Anna Blau" and kept[0]["date"] == "ca. 1885" and kept[0]["year_from"] == 1880
        assert set(internet.log.counts(PICTURES)) - {"/robots.txt"} == {
            f"/CRDImages/ep/original/DP-{number}-001.jpg" for number in (1000, 1002)
        }
        assert rates(internet, API, 1)[0] <= 1
        assert "Metropolitan" in found.description["source"]

        before = found.tree()
        internet.log.clear()
        again = internet.quick("fetch", "flowers", "--source", "met", cwd=place)
        assert again.returncode == 0, again.stderr
        assert internet.log.requests(PICTURES) == []
        assert {seen.path for seen in internet.log.requests(API)} <= {"/robots.txt", "/public/collection/v1/search"}
        assert found.tree() == before


@together.test(seconds=12)
def test_the_shield_stops_it_and_another_time_completes_it(place: Path) -> None:
    museum = LocalMet(6, shield_after=5)  # robots.txt, the search and three records
    with Internet(museum) as internet:
        done = internet.quick("fetch", "flowers", "--source", "met", cwd=place)
        assert done.returncode == 6, done.stderr
        assert "keeps programs out" in done.stderr and "Imperva" in done.stderr
        assert sum(seen.status == 403 for seen in internet.log.requests(API)) <= 2
        assert 1 <= len(dataset(place).kept) <= 3
        museum.shield_after, museum.shield_s, museum._shielded_until = None, 0, 0
        internet.log.clear()
        kept = set(dataset(place).kept)
        again = internet.quick("fetch", "flowers", "--source", "met", cwd=place)
        assert again.returncode == 0, again.stderr
        assert len(dataset(place).kept) == 6
        assert internet.log.counts(PICTURES, "/CRD*").total() == 6 - len(kept)
        dataset(place).is_sound()


@together.test(seconds=12)
def test_the_page_of_the_shield_is_no_record_and_no_picture(place: Path) -> None:
    with Internet(LocalMet(2)) as internet:
        internet.inject("*/objects/*", shielded())
        done = internet.quick("fetch", "flowers", "--source", "met", cwd=place)
        assert done.returncode == 6 and "challenge page of Imperva" in done.stderr, done.stderr
        internet.heal()
        internet.inject("*images.metmuseum.org*.jpg", shielded())
        done = internet.quick("fetch", "flowers", "--source", "met", cwd=place)
        assert done.returncode == 6 and "images.metmuseum.org keeps programs out" in done.stderr, done.stderr
        assert not dataset(place).path.exists() or dataset(place).files == {}
