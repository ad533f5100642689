"""What is sent: the staged folder, an environment of its own, the mounted datasets, the cluster or size of machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artgan.compute.azureml_common import failures, naming
from artgan.compute.azureml_common.asking import patiently, quiet
from artgan.compute.azureml_common.datasets import FOLDER
from artgan.compute.azureml_common.environments import IMAGE, SHARED_MEMORY, VARIABLES, conda
from artgan.compute.azureml_v2 import history, storage
from artgan.compute.azureml_v2.service import Service, load
from artgan.compute.backend import JobSpec, RemoteRun
from artgan.errors import RemoteError, UsageError

_PRIORITIES = ("low", "medium", "high")
_SPOT = "Spot"


def submit(service: Service, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
    """Send a job under the id that belongs to its run; one that is there already is not sent again.

    Raises:
        RemoteError: Azure refused, or did not answer; then the job is looked for before that is said.
    """
    experiment = remote.get("experiment") or spec.experiment
    remote_id = naming.job_id(spec.run_id, experiment)
    facts = history.get(service, remote_id)
    if facts is None:
        _send(service, spec, configuration(service, spec, staged, experiment, remote_id), remote_id)
        facts = history.get(service, remote_id)
    if facts is None:
        raise RemoteError(f"Azure ML took run {remote_id}, and does not know it", "repeat the command in a minute")
    return history.read(service, facts, experiment)


def _send(service: Service, spec: JobSpec, job: Any, remote_id: str) -> None:
    client = service.client

    def send() -> None:
        try:
            with quiet():
                client.jobs.create_or_update(job)
        except Exception as error:
            # Refused for good, or the answer was lost on the way? Only the service knows.
            if failures.look(error).status in (400, 401, 403) or history.get(service, remote_id) is None:
                raise

    where = f"on cluster {spec.cluster!r}" if spec.cluster else f"on a machine of the size {spec.vm_size}"
    try:
        patiently(send)
    except Exception as error:
        if failures.look(error).status == 401:
            service.tokens.forget()
        raise service.translated(error, f"start a run {where}") from error


def configuration(service: Service, spec: JobSpec, staged: Path, experiment: str, remote_id: str) -> Any:
    """Return the SDK's ``Command`` of a job.

    Raises:
        UsageError: Azure ML has no such priority.
    """
    ml = load()
    priority = spec.priority.lower() or None
    if priority not in (None, *_PRIORITIES):
        raise UsageError(
            f"priority {spec.priority!r} is none of {', '.join(_PRIORITIES)}", "leave it out, or: --priority high"
        )
    store = storage.default_store(service).name
    path = f"azureml://datastores/{store}/paths/{FOLDER}"
    with quiet():
        return ml.command(
            name=remote_id,
            display_name=spec.run,
            experiment_name=experiment,
            tags=naming.tags_of(spec.tags, spec.run_id, spec.run),
            code=str(staged),
            command="python entry.py" + (" --data ${{inputs.data}}" if spec.data else ""),
            inputs={"data": ml.Input(type="uri_folder", path=path, mode="ro_mount")} if spec.data else {},
            environment=environment(spec),
            environment_variables=dict(VARIABLES),
            compute=spec.cluster or None,
            instance_type=spec.vm_size or None,
            instance_count=1,
            shm_size=SHARED_MEMORY,
            timeout=round(spec.max_hours * 3600) if spec.max_hours is not None else None,
            # Of a cluster it is chosen when the cluster is made.
            job_tier=_SPOT if spec.low_priority and not spec.cluster else None,
            priority=priority,
        )


def environment(spec: JobSpec) -> Any:
    """Return the SDK's ``Environment``: the image as it is, or a base and the client's versions by conda and pip."""
    from azure.ai.ml.entities import Environment

    return Environment(image=spec.image) if spec.image else Environment(image=IMAGE, conda_file=conda(spec.pins))
