"""What is sent: the staged folder, an environment of its own, the mounted datasets, the cluster."""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artgan.compute.azureml_common import failures, naming
from artgan.compute.azureml_common.asking import patiently, quiet
from artgan.compute.azureml_common.datasets import FOLDER
from artgan.compute.azureml_common.environments import IMAGE, SHARED_MEMORY, VARIABLES, conda, python_of
from artgan.compute.azureml_v1 import runs
from artgan.compute.azureml_v1.service import Service, load
from artgan.compute.backend import JobSpec, RemoteRun
from artgan.errors import UsageError

_SDK = "azureml-core"
_REFERENCE = "artgan_datasets"


def submit(service: Service, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
    """Send a job under the id that belongs to its run; one that is there already is not sent again.

    Raises:
        RemoteError: Azure refused, or did not answer; then the job is looked for before that is said.
    """
    experiment = naming.experiment_of(remote) if remote.get("experiment") else spec.experiment
    remote_id = naming.job_id(spec.run_id, experiment)
    tags = naming.tags_of(spec.tags, spec.run_id, spec.run)
    if runs.get(service, remote_id) is None:
        _send(service, spec, configuration(service, spec, staged), experiment, remote_id)
    dto = runs.describe(service, experiment, remote_id, tags, spec.run)
    return runs.read(service, dto, experiment)


def _send(service: Service, spec: JobSpec, config: Any, experiment: str, remote_id: str) -> None:
    workspace = service.workspace

    def send() -> None:
        from azureml.core import Experiment

        try:
            with quiet():
                Experiment(workspace, experiment).submit(config, run_id=remote_id)
        except Exception as error:
            # Refused for good, or the answer was lost on the way? Only the service knows.
            if failures.look(error).status in (400, 401, 403) or runs.get(service, remote_id) is None:
                raise

    try:
        try:
            patiently(send)
        except Exception as error:
            if not _snapshot_is_unknown(error):
                raise
            _forget_snapshot(service)
            patiently(send)
    except Exception as error:
        raise service.translated(error, f"start a run on cluster {spec.cluster!r}") from error


def _snapshot_is_unknown(error: BaseException) -> bool:
    trouble = failures.look(error)
    return trouble.status in (400, 404) and "snapshot" in trouble.text.lower()


def _forget_snapshot(service: Service) -> None:
    """Let all files be sent: the SDK remembers what it sent last, the service may have forgotten."""
    from azureml._restclient.snapshots_client import SnapshotsClient

    with quiet():
        SnapshotsClient(service.context)._cache.remove_latest()


def configuration(service: Service, spec: JobSpec, staged: Path) -> Any:
    """Return the SDK's ``ScriptRunConfig`` of a job."""
    core = load()
    with quiet():
        from azureml.core.runconfig import DockerConfiguration
        from azureml.data.data_reference import DataReference

        data = DataReference(service.datastore, _REFERENCE, path_on_datastore=FOLDER, mode="mount")
        options: dict[str, Any] = {}
        if spec.max_hours is not None:
            options["max_run_duration_seconds"] = round(spec.max_hours * 3600)
        config = core.ScriptRunConfig(
            source_directory=str(staged),
            script="entry.py",
            arguments=["--data", str(data)] if spec.data else [],
            compute_target=spec.cluster,
            environment=environment(spec),
            docker_runtime_config=DockerConfiguration(use_docker=True, shm_size=SHARED_MEMORY),
            **options,
        )
        # As an argument the reference itself cannot be sent; its text is replaced on the node, by its name here.
        if spec.data:
            config.run_config.data_references = {data.data_reference_name: data.to_config()}
        config.run_config.environment_variables = dict(VARIABLES)
        if spec.priority:
            config.run_config.priority = _priority(spec.priority)
    return config


def environment(spec: JobSpec) -> Any:
    """Return the SDK's ``Environment``: the image as it is, or a base and the client's versions by conda and pip."""
    with quiet():
        from azureml.core import Environment

        if spec.image:
            made = Environment("artgan")
            made.python.user_managed_dependencies = True  # the service adds nothing to it
        else:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "conda.yml"
                path.write_text(json.dumps(conda(spec.pins, _reporter(spec.pins))), encoding="utf-8")  # YAML too
                made = Environment.from_conda_specification("artgan", str(path))
        made.docker.base_image = spec.image or IMAGE
        made.docker.base_dockerfile = None
        made.environment_variables = {}
    return made


def _reporter(pins: Mapping[str, str]) -> list[str]:
    """Return what the job needs to report by: this SDK, unless it is pinned."""
    packages = [] if _SDK in pins else [f"{_SDK}=={importlib.metadata.version(_SDK)}"]
    if tuple(int(part) for part in python_of(pins).split(".")[:2]) >= (3, 13):
        packages.append("standard-imghdr")  # the SDK imports what Python 3.13 left out
    return packages


def _priority(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"priority {text!r} is not a whole number", "higher goes first, for example: 10") from error
