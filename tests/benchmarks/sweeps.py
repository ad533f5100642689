"""What a sweep costs beside its trainings: sending 200 runs, and the page and the table of 64.

    python tests/benchmarks/sweeps.py [--azure]

Prints one line of JSON. The service that the runs are sent to answers at once, so what is counted is artgan's own time:
the run's folder, what is sent, the books of the sweep. With ``--azure`` the command sends them to the local Azure too,
by either SDK, and what is counted is all processor time of the client for one more run, the SDK's with it; needs the
extras ``azure`` and ``azure-v2`` and Azurite, as the tests do.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "compute"))
from test_sweep_tending import Service, send, sweep_of

from artgan.cli.app import app
from artgan.compute.sweeps.ranking import best_first, standings
from artgan.compute.sweeps.record import SweepPlan, new_sweep
from artgan.compute.sweeps.tending import Places
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.runs.store import new_run

RUNS, SHOWN, TICKS = 200, 64, 2000


def sending(place: Path) -> float:
    """Return the seconds that one run of many takes to be sent."""
    (place / "paintings").mkdir()
    for number in range(6):
        cells = np.random.default_rng(number).integers(0, 256, (5, 5, 3), np.uint8)
        Image.fromarray(cells).resize((32, 32)).save(place / "paintings" / f"{number}.png")
    list(import_folder(place / "paintings", name="flowers", datasets_dir=place / "datasets"))
    list(prepare(DatasetFolder(place / "datasets" / "flowers"), size=16))
    places = Places(place / "datasets", place / "runs")
    sweep = sweep_of(places, *range(RUNS))
    began = time.process_time()
    send(sweep, Service(), places)
    return (time.process_time() - began) / RUNS


def on_azure(place: Path) -> dict[str, dict[str, float]]:
    """Return the seconds of processor and of the clock that one run more costs a client of the local Azure."""
    from internet.azure import LocalAzure

    found = {}
    with LocalAzure() as azure:
        azure.write_config(place)
        for sdk in ("v1", "v2"):
            costs = []
            for count in (1, RUNS + 1):
                azure.reset()
                azure.hold()
                command = [
                    sys.executable, "-m", "artgan", "sweep", "--over", f"seed=1..{count}" if count > 1 else "seed=1",
                    "--dataset", "flowers", "--size", "16", "--init", "none", "--cluster", "gpu-nc6", "--sdk", sdk,
                    "--runs-dir", f"{sdk}-{count}", "-y", "-d",
                ]  # fmt: skip
                before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
                subprocess.run(command, cwd=place, env=azure.env, check=True, capture_output=True)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                assert len(azure.runs) == count
                cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                costs.append((cpu, time.perf_counter() - began))
            (cpu_one, wall_one), (cpu_all, wall_all) = costs
            found[sdk] = {
                "cpu_s_per_run": round((cpu_all - cpu_one) / RUNS, 3),
                "wall_s_per_run": round((wall_all - wall_one) / RUNS, 3),
            }
    return found


def shown(place: Path) -> tuple[float, float]:
    """Return the seconds for the table and for the page of a sweep."""
    from typer.testing import CliRunner

    runs = place / "shown"
    points = tuple({"seed": str(number)} for number in range(SHOWN))
    sweep = new_sweep(runs, "flowers-sweep", SweepPlan(over=(f"seed=0..{SHOWN - 1}",), points=points))
    pixels = np.random.default_rng(1).integers(0, 256, (50, 50, 3), np.uint8)
    for number in range(SHOWN):
        folder = new_run(runs, "flowers-64", state="finished", size=64)
        folder.samples.mkdir()
        Image.fromarray(pixels).resize((398, 398), Image.Resampling.BICUBIC).save(folder.samples / "000010.png")
        tick = {"step": 1, "epoch": 1, "images_seen": 32, "seconds": 1.0, "d_loss": 0.7, "g_loss": 0.7}
        judged = {**tick, "kid_lite0": 0.1 + number / 1000, "kid_lite0_error": 0.001}
        lines = [judged if line % 200 == 0 else tick for line in range(TICKS)]
        folder.metrics_path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        sweep.note_run(number, folder.name)
    began = time.perf_counter()
    best_first(standings(sweep, sweep.record()))
    table = time.perf_counter() - began
    began = time.perf_counter()
    page = str(place / "page.html")
    done = CliRunner().invoke(app, ["sweep", "report", "--runs-dir", str(runs), "--out", page], prog_name="artgan")
    assert done.exit_code == 0, done.output
    return table, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--azure", action="store_true", help="send them to the local Azure too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        each = sending(place)
        table, page = shown(place)
        size = (place / "page.html").stat().st_size
        azure = on_azure(place) if given.azure else None
    print(
        json.dumps(
            {
                "sent_runs": RUNS, "cpu_s_per_run": round(each, 4), "shown_runs": SHOWN, "table_s": round(table, 3),
                "page_s": round(page, 3), "page_bytes": size,
                **({"azure": azure} if azure else {}),
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
