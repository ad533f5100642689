"""What artgan adds to the Azure SDK's own calls, on the local service: ``submit``, ``pull``, and ``list`` of many runs.

    python tests/benchmarks/azureml_v1.py [--rounds 5] [--pictures 600]

``submit`` runs as the command, in turn with a script that makes the SDK's calls for the same job: sign in, look for the
cluster, bring the data up, send the folder and the job. Each begins with an empty datastore; nothing is run, the queue
is held. ``pull`` is the driver's way of bringing home 40 MB, in turn with a plain GET of the same address and with the
SDK's own blob client. ``list`` is the command with 2,000 records, half of them sent elsewhere. Prints one JSON line.
Needs the extra ``azure`` and Azurite, as the tests do.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from internet.azure import DATA, LocalAzure

from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.backend import JobSpec
from artgan.compute.staging import stage
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.datasets.zipping import PreparedZip
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run

SIZE = 64
PLAIN = """
import sys
from azure.identity import DefaultAzureCredential
from azureml.core import Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.authentication import TokenAuthentication
from azureml.core.compute import ComputeTarget
from azureml.core.runconfig import DockerConfiguration
from azureml.data.data_reference import DataReference

packed, staged, number = sys.argv[1:]
credential = DefaultAzureCredential()
sign_in = TokenAuthentication(lambda audience: credential.get_token(audience.rstrip("/") + "/.default").token)
workspace = Workspace.from_config(auth=sign_in)
ComputeTarget(workspace, "gpu-nc6")
datastore = workspace.get_default_datastore()
datastore.upload_files([packed], target_path="datasets", show_progress=False)
data = DataReference(datastore, "data", path_on_datastore="datasets", mode="mount")
environment = Environment("plain")
environment.docker.base_image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
environment.python.conda_dependencies.add_pip_package("tensorflow[and-cuda]==2.21.0")
config = ScriptRunConfig(
    staged, "entry.py", ["--data", str(data)], compute_target="gpu-nc6", environment=environment,
    docker_runtime_config=DockerConfiguration(use_docker=True, shm_size="2g"),
)
config.run_config.data_references = {data.data_reference_name: data.to_config()}
run = Experiment(workspace, "plain").submit(config, tags={"number": number})
run.display_name = "plain-" + number
print(run.id, run.get_portal_url())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=600)
    given = parser.parse_args()
    figures: dict[str, Any] = {"benchmark": "azureml_v1", "rounds": given.rounds}
    with tempfile.TemporaryDirectory() as scratch, LocalAzure(Path(scratch) / "azure") as azure:
        folder = Path(scratch)
        figures |= submitting(azure, folder / "studio", given.rounds, given.pictures)
        os.environ.update(azure.internet.variables)
        figures |= pulling(azure, folder, given.rounds)
        figures |= listing(azure, folder / "many", given.rounds)
    print(json.dumps(figures))


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def command(azure: LocalAzure, *words: str, cwd: Path, home: Path) -> Callable[[], object]:
    home.mkdir(parents=True, exist_ok=True)
    return lambda: subprocess.run(
        words, cwd=cwd, env={**azure.env, "HOME": str(home)}, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def submitting(azure: LocalAzure, studio: Path, rounds: int, pictures: int) -> dict[str, Any]:
    azure.hold()
    packed, staged = _job(studio, pictures)
    azure.write_config(studio)
    times: dict[str, list[float]] = {"artgan": [], "sdk": []}
    for number in range(rounds + 1):
        # Something differs in each job, as it does between a person's runs; the first round fills the SDK's caches.
        (staged / "run" / "number.txt").write_text(str(number))
        words = {
            "artgan": [sys.executable, "-m", "artgan", "submit", "flowers", "--cluster", "gpu-nc6", "-y", "-d"],
            "sdk": [sys.executable, "-c", PLAIN, str(packed), str(staged), str(number)],
        }
        for name in sorted(words, reverse=number % 2 == 1):
            for blob in azure.blobs(DATA):
                azure.storage.delete(DATA, blob)
            run = command(azure, *words[name], cwd=studio, home=studio.parent / f"home-{name}")
            times[name].append(timed(run))
    assert len(azure.runs) == 2 * (rounds + 1)
    ratios = [ours / theirs for ours, theirs in zip(times["artgan"][1:], times["sdk"][1:], strict=True)]
    return {
        "submit_s": round(statistics.median(times["artgan"][1:]), 2),
        "submit_sdk_s": round(statistics.median(times["sdk"][1:]), 2),
        "submit_over_sdk": round(statistics.median(ratios), 2),
        "submit_over_sdk_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "submit_data_mb": round(packed.stat().st_size / 1e6, 1),
    }


def _job(studio: Path, pictures: int) -> tuple[Path, Path]:
    """Make a dataset, and what a job of it sends: the zip, and the staged folder."""
    paintings = studio / "paintings"
    paintings.mkdir(parents=True)
    random = np.random.default_rng(3)
    for number in range(pictures):
        Image.fromarray(random.integers(0, 256, (SIZE, SIZE, 3), np.uint8)).save(paintings / f"{number}.png")
    list(import_folder(paintings, name="flowers", datasets_dir=studio / "datasets"))
    dataset = DatasetFolder(studio / "datasets" / "flowers")
    list(prepare(dataset, size=SIZE))
    (studio / "out").mkdir()
    packed = PreparedZip.of(dataset, SIZE).write(studio / "out")
    run: RunFolder = new_run(studio / "out", "plain", state="submitting")
    run.config_path.write_text("size = 64\n")
    spec = JobSpec(run=run.name, run_id=run.record.id, dataset="flowers", size=SIZE, data=packed.name)
    return packed, stage(run, spec, studio / "out" / "staged")


def pulling(azure: LocalAzure, folder: Path, rounds: int) -> dict[str, Any]:
    import requests
    from azureml._vendor.azure_storage.blob import BlobClient

    data = os.urandom(40_000_000)
    azure.old_run("artgan_1_old", "artgan", files={"outputs/models/gen_1.keras": data})
    backend = AzureMLBackend(WorkspaceRef(**azure.config))
    (file,) = backend.files("artgan_1_old", {})
    address = backend._outputs._sign("artgan_1_old", file.path)
    session = requests.Session()

    def plain() -> None:
        (folder / "plain").write_bytes(session.get(address, timeout=60).content)

    def sdk() -> None:
        with open(folder / "sdk", "wb") as out:
            BlobClient.from_blob_url(address).download_blob().readinto(out)

    def ours() -> None:
        backend.fetch("artgan_1_old", {}, file, folder / "ours")

    times = []
    for number in range(rounds + 1):
        (folder / "ours").unlink(missing_ok=True)
        turn = {work.__name__: timed(work) for work in ((plain, sdk, ours) if number % 2 else (ours, sdk, plain))}
        assert (folder / "ours").read_bytes() == data
        times.append(turn)
    times = times[1:]
    return {
        "pull_mb_per_s": round(40 / statistics.median(turn["ours"] for turn in times), 1),
        "pull_over_plain_get": round(statistics.median(turn["plain"] / turn["ours"] for turn in times), 2),
        "pull_over_sdk_client": round(statistics.median(turn["sdk"] / turn["ours"] for turn in times), 2),
    }


def listing(azure: LocalAzure, studio: Path, rounds: int) -> dict[str, Any]:
    for number in range(2000):
        remote = {**azure.config, "experiment": "artgan"} if number % 2 else {}
        backend = "azureml" if number % 2 else "local"
        new_run(
            studio / "runs", f"flowers-{number}", state="finished", size=64, dataset="flowers", preset="dcgan",
            backend=backend, remote=remote, tags={"mood": "calm"},
        )  # fmt: skip
    run = command(azure, sys.executable, "-m", "artgan", "list", cwd=studio, home=studio.parent / "home-artgan")
    return {"list_2000_s": round(statistics.median(timed(run) for _ in range(rounds)), 2)}


if __name__ == "__main__":
    main()
