"""``artgan submit`` and ``cancel`` in the background of this machine; one learning at a time, they share two cores."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from quick import QUICK_TYPED

from artgan.cli.places import place_for
from artgan.compute.local import WORKER_OUTPUT
from artgan.runs.folder import RunFolder
from artgan.settings import load

SMALL = ("--size", "8", *QUICK_TYPED)


@pytest.fixture
def going(studio) -> Iterator[Callable[..., RunFolder]]:
    """Submit a run of 8 px; whatever still goes on at the end is ended."""

    def submit(*args: str, time: str = "60s") -> RunFolder:
        done = studio.process("submit", "--local", *SMALL, "--time", time, "--json", *args)
        assert done.returncode == 0, done.stderr
        return RunFolder(Path(studio.path, json.loads(done.stdout)["path"]))

    studio.dataset(count=6)
    studio.artgan("prepare", "--size", "8")
    yield submit
    studio.artgan("cancel", "--all", "--yes")


def state_of(folder: RunFolder) -> str:
    return RunFolder(folder.path).current().state


def wait_until(folder: RunFolder, *states: str, timeout_s: float = 300) -> str:
    until = time.monotonic() + timeout_s
    while state_of(folder) not in states:
        assert time.monotonic() < until, (state_of(folder), Path(folder.path, WORKER_OUTPUT).read_text())
        time.sleep(0.1)
    return state_of(folder)


def test_a_run_in_the_background_ends_by_itself_and_can_be_pulled(studio, going):
    folder = going("--tag", "mood=calm", time="1s")
    assert state_of(folder) == "preparing"
    followed = studio.process("logs", folder.name, "-f")
    assert followed.returncode == 0 and followed.stdout.splitlines()[-1].endswith("finished: 1 s have passed")
    record = RunFolder(folder.path).record
    assert (record.state, record.backend, record.tags, record.size) == ("finished", "local", {"mood": "calm"}, 8)
    assert (folder.path / "exit_code").read_text() == "0\n"
    assert RunFolder(folder.path).generators() and RunFolder(folder.path).newest_grid()
    assert studio.artgan("pull", folder.name).exit_code == 0
    again = studio.json("cancel", folder.name)
    assert again == [{"run": folder.name, "cancelled": False, "state": "finished"}]
    begun = going("--init", folder.name, time="0.5s")
    wait_until(begun, "finished")
    log = begun.log_path.read_text()
    assert len(re.findall(r"(?:generator|discriminator): (\d+) of \1 layers reused$", log, flags=re.M)) == 2
    assert RunFolder(begun.path).record.begun_from == folder.name


def test_cancel_saves_what_was_learned_and_is_repeatable(studio, going):
    folder = going()
    wait_until(folder, "running")
    shown = studio.artgan("list", "--status", "running").stdout
    assert folder.name in shown
    refused = studio.artgan("runs", "delete", folder.name, "--yes")
    assert refused.exit_code == 1 and f"artgan cancel {folder.name}" in refused.stderr
    done = studio.artgan("cancel", folder.name)
    assert done.exit_code == 0 and f"{folder.name}: cancelled" in done.stderr
    assert state_of(folder) == "cancelled" and RunFolder(folder.path).generators()
    assert "was over already: cancelled" in studio.artgan("cancel", folder.name).stderr


def test_a_worker_that_is_cancelled_before_it_learns_is_gone(studio, going):
    folder = going()
    pid = RunFolder(folder.path).record.pid
    assert studio.artgan("cancel", folder.name).exit_code == 0
    assert state_of(folder) == "cancelled"
    with pytest.raises(ProcessLookupError):
        for _ in range(50):
            os.killpg(pid, 0)
            time.sleep(0.1)


def test_a_worker_that_vanishes_is_lost_and_its_run_can_go_on(studio, going):
    folder = going()
    wait_until(folder, "running")
    os.killpg(RunFolder(folder.path).record.pid, signal.SIGKILL)
    assert wait_until(folder, "lost", timeout_s=60) == "lost"
    assert not (folder.path / "exit_code").exists()
    resumed = studio.process("train", "--resume", folder.name, "--time", "0.5s")
    assert resumed.returncode == 0, resumed.stderr


def test_a_dry_run_shows_everything_and_sends_nothing(studio):
    studio.dataset(count=3)
    shown = studio.json("submit", "--size", "16", "--tag", "mood=calm", "--dry-run")
    assert shown["config"]["size"] == 16 and shown["spec"]["tags"] == {"mood": "calm"}
    assert shown["target"]["facts"] == {"where": "a background worker on this machine"}
    assert not studio.runs.exists()


WORKSPACE = {"subscription_id": "s-1", "resource_group": "studio", "workspace_name": "paintings"}


@pytest.mark.parametrize(
    ("file", "values", "place"),
    [
        ("config.json", WORKSPACE, "azureml"),
        ("../config.json", WORKSPACE, "azureml"),
        ("../aml_config/project.json", WORKSPACE, "azureml"),
        ("config.json", {"theme": "dark"}, "local"),
        ("../config.json", {"workspace_name": "of an editor"}, "local"),
        ("../config.json", ["not", "a", "table"], "local"),
    ],
)
def test_a_bare_submit_goes_where_a_file_describes_a_workspace(studio, file, values, place):
    path = studio.path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values))
    settings = load(os.environ, Path.cwd())
    assert place_for(settings, local=False, cluster=None, workspace=None, credential=None).name == place
    assert place_for(settings, local=True, cluster=None, workspace=None, credential=None).name == "local"
    if place == "azureml":
        named = place_for(settings, local=False, cluster="gpu-nc6", workspace=None, credential=None)
        assert named.home == WORKSPACE


def test_several_nodes_are_a_sweep(studio):
    refused = studio.artgan("submit", "--cluster", "gpu-nc6", "--nodes", "2", "--gpus", "all")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("error: nodes 2: a training runs on one node")
    assert "hint: let each node train a run of its own: artgan sweep" in refused.stderr


def test_a_saved_configuration_is_the_base_of_what_is_typed(studio):
    studio.dataset(count=3)
    (studio.path / "saved.toml").write_text("schema_version = 1\nsize = 32\ntime = 60.0\nlr = 0.001\n")
    shown = studio.json("submit", "--config", "saved.toml", "--lr", "0.002", "--dry-run")["config"]
    assert (shown["size"], shown["time"], shown["lr"]) == (32, 60.0, 0.002)
    bad = studio.artgan("submit", "--config", "none.toml", "--dry-run")
    assert bad.exit_code == 2 and "none.toml cannot be read as a configuration" in bad.stderr


def test_what_was_written_down_but_not_sent_goes_on_as_the_same_run(studio, going, monkeypatch):
    from artgan.compute.local import LocalBackend

    def dies(self: Any, *args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LocalBackend, "submit", dies)
        assert studio.artgan("submit", "--local", *SMALL, "--time", "60s").exit_code == 130
    (left,) = studio.runs.iterdir()
    assert state_of(RunFolder(left)) == "submitting"
    folder = going()
    assert folder.path == left and len(list(studio.runs.iterdir())) == 1


@pytest.mark.parametrize("args", [[], ["x", "--all"]])
def test_cancel_wants_to_know_which(studio, args):
    assert studio.artgan("cancel", *args).exit_code == 2


def test_cancel_all_with_nothing_going_on(studio):
    done = studio.artgan("cancel", "--all")
    assert done.exit_code == 0 and "no run is going on" in done.stderr
