"""What became of the jobs, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from artgan.compute.azureml_common import naming
from artgan.compute.azureml_common.asking import quiet
from artgan.compute.azureml_common.naming import NAME_TAG, RUN_TAG, experiment_of, job_id, unknown
from artgan.compute.azureml_v2 import history
from artgan.compute.azureml_v2.service import Service
from artgan.compute.backend import RemoteRun
from artgan.errors import ArtganError

# How long a cancel is waited for; it goes on without us.
_MOMENT_S = 10.0


def status(service: Service, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
    """Ask how a job is.

    Raises:
        NotFoundError: the workspace has no such job.
    """
    return history.read(service, _get(service, remote_id), experiment_of(remote), details=True)


def _get(service: Service, remote_id: str) -> history.Facts:
    facts = history.get(service, remote_id)
    if facts is None:
        raise unknown(service.where, remote_id)
    return facts


def find(service: Service, run_id: str, remote: Mapping[str, str], told: Mapping[str, str]) -> RemoteRun | None:
    """Return the job of a run, by the id that artgan gave it, else by its tag."""
    experiment = experiment_of(remote)
    facts = history.get(service, job_id(run_id, experiment))
    if facts is not None:
        if (facts.get("tags") or {}).get(RUN_TAG) != run_id:
            # It was sent by the SDK v1, whose client died before it could write the tags.
            tags = {**told, RUN_TAG: run_id}
            _do(service, "write the tags of", facts["runId"], lambda jobs, name: _describe(jobs, name, tags))
            facts = _get(service, facts["runId"])
        return history.read(service, facts, experiment, details=True)
    for found in history.query(service, experiment, RUN_TAG, run_id) or []:
        if (found.get("tags") or {}).get(RUN_TAG) == run_id:
            return history.read(service, found, experiment, details=True)
    return None


def _describe(jobs: Any, name: str, tags: Mapping[str, str]) -> None:
    jobs.update(name, display_name=tags.get(NAME_TAG), tags=dict(tags))


def list_runs(service: Service, remote: Mapping[str, str], experiment: str) -> Iterator[RemoteRun]:
    """Yield jobs, the newest first: those of artgan, or all of an experiment that is named.

    Raises:
        NotFoundError: there is no experiment of that name; the hint lists those there are.
    """
    named = experiment or experiment_of(remote)
    found = history.query(service, named, None if experiment else RUN_TAG)
    if found is None and experiment:
        raise naming.no_experiment(service.where, experiment, history.experiments(service))
    for facts in found or []:
        # A service that ignores the filter is not trusted to have filtered.
        if not facts.get("hidden") and (experiment or RUN_TAG in (facts.get("tags") or {})):
            yield history.read(service, facts, named)


def cancel(service: Service, remote_id: str, remote: Mapping[str, str]) -> bool:
    """End a job; False when it was over, True also when it was being ended already."""
    now = _get(service, remote_id)
    if naming.is_over(now.get("status")):
        return False
    if now.get("status") == "CancelRequested":
        return True
    try:
        _do(service, "cancel", remote_id, lambda jobs, name: jobs.begin_cancel(name).wait(_MOMENT_S))
    except ArtganError:
        # It may have ended in the meantime, and then there was nothing left to refuse but the wish.
        after = history.get(service, remote_id)
        if after is None or not naming.is_over(after.get("status")):
            raise
        return bool(after.get("status") == "Canceled")
    return True


def archive(service: Service, remote_id: str, remote: Mapping[str, str]) -> None:
    """Put a job out of sight in the service's own lists.

    Raises:
        NotFoundError: the workspace has no such job.
        BusyError: it is not over.
    """
    if not naming.is_over(_get(service, remote_id).get("status")):
        raise naming.not_over(remote_id)
    _do(service, "archive", remote_id, lambda jobs, name: jobs.archive(name))


def _do(service: Service, doing: str, remote_id: str, call: Callable[[Any, str], Any]) -> None:
    jobs = service.client.jobs

    def ask() -> None:
        with quiet():
            call(jobs, remote_id)

    service.ask(f"{doing} run {remote_id}", ask)
