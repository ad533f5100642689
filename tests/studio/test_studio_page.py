"""The page in a real browser: a person's way through it, and what happens when something goes away.

All tests share one studio and one browser; a test that leaves stars takes them away, or looks at its own alone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, Tab
from films_made import run_of
from studio_open import Open

from artgan.runs.folder import RunFolder

pytestmark = pytest.mark.browser
PAINTED = "(() => { const big = document.querySelector('#big');"
PAINTED += " const pixels = big.getContext('2d').getImageData(0, 0, big.width, big.height).data;"
PAINTED += " return new Set(pixels).size > 3 && !document.querySelector('#bench').hidden })()"
PIXELS = "Array.from(document.querySelector('#big').getContext('2d').getImageData(0, 0, 40, 40).data).join()"
FOCUS = """(() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const ring = (node, style = getComputedStyle(node)) =>
    style.outlineStyle === "solid" && parseFloat(style.outlineWidth) > 1;
  const words = at.matches("input:not([type=range], [type=radio], [type=checkbox])");
  const drawn = ring(at) || (at.type === "range" && at.matches(":focus-visible")) // it is drawn on the thumb
    || (at.type === "radio" && ring(at.nextElementSibling))
    || (words && getComputedStyle(at).borderBottomStyle === "solid");
  const called = at.getAttribute("aria-label") || at.textContent.trim() || at.labels?.[0]?.textContent.trim() || "";
  at.dataset.passed = "yes";
  return { what: at.id || called.slice(0, 60), drawn, called: called !== "", none: at === document.body,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
      && box.left < innerWidth };
})()"""
# What is there and can be used, but Tab did not come to; of a group of which one is chosen, arrows go on from that one.
LEFT_OUT = """[...document.querySelectorAll("a[href], button, input, select, summary, [tabindex]")].filter((node) =>
  node.tabIndex >= 0 && !node.disabled && node.checkVisibility({ visibilityProperty: true }) && !node.closest("dialog")
  && !(node.type === "radio" && !node.checked) && !node.dataset.passed).map((node) => node.outerHTML.slice(0, 90))"""
SHOWN = "performance.getEntriesByName('move-to-picture').length"  # pictures of the bench so far
WIDTHS = pytest.mark.parametrize("width", [1280, 390])


@contextmanager
def page(browser: Browser, opened: Open, address: str = "", **how: Any) -> Iterator[Tab]:
    """A tab of the studio, which complains of nothing and asks nobody else."""
    with browser.open(address or opened.address(), **{"width": 1280, "height": 844, **how}) as tab:
        yield tab
        # A refusal is told on the page too; the canvas is read back by these tests alone.
        known = ("willReadFrequently", "Failed to load resource: the server responded with a status of 4")
        assert [line for line in tab.complaints() if not any(part in line for part in known)] == []
        assert opened.strangers(tab) == []


def click(tab: Tab, selector: str) -> None:
    tab.run(f"document.querySelector({json.dumps(selector)}).click()")


def hidden(tab: Tab, selector: str) -> bool:
    return bool(tab.run(f"document.querySelector({json.dumps(selector)}).hidden"))


def text(tab: Tab, selector: str) -> str:
    return str(tab.run(f"document.querySelector({json.dumps(selector)}).textContent"))


def open_bench(tab: Tab) -> None:
    tab.wait("document.querySelectorAll('#tiles canvas.painted').length > 3", 60)
    click(tab, "#tabs [data-room=bench]")
    tab.wait(PAINTED, 60)


def named(tab: Tab) -> str:
    """What the picture on the bench is: "seed 1, varied by 0.3"."""
    return str(tab.run("document.querySelector('#title').placeholder"))


def star_seed(tab: Tab, seed: int) -> None:
    """Star a picture of the wall, as the keyboard does."""
    tab.run(f"document.querySelector('#tiles [data-seed=\"{seed}\"]').focus()")
    tab.press("s")
    tab.wait(f"document.querySelector('#tiles .kept [data-seed=\"{seed}\"]') !== null")


def stars(tab: Tab) -> list[str]:
    """The stars of the page's run by name, as the page knows them: on the wall of stars."""
    return list(tab.run("[...document.querySelectorAll('#starred .name')].map((name) => name.value)"))


def tab_to(tab: Tab, wanted: str, most: int = 90) -> None:
    """Press Tab until an element has the focus; whatever has it on the way is in sight, drawn and called something."""
    passed = []
    for _ in range(most):
        tab.press("Tab")
        now = tab.run(FOCUS)
        passed.append(now["what"])
        assert now["none"] or (now["seen"] and now["drawn"] and now["called"]), now
        if tab.run(f"document.activeElement.matches({json.dumps(wanted)})"):
            return
    raise AssertionError(f"Tab does not come to {wanted}: {passed}")


@WIDTHS
def test_with_the_keyboard_alone(browser: Browser, opened: Open, width: int) -> None:
    before = set(opened.out.rglob("*.png"))
    with page(browser, opened, width=width) as tab:
        tab.wait("document.querySelectorAll('#tiles canvas.painted').length > 3", 60)
        tab_to(tab, "#tiles button")  # past all that stands before the wall
        tab.press("ArrowRight", "ArrowRight", "ArrowLeft", "Enter")
        tab.wait(PAINTED, 60)
        assert named(tab) == "seed 1"
        tab.press("ArrowRight")  # into the variations
        assert tab.run("document.activeElement.getAttribute('aria-label')") == "variation 1: go there"
        shown = tab.run(SHOWN)
        tab.press("ArrowRight", "Enter")
        tab.wait("document.querySelector('#title').placeholder === 'seed 1, varied by 0.3'")
        tab.wait(f"{SHOWN} > {shown}")
        if not opened.studio.easel.directions(opened.run.name):
            tab_to(tab, "#directions button.quiet")
            tab.press("Enter")
            tab.wait("document.querySelector('#directions input') !== null", 60)
            tab.run("document.querySelector('#part-vary button').focus()")  # what had the focus has gone
        tab_to(tab, "#directions input[type=range]")
        still = tab.run(PIXELS)
        tab.press(*["ArrowRight"] * 12)
        tab.wait(f"{PIXELS} !== {json.dumps(still)}")
        assert tab.run("document.activeElement.getAttribute('aria-valuetext')") == "+0.60"
        assert "1 direction" in text(tab, "#facts")
        tab.press("Backspace")
        tab.wait(f"{PIXELS} === {json.dumps(still)}")
        tab.press("s")
        tab.wait("document.querySelector('#star').getAttribute('aria-pressed') === 'true'")
        tab.press("x")
        tab.wait("document.querySelector('#saving').open && document.activeElement.id === 'saving-name'")
        tab.press("Enter")
        tab.wait("document.querySelector('#saved').textContent.includes('.png')", 30)
        tab.press("Escape", "s")
        tab.wait("document.querySelector('#star').getAttribute('aria-pressed') === 'false'")
        tab.press("5")
        tab.wait(
            "!document.querySelector('#drift').hidden && document.querySelector('#sea').classList.contains('painted')",
            30,
        )
        tab.press(" ")
        tab.wait("document.querySelector('#drift-word').textContent.includes('paused')")
        tab.press("Escape")
        tab.wait("!document.querySelector('#bench').hidden")
    assert len(set(opened.out.rglob("*.png")) - before) == 1


@pytest.mark.parametrize("room", ["wall", "bench", "walk", "compare", "drift", "runs"])
def test_nothing_is_beyond_the_keyboard(browser: Browser, opened: Open, room: str) -> None:
    with page(browser, opened, opened.address(room=room), width=1280 if room in ("walk", "runs") else 390) as tab:
        tab.wait(f"!document.querySelector('#{room}').hidden", 30)
        tab.wait("document.querySelector('canvas.painted, #learning h1') !== null")
        tab_to(tab, ".skip")
        while not tab.run("document.activeElement === document.body"):
            tab.press("Tab")
            now = tab.run(FOCUS)
            assert now["none"] or (now["seen"] and now["drawn"] and now["called"]), now
        assert tab.run(LEFT_OUT) == []


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_a_person_finds_stars_and_saves_a_picture(browser: Browser, opened: Open, width: int, dark: bool) -> None:
    before = set(opened.out.rglob("*.png"))
    with page(browser, opened, width=width, dark=dark) as tab:
        open_bench(tab)
        click(tab, "#dice")
        click(tab, "#star")
        tab.wait("document.querySelector('#star').getAttribute('aria-pressed') === 'true'")
        click(tab, "#save")
        tab.wait("document.querySelector('#saving').open")
        click(tab, "#saving-go")
        tab.wait("document.querySelector('#saved').textContent.includes('.png')", 60)
        click(tab, "#saving-close")
        for room in ("walk", "compare", "runs", "wall"):
            click(tab, f"#tabs [data-room={room}]")
            tab.wait(f"!document.querySelector('#{room}').hidden")
            assert tab.run("document.documentElement.scrollWidth <= innerWidth"), f"{room} is wider than the screen"
    (saved,) = set(opened.out.rglob("*.png")) - before
    assert saved.stat().st_size > 100
    assert (opened.studio.easel.notes(opened.run.name) / "studio.json").is_file()


@WIDTHS
def test_two_runs_hang_side_by_side(browser: Browser, opened: Open, width: int) -> None:
    with page(browser, opened, opened.address(room="compare"), width=width) as tab:
        tab.wait("document.querySelectorAll('#compare-bar select').length === 2")
        other = json.dumps(opened.other.name)
        tab.run(f"const b = document.querySelectorAll('#compare-bar select')[1]; b.value = {other};"
                " b.dispatchEvent(new Event('change'))")  # fmt: skip
        both = "[...document.querySelectorAll('#pairs .diptych')].slice(0, 4).map((pair) =>"
        both += " [...pair.querySelectorAll('button')].map((b) => [b.getAttribute('aria-label'),"
        both += " b.firstChild.classList.contains('painted') && b.firstChild.toDataURL()]))"
        tab.wait(f"{both}.flat().every(([label, url]) => url) && {both}[0][1][0].includes({other})", 30)
        shown = tab.run(both)
        assert [pair[0][0] for pair in shown] == [f"A: {opened.run.name}, seed {seed}" for seed in range(4)]
        assert [pair[1][0] for pair in shown] == [f"B: {opened.other.name}, seed {seed}" for seed in range(4)]
        assert len({url for pair in shown for _, url in pair}) == 8, "they paint otherwise"
        assert tab.run("document.documentElement.scrollWidth <= innerWidth")
        click(tab, "#pairs .diptych:nth-child(3) button + button")  # to the bench, with its own run
        tab.wait(f"document.querySelector('#run').value === {other} && {PAINTED}")
        assert named(tab) == "seed 2"


DROP = """(async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 48, height: 32 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#345"; pen.fillRect(0, 0, 48, 32); pen.fillStyle = "#fc8"; pen.fillRect(20, 4, 12, 12);
  const data = new DataTransfer();
  data.items.add(new File([await new Promise((done) => canvas.toBlob(done))], "my_lamp.png", { type: "image/png" }));
  const drag = (what) => dispatchEvent(new DragEvent(what, { dataTransfer: data, cancelable: true }));
  drag("dragenter"), drag("drop");
})()"""


def test_a_picture_that_is_dropped_is_looked_for(browser: Browser, opened: Open) -> None:
    with page(browser, opened) as tab:
        open_bench(tab)
        tab.run(DROP)
        tab.wait("document.querySelector('#bringing button') !== null", 30)
        click(tab, "#bringing button")  # "Take what is found": all of it takes half a minute
        tab.wait("document.querySelector('#reference:not([hidden]) img')?.complete === true", 60)
        assert (
            named(tab) == "a latent"
            and tab.run("document.querySelector('#title').value") == "my lamp"
            and hidden(tab, "#drop")
        )
        click(tab, "#reference-away")
        tab.wait("document.querySelector('#reference').hidden")


def test_a_run_that_learns_is_watched_and_stopped(browser: Browser, opened: Open) -> None:
    run = opened.learning
    pid = run.current().pid or 0
    with page(browser, opened, opened.address(room="runs")) as tab:
        row = f"#run-list [data-run={json.dumps(run.name)}]"
        tab.wait(f"document.querySelector({json.dumps(row)}) !== null")
        click(tab, row)
        tab.wait("document.querySelectorAll('#learning .chart').length > 0", 90)
        tab.wait("document.querySelector('#learning .sheet:not([hidden]) img')?.naturalWidth > 0", 30)
        # Its first sheet may be there before it says that it learns.
        tab.wait(f"document.querySelector({json.dumps(row)}).textContent.includes('learning')", 60)
        tab.wait("document.querySelector('#learning > .facts').textContent.includes('learning')", 60)
        # Its worker cannot answer, as one that saves much: the page is answered all the same.
        os.kill(pid, signal.SIGSTOP)
        click(tab, "#learning .stop")
        click(tab, "#ask-yes")
        tab.wait("document.querySelector('#learning .stop')?.textContent === 'Stopping …'", 3)
        assert "it saves where it is" in text(tab, "#said") and RunFolder(run.path).current().state == "running"
        with page(browser, opened, opened.address(run, "runs")) as other:  # another tab knows, too
            other.wait("document.querySelector('#learning .stop')?.textContent === 'Stopping …'")
        os.kill(pid, signal.SIGCONT)
        tab.wait("document.querySelector('#learning > .facts').textContent.startsWith('stopped')", 60)
        tab.wait(f"document.querySelector({json.dumps(row)}).textContent.startsWith('stopped')", 30)
        assert tab.run("document.querySelector('#learning .stop')") is None
    assert run.generators() and RunFolder(run.path).current().state == "cancelled"


def test_what_one_tab_keeps_the_other_shows(browser: Browser, opened: Open) -> None:
    """At once, in one browser; of two who name the same star the last one's word holds, and nothing else is lost."""
    address = opened.address(opened.other)
    with page(browser, opened, address) as one, page(browser, opened, address) as two:
        for tab in (one, two):
            tab.wait("document.querySelectorAll('#tiles canvas.painted').length > 3", 60)
        star_seed(one, 1)
        star_seed(two, 2)
        for tab in (one, two):
            click(tab, "#wall-kind input[value=stars]")
            tab.wait("document.querySelectorAll('#starred .name').length === 2")
        name(one, 0, "dawn")
        two.wait("document.querySelector('#starred .name').value === 'dawn'")
        # Whoever is writing is not disturbed; what came meanwhile is there afterwards.
        two.run("document.querySelectorAll('#starred .name')[1].select()")
        two.press(*"dusk")
        name(one, 0, "night")
        name(one, 1, "noon")
        assert stars(two) == ["dawn", "dusk"]
        two.press("Enter")
        for tab in (one, two):
            tab.wait("[...document.querySelectorAll('#starred .name')].map((n) => n.value).join() === 'night,dusk'")
        # Both take the same star away: it goes once, and nobody complains.
        away = "document.querySelector('#starred .card [aria-label=\"Take the star away\"]').click()"
        one.run(away)
        two.run(away)
        for tab in (one, two):
            tab.wait("document.querySelectorAll('#starred .name').length === 1")
    kept = json.loads((opened.studio.easel.notes(opened.other.name) / "studio.json").read_text())
    assert [star["recipe"]["z"]["seed"] for star in kept["stars"]] == [1]


def name(tab: Tab, at: int, given: str) -> None:
    """Give one of the stars a name, and go to the next thing."""
    tab.run(
        f"(() => {{ const name = document.querySelectorAll('#starred .name')[{at}]; name.focus(); name.select() }})()"
    )
    tab.press(*given, "Enter")


class Command:
    """``artgan studio`` as it is started from a terminal, at one address."""

    def __init__(self, folder: Path, port: int) -> None:
        command = [sys.executable, "-m", "artgan", "studio", "@starter", "--no-open", "--port", str(port)]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)


def test_the_studio_is_killed_under_the_page_and_started_again(browser: Browser, tmp_path: Path, free: int) -> None:
    first = Command(tmp_path, free)
    with browser.open(first.address, width=1280, height=844) as tab:
        tab.wait("document.querySelectorAll('#tiles canvas.painted').length > 3")
        star_seed(tab, 5)
        first.end(signal.SIGKILL)
        tab.run("document.querySelector('#jump-seed').value = 9000; document.querySelector('#jump').requestSubmit()")
        tab.wait("!document.querySelector('#trouble').hidden")
        assert "closed" in text(tab, "#trouble") and "artgan studio" in text(tab, "#trouble")
        tab.run("document.querySelector('#tiles [data-seed=\"9000\"]').focus()")
        tab.press("s")
        tab.wait("document.querySelector('#said').textContent.includes('not starred')")
        again = Command(tmp_path, free)
        try:
            tab.wait("document.querySelector('#trouble').textContent.includes('started anew')")
            assert again.address != first.address, "another token"
            with browser.open(again.address, width=390, height=844) as other:
                other.wait("document.querySelector('#star-count').textContent === '1'")
                # The page that was open before takes the new token, and goes on with what it was at.
                tab.wait("document.querySelector('#trouble').hidden")
                tab.wait("document.querySelector('#tiles [data-seed=\"9000\"] canvas').classList.contains('painted')")
                assert text(tab, "#star-count") == "1"
                assert tab.run("location.href").startswith(again.address)
        finally:
            assert again.end(signal.SIGINT) in (0, 130)


def test_a_wish_for_ten_thousand_pictures_is_refused(browser: Browser, opened: Open) -> None:
    with page(browser, opened) as tab:
        tab.wait("document.querySelector('#run').value !== ''")
        said = tab.run("""(async () => {
          const headers = { "X-Artgan-Token": new URLSearchParams(location.search).get("token") };
          const run = document.querySelector("#run").value;
          const recipes = Array.from({ length: 10000 }, (_, seed) => ({ run, z: { seed } }));
          const body = JSON.stringify({ recipes });
          headers["Content-Type"] = "application/json";
          const answer = await fetch("/api/paint", { method: "POST", headers, body });
          return [answer.status, (await answer.json()).error];
        })()""")
        assert said == [400, "1 to 64 pictures are painted at a time"]
        tab.wait("document.querySelectorAll('#tiles canvas.painted').length > 3")  # and the studio goes on


def test_a_run_that_goes_away_is_said_calmly(browser: Browser, opened: Open) -> None:
    run = run_of(opened.studio.easel.runs_dir, (1,), side=8, base="gone")
    with page(browser, opened, opened.address(run)) as tab:
        open_bench(tab)
        shutil.rmtree(run.path)
        click(tab, "#dice")
        tab.wait("!document.querySelector('#trouble').hidden", 60)
        assert "not there any more" in text(tab, "#trouble")
        tab.run(f"location.hash = '#/{opened.run.name}/wall'")  # the others go on
        tab.wait("document.querySelectorAll('#tiles canvas.painted').length > 3")
        assert hidden(tab, "#trouble")
    assert not run.path.exists()


def test_without_the_token_there_is_no_page(browser: Browser, opened: Open) -> None:
    with browser.open(f"http://127.0.0.1:{opened.studio.guard.port}/", width=1280, height=844) as tab:
        assert "token" in tab.run("document.body.textContent")
        assert tab.run("document.querySelectorAll('canvas').length") == 0
