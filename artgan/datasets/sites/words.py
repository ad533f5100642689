"""A person's word becomes a genre or a style of WikiArt: "flowers", "still_life", "Pop Art", "landscpae"."""

from __future__ import annotations

import csv
import difflib
import functools
import importlib.resources
import re
import unicodedata
from typing import Literal, NamedTuple

from artgan.errors import UsageError

Kind = Literal["genre", "style"]

# Typing errors are forgiven in words that are long enough to be told from others: "bottle" is not "battle".
_SHORTEST_TYPO = 6
_SHORTEST_WRONG_LETTER = 8
_SHORTEST_TWO_TYPOS = 10


class Entry(NamedTuple):
    """One genre or style, as ``dictionary.tsv`` has it."""

    kind: Kind
    slug: str
    id: str
    """24 hexadecimal digits of the site's dictionary; "" where it is not known."""
    title: str
    listed_2017: int | None
    """Works that a public project found in it in 2017."""
    aliases: tuple[str, ...]
    also: tuple[str, ...]
    """Slugs of other genres that may be meant, or wanted as well."""


class Resolved(NamedTuple):
    """What a word was taken for; ``note`` says so where it had to be guessed."""

    entry: Entry
    note: str = ""


@functools.cache
def entries(kind: Kind) -> tuple[Entry, ...]:
    """Return all genres or all styles that are known, by slug."""
    text = importlib.resources.files(__package__).joinpath("dictionary.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        Entry(
            kind, row["slug"], row["id"], row["title"],
            int(row["listed_2017"]) if row["listed_2017"] else None,
            tuple(row["aliases"].split()), tuple(row["also"].split()),
        )
        for row in rows if row["kind"] == kind
    )  # fmt: skip


def slug_of(text: str) -> str:
    """Spell a word as WikiArt spells its slugs: "Still Life" and "still_life" give "still-life", "L'art" "lart"."""
    text = re.sub(r"['`\u2019\u00b4]", "", text.casefold().replace("œ", "oe").replace("æ", "ae").replace("ø", "o"))
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def singular(slug: str) -> str:
    """Take the plural off the words of a slug; only good for comparing it with another one that was treated so."""
    return "-".join(_one(part) for part in slug.split("-"))


def by_slug(kind: Kind, slug: str) -> Entry | None:
    """Return the entry with exactly this slug."""
    return _slugs(kind).get(slug)


def also(slug: str) -> tuple[Entry, ...]:
    """Return the genres to tell of when a genre is asked for: with flower-painting, still-life."""
    entry = by_slug("genre", slug)
    return tuple(other for name in (entry.also if entry else ()) if (other := by_slug("genre", name)))


def find(kind: Kind, word: str) -> Entry | None:
    """Return what a word means, whatever its spelling, without guessing.

    Slugs, titles and aliases are known, in any letter case, with blanks, dashes, underscores or nothing between words,
    in the plural, with "painting" behind them ("nude_painting"), or as the people of a style ("cubists").
    """
    key = slug_of(word)
    one = singular(key)
    spellings = [key, one, key.removesuffix("s"), one.removesuffix("-painting"), key.replace("-", "")]
    if one.endswith("ist"):
        spellings.append(f"{one[:-1]}m")
    table = _spellings(kind)
    return next((table[spelling] for spelling in spellings if spelling in table), None)


def resolve(kind: Kind, word: str) -> Resolved:
    """Return what a word means; what is clearly one known word mistyped is taken for it, with a note.

    Raises:
        UsageError: no such genre or style; the hint names the nearest three.
    """
    entry = find(kind, word)
    if entry:
        return Resolved(entry)
    guess = _mistyped(kind, slug_of(word))
    shown = word if len(word) <= 60 else f"{word[:60]}..."
    if guess:
        return Resolved(guess, f"{shown!r} is taken for {guess.slug}")
    other: Kind = "style" if kind == "genre" else "genre"
    meant = find(other, word)
    if meant:
        how = f"--style {meant.slug}" if other == "style" else meant.slug
        raise UsageError(f"{shown!r} is a {other}, not a {kind}", f"artgan fetch {how}")
    near = [entry.slug for entry in nearest(kind, word)]
    raise UsageError(
        f"no {kind} is known as {shown!r}",
        f"the nearest are {', '.join(near[:-1])} and {near[-1]}; all of them: artgan genres"
        f"{' --styles' if kind == 'style' else ''}; if the site has it, paste the address of its page instead",
    )


def nearest(kind: Kind, word: str, most: int = 3) -> list[Entry]:
    """Return the entries whose names look most like a word, the nearest first."""
    key = slug_of(word)[:80]
    parts = set(singular(key).split("-")) - {""}
    matcher = difflib.SequenceMatcher(b=key)

    def unlikeness(name: str) -> tuple[bool, float]:
        matcher.set_seq1(name)
        return not parts & set(singular(name).split("-")), -matcher.ratio()

    names = _names(kind)
    ranked = sorted(names, key=unlikeness)
    return list(dict.fromkeys(names[name] for name in ranked))[:most]


@functools.cache
def _slugs(kind: Kind) -> dict[str, Entry]:
    return {entry.slug: entry for entry in entries(kind)}


@functools.cache
def _names(kind: Kind) -> dict[str, Entry]:
    """Slugs first, then titles, then aliases: of two that claim a name, the earlier has it."""
    names: dict[str, Entry] = dict(_slugs(kind))
    for entry in entries(kind):
        names.setdefault(slug_of(entry.title), entry)
    for entry in entries(kind):
        for alias in entry.aliases:
            names.setdefault(alias, entry)
    return names


@functools.cache
def _spellings(kind: Kind) -> dict[str, Entry]:
    """Every name, in the singular, and without dashes."""
    table = dict(_names(kind))
    for change in (singular, lambda name: name.replace("-", "")):
        for name, entry in _names(kind).items():
            table.setdefault(change(name), entry)
    return table


def _one(part: str) -> str:
    if len(part) <= 3 or part.endswith(("ss", "us", "is")):
        return part
    if part.endswith(("sses", "shes", "ches", "xes")):
        return part[:-2]
    part = part.removesuffix("s")
    return f"{part[:-2]}y" if part.endswith("ie") else part


def _mistyped(kind: Kind, key: str) -> Entry | None:
    """Return the one entry that a word clearly means, though with a typing error in one of its parts."""
    if len(key) > 60:
        return None
    found = {entry: edits for name, entry in _names(kind).items() if (edits := _typo(key, name))}
    if not found:
        return None
    best = min(found, key=found.__getitem__)
    # Two errors could as well be a different word: then nothing else may be near.
    near = found[best] if found[best] == 1 else 3
    others = (name for name, entry in _names(kind).items() if entry != best)
    return None if any(_edits(key, name, near) <= near for name in others) else best


def _typo(word: str, name: str) -> int:
    """Return by how many typing errors a word may be a name; 0 when it is none of the kind that is forgiven."""
    parts, meant = word.split("-"), name.split("-")
    if len(parts) != len(meant):
        return 0
    wrong = [(one, other) for one, other in zip(parts, meant, strict=True) if one != other]
    if len(wrong) != 1:
        return 0
    one, other = wrong[0]
    if len(one) < _SHORTEST_TYPO or one[0] != other[:1]:
        return 0
    edits = _edits(one, other, 2)
    if edits == 1:
        wrong_letter = len(one) == len(other) and sorted(one) != sorted(other)
        return 0 if wrong_letter and len(one) < _SHORTEST_WRONG_LETTER else 1
    return 2 if edits == 2 and len(one) >= _SHORTEST_TWO_TYPOS else 0


def _edits(one: str, other: str, most: int) -> int:
    """Count letters missing, added, wrong or exchanged with their neighbour (optimal string alignment).

    Args:
        most: what is more need not be counted exactly.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted)))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                row[j] = min(row[j], earlier[j - 2] + 1)
    return row[-1]
