"""Start the local Azure by hand: ``python tests/internet/azure``, then paste the lines it prints into another terminal.

``config.json`` is written into the folder given with ``--config``; there, ``artgan submit --cluster gpu-nc6`` runs on
this machine as if it were the cluster. Lines typed here change the weather: ``runs``, ``hold``, ``release``,
``preempt [empty|torn]``, ``expire sas``, ``expire sign-in``, ``delete workspace``, ``heal``.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from internet.azure import LocalAzure, faults, missing

FAULTS = {
    "401": faults.unauthorized,
    "403": faults.forbidden,
    "404": faults.not_found,
    "429": faults.throttled,
    "500": faults.server_error,
    "503": faults.unavailable,
    "quota": faults.quota,
    "slow": lambda: faults.slow(5),
    "partial": faults.partial,
}
_AFTERWARDS = ("slow", "partial")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/internet/azure", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--config", type=Path, default=Path(), help="folder for config.json; by default this one")
    parser.add_argument("--folder", type=Path, help="for all else; a temporary one by default")
    parser.add_argument("--port", type=int, default=0, help="of the proxy; a free one by default")
    parser.add_argument("--nodes", type=int, default=2, help="of each cluster: so many jobs run at once")
    parser.add_argument("--old-runs", type=int, default=0, help="so many runs of the past")
    parser.add_argument("--article", type=Path, metavar="H5", help="a generator for the run of the article")
    parser.add_argument("--fault", action="append", default=[], metavar="PATTERN=NAME[*TIMES]", help=", ".join(FAULTS))
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of a shell's")
    options = parser.parse_args()
    if lacks := missing():
        sys.exit(lacks)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="azure-"))
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "requests.jsonl"
    # Whoever ends this process ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with LocalAzure(folder, port=options.port, log=log) as azure:
        _write_config(azure, options.config)
        for cluster in azure.clusters.values():
            cluster.nodes = options.nodes
        azure.old_runs(options.old_runs)
        if options.article:
            azure.article_run({"outputs/models/gen_10100.h5": options.article.read_bytes()})
        for text in options.fault:
            pattern, _, name = text.rpartition("=")
            name, _, times = name.partition("*")
            azure.inject(pattern, FAULTS[name](), int(times) if times else None, instead=name not in _AFTERWARDS)
        variables = azure.internet.variables
        if options.json:
            print(json.dumps({"variables": variables, "config": azure.config, "log": str(log)}), flush=True)
        else:
            for variable, value in variables.items():
                print(f"export {variable}={value}")
            print(
                f"unset NO_PROXY no_proxy    # requests are written to {log}, jobs run in {folder / 'nodes'}",
                flush=True,
            )
        try:
            for line in sys.stdin:
                _obey(azure, line.split())
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


def _write_config(azure: LocalAzure, folder: Path) -> None:
    path = folder / "config.json"
    if path.exists() and json.loads(path.read_text("utf-8")) != azure.config:
        sys.exit(f"{path} is of another workspace; choose another folder with --config")
    azure.write_config(folder)


def _obey(azure: LocalAzure, words: list[str]) -> None:
    going = [run for run in azure.runs.values() if run.status == "Running"]
    match words:
        case ["runs"]:
            for run in azure.runs.values():
                print(run.id, run.status, len(run.artifacts), "files", run.tags, flush=True)
        case ["hold"]:
            azure.hold()
        case ["release"]:
            azure.release()
        case ["preempt", *how] if going:
            azure.preempt(going[-1], keep_outputs="empty" not in how, torn="torn" in how)
        case ["expire", "sas"]:
            azure.expire_sas()
        case ["expire", "sign-in"]:
            azure.expire_sign_in()
        case ["delete", "workspace"]:
            azure.delete_workspace()
        case ["heal"]:
            azure.heal()
        case []:
            pass
        case _:
            print("runs, hold, release, preempt [empty|torn], expire sas|sign-in, delete workspace, heal", flush=True)


if __name__ == "__main__":
    main()
