"""cs-chan/ArtGAN's WikiArt set: ``wikiart/<Style>/<artist>_<title>.jpg`` and tables of genre, style and artist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.folders import plain_entry
from artgan.datasets.layouts.names import STYLES, artist_title_year, genre_slug, slug, spoken
from artgan.datasets.layouts.sources import ReadError, Source, SourceFile, read_table, same_name
from artgan.events import Note

# The class file of the set's repository (github.com/cs-chan/ArtGAN, WikiArt Dataset/Genre/genre_class), for whoever has
# the tables without it. Its older list, data/genre/classes, has another order.
# fmt: off
_GENRES = (
    "abstract_painting", "cityscape", "genre_painting", "illustration", "landscape", "nude_painting", "portrait",
    "religious_painting", "sketch_and_study", "still_life",
)
# fmt: on
_TABLE = re.compile(r"(genre|style|artist)_(train|val)(\.csv)?", re.IGNORECASE)
_CLASSES = re.compile(r"(genre|style|artist)_class(\.txt)?", re.IGNORECASE)


@dataclass
class _Tables:
    """What the set's tables say."""

    genres: dict[str, list[str]] = field(default_factory=dict)
    """Genre slugs of a picture, by "Style/file" with accents composed alike."""
    listed: dict[str, str] = field(default_factory=dict)
    """The table's own spelling of every picture that a table lists, by the same key."""
    remarks: list[str] = field(default_factory=list)


class Refined:
    """WikiArt as cs-chan/ArtGAN refined it; the picture's identity is its style folder and its file name together."""

    name = "cs-chan"
    about = "cs-chan/ArtGAN's WikiArt set: <Style>/<artist>_<title>.jpg with csv tables"

    def recognise(self, source: Source) -> bool:
        styles = {slug(file.folder.rpartition("/")[2]) for file in source.pictures() if "_" in file.stem} & STYLES
        if any(_TABLE.fullmatch(file.name) or _CLASSES.fullmatch(file.name) for file in source.files):
            return bool(styles)
        # Without tables two style folders are wanted: one folder "Realism" may be anybody's.
        return len(styles) >= 2

    def rights(self, source: Source) -> str:
        return (
            "WikiArt pictures, given by cs-chan/ArtGAN for non-commercial research only; "
            "some of the works are still under copyright."
        )

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        tables = _read_tables(source)
        for remark in tables.remarks:
            yield Note(text=remark, level="warning")
        rest = dict(tables.listed)
        garbled = _unique_ascii(tables.listed)
        places: set[str] = set()
        for file in source.files:
            if _TABLE.fullmatch(file.name) or _CLASSES.fullmatch(file.name):
                continue
            style = file.folder.rpartition("/")[2]
            key = _key(f"{style}/{file.name}")
            if key not in tables.listed:
                key = garbled.get(_ascii(key), key)
            rest.pop(key, None)
            if file.looks_like_picture:
                places.add(style)
            yield _entry(file, style, tables.genres.get(key, []))
        yield from _absent(rest, places, tables)


def _entry(file: SourceFile, style: str, genres: list[str]) -> Entry:
    facts = artist_title_year(file.stem)
    facts["style"] = spoken(style) or None
    if genres:
        facts["genre"] = genres[0]
    identity = f"{style}__{file.stem}" if style and file.looks_like_picture else ""
    return replace(plain_entry(file, facts), id=identity)


def _absent(rest: dict[str, str], places: set[str], tables: _Tables) -> Iterator[Entry | Note]:
    """Yield what the tables list and the folders lack; a style that is wholly absent was not wanted."""
    elsewhere = set()
    for key, path in sorted(rest.items()):
        style, _, name = path.partition("/")
        if style not in places:
            elsewhere.add(style)
            continue
        file = SourceFile(path, _nothing)
        entry = _entry(file, style, tables.genres.get(key, []))
        yield replace(entry, status="gone", reason=f"missing: the tables list it, but {style} has no {name}")
    if elsewhere:
        yield Note(text=f"{len(elsewhere)} styles of the tables are not here, for example {min(elsewhere)}")


def _nothing() -> bytes:
    raise ReadError("missing: the file does not exist")


def _read_tables(source: Source) -> _Tables:
    tables = _Tables()
    classes = {"genre": dict(enumerate(_GENRES))}
    for file in source.files:
        if found := _CLASSES.fullmatch(file.name):
            try:
                numbered = _read_classes(read_table(file))
            except ReadError as error:
                tables.remarks.append(f"{file.path} was not used: {error.message}")
                continue
            if numbered:
                classes[found[1].lower()] = numbered
    count = 0
    for file in source.files:
        found = _TABLE.fullmatch(file.name)
        if not found:
            continue
        try:
            text = read_table(file)
        except ReadError as error:
            tables.remarks.append(f"{file.path} was not used: {error.message}")
            continue
        count += _read_rows(text, classes.get("genre", {}) if found[1].lower() == "genre" else None, tables)
    if not tables.genres:
        tables.remarks.append(
            "no genre table (genre_train.csv, genre_val.csv) was found among the files, so no picture has a genre"
        )
    if count:
        tables.remarks.append(f"{count} rows of the tables could not be read")
    return tables


def _read_classes(text: str) -> dict[int, str]:
    """Read "0 abstract_painting" line by line."""
    found = {}
    for line in text.split("\n"):
        number, _, name = line.strip().partition(" ")
        if number.isdecimal() and name.strip():
            found[int(number)] = name.strip()
    return found


def _read_rows(text: str, genres: dict[int, str] | None, tables: _Tables) -> int:
    """Read "Style/file.jpg,3"; a title may hold commas, and the artist tables have two before the number.

    Returns:
        How many rows were neither that nor a header.
    """
    bad = 0
    for number, line in enumerate(text.split("\n")):
        path, _, label = line.strip().rpartition(",")
        path = path.rstrip(",").strip().replace("\\", "/").removeprefix("wikiart/")
        if not label.strip().isdecimal() or "/" not in path:
            bad += bool(line.strip()) and number > 0
            continue
        key = _key(path)
        tables.listed.setdefault(key, path)
        if genres is not None and int(label) in genres:
            genre = genre_slug(genres[int(label)])
            known = tables.genres.setdefault(key, [])
            if genre not in known:
                known.append(genre)
    return bad


def _key(path: str) -> str:
    """Return what is equal for a row and its file; some tables say Art_Nouveau for Art_Nouveau_Modern."""
    return re.sub("^Art_Nouveau/", "Art_Nouveau_Modern/", same_name(path))


def _ascii(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii())


def _unique_ascii(listed: dict[str, str]) -> dict[str, str]:
    """Map a name without its foreign letters to its key, where only one has it: unpackers garble such names."""
    found: dict[str, str | None] = {}
    for key in listed:
        if not key.isascii():
            plain = _ascii(key)
            found[plain] = None if plain in found or plain in listed else key
    return {plain: key for plain, key in found.items() if key}
