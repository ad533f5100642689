"""Azure when it is not at its best, asked by the SDK v2: what a person reads, what is done again without asking."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from internet.azure import LocalAzure, faults
from internet.server import Request, Response

from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.azureml_v2.backend import AzureMLBackend
from artgan.compute.backend import JobSpec
from artgan.errors import ArtganError, NotFoundError, RemoteError, SetupError

SPEC = JobSpec(run="flowers-16-k3f9x2", run_id="k3f9x2", dataset="flowers", size=16, data="x.zip", cluster="gpu-nc6")
REMOTE = {"experiment": "artgan"}
JOBS = "*management.azure.com*/jobs/*"


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


def asked(azure: LocalAzure, method: str, part: str) -> int:
    return sum(1 for entry in azure.log if entry.method == method and part in entry.url)


def test_an_expired_sign_in(azure: LocalAzure, backend_v2: AzureMLBackend) -> None:
    azure.old_run("artgan_1", "artgan")
    backend_v2.target(SPEC)
    azure.expire_sign_in()
    for ask in (lambda: backend_v2.status("artgan_1", REMOTE), lambda: backend_v2.target(SPEC), backend_v2.data):
        assert "az login" in failing(ask, SetupError).hint
    fresh = AzureMLBackend(backend_v2.where)
    assert "sign-in" in failing(lambda: fresh.target(SPEC), SetupError).message
    azure.expire_sign_in(False)
    assert backend_v2.status("artgan_1", REMOTE).state == "finished", "the next question signs in anew"
    assert backend_v2.target(SPEC).remote["cluster"] == "gpu-nc6"


def test_a_workspace_that_is_not_there(azure: LocalAzure, backend_v2: AzureMLBackend) -> None:
    azure.delete_workspace()
    found = failing(lambda: backend_v2.target(SPEC), NotFoundError)
    assert "'paintings'" in found.message and "az ml workspace list" in found.hint
    azure.delete_workspace(False)
    other = AzureMLBackend(WorkspaceRef(backend_v2.where.subscription_id, "studio", "drawings"))
    assert "'drawings'" in failing(lambda: list(other.runs(REMOTE)), NotFoundError).message


@pytest.mark.parametrize(
    ("fault", "words", "hint"),
    [
        (faults.forbidden, "not allowed to start a run on cluster 'gpu-nc6'", "az role assignment create"),
        (faults.quota, "for want of quota", "ml.azure.com/quota"),
        (lambda: faults.throttled(3600), "too many requests", "try again in 60 min"),
    ],
)
def test_a_submit_that_is_refused(
    azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path, waits: list[float], fault: Any, words: str, hint: str
) -> None:
    azure.inject(lambda request: request.method == "PUT" and "/jobs/" in request.target, fault(), instead=True)
    found = failing(lambda: backend_v2.submit(SPEC, staged, REMOTE), RemoteError)
    assert words in found.message and hint in found.hint
    assert asked(azure, "PUT", "/jobs/") == 1 and azure.runs == {} and waits == []


def test_a_stumble_is_not_noticed(
    azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path, waits: list[float]
) -> None:
    azure.hold()
    for part in (
        "*/runs/artgan_k3f9x2*",
        "*/datastores*",
        "*/computes*",
        "*/codes/*",
        "*/environments/*",
        "*discovery*",
    ):
        azure.inject(part, faults.unavailable(), times=1, instead=True)
    azure.inject(lambda request: request.method == "PUT" and "/jobs/" in request.target, faults.throttled(2), 1)
    assert backend_v2.target(SPEC).remote["cluster"] == "gpu-nc6"
    assert backend_v2.submit(SPEC, staged, REMOTE).state == "queued"
    assert list(azure.runs) == ["artgan_k3f9x2"], "the answer was lost, and the job is not sent twice"
    azure.inject("*runs:query*", faults.throttled(2), times=2, instead=True)
    assert [run.remote_id for run in backend_v2.runs(REMOTE)] == ["artgan_k3f9x2"]
    azure.inject("*blob.core*", faults.unavailable(), times=1, instead=True)
    assert backend_v2.files("artgan_k3f9x2", REMOTE) == []
    assert backend_v2.cancel("artgan_k3f9x2", REMOTE) is True


def test_a_service_that_stays_down_and_no_network(
    azure: LocalAzure, backend_v2: AzureMLBackend, waits: list[float]
) -> None:
    azure.old_run("artgan_1", "artgan")
    backend_v2.status("artgan_1", REMOTE)
    azure.inject("*/runs/artgan_1*", faults.server_error(), instead=True)
    found = failing(lambda: backend_v2.status("artgan_1", REMOTE), RemoteError)
    assert "failed (500)" in found.message and "few minutes" in found.hint and 20 < sum(waits) <= 65
    azure.internet.cut()
    for place in (backend_v2, AzureMLBackend(backend_v2.where)):
        found = failing(lambda place=place: place.target(SPEC), RemoteError)  # type: ignore[misc]
        assert "no connection to Azure" in found.message and "HTTPS_PROXY" in found.hint


def test_a_cancel_that_fails_or_crosses_the_end_of_the_run(
    azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path
) -> None:
    azure.hold()
    sent = backend_v2.submit(SPEC, staged, REMOTE)
    azure.inject("*/cancel*", faults.forbidden(), instead=True)
    assert "not allowed to cancel" in failing(lambda: backend_v2.cancel(sent.remote_id, REMOTE), RemoteError).message
    azure.internet.heal()

    def over(request: Request, response: Response) -> Response:
        azure.runs[sent.remote_id].become("Completed")
        return Response.of_json({"error": {"code": "UserError", "message": "The run is over."}}, 400)

    azure.inject("*/cancel*", over, instead=True)
    assert backend_v2.cancel(sent.remote_id, REMOTE) is False


def test_a_download_that_is_cut_goes_on(
    azure: LocalAzure, backend_v2: AzureMLBackend, tmp_path: Path, waits: list[float]
) -> None:
    content = bytes(range(256)) * 20_000
    azure.old_run("artgan_1", "artgan", files={"outputs/models/gen_1.keras": content})
    (file,) = backend_v2.files("artgan_1", REMOTE)
    azure.inject("*gen_1.keras*", faults.partial(0.4), times=1)
    azure.inject("*gen_1.keras*", faults.storage_refuses(), times=1, instead=True)
    backend_v2.fetch("artgan_1", REMOTE, file, tmp_path / "gen_1.keras")
    assert (tmp_path / "gen_1.keras").read_bytes() == content
    azure.inject("*gen_1.keras*", faults.storage_refuses(), instead=True)
    refused = failing(lambda: backend_v2.fetch("artgan_1", REMOTE, file, tmp_path / "again.keras"), RemoteError)
    assert "storage" in refused.hint
