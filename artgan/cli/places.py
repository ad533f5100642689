"""From settings and folders to the place where a run executes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artgan.runs.folder import RunFolder
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.compute.azureml_common.backend import WorkspaceBackend
    from artgan.compute.backend import Backend


def place_of(settings: Settings, folder: RunFolder) -> Backend:
    """Return where a run executes."""
    from artgan.compute.places import backend_of

    return backend_of(
        folder.current(), folder.path.absolute().parent, settings.datasets_dir, credential_of(settings), _tell,
        sdk_of(settings),
    )  # fmt: skip


def place_for(
    settings: Settings,
    *,
    local: bool,
    cluster: str | None,
    workspace: str | None,
    credential: str | None,
    sdk: str | None = None,
    vm_size: str | None = None,
) -> Backend:
    """Return where a new run shall execute: here, unless a cluster or a workspace is named, configured or described."""
    if local or not (cluster or vm_size or workspace or has_workspace(settings)):
        from artgan.compute.local import LocalBackend

        return LocalBackend(settings.runs_dir, settings.datasets_dir)
    return workspace_of(settings, workspace, credential, sdk, without_cluster=bool(vm_size))


def workspace_of(
    settings: Settings,
    workspace: str | None = None,
    credential: str | None = None,
    sdk: str | None = None,
    *,
    without_cluster: bool = False,
) -> WorkspaceBackend:
    """Return the workspace that is named, configured, or described by a file here or above.

    Args:
        settings: of this folder.
        workspace: its name, if one was given.
        credential: how to sign in, if that was given.
        sdk: which of Azure's clients asks, if that was given.
        without_cluster: whether a job shall run on a machine of its own, which is not for every client.
    """
    from artgan.compute.places import azure_of

    name: Any = workspace or settings.get("workspace")
    known: Any = settings.get("workspaces")
    return azure_of(
        known, Path.cwd(), str(name) if name else None, credential or credential_of(settings), _tell,
        sdk or sdk_of(settings), without_cluster=without_cluster,
    )  # fmt: skip


def has_workspace(settings: Settings) -> bool:
    """Say whether a workspace is configured, or described by a file here or above: whether ``workspace_of`` has one."""
    from artgan.compute.azureml_common.workspaces import workspace_file

    return bool(settings.get("workspace") or settings.get("workspaces") or workspace_file(Path.cwd()))


def _tell(text: str) -> None:
    """Say what to do to sign in with a code, which nobody may overhear or miss."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def sdk_of(settings: Settings) -> str:
    return str(settings.get("sdk", "auto"))


def credential_of(settings: Settings) -> str:
    return str(settings.get("credential", "auto"))
