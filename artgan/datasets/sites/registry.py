"""Which site answers a query."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from artgan.datasets.sites.addresses import Addresses
from artgan.datasets.sites.met import Met
from artgan.datasets.sites.site import Query, Site
from artgan.datasets.sites.wikiart.source import WikiArt
from artgan.errors import UsageError

SOURCES: dict[str, Callable[[Query], Site]] = {
    "wikiart": lambda query: WikiArt(),
    "met": Met,
    "addresses": lambda query: Addresses(Path(query.path)),
}
"""How each site is made, by the name that ``--source`` takes."""


def site_for(query: Query) -> Site:
    """Return the site that a query is for.

    Raises:
        UsageError: there is no such site, or it cannot be asked so.
        NotFoundError: its table of addresses is not there.
    """
    try:
        make = SOURCES[query.source]
    except KeyError:
        raise UsageError(f"no source is named {query.source!r}", f"choose one of: {', '.join(SOURCES)}") from None
    return make(query)
