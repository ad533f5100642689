"""One store of runs, two SDKs: what one of them sent, the other lists, reads, brings home, ends and archives."""

from __future__ import annotations

from pathlib import Path

import pytest
from internet.azure import LocalAzure

from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.azureml_v2.backend import AzureMLBackend as AzureMLBackendV2
from artgan.compute.backend import Backend, JobSpec
from artgan.compute.following import bring_home, refresh, refresh_all
from artgan.errors import BusyError
from artgan.runs.store import list_runs

SPEC = JobSpec(
    run="flowers-16-k3f9x2", run_id="k3f9x2", dataset="flowers", size=16, data="flowers.zip", cluster="gpu-nc6",
    tags={"mood": "blue"}, pins={"python": "3.12"},
)  # fmt: skip
JOB = """
import sys, time
from pathlib import Path
print("data:", *sorted(path.name for path in Path(sys.argv[2]).iterdir()), flush=True)
Path("outputs/models").mkdir(parents=True)
for epoch in (9, 10, 1000):
    Path(f"outputs/models/gen_{epoch}.keras").write_bytes(b"g" * epoch)
while True:
    time.sleep(0.05)
"""


@pytest.mark.parametrize("way", ["v1 to v2", "v2 to v1"])
def test_a_run_of_the_one_is_followed_brought_home_and_ended_with_the_other(
    azure: LocalAzure, backend: AzureMLBackend, backend_v2: AzureMLBackendV2, tmp_path: Path, way: str
) -> None:
    sender, other = (backend, backend_v2) if way == "v1 to v2" else (backend_v2, backend)
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "entry.py").write_text(JOB, "utf-8")
    (tmp_path / "flowers.zip").write_bytes(b"z" * 1000)
    sender.upload(tmp_path / "flowers.zip", "flowers.zip", lambda done: None)
    assert [(file.path, file.size) for file in other.data()] == [("flowers.zip", 1000)]
    remote = sender.target(SPEC).remote
    sent = sender.submit(SPEC, tmp_path / "job", remote)
    run = azure.runs[sent.remote_id]
    azure.wait(lambda: "outputs/models/gen_1000.keras" in run.artifacts and "user_logs/std_log.txt" in run.artifacts)

    assert [found.remote_id for found in other.runs(remote)] == [sent.remote_id]
    assert other.submit(SPEC, tmp_path / "job", remote).remote_id == sent.remote_id and len(azure.runs) == 1
    found = other.find("k3f9x2", remote)
    assert found and (found.state, found.tags, found.name) == ("running", sent.tags, "flowers-16-k3f9x2")
    assert found.portal_url == sent.portal_url
    assert other.logs(sent.remote_id, remote) == sender.logs(sent.remote_id, remote)
    assert other.logs(sent.remote_id, remote).data == b"data: flowers.zip\n"
    assert names(other, sent.remote_id) == names(sender, sent.remote_id)

    # As another machine does that knows nothing of the run.
    list(refresh_all(tmp_path / "runs", other))
    (folder,) = list_runs(tmp_path / "runs")
    assert (folder.record.backend, folder.record.state, folder.record.id) == ("azureml", "running", "k3f9x2")
    list(bring_home(folder, other))
    assert [(g.epoch, g.path.stat().st_size) for g in folder.generators()] == [(1000, 1000)]

    with pytest.raises(BusyError):
        other.archive(sent.remote_id, remote)
    assert other.cancel(sent.remote_id, remote) is True
    azure.wait(lambda: run.status == "Canceled")
    assert sender.status(sent.remote_id, remote).state == "cancelled"
    assert sender.cancel(sent.remote_id, remote) is False
    assert refresh(folder, other).state == "cancelled" and folder.record.ended

    other.archive(sent.remote_id, remote)
    assert run.hidden and list(sender.runs(remote)) == list(other.runs(remote)) == []
    assert sender.status(sent.remote_id, remote).state == "cancelled", "out of sight, not gone"


def names(backend: Backend, remote_id: str) -> list[str]:
    return [file.path for file in backend.files(remote_id, {"experiment": "artgan"})]


@pytest.mark.parametrize("which", ["v1", "v2"])
def test_clusters_are_made_and_deleted(
    azure: LocalAzure, backend: AzureMLBackend, backend_v2: AzureMLBackendV2, which: str
) -> None:
    place = {"v1": backend, "v2": backend_v2}[which]
    place.create_cluster("gpu-new", "STANDARD_NC4AS_T4_V3", least=1, most=3, low_priority=True)
    made = azure.clusters["gpu-new"]
    assert (made.vm_size, made.least, made.nodes, made.priority) == ("STANDARD_NC4AS_T4_V3", 1, 3, "LowPriority")
    (found,) = [cluster for cluster in place.clusters() if cluster.name == "gpu-new"]
    assert str(found) == "gpu-new (STANDARD_NC4AS_T4_V3, 0 of 3 nodes, low priority)"
    assert (found.min_nodes, found.state, found.problem) == (1, "Succeeded", "")
    assert backend.clusters() == backend_v2.clusters()
    place.delete_cluster("GPU-new")
    assert "gpu-new" not in azure.clusters
