"""The page in a real browser: a person's way through it, and what happens when something goes away."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, Tab
from films_made import run_of

from artgan.runs.folder import RunFolder
from artgan.studio.app import App, Studio
from artgan.studio.easel import Easel
from artgan.studio.guard import Guard
from artgan.studio.serving import free_port, serving

pytestmark = pytest.mark.browser
PAINTED = "(() => { const big = document.querySelector('#big');"
PAINTED += " const pixels = big.getContext('2d').getImageData(0, 0, big.width, big.height).data;"
PAINTED += (
    " return new Set(pixels).size > 3 && getComputedStyle(document.querySelector('#bench')).display !== 'none' })()"
)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[tuple[Studio, RunFolder]]:
    """A studio that listens, with a run of an 8 px network."""
    run = run_of(tmp_path / "runs", (1, 2, 30), side=8)
    run.update(state="finished")
    with socket.socket() as probe:  # another port each time: the browser keeps connections to the studio before
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    guard = Guard(free_port(port))
    playing = Studio(Easel(tmp_path / "runs"), guard, tmp_path / "pictures", run.name, lambda folder: False)
    with serving(App(playing), guard.port) as server:
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield playing, run
    playing.close()


def tiles(tab: Tab) -> int:
    return int(tab.run("document.querySelectorAll('#tiles canvas').length"))


def open_bench(tab: Tab) -> None:
    tab.wait("document.querySelectorAll('#tiles canvas').length > 3", 60)
    tab.run("document.querySelector('#tabs [data-room=bench]').click()")
    tab.wait(PAINTED, 60)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_a_person_finds_stars_and_saves_a_picture(
    browser: Browser, studio: tuple[Studio, RunFolder], width: int, dark: bool
) -> None:
    playing, run = studio
    with browser.open(playing.guard.address(), width=width, height=844, dark=dark) as tab:
        open_bench(tab)
        tab.run("document.querySelector('#star').click()")
        tab.wait("document.querySelector('#star').getAttribute('aria-pressed') === 'true'")
        tab.run("document.querySelector('#save').click()")
        tab.wait("document.querySelector('#saving').open")
        tab.run("document.querySelector('#saving-go').click()")
        tab.wait("document.querySelector('#saved').textContent.includes('.png')", 60)
        for room in ("walk", "compare", "runs", "wall"):
            tab.run(f"document.querySelector('#tabs [data-room={room}]').click()")
            tab.wait(f"!document.querySelector('#{room}').hidden")
            assert tab.run("document.documentElement.scrollWidth <= innerWidth"), f"{room} is wider than the screen"
        # Of reading the canvas back, which this test does.
        assert [line for line in tab.complaints() if "willReadFrequently" not in line] == []
        own = f"http://127.0.0.1:{playing.guard.port}/"
        assert [address for address in tab.asked_for() if not address.startswith((own, "blob:"))] == []
    (saved,) = (playing.out).rglob("*.png")
    assert saved.stat().st_size > 100
    notes: Any = playing.easel.notes(run.name) / "studio.json"
    assert notes.is_file()


def test_a_run_that_goes_away_is_said_calmly(browser: Browser, studio: tuple[Studio, RunFolder]) -> None:
    playing, run = studio
    with browser.open(playing.guard.address(), width=1280, height=844) as tab:
        open_bench(tab)
        shutil.rmtree(run.path)
        tab.run("document.querySelector('#dice').click()")
        tab.wait("!document.querySelector('#trouble').hidden", 60)
        assert "not there any more" in tab.run("document.querySelector('#trouble').textContent")


def test_without_the_token_there_is_no_page(browser: Browser, studio: tuple[Studio, RunFolder]) -> None:
    playing, _ = studio
    with browser.open(f"http://127.0.0.1:{playing.guard.port}/", width=1280, height=844) as tab:
        assert "token" in tab.run("document.body.textContent") and tiles(tab) == 0
