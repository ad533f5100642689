"""What an answer, or the lack of one, means: try again, give up this address, or stop everything."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping

import requests

from artgan.errors import ArtganError, SetupError
from artgan.web.answers import Missing, Refused, Unavailable
from artgan.web.headers import media_type, retry_after
from artgan.web.hosts import host_of

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({403, 408, 425, 429})
"""May be different the next time, as may all from 500 on: Cloudflare alone has eleven of its own from 520 on."""
_CLOUDFLARE = (b"_cf_chl_opt", b"jschl-answer", b"captcha-bypass")
_IMPERVA = (b"_Incapsula_Resource", b"Incapsula incident ID")


class Trouble(Exception):
    """Something that may pass, so that another try is worth it.

    Args:
        reason: starts with a word that can be counted: "cut short: ...".
        status: of the answer, 0 where none came.
        asked_s: how long the server asks to wait, seconds; None where it says nothing.

    Attributes:
        url: where it was met; set by who asked.
    """

    def __init__(self, reason: str, *, status: int = 0, asked_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.asked_s = asked_s
        self.url = ""


def judge_status(status: int, headers: Mapping[str, str], body: bytes, url: str) -> Exception:
    """Return what an answer that is no 200 is to be taken for; ``body`` is how it begins."""
    if status in (404, 410):
        return Missing(f"missing: the server says {status}", url)
    if status == 500 and b"Free API limit exceeded" in body:
        host = host_of(url)
        return Refused(f"{host} says that the free quota is spent", host=host)
    if status in _PASSING or status >= 500:
        return Trouble(f"status: {status}", status=status, asked_s=retry_after(headers))
    return Unavailable(f"status: {status}", url)


def look_for_challenge(status: int, headers: Mapping[str, str], body: bytes, url: str, accept: str) -> None:
    """Raise Refused when an answer is a page that is meant to keep programs out.

    Cloudflare sends it with 403 or 503; Imperva (the shield of the Metropolitan Museum) with 403, and with 200 in
    place of JSON or a picture. Where HTML was asked for, a 200 is believed: Imperva puts its script into honest
    pages too.

    Args:
        body: how the answer begins.
        accept: what was asked for.
    """
    host = host_of(url)
    html = media_type(headers) == "text/html"
    guard = ""
    if headers.get("cf-mitigated", "").lower() == "challenge" or (
        status in (403, 503)
        and headers.get("server", "").lower().startswith("cloudflare")
        and any(marker in body for marker in _CLOUDFLARE)
    ):
        guard = "Cloudflare"
    elif html and (status == 403 or (status == 200 and "html" not in accept)):
        by_name = status == 403 and headers.get("x-cdn", "").lower() in ("imperva", "incapsula")
        if by_name or any(marker in body for marker in _IMPERVA):
            guard = "Imperva"
    if guard:
        raise Refused(f"{host} keeps programs out: it answers {status} with a challenge page of {guard}", host=host)


def judge_failure(error: Exception, url: str) -> Exception:
    """Return what a request without an answer is to be taken for."""
    host = host_of(url)
    texts = [str(link) for link in _chain(error)]
    for link in _chain(error):
        if isinstance(link, ssl.SSLCertVerificationError):
            return Refused(
                f"the certificate of {host} is not to be trusted: {link.verify_message or link.reason}",
                "check this machine's clock; behind a company's proxy, REQUESTS_CA_BUNDLE names its certificates",
                host=host,
            )
    tunnel = re.search(r"Tunnel connection failed: (\d{3})", " ".join(texts))
    if tunnel and tunnel[1].startswith("4"):
        return Refused(
            f"the proxy does not let anybody reach {host}: it answers {tunnel[1]}",
            "check HTTPS_PROXY, or ask whoever runs the proxy",
        )
    if mended := _of_settings(error):
        return mended
    if tunnel:
        return Trouble(f"unreachable: the proxy answers {tunnel[1]}")
    return Trouble(f"unreachable: {_in_words(error, ' '.join(texts))}")


def _of_settings(error: Exception) -> ArtganError | None:
    """Return what is to be mended on this machine, if that is it."""
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return SetupError("the address of the proxy cannot be read", "correct HTTPS_PROXY")
    if isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in str(error):
        return SetupError("a SOCKS proxy needs one more package", "pip install 'requests[socks]'")
    if not isinstance(error, requests.RequestException) and "CA certificate bundle" in str(error):
        return SetupError(str(error), "REQUESTS_CA_BUNDLE must name a file of certificates that exists")
    return None


def _in_words(error: Exception, text: str) -> str:
    if isinstance(error, requests.exceptions.ReadTimeout):
        return "the server took the request and said nothing"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if "NameResolutionError" in text or "Failed to resolve" in text:
        return "the name is not known"
    if "refused" in text:
        return "the connection was refused"
    if "unreachable" in text:
        return "there is no way there from here"
    return "the connection was lost before an answer came"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was made of, however it was wrapped."""
    todo, seen = [error], set[int]()
    while todo:
        link = todo.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = (link.__cause__, link.__context__, getattr(link, "reason", None), *link.args)
        todo += [one for one in inner if isinstance(one, BaseException)]
