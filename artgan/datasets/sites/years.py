"""The text of a date becomes years: "c.1960", "1886/87", "XIX-XX cent.", "3050 BC"."""

from __future__ import annotations

import re
from typing import NamedTuple

EARLIEST, LATEST = -10_000, 2100
"""What lies outside is no year of a painting; the oldest cave paintings have no date in years anyway."""

_LONGEST = 200
_ROMAN = {"i": 1, "v": 5, "x": 10}
_ERA = r"(?:\s*(?:(?P<bc>b\.?\s?c\.?(?:\s?e\.?)?)|(?P<ad>a\.?\s?d\.?|c\.\s?e\.?|ce))(?![a-z]))?"
_NUMBER = re.compile(r"(?P<before>a\.?d\.?\s*)?(?P<number>[0-9]+)(?P<decade>['\u2019]?s(?![a-z]))?" + _ERA)
_ORDINAL = r"(?:[ivx]{1,5}|[0-9]{1,2})(?:st|nd|rd|th)?"
_CENTURY = re.compile(
    rf"(?<![a-z0-9])(?P<first>{_ORDINAL})(?:\s*[-/]\s*(?P<last>{_ORDINAL}))?"
    r"(?P<word>\s*-?\s*(?:centur(?:y|ies)|cent|c)(?![a-z0-9])\.?)?" + _ERA
)
_UNTIL = re.compile(r"\b(?:before|until|till|pre|not later than)\b")
_SINCE = re.compile(r"\b(?:after|since|post|not earlier than)\b")


class Years(NamedTuple):
    """What a date allows. ``year`` is known when it names a single one, be it "about"; all are None for no date."""

    year: int | None = None
    year_from: int | None = None
    year_to: int | None = None


class _Mention(NamedTuple):
    """A year or decade in a text: where it stands, and from when to when it reaches."""

    start: int
    end: int
    digits: str
    decade: bool
    era: str

    def span(self) -> tuple[int, int]:
        number = int(self.digits)
        if self.era == "bc":
            return -number, -number
        if not self.decade:
            return number, number
        # "1800s" may mean the decade or the century: both are allowed.
        return number, number + (99 if number % 100 == 0 else 9)


def read_years(text: str | None) -> Years:
    """Read the years out of a date in words; whatever is not understood allows every year.

    "c.1960" is 1960; a range, a decade or a century has no single year. A century is read to its widest: "late XIX
    cent." is 1801 to 1900. Years before our era are negative.

    Args:
        text: anything, also hostile.

    Returns:
        Years within ``EARLIEST`` to ``LATEST``, ``year_from`` never after ``year_to``.
    """
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", (text or "")[:_LONGEST]).casefold().strip()
    spans = _centuries(text) or [mention.span() for mention in _mentions(text)]
    spans = [(low, high) for low, high in spans if EARLIEST <= low <= high <= LATEST and (low, high) != (0, 0)]
    if not spans:
        return Years()
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    if len(spans) == 1 and _UNTIL.search(text):
        return Years(None, None, high)
    if len(spans) == 1 and _SINCE.search(text):
        return Years(None, low, None)
    return Years(low if low == high else None, low, high)


def _centuries(text: str) -> list[tuple[int, int]]:
    """Return the centuries that a text names; "XIX" alone is one, "19" alone is not."""
    spans = []
    for found in _CENTURY.finditer(text):
        alone = found[0] == text and "x" in found["first"] and not found["bc"]
        if not (found["word"] or alone):
            continue
        numbers = [_ordinal(part) for part in (found["first"], found["last"]) if part]
        # "c." behind an Arabic number is "circa" of what follows, unless the number is an ordinal.
        if (found["word"] or "").strip(" .-") == "c" and found["first"].isdecimal():
            continue
        for number in numbers:
            if 1 <= number <= 21:
                spans.append((-100 * number, -100 * number + 99) if found["bc"] else (100 * number - 99, 100 * number))
    return spans


def _ordinal(text: str) -> int:
    digits = re.match(r"[0-9]+", text)
    if digits:
        return int(digits[0])
    values = [_ROMAN[letter] for letter in re.sub(r"(st|nd|rd|th)$", "", text)]
    return sum(-value if after > value else value for value, after in zip(values, [*values[1:], 0], strict=True))


def _mentions(text: str) -> list[_Mention]:
    """Return the years that a text names, from left to right."""
    iso = re.fullmatch(r"([0-9]{4})-[0-9]{2}-[0-9]{2}", text)
    if iso:
        return [_Mention(0, 4, iso[1], False, "")]
    mentions: list[_Mention] = []
    for found in _NUMBER.finditer(text):
        mention = _mention(text, found, mentions[-1] if mentions else None)
        if mention:
            mentions.append(mention)
    return [_with_era(mention, after) for mention, after in zip(mentions, [*mentions[1:], None], strict=False)]


def _mention(text: str, found: re.Match[str], earlier: _Mention | None) -> _Mention | None:
    digits = found["number"].lstrip("0") or "0"
    era = "bc" if found["bc"] else "ad" if found["ad"] or found["before"] else ""
    between = text[earlier.end if earlier else 0 : found.start()]
    if not era and re.search(r"(?:^|[\s.(~-])-$" if earlier is None else r"-\s*-$", between):
        era = "bc"
    if len(found["number"]) > 5:
        return None
    if earlier and not era and re.fullmatch(r"\s?[-/]\s?", between) and len(found["number"]) <= 2 < len(earlier.digits):
        # "1886/87" and "1598-9": the second year is cut short.
        digits = earlier.digits[: -len(found["number"])] + found["number"]
        if int(digits) < int(earlier.digits):
            return None
        return _Mention(found.start(), found.end(), digits, bool(found["decade"]), earlier.era)
    # A small number is a day or a month, unless it says otherwise or is all there is.
    if len(digits) < 3 and not era and found[0] != text:
        return None
    return _Mention(found.start(), found.end(), digits, bool(found["decade"]), era)


def _with_era(mention: _Mention, after: _Mention | None) -> _Mention:
    """Let "500-450 BC" be before our era altogether."""
    if after and not mention.era and after.era == "bc" and int(mention.digits) >= int(after.digits):
        return mention._replace(era="bc")
    return mention
