"""The driver on the real SDK v2, against the local Azure whose clusters run what is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from internet.azure import ARTICLE_RUN, LocalAzure, Run

from artgan.compute.azureml_common.environments import IMAGE
from artgan.compute.azureml_v2.backend import AzureMLBackend
from artgan.compute.backend import JobSpec
from artgan.errors import NotFoundError, UsageError

ZIP = "flowers-16-0123456789ab.zip"
SPEC = JobSpec(
    run="flowers-16-k3f9x2", run_id="k3f9x2", dataset="flowers", size=16, data=ZIP, cluster="gpu-nc6",
    tags={"mood": "blue"}, pins={"python": "3.12", "tensorflow": "2.21.0", "keras": "3.15.1", "pillow": "12.0.0"},
)  # fmt: skip
JOB = """
import sys
from pathlib import Path
print("data:", *sorted(path.name for path in Path(sys.argv[2]).iterdir()))
Path("outputs").mkdir(exist_ok=True)
(Path("outputs") / "odd #1, 50% & \\u00fc.txt").write_text("odd")
sys.exit("fail" in sys.argv[2])
"""


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    (tmp_path / "job" / "run").mkdir(parents=True)
    (tmp_path / "job" / "entry.py").write_text(JOB, "utf-8")
    (tmp_path / "job" / "run" / "job.json").write_text("{}", "utf-8")
    return tmp_path / "job"


def remote_of(backend: AzureMLBackend) -> dict[str, str]:
    return {**backend.where.remote, "experiment": "artgan"}


def only(azure: LocalAzure) -> Run:
    (run,) = azure.runs.values()
    return run


def asked(azure: LocalAzure, method: str, part: str) -> int:
    return sum(1 for entry in azure.log if entry.method == method and part in entry.url)


def test_what_is_sent(azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path) -> None:
    azure.hold()
    spec = SPEC.model_copy(update={"max_hours": 1.5, "priority": "high"})
    sent = backend_v2.submit(spec, staged, remote_of(backend_v2))
    assert sent.tags == {"mood": "blue", "artgan.run": "k3f9x2", "artgan.name": "flowers-16-k3f9x2"}
    assert (sent.remote_id, sent.name, sent.experiment) == ("artgan_k3f9x2", "flowers-16-k3f9x2", "artgan")
    run = only(azure)
    job = run.definition
    assert job["command"] == "python entry.py --data ${{inputs.data}}" and run.target == "gpu-nc6"
    assert job["inputs"]["data"]["uri"] == "azureml://datastores/workspaceblobstore/paths/datasets"
    assert job["inputs"]["data"]["mode"] == "ReadOnlyMount"
    assert job["maxRunDurationSeconds"] == 5400 and job["queueSettings"] == {"priority": 3}
    assert job["resources"]["shmSize"] == "2g" and "instanceType" not in job["resources"]
    assert job["environmentVariables"] == {"PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    (environment,) = azure.world.environments.values()
    assert environment["image"] == IMAGE
    for line in ("python=3.12", "tensorflow[and-cuda]==2.21.0", "keras==3.15.1", "pillow==12.0.0"):
        assert f"- {line}\n" in environment["condaFile"]
    code = azure.world.codes[run.snapshot or ""]
    blobs = azure.blobs(code.container)
    assert {blob.removeprefix(code.prefix) for blob in blobs} == {"entry.py", "run/job.json"}


def test_a_machine_of_its_own_and_the_spot_tier(azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path) -> None:
    wish = {"cluster": "", "vm_size": "STANDARD_NC4AS_T4_V3", "low_priority": True, "image": "ghcr.io/me/mine:1"}
    spec = SPEC.model_copy(update=wish)
    target = backend_v2.target(spec)
    assert target.facts["machine"] == "STANDARD_NC4AS_T4_V3, of its own, spot" and "cluster" not in target.facts
    assert target.remote["vm_size"] == "STANDARD_NC4AS_T4_V3" and target.remote["cluster"] == ""
    assert "taken away" in target.warnings[0]
    sent = backend_v2.submit(spec, staged, target.remote)
    run = only(azure)
    assert run.definition.get("computeId") is None
    assert run.definition["resources"]["instanceType"] == "STANDARD_NC4AS_T4_V3"
    assert run.definition["queueSettings"]["jobTier"].lower() == "spot"
    (environment,) = azure.world.environments.values()
    assert environment["image"] == "ghcr.io/me/mine:1" and not environment.get("condaFile"), "taken as it is"
    azure.wait(lambda: run.over)
    assert backend_v2.status(sent.remote_id, target.remote).state == "finished"
    old = backend_v2.target(spec.model_copy(update={"vm_size": "Standard_NC6", "low_priority": False}))
    assert "switched off on 6 September 2023" in old.warnings[0]
    with pytest.raises(UsageError, match="contradict"):
        backend_v2.target(spec.model_copy(update={"cluster": "gpu-nc6"}))


def test_a_machine_of_its_own_is_not_to_be_had_with_v1(azure: LocalAzure, backend: AzureMLBackend) -> None:
    with pytest.raises(UsageError) as wrong:
        backend.target(SPEC.model_copy(update={"cluster": "", "vm_size": "STANDARD_NC4AS_T4_V3"}))
    assert "SDK v1" in wrong.value.message and "--sdk v2" in wrong.value.hint


def test_a_priority_that_azure_does_not_have(azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path) -> None:
    with pytest.raises(UsageError, match="none of low, medium, high"):
        backend_v2.submit(SPEC.model_copy(update={"priority": "7"}), staged, remote_of(backend_v2))
    assert azure.runs == {}


def test_the_same_run_is_sent_once(azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path) -> None:
    azure.hold()
    remote = remote_of(backend_v2)
    assert backend_v2.find("k3f9x2", remote) is None
    first = backend_v2.submit(SPEC, staged, remote)
    again = AzureMLBackend(backend_v2.where).submit(SPEC, staged, remote)
    assert first.remote_id == again.remote_id and len(azure.runs) == 1
    assert asked(azure, "PUT", "/jobs/") == 1


def test_a_job_of_v1_whose_sender_died_is_found_and_gets_its_tag(azure: LocalAzure, backend_v2: AzureMLBackend) -> None:
    run = azure.old_run("artgan_k3f9x2", "artgan", status="Running")
    found = backend_v2.find("k3f9x2", remote_of(backend_v2), {"artgan.name": "roses", "mood": "blue"})
    assert found is not None and found.state == "running" and found.name == "roses"
    assert run.tags == {"artgan.run": "k3f9x2", "artgan.name": "roses", "mood": "blue"}
    azure.old_run("artgan_1700000000_00000001", "artgan", tags={"artgan.run": "zzzzzz"})
    other = backend_v2.find("zzzzzz", remote_of(backend_v2))
    assert other is not None and other.remote_id == "artgan_1700000000_00000001"


def test_more_runs_than_fit_on_a_page_newest_first(azure: LocalAzure, backend_v2: AzureMLBackend) -> None:
    azure.old_runs(1203, tags={"artgan.run": "x"})
    azure.old_runs(5, experiment="others")
    found = list(backend_v2.runs(remote_of(backend_v2)))
    assert [run.tags["number"] for run in found] == [str(n) for n in reversed(range(1203))]
    assert all(run.ended for run in found)
    assert asked(azure, "POST", "runs:query") == 3


def test_only_runs_of_artgan_unless_an_experiment_is_named(azure: LocalAzure, backend_v2: AzureMLBackend) -> None:
    azure.old_run("a1", "artgan", tags={"artgan.run": "aaaaaa"})
    azure.old_run("a2", "artgan", tags={"by": "hand"})
    assert [run.remote_id for run in backend_v2.runs(remote_of(backend_v2))] == ["a1"]
    assert {run.remote_id for run in backend_v2.runs(remote_of(backend_v2), "artgan")} == {"a1", "a2"}
    assert list(backend_v2.runs({"experiment": "never-used"})) == []
    with pytest.raises(NotFoundError) as wrong:
        list(backend_v2.runs(remote_of(backend_v2), "KeraGan"))
    assert "'KeraGan'" in wrong.value.message and "artgan" in wrong.value.hint
    assert list(azure.world.experiments) == ["artgan"], "looking makes no experiment"


def test_the_articles_own_run(azure: LocalAzure, backend_v2: AzureMLBackend, tmp_path: Path) -> None:
    names = ("models/gen_9900.h5", "models/gen_10100.h5", "samples/0_0.png")
    azure.article_run({f"outputs/{name}": name.encode() for name in names})
    (found,) = backend_v2.runs({}, "KeraGAN")
    assert (found.remote_id, found.experiment, found.state) == (ARTICLE_RUN, "KeraGAN", "finished")
    remote = {**backend_v2.where.remote, "experiment": found.experiment}
    there = {file.path: file for file in backend_v2.files(ARTICLE_RUN, remote)}
    assert {path: file.size for path, file in there.items()} == {name: len(name) for name in names}
    backend_v2.fetch(ARTICLE_RUN, remote, there["models/gen_10100.h5"], tmp_path / "gen_10100.h5")
    assert (tmp_path / "gen_10100.h5").read_bytes() == b"models/gen_10100.h5"
    assert backend_v2.logs(ARTICLE_RUN, remote).data == b"epoch 10100\n"


def test_why_a_job_failed_is_said_and_odd_names_come_home(
    azure: LocalAzure, backend_v2: AzureMLBackend, staged: Path, tmp_path: Path
) -> None:
    (staged / "entry.py").write_text(JOB.replace("fail", "data"), "utf-8")
    sent = backend_v2.submit(SPEC, staged, remote_of(backend_v2))
    azure.wait(lambda: only(azure).over)
    over = backend_v2.status(sent.remote_id, remote_of(backend_v2))
    assert over.state == "failed" and "status code 1" in over.reason and over.started and over.ended
    (file,) = backend_v2.files(sent.remote_id, remote_of(backend_v2), "odd")
    backend_v2.fetch(sent.remote_id, remote_of(backend_v2), file, tmp_path / "odd.txt")
    assert (tmp_path / "odd.txt").read_text() == "odd"


def test_a_datastore_that_gives_a_signature_instead_of_a_key(
    azure: LocalAzure, backend_v2: AzureMLBackend, tmp_path: Path
) -> None:
    azure.stores.signature = True
    azure.old_run("artgan_1", "artgan", files={"outputs/run.json": b"{}", "user_logs/std_log.txt": b"log"})
    remote = remote_of(backend_v2)
    (file,) = backend_v2.files("artgan_1", remote)
    backend_v2.fetch("artgan_1", remote, file, tmp_path / "run.json")
    assert (tmp_path / "run.json").read_bytes() == b"{}" and backend_v2.logs("artgan_1", remote).data == b"log"
    (tmp_path / ZIP).write_bytes(b"z" * 1000)
    backend_v2.upload(tmp_path / ZIP, ZIP, lambda done: None)
    assert azure.blobs() == {f"datasets/{ZIP}": 1000}


def test_who_may_not_have_the_keys_shows_the_own_sign_in(azure: LocalAzure, backend_v2: AzureMLBackend) -> None:
    azure.stores.secrets = False
    azure.old_run("artgan_1", "artgan", files={"user_logs/std_log.txt": b"log"})
    # Azurite takes no sign-ins; what it was shown is in the log.
    with pytest.raises(Exception, match="artgan_1"):
        backend_v2.logs("artgan_1", remote_of(backend_v2))
    shown = {e.headers.get("authorization", "").split(" ")[0] for e in azure.log if "blob.core" in e.url}
    assert shown == {"Bearer"}


def test_doctor_learns_what_works(azure: LocalAzure, backend_v2: AzureMLBackend) -> None:
    checks = backend_v2.check()
    assert [check.name for check in checks[:3]] == ["azure-ai-ml", "sign-in", "workspace"]
    assert [check.good for check in checks] == [True, True, True, True, True, False]
    assert "gpu-old" in checks[-1].text and checks[-1].hint


QUIET = """
import json, sys
from pathlib import Path
from artgan.compute.azureml_v2.backend import AzureMLBackend
from artgan.compute.azureml_common.workspaces import find_workspace
from artgan.compute.backend import JobSpec
backend = AzureMLBackend(find_workspace({}, Path.cwd(), None))
assert not [name for name in sys.modules if name.split(".")[0] in ("azure", "msal", "opentelemetry")]
spec = JobSpec.model_validate_json(sys.argv[1])
remote = backend.target(spec).remote
backend.upload(Path("x.zip"), "x.zip", lambda done: None)
sent = backend.submit(spec, Path("job"), remote)
backend.status(sent.remote_id, remote), list(backend.runs(remote)), backend.logs(sent.remote_id, remote)
backend.cancel(sent.remote_id, remote)
others = [name for name in sys.modules if name.startswith(("azureml.core", "mlflow", "tensorflow"))]
assert not others, others
"""
WITHOUT = """
import sys
sys.modules["azure"] = None  # as where the extra is not installed
from artgan.compute.azureml_v2.backend import AzureMLBackend
from artgan.compute.azureml_common.workspaces import WorkspaceRef
print(*[(check.good, check.hint) for check in AzureMLBackend(WorkspaceRef("s", "g", "w")).check()])
"""


def test_the_sdk_is_loaded_late_and_says_nothing(azure: LocalAzure, staged: Path, tmp_path: Path) -> None:
    azure.write_config(tmp_path)
    (tmp_path / "x.zip").write_bytes(b"x")
    done = subprocess.run(
        [sys.executable, "-c", QUIET, SPEC.model_dump_json()],
        cwd=tmp_path, env=azure.env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done.stderr


def test_without_the_extra_one_line_says_how_to_get_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == """(False, 'install them with: pip install "artgan[azure-v2]"')\n"""
