"""The local Azure does what the tests that rely on it believe; asked by the real SDK, and by hand."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from .azure import ARTIFACTS, SNAPSHOTS, LocalAzure, Run, faults, filters, missing, names, package_missing, require

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

API = f"{names.API_URL}/history/v1.0{names.SCOPE}"
STORE = f"{names.API_URL}/artifact/v2.0{names.SCOPE}/artifacts"
ODD = ("gen 1#é%41.txt", "a+b&c=d.txt", "夜.png", "x/y z/..w")

PAINTER = """
import os, sys
from pathlib import Path
import artgan
print("artgan of", os.path.relpath(artgan.__file__), os.environ["GENRE"], flush=True)
print(Path(sys.argv[2], "flowers.zip").read_text(), flush=True)
models = Path("outputs/models")
models.mkdir(parents=True)
for epoch in (9, 10):
    (models / f"gen_{epoch}.keras").write_bytes(b"w" * epoch)
from azureml.core import Run
from PIL import Image
run = Run.get_context()
for epoch in (9, 10):
    run.log("d_loss", 1 / epoch)
Image.new("RGB", (4, 4), "red").save("sheet.png")
run.log_image("samples", path="sheet.png")
run.flush()
"""

SITTER = """
import json, os, signal, sys, time
from pathlib import Path
state = Path("outputs/state")
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
found = {p.name: p.stat().st_size for p in state.rglob("*")}
print("found", json.dumps(found), flush=True)
state.mkdir(parents=True, exist_ok=True)
for name in ("step_1.npz", "step_2.npz", "step_3.npz.part"):
    (state / name).write_bytes(b"s" * 1000)
    time.sleep(0.01)
while "quick" not in sys.argv:
    time.sleep(0.05)
sys.exit(int(os.environ.get("CODE", 0)))
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    with LocalAzure(tmp_path_factory.mktemp("azure"), grace_s=0.5) as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAzure]:
    running.use(monkeypatch)
    running.reset()
    yield running
    assert running.strangers == []
    assert running.refused == []


@pytest.fixture
def get(azure: LocalAzure) -> Callable[..., requests.Response]:
    """Ask as somebody who has signed in."""
    form = {"client_id": names.CLIENT, "client_secret": names.SECRET, "scope": f"https://{names.ARM}//.default"}
    answer = requests.post(f"https://{names.LOGIN[0]}/{names.TENANT}/oauth2/v2.0/token", form, timeout=30)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def ask(url: str, method: str = "GET", **options: Any) -> requests.Response:
        return requests.request(method, url, headers=headers, timeout=10, **options)

    return ask


@pytest.fixture
def workspace(azure: LocalAzure) -> Any:
    """The workspace, as the real SDK sees it."""
    require(package_missing())
    from azure.identity import DefaultAzureCredential
    from azureml.core import Workspace
    from azureml.core.authentication import TokenAuthentication

    credential = DefaultAzureCredential()
    sign_in = TokenAuthentication(lambda audience: credential.get_token(audience.rstrip("/") + "/.default").token)
    return Workspace(**azure.config, auth=sign_in)


@pytest.fixture
def submit(azure: LocalAzure, get: Callable[..., requests.Response], tmp_path: Path) -> Callable[..., Run]:
    """Submit ``entry.py`` as the SDK does, without it."""

    def send(script: str, *arguments: str, cluster: str = "gpu-nc6", tags: Any = None, **fields: Any) -> Run:
        number = len(azure.world.snapshots)
        snapshot, run_id = f"snapshot-{number}", f"test_{number}"
        azure.storage.put(SNAPSHOTS, f"{number}/entry.py", script.encode())
        azure.world.snapshots[snapshot] = {"entry.py": f"{number}/entry.py"}
        configuration = {"script": "entry.py", "arguments": list(arguments), "target": cluster, **fields}
        url = f"{names.API_URL}/execution/v1.0{names.SCOPE}/experiments/test/snapshotrun?runId={run_id}"
        answer = get(url, "POST", json={"Configuration": configuration, "SnapshotId": snapshot})
        assert answer.status_code == 200, answer.text
        return azure.runs[run_id]

    return send


def log_of(azure: LocalAzure, run: Run) -> str:
    return azure.artifact(run, "user_logs/std_log.txt").decode()


def test_the_article_from_end_to_end_with_the_real_sdk(azure: LocalAzure, workspace: Any, tmp_path: Path) -> None:
    from azureml.core import Environment, Experiment, ScriptRunConfig
    from azureml.core.compute import ComputeTarget
    from azureml.data.data_reference import DataReference
    from azureml.exceptions import ComputeTargetException

    assert ComputeTarget(workspace, "gpu-nc6").vm_size == "STANDARD_NC4AS_T4_V3"
    with pytest.raises(ComputeTargetException, match="not found"):
        ComputeTarget(workspace, "nope")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flowers.zip").write_text("painted flowers")
    store = workspace.get_default_datastore()
    store.upload(str(tmp_path / "data"), "datasets", show_progress=False)
    assert azure.blobs() == {"datasets/flowers.zip": 15}

    source = tmp_path / "source"
    (source / "artgan").mkdir(parents=True)
    (source / "artgan" / "__init__.py").write_text("")
    (source / "entry.py").write_text(PAINTER)
    data = DataReference(store, "data", path_on_datastore="datasets", mode="mount")
    environment = Environment("artgan")
    job = ScriptRunConfig(
        str(source), "entry.py", ["--data", str(data)], compute_target="gpu-nc6", environment=environment
    )
    job.run_config.data_references = {"data": data.to_config()}
    job.run_config.environment_variables = {"GENRE": "flowers"}
    remote = Experiment(workspace, "KeraGAN").submit(job, tags={"artgan.run": "a1b2"})
    run = azure.runs[remote.id]
    azure.wait(lambda: run.over)
    assert run.states == ["Queued", "Preparing", "Running", "Finalizing", "Completed"], log_of(azure, run)
    assert log_of(azure, run).splitlines() == ["artgan of artgan/__init__.py flowers", "painted flowers"]
    assert run.brought_own is True
    assert "ARTGAN_TEST_AZURITE" not in run.environment and "AZURE_CLIENT_SECRET" not in run.environment

    assert remote.get_status() == "Completed" and remote.get_tags() == {"artgan.run": "a1b2"}
    assert "user_logs/std_log.txt" in remote.get_details()["logFiles"]
    models = [name for name in remote.get_file_names() if name.startswith("outputs/models/")]
    assert models == ["outputs/models/gen_10.keras", "outputs/models/gen_9.keras"]
    remote.download_file("outputs/models/gen_10.keras", str(tmp_path / "g.keras"))
    assert (tmp_path / "g.keras").read_bytes() == b"w" * 10
    remote.download_files("outputs/models/", str(tmp_path / "all"))
    assert (tmp_path / "all" / "outputs" / "models" / "gen_9.keras").read_bytes() == b"w" * 9
    metrics = remote.get_metrics()
    assert metrics["d_loss"] == [1 / 9, 1 / 10]
    sheet = azure.artifact(run, metrics["samples"].partition(f"{run.container}/")[2])
    assert Image.open(io.BytesIO(sheet)).size == (4, 4)

    # What did not change is not sent again; what is gone is gone.
    again = Experiment(workspace, "KeraGAN").submit(job, tags={"artgan.run": "c3d4"})
    assert azure.runs[again.id].snapshot == run.snapshot
    (source / "artgan" / "__init__.py").unlink()
    (source / "entry.py").write_text(SITTER)
    last = Experiment(workspace, "KeraGAN").submit(job)
    third = azure.runs[last.id]
    assert "artgan/__init__.py" not in azure.world.snapshots[third.snapshot or ""]
    found = Experiment(workspace, "KeraGAN").get_runs(tags={"artgan.run": "c3d4"})
    assert [one.id for one in found] == [again.id]
    azure.wait(lambda: third.status == "Running")
    workspace.get_run(last.id).cancel()
    azure.wait(lambda: third.over)
    assert third.states[-2:] == ["CancelRequested", "Canceled"]


def test_a_job_s_files_appear_while_it_runs(azure: LocalAzure, submit: Callable[..., Run]) -> None:
    run = submit(SITTER)
    azure.wait(lambda: "outputs/state/step_2.npz" in run.artifacts)
    assert run.status == "Running" and run.started is not None and run.ended is None
    time.sleep(0.3)
    assert not [path for path in run.artifacts if path.endswith(".part")]
    assert log_of(azure, run) == "found {}\n"
    azure.cancel(run)
    azure.wait(lambda: run.over, 3)
    assert run.states[-2:] == ["CancelRequested", "Canceled"] and run.ended is not None


def test_whoever_does_not_listen_is_killed(azure: LocalAzure, submit: Callable[..., Run]) -> None:
    run = submit(SITTER, "stubborn")
    azure.wait(lambda: "outputs/state/step_2.npz" in run.artifacts)
    begun = time.monotonic()
    azure.cancel(run)
    azure.wait(lambda: run.status == "Canceled", 5)
    assert time.monotonic() - begun >= 0.5


def test_the_exit_code_decides(azure: LocalAzure, submit: Callable[..., Run]) -> None:
    good = submit(SITTER, "quick")
    bad = submit(SITTER, "quick", environmentVariables={"CODE": "3"})
    long = submit(SITTER, maxRunDurationSeconds=1)
    azure.wait(lambda: good.over and bad.over and long.over)
    assert (good.status, bad.status, long.status) == ("Completed", "Failed", "Canceled")
    assert bad.error and "status code 3" in bad.error["error"]["message"]
    assert long.error and long.error["error"]["code"] == "MaxRunDurationExceeded"


def test_a_cluster_has_so_many_nodes(azure: LocalAzure, submit: Callable[..., Run]) -> None:
    azure.clusters["gpu-nc6"].nodes = 1
    azure.hold()
    first, second, third = (submit(SITTER) for _ in range(3))
    time.sleep(0.3)
    assert {run.status for run in (first, second, third)} == {"Queued"}
    azure.cancel(second)
    assert second.states == ["Queued", "Canceled"]
    azure.release()
    azure.wait(lambda: first.status == "Running")
    time.sleep(0.3)
    assert third.status == "Queued"
    azure.cancel(first)
    azure.wait(lambda: third.status == "Running")


@pytest.mark.parametrize(
    ("world", "found"),
    [
        ({"keep_outputs": True}, {"step_1.npz": 1000, "step_2.npz": 1000, "step_3.npz.part": 1000}),
        ({"keep_outputs": True, "torn": True}, {"step_1.npz": 1000, "step_2.npz": 500, "step_3.npz.part": 1000}),
        ({"keep_outputs": False}, {}),
    ],
)
def test_a_node_is_taken_away(azure: LocalAzure, submit: Callable[..., Run], world: Any, found: dict[str, int]) -> None:
    run = submit(SITTER)
    azure.wait(lambda: "outputs/state/step_2.npz" in run.artifacts and run.place)
    azure.preempt(run, **world, hold=True)
    assert run.status == "Queued" and "outputs/state/step_2.npz" in run.artifacts
    before = run.place
    azure.release()
    azure.wait(lambda: run.place != before)
    log = run.place / "user_logs" / "std_log.txt"
    azure.wait(lambda: log.is_file() and log.read_text().count("found") == 1 + world["keep_outputs"])
    assert json.loads(log.read_text().splitlines()[-1].removeprefix("found ")) == found
    assert run.states == ["Queued", "Preparing", "Running"] * 2


def test_many_runs_come_in_pages(azure: LocalAzure, get: Callable[..., requests.Response]) -> None:
    azure.old_runs(1203, tags={"artgan.sweep": "s1"})
    azure.old_run("other", "artgan", status="Failed", tags={"artgan.sweep": 'a "quoted" (odd) one'})

    def pages(text: str | None) -> list[list[str]]:
        body: dict[str, Any] = {"filter": text, "orderby": "StartTimeUtc desc", "top": 500}
        found = []
        while True:
            answer = get(f"{API}/experiments/artgan/runs:query", "POST", json=body).json()
            found.append([row["runId"] for row in answer["value"]])
            body["continuationToken"] = answer["continuationToken"]
            if body["continuationToken"] is None:
                return found

    found = pages('((Tags/artgan.sweep eq "s1") and (ParentRunId eq null))')
    assert [len(page) for page in found] == [500, 500, 203]
    numbers = [int(run_id.split("_")[1]) for page in found for run_id in page]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == 1203
    assert pages("(Status eq Failed)") == [["other"]]
    assert pages('(Tags/artgan.sweep eq "a "quoted" (odd) one")') == [["other"]]
    assert pages("(Tags/number ne null or Tags/number eq null)")[-1] == found[-1]
    assert pages("(Tags/nothing ne null or Tags/nothing eq null)") == [[]]
    body = {"filter": "(Status eq"}
    assert get(f"{API}/experiments/artgan/runs:query", "POST", json=body).status_code == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Status eq Running", True),
        ("(Status ne Running)", False),
        ("Status eq Failed or Status eq Running and RunId eq a_1", True),
        ("(Status eq Failed or Status eq Running) and RunId eq b", False),
        ("not (Status eq Failed)", True),
        ("ParentRunId eq null", True),
        ("(CreatedUtc ge 2026-11-03 12:00:00+00:00)", True),
        ("(CreatedUtc gt 2026-11-03T12:00:01Z)", False),
        ("Tags/artgan.run eq 'it''s'", True),
        ("(Tags/missing eq null)", False),
        ("(RunType eq azureml.scriptrun or Properties/azureml.runsource eq azureml.scriptrun)", True),
        ("(RunTypeV2/Orchestrator eq Execution)", True),
    ],
)
def test_filters_mean_what_they_say(text: str, expected: bool) -> None:
    dto = {
        "runId": "a_1",
        "status": "Running",
        "parentRunId": None,
        "createdUtc": "2026-11-03T12:00:00.500000Z",
        "tags": {"artgan.run": "it's"},
        "properties": {},
        "runType": "azureml.scriptrun",
        "runTypeV2": {"orchestrator": "Execution", "traits": []},
    }
    assert filters.parse(text)(dto) is expected


@pytest.mark.parametrize("text", ["Status", "(Status eq Running", "Status eq Running)", "Color eq red", "Tags eq x"])
def test_filters_that_nobody_understands_are_refused(text: str) -> None:
    with pytest.raises(filters.BadFilter):
        filters.parse(text)({"status": "Running", "tags": {}})


def test_the_article_s_run_is_there(azure: LocalAzure, get: Callable[..., requests.Response]) -> None:
    files = {f"outputs/models/gen_{epoch}.h5": b"%d" % epoch for epoch in (1000, 10100)}
    run = azure.article_run({**files, "outputs/samples/10100.png": b"p"})
    row = get(f"{API}/experiments/KeraGAN/runs/{run.id}").json()
    assert (row["runId"], row["status"]) == ("KeraGAN_1584082108_356cf603", "Completed")
    rows = get(f"{STORE}/ExperimentRun/{run.container}").json()["value"]
    assert {row["path"] for row in rows} >= {*files, "outputs/samples/10100.png"}
    info = get(f"{STORE}/contentinfo/ExperimentRun/{run.container}/outputs/models/gen_10100.h5").json()
    assert requests.get(info["contentUri"], timeout=30).content == b"10100"
    infos = get(f"{STORE}/prefix/contentinfo/ExperimentRun/{run.container}/outputs/models/").json()["value"]
    assert {info["path"] for info in infos} == set(files)


def test_odd_names_come_home(azure: LocalAzure, get: Callable[..., requests.Response]) -> None:
    run = azure.old_run("odd", "artgan", files={f"outputs/{name}": name.encode() for name in ODD})
    infos = get(f"{STORE}/prefix/contentinfo/ExperimentRun/{run.container}/outputs/").json()["value"]
    found = {info["path"]: requests.get(info["contentUri"], timeout=30).content for info in infos}
    assert found == {f"outputs/{name}": name.encode() for name in ODD}


def test_only_who_knows_the_secret_comes_in(azure: LocalAzure, get: Callable[..., requests.Response]) -> None:
    url = f"https://{names.ARM}{names.SCOPE}?api-version=2022-05-01"
    assert get(url).json()["name"] == "paintings"
    assert get(url.replace("resourceGroups", "resourcegroups").replace("/sub", "//sub", 1)).ok
    assert requests.get(url, timeout=30).status_code == 401
    assert requests.get(url, headers={"Authorization": "Bearer x.y.z"}, timeout=30).status_code == 401
    token = f"https://{names.LOGIN[0]}/{names.TENANT}/oauth2/v2.0/token"
    answer = requests.post(token, {"client_id": names.CLIENT, "client_secret": "wrong"}, timeout=30)
    assert answer.status_code == 401 and "AADSTS7000215" in answer.json()["error_description"]
    azure.expire_sign_in()
    assert get(url).status_code == 401


def test_faults_of_the_services(azure: LocalAzure, get: Callable[..., requests.Response]) -> None:
    url = f"https://{names.ARM}{names.SCOPE}?api-version=2022-05-01"
    kinds = {
        401: faults.unauthorized(),
        403: faults.forbidden(),
        404: faults.not_found(),
        429: faults.throttled(7),
        500: faults.server_error(),
        503: faults.unavailable(),
        400: faults.quota(),
    }
    for status, fault in kinds.items():
        azure.inject("*/workspaces/paintings*", fault, times=1, instead=True)
        answer = get(url)
        assert answer.status_code == status and answer.json()["error"]["code"]
        assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
        assert get(url).ok
    azure.inject("*/workspaces/paintings*", faults.slow(0.4), times=1)
    assert get(url).elapsed.total_seconds() > 0.4
    azure.delete_workspace()
    assert get(url).status_code == 404 and get(f"{API}/runs/x").json()["error"]["code"] == "ResourceNotFound"
    azure.heal()
    assert get(url).ok
    assert get(f"{API}/runs/x").json()["error"]["message"] == "Run x was not found"


def test_a_refused_submit_leaves_nothing(azure: LocalAzure, get: Callable[..., requests.Response]) -> None:
    url = f"{names.API_URL}/execution/v1.0{names.SCOPE}/experiments/test/snapshotrun?runId=r"
    body = {"Configuration": {"script": "entry.py", "target": "gpu-nc7"}, "SnapshotId": "s"}
    assert get(url, "POST", json=body).json()["error"]["message"] == "Unknown compute target 'gpu-nc7'."
    azure.inject("*snapshotrun*", faults.quota(), times=1, instead=True)
    assert "quota" in get(url, "POST", json=body).text
    seen = []
    azure.inject("*snapshotrun*", faults.then(lambda request: seen.append(request.query["runId"])), times=1)
    assert get(url, "POST", json=body).status_code == 400 and seen == ["r"]
    assert azure.runs == {}


def test_faults_of_storage(azure: LocalAzure) -> None:
    run = azure.old_run("r", "artgan", files={"outputs/models/gen_1.keras": os.urandom(300_000)})
    address = azure.storage.sas(ARTIFACTS, run.blob("outputs/models/gen_1.keras"))
    whole = requests.get(address, timeout=30)
    assert len(whole.content) == 300_000 and whole.headers["ETag"] == run.artifacts["outputs/models/gen_1.keras"]
    assert requests.head(address, timeout=30).headers["Content-Length"] == "300000"
    rest = requests.get(address, headers={"Range": "bytes=100000-", "If-Match": whole.headers["ETag"]}, timeout=30)
    assert rest.status_code == 206 and rest.content == whole.content[100_000:]
    assert rest.headers["Content-Range"] == "bytes 100000-299999/300000"

    azure.inject("*gen_1.keras*", faults.partial(), times=1)
    with pytest.raises(requests.exceptions.RequestException):
        _ = requests.get(address, timeout=30).content
    assert requests.get(re.sub("sig=[^&]{4}", "sig=AAAA", address), timeout=30).status_code == 403
    assert requests.put(address, b"x", headers={"x-ms-blob-type": "BlockBlob"}, timeout=30).status_code == 403
    late = requests.get(azure.storage.sas(ARTIFACTS, run.blob("x"), life_s=-60), timeout=30)
    assert late.status_code == 403 and "AuthorizationFailure" in late.text
    assert [seen.status for seen in azure.log.requests("*.blob.core.windows.net", "*/gen_1.keras")][:3] == [
        200,
        200,
        206,
    ]


def test_no_address_is_valid_for_ever(azure: LocalAzure, get: Callable[..., requests.Response]) -> None:
    run = azure.old_run("r", "artgan", files={"outputs/a.txt": b"a"})
    url = (
        f"{names.API_URL}/artifact/v2.0{names.SCOPE}/artifacts/contentinfo/ExperimentRun/{run.container}/outputs/a.txt"
    )
    azure.expire_sas()
    assert requests.get(get(url).json()["contentUri"], timeout=30).status_code == 403
    azure.expire_sas(False)
    assert requests.get(get(url).json()["contentUri"], timeout=30).content == b"a"


def test_a_client_s_environment_holds_what_it_needs_and_no_more(
    azure: LocalAzure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUREML_CURRENT_CLOUD", "elsewhere")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "of the user")
    env = azure.env
    assert "AZUREML_CURRENT_CLOUD" not in env and env["AZURE_CLIENT_SECRET"] == names.SECRET
    assert Path(env["HOME"]).is_relative_to(azure.folder)
    assert json.loads(azure.write_config(tmp_path).read_text()) == {
        "subscription_id": names.SUBSCRIPTION,
        "resource_group": "studio",
        "workspace_name": "paintings",
    }
    done = azure.artgan("--version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_it_starts_by_hand(tmp_path: Path) -> None:
    require()
    program = str(Path(__file__).parent / "azure")
    started = subprocess.Popen(
        [sys.executable, program, "--config", str(tmp_path), "--folder", str(tmp_path / "azure"), "--old-runs", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert started.stdout is not None and started.stdin is not None
        lines = [started.stdout.readline()]
        while not lines[-1].startswith("unset"):
            assert lines[-1], "it ended"
            lines.append(started.stdout.readline())
        exported = dict(re.findall(r"export (\w+)=(.*)", "".join(lines)))
        proxies = {"https": exported["HTTPS_PROXY"]}
        url = f"https://{names.API_HOST}/discovery"
        assert requests.get(url, proxies=proxies, verify=exported["REQUESTS_CA_BUNDLE"], timeout=30).ok
        assert exported["AZURE_CLIENT_SECRET"] == names.SECRET
        assert json.loads((tmp_path / "config.json").read_text())["workspace_name"] == "paintings"
        started.stdin.write("runs\n")
        started.stdin.flush()
        assert "Completed" in started.stdout.readline()
    finally:
        started.terminate()
        started.communicate(timeout=100)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "node is missing" in missing()
    monkeypatch.delenv("ARTGAN_TEST_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="node is missing"):
        require()
    monkeypatch.setenv("ARTGAN_TEST_REQUIRE", "node")
    with pytest.raises(pytest.fail.Exception, match="node is missing"):
        require()
