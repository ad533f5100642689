"""Azure ML as a backend, whichever SDK asks: all that is said of a workspace, and the files of its runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from artgan.compute.azureml_common import clusters, datasets, naming
from artgan.compute.azureml_common.asking import Asker
from artgan.compute.azureml_common.clusters import Cluster
from artgan.compute.azureml_common.environments import described
from artgan.compute.azureml_common.outputs import Outputs
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.backend import Check, JobSpec, LogChunk, RemoteFile, RemoteRun, Target
from artgan.errors import ArtganError, UsageError


class WorkspaceBackend(ABC):
    """Runs in an Azure ML workspace; a driver is one of it.

    Attributes:
        name: in the records of runs; the same for all drivers, since the runs are.
        sdk: which of Microsoft's clients asks: "v1" or "v2".
        where: the workspace.
    """

    name = "azureml"
    sdk: str
    where: WorkspaceRef

    # What a driver knows

    @property
    @abstractmethod
    def _asker(self) -> Asker: ...

    @property
    @abstractmethod
    def _outputs(self) -> Outputs: ...

    @property
    @abstractmethod
    def _container(self) -> Any:
        """The default datastore's, as the client of Blob storage."""

    @property
    @abstractmethod
    def _portal(self) -> str: ...

    @abstractmethod
    def _package(self) -> tuple[str, str]:
        """Load the SDK; return its name and version."""

    @abstractmethod
    def _location(self) -> str:
        """Return the region of the workspace, which must exist."""

    @abstractmethod
    def submit(self, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
        """Send a job; doing it again for the same run returns the job that was sent."""

    @abstractmethod
    def find(self, run_id: str, remote: Mapping[str, str], tags: Mapping[str, str] | None = None) -> RemoteRun | None:
        """Return the job of a run, if one was sent."""

    @abstractmethod
    def status(self, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
        """Ask how a job is."""

    @abstractmethod
    def runs(self, remote: Mapping[str, str], experiment: str = "") -> Iterator[RemoteRun]:
        """Yield the jobs that artgan sent, the newest first; with ``experiment`` all of that experiment."""

    @abstractmethod
    def cancel(self, remote_id: str, remote: Mapping[str, str]) -> bool:
        """End a job; False when it was over already."""

    @abstractmethod
    def archive(self, remote_id: str, remote: Mapping[str, str]) -> None:
        """Put a job that is over out of sight."""

    @abstractmethod
    def clusters(self) -> list[Cluster]:
        """Return the compute targets of the workspace, by name."""

    @abstractmethod
    def _make_cluster(self, name: str, vm_size: str, least: int, most: int, low_priority: bool) -> None: ...

    @abstractmethod
    def _delete_cluster(self, name: str) -> None: ...

    # What is made of it

    @property
    def home(self) -> dict[str, str]:
        """What a record keeps so that the workspace is found again."""
        return self.where.remote

    def check(self) -> list[Check]:
        """Say what works: the packages, the sign-in, the workspace, its clusters; ends at the first that does not."""
        found: list[Check] = []
        try:
            package, version = self._package()
            found.append(Check(package, True, f"SDK {self.sdk}, version {version}"))
        except ArtganError as error:
            return [Check(f"Azure ML SDK {self.sdk}", False, error.message, error.hint)]
        for name, ask in (("sign-in", self._sign_in), ("workspace", self._described)):
            try:
                found.append(Check(name, True, ask()))
            except ArtganError as error:
                return [*found, Check(name, False, error.message, error.hint)]
        return found + self._check_clusters()

    def _sign_in(self) -> str:
        tokens = self._asker.tokens
        self._asker.ask("sign in", lambda: tokens.for_audience("https://management.azure.com/"))
        return tokens.credential

    def _check_clusters(self) -> list[Check]:
        try:
            known = self.clusters()
        except ArtganError as error:
            return [Check("clusters", False, error.message, error.hint)]
        if not known:
            return [Check("clusters", False, "the workspace has none", "see: artgan clusters create --help")]
        found = []
        for cluster in known:
            gone = clusters.retired(cluster.vm_size)
            text = f"{cluster}: {gone}" if gone else str(cluster)
            found.append(Check("cluster", not gone, text, "make a cluster of another size" if gone else ""))
        return found

    def _described(self) -> str:
        return f"{self.where.workspace_name} (group {self.where.resource_group}, {self._location()})"

    def target(self, spec: JobSpec) -> Target:
        """Look where a job would run; sends nothing.

        Raises:
            UsageError: neither a cluster nor a size of machine is named, or both are, or the SDK knows no such wish.
            NotFoundError: there is no such cluster; the hint lists those there are.
        """
        where = self.where
        if spec.vm_size and spec.cluster:
            raise UsageError(
                f"--vm-size {spec.vm_size} and --cluster {spec.cluster} contradict each other",
                "a cluster has a size already; leave one of them out",
            )
        experiment = spec.experiment or naming.EXPERIMENT
        facts = {"workspace": self._described()}
        if spec.vm_size:
            facts["machine"] = self._serverless(spec)
            warnings = clusters.warnings_of_size(spec.vm_size, spec.low_priority)
            chosen = {"cluster": "", "vm_size": spec.vm_size}
        else:
            cluster = clusters.choose(self.clusters(), spec.cluster, where.workspace_name)
            facts["cluster"] = str(cluster)
            warnings = clusters.warnings_of(cluster, spec.low_priority)
            chosen = {"cluster": cluster.name, "vm_size": cluster.vm_size}
        return Target(
            facts={**facts, "experiment": experiment, "image": described(spec.image)},
            warnings=tuple(warnings),
            remote={**where.remote, "experiment": experiment, **chosen, "portal": self._portal},
        )

    def _serverless(self, spec: JobSpec) -> str:
        """Say on what a job runs that names a size of machine, not a cluster."""
        raise UsageError(
            f"--vm-size {spec.vm_size} asks for a machine without a cluster, which the SDK {self.sdk} cannot",
            'name a --cluster, or use the other: pip install "artgan[azure-v2]", then --sdk v2',
        )

    def create_cluster(self, name: str, vm_size: str, *, least: int, most: int, low_priority: bool) -> None:
        """Ask for a cluster; it is being made when this returns.

        Raises:
            UsageError: there is one of that name, or the numbers or the name cannot be.
        """
        clusters.check_wish(name, vm_size, least, most)
        taken = next((cluster for cluster in self.clusters() if cluster.name.lower() == name.lower()), None)
        if taken:
            raise UsageError(f"there is a cluster {taken}", "choose another name, or: artgan clusters")
        self._make_cluster(name, vm_size, least, most, low_priority)

    def delete_cluster(self, name: str) -> None:
        """Ask for a cluster to be deleted; jobs on it end.

        Raises:
            NotFoundError: there is none of that name; the hint lists those there are.
        """
        known = self.clusters()
        self._delete_cluster(clusters.choose(known, name, self.where.workspace_name).name)

    def upload(self, path: Path, name: str, progress: Callable[[int], None]) -> None:
        """Bring a file into the default datastore under ``datasets/<name>``, unless it is there; verify it."""
        datasets.upload(self._asker, self._container, path, name, progress)

    def data(self) -> list[RemoteFile]:
        """Return the datasets in the datastore."""
        return datasets.list_data(self._asker, self._container)

    def remove_data(self, name: str) -> None:
        """Delete one of them."""
        datasets.remove(self._asker, self._container, name)

    def logs(self, remote_id: str, remote: Mapping[str, str], offset: int = 0) -> LogChunk:
        """Return what was logged from ``offset`` on."""
        return self._outputs.logs(remote_id, remote, offset)

    def files(self, remote_id: str, remote: Mapping[str, str], prefix: str = "") -> list[RemoteFile]:
        """Return the files in the job's run folder; sizes may be None."""
        return self._outputs.files(remote_id, prefix)

    def fetch(self, remote_id: str, remote: Mapping[str, str], file: RemoteFile, path: Path) -> None:
        """Bring a file home, whole or not at all, going on after a cut."""
        self._outputs.fetch(remote_id, file, path)
