"""A listing that is longer than the site shows, year by year through the advanced search: an experiment.

Public projects used that search and its ``minYear`` and ``maxYear`` years ago; whether it goes past the end of the
plain listing today nobody has established. So what it says is checked, and at the first contradiction it is left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from artgan.datasets.sites.site import Page, Work
from artgan.datasets.sites.wikiart.address import Listing
from artgan.datasets.sites.wikiart.listings import read_listing
from artgan.errors import ArtganError, NotFoundError, RemoteError
from artgan.web.answers import Refused
from artgan.web.client import Web

FIRST_YEAR, LAST_YEAR = -4000, 2100
"""The oldest year that the site was seen to know is -3050."""

_GROWTH = 1.02
"""A search may count a little more than the listing that was read some minutes before."""


@dataclass(frozen=True)
class _Slice:
    """Some years, and how many works the slice has of which it is one half; ``halves`` are the counts of both."""

    first: int
    last: int
    whole: int
    halves: list[int] = field(default_factory=list)


class _Disobeyed(Exception):
    """The site did not do as it was asked; the text says how that shows."""


def read_slices(listing: Listing, listed: int, web: Web, max_side: int | None = None) -> Iterator[Page]:
    """Yield pages of slices by year until each is as short as the site shows; works without a year are in none.

    Works that came in a plain listing come again. The first page says that this is an experiment, the last one why it
    was given up, if it was.

    Args:
        listing: of a genre or style, with its ``dictionary_id``.
        listed: works that the site counts in it.
        web: asks the site.
        max_side: as in ``Query``.

    Raises:
        Refused: the site does not want to be asked any more.
    """
    whole = _Slice(FIRST_YEAR, LAST_YEAR, listed)
    parts = deque([whole])
    warning = f"experimental: {listing.title} is now asked for year by year through WikiArt's advanced search"
    while parts:
        part = parts.popleft()
        place = replace(listing, years=(part.first, part.last))
        try:
            for page in _read(part, place, web, max_side):
                is_too_long = page.number == 1 and page.listed > page.reachable and part.first < part.last
                yield page.model_copy(
                    update={
                        "warning": "; ".join(filter(None, (warning, page.warning))),
                        "pages": 1 if is_too_long else page.pages,
                    }
                )
                warning = ""
                if is_too_long:
                    middle = (part.first + part.last) // 2
                    halves: list[int] = []
                    parts.append(_Slice(part.first, middle, page.listed, halves))
                    parts.append(_Slice(middle + 1, part.last, page.listed, halves))
                    break
        except Refused:
            raise
        except (NotFoundError, RemoteError, _Disobeyed) as error:
            part.halves.append(0)
            # Some years have nothing, but not all of them together, nor both halves of what has something.
            may_be_empty = part is not whole and (len(part.halves) == 1 or any(part.halves))
            if isinstance(error, NotFoundError) and may_be_empty:
                continue
            yield Page(
                listing=place.title, number=1, pages=1, listed=0, reachable=0,
                warning=f"WikiArt's advanced search is of no use for {listing.title}, so that only what was listed "
                f"until now is taken: {error.message if isinstance(error, ArtganError) else error}",
            )  # fmt: skip
            return


def _read(part: _Slice, place: Listing, web: Web, max_side: int | None) -> Iterator[Page]:
    """Yield the pages of a slice, each only if it can be true."""
    for page in read_listing(place, web, max_side):
        outside = next((work for work in page.works if _is_outside(work, part)), None)
        if outside:
            raise _Disobeyed(f"asked for {part.first} to {part.last} it lists a work of {outside.date}")
        if page.number == 1:
            part.halves.append(page.listed)
            if page.listed > part.whole * _GROWTH:
                raise _Disobeyed(
                    f"{place.title} has {page.listed:,} works, more than the {part.whole:,} that there are"
                )
            if len(part.halves) == 2 and min(part.halves) >= part.whole:
                raise _Disobeyed("it lists the same number of works for different years")
        yield page


def _is_outside(work: Work, part: _Slice) -> bool:
    first, last = work.year_from, work.year_to
    return (last is not None and last < part.first) or (first is not None and first > part.last)
