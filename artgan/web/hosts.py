"""Which addresses may be asked, and how often."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from artgan.web.answers import Unavailable

_LONGEST = 8000
"""Characters; what servers take at the most (RFC 9110, section 4.1, asks for 8,000)."""
_KEPT = "!$&'()*+,;=:@~/%"
"""Stands unencoded in a path; "%" because whatever is encoded already stays as it is."""
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_AT_HOME = ("localhost", "local", "internal", "home.arpa")
"""Names that never leave a house: RFC 6761, RFC 6762, ICANN 2024, RFC 8375."""


@dataclass(frozen=True)
class HostClass:
    """Hosts that share one limit.

    Attributes:
        name: for a person and as the key of the limit: "www.wikiart.org", "pictures of WikiArt".
        pattern: what the whole host name matches, lower case.
        per_second: most requests a second, all hosts of the class together.
    """

    name: str
    pattern: re.Pattern[str]
    per_second: float


def clean_url(text: str, base: str = "") -> str:
    """Return the one spelling of an address that is asked, or refuse it.

    Args:
        text: what a site or a person wrote; may be relative, non-ASCII, half encoded or hostile.
        base: what a relative address is relative to.

    Returns:
        ASCII, ``https``, without port, user, fragment and dot segments; cleaning it again changes nothing.

    Raises:
        Unavailable: it is no address on the web, or one on a private network; the reason starts with "address".
    """
    try:
        return _clean(text, base)
    except ValueError as error:
        raise Unavailable(f"address: {error}", text, "correct the address where it comes from") from error


def host_of(url: str) -> str:
    """Return the host of a cleaned address."""
    return urlsplit(url).hostname or ""


def class_of(url: str, hosts: Iterable[HostClass]) -> HostClass | None:
    """Return the class that the host of a cleaned address belongs to."""
    name = host_of(url)
    return next((host for host in hosts if host.pattern.fullmatch(name)), None)


def _clean(text: str, base: str) -> str:
    text = text.strip(" ").partition("#")[0]
    if not text:
        raise ValueError("empty")
    if len(text) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST} characters")
    if re.search(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]", text):
        raise ValueError("has characters that no address has")
    try:
        parts = urlsplit(urljoin(base, text))
        port = parts.port
    except ValueError:
        raise ValueError("not one on the web") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not one on the web")
    if "@" in parts.netloc:
        raise ValueError("names a user")
    if port not in (None, 443) and (parts.scheme, port) != ("http", 80):
        raise ValueError(f"port {port} is not that of https")
    url = f"https://{_host(parts.hostname)}{_encoded(_without_dots(parts.path))}"
    if parts.query:
        url += "?" + _encoded(parts.query, also="?")
    if len(url) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST} characters")
    return url


def _host(name: str) -> str:
    """Return a host name as the name servers know it, or a public literal address."""
    if ":" in name:
        return f"[{_public(ipaddress.IPv6Address(name))}]"
    if not name.isascii():
        # Also makes plain digits and dots of full-width ones, which is why it comes before all checks.
        name = idna.encode(name, uts46=True).decode("ascii")
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        # Decimal, octal, hexadecimal and short spellings of addresses fail here: nobody honest writes them.
        return str(_public(ipaddress.IPv4Address(name)))
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("not a name that a host can have")
    if len(labels) == 1 or any(name == home or name.endswith(f".{home}") for home in _AT_HOME):
        raise ValueError(f"{name} is a name in a private network")
    return name


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    hidden = isinstance(address, ipaddress.IPv6Address) and (
        # Forms of IPv6 that carry an IPv4 address inside, which may be a private one; and one with a zone.
        address.ipv4_mapped
        or address.sixtofour
        or address.teredo
        or address in ipaddress.IPv6Network("64:ff9b::/96")
        or address.scope_id
    )
    if hidden or address.is_multicast or not address.is_global:
        raise ValueError(f"{address} is an address in a private network")
    return address


def _without_dots(path: str) -> str:
    """Resolve ``.`` and ``..`` (RFC 3986, section 5.2.4); double slashes stay, WikiArt has them."""
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _encoded(text: str, also: str = "") -> str:
    """Percent-encode once, as UTF-8: a ``%`` that encodes nothing is itself encoded, all others stay."""
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe=_KEPT + also)
