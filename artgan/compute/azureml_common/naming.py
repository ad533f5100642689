"""What jobs are called, and what becomes of them, in artgan's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.backend import RemoteRun
from artgan.errors import BusyError, NotFoundError
from artgan.runs.record import GOING, State

RUN_TAG = "artgan.run"
NAME_TAG = "artgan.name"
EXPERIMENT = "artgan"
STATES: dict[str, State] = {
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


def tags_of(tags: Mapping[str, str], run_id: str, name: str) -> dict[str, str]:
    """Return the tags of a job: those that a person gave, and those by which artgan finds it again."""
    return {**tags, RUN_TAG: run_id, NAME_TAG: name}


def is_over(status: Any) -> bool:
    """Say whether a job, by what the service calls its state, has ended."""
    return STATES.get(str(status)) not in (None, *GOING)


def unknown(where: WorkspaceRef, remote_id: str) -> NotFoundError:
    """Return the error of a job that the workspace does not know."""
    return NotFoundError(
        f"no run {remote_id!r} in workspace {where.workspace_name!r}", "see which there are: artgan list -r"
    )


def not_over(remote_id: str) -> BusyError:
    """Return the error of a job that goes on, where only one that is over will do."""
    return BusyError(f"run {remote_id} is not over", "end it first: artgan cancel RUN")


def no_experiment(where: WorkspaceRef, experiment: str, known: Iterable[str]) -> NotFoundError:
    """Return the error of an experiment that there is not; the hint lists those there are."""
    names = sorted(known)
    return NotFoundError(
        f"no experiment {experiment!r} in workspace {where.workspace_name!r}",
        f"there are: {', '.join(names[:20])}" if names else "nothing has run there yet",
    )


def remote_run(
    where: WorkspaceRef,
    portal: str,
    *,
    remote_id: str,
    status: Any,
    error: str,
    name: str,
    experiment: str,
    tags: Mapping[str, Any] | None,
    created: datetime | None,
    started: datetime | None,
    ended: datetime | None,
) -> RemoteRun:
    """Say in artgan's words what the service knows of a job.

    Args:
        where: the workspace.
        portal: its address.
        remote_id: of the job.
        status: what the service calls its state.
        error: why it failed, of ``error_text``.
        name: that a person reads.
        experiment: that it belongs to.
        tags: of the job.
        created, started, ended: moments, in any zone.
    """
    state = STATES.get(str(status), "queued")
    reason = error if state in ("failed", "cancelled") else _REASONS.get(str(status), "")
    if str(status) not in STATES:
        reason = f"Azure ML calls its state {status!r}"
    return RemoteRun(
        remote_id=remote_id,
        state=state,
        reason=reason,
        name=name,
        experiment=experiment,
        tags={str(key): str(value) for key, value in (tags or {}).items()},
        created=_moment(created),
        started=_moment(started),
        ended=_moment(ended) if state not in GOING else None,
        portal_url=f"{portal}/runs/{remote_id}?wsid={_portal_scope(where)}",
    )


def _portal_scope(where: WorkspaceRef) -> str:
    group = f"/subscriptions/{where.subscription_id}/resourcegroups/{where.resource_group}"
    return f"{group}/workspaces/{where.workspace_name}"


def _moment(time: datetime | None) -> datetime | None:
    """Return a time as records carry it."""
    return time.astimezone(UTC).replace(microsecond=0) if time else None


def error_text(code: Any, message: Any) -> str:
    """Return the first sentence of what a job failed of."""
    text = " ".join(str(message or "").split())
    if not text:
        return str(code or "")
    return text if len(text) <= 300 else text[:300].rsplit(" ", 1)[0] + " ..."
