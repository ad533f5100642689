"""Make the run that comes with artgan, ``@starter``, of what ``quality.py`` trained: networks, sheet and card.

    python tests/benchmarks/quality.py PAINTINGS OUT --only fast-landscapes-0
    python tests/benchmarks/starter.py PAINTINGS OUT

Prints one line of JSON with the sizes of the files; the numbers of the card are those of the newest judgement.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from quality import PLAN, SIZE, open_session

from artgan import __version__
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import open_prepared
from artgan.files import write_text
from artgan.records import now
from artgan.runs.record import RunRecord
from artgan.runs.store import STARTER, find_run
from artgan.training import checkpoints, saving
from artgan.training.job import write_config

NAME = "fast-landscapes-0"
CARD = Path(__file__).with_name("starter_card.md")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    run = next(run for run in PLAN if run.name == NAME)
    prepared = open_prepared(DatasetFolder(given.paintings / run.dataset), SIZE)
    session = open_session(run, prepared)
    session.load(checkpoints.load_newest(given.out / run.name / "state")[0])
    lines = [json.loads(line) for line in (given.out / "quality.jsonl").read_text(encoding="utf-8").splitlines()]
    numbers = [line for line in lines if line["run"] == run.name][-1]

    folder = find_run(Path(), STARTER)
    shutil.rmtree(folder.path, ignore_errors=True)
    folder.path.mkdir(parents=True)
    versions = {"artgan": __version__, "python": platform.python_version()}
    versions |= {"tensorflow": tf.__version__, "keras": keras.__version__}
    record = RunRecord(
        id=STARTER.removeprefix("@"), name=STARTER, state="finished", reason="comes with artgan", created=now(),
        ended=now(), dataset=run.dataset, dataset_fingerprint=prepared.fingerprint, images=session.count, size=SIZE,
        preset=session.config.preset, seed=run.seed, versions=versions,
    )  # fmt: skip
    write_text(folder.record_path, record.model_dump_json(indent=1) + "\n")
    write_config(folder, session.config)
    saving.begin(session, folder)
    for _ in saving.save(session, folder):
        pass
    # No painting is part of artgan, and nobody goes on with this run itself.
    folder.reals_path.unlink()
    shutil.rmtree(folder.states)
    facts = numbers | {"minutes": session.cpu_seconds / 60, "images_seen": session.images_seen}
    card = CARD.read_text(encoding="utf-8").format(**facts, size=SIZE, images=session.count)
    write_text(folder.path / "README.md", card)
    print(json.dumps({path.name: path.stat().st_size for path in sorted(folder.path.rglob("*")) if path.is_file()}))


if __name__ == "__main__":
    main()
