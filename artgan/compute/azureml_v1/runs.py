"""What became of the jobs: their states, as artgan names them, and who they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from artgan.compute.azureml_v1 import failures
from artgan.compute.azureml_v1.service import Service, unfinished
from artgan.compute.backend import RemoteRun
from artgan.errors import ArtganError, NotFoundError
from artgan.runs.record import GOING, State

RUN_TAG = "artgan.run"
NAME_TAG = "artgan.name"
EXPERIMENT = "artgan"
_STATES: dict[str, State] = {
    "NotStarted": "queued",
    "Unapproved": "queued",
    "Queued": "queued",
    "Pausing": "queued",
    "Paused": "queued",
    "Provisioning": "preparing",
    "Preparing": "preparing",
    "Starting": "preparing",
    "Running": "running",
    "Finalizing": "running",
    "NotResponding": "running",
    "CancelRequested": "running",
    "Completed": "finished",
    "Failed": "failed",
    "Canceled": "cancelled",
}
_REASONS = {
    "CancelRequested": "being cancelled",
    "NotResponding": "its machine does not answer at the moment",
    "Paused": "paused in Azure ML",
    "Unapproved": "waits for an approval in Azure ML",
    "Finalizing": "bringing its files to safety",
}


def job_id(run_id: str, experiment: str) -> str:
    """Return the id that a run's job has in the workspace.

    The client chooses it, so it can be known before anything is sent: a job whose answer was lost is found by it, and
    cannot be started twice.
    """
    return f"{experiment}_{run_id}"


def experiment_of(remote: Mapping[str, str]) -> str:
    """Return the experiment that a record names."""
    return remote.get("experiment") or EXPERIMENT


def status(service: Service, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
    """Ask how a job is.

    Raises:
        NotFoundError: the workspace has no such job.
    """
    dto = get(service, remote_id)
    if dto is None:
        raise unknown(service, remote_id)
    return read(service, dto, experiment_of(remote), details=True)


def unknown(service: Service, remote_id: str) -> NotFoundError:
    """Return the error of a job that the workspace does not know."""
    return NotFoundError(
        f"no run {remote_id!r} in workspace {service.where.workspace_name!r}", "see which there are: artgan list -r"
    )


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
        if experiment or RUN_TAG in (dto.tags or {}):
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
    names = sorted(found.name for found in service.ask("list the experiments", lambda: list(client.list_experiments())))
    return NotFoundError(
        f"no experiment {experiment!r} in workspace {service.where.workspace_name!r}",
        f"there are: {', '.join(names[:20])}" if names else "nothing has run there yet",
    )


def cancel(service: Service, remote_id: str, remote: Mapping[str, str]) -> bool:
    """End a job; False when it was over, True also when it was being ended already."""
    now = get(service, remote_id)
    if now is None:
        raise unknown(service, remote_id)
    if _STATES.get(str(now.status)) not in GOING:
        return False
    if now.status == "CancelRequested":
        return True
    try:
        service.ask(f"cancel run {remote_id}", lambda: _end(service, now, experiment_of(remote)))
    except ArtganError:
        # It may have ended in the meantime, and then there was nothing left to refuse but the wish.
        after = get(service, remote_id)
        if after is None or _STATES.get(str(after.status)) in GOING:
            raise
        return bool(after.status == "Canceled")
    return True


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
    state = _STATES.get(str(dto.status), "queued")
    reason = _REASONS.get(str(dto.status), "")
    if state in ("failed", "cancelled"):
        reason = _error_text(dto.error)
        if not reason and details and state == "failed":
            reason = _error_text(_details(service, dto.run_id, experiment).error)
    if str(dto.status) not in _STATES:
        reason = f"Azure ML calls its state {dto.status!r}"
    return RemoteRun(
        remote_id=dto.run_id,
        state=state,
        reason=reason,
        name=dto.display_name or dto.name or dto.run_id,
        experiment=experiment,
        tags={str(key): str(value) for key, value in (dto.tags or {}).items()},
        created=_moment(dto.created_utc),
        started=_moment(dto.start_time_utc),
        ended=_moment(dto.end_time_utc) if state not in GOING else None,
        portal_url=portal_url(service, dto.run_id),
    )


def _moment(time: datetime | None) -> datetime | None:
    """Return a time as records carry it."""
    return time.astimezone(UTC).replace(microsecond=0) if time else None


def portal_url(service: Service, remote_id: str) -> str:
    """Return the address of a job's page in the portal."""
    where = service.where
    scope = f"/subscriptions/{where.subscription_id}/resourcegroups/{where.resource_group}/workspaces/"
    return f"{service.portal}/runs/{remote_id}?wsid={scope}{where.workspace_name}"


def _details(service: Service, remote_id: str, experiment: str) -> Any:
    client = service.run_client(experiment, remote_id)

    def ask() -> Any:
        try:
            return client.get_runstatus()
        except Exception as error:
            if failures.look(error).status == 404:
                raise unknown(service, remote_id) from error
            raise

    return service.ask(f"ask for the details of run {remote_id}", ask)


def log_addresses(service: Service, remote_id: str, experiment: str) -> dict[str, str]:
    """Return the log files of a job with their signed addresses."""
    return dict(_details(service, remote_id, experiment).log_files or {})


def _error_text(error: Any) -> str:
    """Return the first sentence of an ``ErrorResponse``."""
    inner = getattr(error, "error", None)
    message = " ".join(str(getattr(inner, "message", "") or "").split())
    code = str(getattr(inner, "code", "") or "")
    if not message:
        return code
    return message if len(message) <= 300 else message[:300].rsplit(" ", 1)[0] + " ..."
