"""Azure ML as a backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from artgan.compute.azureml_v1 import clusters, jobs, runs, storage
from artgan.compute.azureml_v1.outputs import Outputs
from artgan.compute.azureml_v1.service import Service, load
from artgan.compute.azureml_v1.signing_in import Tokens
from artgan.compute.azureml_v1.workspaces import WorkspaceRef
from artgan.compute.backend import Check, JobSpec, LogChunk, RemoteFile, RemoteRun, Target
from artgan.errors import ArtganError


class AzureMLBackend:
    """Runs in an Azure ML workspace. Making one asks nothing of Azure, and does not load its SDK.

    Args:
        where: the workspace.
        credential: how to sign in: "auto", "cli", "device", "service-principal" or "managed".
        tell: shows a person a sentence; "device" needs it.

    Raises:
        UsageError: there is no such way to sign in.
    """

    name = "azureml"

    def __init__(
        self, where: WorkspaceRef, *, credential: str = "auto", tell: Callable[[str], None] | None = None
    ) -> None:
        self.where = where
        self._service = Service(where, Tokens(credential, tell))

    @property
    def home(self) -> dict[str, str]:
        """What a record keeps so that the workspace is found again."""
        return self.where.remote

    @cached_property
    def _outputs(self) -> Outputs:
        return Outputs(self._service)

    def check(self) -> list[Check]:
        """Say what works: the packages, the sign-in, the workspace, its clusters; ends at the first that does not."""
        found: list[Check] = []
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            ("azureml-core", lambda: f"version {load().VERSION}"),
            ("sign-in", self._sign_in),
            ("workspace", self._described),
        )
        for name, ask in steps:
            try:
                found.append(Check(name, True, ask()))
            except ArtganError as error:
                return [*found, Check(name, False, error.message, error.hint)]
        return found + self._check_clusters()

    def _sign_in(self) -> str:
        tokens = self._service.tokens
        self._service.ask("sign in", lambda: tokens.for_audience("https://management.azure.com/"))
        return tokens.credential

    def _check_clusters(self) -> list[Check]:
        try:
            known = clusters.list_clusters(self._service)
        except ArtganError as error:
            return [Check("clusters", False, error.message, error.hint)]
        if not known:
            return [Check("clusters", False, "the workspace has none", "see: artgan submit --cluster NAME")]
        found = []
        for cluster in known:
            gone = clusters.retired(cluster.vm_size)
            text = f"{cluster}: {gone}" if gone else str(cluster)
            found.append(Check("cluster", not gone, text, "make a cluster of another size" if gone else ""))
        return found

    def _described(self) -> str:
        where = self.where
        return f"{where.workspace_name} (group {where.resource_group}, {self._service.workspace.location})"

    def target(self, spec: JobSpec) -> Target:
        """Look where a job would run; sends nothing.

        Raises:
            UsageError: no cluster is named.
            NotFoundError: there is no such cluster; the hint lists those there are.
        """
        where = self.where
        known = clusters.list_clusters(self._service)
        cluster = clusters.choose(known, spec.cluster, where.workspace_name)
        experiment = spec.experiment or runs.EXPERIMENT
        return Target(
            facts={
                "workspace": self._described(),
                "cluster": str(cluster),
                "experiment": experiment,
                "image": spec.image or jobs.IMAGE,
            },
            warnings=tuple(clusters.warnings_of(cluster, spec.low_priority)),
            remote={
                **where.remote,
                "experiment": experiment,
                "cluster": cluster.name,
                "vm_size": cluster.vm_size,
                "portal": self._service.portal,
            },
        )

    def upload(self, path: Path, name: str, progress: Callable[[int], None]) -> None:
        """Bring a file into the default datastore under ``datasets/<name>``, unless it is there; verify it."""
        storage.upload(self._service, path, name, progress)

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

    def logs(self, remote_id: str, remote: Mapping[str, str], offset: int = 0) -> LogChunk:
        """Return what was logged from ``offset`` on."""
        return self._outputs.logs(remote_id, remote, offset)

    def files(self, remote_id: str, remote: Mapping[str, str], prefix: str = "") -> list[RemoteFile]:
        """Return the files in the job's run folder; sizes are None."""
        return self._outputs.files(remote_id, prefix)

    def fetch(self, remote_id: str, remote: Mapping[str, str], file: RemoteFile, path: Path) -> None:
        """Bring a file home, whole or not at all, going on after a cut."""
        self._outputs.fetch(remote_id, file, path)

    def cancel(self, remote_id: str, remote: Mapping[str, str]) -> bool:
        """End a job; False when it was over already."""
        return runs.cancel(self._service, remote_id, remote)

    def data(self) -> list[RemoteFile]:
        """Return the datasets in the datastore."""
        return storage.list_data(self._service)

    def remove_data(self, name: str) -> None:
        """Delete one of them."""
        storage.remove(self._service, name)
