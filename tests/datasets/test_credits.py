"""Whom to thank, in one line that any terminal can show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.datasets.credits import attribution, credit_lines, plain
from artgan.datasets.manifest import ImageRecord

PAGE = "https://www.wikiart.org/en/claude-monet/water-lilies-1906"


def record(name: str = "577271cfedc2cb3880c2de61", **fields: object) -> ImageRecord:
    return ImageRecord(id=name, status="ok", **fields)  # type: ignore[arg-type]


def test_all_that_is_known_stands_in_one_line() -> None:
    lilies = record(
        title="Water Lilies", artist="Claude Monet", year=1906, date="c.1906", page_url=PAGE,
        credit="Gift of the artist", license="public-domain", license_labels=("Public domain",),
    )  # fmt: skip
    assert attribution(lilies) == f"Water Lilies, Claude Monet, c.1906. {PAGE} Gift of the artist. Public domain."


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "a."),
        ({"title": "Untitled", "year": 1906}, "Untitled, 1906."),
        ({"title": "Why?", "date": "?"}, "Why?"),
        ({"title": "Venus", "year": -120}, "Venus, 120 BC."),
        ({"title": "X", "date": "XIX cent."}, "X, XIX cent."),
        ({"license": "unknown"}, "a. Licence unknown."),
        ({"license": "restricted", "license_labels": ("Rene Magritte", "Fair Use")}, "a. Rene Magritte; Fair Use."),
        ({"license": "restricted"}, "a. Restricted."),
        ({"page_url": "javascript:alert(1)"}, "a."),
    ],
)
def test_what_is_not_known_is_not_said(fields: dict[str, object], said: str) -> None:
    assert attribution(record("a", **fields)) == said


def test_the_rights_of_the_dataset_stand_in_for_a_record_that_is_silent() -> None:
    rights = "Ask the museum"
    assert attribution(record("a"), rights) == "a. Ask the museum."
    assert attribution(record("a", license="unknown"), rights) == "a. Licence unknown. Ask the museum."
    assert "Ask" not in attribution(record("a", license="public-domain"), rights)
    assert "Ask" not in attribution(record("a", credit="Gift of Anna"), rights)


def test_lines_are_sorted_and_the_rights_come_once() -> None:
    lines = credit_lines([record("1", title="b"), record("2", title="A"), record("3", title="c")], "for\nlearning")
    assert lines == ["A.", "b.", "c.", "Rights: for learning"]
    assert credit_lines([record("1")]) == ["1."]


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_becomes_one_harmless_line(title: str, artist: str, date: str, page: str) -> None:
    line = attribution(record("a", title=title, artist=artist, date=date, page_url=page, license_labels=(title,)))
    assert line and len(line.splitlines()) == 1
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cs"}
    line.encode("utf-8")
    assert plain(plain(title)) == plain(title)


def test_marks_that_turn_a_line_round_are_taken_out_and_joined_letters_stay() -> None:
    assert plain("\u202egpj.\u202c Rose\x00\x1b[31m\n  \u2067x\ufeff") == "gpj. Rose [31m x"
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert plain(persian) == persian


def test_no_full_stop_is_copied_with_an_address() -> None:
    assert attribution(record("a"), "See https://example.org/terms") == "a. See https://example.org/terms"
