"""Azure when it is not at its best: what a person reads, and what is done again without asking."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from internet.azure import DATA, LocalAzure, faults
from internet.server import Request, Response

from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.backend import JobSpec
from artgan.errors import ArtganError, NotFoundError, RemoteError, SetupError

SPEC = JobSpec(run="flowers-16-k3f9x2", run_id="k3f9x2", dataset="flowers", size=16, data="x.zip", cluster="gpu-nc6")
REMOTE = {"experiment": "artgan"}


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "entry.py").write_text("print('done')\n", "utf-8")
    return tmp_path / "job"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited; a second is a hundredth."""
    waited: list[float] = []
    sleep = time.sleep

    def shorter(seconds: float) -> None:
        if seconds > 0.3:
            waited.append(seconds)
        sleep(min(seconds, 0.3) / 10)

    monkeypatch.setattr(time, "sleep", shorter)
    return waited


def failing(call: Callable[[], Any], kind: type[ArtganError]) -> ArtganError:
    with pytest.raises(kind) as failed:
        call()
    assert "\n" not in str(failed.value) and failed.value.hint
    return failed.value


def asked(azure: LocalAzure, part: str) -> int:
    return sum(1 for entry in azure.log if part in entry.url)


def test_an_expired_sign_in(azure: LocalAzure, backend: AzureMLBackend, waits: list[float]) -> None:
    azure.expire_sign_in()
    found = failing(lambda: backend.target(SPEC), SetupError)
    assert "sign-in" in found.message and "az login" in found.hint
    (good, bad) = backend.check()
    assert good.good and not bad.good and bad.name == "sign-in"


def test_a_sign_in_that_expires_under_way(azure: LocalAzure, backend: AzureMLBackend) -> None:
    azure.old_run("artgan_1", "artgan")
    backend.status("artgan_1", REMOTE)
    azure.expire_sign_in()
    found = failing(lambda: backend.status("artgan_1", REMOTE), SetupError)
    assert "az login" in found.hint
    azure.expire_sign_in(False)
    assert backend.status("artgan_1", REMOTE).state == "finished", "the next question signs in anew"


@pytest.mark.parametrize("credential", ["cli", "service-principal", "managed"])
def test_signing_in_in_other_ways(
    azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, credential: str, waits: list[float]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    backend = AzureMLBackend(WorkspaceRef(**azure.config), credential=credential)
    if credential == "service-principal":
        assert backend.target(SPEC).remote["cluster"] == "gpu-nc6"
    else:
        found = failing(lambda: backend.target(SPEC), SetupError)
        assert "az login" in found.hint
        azure.internet.proxy.connects.clear()  # a managed identity is looked for at an address of the machine's own


def test_a_workspace_that_was_deleted(azure: LocalAzure, backend: AzureMLBackend) -> None:
    azure.delete_workspace()
    found = failing(lambda: backend.target(SPEC), NotFoundError)
    assert "'paintings'" in found.message and "az ml workspace list" in found.hint


def test_a_subscription_that_is_not_ours(azure: LocalAzure) -> None:
    backend = AzureMLBackend(WorkspaceRef("99999999-0000-4000-8000-000000000000", "studio", "paintings"))
    found = failing(lambda: backend.target(SPEC), RemoteError)
    assert "no access to the subscription 99999999" in found.message and "az account list" in found.hint


def test_no_permission_to_start_a_run(azure: LocalAzure, backend: AzureMLBackend, staged: Path) -> None:
    azure.inject("*snapshotrun*", faults.forbidden(), instead=True)
    found = failing(lambda: backend.submit(SPEC, staged, REMOTE), RemoteError)
    assert "not allowed to start a run" in found.message and "az role assignment create" in found.hint
    assert asked(azure, "snapshotrun") == 1, "a refusal is not asked for twice"


def test_no_permission_to_read(azure: LocalAzure, backend: AzureMLBackend) -> None:
    azure.inject("*runs:query*", faults.forbidden(), instead=True)
    found = failing(lambda: list(backend.runs(REMOTE)), RemoteError)
    assert "not allowed to list the runs" in found.message
    assert asked(azure, "runs:query") == 1


def test_quota_is_refused(azure: LocalAzure, backend: AzureMLBackend, staged: Path) -> None:
    azure.inject("*snapshotrun*", faults.quota(), instead=True)
    found = failing(lambda: backend.submit(SPEC, staged, REMOTE), RemoteError)
    assert "quota" in found.message and "ml.azure.com/quota" in found.hint


def test_too_many_requests_are_waited_out(azure: LocalAzure, backend: AzureMLBackend, waits: list[float]) -> None:
    azure.old_run("artgan_1", "artgan", tags={"artgan.run": "k3f9x2"})
    azure.inject("*runs:query*", faults.throttled(2), times=2, instead=True)
    assert len(list(backend.runs(REMOTE))) == 1
    assert waits == [2.0, 2.0]


def test_a_service_that_wants_an_hour_is_not_waited_for(
    azure: LocalAzure, backend: AzureMLBackend, waits: list[float]
) -> None:
    azure.inject("*runs:query*", faults.throttled(3600), instead=True)
    found = failing(lambda: list(backend.runs(REMOTE)), RemoteError)
    assert found.hint == "try again in 60 min" and waits == []


@pytest.mark.parametrize("fault", [faults.server_error, faults.unavailable])
def test_a_stumble_is_not_noticed(azure: LocalAzure, backend: AzureMLBackend, waits: list[float], fault: Any) -> None:
    azure.old_run("artgan_1", "artgan", files={"outputs/run.json": b"{}", "user_logs/std_log.txt": b"log"})
    for part in ("*/runs/artgan_1*", "*/artifacts/*", "*/details*", "*blob.core*std_log*", "*/computes*"):
        azure.inject(part, fault(), times=1, instead=True)
    assert backend.status("artgan_1", REMOTE).state == "finished"
    assert [file.path for file in backend.files("artgan_1", REMOTE)] == ["run.json"]
    assert backend.logs("artgan_1", REMOTE).data == b"log"
    assert backend.target(SPEC).facts["cluster"].startswith("gpu-nc6")


def test_a_service_that_stays_down_is_given_up_on(
    azure: LocalAzure, backend: AzureMLBackend, waits: list[float]
) -> None:
    azure.old_run("artgan_1", "artgan")
    azure.inject("*/runs/artgan_1*", faults.server_error(), instead=True)
    found = failing(lambda: backend.status("artgan_1", REMOTE), RemoteError)
    assert "failed (500)" in found.message and "few minutes" in found.hint
    assert 20 < sum(waits) <= 65


def test_no_network(azure: LocalAzure, backend: AzureMLBackend, waits: list[float]) -> None:
    azure.old_run("artgan_1", "artgan")
    backend.status("artgan_1", REMOTE)
    azure.internet.cut()
    found = failing(lambda: backend.status("artgan_1", REMOTE), RemoteError)
    assert "no connection to Azure" in found.message and "HTTPS_PROXY" in found.hint
    fresh = AzureMLBackend(backend.where)
    assert "no connection to Azure" in failing(lambda: fresh.target(SPEC), RemoteError).message
    azure.internet.proxy.restore()
    assert backend.status("artgan_1", REMOTE).state == "finished"


def test_an_answer_that_was_lost_does_not_start_a_second_run(
    azure: LocalAzure, backend: AzureMLBackend, staged: Path, waits: list[float]
) -> None:
    azure.hold()
    azure.inject("*snapshotrun*", faults.unavailable(), times=1)  # the service did it, and failed to say so
    sent = backend.submit(SPEC, staged, REMOTE)
    assert list(azure.runs) == [sent.remote_id] and sent.state == "queued"
    assert azure.runs[sent.remote_id].tags["artgan.run"] == "k3f9x2"


def test_a_submit_that_is_throttled_gets_through(
    azure: LocalAzure, backend: AzureMLBackend, staged: Path, waits: list[float]
) -> None:
    azure.hold()
    azure.inject("*snapshotrun*", faults.throttled(2), times=1, instead=True)
    assert backend.submit(SPEC, staged, REMOTE).state == "queued"
    assert len(azure.runs) == 1 and waits == [2.0]
    azure.inject("*snapshotrun*", faults.throttled(3600), instead=True)
    other = SPEC.model_copy(update={"run": "flowers-16-zzzzzz", "run_id": "zzzzzz"})
    assert failing(lambda: backend.submit(other, staged, REMOTE), RemoteError).hint == "try again in 60 min"
    assert waits == [2.0], "an hour is not waited for"


def test_an_upload_that_is_cut_is_whole_in_the_end(
    azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path, waits: list[float]
) -> None:
    data = tmp_path / "x.zip"
    data.write_bytes(b"paint" * 2_000_000)
    azure.inject(lambda request: request.method == "PUT" and "comp=block" in request.target, faults.unavailable(), 2)
    backend.upload(data, "x.zip", lambda done: None)
    assert azure.blobs() == {"datasets/x.zip": 10_000_000}
    assert (
        azure.storage.get("azureml-blobstore-0a1b2c3d-4e5f-4677-8899-aabbccddeeff", "datasets/x.zip")
        == data.read_bytes()
    )


def test_an_upload_that_does_not_arrive_is_not_believed(
    azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path, waits: list[float]
) -> None:
    data = tmp_path / "x.zip"
    data.write_bytes(b"paint" * 1000)
    created = faults.then(lambda request: azure.storage.delete(DATA, "datasets/x.zip"))
    azure.inject(lambda request: request.method == "PUT" and "x.zip" in request.target, created)
    found = failing(lambda: backend.upload(data, "x.zip", lambda done: None), RemoteError)
    assert "5000 bytes here, but nothing arrived" in found.message


def test_a_run_that_the_service_does_not_know(azure: LocalAzure, backend: AzureMLBackend) -> None:
    found = failing(lambda: backend.status("artgan_gone", REMOTE), NotFoundError)
    assert "'artgan_gone'" in found.message


def test_a_cancel_that_fails_says_so(
    azure: LocalAzure, backend: AzureMLBackend, staged: Path, waits: list[float]
) -> None:
    azure.hold()
    sent = backend.submit(SPEC, staged, REMOTE)
    azure.inject("*/cancel*", faults.forbidden(), instead=True)
    found = failing(lambda: backend.cancel(sent.remote_id, REMOTE), RemoteError)
    assert "not allowed to cancel" in found.message


def test_a_cancel_that_crosses_the_end_of_the_run(azure: LocalAzure, backend: AzureMLBackend, staged: Path) -> None:
    azure.hold()
    sent = backend.submit(SPEC, staged, REMOTE)

    def over(request: Request, response: Response) -> Response:
        azure.runs[sent.remote_id].become("Completed")
        return Response.of_json({"error": {"code": "UserError", "message": "The run is over."}}, 400)

    azure.inject("*/cancel*", over, instead=True)
    assert backend.cancel(sent.remote_id, REMOTE) is False


def test_a_storage_account_that_refuses(azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"x")
    azure.inject("*blob.core*x.zip*", faults.storage_refuses(), instead=True)
    found = failing(lambda: backend.upload(tmp_path / "x.zip", "x.zip", lambda done: None), RemoteError)
    assert "storage account" in found.message and "az ml workspace sync-keys -n paintings -g studio" in found.hint


def test_a_preempted_run_is_queued_and_then_goes_on(azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "entry.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(30)\n", "utf-8")
    sent = backend.submit(SPEC, folder, REMOTE)
    run = azure.runs[sent.remote_id]
    azure.wait(lambda: "user_logs/std_log.txt" in run.artifacts)
    azure.preempt(run, keep_outputs=False, hold=True)
    assert backend.status(sent.remote_id, REMOTE).state == "queued"
    azure.release()
    azure.wait(lambda: run.status == "Running")
    assert backend.status(sent.remote_id, REMOTE).state == "running"
    assert run.attempts == 2
    backend.cancel(sent.remote_id, REMOTE)
