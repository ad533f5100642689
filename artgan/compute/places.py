"""Which backend a run executes on, or shall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from artgan.compute.backend import Backend
from artgan.compute.local import LocalBackend
from artgan.errors import SetupError
from artgan.runs.record import RunRecord


def backend_of(
    record: RunRecord,
    runs_dir: Path,
    datasets_dir: Path,
    credential: str = "auto",
    tell: Callable[[str], None] = lambda text: None,
) -> Backend:
    """Return the backend that a run was sent to; nothing is asked of it yet.

    Raises:
        SetupError: this artgan knows no such backend, or the record does not name a workspace.
    """
    if record.backend == "local":
        return LocalBackend(runs_dir, datasets_dir)
    if record.backend == "azureml":
        from artgan.compute.azureml_v1.backend import AzureMLBackend
        from artgan.compute.azureml_v1.workspaces import WorkspaceRef

        said = f"the record of run {record.name}"
        where = WorkspaceRef.of(record.remote, said, "find it again with: artgan list --refresh")
        return AzureMLBackend(where, credential=credential, tell=tell)
    raise SetupError(f"run {record.name} was sent to {record.backend!r}, which is unknown here", "update artgan")


def azure_of(
    workspaces: Mapping[str, Any] | None,
    folder: Path,
    name: str | None,
    credential: str = "auto",
    tell: Callable[[str], None] = lambda text: None,
) -> Backend:
    """Return the Azure ML workspace that a name or the files of a folder describe.

    Raises:
        SetupError: there is no description of one.
    """
    from artgan.compute.azureml_v1.backend import AzureMLBackend
    from artgan.compute.azureml_v1.workspaces import find_workspace

    return AzureMLBackend(find_workspace(dict(workspaces or {}), folder, name), credential=credential, tell=tell)
