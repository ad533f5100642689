"""What a host asks of programs: robots.txt as in RFC 9309, read once before anything else is asked of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from artgan.web.answers import Answer, Refused, Unavailable
from artgan.web.headers import AGENT
from artgan.web.hosts import host_of


class Robots:
    """Say of every address whether its host lets us ask for it.

    Args:
        fetch: gives the answer to the address of a robots.txt, be it 200 or one of 400 to 499.
        slow_down: told the ``Crawl-delay`` in seconds, and the address of the robots.txt that has it.
    """

    def __init__(self, fetch: Callable[[str], Answer], slow_down: Callable[[str, float], None]) -> None:
        self._fetch = fetch
        self._slow_down = slow_down
        self._rules: dict[str, Protego] = {}
        self._locks: dict[str, threading.Lock] = {}

    def check(self, url: str) -> None:
        """Return when a cleaned address may be asked for.

        Raises:
            Refused: the host asks programs not to, or its robots.txt answers with errors.
            Unavailable: the host does not answer.
        """
        host = host_of(url)
        # One thread reads it, the others wait for that one.
        with self._locks.setdefault(host, threading.Lock()):
            if host not in self._rules:
                self._rules[host] = self._read(f"https://{urlsplit(url).netloc}/robots.txt")
        if not self._rules[host].can_fetch(url, AGENT):
            raise Refused(
                f"{host} asks programs not to read {urlsplit(url).path} (its robots.txt)",
                "ask its owners, or save the pictures by hand and use: artgan import FOLDER",
                host=host,
            )

    def _read(self, url: str) -> Protego:
        try:
            answer = self._fetch(url)
        except Unavailable as error:
            word, host = error.reason.partition(":")[0], host_of(url)
            if word == "status":
                # RFC 9309, 2.3.1.4: while the rules cannot be had, nothing is allowed.
                raise Refused(
                    f"{host} cannot say what programs may read: robots.txt, {error.reason}", host=host
                ) from error
            if word not in ("redirect", "too large", "encoding"):
                raise
            text = ""  # 2.3.1.2 and 2.3.1.3: a file that cannot be had, or is not there, forbids nothing.
        else:
            text = answer.body.decode("utf-8-sig", "replace") if answer.status == 200 else ""
        rules = Protego.parse(text)
        if delay := rules.crawl_delay(AGENT):
            self._slow_down(url, delay)
        return rules
