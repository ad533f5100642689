"""What a fetch works with: the folder, held; the crew; the way to the servers; the ledger."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from artgan.datasets.fetch.crew import Crew, Done
from artgan.datasets.fetch.downloading import Downloader
from artgan.datasets.fetch.ledger import Ledger
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.sites.site import Site
from artgan.events import Event, Note
from artgan.web.cache import Cache
from artgan.web.client import Web
from artgan.web.limiter import Limiter

_BLINK_S = 0.1  # how soon somebody who asks to stop is heard
_PATIENCE_S = 2.0  # with a server that is silent, before what it was asked for is dropped


class Asked(Exception):
    """Somebody asked to stop."""


@dataclass(frozen=True)
class Manners:
    """How servers are asked; see ``artgan.datasets.fetching.fetch``."""

    workers: int
    limiter: Limiter | None = None
    cache: Cache | None = None
    contact: str = ""
    delay_s: float = 0.0


class Workplace:
    """Open while a fetch is at work; leaving sends the workers home and takes half-written files away."""

    def __init__(
        self,
        site: Site,
        folder: DatasetFolder,
        wanted: Wanted,
        manners: Manners,
        should_stop: Callable[[], bool],
        *,
        dry: bool = False,
    ) -> None:
        self._folder = folder
        self._site = site
        self._wanted = wanted
        self._manners = manners
        self._should_stop = should_stop
        self._dry = dry
        self._halt = threading.Event()
        self._stack = ExitStack()

    def __enter__(self) -> Workplace:
        with ExitStack() as stack:
            if not self._dry:
                stack.enter_context(self._folder.writing())
            self.ledger = Ledger(self._folder, self._wanted, dry=self._dry)
            self.crew = Crew(self._manners.workers)
            stack.callback(self._leave)
            self.web = Web(
                self._site.hosts, limiter=self._manners.limiter, cache=self._manners.cache, stop=self._halt,
                contact=self._manners.contact, delay_s=self._manners.delay_s, tell=self.crew.tell,
            )  # fmt: skip
            stack.callback(self.web.close)
            self.downloader = Downloader(
                self.web, self._folder.path, self._wanted, self._site.is_placeholder, one_owner=self._site.one_owner
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def take(self) -> Generator[Event, None, Done]:
        """Wait for what a worker brings, and pass on what there is to say meanwhile.

        Raises:
            Asked: somebody asked to stop.
            ArtganError: what the worker met.
        """
        while True:
            if self._should_stop():
                raise Asked
            brought = self.crew.take(_BLINK_S)
            if isinstance(brought, str):
                yield Note(text=brought)
            elif brought is not None:
                if brought.error is not None:
                    raise brought.error
                return brought

    def last(self) -> Iterator[Done]:
        """Call everything off, and give what workers had finished already: no picture that came is lost."""
        self._halt.set()
        until = time.monotonic() + _PATIENCE_S
        while self.crew.busy and time.monotonic() < until:
            brought = self.crew.take(_BLINK_S)
            if isinstance(brought, Done) and brought.error is None:
                yield brought

    def _leave(self) -> None:
        self._halt.set()
        self.crew.close()
        if not self._dry:
            for part in self._folder.originals.glob("*.part"):
                with suppress(OSError):
                    part.unlink()
