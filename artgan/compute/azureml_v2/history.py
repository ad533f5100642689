"""How jobs are, from the workspace's run history: all of an experiment in one question, with times and reasons.

Both SDKs read it themselves. A job as the SDK v2 gives it has neither its times nor why it failed, and may be of a kind
that this SDK does not know; its list tells of all jobs of the workspace, a few at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from artgan.compute.azureml_common import failures, naming
from artgan.compute.azureml_common.asking import unfinished
from artgan.compute.azureml_v2.service import Service
from artgan.compute.backend import RemoteRun
from artgan.errors import ArtganError

_PAGE = 500

Facts = Mapping[str, Any]
"""What the service knows of a job: runId, status, tags, createdUtc, ..."""


def get(service: Service, remote_id: str) -> Facts | None:
    """Return what the service knows of a job, None when it knows none of that id."""
    return _ask(service, f"ask for run {remote_id}", "GET", f"/runs/{quote(remote_id, safe='')}")


def query(service: Service, experiment: str, tag: str | None = None, value: str = "") -> list[Facts] | None:
    """Return what the service knows of the jobs of an experiment, the newest first; None where there is none.

    Args:
        service: the workspace.
        experiment: its name.
        tag: only jobs with it.
        value: that the tag has; "" for any.
    """
    wanted = "(ParentRunId eq null)"
    if tag and value:
        wanted = f'((Tags/{tag} eq "{value}") and {wanted})'
    elif tag:
        # That a tag is there at all, whatever it says.
        wanted = f"((Tags/{tag} ne null or Tags/{tag} eq null) and {wanted})"
    body: dict[str, Any] = {"filter": wanted, "orderBy": "CreatedUtc desc", "top": _PAGE}
    path = f"/experiments/{quote(experiment, safe='')}/runs:query"
    found: list[Facts] = []
    while True:
        page = _ask(service, f"list the runs of experiment {experiment!r}", "POST", path, body)
        if page is None:
            return None
        found += page.get("value") or []
        if not page.get("continuationToken"):
            return found
        body["continuationToken"] = page["continuationToken"]


def experiments(service: Service) -> list[str]:
    """Return the names of the workspace's experiments."""
    found = _ask(service, "list the experiments", "POST", "/experiments:query", {"top": _PAGE}) or {}
    return [one["name"] for one in found.get("value") or []]


def read(service: Service, facts: Facts, experiment: str, *, details: bool = False) -> RemoteRun:
    """Say in artgan's words what the service knows of a job.

    Args:
        service: the workspace.
        facts: of ``get`` or ``query``.
        experiment: that the job belongs to.
        details: whether to ask why it failed where they do not say so; one more question.
    """
    remote_id, status = facts.get("runId"), facts.get("status")
    if not remote_id:
        raise unfinished("ask for a run")
    error = _error_text(facts)
    if not error and details and naming.STATES.get(str(status)) == "failed":
        doing = f"ask for the details of run {remote_id}"
        error = _error_text(_ask(service, doing, "GET", f"/runs/{quote(remote_id, safe='')}/details") or {})
    return naming.remote_run(
        service.where,
        service.portal,
        remote_id=remote_id,
        status=status,
        error=error,
        name=facts.get("displayName") or facts.get("name") or remote_id,
        experiment=experiment,
        tags=facts.get("tags"),
        created=_moment(facts.get("createdUtc")),
        started=_moment(facts.get("startTimeUtc")),
        ended=_moment(facts.get("endTimeUtc")),
    )


def _ask(service: Service, doing: str, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
    """Ask the run history; None where it knows nothing of what was asked for."""

    def ask() -> dict[str, Any] | None:
        try:
            found = service.call(method, path, body)
        except ArtganError:  # of the workspace itself
            raise
        except Exception as error:
            if failures.look(error).status == 404:
                return None
            raise
        if not isinstance(found, dict):
            raise unfinished(doing)
        return found

    return service.ask(doing, ask)


def _error_text(facts: Facts) -> str:
    """Return the first sentence of why a job failed."""
    inner = (facts.get("error") or {}).get("error") or {}
    return naming.error_text(inner.get("code"), inner.get("message"))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
