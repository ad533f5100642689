"""Headers are read for what they say, and nonsense in them says nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.web.headers import http_date, media_type, retry_after, robots_tag, server_date

NOON = "Tue, 03 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("values", "ours"),
    [
        ([], ()),
        (["noai, NoImageAI"], ("noai", "noimageai")),
        (["noai", "noindex"], ("noai", "noindex")),
        (["otherbot: noai"], ()),
        (["otherbot: noai, noimageai"], ()),
        (["otherbot: noai", "noindex"], ("noindex",)),
        (["artgan: noai"], ("noai",)),
        (["ARTGAN: noai, noindex"], ("noai", "noindex")),
        (["*: noai"], ("noai",)),
        (["otherbot: noindex, artgan: noai"], ("noai",)),
        (["noindex, otherbot: noai"], ("noindex",)),
        (["unavailable_after: 25 Jun 2030 15:00:00 PST, noai"], ("unavailable_after", "noai")),
        (["max-snippet: 20, noai"], ("max-snippet", "noai")),
        (["noai, noai", "noai"], ("noai",)),
        ([", ,:,a b,<script>"], ()),
    ],
)
def test_directives_for_us_are_told_from_those_for_others(values: list[str], ours: tuple[str, ...]) -> None:
    assert robots_tag(values) == ours


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2),
        ("0", 0),
        (" 120 ", 120),
        ("Tue, 03 Nov 2026 12:00:10 GMT", 10),
        ("Tuesday, 03-Nov-26 12:00:10 GMT", 10),
        ("Tue Nov  3 12:00:10 2026", 10),
        ("Tue, 03 Nov 2026 11:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_how_long_to_wait_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value, "date": NOON}) == seconds


def test_how_long_to_wait_may_be_more_than_any_number() -> None:
    waits = retry_after({"retry-after": "9" * 10_000})
    assert waits is not None and waits > 1e9


@given(st.text())
def test_any_date_is_a_date_in_utc_or_none(text: str) -> None:
    date = http_date(text)
    assert date is None or (date.tzinfo is UTC and date.microsecond == 0)
    retry_after({"retry-after": text, "date": text})
    robots_tag([text])
    media_type({"content-type": text})


def test_a_date_after_the_end_of_time_is_none() -> None:
    assert http_date("Fri, 31 Dec 9999 23:59:59 -2359") is None


def test_the_servers_clock_counts_and_ours_where_it_has_none() -> None:
    assert server_date({"date": NOON}) == datetime(2026, 11, 3, 12, tzinfo=UTC)
    ours = server_date({"date": "half past ten"})
    assert abs((datetime.now(UTC) - ours).total_seconds()) < 5


def test_the_media_type_stands_alone() -> None:
    assert media_type({"content-type": "Application/JSON; charset=utf-8"}) == "application/json"
    assert media_type({}) == ""
