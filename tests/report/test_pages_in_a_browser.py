"""Gallery and report in a real Chromium, on a desk and on a phone: what a person sees, and what keys do."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from artgan import images
from artgan.cli.app import app
from artgan.report.commands import named
from artgan.report.gallery import Wish, gallery
from artgan.report.report import report
from artgan.runs.folder import RunFolder
from artgan.sampling.samples import open_source, sample

pytestmark = pytest.mark.browser
WIDTHS = pytest.mark.parametrize("width", [1280, 390])


@pytest.fixture
def hung(studio) -> Path:
    by = [named(studio.run(), studio.settings)]
    list(gallery(by, Wish(range(9), embed=True), studio.path / "gallery.html", datasets_dir=studio.datasets))
    return studio.path / "gallery.html"


@pytest.fixture
def told(studio) -> Path:
    long = "a-very-long-name-that-somebody-gave-to-a-run-without-any-place-to-break"
    runs = [studio.trained(studio.run(long)), studio.trained(studio.run(), 500, sheets=20)]
    by = [named(run, studio.settings) for run in runs]
    list(report(by, studio.path / "report.html", datasets_dir=studio.datasets, quick=True))
    return studio.path / "report.html"


def quiet(tab, page: Path) -> None:
    """Look that nothing is complained of, nothing leaves the file, and nothing hangs over the edge."""
    assert tab.complaints() == []
    assert tab.asked_for() == [page.resolve().as_uri()]
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run("[...document.images].filter(i => i.src !== 'data:,').every(i => i.complete && i.naturalWidth > 0)")


@WIDTHS
@pytest.mark.parametrize("dark", [False, True])
def test_a_gallery_is_quiet(browser, hung, width, dark):
    with browser.open(hung, width=width, dark=dark) as tab:
        quiet(tab, hung)
        colour = tab.run("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, colour[4:-1].split(","))) < 150) == dark


@WIDTHS
def test_a_report_is_quiet(browser, told, width):
    with browser.open(told, width=width) as tab:
        quiet(tab, told)
        sizes = tab.run(
            "[...document.querySelectorAll('svg')]"
            ".map(s => 12 * s.getBoundingClientRect().width / s.viewBox.baseVal.width)"
        )
        assert len(sizes) > 6 and min(sizes) > 10, "the numbers of each chart can be read"


@WIDTHS
def test_enter_on_a_caption_copies_the_command_that_repaints_the_picture(browser, hung, studio, width):
    with browser.open(hung, width=width) as tab:
        for _ in range(40):
            tab.press("Tab")
            if tab.run("document.activeElement.dataset.command || ''").endswith("--seeds 3"):
                break
        tab.press("Enter")
        tab.wait("document.querySelector('[role=status]').textContent.startsWith('copied: ')")
        copied = _clipboard(tab)
        assert tab.run("document.querySelector('[role=status]').textContent") == f"copied: {copied}"
        quiet(tab, hung)
    (run,) = studio.runs.iterdir()
    assert copied == f"artgan sample --run {run.name} --epoch 2 --seeds 3"
    done = CliRunner().invoke(app, shlex.split(copied)[1:], prog_name="artgan")
    (painted,) = sample(open_source(RunFolder(run)), [3])
    assert images.read_all([Path(done.stdout.strip())])[0].tobytes() == painted.image.tobytes()


def _clipboard(tab) -> str:
    """Return what was copied, by pasting it."""
    tab.run(
        "(() => { const area = document.createElement('textarea'); area.id = 'pasted'; document.body.append(area);"
        " window.before = document.activeElement; area.focus(); })()"
    )
    for _ in range(50):
        tab.call("Input.dispatchKeyEvent", type="keyDown", key="v", code="KeyV", commands=["paste"])
        tab.call("Input.dispatchKeyEvent", type="keyUp", key="v", code="KeyV")
        if text := tab.run("document.querySelector('#pasted').value"):
            tab.run("document.querySelector('#pasted').remove(), window.before.focus()")
            return str(text)
        time.sleep(0.1)
    raise AssertionError("nothing was copied")


def test_a_picture_is_looked_at_large_by_keys_alone(browser, hung):
    with browser.open(hung) as tab:
        tab.press("Tab")
        assert tab.run("document.activeElement.className").startswith("picture")
        tab.press("Enter")
        shown = "document.querySelector('dialog img').alt"
        assert tab.run("document.querySelector('dialog').open") and tab.run(shown).endswith("seed 0")
        tab.press("ArrowRight", "ArrowRight")
        assert tab.run(shown).endswith("seed 2")
        tab.press("End", "ArrowRight", "ArrowLeft")
        assert tab.run(shown).endswith("seed 8"), "it goes round"
        assert tab.run("document.activeElement.dataset.command").endswith("--seeds 8")
        tab.press("Escape")
        assert not tab.run("document.querySelector('dialog').open")
        tab.wait("document.activeElement.querySelector('img')?.alt.endsWith('seed 8')")  # back where it hangs
        quiet(tab, hung)


def test_sheets_over_time_are_turned_by_arrow_keys(browser, told):
    with browser.open(told) as tab:
        now = "document.querySelector('.film figure.now figcaption').textContent"
        assert tab.run("document.querySelectorAll('.film')[0].querySelectorAll('figure.now').length") == 1
        tab.run("document.querySelector('.reel input').focus()")
        last = tab.run(now)
        tab.press("ArrowLeft")
        assert tab.run(now) != last
        assert tab.run("document.activeElement.getAttribute('aria-valuetext')") == tab.run(now).strip()
        tab.press("Home")
        assert tab.run(now).startswith("Epoch 1,")


def test_without_scripts_all_sheets_and_pictures_are_there(browser, told):
    with browser.open("about:blank") as tab:
        tab.call("Emulation.setScriptExecutionDisabled", value=True)
        tab.go(told.resolve().as_uri())
        assert tab.run(
            "[...document.querySelectorAll('.film figure')].every(f => f.getBoundingClientRect().height > 0)"
        )


def test_what_is_printed_is_all_of_it(browser, hung):
    with browser.open(hung) as tab:
        printed = tab.printed()
    assert printed.startswith(b"%PDF") and printed.count(b"/Subtype /Image") >= 9


def test_a_title_that_means_harm_runs_nothing(browser, studio, hostile):
    by = [named(studio.run(), studio.settings)]
    page = studio.path / "hostile.html"
    title = f"{hostile}<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    list(gallery(by, Wish(range(2)), page, datasets_dir=studio.datasets, title=title))
    with browser.open(page) as tab:
        assert tab.run("document.title") == title and tab.run("document.querySelector('h1').textContent") == title
        quiet(tab, page)
        # Were markup to come in one day, the page's own policy would not run it.
        tab.run("document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.ran = 1\">')")
        time.sleep(0.3)
        assert not tab.run("window.ran")


def test_the_report_of_500_lines_opens_at_once(browser, told):
    best = []
    while len(best) < 10 and min(best, default=1000) >= 1000:  # other tests may hold it up
        with browser.open(told) as tab:
            best.append(tab.load_ms())
    assert min(best) < 1000, best
