"""Known ways in which collections lie on a disk are told apart by looking, and what their names tell is read."""

from __future__ import annotations

import io
import json
import os
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.layouts import names
from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.registry import LAYOUTS, choose_layout
from artgan.datasets.layouts.sources import ReadError, Source, open_source
from artgan.errors import ArtganError, DamagedError, NotFoundError, UsageError
from artgan.events import Note


def fill(root: Path, *paths: str) -> Path:
    """Make files; what is in them does not matter to a layout."""
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return root


def listed(source: Source, layout: str = "auto") -> tuple[dict[str, Entry], list[str]]:
    """Return the entries by path, and the texts of the notes."""
    items = list(choose_layout(source, layout).entries(source))
    entries = {item.file.path: item for item in items if isinstance(item, Entry)}
    return entries, [item.text for item in items if isinstance(item, Note)]


def recognised(path: Path) -> str:
    return choose_layout(open_source(path)).name


# -- plain folders


def test_flat_nested_and_genres_are_told_apart(tmp_path: Path) -> None:
    assert recognised(fill(tmp_path / "a", "1.jpg", "2.png")) == "flat"
    assert recognised(fill(tmp_path / "b", "images/1.jpg", "images/2.jpg", "notes.txt")) == "flat"
    assert recognised(fill(tmp_path / "c", "1.jpg", "more/2.jpg")) == "nested"
    assert recognised(fill(tmp_path / "d", "x/y/1.jpg", "x/2.jpg")) == "nested"
    assert recognised(fill(tmp_path / "e", "2019/1.jpg", "2020/2.jpg")) == "nested"
    assert recognised(fill(tmp_path / "f", "flowers/1.jpg", "landscape/2.jpg")) == "genres"
    assert recognised(fill(tmp_path / "g", "data/flowers/1.jpg", "data/landscape/2.jpg")) == "genres"
    assert recognised(fill(tmp_path / "h", "without-suffix")) == "nested"


def test_genres_come_from_the_folders(tmp_path: Path) -> None:
    fill(tmp_path, "still_life/0.png", "still_life/1.png", "Nude Painting/images/a.jpg", "flower-painting/b.jpg")
    entries, _ = listed(open_source(tmp_path))
    assert {path: entry.facts.get("genre") for path, entry in entries.items()} == {
        "Nude Painting/images/a.jpg": "nude-painting-nu",
        "flower-painting/b.jpg": "flower-painting",
        "still_life/0.png": "still-life",
        "still_life/1.png": "still-life",
    }


def test_gangogh_names_are_read(tmp_path: Path) -> None:
    fill(tmp_path, "landscape/claude-monet+water-lilies-1914(2).jpg", "portrait/raphael+.jpg")
    entries, _ = listed(open_source(tmp_path))
    assert entries["landscape/claude-monet+water-lilies-1914(2).jpg"].facts == {
        "artist": "Claude Monet", "title": "Water Lilies", "year": 1914, "genre": "landscape",
    }  # fmt: skip
    assert entries["portrait/raphael+.jpg"].facts["artist"] == "Raphael"


def test_one_genre_alone_keeps_its_name_when_the_layout_is_given(tmp_path: Path) -> None:
    fill(tmp_path, "portrait/images/a.jpg", "portrait/images/b.jpg")
    entries, _ = listed(open_source(tmp_path), "genres")
    assert {entry.facts.get("genre") for entry in entries.values()} == {"portrait"}


def test_litter_is_ignored_and_hidden_pictures_get_a_reason(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", ".DS_Store", "._a.jpg", "__MACOSX/a.jpg", "Thumbs.db", "desktop.ini", ".git/config")
    fill(tmp_path, ".cache/b.png", ".c.jpg", "notes.txt")
    entries, _ = listed(open_source(tmp_path))
    assert sorted(entries) == [".c.jpg", ".cache/b.png", "a.jpg", "notes.txt"]
    assert entries[".c.jpg"].status == entries[".cache/b.png"].status == "dropped"
    assert entries[".c.jpg"].reason.startswith("hidden:")
    assert entries["a.jpg"].status is entries["notes.txt"].status is None


# -- cs-chan/ArtGAN


def refined(root: Path, *, rows: str = "", classes: bool = True) -> Path:
    fill(root, "wikiart/Impressionism/claude-monet_water-lilies-1914(2).jpg")
    fill(root, "wikiart/Realism/claude-monet_water-lilies-1914(2).jpg")
    fill(root, "wikiart/Art_Nouveau_Modern/gustav-klimt_the-kiss.jpg")
    tables = root / "csv"
    tables.mkdir()
    if classes:
        # An order of its own, to see that the file is what counts.
        (tables / "genre_class").write_text("0 still_life\n1 landscape\n2 nude_painting\n3 abstract_painting\n")
    (tables / "genre_train.csv").write_bytes(
        b"Impressionism/claude-monet_water-lilies-1914(2).jpg,1\r\nArt_Nouveau/gustav-klimt_the-kiss.jpg,2\r\n"
        + rows.replace("\n", "\r\n").encode()
    )
    (tables / "artist_train").write_text(
        "(Path to image),, (Groundtruth class) \n\nRealism/claude-monet_water-lilies-1914(2).jpg,,4\n"
    )
    return root


def test_the_refined_set(tmp_path: Path) -> None:
    source = open_source(refined(tmp_path))
    assert choose_layout(source).name == "cs-chan"
    entries, notes = listed(source)
    assert not notes
    lilies = entries["wikiart/Impressionism/claude-monet_water-lilies-1914(2).jpg"]
    assert lilies.facts == {
        "artist": "Claude Monet", "title": "Water Lilies", "year": 1914, "style": "Impressionism", "genre": "landscape",
    }  # fmt: skip
    # The same name under another style is another picture, and in no genre.
    other = entries["wikiart/Realism/claude-monet_water-lilies-1914(2).jpg"]
    assert other.id != lilies.id and "genre" not in other.facts
    # The table says Art_Nouveau, the folder Art_Nouveau_Modern; nude_painting is longer at WikiArt.
    assert entries["wikiart/Art_Nouveau_Modern/gustav-klimt_the-kiss.jpg"].facts["genre"] == "nude-painting-nu"
    assert len(entries) == 3
    assert "non-commercial" in choose_layout(source).rights(source)


def test_the_style_folders_alone_are_recognised(tmp_path: Path) -> None:
    fill(tmp_path, "Cubism/pablo-picasso_a.jpg", "Rococo/francois-boucher_b.jpg")
    entries, notes = listed(open_source(tmp_path))
    assert entries["Cubism/pablo-picasso_a.jpg"].facts["artist"] == "Pablo Picasso"
    assert any("genre" in note for note in notes)
    assert recognised(fill(tmp_path / "other", "Realism/a_1.jpg", "Realism/a_2.jpg")) == "flat"


def test_without_a_class_file_the_known_order_counts(tmp_path: Path) -> None:
    entries, _ = listed(open_source(refined(tmp_path, classes=False)))
    assert entries["wikiart/Art_Nouveau_Modern/gustav-klimt_the-kiss.jpg"].facts["genre"] == "genre-painting"


def test_what_the_tables_list_and_the_folders_lack_is_gone(tmp_path: Path) -> None:
    rows = "Realism/gustave-courbet_the, wave-1870.jpg,1\nMinimalism/agnes-martin_x.jpg,1\nnonsense\n"
    entries, notes = listed(open_source(refined(tmp_path, rows=rows)))
    absent = entries["Realism/gustave-courbet_the, wave-1870.jpg"]
    assert absent.status == "gone" and absent.reason.startswith("missing:")
    assert absent.facts["year"] == 1870 and absent.facts["genre"] == "landscape"
    assert not any(path.startswith("Minimalism") for path in entries)
    assert any("Minimalism" in note for note in notes) and any("1 rows" in note for note in notes)


@pytest.mark.parametrize("form", ["as listed", "NFD", "garbled"])
def test_foreign_names_are_found_however_they_were_unpacked(tmp_path: Path, form: str) -> None:
    listed_name = "Expressionism/grã©goire-michonze_still-life.jpg"
    on_disk = {
        "as listed": listed_name,
        "NFD": unicodedata.normalize("NFD", listed_name),
        "garbled": listed_name.encode().decode("cp437"),
    }[form]
    refined(tmp_path, rows=f"{listed_name},0\n")
    fill(tmp_path, f"wikiart/{on_disk}")
    entries, _ = listed(open_source(tmp_path))
    assert len(entries) == 4 and not any(entry.status for entry in entries.values())
    assert entries[f"wikiart/{on_disk}"].facts["genre"] == "still-life"


def test_mojibake_is_mended_in_names() -> None:
    assert names.artist_title_year("grã©goire-michonze_nu")["artist"] == "Grégoire Michonze"
    assert names.spoken("eugã¨ne-grasset") == "Eugène Grasset"
    assert names.spoken("jänner-straße") == "Jänner Straße"


# -- lucasdavid/wikiart


def test_lucasdavid_version_1(tmp_path: Path) -> None:
    fill(tmp_path, "images/claude-monet/1914/211767.jpg", "images/claude-monet/unknown-year/211768.jpg", "wikiart.data")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/artists.json").write_text(json.dumps([{"artistName": "Claude Monet", "url": "claude-monet"}]))
    works = [
        {"contentId": 211767, "title": "Water Lilies", "url": "water-lilies", "completitionYear": 1914,
         "style": "Impressionism", "genre": "flower painting, still life", "artistUrl": "claude-monet",
         "image": "https://uploads.wikiart.org/a.jpg"},
        {"contentId": 9, "title": "Not fetched", "artistUrl": "claude-monet"},
    ]  # fmt: skip
    (tmp_path / "meta/claude-monet.json").write_text(json.dumps(works))
    (tmp_path / "meta/manet.json").write_text(json.dumps([{"contentId": 10, "title": "x", "artistUrl": "manet"}]))
    (tmp_path / "meta/broken.json").write_text("{")
    source = open_source(tmp_path)
    assert choose_layout(source).name == "lucasdavid"
    entries, notes = listed(source)
    first = entries["images/claude-monet/1914/211767.jpg"]
    assert first.id == "211767"
    assert first.facts == {
        "artist": "Claude Monet", "title": "Water Lilies", "year": 1914, "style": "Impressionism",
        "genre": "flower-painting", "image_url": "https://uploads.wikiart.org/a.jpg",
        "page_url": "https://www.wikiart.org/en/claude-monet/water-lilies",
    }  # fmt: skip
    assert entries["images/claude-monet/unknown-year/211768.jpg"].facts == {"artist": "Claude Monet", "year": None}
    assert [entry.id for entry in entries.values() if entry.status == "gone"] == ["9"]
    assert any("broken.json" in note for note in notes) and any("1 works" in note for note in notes)
    assert len(entries) == 3


def test_lucasdavid_second_api(tmp_path: Path) -> None:
    fill(tmp_path, "images/57726d.jpg")
    (tmp_path / "meta/paintings").mkdir(parents=True)
    work = {"id": "57726d", "title": "Nu", "artistName": "Edgar Degas", "genres": ["nude painting (nu)"],
            "styles": ["Realism"], "completitionYear": None}  # fmt: skip
    (tmp_path / "meta/paintings/57726d.json").write_text(json.dumps(work))
    entries, _ = listed(open_source(tmp_path))
    entry = entries["images/57726d.jpg"]
    assert entry.id == "57726d" and entry.facts["genre"] == "nude-painting-nu" and entry.facts["style"] == "Realism"


def test_a_camera_folder_is_not_taken_for_a_scrape(tmp_path: Path) -> None:
    assert recognised(fill(tmp_path, "images/holiday/2021/IMG_1.jpg", "images/home/2022/IMG_2.jpg")) == "nested"


# -- arrays


def keragan_array(path: Path, dtype: type = np.float64) -> np.ndarray:
    """Write three pictures as keragan does, and return them as RGB bytes."""
    rgb = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    np.save(path, (rgb[..., ::-1] / 127.5 - 1.0).astype(dtype))
    return rgb


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_keragan_cache_comes_out_in_right_colours(tmp_path: Path, dtype: type) -> None:
    rgb = keragan_array(tmp_path / "cache.npy", dtype)
    entries, notes = listed(open_source(tmp_path / "cache.npy"))
    assert list(entries) == ["cache.npy/000000.png", "cache.npy/000001.png", "cache.npy/000002.png"]
    for entry, picture in zip(entries.values(), rgb, strict=True):
        assert (np.asarray(Image.open(io.BytesIO(entry.file.read()))) == picture).all()
    assert any("npy-rgb" in note for note in notes)
    entries, _ = listed(open_source(tmp_path / "cache.npy"), "npy-rgb")
    swapped = np.asarray(Image.open(io.BytesIO(entries["cache.npy/000000.png"].file.read())))
    assert (swapped == rgb[0, ..., ::-1]).all()


def test_arrays_of_other_shapes_pickles_and_wild_values_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "grey.npy", np.zeros((4, 8, 8)))
    np.save(tmp_path / "pickle.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "text.npy").write_text("hello")
    for name in ("grey.npy", "pickle.npy", "text.npy"):
        with pytest.raises(DamagedError, match=name):
            listed(open_source(tmp_path / name))
    np.save(tmp_path / "wild.npy", np.full((1, 8, 8, 3), 7.0))
    entries, _ = listed(open_source(tmp_path / "wild.npy"))
    with pytest.raises(ReadError, match="unreadable"):
        entries["wild.npy/000000.png"].file.read()


# -- zips and other sources


def test_a_zip_is_read_in_place_and_recognised(tmp_path: Path) -> None:
    refined(tmp_path / "set", rows="Realism/gustave-courbet_the-wave.jpg,1\n")
    packed = tmp_path / "wikiart.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((tmp_path / "set").rglob("*")):
            archive.write(file, "top/" + file.relative_to(tmp_path / "set").as_posix())
        archive.writestr("__MACOSX/._x.jpg", b"")
    source = open_source(packed)
    entries, _ = listed(source)
    assert choose_layout(source).name == "cs-chan"
    lilies = entries["top/wikiart/Impressionism/claude-monet_water-lilies-1914(2).jpg"]
    assert lilies.facts["genre"] == "landscape" and lilies.file.read() == b"x"
    assert len(entries) == 4


def test_hostile_zip_members_are_labels_only(tmp_path: Path) -> None:
    packed = tmp_path / "bad.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("../../escaped.jpg", "/etc/absolute.jpg", "a\\..\\..\\windows.jpg", "ok.jpg"):
            archive.writestr(zipfile.ZipInfo(name), b"data")
    entries, _ = listed(open_source(packed))
    assert len(entries) == 4 and all(entry.file.read() == b"data" for entry in entries.values())
    assert sorted(os.listdir(tmp_path)) == ["bad.zip"]


def test_a_damaged_zip_is_an_error_and_a_damaged_member_a_reason(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.jpg", b"A" * 1000)
    data = bytearray(packed.read_bytes())
    data[200] ^= 1
    packed.write_bytes(data)
    with pytest.raises(ReadError, match="unreadable"):
        open_source(packed).files[0].read()
    packed.write_bytes(data[:500])
    with pytest.raises(DamagedError, match="zip"):
        open_source(packed)


def test_what_cannot_be_imported_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        open_source(tmp_path / "nowhere")
    fill(tmp_path, "one.jpg", "all.tar")
    with pytest.raises(UsageError, match=r"one\.jpg is a single file") as caught:
        open_source(tmp_path / "one.jpg")
    assert str(tmp_path) in caught.value.hint
    with pytest.raises(UsageError, match="archive"):
        open_source(tmp_path / "all.tar")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no files"):
        choose_layout(open_source(tmp_path / "empty"))


def test_an_unknown_layout_lists_the_known(tmp_path: Path) -> None:
    source = open_source(fill(tmp_path, "a.jpg"))
    with pytest.raises(UsageError, match="'gangogh'") as caught:
        choose_layout(source, "gangogh")
    assert all(layout.name in caught.value.hint for layout in LAYOUTS)
    for name in ("keragan", "artgan"):
        with pytest.raises(ArtganError, match="cannot be read as layout"):
            choose_layout(source, name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_loops_and_broken_links_do_not_hang(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "absent.jpg")
    files = {file.path: file for file in open_source(tmp_path).files}
    assert sorted(files) == ["a.jpg", "broken.jpg", "pipe.jpg"]
    for name in ("broken.jpg", "pipe.jpg"):
        with pytest.raises(ReadError, match="unreadable"):
            files[name].read()


# -- names


@pytest.mark.parametrize(
    "one, other",
    [
        ("flower painting", "flower-painting"), ("flowers", "flower-painting"), ("still_life", "still-life"),
        ("Still Life", "still-life"), ("nude_painting", "nude-painting-nu"), ("abstract_painting", "abstract"),
        ("landscapes", "landscape"), ("portraits", "portrait"), ("nude painting (nu)", "nude-painting-nu"),
    ],
)  # fmt: skip
def test_genres_match_however_they_are_spelt(one: str, other: str) -> None:
    assert names.same_genre(one, other) and names.same_genre(other, one)


def test_different_genres_do_not_match() -> None:
    for one, other in (("landscape", "cityscape"), ("portrait", "self-portrait"), ("", ""), ("花", "草")):
        assert not names.same_genre(one, other)


@pytest.mark.parametrize(
    "stem, title, year",
    [
        ("water-lilies-1914", "Water Lilies", 1914),
        ("water-lilies-1914-2", "Water Lilies", 1914),
        ("the-kiss(1)", "The Kiss", None),
        ("number-31", "Number 31", None),
        ("1897", None, 1897),
        ("", None, None),
    ],
)
def test_titles_and_years(stem: str, title: str | None, year: int | None) -> None:
    facts = names.title_and_year(stem)
    assert (facts.get("title"), facts.get("year")) == (title, year)


def test_names_of_another_make_tell_nothing() -> None:
    for stem in ("IMG_2034", "my_cat__sleeping_1", "c++", "a+b", "2020-05-01"):
        assert names.facts_of(stem) == {}
    assert names.facts_of("impressionism__claude-monet_poppies-1873") == {
        "style": "Impressionism", "artist": "Claude Monet", "title": "Poppies", "year": 1873,
    }  # fmt: skip
