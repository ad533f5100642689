"""One request with all that it takes: its turn, redirects, more tries, and the moment to stop everything."""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter

from artgan import __version__
from artgan.errors import UsageError
from artgan.web.answers import Refused, Stopped, Unavailable
from artgan.web.body import first_bytes
from artgan.web.headers import AGENT
from artgan.web.hosts import HostClass, class_of, clean_url, host_of
from artgan.web.judging import REDIRECTS, Trouble, judge_failure, judge_status, look_for_challenge
from artgan.web.limiter import Limiter
from artgan.web.patience import Patience

_T = TypeVar("_T")

_MOST_REDIRECTS = 3
_FIRST_TRIES = 3
_CHECK_CONNECTION = "check the connection, then give the same command again: it goes on where it stopped"


class Asker:
    """Ask the hosts of some classes; may be used from several threads.

    Args:
        hosts: whom to ask; nobody else ever is, not by a redirect either.
        limiter: keeps the pace.
        patience: waiting times and numbers of tries.
        contact: by which the owners of a site can reach who is asking; may be empty.
        stop: ends every wait.
        tell: given one sentence when a wait is long.

    Raises:
        UsageError: ``contact`` cannot stand in a header.
    """

    def __init__(
        self,
        hosts: Sequence[HostClass],
        limiter: Limiter,
        patience: Patience,
        contact: str,
        stop: threading.Event,
        tell: Callable[[str], None],
    ) -> None:
        self._hosts = tuple(hosts)
        self._limiter = limiter
        self._patience = patience
        self._session = _session(contact)
        self._stop = stop
        self._tell = tell
        self._lock = threading.Lock()
        self._refusals: dict[str, Refused] = {}
        self._heard: set[str] = set()
        self._silent: list[str] = []  # hosts of the requests since the last answer

    def clean(self, text: str, base: str = "") -> str:
        """Return the one spelling of an address of the known hosts; raises Unavailable with reason "address: ..."."""
        url = clean_url(text, base)
        if class_of(url, self._hosts) is None:
            raise Unavailable(f"address: {host_of(url)} is not one of the site's", text)
        return url

    def host_class(self, url: str) -> HostClass:
        """Return the class of a cleaned address."""
        found = class_of(url, self._hosts)
        assert found is not None, url
        return found

    def ask(
        self,
        url: str,
        headers: Mapping[str, str],
        take: Callable[[requests.Response, str], _T],
        *,
        statuses: frozenset[int] = frozenset(),
        check: Callable[[str], None] = lambda url: None,
    ) -> _T:
        """Try until there is an answer, or none is to be had.

        Args:
            url: cleaned.
            headers: what to send; ``Accept`` among them.
            take: makes something of an answer, given the address that it came from after redirects.
            statuses: are taken like a 200.
            check: called with every address before it is asked; raises where that may not be.

        Raises:
            Refused: stop everything.
            Missing: there is no such thing.
            Unavailable: this address cannot be had.
            Stopped: ``stop`` was set.
        """
        forbidden = 0
        for attempt in itertools.count(1):
            try:
                return self._follow(url, headers, take, statuses, check)
            except Trouble as trouble:
                forbidden += trouble.status == 403
                # Where nothing has answered yet there is most likely no network: say so soon.
                tries = self._patience.tries if self._heard else min(_FIRST_TRIES, self._patience.tries)
                self._after(trouble, attempt, last=forbidden > 1 or attempt >= tries)
        raise AssertionError("the last try raises")

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        take: Callable[[requests.Response, str], _T],
        statuses: frozenset[int],
        check: Callable[[str], None],
    ) -> _T:
        """Try once, redirects included."""
        seen = [url]
        while len(seen) <= _MOST_REDIRECTS + 1:
            check(seen[-1])
            with self._open(seen[-1], headers) as response:
                if response.status_code not in REDIRECTS:
                    self._judge(response, seen[-1], headers["Accept"], statuses)
                    result = take(response, seen[-1])
                    if response.status_code == 200:
                        self._limiter.succeeded(self.host_class(seen[-1]))
                    return result
                target = self._redirected(response, seen[-1])
            if target in seen:
                raise Unavailable("redirect: in a circle", url)
            seen.append(target)
        raise Unavailable(f"redirect: more than {_MOST_REDIRECTS} in a row", url)

    @contextlib.contextmanager
    def _open(self, url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """Wait for our turn, send, and remember where trouble was met and who refuses."""
        host = self.host_class(url)
        self._limiter.wait(host, self._stop)
        if earlier := self._refusals.get(host.name):
            # Asking on, from other threads, is what makes a block longer.
            raise Refused(earlier.message, earlier.hint, host=earlier.host)
        try:
            with self._send(url, headers) as response:
                with self._lock:
                    self._heard.add(host_of(url))
                    self._silent.clear()
                yield response
        except Trouble as trouble:
            trouble.url = url
            raise
        except Refused as refusal:
            self._refusals[host.name] = refusal
            raise

    def _send(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        limits = (self._patience.connect_s, self._patience.read_s)
        try:
            return self._session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=limits)
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise judge_failure(error, url) from error

    def _judge(self, response: requests.Response, url: str, accept: str, statuses: frozenset[int]) -> None:
        """Return when an answer is to be taken."""
        status = response.status_code
        if status == 200 or status in statuses:
            return
        start = first_bytes(response, url, patience=self._patience, stop=self._stop)
        look_for_challenge(status, response.headers, start, url, accept)
        raise judge_status(status, response.headers, start, url)

    def _redirected(self, response: requests.Response, url: str) -> str:
        """Return where a redirect leads, if that is a place to go."""
        location = response.headers.get("location", "")
        # Headers are read as Latin-1; what most servers write there is UTF-8.
        with contextlib.suppress(UnicodeError):
            location = location.encode("latin-1").decode("utf-8")
        if re.match(r"\s*http:", location, re.IGNORECASE):
            raise Unavailable("redirect: to http, which is not encrypted", url)
        try:
            target = clean_url(location, url)
        except Unavailable as error:
            raise Unavailable(f"redirect: {error.reason.partition(': ')[2]}", url) from error
        if class_of(target, self._hosts) is None:
            raise Unavailable(f"redirect: to {host_of(target)}, which is not one of the site's", url)
        return target

    def _after(self, trouble: Trouble, attempt: int, last: bool) -> None:
        """Wait before the next try, or raise what is to be raised after the last."""
        host, name, asked_s = self.host_class(trouble.url), host_of(trouble.url), trouble.asked_s
        spacing = 0.0
        if _is_silence(trouble):
            self._count_silence(trouble)
        else:
            spacing = self._limiter.failed(host)
        if asked_s is not None and asked_s > self._patience.most_asked_s:
            when = f"after {asked_s / 60:.0f} minutes" if asked_s < 7200 else "tomorrow"
            hint = f"give the same command again {when}: it goes on where it stopped"
            raise self._refused(
                host, Refused(f"{name} asks to wait {asked_s:.0f} s before the next request", hint, host=name)
            )
        if last:
            raise self._given_up(trouble, host, attempt)
        if asked_s is not None:
            self._limiter.pause(host, asked_s)
            wait_s, sentence = 0.0, f"{name} asks to wait {asked_s:.0f} s"
        else:
            wait_s = self._patience.forbidden_s if trouble.status == 403 else self._patience.back_off(attempt)
            sentence = f"{name}: {trouble.reason}; trying again in {max(wait_s, spacing):.0f} s"
        if max(wait_s, asked_s or 0.0, spacing) > self._patience.quiet_s:
            self._tell(sentence)
        if self._stop.wait(wait_s):
            raise Stopped

    def _given_up(self, trouble: Trouble, host: HostClass, attempt: int) -> Exception:
        """Return what is raised after the last try."""
        url, name = trouble.url, host_of(trouble.url)
        if trouble.status == 403:
            return self._refused(host, Refused(f"{name} answered 403, forbidden, twice: {url}", host=name))
        if trouble.status == 429:
            return self._refused(
                host, Refused(f"{name} answered {attempt} times that it is asked too often", host=name)
            )
        if _is_silence(trouble) and name not in self._heard:
            return Unavailable(trouble.reason, url, _CHECK_CONNECTION)
        return Unavailable(trouble.reason, url)

    def _count_silence(self, trouble: Trouble) -> None:
        """Stop everything when request after request, by whatever thread, gets no answer at all."""
        with self._lock:
            self._silent.append(host_of(trouble.url))
            in_vain, names = len(self._silent), set(self._silent)
        if in_vain >= self._patience.silent:
            sentence = f"nothing answers any more: {in_vain} requests in a row were in vain, this last: {trouble.url}"
            raise Refused(sentence, _CHECK_CONNECTION, host=names.pop() if len(names) == 1 else "")

    def _refused(self, host: HostClass, refusal: Refused) -> Refused:
        self._refusals[host.name] = refusal
        return refusal


def _is_silence(trouble: Trouble) -> bool:
    return not trouble.status and trouble.reason.startswith("unreachable")


class _Session(requests.Session):
    """Requests' own, without what it does for browsing."""

    def __init__(self) -> None:
        super().__init__()
        self._surroundings: dict[str, dict[str, Any]] = {}

    def merge_environment_settings(self, url: Any, *given: Any, **more: Any) -> Any:
        """Look once for each host, not for each picture, for a proxy in all the environment."""
        host = host_of(url)
        if host not in self._surroundings:
            self._surroundings[host] = dict(super().merge_environment_settings(url, *given, **more))
        return dict(self._surroundings[host])

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Say that there is none: else the body of a redirect would be read, however large, to prepare following it."""
        return None


def _session(contact: str) -> requests.Session:
    """Return a session that says who we are, keeps no cookies and knows no passwords."""
    if contact and not re.fullmatch(r"[\x21-\x7e][\x20-\x7e]{0,199}", contact):
        raise UsageError(f"the contact {contact!r} cannot be sent", "give an e-mail address or the address of a page")
    session = _Session()
    reach = f"; +{contact}" if contact else ""
    session.headers["User-Agent"] = f"{AGENT}/{__version__} (paintings for one artist's study{reach})"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # Else a password for the host in ~/.netrc would be sent.
    session.auth = lambda request: request
    session.adapters.clear()
    session.mount("https://", HTTPAdapter(pool_connections=32, pool_maxsize=16))
    return session
