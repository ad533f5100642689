"""What is printed, and where."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from artgan.cli import progress, terminal, words
from artgan.cli.console import Console
from artgan.cli.table import Column, facts, layout, text_width
from artgan.errors import UsageError
from artgan.events import Finished, Note, Progress, Skipped


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_data_on_stdout_everything_else_on_stderr(capsys):
    console = Console()
    console.say("a word")
    console.warn("look out")
    console.pairs([("size", "64"), ("nothing", "")])
    console.result({"path": Path("a/b"), "when": datetime(2026, 1, 2, tzinfo=UTC)}, "a/b")
    console.next("artgan list")
    out, err = capsys.readouterr()
    assert out == "a/b\n"
    assert err == "a word\nwarning: look out\nsize  64\nnext: artgan list\n"


def test_json_is_the_same_result(capsys):
    Console(as_json=True).result({"path": Path("a/b"), "when": datetime(2026, 1, 2, tzinfo=UTC)}, "a/b")
    assert json.loads(capsys.readouterr().out) == {"path": "a/b", "when": "2026-01-02T00:00:00+00:00"}


def test_quiet_says_warnings_and_results_only(capsys):
    console = Console(-1)
    console.say("a word")
    console.warn("look out")
    console.next("artgan list")
    console.result(1, "result")
    assert capsys.readouterr() == ("result\n", "warning: look out\n")


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_confirm(monkeypatch, answer, agreed):
    stdin = Terminal(answer)
    monkeypatch.setattr(sys, "stdin", stdin)
    if agreed:
        Console().confirm("Delete it?", yes=False)
    else:
        with pytest.raises(typer.Exit):
            Console().confirm("Delete it?", yes=False)


def test_nobody_is_asked_without_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="--yes"):
        Console().confirm("Delete it?", yes=False)
    Console().confirm("Delete it?", yes=True)


def test_colour_only_in_a_terminal_that_wants_it(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.style("a", "red", stream=Terminal()) == "\033[31ma\033[0m"
    assert terminal.style("a", "red", stream=io.StringIO()) == "a"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.style("a", "red", stream=Terminal()) == "a"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert terminal.style("a", "red", stream=Terminal()) == "a"
    assert not terminal.is_person(Terminal())


def events():
    yield Note(text="a note")
    for number in range(5):
        yield Skipped(
            source=f"file{number}", status="failed", reason="truncated: too short" if number else "odd: strange"
        )
    for done in range(0, 101, 5):
        yield Progress(stage="look", done=done, total=100)
    yield Finished(seconds=1.0)


def test_plain_lines_without_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(progress, "_AT_MOST_EVERY_S", 0.0)
    last = Console().finish(events())
    assert isinstance(last, Finished)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == "" and lines[0] == "a note"
    assert lines[1:4] == ["not used: file0: odd: strange"] + [
        f"not used: file{n}: truncated: too short" for n in (1, 2)
    ]
    shares = [line.partition("(")[2].partition(")")[0] for line in lines if line.startswith("look: ")]
    assert shares == [f"{share}%" for share in range(0, 101, 10)]
    assert lines[-1] == "not used: 4 truncated, 1 odd (all of them: -v)"


def test_every_skipped_file_with_v(capsys):
    Console(1).finish(events())
    err = capsys.readouterr().err
    assert err.count("not used: file") == 5 and "all of them" not in err


def test_quiet_progress(capsys):
    Console(-1).finish(iter([Progress(stage="look", done=1, total=2), Note(text="careful", level="warning")]))
    assert capsys.readouterr() == ("", "warning: careful\n")


def test_the_bar_in_a_terminal(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    Console().finish(events())
    text = stream.getvalue()
    assert "a note" in text and "look" in text and "100 of 100 images (100%)" in text


def test_an_unknown_total_is_counted(capsys):
    Console().finish(iter([Progress(stage="look", done=7, total=None)]))
    assert capsys.readouterr().err == "look: 7\n"


def test_the_drawing_is_closed_when_the_work_fails(capsys):
    def failing():
        for number in range(5):
            yield Skipped(source=str(number), status="failed", reason="odd")
        raise UsageError("stop")

    with pytest.raises(UsageError):
        Console().finish(failing())
    assert "5 odd" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"),
     (3599.7, "1 h 00 min"), (3900, "1 h 05 min"), (200_000, "2 d 7 h")],
)  # fmt: skip
def test_durations(seconds, said):
    assert words.duration(seconds) == said


def test_numbers_as_a_person_says_them():
    assert words.count(1, "painting") == "1 painting" and words.count(1200, "painting") == "1,200 paintings"
    assert [words.size(n) for n in (0, 999, 1000, 123_456_789, 5e12)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "123 MB",
        "5.0 TB",
    ]
    assert [words.rate(n) for n in (0, 0.123, 4.56, 45.67, 1234.5)] == ["0", "0.12", "4.6", "45.7", "1,234"]
    now = datetime.now(UTC)
    assert [words.age(now - timedelta(seconds=s)) for s in (5, 70, 7300, 200_000)] == ["5 s", "1 min", "2 h", "2 d"]


COLUMNS = [Column("name", shrinks=True), Column("count", right=True), Column("note")]


def test_table_aligns_numbers_right_and_drops_empty_columns():
    assert layout(COLUMNS, [["a", "5", ""], ["long name", "1,234", ""]], 80) == [
        "name       count",
        "a              5",
        "long name  1,234",
    ]


@given(
    st.lists(st.lists(st.text(max_size=40), min_size=3, max_size=3), max_size=5),
    st.integers(min_value=20, max_value=120),
)
def test_tables_never_break_the_terminal(rows, width):
    lines = layout(COLUMNS, rows, width)
    assert len(lines) == len(rows) + 1
    assert all(text_width(line) <= width and "\n" not in line and "\033" not in line for line in lines)


def test_wide_letters_count_twice():
    assert text_width("花 flower") == 9 and text_width("e\u0301") == 1
    assert layout(COLUMNS, [["花花花花", "1", "x"], ["abc", "2", "y"]], 80)[1:] == [
        "花花花花      1  x",
        "abc           2  y",
    ]


def test_facts_wrap_under_their_value():
    assert facts([("a", "one two three four five"), ("none", ""), ("bb", "x")], 15) == [
        "a   one two three four",
        "    five",
        "bb  x",
    ]
