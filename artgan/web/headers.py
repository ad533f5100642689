"""What the headers of an answer say, whatever nonsense stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from artgan.records import now

AGENT = "artgan"
"""The name by which robots.txt and ``X-Robots-Tag`` know us."""
_WITH_VALUE = {"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"}
"""Directives that have a colon of their own; before any other colon stands the name of a program."""


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type alone, lower case; empty when there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def http_date(text: str) -> datetime | None:
    """Return a date of HTTP in UTC, whole seconds; None when it is not one."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def server_date(headers: Mapping[str, str]) -> datetime:
    """Return when it is by the server's clock, else by ours; UTC, whole seconds."""
    return http_date(headers.get("date", "")) or now()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date; None when it says neither.

    A date is compared with the server's own ``Date``: clocks of visitors are wrong.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+", text):
        return float(text[:12])
    date = http_date(text)
    return max(0.0, (date - server_date(headers)).total_seconds()) if date else None


def robots_tag(values: Iterable[str]) -> tuple[str, ...]:
    """Return the directives of ``X-Robots-Tag`` that concern us.

    Args:
        values: one for each header of that name: "noai, noimageai", "otherbot: noindex", "artgan: noai".

    Returns:
        Lower case, each once, in order; those with a value without it.
    """
    found: dict[str, None] = {}
    for value in values:
        ours = True
        for item in value.lower().split(","):
            name, colon, rest = (part.strip() for part in item.partition(":"))
            if colon and name not in _WITH_VALUE:
                # The name of a program holds for all that follows in this header.
                ours, name = name in (AGENT, "*"), rest.partition(":")[0].strip()
            if ours and re.fullmatch(r"[a-z_-]{1,40}", name):
                found[name] = None
    return tuple(found)
