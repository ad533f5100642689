"""The table of commands and their help pages tell the same."""

from __future__ import annotations

import importlib
import inspect

import pytest
import typer.core

from artgan.cli.app import COMMANDS, NOUNS, Entry, Group

ALL = {(name,): entry for name, entry in COMMANDS.items() if entry.target} | {
    (noun, name): entry for noun, entries in NOUNS.items() for name, entry in entries.items()
}


def test_every_noun_has_commands_and_stands_in_the_table():
    assert {name for name, entry in COMMANDS.items() if not entry.target} == set(NOUNS)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_line_is_the_first_line_of_the_docstring(words):
    module, _, function = ALL[words].target.partition(":")
    command = getattr(importlib.import_module(f"artgan.cli.{module}"), function)
    assert inspect.getdoc(command).splitlines()[0] == ALL[words].help


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example_that_parses(studio, words):
    page = studio.artgan(*words, "-h")
    assert page.exit_code == 0
    assert page.stdout.startswith(f"Usage: artgan {' '.join(words)}")
    lines = page.stdout.partition("Example:\n")[2].splitlines()
    examples = [line.split() for line in lines[: lines.index("") if "" in lines else None]]
    assert examples, "no example"
    for program, *rest in examples:
        assert program == "artgan"
        command: object = Group(commands={}, name="artgan")
        while isinstance(command, typer.core.TyperGroup):
            if getattr(command, "meant", "") and rest[:1] and rest[0] not in command.entries:
                rest.insert(0, command.meant)
            command = command.get_command(None, rest.pop(0))
        assert isinstance(command, typer.core.TyperCommand)
        known = {flag for option in command.params for flag in [*option.opts, *option.secondary_opts]}
        known |= {"--json", "-q", "-v", "--help"}
        assert {word for word in rest if word.startswith("-")} <= known
    for flag in ("--json", "-q, --quiet", "-v, --verbose", "-h, --help"):
        assert flag in page.stdout


@pytest.mark.parametrize("words", [words for words, entry in ALL.items()], ids=" ".join)
def test_help_says_what_json_prints(studio, words):
    assert "With --json:" in " ".join(studio.artgan(*words, "--help").stdout.split())


def test_root_help_names_every_command_in_its_panel(studio):
    page = studio.artgan("--help").stdout
    for name, entry in COMMANDS.items():
        assert f"  {name} " in page and entry.help.split()[0] in page
        assert f"\n{entry.panel}\n" in page
    assert studio.artgan().stdout == page


def test_nouns_are_the_same_commands():
    for name in ("list", "show", "logs", "open"):
        assert NOUNS["runs"][name] == COMMANDS[name]
    assert isinstance(COMMANDS["list"], Entry)


def test_noun_alone_prints_its_page(studio):
    result = studio.artgan("runs")
    assert result.exit_code == 0
    assert "Usage: artgan runs COMMAND" in result.stdout and "delete" in result.stdout


def test_version(studio):
    from artgan import __version__

    assert studio.artgan("--version").stdout == f"artgan {__version__}\n"


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_help_fits_the_terminal(studio, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    for words in (["--help"], ["train", "--help"]):
        longest = max(studio.artgan(*words).stdout.splitlines(), key=len)
        assert len(longest) <= max(int(width), 72), longest
