"""import, prepare and datasets."""

from __future__ import annotations

import json
from datetime import timedelta

from artgan.records import now


def test_from_a_folder_of_pictures_to_square_images(studio):
    place = studio.pictures(3)
    (place / "notes.txt").write_text("not a picture")
    done = studio.artgan("import", str(place), "--name", "flowers")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "datasets/flowers\n"
    assert "3 paintings in dataset 'flowers'" in done.stderr and "notes.txt" in done.stderr
    assert done.stderr.splitlines()[-1] == "next: artgan prepare flowers --size 64"

    planned = studio.json("prepare", "--size", "8", "--dry-run")
    assert planned["images"] == 3 and not (studio.datasets / "flowers/prepared").exists()
    made = studio.artgan("prepare", "--size", "8", "--preview")
    assert made.exit_code == 0, made.stderr
    assert made.stdout == "datasets/flowers/prepared/8\n"
    assert "3 images made" in made.stderr and (studio.datasets / "flowers/preview-8.png").is_file()
    assert made.stderr.splitlines()[-1] == "next: artgan train flowers --size 8"
    again = studio.json("prepare", "flowers", "--size", "8")
    assert (again["made"], again["kept"]) == (0, 3)


def test_prepare_takes_the_size_from_the_settings(studio, monkeypatch):
    studio.dataset()
    (studio.path / "artgan.toml").write_text("size = 16\n")
    assert studio.json("prepare", "--dry-run")["size"] == 16
    monkeypatch.setenv("ARTGAN_SIZE", "8")
    assert studio.json("prepare", "--dry-run")["size"] == 8
    assert studio.json("prepare", "--dry-run", "--size", "32")["size"] == 32
    monkeypatch.setenv("ARTGAN_SIZE", "large")
    result = studio.artgan("prepare")
    assert result.exit_code == 2 and "ARTGAN_SIZE" in result.stderr


def test_prepare_refuses_sizes_that_are_no_powers_of_two(studio):
    studio.dataset()
    result = studio.artgan("prepare", "--size", "65")
    assert result.exit_code == 2 and "64" in result.stderr and "128" in result.stderr


def test_a_folder_that_is_no_dataset_is_answered_with_import(studio):
    place = studio.pictures()
    result = studio.artgan("prepare", str(place))
    assert result.exit_code == 4
    assert f"hint: artgan import {place} --name paintings" in result.stderr


def test_datasets_list(studio):
    assert "artgan import" in studio.artgan("datasets", "list").stderr
    studio.dataset("flowers")
    broken = studio.dataset("broken")
    (broken.path / "dataset.json").write_text("{")
    result = studio.artgan("datasets", "list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["name", "broken", "flowers"]
    rows = studio.json("datasets", "list")
    assert rows[0]["error"] and rows[1]["counts"] == {"ok": 3} and rows[1]["error"] == ""


def test_datasets_show_names_artists_years_rights_and_health(studio):
    folder = studio.dataset(count=4)
    shown = studio.artgan("datasets", "show").stdout
    assert "Anna (3), Berthe (1)" in shown and "1880 to 1883" in shown and "drawn for a test" in shown
    assert "every picture is there" in shown

    (folder.originals / "p1.png").unlink()
    changed = folder.originals / "p2.png"
    data = bytearray(changed.read_bytes())
    data[-20] ^= 1
    changed.write_bytes(data)
    assert studio.json("datasets", "show")["missing"] == ["p1"]
    deep = json.loads(studio.artgan("datasets", "check", "--json").stdout)
    assert (deep["missing"], deep["changed"]) == (["p1"], ["p2"])
    changed.write_bytes(b"shorter")
    shown = studio.artgan("datasets", "show")
    assert "1 picture missing: p1; 1 picture changed: p2" in shown.stdout
    assert shown.stderr.splitlines()[-1] == "next: artgan datasets check flowers --repair"
    value = studio.json("datasets", "show")
    assert value["changed"] == ["p2"] and value["artists"] == {"Anna": 3, "Berthe": 1}


def test_datasets_show_says_what_was_asked_of_a_site(studio):
    folder = studio.dataset(count=3)
    query = {
        "query": {"source": "wikiart", "genres": ["flower-painting"]},
        "wanted": {
            "since_year": 1850, "until_year": 1930, "min_side": 256, "license": "public-domain", "limit": 500,
            "exclude_artists": ["Claude Monet", "Anna"], "drop_near_duplicates": True, "unheard_of": [1],
        },
    }  # fmt: skip
    updated = now() - timedelta(days=3)
    fields = {"source": "WikiArt: genre flower-painting", "layout": "wikiart", "query": query, "updated": updated}
    folder.write(folder.read().model_copy(update=fields))
    kinds = ("public-domain", "public-domain", "unknown")
    folder.write_records(r.model_copy(update={"license": k}) for r, k in zip(folder.in_use(), kinds, strict=True))
    shown = " ".join(studio.artgan("datasets", "show").stdout.split())
    assert (
        "from WikiArt: genre flower-painting, from 1850 on, until 1930, 256 px or more on a side, public domain only, "
        "without Claude Monet and Anna, without near-duplicates, at most 500 paintings updated 3 d ago "
        "licences 2 public-domain, 1 unknown rights"
    ) in shown
    value = studio.json("datasets", "show")
    assert value["query"] == query and value["licenses"] == {"public-domain": 2, "unknown": 1} and value["updated"]
    for odd in ({"wanted": 3}, {"wanted": {"since_year": "x", "exclude_artists": 7, "limit": None}}, {"query": []}):
        folder.write(folder.read().model_copy(update={"query": odd}))
        assert "from  " in studio.artgan("datasets", "show").stdout


def test_datasets_show_attribution(studio):
    studio.dataset(count=3)
    printed = studio.artgan("datasets", "show", "--attribution")
    assert printed.stdout.splitlines() == [
        "p0, Berthe, 1880.", "p1, Anna, 1881.", "p2, Anna, 1882.", "Rights: drawn for a test",
    ]  # fmt: skip
    value = studio.json("datasets", "show", "--attribution")
    assert value["rights"] == "drawn for a test" and value["attribution"]["p1"] == "p1, Anna, 1881."


def test_datasets_check_ends_with_5_until_it_is_mended(studio):
    place = studio.pictures(3)
    studio.artgan("import", str(place), "--name", "flowers")
    good = studio.artgan("datasets", "check")
    assert good.exit_code == 0 and good.stdout == "3 pictures; every one as it was taken up\n"
    (studio.datasets / "flowers/originals/painting-1.png").write_bytes(b"rot")
    bad = studio.artgan("datasets", "check", "flowers")
    assert bad.exit_code == 5 and bad.stdout == "3 pictures; 1 not as taken up; found: 1 changed\n"
    assert (
        "painting-1" in bad.stderr
        and "hint: mend what can be mended: artgan datasets check flowers --repair" in bad.stderr
    )
    mended = studio.artgan("datasets", "check", "flowers", "--repair")
    assert mended.exit_code == 0, mended.stderr
    assert mended.stdout == "3 pictures; every one as it was taken up; found: 1 changed; mended: 1\n"
    assert studio.json("datasets", "check")["changed"] == []

    (place / "painting-1.png").unlink()
    (studio.datasets / "flowers/originals/painting-1.png").unlink()
    for_good = studio.artgan("datasets", "check", "flowers", "--repair")
    assert for_good.exit_code == 5 and "no longer where it was imported from" in for_good.stderr
    assert "artgan datasets drop flowers" in for_good.stderr


def test_datasets_drop_and_undo(studio):
    studio.dataset()
    planned = studio.artgan("datasets", "drop", "flowers", "p1", "--dry-run")
    assert planned.stdout == "p1\n" and "nothing was changed" in planned.stderr
    done = studio.artgan("datasets", "drop", "flowers", "p1", "p0")
    assert done.exit_code == 0 and done.stdout == "p0\np1\n"
    assert "out: p1: p1, Anna, 1881." in done.stderr and "in use now: 1 painting" in done.stderr
    assert done.stderr.splitlines()[-1] == "next: artgan prepare flowers"
    assert studio.json("datasets", "list")[0]["counts"] == {"by-hand": 2, "ok": 1}
    again = studio.json("datasets", "drop", "flowers", "p1")
    assert again == {"name": "flowers", "dropped": [], "unchanged": ["p1"], "left": 1}
    back = studio.json("datasets", "drop", "flowers", "p1", "--undo")
    assert back == {"name": "flowers", "restored": ["p1"], "unchanged": [], "left": 2}
    wrong = studio.artgan("datasets", "drop", "flowers", "q1")
    assert wrong.exit_code == 4 and "hint: nearest: p1" in wrong.stderr


def test_what_is_dropped_is_not_prepared(studio):
    place = studio.pictures(3)
    studio.artgan("import", str(place), "--name", "flowers")
    assert studio.json("prepare", "flowers", "--size", "8")["made"] == 3
    studio.artgan("datasets", "drop", "flowers", "painting-0")
    again = studio.json("prepare", "flowers", "--size", "8")
    assert (again["made"], again["kept"], again["removed"]) == (0, 2, 1)


def test_datasets_export(studio):
    studio.dataset()
    done = studio.artgan("datasets", "export", "flowers", "--to", "csv")
    assert done.exit_code == 0 and done.stdout == "flowers.csv\n" and "3 paintings" in done.stderr
    assert (studio.path / "flowers.csv").read_text(encoding="utf-8-sig").count("\n") == 4
    twice = studio.artgan("datasets", "export", "flowers", "--to", "csv")
    assert twice.exit_code == 2 and "--force" in twice.stderr
    assert studio.json("datasets", "export", "--to", "zip", "--out", "x.zip")["pictures"] == 3
    back = studio.artgan("import", "x.zip", "--name", "again")
    assert back.exit_code == 0 and "layout artgan" in back.stderr, back.stderr
    folder = studio.artgan("datasets", "export", "--datasets-dir", "datasets", "flowers", "--to", "huggingface")
    assert "imagefolder" in folder.stderr and (studio.path / "flowers-huggingface/train/metadata.jsonl").is_file()
    assert studio.artgan("datasets", "export", "flowers").exit_code == 2
    assert "csv, parquet, zip, huggingface" in studio.artgan("datasets", "export", "flowers", "--to", "tar").stderr


def test_datasets_remove_asks_first(studio):
    folder = studio.dataset()
    refused = studio.artgan("datasets", "remove", "flowers")
    assert refused.exit_code == 2 and "--yes" in refused.stderr and folder.path.is_dir()
    assert studio.artgan("datasets", "remove", "flowers", "--dry-run").exit_code == 0 and folder.path.is_dir()
    done = studio.artgan("datasets", "remove", "flowers", "-y", "--json")
    assert json.loads(done.stdout) == ["datasets/flowers"] and not folder.path.exists()


def test_removing_linked_pictures_leaves_them(studio):
    place = studio.pictures(2)
    studio.artgan("import", str(place), "--link", "--name", "linked")
    assert studio.artgan("datasets", "remove", "linked", "-y").exit_code == 0
    assert len(list(place.iterdir())) == 2


def test_folders_can_be_moved(studio, monkeypatch):
    place = studio.pictures(2)
    done = studio.artgan("import", str(place), "--name", "a", "--datasets-dir", "elsewhere", "-q")
    assert done.stdout == "elsewhere/a\n"
    monkeypatch.setenv("ARTGAN_DATASETS_DIR", "elsewhere")
    assert [row["name"] for row in studio.json("datasets", "list")] == ["a"]
