"""The command with the SDK v2 against the local Azure; the other SDK looks on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from internet.azure import LocalAzure
from quick import QUICK_TYPED

from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs

SMALL = (
    *QUICK_TYPED,
    "--batch-size", "8", "--latent-dim", "16", "--grid", "4", "--precision", "float32", "--save-every", "0.4s",
)  # fmt: skip


@pytest.fixture
def studio(azure: LocalAzure, drawn: Path) -> Path:
    """The folder of an artist with a small dataset and the workspace's config.json."""
    azure.write_config(drawn)
    return drawn


def artgan(azure: LocalAzure, studio: Path, *args: str, code: int = 0) -> Any:
    """Run the command; what fails says so in one line, and what mends it in another."""
    done = azure.quick(*args, cwd=studio)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.partition(":")[0] for line in said] == (["error", "hint"] if code else []), done.stderr
    return done


def test_a_run_on_a_spot_machine_is_taken_away_goes_on_and_is_ended_by_the_other_sdk(
    azure: LocalAzure, studio: Path
) -> None:
    submit = ("submit", "flowers", "--size", "16", "--vm-size", "STANDARD_NC4AS_T4_V3", "--low-priority", "-y", "-d")
    sent = artgan(azure, studio, *submit, *SMALL, "--time", "10m")
    assert "machine" in sent.stderr and "of its own, spot" in sent.stderr
    (folder,) = list_runs(studio / "runs")
    (run,) = azure.runs.values()
    assert run.definition["resources"]["instanceType"] == "STANDARD_NC4AS_T4_V3"

    def states() -> list[str]:
        return [path for path in run.artifacts if path.startswith("outputs/state/") and path.endswith(".npz")]

    def step() -> int:
        """The last step that arrived; 0 while there is none, as when a job that begins again sends its file anew."""
        if "outputs/metrics.jsonl" not in run.artifacts:
            return 0
        whole = azure.artifact(run, "outputs/metrics.jsonl").rpartition(b"\n")[0]
        return json.loads(whole.splitlines()[-1])["step"] if whole else 0

    before = azure.wait(lambda: len(states()) >= 2 and step(), timeout_s=600)
    known = len(states())
    azure.preempt(run, keep_outputs=False)
    azure.wait(lambda: step() > before and len(states()) > known, timeout_s=600)
    log = azure.artifact(run, "user_logs/std_log.txt").decode()
    assert "going on from step" in log and "nothing is shown in the portal" not in log, log
    seen = [row["data"]["images_seen"] for row in run.metrics["images_seen"]["value"]]
    assert seen == sorted(set(seen)), "no step is shown twice"

    # v1, which is installed here and comes first, and then v2 again.
    assert "saved epoch" in artgan(azure, studio, "logs", folder.name).stdout
    artgan(azure, studio, "config", "set", "sdk", "v2")
    (row,) = json.loads(artgan(azure, studio, "list", "--refresh", "--json").stdout)
    assert (row["name"], row["state"]) == (folder.name, "running")
    assert "gen_" in artgan(azure, studio, "pull", folder.name, "--samples").stdout
    assert RunFolder(folder.path).generators()
    artgan(azure, studio, "runs", "delete", folder.name, "--remote", "-y", code=1)
    artgan(azure, studio, "config", "set", "sdk", "v1")
    assert "cancelled" in artgan(azure, studio, "cancel", folder.name).stderr
    azure.wait(lambda: run.status == "Canceled")

    artgan(azure, studio, "runs", "delete", folder.name, "--remote", "-y")
    assert run.hidden and list_runs(studio / "runs") == []
    for sdk in ("v1", "v2"):
        artgan(azure, studio, "config", "set", "sdk", sdk)
        artgan(azure, studio, "list", "--refresh")
        assert list_runs(studio / "runs") == [], "what is archived is not taken up again"


def test_clusters(azure: LocalAzure, studio: Path) -> None:
    artgan(azure, studio, "config", "set", "sdk", "v2")
    shown = artgan(azure, studio, "clusters")
    assert [line.split()[0] for line in shown.stdout.splitlines()[1:]] == ["gpu-cheap", "gpu-nc6", "gpu-old"]
    assert "no longer to be had" in shown.stdout and "low priority" in shown.stdout
    create = ("clusters", "create", "gpu-new", "--vm-size", "STANDARD_NC8AS_T4_V3", "--max", "2", "--low-priority")
    assert "nobody is here" in artgan(azure, studio, *create, code=2).stderr
    artgan(azure, studio, *create, "--dry-run")
    assert "gpu-new" not in azure.clusters
    made = json.loads(artgan(azure, studio, *create, "-y", "--json").stdout)
    assert made == {
        "name": "gpu-new", "vm_size": "STANDARD_NC8AS_T4_V3", "min_nodes": 0, "max_nodes": 2, "low_priority": True,
        "state": "Succeeded",
    }  # fmt: skip
    assert "there is a cluster gpu-new" in artgan(azure, studio, *create, "-y", code=2).stderr
    listed = {row["name"]: row for row in json.loads(artgan(azure, studio, "clusters", "--json").stdout)}
    assert listed["gpu-new"]["low_priority"] and listed["gpu-new"]["max_nodes"] == 2
    artgan(azure, studio, "clusters", "delete", "gpu-new", "-y", "--sdk", "v1")
    assert "gpu-new" not in azure.clusters
    assert "no cluster 'gpu-new'" in artgan(azure, studio, "clusters", "delete", "gpu-new", "-y", code=4).stderr
    for wrong in (("x",), ("gpu-t4", "--vm-size", "STANDARD_NC6"), ("gpu-t4", "--min", "3", "--max", "2")):
        artgan(azure, studio, "clusters", "create", *wrong, "-y", code=2)


def test_what_is_wished_for_wrongly_is_said_in_one_line(azure: LocalAzure, studio: Path) -> None:
    submit = ("submit", "flowers", "--size", "16", "-y", "--dry-run")
    both = artgan(azure, studio, *submit, "--cluster", "gpu-nc6", "--vm-size", "STANDARD_NC4AS_T4_V3", code=2)
    assert "contradict" in both.stderr
    old = artgan(azure, studio, *submit, "--vm-size", "STANDARD_NC4AS_T4_V3", "--sdk", "v1", code=2)
    assert "--sdk v2" in old.stderr
    assert "is none of auto, v1, v2" in artgan(azure, studio, *submit, "--sdk", "v3", code=2).stderr
    shown = json.loads(artgan(azure, studio, *submit, "--vm-size", "STANDARD_NC6", "--json").stdout)
    assert shown["spec"]["vm_size"] == "STANDARD_NC6" and "switched off" in shown["target"]["warnings"][0]
    assert azure.runs == {}
