"""The plain layouts: pictures side by side, in folders within folders, or in one folder per genre."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.names import Facts, facts_of, genre_slug
from artgan.datasets.layouts.sources import Source, SourceFile, is_hidden
from artgan.events import Note

_YOURS = "artgan cannot know who made these pictures; use only what you may use."


def plain_entry(file: SourceFile, facts: Facts) -> Entry:
    """Make the entry of a file that was found; a hidden picture is left out, with a reason."""
    if is_hidden(file.path):
        return Entry(file, facts, status="dropped", reason="hidden: its name, or its folder's, starts with a dot")
    return Entry(file, facts)


def common_folder(files: list[SourceFile]) -> str:
    """Return the folder that holds all of them: "" or "a/b/"; zips often have such a folder around everything."""
    if not files:
        return ""
    folders = [file.folder.split("/") if file.folder else [] for file in files]
    # Whatever the first and the last in order share, those between them share too.
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(min(folders), max(folders), strict=False))
    return "".join(f"{part}/" for part, _ in shared)


class Flat:
    """Pictures side by side."""

    name = "flat"
    about = "pictures side by side in one folder"

    def recognise(self, source: Source) -> bool:
        return len({file.folder for file in source.pictures()}) == 1

    def rights(self, source: Source) -> str:
        return _YOURS

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        for file in source.files:
            yield plain_entry(file, facts_of(file.stem))


class Nested:
    """Folders within folders; their names are no genres, but ``--genre`` and ``--only`` match them."""

    name = "nested"
    about = "pictures in folders within folders"

    def recognise(self, source: Source) -> bool:
        return bool(source.files)

    def rights(self, source: Source) -> str:
        return _YOURS

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        for file in source.files:
            yield plain_entry(file, facts_of(file.stem))


class Genres:
    """One folder per genre, as GANGogh and art-DCGAN's scraper left them, or anybody who sorted pictures."""

    name = "genres"
    about = "one folder per genre, pictures in it or in its folder 'images'"

    def recognise(self, source: Source) -> bool:
        pictures = source.pictures()
        top = common_folder(pictures)
        places = {file.folder[len(top) :] for file in pictures}
        if len(places) < 2 or not all(place.removesuffix("/images").count("/") == 0 and place for place in places):
            return False
        # Folders named by year or number are somebody's order, not genres.
        return not any(place[0].isdigit() for place in places)

    def rights(self, source: Source) -> str:
        return _YOURS

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        pictures = source.pictures()
        top = common_folder(pictures)
        if pictures and top and all(file.folder + "/" == top for file in pictures):
            # One genre alone: its folder is what they have in common.
            top = f"{top.removesuffix('/').removesuffix('/images').rpartition('/')[0]}/".removeprefix("/")
        for file in source.files:
            facts = facts_of(file.stem)
            genre = file.path[len(top) :].partition("/") if file.path.startswith(top) else ("", "", "")
            if genre[1]:
                facts["genre"] = genre_slug(genre[0]) or None
            yield plain_entry(file, facts)
