"""The README's commands are commands, and CI runs the very line that the README gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from artgan.cli.app import COMMANDS, NOUNS, app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BASH = [line for block in re.findall(r"```bash\n(.*?)```", README, flags=re.S) for line in block.strip().splitlines()]
FENCED = "\n".join(re.findall(r"```\n(.*?)```", README, flags=re.S))
SPOKEN = re.findall(r"`(artgan [^`]+)`", README) + re.findall(r"^(artgan .+)$", FENCED, flags=re.M)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert len(BASH) == 2, "one line installs and runs the demo, one installs and runs the tests"
    assert BASH[0].startswith("python3 -m venv .venv && ") and BASH[0].endswith("artgan demo")
    assert "\n" + BASH[1] + "\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", sorted(set(SPOKEN)))
def test_a_command_of_the_readme_has_these_options(text: str) -> None:
    words = text.split("#")[0].split()[1:]
    if not words or words[0].startswith("-"):
        return
    assert words[0] in COMMANDS, text
    command = words[:1]
    if command[0] in NOUNS:
        named = len(words) > 1 and words[1] in NOUNS[command[0]]
        command.append(words[1] if named else COMMANDS[command[0]].meant)
    page = _help(tuple(word for word in command if word))
    for flag in (word.partition("=")[0].rstrip(",;") for word in words if word.startswith("--")):
        assert re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", page), f"{flag} of: {text}"


def test_every_command_is_mentioned() -> None:
    assert not [name for name in COMMANDS if f"artgan {name}" not in README and f"`{name}`" not in README]


def test_every_test_that_the_readme_names_exists() -> None:
    named = re.findall(r"`(test_\w+)`", README)
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 20
    assert not [name for name in named if f"def {name}(" not in code]


_pages: dict[tuple[str, ...], str] = {}


def _help(command: tuple[str, ...]) -> str:
    if command not in _pages:
        done = CliRunner().invoke(app, [*command, "--help"], prog_name="artgan")
        assert done.exit_code == 0, done.output
        _pages[command] = done.stdout
    return _pages[command]
