"""The command against the local Azure: submit, look, pull, cancel, and what a person sees when something goes wrong.

The article's way is gone by the installed command as it is; where a fault needs many commands, by one that need not
load the SDK anew each time (``internet.warm``).
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from internet import faults as anywhere
from internet.azure import DATA, LocalAzure, Run, faults
from internet.server import Fault
from quick import QUICK_TYPED

from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs

SUBMIT = ("submit", "flowers", "--cluster", "gpu-nc6", "--size", "16", "-y", "-d")
SMALL = (
    *QUICK_TYPED,
    "--batch-size", "8", "--latent-dim", "16", "--grid", "4", "--precision", "float32", "--save-every", "0.4s",
)  # fmt: skip
ODD = ("notes #1, 50% & ü.txt", "a+b&c=d.txt", "samples/夜 1.png")


@pytest.fixture
def studio(azure: LocalAzure, drawn: Path) -> Path:
    """The folder of an artist with a small dataset and the workspace's config.json."""
    azure.write_config(drawn)
    return drawn


def only_run(studio: Path) -> RunFolder:
    (folder,) = list_runs(studio / "runs")
    return folder


def installed(azure: LocalAzure, studio: Path, *args: str) -> Any:
    """Run the installed command, which goes well."""
    done = azure.artgan(*args, cwd=studio)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    return done


def artgan(azure: LocalAzure, studio: Path, *args: str, code: int = 0) -> Any:
    """Run the command in a process that knows the SDK; what fails says so in one line, and what mends it in another."""
    done = azure.quick(*args, cwd=studio)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.partition(":")[0] for line in said] == (["error", "hint"] if code else []), done.stderr
    return done


def test_a_run_is_sent_watched_pulled_taken_away_twice_and_cancelled(azure: LocalAzure, studio: Path) -> None:
    """Its node is lost once with the newest state torn on the disk, once with all of the disk."""
    sent = installed(azure, studio, *SUBMIT, *SMALL, "--time", "10m", "--tag", "mood=calm")
    assert "gpu-nc6 (STANDARD_NC4AS_T4_V3" in sent.stderr and " of pictures unless they are there" in sent.stderr
    assert "portal: https://ml.azure.com/runs/" in sent.stderr
    folder = only_run(studio)
    (run,) = azure.runs.values()
    assert run.tags == {"artgan.run": folder.record.id, "artgan.name": folder.name, "mood": "calm"}
    data = json.loads((folder.path / "job.json").read_text())["data"]
    assert list(azure.blobs(DATA, "datasets/")) == [f"datasets/{data}"]

    def states() -> set[str]:
        return {path for path in run.artifacts if path.startswith("outputs/state/") and path.endswith(".npz")}

    def step() -> int:
        return max((int(line["step"]) for line in lines()), default=0)

    def lines() -> list[dict[str, Any]]:
        if "outputs/metrics.jsonl" not in run.artifacts:
            return []
        return [json.loads(line) for line in azure.artifact(run, "outputs/metrics.jsonl").splitlines()]

    azure.wait(lambda: len(states()) >= 2, timeout_s=600)
    refreshed = json.loads(artgan(azure, studio, "list", "--refresh", "--json").stdout)
    assert [(row["name"], row["state"]) for row in refreshed] == [(folder.name, "running")]
    assert "saved epoch" in installed(azure, studio, "logs", folder.name).stdout
    pulled = installed(azure, studio, "pull", folder.name, "--samples")
    assert "gen_" in pulled.stdout and RunFolder(folder.path).generators()

    for world in ({"keep_outputs": True, "torn": True}, {"keep_outputs": False}):
        before, known = step(), len(states())
        azure.preempt(run, **world)
        azure.wait(lambda before=before, known=known: step() > before and len(states()) > known, timeout_s=600)  # type: ignore[misc]
    assert run.attempts == 3
    assert "cancelled" in artgan(azure, studio, "cancel", folder.name).stderr
    azure.wait(lambda: run.status == "Canceled")
    assert "was over already: cancelled" in artgan(azure, studio, "cancel", folder.name).stderr
    assert run.brought_own, "the job runs the artgan that was sent"
    steps = [line["step"] for line in lines()]
    assert steps == sorted(set(steps)), "no metric step stands twice"
    assert len(steps) > 1, "each node went on where the one before it was"
    artgan(azure, studio, "list", "--refresh")
    record = RunFolder(folder.path).record
    assert record.state == "cancelled" and record.step == steps[-1]


def test_the_run_of_the_article_is_found_and_its_highest_epoch_pulled(azure: LocalAzure, studio: Path) -> None:
    files = {f"outputs/models/gen_{n}.h5": b"generator %d" % n for n in (100, 1000, 10100, 9900)}
    azure.article_run({**files, "outputs/samples/img_0_10100_0.5.png": b"png"})
    shown = artgan(azure, studio, "list", "--experiment", "KeraGAN")
    assert "KeraGAN_1584082108_356cf603" in shown.stdout
    pulled = artgan(azure, studio, "pull", "KeraGAN_1584082108_356cf603")
    assert pulled.stdout.strip() == "gen_10100.h5"
    assert (studio / "gen_10100.h5").read_bytes() == b"generator 10100"


def test_what_is_set_up_wrongly_is_said_in_one_line_with_what_mends_it(azure: LocalAzure, studio: Path) -> None:
    wrong = artgan(azure, studio, "submit", "flowers", "--cluster", "nope", "--size", "16", "-y", code=4)
    assert "no cluster 'nope'" in wrong.stderr and "gpu-nc6 (STANDARD_NC4AS_T4_V3" in wrong.stderr
    old = artgan(azure, studio, "submit", "flowers", "--cluster", "gpu-old", "--size", "16", "--dry-run")
    assert "6 September 2023" in old.stderr and "STANDARD_NC4AS_T4_V3" in old.stderr and azure.runs == {}
    azure.expire_sign_in()
    expired = artgan(azure, studio, *SUBMIT, code=3)
    assert "hint: " in expired.stderr and "sign" in expired.stderr
    azure.expire_sign_in(False)
    azure.delete_workspace()
    gone = artgan(azure, studio, *SUBMIT, code=4)
    assert "workspace" in gone.stderr
    (studio / "config.json").unlink()
    missing = artgan(azure, studio, *SUBMIT, code=3)
    assert "config.json" in missing.stderr


def test_a_refusal_loses_nothing_and_the_same_command_goes_on(azure: LocalAzure, studio: Path) -> None:
    azure.hold()
    refusals: tuple[tuple[str, Fault, int, str], ...] = (
        ("*datasets/flowers*", faults.storage_refuses(), 6, "az ml workspace sync-keys"),
        ("*snapshotrun*", faults.unauthorized(), 3, "az login"),
        ("*snapshotrun*", faults.forbidden(), 6, "az role assignment create"),
        ("*snapshotrun*", faults.quota(), 6, "https://ml.azure.com/quota"),
        ("*snapshotrun*", faults.throttled(3600), 6, "try again in 60 min"),
    )
    names = set()
    for where, fault, code, hint in refusals:
        azure.inject(where, fault, instead=True)
        assert hint in artgan(azure, studio, *SUBMIT, "--time", "5s", code=code).stderr, where
        azure.internet.heal()
        names.add(only_run(studio).name)
        assert only_run(studio).current().state == "submitting" and azure.runs == {}
    assert "going on with" in artgan(azure, studio, *SUBMIT, "--time", "5s").stderr
    (run,) = azure.runs.values()
    assert names == {only_run(studio).name} and only_run(studio).record.remote_id == run.id


def test_a_service_that_stumbles_is_not_noticed(azure: LocalAzure, studio: Path) -> None:
    azure.hold()
    azure.inject("*/subscriptions?*", faults.slow(0.5), times=1)
    azure.inject("*/default*", faults.server_error(), times=1, instead=True)
    azure.inject(lambda request: "/datasets/" in request.path, faults.unavailable(), times=2, instead=True)
    azure.inject("*snapshotrun*", faults.throttled(1), times=1, instead=True)
    begun = time.monotonic()
    artgan(azure, studio, *SUBMIT, "--time", "5s")
    assert time.monotonic() - begun >= 1.5, "as long as the service asked for"
    azure.inject("*runs:query*", faults.throttled(1), times=1, instead=True)
    (row,) = json.loads(artgan(azure, studio, "list", "--refresh", "--json").stdout)
    assert row["state"] == "queued" and len(azure.runs) == 1


@pytest.fixture
def painted(azure: LocalAzure) -> Run:
    """A run of another machine that made three generators, and files whose names are not of the tame kind."""
    names = [f"models/gen_{epoch}.keras" for epoch in (9, 10, 1000)]
    files = {f"outputs/{name}": os.urandom(3_000_000 if "1000" in name else 2_000) for name in (*names, *ODD)}
    files["user_logs/std_log.txt"] = b"saved epoch 1000\n"
    tags = {"artgan.run": "k3f9x2", "artgan.name": "roses-16-k3f9x2"}
    return azure.old_run("artgan_k3f9x2", "artgan", status="Running", files=files, tags=tags)


def test_what_comes_home_is_whole_whatever_happens_on_the_way(azure: LocalAzure, studio: Path, painted: Run) -> None:
    artgan(azure, studio, "list", "--refresh")
    folder = only_run(studio)
    # The first address is out of date, then the connection breaks, then fewer bytes come than were promised.
    azure.expire_sas()
    late = "*blob.core*gen_1000*"
    azure.inject(late, faults.then(lambda request: azure.expire_sas(False)), times=1)
    azure.inject(late, faults.partial(0.3), times=1)
    azure.inject(late, anywhere.too_short(), times=1)
    azure.inject(late, faults.unavailable(), times=1, instead=True)
    assert artgan(azure, studio, "pull", folder.name).stdout.strip() == "gen_1000.keras"
    assert (studio / "gen_1000.keras").read_bytes() == azure.artifact(painted, "outputs/models/gen_1000.keras")
    assert [p.name for p in folder.models.iterdir()] == ["gen_1000.keras"]

    azure.inject("*/contentinfo/*", faults.server_error(), times=1, instead=True)
    artgan(azure, studio, "pull", folder.name, "--all", "--out", "everything")
    for name in (*ODD, "models/gen_9.keras", "models/gen_10.keras"):
        assert (studio / "everything" / folder.name / name).read_bytes() == azure.artifact(painted, f"outputs/{name}")
    assert "nothing to copy" in artgan(azure, studio, "pull", folder.name).stderr
    artgan(azure, studio, "list", "--refresh")
    assert only_run(studio).name == folder.name, "the same run is not taken up twice"


def test_a_pull_that_was_killed_goes_on_where_it_was(azure: LocalAzure, studio: Path, painted: Run) -> None:
    artgan(azure, studio, "list", "--refresh")
    part = only_run(studio).models / "gen_1000.keras.part"
    azure.inject("*blob.core*gen_1000*", anywhere.drip(piece=300_000, pause_s=0.1))
    command = azure.begin("pull", "@last", cwd=studio)
    azure.wait(lambda: part.is_file() and part.stat().st_size > 1_000_000)
    command.kill()
    command.wait()
    here = part.stat().st_size
    assert not list(studio.glob("gen_*")) and here < 3_000_000
    azure.heal()
    azure.log.clear()
    artgan(azure, studio, "pull", "@last")
    asked = [e.headers.get("range") for e in azure.log if "blob.core" in e.url and "gen_1000" in e.url]
    assert asked == [f"bytes={here}-"]
    assert (studio / "gen_1000.keras").read_bytes() == azure.artifact(painted, "outputs/models/gen_1000.keras")


def test_runs_that_are_cancelled_in_the_queue_or_forgotten_by_the_service(azure: LocalAzure, studio: Path) -> None:
    azure.hold()
    for name in ("mine", "theirs", "lost"):
        artgan(azure, studio, *SUBMIT, "--time", "5s", "--name", name)
    mine, theirs, lost = azure.runs.values()
    sent = [entry for entry in azure.log if entry.method == "PUT" and "/datasets/" in entry.url]
    assert len(sent) == len(azure.blobs(DATA, "datasets/")) == 1, "the dataset went up once"
    folders = list_runs(studio / "runs")
    assert "no generator yet" in artgan(azure, studio, "pull", folders[0].name, code=4).stderr
    assert artgan(azure, studio, "logs", folders[0].name).stdout == ""
    assert "cancelled" in artgan(azure, studio, "cancel", folders[0].name).stderr and mine.status == "Canceled"
    assert "was over already: cancelled" in artgan(azure, studio, "cancel", folders[0].name).stderr
    azure.cancel(theirs)
    azure.forget(lost)
    assert f"no run '{lost.id}'" in artgan(azure, studio, "logs", folders[2].name, code=4).stderr
    rows = json.loads(artgan(azure, studio, "list", "--refresh", "--json").stdout)
    assert [row["state"] for row in rows][1:] == ["cancelled", "cancelled"] and len(rows) == 3, "nothing is thrown away"


def test_more_runs_than_the_service_tells_at_once(azure: LocalAzure, studio: Path) -> None:
    for number, run in enumerate(azure.old_runs(501)):
        run.tags |= {"artgan.run": f"zz{number:04d}", "artgan.name": f"roses-16-zz{number:04d}"}
    rows = json.loads(artgan(azure, studio, "list", "--refresh", "--json").stdout)
    assert [row["id"] for row in rows] == [f"zz{number:04d}" for number in reversed(range(501))]
    assert sum(1 for entry in azure.log if "runs:query" in entry.url) == 2


def test_a_sweep_waits_in_the_service_s_queue_and_is_sent_once(azure: LocalAzure, studio: Path) -> None:
    azure.hold()
    order = ("sweep", "--over", "seed=0..2", "--cluster", "gpu-nc6", "--size", "16", "--time", "30m", "-y", "-d")
    sent = artgan(azure, studio, *order)
    assert "sent 3 of 3" in sent.stderr and re.search(r"^at most +2 hours each$", sent.stderr, flags=re.M)
    again = artgan(azure, studio, *order)
    assert f"going on with {sent.stdout.strip()}" in again.stderr and len(azure.runs) == 3
    assert {run.definition["maxRunDurationSeconds"] for run in azure.runs.values()} == {7200}
    assert {run.tags["sweep"] for run in azure.runs.values()} == {sent.stdout.strip()}
    rows = json.loads(artgan(azure, studio, "sweep", "show", "--refresh", "--json").stdout)
    assert [(row["values"], row["state"]) for row in rows] == [({"seed": str(n)}, "queued") for n in range(3)]
    ended = json.loads(artgan(azure, studio, "sweep", "cancel", "--yes", "--json").stdout)
    assert sorted(ended) == sorted(row["run"] for row in rows)
    assert {run.status for run in azure.runs.values()} == {"Canceled"}
