"""A dataset that was fetched goes on living: updates, what was taken out, what was damaged."""

from __future__ import annotations

from pathlib import Path

import together
from internet import Internet
from internet.wikiart import PICTURES, LocalWikiArt, drawn_works
from lying import dataset


@together.test(seconds=14)
def test_an_update_brings_what_is_new_and_leaves_out_what_was_taken_out(place: Path) -> None:
    works = drawn_works(8)
    site = LocalWikiArt(works[:5])
    with Internet(site) as internet:
        asked = ("fetch", "flowers", "--exclude-artist", works[1].artist, "--human-names")
        assert internet.quick(*asked, cwd=place).returncode == 0
        wanted = [work.id for work in works if work.artist != works[1].artist]
        out = wanted[0]
        assert dataset(place, "flowers").kept == [name for name in wanted if name in {w.id for w in works[:5]}]
        assert internet.quick("datasets", "drop", "flowers", out, cwd=place).returncode == 0

        site.works = works
        internet.log.clear()
        done = internet.quick("datasets", "update", "flowers", cwd=place)
        assert done.returncode == 0, done.stderr
        found = dataset(place, "flowers")
        assert found.kept == wanted[1:]
        assert found.records[out]["status"] == "dropped"
        new = {work.picture_path for work in works[5:] if work.artist != works[1].artist}
        assert set(internet.log.counts(PICTURES, "*images*")) == new, "nothing else was asked for"
        names = sorted(path.resolve().stem for path in (found.path / "by-name").iterdir())
        assert names == sorted(found.kept), "readable names follow"

        assert internet.quick("datasets", "drop", "flowers", out, "--undo", cwd=place).returncode == 0
        assert set(dataset(place, "flowers").kept) == set(wanted)


@together.test(seconds=12)
def test_what_is_damaged_is_found_and_exactly_that_is_fetched_again(place: Path) -> None:
    works = drawn_works(6)
    with Internet(LocalWikiArt(works)) as internet:
        assert internet.quick("fetch", "flowers", cwd=place).returncode == 0
        found = dataset(place, "flowers")
        before = found.tree()
        originals = found.path / "originals"
        (originals / f"{works[1].id}.jpg").unlink()
        whole = (originals / f"{works[4].id}.jpg").read_bytes()
        (originals / f"{works[4].id}.jpg").write_bytes(whole[:-1] + b"?")

        bad = internet.quick("datasets", "check", "flowers", cwd=place)
        assert bad.returncode == 5 and "artgan datasets check flowers --repair" in bad.stderr
        internet.log.clear()
        mended = internet.quick("datasets", "check", "flowers", "--repair", cwd=place)
        assert mended.returncode == 0, mended.stderr
        asked = internet.log.counts(PICTURES, "*images*")
        assert asked == {works[1].picture_path: 1, works[4].picture_path: 1}
        after = found.tree()
        assert {name for name in before if before[name] != after.get(name)} <= {"images.jsonl", "dataset.json"}, (
            "the pictures are the same, only the time of fetching is another"
        )
        assert internet.quick("datasets", "check", "flowers", cwd=place).returncode == 0
