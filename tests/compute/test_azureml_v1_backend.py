"""The driver on the real SDK, against the local Azure whose clusters run what is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from internet.azure import ARTICLE_RUN, DATA, LocalAzure, Run

from artgan.compute.azureml_common.environments import IMAGE
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.backend import JobSpec
from artgan.errors import NotFoundError, UsageError

ZIP = "flowers-16-0123456789ab.zip"
SPEC = JobSpec(
    run="flowers-16-k3f9x2", run_id="k3f9x2", dataset="flowers", size=16, data=ZIP, cluster="gpu-nc6",
    tags={"mood": "blue"}, pins={"python": "3.12", "tensorflow": "2.21.0", "keras": "3.15.1", "pillow": "12.0.0"},
)  # fmt: skip
JOB = """
import sys, time
from pathlib import Path
data = Path(sys.argv[sys.argv.index("--data") + 1])
print("data:", *sorted(path.name for path in data.iterdir()))
models = Path("outputs/models")
models.mkdir(parents=True)
for epoch in (9, 10, 1000):
    (models / f"gen_{epoch}.keras").write_bytes(b"g" * epoch)
(Path("outputs") / "odd #1, 50% & \\u00fc.txt").write_text("odd")
while "wait" in sys.argv[0] or not Path("outputs/models/gen_1000.keras").exists():
    time.sleep(0.05)
print("done")
"""


def stage(folder: Path, code: str = JOB) -> Path:
    folder.mkdir()
    (folder / "entry.py").write_text(code, "utf-8")
    return folder


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    return stage(tmp_path / "job")


def remote_of(backend: AzureMLBackend) -> dict[str, str]:
    return {**backend.where.remote, "experiment": "artgan"}


def only(azure: LocalAzure) -> Run:
    (run,) = azure.runs.values()
    return run


def asked(azure: LocalAzure, method: str, part: str) -> int:
    return sum(1 for entry in azure.log if entry.method == method and part in entry.url)


def test_a_run_from_the_plan_to_its_files(
    azure: LocalAzure, backend: AzureMLBackend, staged: Path, tmp_path: Path
) -> None:
    target = backend.target(SPEC)
    assert target.facts["workspace"] == "paintings (group studio, eastus)"
    assert target.facts["cluster"] == "gpu-nc6 (STANDARD_NC4AS_T4_V3, 0 of 2 nodes)"
    assert target.warnings == ()
    assert WorkspaceRef(**{name: target.remote[name] for name in azure.config}) == backend.where
    assert target.remote["cluster"] == "gpu-nc6" and target.remote["vm_size"] == "STANDARD_NC4AS_T4_V3"

    data = tmp_path / ZIP
    data.write_bytes(b"z" * 100_000)
    backend.upload(data, ZIP, lambda done: None)
    sent = backend.submit(SPEC, staged, target.remote)
    assert sent.state in ("queued", "preparing", "running", "finished") and sent.name == "flowers-16-k3f9x2"
    assert sent.tags == {"mood": "blue", "artgan.run": "k3f9x2", "artgan.name": "flowers-16-k3f9x2"}
    assert sent.remote_id in sent.portal_url and sent.portal_url.startswith("https://ml.azure.com/runs/")

    run = only(azure)
    azure.wait(lambda: run.over)
    over = backend.status(sent.remote_id, target.remote)
    assert over.state == "finished" and over.created and over.ended and over.started and over.created <= over.ended
    log = backend.logs(sent.remote_id, target.remote)
    assert log.data.decode() == f"data: {ZIP}\ndone\n" and log.offset == len(log.data)
    assert backend.logs(sent.remote_id, target.remote, 6).data == log.data[6:]
    assert backend.logs(sent.remote_id, target.remote, log.offset) == (b"", log.offset)

    files = {file.path: file for file in backend.files(sent.remote_id, target.remote)}
    assert {"models/gen_9.keras", "models/gen_10.keras", "models/gen_1000.keras"} < set(files)
    assert [f.path for f in backend.files(sent.remote_id, target.remote, "models/gen_10.")] == ["models/gen_10.keras"]
    for name, content in (("models/gen_1000.keras", b"g" * 1000), ("odd #1, 50% & ü.txt", b"odd")):
        backend.fetch(sent.remote_id, target.remote, files[name], tmp_path / "home" / name)
        assert (tmp_path / "home" / name).read_bytes() == content
    assert backend.cancel(sent.remote_id, target.remote) is False


def test_what_is_sent(azure: LocalAzure, backend: AzureMLBackend, staged: Path) -> None:
    azure.hold()
    spec = SPEC.model_copy(update={"max_hours": 1.5, "priority": "7", "tags": {}})
    backend.submit(spec, staged, remote_of(backend))
    run = only(azure)
    sent = run.definition
    assert sent["script"] == "entry.py" and sent["target"] == "gpu-nc6"
    assert sent["arguments"] == ["--data", "$AZUREML_DATAREFERENCE_artgan_datasets"]
    (reference,) = sent["dataReferences"].values()
    assert (reference["pathOnDataStore"], reference["mode"]) == ("datasets", "mount")
    assert sent["maxRunDurationSeconds"] == 5400 and sent["priority"] == 7
    assert sent["docker"]["useDocker"] is True and sent["docker"]["shmSize"] == "2g"
    assert sent["environmentVariables"] == {"PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    environment = sent["environment"]
    assert environment["docker"]["baseImage"] == IMAGE and environment["environmentVariables"] == {}
    python, _, pip = environment["python"]["condaDependencies"]["dependencies"]
    assert python == "python=3.12"
    wanted = ["tensorflow[and-cuda]==2.21.0", "keras==3.15.1", "pillow==12.0.0"]
    assert pip["pip"][:3] == wanted and pip["pip"][3].startswith("azureml-core==")
    assert run.experiment.name == "artgan" and run.name == "flowers-16-k3f9x2"


def test_a_python_of_ones_own(azure: LocalAzure, backend: AzureMLBackend, staged: Path) -> None:
    azure.hold()
    backend.submit(SPEC.model_copy(update={"pins": {"python": "3.13"}}), staged, remote_of(backend))
    pip = only(azure).definition["environment"]["python"]["condaDependencies"]["dependencies"][-1]["pip"]
    assert "standard-imghdr" in pip, "the SDK imports a module that Python 3.13 left out"


def test_an_image_of_ones_own_is_taken_as_it_is(azure: LocalAzure, backend: AzureMLBackend, staged: Path) -> None:
    azure.hold()
    spec = SPEC.model_copy(update={"image": "studio.azurecr.io/artgan:gpu"})
    assert backend.target(spec).facts["image"] == "studio.azurecr.io/artgan:gpu, as it is"
    backend.submit(spec, staged, remote_of(backend))
    environment = only(azure).definition["environment"]
    assert environment["docker"]["baseImage"] == "studio.azurecr.io/artgan:gpu"
    assert environment["python"]["userManagedDependencies"] is True
    assert environment["python"]["interpreterPath"] == "python"


def test_the_same_run_is_sent_once(azure: LocalAzure, backend: AzureMLBackend, staged: Path) -> None:
    azure.hold()
    remote = remote_of(backend)
    assert backend.find("k3f9x2", remote) is None
    first = backend.submit(SPEC, staged, remote)
    again = AzureMLBackend(backend.where).submit(SPEC, staged, remote)
    assert first.remote_id == again.remote_id and len(azure.runs) == 1
    assert asked(azure, "POST", "snapshotrun") == 1


def test_a_job_whose_sender_died_is_found_and_gets_its_tag(
    azure: LocalAzure, backend: AzureMLBackend, staged: Path
) -> None:
    azure.hold()
    remote = remote_of(backend)
    backend.submit(SPEC, staged, remote)
    only(azure).tags.clear()  # as it is when the client is killed between two requests
    found = AzureMLBackend(backend.where).find("k3f9x2", remote)
    assert found is not None and found.state == "queued"
    assert only(azure).tags["artgan.run"] == "k3f9x2"
    assert [run.remote_id for run in backend.runs(remote)] == [found.remote_id]


def test_a_job_that_was_named_by_somebody_else_is_found_by_its_tag(azure: LocalAzure, backend: AzureMLBackend) -> None:
    azure.old_run("artgan_1700000000_00000000", "artgan", tags={"artgan.run": "zzzzzz"})
    azure.old_run("artgan_1700000000_00000001", "artgan", tags={"artgan.run": "k3f9x2"})
    found = backend.find("k3f9x2", remote_of(backend))
    assert found is not None and found.remote_id == "artgan_1700000000_00000001"


def test_a_snapshot_that_the_service_has_forgotten_is_sent_again(
    azure: LocalAzure, backend: AzureMLBackend, staged: Path
) -> None:
    azure.hold()
    remote = remote_of(backend)
    backend.submit(SPEC, staged, remote)
    azure.world.snapshots.clear()
    backend.submit(SPEC.model_copy(update={"run": "flowers-16-zzzzzz", "run_id": "zzzzzz"}), staged, remote)
    assert list(azure.runs) == ["artgan_k3f9x2", "artgan_zzzzzz"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("NotStarted", "queued"), ("Queued", "queued"), ("Preparing", "preparing"), ("Provisioning", "preparing"),
        ("Starting", "preparing"), ("Running", "running"), ("Finalizing", "running"), ("CancelRequested", "running"),
        ("Completed", "finished"), ("Failed", "failed"), ("Canceled", "cancelled"),
    ],
)  # fmt: skip
def test_states(azure: LocalAzure, backend: AzureMLBackend, theirs: str, ours: str) -> None:
    azure.old_run("artgan_1", "artgan", status=theirs)
    assert backend.status("artgan_1", remote_of(backend)).state == ours


def test_more_runs_than_fit_on_a_page_newest_first(azure: LocalAzure, backend: AzureMLBackend) -> None:
    azure.old_runs(1203, tags={"artgan.run": "x"})
    azure.old_runs(5, experiment="others")
    found = list(backend.runs(remote_of(backend)))
    assert [run.tags["number"] for run in found] == [str(n) for n in reversed(range(1203))]
    assert asked(azure, "POST", "runs:query") == 3


def test_only_runs_of_artgan_unless_an_experiment_is_named(azure: LocalAzure, backend: AzureMLBackend) -> None:
    azure.old_run("a1", "artgan", tags={"artgan.run": "aaaaaa"})
    azure.old_run("a2", "artgan", tags={"by": "hand"})
    assert [run.remote_id for run in backend.runs(remote_of(backend))] == ["a1"]
    assert {run.remote_id for run in backend.runs(remote_of(backend), "artgan")} == {"a1", "a2"}
    assert list(AzureMLBackend(backend.where).runs({"experiment": "never-used"})) == []
    with pytest.raises(NotFoundError) as wrong:
        list(backend.runs(remote_of(backend), "KeraGan"))
    assert "'KeraGan'" in wrong.value.message and "artgan" in wrong.value.hint
    assert list(azure.world.experiments) == ["artgan"], "looking makes no experiment"


def test_the_articles_own_run(azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path) -> None:
    names = ("models/gen_9900.h5", "models/gen_10100.h5", "samples/0_0.png")
    files = {f"outputs/{name}": name.encode() for name in names}
    azure.article_run(files)
    (found,) = backend.runs({}, "KeraGAN")
    assert (found.remote_id, found.experiment, found.state) == (ARTICLE_RUN, "KeraGAN", "finished")
    remote = {**backend.where.remote, "experiment": found.experiment}
    there = {file.path: file for file in backend.files(ARTICLE_RUN, remote)}
    assert set(there) == set(names)
    backend.fetch(ARTICLE_RUN, remote, there["models/gen_10100.h5"], tmp_path / "gen_10100.h5")
    assert (tmp_path / "gen_10100.h5").read_bytes() == b"models/gen_10100.h5"
    assert backend.logs(ARTICLE_RUN, remote).data == b"epoch 10100\n"


def test_many_files_of_a_folder_are_signed_together(azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path) -> None:
    files = {f"outputs/samples/{n:06d}.png": b"s" * n for n in range(1, 31)}
    azure.old_run("artgan_1", "artgan", files=files)
    for file in backend.files("artgan_1", remote_of(backend), "samples/"):
        backend.fetch("artgan_1", remote_of(backend), file, tmp_path / file.path)
    assert sorted(path.stat().st_size for path in (tmp_path / "samples").iterdir()) == list(range(1, 31))
    assert asked(azure, "GET", "contentinfo") == 2


def test_the_data_go_up_once_and_can_be_listed_and_removed(
    azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path
) -> None:
    data = tmp_path / ZIP
    data.write_bytes(bytes(range(256)) * 40_000)
    told: list[int] = []
    backend.upload(data, ZIP, told.append)
    assert told == sorted(told) and told[-1] == data.stat().st_size and len(told) > 2
    puts = asked(azure, "PUT", "blob.core")
    backend.upload(data, ZIP, told.append)
    assert asked(azure, "PUT", "blob.core") == puts, "what is there is not sent again"
    assert azure.blobs() == {f"datasets/{ZIP}": data.stat().st_size}
    azure.storage.put(DATA, f"datasets/{ZIP}", b"torn")
    backend.upload(data, ZIP, told.append)
    assert azure.blobs() == {f"datasets/{ZIP}": data.stat().st_size}, "another size is another content"

    assert [(file.path, file.size) for file in backend.data()] == [(ZIP, data.stat().st_size)]
    with pytest.raises(NotFoundError) as wrong:
        backend.remove_data("roses.zip")
    assert ZIP in wrong.value.hint
    backend.remove_data(ZIP)
    assert backend.data() == [] and azure.blobs() == {}


def test_the_plan_warns_of_a_retired_size_and_of_a_wish_that_the_cluster_cannot_grant(
    azure: LocalAzure, backend: AzureMLBackend
) -> None:
    old = backend.target(SPEC.model_copy(update={"cluster": "gpu-old"}))
    assert "STANDARD_NC6 (K80)" in old.warnings[0] and "STANDARD_NC4AS_T4_V3" in old.warnings[0]
    wish = backend.target(SPEC.model_copy(update={"low_priority": True}))
    assert "dedicated" in wish.warnings[0]
    with pytest.raises(NotFoundError) as wrong:
        backend.target(SPEC.model_copy(update={"cluster": "gpu"}))
    assert "gpu-cheap (STANDARD_NC4AS_T4_V3, 0 of 2 nodes, low priority), gpu-nc6" in wrong.value.hint
    with pytest.raises(UsageError, match="no cluster"):
        backend.target(SPEC.model_copy(update={"cluster": ""}))
    assert azure.runs == {} and azure.blobs() == {}, "looking changes nothing"


def test_doctor_learns_what_works(azure: LocalAzure, backend: AzureMLBackend) -> None:
    checks = backend.check()
    assert [check.name for check in checks[:3]] == ["azureml-core", "sign-in", "workspace"]
    assert [check.good for check in checks] == [True, True, True, True, True, False]
    assert "gpu-old" in checks[-1].text and checks[-1].hint


QUIET = """
import json, sys
from pathlib import Path
from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.azureml_common.workspaces import find_workspace
from artgan.compute.backend import JobSpec
backend = AzureMLBackend(find_workspace({}, Path.cwd(), None))
assert not [name for name in sys.modules if name.split(".")[0] in ("azure", "azureml", "msal")]
spec = JobSpec.model_validate_json(sys.argv[1])
remote = backend.target(spec).remote
backend.upload(Path("x.zip"), "x.zip", lambda done: None)
sent = backend.submit(spec, Path("job"), remote)
backend.status(sent.remote_id, remote), list(backend.runs(remote)), backend.logs(sent.remote_id, remote)
backend.cancel(sent.remote_id, remote)
"""


def test_the_sdk_is_loaded_late_and_says_nothing(azure: LocalAzure, staged: Path, tmp_path: Path) -> None:
    azure.write_config(tmp_path)
    (tmp_path / "x.zip").write_bytes(b"x")
    (staged / "large").write_bytes(b"l" * 26 * 1024 * 1024)  # from here on the SDK has a warning to give
    done = subprocess.run(
        [sys.executable, "-c", QUIET, SPEC.model_dump_json()],
        cwd=tmp_path, env=azure.env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
