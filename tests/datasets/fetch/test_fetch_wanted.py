"""Which works are wanted: sizes, years, artists, licences."""

from __future__ import annotations

import pytest

from artgan.datasets.fetch.wanted import Wanted, wanted_of
from artgan.datasets.manifest import ImageRecord, Painting
from artgan.errors import UsageError


def work(**fields):
    return Painting(id="w", **fields)


@pytest.mark.parametrize(
    ("fields", "since", "until", "taken"),
    [
        ({"year": 1906, "year_from": 1906, "year_to": 1906}, 1900, 1930, True),
        ({"year": 1906, "year_from": 1906, "year_to": 1906}, None, 1905, False),
        ({"year_from": 1901, "year_to": 2000, "date": "XX cent."}, None, 1930, False),
        ({"year_from": 1801, "year_to": 1900, "date": "XIX cent."}, None, 1930, True),
        ({"year_from": 1920, "year_to": 1935, "date": "1920-1935"}, None, 1930, False),
        ({"year_from": 1895, "year_to": 1905, "date": "1895-1905"}, 1900, None, False),
        ({"date": "?"}, None, 1930, False),
        ({}, 1900, None, False),
        ({"year": 1850}, 1800, 1900, True),
    ],
)
def test_years_must_all_lie_inside(fields, since, until, taken):
    reason = Wanted(since_year=since, until_year=until).reason_against(work(**fields))
    assert (reason == "") is taken, reason
    assert taken or reason.startswith("year: ")


def test_size_counts_where_it_is_known():
    wanted = Wanted(min_side=256)
    assert wanted.reason_against(work(width=255, height=4000)).startswith("too-small: 255x4000")
    assert not wanted.reason_against(work(width=256, height=256))
    assert not wanted.reason_against(work()), "unknown: the file will tell"


@pytest.mark.parametrize("name", ["Claude Monet", "claude-monet", "CLAUDE  MONET", "claude monet"])
def test_an_artist_is_left_out_however_the_name_is_spelt(name):
    wanted = Wanted(exclude_artists=(name,))
    monet = work(artist="Claude Monet", artist_url="https://www.wikiart.org/en/claude-monet")
    assert wanted.reason_against(monet) == "artist: Claude Monet is left out"
    assert not wanted.reason_against(work(artist="Édouard Manet"))
    assert Wanted(exclude_artists=("Edouard Manet",)).reason_against(work(artist="Édouard Manet"))


def test_public_domain_means_that_somebody_looked_and_found_it():
    wanted = Wanted(license="public-domain")
    read = ImageRecord(id="r", status="ok", license="public-domain", license_labels=("Public domain",))
    assert not wanted.reason_against_record(read)
    unread = ImageRecord(id="u", status="ok", license="unknown")
    assert wanted.reason_against_record(unread) == "licence: its page was not read yet"
    silent = ImageRecord(id="s", status="ok", license="unknown", license_labels=())
    assert wanted.reason_against_record(silent) == "licence: unknown; its page says nothing"
    fair = ImageRecord(id="f", status="ok", license="restricted", license_labels=("Rene Magritte", "Fair Use"))
    assert "Rene Magritte, Fair Use" in wanted.reason_against_record(fair)
    assert not Wanted().reason_against_record(fair)


def test_wishes_that_cannot_be_are_refused_in_the_words_of_the_flags():
    with pytest.raises(UsageError, match="no year is from 1930 on and until 1900"):
        wanted_of(since_year=1930, until_year=1900)
    with pytest.raises(UsageError, match="--license 'free'"):
        wanted_of(license="free")
