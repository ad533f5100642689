"""Which backend a run executes on, or shall."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artgan.compute.backend import Backend
from artgan.compute.local import LocalBackend
from artgan.errors import SetupError, UsageError
from artgan.runs.record import RunRecord

if TYPE_CHECKING:
    from artgan.compute.azureml_common.backend import WorkspaceBackend

SDKS = {"v1": "azureml-core", "v2": "azure-ai-ml"}
"""Microsoft's clients of Azure ML, the named one first, and the package that each of them is."""
AUTO = "auto"


def backend_of(
    record: RunRecord,
    runs_dir: Path,
    datasets_dir: Path,
    credential: str = "auto",
    tell: Callable[[str], None] = lambda text: None,
    sdk: str = AUTO,
) -> Backend:
    """Return the backend that a run was sent to; nothing is asked of it yet.

    Args:
        record: of the run.
        runs_dir: the folder of runs.
        datasets_dir: the folder of datasets.
        credential: how to sign in.
        tell: shows a person a sentence.
        sdk: which client asks; it need not be the one that sent the run.

    Raises:
        SetupError: this artgan knows no such backend, or the record does not name a workspace.
        UsageError: there is no such SDK.
    """
    if record.backend == "local":
        return LocalBackend(runs_dir, datasets_dir)
    if record.backend == "azureml":
        from artgan.compute.azureml_common.workspaces import WorkspaceRef

        said = f"the record of run {record.name}"
        where = WorkspaceRef.of(record.remote, said, "find it again with: artgan list --refresh")
        return _driver(sdk)(where, credential=credential, tell=tell)
    raise SetupError(f"run {record.name} was sent to {record.backend!r}, which is unknown here", "update artgan")


def azure_of(
    workspaces: Mapping[str, Any] | None,
    folder: Path,
    name: str | None,
    credential: str = "auto",
    tell: Callable[[str], None] = lambda text: None,
    sdk: str = AUTO,
    *,
    without_cluster: bool = False,
) -> WorkspaceBackend:
    """Return the Azure ML workspace that a name or the files of a folder describe.

    Raises:
        SetupError: there is no description of one.
        UsageError: there is no such SDK.
    """
    from artgan.compute.azureml_common.workspaces import find_workspace

    driver = _driver(sdk, without_cluster=without_cluster)
    return driver(find_workspace(dict(workspaces or {}), folder, name), credential=credential, tell=tell)


def choose_sdk(wanted: str, installed: Callable[[str], bool] | None = None, *, without_cluster: bool = False) -> str:
    """Return which SDK asks: the one that is wanted, else the first of those installed that can do it.

    Args:
        wanted: "auto", "v1" or "v2".
        installed: says whether a package is there; looked up by default, without importing it.
        without_cluster: whether a job shall run on a machine of its own, which v1 cannot.

    Raises:
        UsageError: there is no such SDK.
    """
    if wanted in SDKS:
        return wanted
    if wanted != AUTO:
        raise UsageError(f"sdk {wanted!r} is none of {AUTO}, {', '.join(SDKS)}", "artgan submit --sdk v2")
    if without_cluster:
        return "v2"
    return next((sdk for sdk, package in SDKS.items() if (installed or is_installed)(package)), next(iter(SDKS)))


def is_installed(package: str) -> bool:
    """Say whether a package is there, without importing it."""
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _driver(wanted: str, *, without_cluster: bool = False) -> Callable[..., WorkspaceBackend]:
    if choose_sdk(wanted, without_cluster=without_cluster) == "v2":
        from artgan.compute.azureml_v2.backend import AzureMLBackend as AzureMLBackendV2

        return AzureMLBackendV2
    from artgan.compute.azureml_v1.backend import AzureMLBackend

    return AzureMLBackend
