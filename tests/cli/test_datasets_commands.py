"""import, prepare and datasets."""

from __future__ import annotations

import json


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
    deep = studio.json("datasets", "show", "--check")
    assert (deep["missing"], deep["changed"]) == (["p1"], ["p2"])
    assert deep["artists"] == {"Anna": 3, "Berthe": 1}
    changed.write_bytes(b"shorter")
    assert studio.json("datasets", "show")["changed"] == ["p2"]


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
