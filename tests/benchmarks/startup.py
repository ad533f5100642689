"""What the command line costs before it does anything: ``--help`` against its two libraries, ``list`` of 500 runs.

Prints one line of JSON. Run by hand, on a quiet machine: ``python tests/benchmarks/startup.py``.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from artgan.runs.store import list_runs, new_run


def cpu_s(command: list[str]) -> float:
    """Run a command and return the CPU seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=500)
    given = parser.parse_args()
    help_, peer = [sys.executable, "-m", "artgan", "--help"], [sys.executable, "-c", "import typer, rich"]
    cpu_s(help_), cpu_s(peer)
    pairs = [(cpu_s(help_), cpu_s(peer)) for _ in range(given.rounds)]
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        for number in range(given.runs):
            run = new_run(runs, f"flowers-{number}", size=64, dataset="flowers", preset="dcgan", state="finished")
            run.models.mkdir()
        listed = []
        for _ in range(given.rounds):
            begun = time.process_time()
            assert len([folder.current() for folder in list_runs(runs)]) == given.runs
            listed.append(time.process_time() - begun)
    print(
        json.dumps(
            {
                "benchmark": "startup",
                "help_over_typer_and_rich_cpu": round(statistics.median(a / b for a, b in pairs), 2),
                "help_cpu_s": round(statistics.median(a for a, _ in pairs), 3),
                "list_runs": given.runs,
                "list_own_cpu_s": round(statistics.median(listed), 4),
                "rounds": given.rounds,
            }
        )
    )


if __name__ == "__main__":
    main()
