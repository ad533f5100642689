"""Requests that are retried, bounded and polite."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from requests import Response

from artgan import files
from artgan.web.answers import Answer, Missing, Refused, Saved, Stopped, Unavailable
from artgan.web.asking import Asker
from artgan.web.body import pieces
from artgan.web.cache import Cache
from artgan.web.headers import media_type, robots_tag, server_date
from artgan.web.hosts import HostClass, host_of
from artgan.web.judging import look_for_challenge
from artgan.web.limiter import Limiter
from artgan.web.patience import Patience
from artgan.web.robots import Robots

__all__ = ["Answer", "Missing", "Patience", "Refused", "Saved", "Stopped", "Unavailable", "Web"]

_LARGE = 20 * 2**20
_ROBOTS_BYTES = 2 * 2**20
"""RFC 9309, 2.5: at least 500 KiB are to be read."""
_ROBOTS_KEPT_S = 24 * 3600.0
"""RFC 9309, 2.4: kept for a day at the most."""
_ROBOTS_STATUSES = frozenset({204, *range(400, 500)} - {408, 425, 429})


class Web:
    """Ask the hosts of a site, and no others; every method may be called from several threads.

    Args:
        hosts: whom to ask, and how often.
        limiter: keeps the pace; by default the one that keeps what ``hosts`` promise.
        cache: where answers are kept; without one each is asked for.
        contact: an address or a page by which the owners of a site can reach who is asking.
        delay_s: least seconds between two requests to a class of hosts; only ever makes it slower.
        stop: once set, whatever waits or reads raises Stopped.
        tell: given one sentence when a person should know why nothing happens.
        patience: waiting times and numbers of tries.

    Raises:
        UsageError: ``contact`` cannot stand in a header.
    """

    def __init__(
        self,
        hosts: Sequence[HostClass],
        *,
        limiter: Limiter | None = None,
        cache: Cache | None = None,
        contact: str = "",
        delay_s: float = 0.0,
        stop: threading.Event | None = None,
        tell: Callable[[str], None] = lambda text: None,
        patience: Patience | None = None,
    ) -> None:
        self._limiter = limiter or Limiter()
        self._cache = cache
        self._stop = stop or threading.Event()
        self._tell = tell
        self._patience = patience or Patience()
        self._asker = Asker(hosts, self._limiter, self._patience, contact, self._stop, tell)
        self._robots = Robots(self._robots_txt, self._crawl_delay)
        for host in hosts:
            self._limiter.at_least(host, delay_s)

    def get(
        self,
        url: str,
        *,
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        most_bytes: int = _LARGE,
        keep_s: float = 0.0,
        error_statuses: frozenset[int] = frozenset(),
    ) -> Answer:
        """Return a whole answer.

        Args:
            url: cleaned before it is asked.
            accept: the media types that are wanted.
            headers: what else to send.
            most_bytes: of the body, decoded.
            keep_s: an answer that is not older, seconds, comes from the cache; a new one goes there. 0: neither.
            error_statuses: are answered as they are, instead of retried or raised.

        Raises:
            Refused: stop everything.
            Missing: there is no such thing.
            Unavailable: this address cannot be had.
            Stopped: ``stop`` was set.
        """
        url = self.clean(url)
        if keep_s > 0 and self._cache and (kept := self._cache.get(url, keep_s)):
            return kept
        sent = {**(headers or {}), "Accept": accept, "Accept-Encoding": "gzip"}
        take = self._whole(accept, most_bytes)
        answer = self._asker.ask(url, sent, take, statuses=error_statuses, check=self._robots.check)
        # A shield's page in place of data must not stand in for it for months.
        is_stray = "html" in answer.content_type and "html" not in accept
        if keep_s > 0 and self._cache and answer.status == 200 and not is_stray:
            self._cache.put(url, answer)
        return answer

    def save(self, url: str, path: Path, *, most_bytes: int, accept: str = "image/*") -> Saved:
        """Write the body of an answer to a file, and sync it.

        Args:
            url: cleaned before it is asked.
            path: written anew; nothing is left there when this fails.
            most_bytes: of the body.
            accept: the media types that are wanted.

        Raises:
            Refused: stop everything.
            Missing: there is no such thing.
            Unavailable: this address cannot be had.
            Stopped: ``stop`` was set.
            DiskFullError: no room.
            ArtganError: the file may not be written.
        """
        # Only an unencoded body has the length that the server says.
        sent = {"Accept": accept, "Accept-Encoding": "identity"}

        def take(response: Response, url: str) -> Saved:
            digest, size = hashlib.sha256(), 0
            with open(path, "wb") as file:
                for piece in self._pieces(response, url, most_bytes):
                    if not size:
                        look_for_challenge(response.status_code, response.headers, piece, url, accept)
                    file.write(piece)
                    digest.update(piece)
                    size += len(piece)
                file.flush()
                os.fsync(file.fileno())
            said = response.headers
            return Saved(
                url, path, size, digest.hexdigest(), media_type(said), server_date(said), _robots_tag(response)
            )

        try:
            return self._asker.ask(self.clean(url), sent, take, check=self._robots.check)
        except BaseException as error:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise files.storage_error(error, path) from error
            raise

    def clean(self, text: str, base: str = "") -> str:
        """Return the one spelling of an address that would be asked.

        Args:
            text: an address, maybe relative, non-ASCII or hostile.
            base: what it is relative to.

        Raises:
            Unavailable: it is none, or of a host that is not to be asked; the reason starts with "address".
        """
        return self._asker.clean(text, base)

    def close(self) -> None:
        """Close the connections."""
        self._asker.close()

    def _pieces(self, response: Response, url: str, most_bytes: int) -> Iterator[bytes]:
        return pieces(response, url, most_bytes=most_bytes, patience=self._patience, stop=self._stop)

    def _whole(self, accept: str, most_bytes: int) -> Callable[[Response, str], Answer]:
        """Return what makes an ``Answer`` of a response."""

        def take(response: Response, url: str) -> Answer:
            status, body = response.status_code, b"".join(self._pieces(response, url, most_bytes))
            look_for_challenge(status, response.headers, body, url, accept)
            headers = {name.lower(): value for name, value in response.headers.items()}
            headers.pop("set-cookie", None)  # nothing of it is to be kept on disk either
            if "x-robots-tag" in headers:
                headers["x-robots-tag"] = ", ".join(_robots_tag(response))
            return Answer(url, status, body, media_type(headers), headers)

        return take

    def _robots_txt(self, url: str) -> Answer:
        """Return what stands at the address of a robots.txt."""
        if self._cache and (kept := self._cache.get(url, _ROBOTS_KEPT_S)):
            return kept
        sent = {"Accept": "text/plain", "Accept-Encoding": "gzip"}
        answer = self._asker.ask(url, sent, self._whole("text/plain", _ROBOTS_BYTES), statuses=_ROBOTS_STATUSES)
        if self._cache:
            self._cache.put(url, answer)
        return answer

    def _crawl_delay(self, url: str, seconds: float) -> None:
        name = host_of(url)
        if seconds > self._patience.most_asked_s:
            raise Refused(
                f"{name} asks programs for {seconds:.0f} s between two requests (its robots.txt)",
                "that is too slow to be of use; ask its owners",
                host=name,
            )
        self._limiter.at_least(self._asker.host_class(url), seconds)
        if seconds > self._patience.quiet_s:
            self._tell(f"{name} asks programs for {seconds:.0f} s between two requests")


def _robots_tag(response: Response) -> tuple[str, ...]:
    # requests joins headers of one name, which loses where the part for another program ends.
    return robots_tag(response.raw.headers.getlist("x-robots-tag"))
