"""What a site is: it answers a query with paintings and knows nothing of files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from artgan.datasets.manifest import Painting
from artgan.web.client import Web
from artgan.web.hosts import HostClass


class Query(BaseModel):
    """What was asked of a site. Words of one kind add up, kinds narrow each other down.

    ``genres=("portrait", "landscape")`` are portraits and landscapes; with ``artists=("claude-monet",)`` those of them
    that are by Monet. The words are the site's own: slugs, or what is searched for.
    """

    model_config = ConfigDict(frozen=True)

    source: str = "wikiart"
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    featured: bool = False
    beyond_cap: bool = False
    max_side: int | None = None
    """Pictures need no more pixels than this on their longer side."""
    path: str = ""
    """The table of addresses, where that is the source."""

    def in_words(self) -> str:
        """Return what is asked for, for a person: "genre portrait or landscape, artist claude-monet"."""
        kinds = {"genre": self.genres, "style": self.styles, "media": self.media, "artist": self.artists}
        parts = [f"{kind} {' or '.join(words)}" for kind, words in kinds.items() if words]
        parts += [f'"{word}"' for word in self.searches] + [self.path] * bool(self.path) + ["featured"] * self.featured
        return ", ".join(parts)

    def same_place(self, other: Query) -> bool:
        """Say whether two queries ask for the same works, in whatever version."""
        return self.model_copy(update={"max_side": other.max_side, "beyond_cap": other.beyond_cap}) == other


class Version(BaseModel):
    """One file that a site has of a work: the original, or a smaller one."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str
    """https, percent-encoded, on a host of the site."""
    width: int | None = None
    height: int | None = None


class Work(Painting):
    """A painting as a site lists it, and the files that can be had of it.

    ``id`` is safe as a file name and the same on every listing. ``image_url`` is that of the best version.
    """

    versions: tuple[Version, ...] = ()
    """In the order in which they are to be tried."""
    placeholder: str = ""
    """Why the site has no picture of it, where that shows in the listing: "placeholder: ..."."""
    detailed: bool = False
    """Whether everything that the site tells of it is known; else ``Site.details`` may be asked."""


class Page(BaseModel):
    """What one request brought."""

    model_config = ConfigDict(frozen=True)

    listing: str
    """Which listing, for a person: "genre flower-painting"."""
    number: int
    """Of the page in its listing, from 1."""
    pages: int
    """How many requests this listing will take, as far as is known now."""
    listed: int
    """Works that the site says there are."""
    reachable: int
    """Works that its listing gives."""
    works: tuple[Work, ...] = ()
    """Those not seen on an earlier page."""
    warning: str = ""
    """Something the person must know: the listing ended early, the cap was met."""


class Site(Protocol):
    """One source of paintings."""

    name: str
    """What ``--source`` takes: "wikiart"."""
    title: str
    """For a person: "WikiArt"."""
    rights: str
    """One sentence on what may be done with its pictures; stored with the dataset."""
    hosts: tuple[HostClass, ...]
    """The only hosts that are asked, each class with its rate."""
    one_owner: bool
    """Whether its hosts belong together, so that a refusal by one ends everything."""
    details_needed: bool
    """Whether a listing tells too little to download from: every work then takes a request to ``details``."""

    def is_placeholder(self, url: str) -> bool:
        """Say whether what lies at an address, after redirects, stands for a missing picture."""
        ...

    def listing(self, query: Query, web: Web) -> Iterator[Page]:
        """Yield pages, one a request, lazily; each work once.

        Raises:
            NotFoundError: the site knows no such genre, style or artist.
            RemoteError: it does not answer, or not as expected.
        """
        ...

    def details(self, work: Work, web: Web) -> Work:
        """Return a work with what its own page tells: licence, style, media; ``detailed`` is True.

        ``license`` and ``license_labels`` are set, the latter to () where the page says nothing. What cannot be read
        stays unknown; a page that is gone is no error.

        Raises:
            RemoteError: the site does not answer, or refuses.
        """
        ...
