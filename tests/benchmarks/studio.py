"""How the studio feels in the hand, in a real Chromium: prints one JSON line.

    python tests/benchmarks/studio.py                          # @starter, and 500 checkpoints of it
    python tests/benchmarks/studio.py --run RUN --run RUN      # other runs beside it, of 256 px for example
    python tests/benchmarks/studio.py --drift 10               # and ten minutes of drift, as fast as it can

- ``move``: from a slider's move to the new picture, as the page measures it (``move-to-picture``), in milliseconds:
  the median and the 95th percentile of moves one by one, and of a slider that is dragged for some seconds;
- ``many``: a run of 500 checkpoints, each another file: seconds from the address to twelve pictures on the wall, and
  from a move of its checkpoint slider to the picture of a checkpoint that was never opened before;
- ``drift``: memory of server and page by pictures drawn. The page's clock goes faster than the world's, so that in
  minutes as many are drawn as in an hour (at most 15 a second: 54,000).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import Browser, Tab, missing

from artgan.runs.folder import RunFolder
from artgan.runs.store import find_run, new_run

CHECKPOINTS = 500
MOVES, DRAG_S = 60, 6
AN_HOUR = 15 * 3600
_FASTER = 24
# Counts pictures, and lets time go by faster; what is measured by the page's own clock means nothing then.
_CLOCK = f"""
  const now = performance.now.bind(performance), frame = requestAnimationFrame.bind(window);
  performance.now = () => now() * {_FASTER};
  window.requestAnimationFrame = (work) => frame(() => work(performance.now()));
  const bitmap = createImageBitmap.bind(window);
  window.drawn = 0;
  window.createImageBitmap = (...given) => {{ window.drawn += 1; return bitmap(...given); }};
"""
_MEASURES = "performance.getEntriesByName('move-to-picture').map((entry) => entry.duration)"
_MOVE = """(() => {{ const slider = document.querySelector("{slider}"), span = slider.max - slider.min;
  slider.value = Number(slider.min) + span * {share}; slider.dispatchEvent(new Event("input")) }})()"""


@contextlib.contextmanager
def studio(run: str, folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The command itself, listening; its address and its process."""
    command = [sys.executable, "-m", "artgan", "studio", run, "--no-open"]
    environ = {**os.environ, "ARTGAN_RUNS_DIR": str(folder / "runs"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )  # fmt: skip
    try:
        assert process.stdout
        yield process.stdout.readline().strip(), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def told(milliseconds: list[float]) -> dict[str, float]:
    """Return what is told of durations."""
    cuts = statistics.quantiles(milliseconds, n=20)
    return {"p50_ms": round(statistics.median(milliseconds), 1), "p95_ms": round(cuts[-1], 1), "n": len(milliseconds)}


def moved(tab: Tab, slider: str) -> dict[str, Any]:
    """Move a slider of the bench one by one, and drag it."""
    tab.wait("document.querySelector('#big.painted') !== null", 120)
    time.sleep(2)  # the variations around it
    tab.run("performance.clearMeasures()")
    for number in range(MOVES):
        tab.run(_MOVE.format(slider=slider, share=(number * 0.37) % 1))
        tab.wait(f"{_MEASURES}.length > {number}", 60)
        time.sleep(0.15)
    single = tab.run(_MEASURES)
    tab.run("performance.clearMeasures()")
    tab.run(f"""new Promise((done) => {{ let n = 0; const timer = setInterval(() => {{
      {_MOVE.format(slider=slider, share="((n * 0.013) % 1)")}; n += 1;
      if (n > {DRAG_S} * 60) {{ clearInterval(timer); done() }} }}, 1000 / 60) }})""")
    dragged = tab.run(_MEASURES)
    return {"single": told(single), "dragged": {**told(dragged), "pictures_per_s": round(len(dragged) / DRAG_S, 1)}}


def moves(browser: Browser, run: str, folder: Path) -> dict[str, Any]:
    with studio(run, folder) as (address, _), browser.open(f"{address}#/{Path(run).name}/bench") as tab:
        return moved(tab, "#part-picture input[type=range]")


def many(browser: Browser, folder: Path) -> dict[str, Any]:
    """A run of 500 checkpoints of the starter's network, each a file of its own."""
    made = new_run(folder / "runs", "many-64", state="finished", size=64, preset="fast", epoch=CHECKPOINTS)
    starter = find_run(folder / "runs", "@starter").generator().path
    made.models.mkdir(exist_ok=True)
    for epoch in range(1, CHECKPOINTS + 1):
        shutil.copyfile(starter, path := made.models / f"gen_{epoch:06d}.keras")
        with zipfile.ZipFile(path, "a") as archive:  # another file by its digest, the same network
            archive.comment = b"epoch %d" % epoch
    with studio(made.name, folder) as (address, _):
        begun = time.perf_counter()
        with browser.open(f"{address}#/{made.name}/wall") as tab:
            tab.wait("document.querySelectorAll('#tiles canvas.painted').length >= 12", 60)
            opened = time.perf_counter() - begun
            tab.run(f"location.hash = '#/{made.name}/bench'")
            tab.wait("document.querySelector('#big.painted') !== null", 60)
            time.sleep(2)
            tab.run("performance.clearMeasures()")
            for number in range(MOVES // 2):
                slider = "#part-picture .slider.green input"
                tab.run(_MOVE.format(slider=slider, share=(number * 0.37) % 1))
                tab.wait(f"{_MEASURES}.length > {number}", 60)
            return {"checkpoints": CHECKPOINTS, "wall_s": round(opened, 2), "to_another": told(tab.run(_MEASURES))}


def drift(browser: Browser, folder: Path, minutes: float) -> dict[str, Any]:
    """Let it drift, and look at memory by pictures drawn."""
    rows = []
    with studio("@starter", folder) as (address, server), browser.open("about:blank") as tab:
        tab.call("Network.disable")  # it would keep what was answered
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=_CLOCK)
        tab.go(f"{address}#/@starter/drift")
        tab.wait("document.querySelector('#sea.painted') !== null", 60)
        page = max((psutil.Process(pid) for pid in browser.pids("renderer")), key=lambda one: one.memory_info().rss)
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until and (not rows or rows[-1][0] < AN_HOUR):
            time.sleep(10)
            tab.call("HeapProfiler.collectGarbage")
            memory = [process.memory_info().rss // 2**20 for process in (server, page)]
            rows.append((tab.run("window.drawn"), *memory))
    settled = rows[len(rows) // 4 :]
    per_hour = {
        name: round(statistics.linear_regression([r[0] for r in settled], [r[at] for r in settled]).slope * AN_HOUR, 1)
        for at, name in ((1, "server_mb_per_hour"), (2, "page_mb_per_hour"))
    }
    shown = rows[:: max(1, len(rows) // 12)] + rows[-1:]
    return {"pictures": rows[-1][0], **per_hour, "pictures_server_mb_page_mb": shown}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", action="append", default=[], help="a run's folder")
    parser.add_argument("--drift", type=float, default=0, metavar="MINUTES")
    parser.add_argument("--only-drift", action="store_true")
    given = parser.parse_args()
    if lacks := missing():
        raise SystemExit(lacks)
    found: dict[str, Any] = {"benchmark": "studio", "load": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as place, Browser() as browser:
        folder = Path(place)
        (folder / "runs").mkdir()
        if not given.only_drift:
            for run in ["@starter", *(str(Path(run).absolute()) for run in given.run)]:
                size = RunFolder(Path(run)).record.size if run != "@starter" else 64
                found[f"move {Path(run).name} {size} px"] = moves(browser, run, folder)
            found["many"] = many(browser, folder)
        if given.drift:
            found["drift"] = drift(browser, folder, given.drift)
    print(json.dumps({**found, "load_after": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()
