"""Records that an earlier artgan wrote are read by this one; a frozen example of each version lies in fixtures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from artgan.compute.sweeps.record import SweepFolder
from artgan.datasets.manifest import DatasetFolder
from artgan.runs.folder import RunFolder
from artgan.training.config import from_toml, to_toml

V1 = Path(__file__).parent / "fixtures" / "v1"


def test_version_1_of_a_dataset() -> None:
    folder = DatasetFolder(V1)
    assert folder.read().counts == {"ok": 2, "truncated": 1}
    assert [record.status for record in folder.records()] == ["ok", "ok", "failed"]
    assert len(folder.in_use()) == 2


def test_version_1_of_a_run() -> None:
    record = RunFolder(V1).record
    assert record.state == "stopped" and record.tags == {"mood": "calm"} and record.size == 32


def test_version_1_of_a_configuration() -> None:
    config = from_toml((V1 / "config.toml").read_text(encoding="utf-8"))
    assert config.preset == "dcgan" and config.size == 32
    assert from_toml(to_toml(config)) == config


def test_version_1_of_a_sweep() -> None:
    record = SweepFolder(V1).record()
    assert record.plan.over == ("lr=1e-4,2e-4",) and record.plan.wishes["cluster"] == "gpu-nc6"
    assert [(str(point), point.run) for point in record.points] == [("lr=1e-4", "flowers-64-k3f9x2"), ("lr=2e-4", "")]
    assert (record.keep, record.after_s, record.cancelled) == (1, 1800.0, False)


def test_fields_of_a_later_version_are_kept(tmp_path: Path) -> None:
    """A run that a newer artgan has written is not robbed of what this one does not know."""
    shutil.copytree(V1, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "mood": "calm"}))
    RunFolder(tmp_path / "run").update(state="finished")
    assert json.loads(path.read_text())["mood"] == "calm"
