"""Azure ML as a backend, by its SDK v2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from artgan.compute.azureml_common.asking import Asker
from artgan.compute.azureml_common.backend import WorkspaceBackend
from artgan.compute.azureml_common.clusters import Cluster
from artgan.compute.azureml_common.signing_in import Tokens
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.azureml_v2 import clusters, jobs, runs, storage
from artgan.compute.azureml_v2.outputs import BlobOutputs
from artgan.compute.azureml_v2.service import EXTRA, Service, load
from artgan.compute.backend import JobSpec, RemoteRun


class AzureMLBackend(WorkspaceBackend):
    """Runs in an Azure ML workspace. Making one asks nothing of Azure, and does not load its SDK.

    Args:
        where: the workspace.
        credential: how to sign in: "auto", "cli", "device", "service-principal" or "managed".
        tell: shows a person a sentence; "device" needs it.

    Raises:
        UsageError: there is no such way to sign in.
    """

    sdk = "v2"

    def __init__(
        self, where: WorkspaceRef, *, credential: str = "auto", tell: Callable[[str], None] | None = None
    ) -> None:
        self.where = where
        self._service = Service(where, Tokens(credential, tell, EXTRA))

    @property
    def _asker(self) -> Asker:
        return self._service

    @cached_property
    def _outputs(self) -> BlobOutputs:
        return BlobOutputs(self._service)

    @cached_property
    def _container(self) -> Any:
        return storage.container_of(self._service, storage.default_store(self._service))

    @property
    def _portal(self) -> str:
        return self._service.portal

    def _package(self) -> tuple[str, str]:
        return "azure-ai-ml", str(load().__version__)

    def _location(self) -> str:
        return str(self._service.workspace.location)

    def _serverless(self, spec: JobSpec) -> str:
        return f"{spec.vm_size}, of its own{', spot' if spec.low_priority else ''}"

    def clusters(self) -> list[Cluster]:
        """Return the compute targets of the workspace, by name."""
        return clusters.list_clusters(self._service)

    def _make_cluster(self, name: str, vm_size: str, least: int, most: int, low_priority: bool) -> None:
        clusters.create(self._service, name, vm_size, least, most, low_priority)

    def _delete_cluster(self, name: str) -> None:
        clusters.delete(self._service, name)

    def submit(self, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
        """Send a job; doing it again for the same run returns the job that was sent."""
        return jobs.submit(self._service, spec, staged, remote)

    def find(self, run_id: str, remote: Mapping[str, str], tags: Mapping[str, str] | None = None) -> RemoteRun | None:
        """Return the job of a run, if one was sent."""
        return runs.find(self._service, run_id, remote, tags or {})

    def status(self, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
        """Ask how a job is."""
        return runs.status(self._service, remote_id, remote)

    def runs(self, remote: Mapping[str, str], experiment: str = "") -> Iterator[RemoteRun]:
        """Yield the jobs that artgan sent, the newest first; with ``experiment`` all of that experiment."""
        return runs.list_runs(self._service, remote, experiment)

    def cancel(self, remote_id: str, remote: Mapping[str, str]) -> bool:
        """End a job; False when it was over already."""
        return runs.cancel(self._service, remote_id, remote)

    def archive(self, remote_id: str, remote: Mapping[str, str]) -> None:
        """Put a job that is over out of sight."""
        runs.archive(self._service, remote_id, remote)
