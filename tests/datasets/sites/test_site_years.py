"""A date in words becomes years."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.datasets.sites.years import EARLIEST, LATEST, read_years

# fmt: off
DATES = {
    "1924": (1924, 1924, 1924), "1920-1930": (None, 1920, 1930), "1920 \u2013 1930": (None, 1920, 1930),
    "c.1960": (1960, 1960, 1960), "ca. 1885": (1885, 1885, 1885), "circa 1505": (1505, 1505, 1505),
    "1924?": (1924, 1924, 1924), "XX cent.": (None, 1901, 2000), "XIX-XX cent.": (None, 1801, 2000),
    "XX-XXI cent.": (None, 1901, 2100), "late XIX cent.": (None, 1801, 1900), "XIX": (None, 1801, 1900),
    "19th century": (None, 1801, 1900), "1st half of the 19th century": (None, 1801, 1900),
    "19th-20th century": (None, 1801, 2000), "12th c.": (None, 1101, 1200), "1886/87": (None, 1886, 1887),
    "1598-9": (None, 1598, 1599), "1914-18": (None, 1914, 1918), "1880s": (None, 1880, 1889),
    "mid-1880s": (None, 1880, 1889), "1880s-1890s": (None, 1880, 1899), "1880s-90s": (None, 1880, 1899),
    "1800s": (None, 1800, 1899), "3050 BC": (-3050, -3050, -3050), "-3050": (-3050, -3050, -3050),
    "300 BCE": (-300, -300, -300), "500-450 BC": (None, -500, -450), "1200 BC - 200 AD": (None, -1200, 200),
    "V-IV cent. BC": (None, -500, -301), "I cent. BC": (None, -100, -1), "AD 79": (79, 79, 79), "79": (79, 79, 79),
    "before 1500": (None, None, 1500), "after 1500": (None, 1500, None), "after 1505, before 1510": (None, 1505, 1510),
    "1905-06-12": (1905, 1905, 1905), "12 May 1905": (1905, 1905, 1905), "1910 - c.1915": (None, 1910, 1915),
    "1886-1880": (None, 1880, 1886), "?": (None, None, None), "": (None, None, None), "n.d.": (None, None, None),
    "unknown": (None, None, None), "99999": (None, None, None), "0": (None, None, None), "2101": (None, None, None),
    "XXXX cent.": (None, None, None), "20 c.": (None, None, None), "I": (None, None, None),
}
# fmt: on


@pytest.mark.parametrize("text", DATES)
def test_dates_as_sites_write_them(text: str) -> None:
    assert read_years(text) == DATES[text]
    assert read_years(f" {text.upper()} ") == DATES[text]


def test_no_date_is_no_year() -> None:
    assert read_years(None) == (None, None, None)


_PIECES = st.sampled_from([*"-\u2013/? s0", "1886", "87", "c.", "XIX", "cent.", "BC", "AD", "th", "before", "9" * 20])


@given(st.text() | st.lists(_PIECES, max_size=12).map("".join))
def test_nothing_is_too_odd(text: str) -> None:
    year, first, last = read_years(text)
    assert all(found is None or EARLIEST <= found <= LATEST for found in (year, first, last))
    if first is not None and last is not None:
        assert first <= last
    if year is not None:
        assert year == first == last


@given(st.integers(100, LATEST), st.integers(0, 60))
def test_years_and_ranges_come_back(year: int, more: int) -> None:
    assert read_years(f"{year}") == read_years(f"c. {year}") == (year, year, year)
    later = min(year + more, LATEST)
    assert read_years(f"{year}-{later}")[1:] == (year, later)
    assert read_years(f"{year} BC") == (-year, -year, -year)
    assert read_years(f"{later}-{year} BC")[1:] == (-later, -year)
