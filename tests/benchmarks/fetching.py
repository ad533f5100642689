"""How fast a genre is fetched, against gallery-dl, both through the same proxy from the same local site.

    python tests/benchmarks/fetching.py --gallery-dl PATH [--works 512] [--side 2000] [--rounds 3]

The site is the tests' local WikiArt, in a process of its own. artgan is given a pace that never waits, which the
product has no option for; gallery-dl gets no waiting either. artgan also decodes and hashes every picture. Prints one
JSON line: medians, and the ratio of each round's neighbours. ``--memory`` fetches 3,600 small pictures once and prints
artgan's peak; ``--pace`` fetches with the promised pace and prints the busiest second of each host class.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
GENRE = "https://www.wikiart.org/en/paintings-by-genre/flower-painting"


class Unhurried:
    """A pace that never waits."""

    def wait(self, host: Any, stop: threading.Event) -> None: ...

    def succeeded(self, host: Any) -> None: ...

    def failed(self, host: Any) -> float:
        return 0.0

    def pause(self, host: Any, seconds: float) -> None: ...

    def at_least(self, host: Any, seconds: float) -> None: ...


def artgan_fetch(folder: Path, *, paced: bool) -> None:
    """Fetch with the library, as the command does."""
    from artgan.datasets.fetching import fetch
    from artgan.datasets.sites.site import Query

    limiter = None if paced else Unhurried()
    query = Query(genres=("flower-painting",))
    for _ in fetch(query, name="flowers", datasets_dir=folder, limiter=limiter):
        pass


def measured(command: list[str], env: dict[str, str], cwd: Path) -> dict[str, float]:
    """Run a command; wall seconds, CPU seconds of it and its children, peak megabytes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed with {done.returncode}: {done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Of all children so far the largest: read right after the first large one.
    return {"wall_s": wall, "cpu_s": cpu, "peak_mb": after.ru_maxrss / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gallery-dl", type=Path, help="the command gallery-dl")
    parser.add_argument("--works", type=int, default=512)
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--pace", action="store_true")
    parser.add_argument("--shelf", type=Path, default=Path(tempfile.gettempdir()) / "artgan-benchmark-shelf")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        artgan_fetch(options.one, paced=options.pace)
        return
    if options.memory:
        options.works, options.side = 3600, 300
    folder = Path(tempfile.mkdtemp(prefix="artgan-fetching-"))
    try:
        print(json.dumps(against_the_local_site(options, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def against_the_local_site(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start the site, run what was asked for, return the figures."""
    server = [sys.executable, "tests/internet", "--works", str(options.works), "--side", str(options.side), "--json"]
    server += ["--shelf", str(options.shelf), "--folder", str(folder / "internet")]
    site = subprocess.Popen(server, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert site.stdout is not None
        told = json.loads(site.stdout.readline())
        env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # both are compared as they run once installed: compiled
        env |= {"HTTPS_PROXY": told["proxy"], "https_proxy": told["proxy"], "REQUESTS_CA_BUNDLE": told["ca"]}
        env |= {"HOME": str(folder / "home"), "PYTHONPATH": str(REPOSITORY)}
        if options.pace:
            run_artgan(options, env, folder / "paced")
            return {"benchmark": "fetching", "works": options.works, "busiest_second": busiest(Path(told["log"]))}
        if options.memory:
            return {"benchmark": "fetching", "works": options.works, **run_artgan(options, env, folder / "memory")}
        return in_turn(options, env, folder)
    finally:
        site.terminate()
        site.wait()


def run_artgan(options: argparse.Namespace, env: dict[str, str], out: Path) -> dict[str, float]:
    flags = ["--pace"] if options.pace else []
    return measured([sys.executable, __file__, *flags, "--one", str(out)], env, REPOSITORY)


def in_turn(options: argparse.Namespace, env: dict[str, str], folder: Path) -> dict[str, Any]:
    rounds: list[dict[str, dict[str, float]]] = []
    for number in range(options.rounds):
        ours, theirs = folder / f"artgan-{number}", folder / f"gallery-dl-{number}"
        gallery = [str(options.gallery_dl), "--config-ignore", "-q", "-o", "sleep-request=0", "-d", str(theirs), GENRE]
        figures = {}
        for name in ("artgan", "gallery_dl") if number % 2 else ("gallery_dl", "artgan"):
            figures[name] = run_artgan(options, env, ours) if name == "artgan" else measured(gallery, env, REPOSITORY)
        counts = {"artgan": count(ours / "flowers" / "originals"), "gallery_dl": count(theirs)}
        assert set(counts.values()) == {options.works}, counts
        rounds.append(figures)
        shutil.rmtree(ours)
        shutil.rmtree(theirs)
    result: dict[str, Any] = {"benchmark": "fetching", "works": options.works, "side": options.side}
    for figure in ("wall_s", "cpu_s"):
        for name in ("artgan", "gallery_dl"):
            result[f"{name}_{figure}"] = round(statistics.median(each[name][figure] for each in rounds), 2)
        ratios = [each["gallery_dl"][figure] / each["artgan"][figure] for each in rounds]
        result[f"ratio_{figure}"] = round(statistics.median(ratios), 2)
        result[f"ratio_{figure}_range"] = [round(min(ratios), 2), round(max(ratios), 2)]
    return result


def count(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def busiest(log: Path) -> dict[str, int]:
    """Return the most requests within any one second, pages and pictures apart, as the server saw them."""
    times: dict[str, list[float]] = {}
    for line in log.read_text().splitlines():
        request = json.loads(line)
        kind = "pages" if request["host"].startswith("www.") else "pictures"
        times.setdefault(kind, []).append(request["time"])
    most = {}
    for kind, moments in times.items():
        moments.sort()
        most[kind] = max(sum(t <= other < t + 1 for other in moments[i:]) for i, t in enumerate(moments))
    return most


if __name__ == "__main__":
    main()
