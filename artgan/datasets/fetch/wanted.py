"""Which of the works that a site lists shall be in the dataset."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from artgan.datasets.decode import MOST_PIXELS
from artgan.datasets.manifest import ImageRecord, Painting, first_word
from artgan.errors import UsageError

MOST_BYTES = 80 * 2**20
"""Of one picture. The largest originals met on WikiArt, scans of 250 megapixels, stay below."""

FILTERS = frozenset(("too-small", "year", "artist", "licence", "noai"))
"""First words of the reasons that another ``Wanted`` may lift; every other reason to leave a work out is for good."""


class Wanted(BaseModel):
    """What somebody wants to have; remembered in ``dataset.json``."""

    model_config = ConfigDict(frozen=True)

    limit: int | None = Field(default=None, ge=1)
    """Most pictures in the dataset."""
    min_side: int = Field(default=8, ge=1)
    """Shortest side in pixels; 8 is the smallest size that can be prepared."""
    max_pixels: int = Field(default=MOST_PIXELS, ge=1)
    """Of a larger picture a smaller version is taken, or none."""
    max_bytes: int = Field(default=MOST_BYTES, ge=1)
    license: Literal["any", "public-domain"] = "any"
    since_year: int | None = None
    until_year: int | None = None
    """A work is taken when all the years that its date allows lie between the two; one without a date is not."""
    exclude_artists: tuple[str, ...] = ()
    drop_near_duplicates: bool = False
    allow_noai: bool = False
    """Take pictures also where the site asks that no machine learns from them."""

    def checked(self) -> Wanted:
        """Return self.

        Raises:
            UsageError: it asks for nothing at all.
        """
        if self.since_year is not None and self.until_year is not None and self.since_year > self.until_year:
            raise UsageError(
                f"no year is from {self.since_year} on and until {self.until_year}",
                "exchange --since-year and --until-year",
            )
        return self

    def reason_against(self, work: Painting) -> str:
        """Return why a work is not wanted, "" when it is, as far as is known of it."""
        if work.width and work.height and min(work.width, work.height) < self.min_side:
            return f"too-small: {work.width}x{work.height}, less than {self.min_side} on a side"
        if self.since_year is not None or self.until_year is not None:
            first = work.year_from if work.year_from is not None else work.year
            last = work.year_to if work.year_to is not None else work.year
            if first is None or last is None:
                return f"year: {work.date or 'no date'} says no year"
            if (self.since_year is not None and first < self.since_year) or (
                self.until_year is not None and last > self.until_year
            ):
                return f"year: {work.date or first} is outside what was asked for"
        if work.artist and any(same_artist(name, work) for name in self.exclude_artists):
            return f"artist: {work.artist} is left out"
        if self.license == "public-domain" and work.license_labels is not None and work.license != "public-domain":
            said = ", ".join(work.license_labels) or "nothing"
            return f"licence: {work.license}; its page says {said}"
        return ""

    def reason_against_record(self, record: ImageRecord) -> str:
        """Return why a work that was looked into before is not wanted, "" when it is or may be."""
        if self.is_unread(record):
            return "licence: its page was not read yet"
        if record.reason.startswith("noai:") and not self.allow_noai:
            return record.reason
        return self.reason_against(record)

    def is_unread(self, record: Painting) -> bool:
        """Say whether the page of a work must be read to know if it is wanted."""
        return self.license == "public-domain" and record.license_labels is None


def wanted_of(**given: Any) -> Wanted:
    """Return the wishes that were given; None means not given.

    Raises:
        UsageError: one of them cannot be.
    """
    try:
        return Wanted(**{name: value for name, value in given.items() if value is not None}).checked()
    except ValidationError as error:
        first = error.errors()[0]
        field = "-".join(str(part) for part in first["loc"]).replace("_", "-")
        said = first["msg"][:1].lower() + first["msg"][1:]
        raise UsageError(f"--{field} {first['input']!r}: {said}", "artgan fetch --help") from error


def same_artist(name: str, work: Painting) -> bool:
    """Say whether a name, however it is spelt, means the artist of a work: "claude-monet" means Claude Monet."""
    wanted = _key(name)
    slug = (work.artist_url or "").rstrip("/").rpartition("/")[2]
    return bool(wanted) and wanted in (_key(work.artist or ""), _key(slug))


def is_permanent(record: ImageRecord) -> bool:
    """Say whether a record need not be looked into again: it is not in use, and no other wish makes it so."""
    word = first_word(record.reason)
    if record.status == "dropped":
        return word not in FILTERS
    # What a listing says (no picture, an odd address) may have been mended in the next one.
    return record.status in ("gone", "placeholder") and word not in ("no-image", "address")


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode() or text
    return " ".join("".join(c if c.isalnum() else " " for c in plain.casefold()).split())
