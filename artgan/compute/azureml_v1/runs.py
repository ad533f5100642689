"""What became of the jobs: their states, as artgan names them, and who they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from artgan.compute.azureml_common import failures, naming
from artgan.compute.azureml_common.asking import unfinished
from artgan.compute.azureml_common.naming import NAME_TAG, RUN_TAG, experiment_of, job_id, unknown
from artgan.compute.azureml_v1.service import Service
from artgan.compute.backend import RemoteRun
from artgan.errors import ArtganError


def status(service: Service, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
    """Ask how a job is.

    Raises:
        NotFoundError: the workspace has no such job.
    """
    dto = get(service, remote_id)
    if dto is None:
        raise unknown(service.where, remote_id)
    return read(service, dto, experiment_of(remote), details=True)


def get(service: Service, remote_id: str) -> Any:
    """Return what the service knows of a job, None when it knows none of that id."""
    client = service.workspace_client

    def ask() -> Any:
        try:
            return client.get_run(remote_id)
        except Exception as error:
            if failures.look(error).status == 404:
                return None
            raise

    return service.ask(f"ask for run {remote_id}", ask)


def find(service: Service, run_id: str, remote: Mapping[str, str], told: Mapping[str, str]) -> RemoteRun | None:
    """Return the job of a run, by the id that artgan gave it, else by its tag."""
    experiment = experiment_of(remote)
    dto = get(service, job_id(run_id, experiment))
    if dto is not None:
        if (dto.tags or {}).get(RUN_TAG) != run_id:
            # The client that sent it died before it could write the tags: other machines find runs by them.
            dto = describe(service, experiment, dto.run_id, {**told, RUN_TAG: run_id}, told.get(NAME_TAG))
        return read(service, dto, experiment, details=True)
    for found in _query(service, experiment, {RUN_TAG: run_id}):
        if (found.tags or {}).get(RUN_TAG) == run_id:
            return read(service, found, experiment, details=True)
    return None


def describe(
    service: Service, experiment: str, remote_id: str, tags: Mapping[str, str], display_name: str | None = None
) -> Any:
    """Give a job tags and a name, and return what the service now knows of it."""
    client = service.run_client(experiment, remote_id)
    from azureml._restclient.models.create_run_dto import CreateRunDto

    changes = CreateRunDto(run_id=remote_id, tags=dict(tags), display_name=display_name)
    return service.ask(f"write the tags of run {remote_id}", lambda: client.patch_run(changes))


def list_runs(service: Service, remote: Mapping[str, str], experiment: str) -> Iterator[RemoteRun]:
    """Yield jobs, the newest first: those of artgan, or all of an experiment that is named.

    Raises:
        NotFoundError: there is no experiment of that name; the hint lists those there are.
    """
    named = experiment or experiment_of(remote)
    # The query asks for the tag, whatever its value; a service that ignores it is not trusted to have filtered.
    for dto in _query(service, named, None if experiment else RUN_TAG, must_exist=bool(experiment)):
        if not dto.hidden and (experiment or RUN_TAG in (dto.tags or {})):
            yield read(service, dto, named)


def _query(service: Service, experiment: str, tags: Any, *, must_exist: bool = False) -> list[Any]:
    """Return what the service knows of each job, of all pages; nothing where there is no such experiment."""
    client = service.experiment_client(experiment)

    def ask() -> list[Any] | None:
        try:
            return list(client.get_runs(tags=tags, order_by=("CreatedUtc", "desc"), include_children=False))
        except Exception as error:
            if failures.look(error).status == 404:
                return None
            raise

    found = service.ask(f"list the runs of experiment {experiment!r}", ask)
    if found is None and must_exist:
        raise _no_experiment(service, experiment)
    return found or []


def _no_experiment(service: Service, experiment: str) -> ArtganError:
    client = service.workspace_client
    found = service.ask("list the experiments", lambda: list(client.list_experiments()))
    return naming.no_experiment(service.where, experiment, (one.name for one in found))


def cancel(service: Service, remote_id: str, remote: Mapping[str, str]) -> bool:
    """End a job; False when it was over, True also when it was being ended already."""
    now = get(service, remote_id)
    if now is None:
        raise unknown(service.where, remote_id)
    if naming.is_over(now.status):
        return False
    if now.status == "CancelRequested":
        return True
    try:
        service.ask(f"cancel run {remote_id}", lambda: _end(service, now, experiment_of(remote)))
    except ArtganError:
        # It may have ended in the meantime, and then there was nothing left to refuse but the wish.
        after = get(service, remote_id)
        if after is None or not naming.is_over(after.status):
            raise
        return bool(after.status == "Canceled")
    return True


def archive(service: Service, remote_id: str, remote: Mapping[str, str]) -> None:
    """Put a job out of sight: what the portal calls archived, the run history calls hidden.

    Raises:
        NotFoundError: the workspace has no such job.
        BusyError: it is not over.
    """
    now = get(service, remote_id)
    if now is None:
        raise unknown(service.where, remote_id)
    if not naming.is_over(now.status):
        raise naming.not_over(remote_id)
    client = service.run_client(experiment_of(remote), remote_id)
    from azureml._restclient.models.create_run_dto import CreateRunDto

    changes = CreateRunDto(run_id=remote_id, hidden=True)
    service.ask(f"archive run {remote_id}", lambda: client.patch_run(changes))


def _end(service: Service, dto: Any, experiment: str) -> None:
    """Ask the service that runs a job to end it.

    The SDK's own ``cancel`` asks the same address, and takes a refusal for a yes.
    """
    import requests

    if not dto.cancel_uri:  # it is run by somebody's own machine, which sees the event
        service.run_client(experiment, dto.run_id).post_event_canceled()
        return
    header = service.workspace._auth_object.get_authentication_header()
    requests.post(dto.cancel_uri, headers=header, timeout=30).raise_for_status()


def read(service: Service, dto: Any, experiment: str, *, details: bool = False) -> RemoteRun:
    """Say in artgan's words what the service knows of a job.

    Args:
        service: the workspace.
        dto: the SDK's ``RunDto``.
        experiment: that the job belongs to.
        details: whether to ask why it failed when the list does not say so; one more question.
    """
    if dto is None or not dto.run_id:
        raise unfinished("ask for a run")
    error = _error_text(dto.error)
    if not error and details and naming.STATES.get(str(dto.status)) == "failed":
        error = _error_text(_details(service, dto.run_id, experiment).error)
    return naming.remote_run(
        service.where,
        service.portal,
        remote_id=dto.run_id,
        status=dto.status,
        error=error,
        name=dto.display_name or dto.name or dto.run_id,
        experiment=experiment,
        tags=dto.tags,
        created=dto.created_utc,
        started=dto.start_time_utc,
        ended=dto.end_time_utc,
    )


def _details(service: Service, remote_id: str, experiment: str) -> Any:
    client = service.run_client(experiment, remote_id)

    def ask() -> Any:
        try:
            return client.get_runstatus()
        except Exception as error:
            if failures.look(error).status == 404:
                raise unknown(service.where, remote_id) from error
            raise

    return service.ask(f"ask for the details of run {remote_id}", ask)


def log_addresses(service: Service, remote_id: str, experiment: str) -> dict[str, str]:
    """Return the log files of a job with their signed addresses."""
    return dict(_details(service, remote_id, experiment).log_files or {})


def _error_text(error: Any) -> str:
    """Return the first sentence of an ``ErrorResponse``."""
    inner = getattr(error, "error", None)
    return naming.error_text(getattr(inner, "code", ""), getattr(inner, "message", ""))
