"""The installed command against the local Azure: submit, look, pull, cancel, and what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from internet.azure import DATA, LocalAzure, faults
from PIL import Image

from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.runs.folder import RunFolder

SUBMIT = ("submit", "flowers", "--cluster", "gpu-nc6", "--size", "8", "-y", "-d")


@pytest.fixture
def studio(azure: LocalAzure, tmp_path: Path) -> Path:
    """The folder of an artist with a small dataset and the workspace's config.json."""
    paintings = tmp_path / "paintings"
    paintings.mkdir()
    random = np.random.default_rng(3)
    for number in range(6):
        cells = random.integers(0, 256, (5, 5, 3), np.uint8)
        Image.fromarray(cells).resize((32, 32)).save(paintings / f"{number}.png")
    place = tmp_path / "studio"
    place.mkdir()
    list(import_folder(paintings, name="flowers", datasets_dir=place / "datasets"))
    list(prepare(DatasetFolder(place / "datasets" / "flowers"), size=8))
    azure.write_config(place)
    return place


def only_run(studio: Path) -> RunFolder:
    (path,) = [path for path in (studio / "runs").iterdir() if path.is_dir()]
    return RunFolder(path)


def artgan(azure: LocalAzure, studio: Path, *args: str, code: int = 0) -> Any:
    done = azure.artgan(*args, cwd=studio)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_run_is_sent_watched_pulled_while_it_goes_on_and_cancelled(azure: LocalAzure, studio: Path) -> None:
    sent = artgan(azure, studio, *SUBMIT, "--time", "10m", "--save-every", "1s", "--tag", "mood=calm")
    assert "gpu-nc6 (STANDARD_NC4AS_T4_V3" in sent.stderr and "portal: https://ml.azure.com/runs/" in sent.stderr
    folder = only_run(studio)
    (run,) = azure.runs.values()
    assert run.tags == {"artgan.run": folder.record.id, "artgan.name": folder.name, "mood": "calm"}
    data = json.loads((folder.path / "job.json").read_text())["data"]
    assert list(azure.blobs(DATA, "datasets/")) == [f"datasets/{data}"]
    azure.wait(lambda: any(p.startswith("outputs/models/gen_") for p in run.artifacts), timeout_s=60)

    refreshed = json.loads(artgan(azure, studio, "list", "--refresh", "--json").stdout)
    assert [(row["name"], row["state"]) for row in refreshed] == [(folder.name, "running")]
    assert "saved epoch" in artgan(azure, studio, "logs", folder.name).stdout
    pulled = artgan(azure, studio, "pull", folder.name, "--samples")
    assert "gen_" in pulled.stdout and RunFolder(folder.path).generators()

    assert "cancelled" in artgan(azure, studio, "cancel", folder.name).stderr
    azure.wait(lambda: run.status == "Canceled", timeout_s=30)
    assert "was over already: cancelled" in artgan(azure, studio, "cancel", folder.name).stderr
    again = artgan(azure, studio, *SUBMIT, "--time", "5s")
    assert "upload" in again.stderr and len(azure.blobs(DATA, "datasets/")) == 1, "the dataset went up once"


def test_a_run_that_is_taken_away_twice_goes_on(azure: LocalAzure, studio: Path) -> None:
    """Once the disk comes back with its newest state torn, once it comes back empty; no step stands twice."""
    artgan(azure, studio, *SUBMIT, "--kimg", "40", "--save-every", "1s")
    (run,) = azure.runs.values()

    def states() -> set[str]:
        return {path for path in run.artifacts if path.startswith("outputs/state/") and path.endswith(".npz")}

    azure.wait(lambda: len(states()) >= 3, timeout_s=60)
    azure.preempt(run, keep_outputs=True, torn=True)
    known = len(states())
    azure.wait(lambda: len(states()) >= known + 2 or run.status == "Completed", timeout_s=60)
    if run.status != "Completed":
        azure.preempt(run, keep_outputs=False)
    azure.wait(lambda: run.status == "Completed", timeout_s=120)
    assert run.brought_own, "the job runs the artgan that was sent"
    steps = [json.loads(line)["step"] for line in azure.artifact(run, "outputs/metrics.jsonl").splitlines()]
    assert steps == sorted(set(steps)), "no metric step stands twice"
    artgan(azure, studio, "list", "--refresh")
    record = only_run(studio).record
    assert record.state == "finished" and record.images_seen >= 40_000


def test_the_run_of_the_article_is_found_and_its_highest_epoch_pulled(azure: LocalAzure, studio: Path) -> None:
    files = {f"outputs/models/gen_{n}.h5": b"generator %d" % n for n in (100, 1000, 10100, 9900)}
    azure.article_run({**files, "outputs/samples/img_0_10100_0.5.png": b"png"})
    shown = artgan(azure, studio, "list", "--experiment", "KeraGAN")
    assert "KeraGAN_1584082108_356cf603" in shown.stdout
    pulled = artgan(azure, studio, "pull", "KeraGAN_1584082108_356cf603")
    assert pulled.stdout.strip() == "gen_10100.h5"
    assert (studio / "gen_10100.h5").read_bytes() == b"generator 10100"


@pytest.mark.parametrize("step", ["*getblob*", "*/snapshots/????????-*", "*snapshotrun*"])
def test_killed_after_any_step_of_submit_nothing_is_doubled_or_lost(azure: LocalAzure, studio: Path, step: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "artgan", *SUBMIT, "--time", "5s"], cwd=studio, env=azure.env,
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    azure.inject(step, faults.then(lambda request: os.killpg(process.pid, signal.SIGKILL)), times=1)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    left = only_run(studio)
    assert left.record.state == "submitting"
    assert left.name in artgan(azure, studio, "list").stdout, "the run is known, though nobody answered"
    azure.heal()
    time.sleep(0.2)
    artgan(azure, studio, *SUBMIT, "--time", "5s")
    assert only_run(studio).path == left.path and len(azure.runs) == 1
    assert only_run(studio).record.remote_id in azure.runs


def test_what_goes_wrong_is_said_in_one_line_with_what_mends_it(azure: LocalAzure, studio: Path) -> None:
    wrong = artgan(azure, studio, "submit", "flowers", "--cluster", "nope", "--size", "8", "-y", code=4)
    assert "no cluster 'nope'" in wrong.stderr and "gpu-nc6 (STANDARD_NC4AS_T4_V3" in wrong.stderr
    old = artgan(azure, studio, "submit", "flowers", "--cluster", "gpu-old", "--size", "8", "--dry-run")
    assert "6 September 2023" in old.stderr and "STANDARD_NC4AS_T4_V3" in old.stderr and azure.runs == {}
    azure.expire_sign_in()
    expired = artgan(azure, studio, *SUBMIT, code=3)
    assert "hint: " in expired.stderr and "sign" in expired.stderr
    azure.expire_sign_in(False)
    azure.inject("*snapshotrun*", faults.quota(), times=1, instead=True)
    refused = artgan(azure, studio, *SUBMIT, "--time", "5s", code=6)
    assert "quota" in refused.stderr.lower()
    azure.delete_workspace()
    gone = artgan(azure, studio, *SUBMIT, code=4)
    assert "workspace" in gone.stderr
    (studio / "config.json").unlink()
    missing = artgan(azure, studio, *SUBMIT, code=3)
    assert "config.json" in missing.stderr
