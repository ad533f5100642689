"""What a job of the SDK v2 reports and has brought back, without any SDK: against the local Azure that runs it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from internet.azure import LocalAzure, Run
from PIL import Image

from artgan.compute.azureml_common.signing_in import Tokens
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.azureml_v1.service import Service
from artgan.compute.azureml_v2.backend import AzureMLBackend
from artgan.compute.backend import JobSpec
from artgan.compute.reporting import Patient, Silent, connect
from artgan.compute.tracking import Connection, MlflowReporter, StoredArtifacts

JOB = """
import time
from pathlib import Path
Path("outputs/state").mkdir(parents=True)
Path("outputs/state/step 1 & 2.npz").write_bytes(b"state")
while True:
    time.sleep(0.05)
"""
SPEC = JobSpec(run="flowers-16-k3f9x2", run_id="k3f9x2", dataset="flowers", size=16, cluster="gpu-nc6")


@pytest.fixture
def run(azure: LocalAzure, backend_v2: AzureMLBackend, tmp_path: Path) -> Run:
    """A job of the SDK v2 that goes on and has saved something."""
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "entry.py").write_text(JOB, "utf-8")
    sent = backend_v2.submit(SPEC, tmp_path / "job", {"experiment": "artgan"})
    found = azure.runs[sent.remote_id]
    azure.wait(lambda: "outputs/state/step 1 & 2.npz" in found.artifacts)
    return found


def values(run: Run, name: str) -> list[tuple[int, float]]:
    return [(row["step"], row["data"][name]) for row in run.metrics[name]["value"]]


def test_a_job_reports_its_numbers_and_has_its_files_brought_back(azure: LocalAzure, run: Run, tmp_path: Path) -> None:
    first = MlflowReporter(Connection(run.environment))
    for step in (1, 2):
        first.metric(step, {"d_loss": 0.5, "images_seen": 8.0 * step})
    second = MlflowReporter(Connection(run.environment))  # after the node was taken away
    for step in (1, 2, 3):
        second.metric(step, {"d_loss": 0.7, "images_seen": 8.0 * step})
    assert values(run, "images_seen") == [(1, 8.0), (2, 16.0), (3, 24.0)], "no step stands twice"
    assert values(run, "d_loss") == [(1, 0.5), (2, 0.5), (3, 0.7)]

    sheet = tmp_path / "000001.png"
    for colour in ("red", "blue"):
        Image.new("RGB", (4, 4), colour).save(sheet)
        first.image("Sample", sheet)
    # As the SDK v1 reads what it logs itself.
    workspace = Service(WorkspaceRef(**azure.config), Tokens("auto", lambda line: None)).workspace
    one = workspace.get_run(run.id).get_metrics()["Sample"].partition(f"{run.container}/")[2]
    shown = [name for name in run.artifacts if name.startswith("shown/")]
    assert len(shown) == 2 and one in shown
    pictures = [Image.open(io.BytesIO(azure.artifact(run, name))) for name in shown]
    assert [picture.getpixel((0, 0)) for picture in pictures] == [(255, 0, 0), (0, 0, 255)]

    for number in range(600):  # more than the service tells at once
        run.artifacts[f"outputs/samples/{number:06d}.png"] = '"1"'
    artifacts = StoredArtifacts(Connection(run.environment))
    assert len(artifacts.names()) == len(run.artifacts) > 600
    artifacts.fetch("outputs/state/step 1 & 2.npz", tmp_path / "deep" / "state.npz")
    assert (tmp_path / "deep" / "state.npz").read_bytes() == b"state"
    with pytest.raises(Exception, match="404"):
        artifacts.fetch("outputs/none.npz", tmp_path / "none.npz")


def test_without_the_sdk_v1_a_job_asks_by_itself(azure: LocalAzure, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azureml.core", None)  # as in a job of the SDK v2
    lines: list[str] = []
    reporter, artifacts = connect(run.environment, lines.append)
    assert isinstance(reporter, Patient) and isinstance(artifacts, StoredArtifacts) and not lines
    reporter.metric(7, {"d_loss": 0.25})
    reporter.close()
    assert values(run, "d_loss") == [(7, 0.25)]
    silent, nothing = connect({"AZUREML_RUN_ID": "x"}, lines.append)
    assert isinstance(silent, Silent) and nothing is None and len(lines) == 1
