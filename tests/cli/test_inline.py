"""Pictures in a terminal: what is sent to which, and where nothing is sent."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artgan.cli import inline

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

REPOSITORY = Path(__file__).parents[2]
PLAIN = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.mark.parametrize(
    ("environ", "known"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm", "KITTY_WINDOW_ID": "1"}, "iterm"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-sixel"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "blocks"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, "blocks"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"}, "blocks"),
        ({"TERM": "screen", "LC_TERMINAL": "iTerm2"}, "blocks"),
        ({}, "blocks"),
    ],
)
def test_a_terminal_is_known_by_what_it_says(environ: dict[str, str], known: str) -> None:
    assert inline.protocol(environ) == known


def unsixel(text: str) -> np.ndarray:
    """Draw sixels: a decoder of what ``inline.sixel`` may write."""
    body = re.fullmatch(r"\x1bP0;1q(.*)\x1b\\", text, flags=re.S)
    assert body
    width, height = map(int, re.match(r'"1;1;(\d+);(\d+)', body[1]).groups())  # type: ignore[union-attr]
    canvas = np.full((height + 6, width, 3), -1)
    palette: dict[int, tuple[int, ...]] = {}
    x = y = colour = 0
    repeat = 1
    for number, values, count, sixels, move in re.findall(
        r"#(\d+)(?:;2;([\d;]+))?|!(\d+)(?=[?-~])|([?-~])|([$-])", body[1].partition(str(height))[2]
    ):
        if number:
            colour = int(number)
            if values:
                palette[colour] = tuple(map(int, values.split(";")))
        elif count:
            repeat = int(count)
            continue
        elif move:
            x, y = 0, y + (6 if move == "-" else 0)
        else:
            for bit in range(6):
                if (ord(sixels) - 63) >> bit & 1:
                    canvas[y + bit, x : x + repeat] = palette[colour]
            x += repeat
        repeat = 1
    assert (canvas[height:] == -1).all() and (canvas[:height] >= 0).all()
    return canvas[:height] * 255 / 100


def test_sixels_show_the_picture() -> None:
    cells = np.random.default_rng(1).integers(0, 256, (4, 5, 3), np.uint8)
    picture = Image.fromarray(cells).resize((50, 41), Image.Resampling.NEAREST)
    assert np.abs(unsixel(inline.sixel(picture)) - np.asarray(picture)).max() < 4


def in_terminal(line: list[str], env: dict[str, str], columns: int = 100) -> tuple[int, str]:
    """Run artgan in a pseudo-terminal, where nobody answers."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 10 * columns, 800))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "ARTGAN_CONFIG_DIR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "artgan", *line], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**kept, "PYTHONPATH": str(REPOSITORY), **env},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    return process.wait(), said.decode()


@pytest.fixture
def sheet(studio: Any) -> Any:
    """A run whose newest sheet can be opened, but not by a viewer: so it is shown here."""
    run = studio.run()
    cells = np.random.default_rng(1).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(cells).resize((64, 64), Image.Resampling.NEAREST).save(run.samples / "000002.png")
    return studio


def test_kitty_gets_the_picture_and_is_told_not_to_answer(sheet: Any) -> None:
    code, said = in_terminal(["open"], {"TERM": "xterm-kitty"})
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", said)
    assert code == 0 and "a=T,f=100,q=2,c=25," in pieces[0][0] and pieces[-1][0].endswith("m=0")
    assert all(len(data) <= 4096 for _, data in pieces)
    shown = Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in pieces))))
    assert shown.size == (64, 64)


def test_iterm_gets_the_picture(sheet: Any) -> None:
    _, said = in_terminal(["open"], {**PLAIN, "TERM_PROGRAM": "iTerm.app"})
    match = re.search(r"\x1b\]1337;File=inline=1;size=(\d+);width=25:([^\x07]*)\x07", said)
    assert match and len(base64.b64decode(match[2])) == int(match[1])


def test_sixel_by_what_the_terminal_or_the_setting_says(sheet: Any) -> None:
    for env in ({"TERM": "foot"}, {**PLAIN, "ARTGAN_SHOW": "sixel"}):
        _, said = in_terminal(["open"], env)
        assert '\x1bP0;1q"1;1;256;256' in said


def test_elsewhere_half_blocks_that_fit(sheet: Any) -> None:
    _, said = in_terminal(["open"], PLAIN, columns=30)
    lines = [line.count("▀") for line in said.splitlines() if "▀" in line]
    assert lines and max(lines) <= 30 and len(lines) <= 24


@pytest.mark.parametrize(
    ("line", "env"),
    [
        (["open"], {"TERM": "dumb"}),
        (["open"], {**PLAIN, "NO_COLOR": "1"}),
        (["open"], {**PLAIN, "ARTGAN_SHOW": "off"}),
        (["open", "-q"], {"TERM": "xterm-kitty"}),
        (["open", "--json"], {"TERM": "xterm-kitty"}),
    ],
)
def test_nothing_is_shown_where_nobody_wants_it(sheet: Any, line: list[str], env: dict[str, str]) -> None:
    code, said = in_terminal(line, env)
    assert code == 0 and "▀" not in said and "\x1b_G" not in said and "\x1bP" not in said


def test_nothing_is_shown_in_a_pipe(sheet: Any) -> None:
    done = sheet.process("open", TERM="xterm-kitty")
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr


def test_a_setting_that_means_nothing_is_refused(sheet: Any) -> None:
    code, said = in_terminal(["open"], {**PLAIN, "ARTGAN_SHOW": "crayon"})
    assert code == 2 and "'crayon' is not one of auto, off, kitty" in said


def test_sample_shows_what_it_painted_and_stays_silent_when_told(studio: Any) -> None:
    _, said = in_terminal(["sample", "--run", "@starter", "-n", "3"], {"TERM": "xterm-kitty"})
    assert said.count("\x1b_Ga=T") == 1 and said.index("seed000002.png") < said.index("\x1b_Ga=T") < said.index("next:")
    _, quiet = in_terminal(["sample", "--run", "@starter", "-n", "3", "--no-show"], {"TERM": "xterm-kitty"})
    assert "\x1b_G" not in quiet and Path("pictures").is_dir()
