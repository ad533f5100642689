"""All of the local Azure at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..internet import Internet
from ..server import Fault, Request, RequestLog
from ..warm import AZURE, Command, Warm
from .arm import Compute, ResourceManager, SignIn
from .arm_v2 import Assets, Jobs, Stores
from .azurite import Azurite, require
from .blobs import BlobFront
from .execution import Content, Execution
from .executor import Executor
from .history import History
from .mlflow import Tracking
from .names import ARTIFACTS, CLIENT, DATA, GROUP, NAME, SECRET, SNAPSHOTS, SUBSCRIPTION, TENANT
from .routing import ControlPlane
from .stores import Artifacts, Datastores, Environments, Metrics
from .world import Cluster, Run, World

ARTICLE_RUN = "KeraGAN_1584082108_356cf603"

_KEYS = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET}


class LocalAzure:
    """A subscription with one workspace whose clusters really run what is submitted.

    ::

        with LocalAzure(tmp_path / "azure") as azure:
            azure.write_config(studio)
            done = azure.artgan("submit", "flowers", "--cluster", "gpu-nc6", "-y", cwd=studio)
            (run,) = azure.runs.values()
            azure.wait(lambda: run.status == "Completed")
            assert azure.refused == [] and azure.strangers == []

    Args:
        folder: for certificates, a home, the disks of the nodes; a temporary one by default.
        clusters: what there is; by default ``gpu-nc6`` (named as in the article, a T4 in truth) and ``gpu-old``, whose
            size was retired.
        grace_s: how long a cancelled job may take to end.
        port: of the proxy; 0 takes a free one.
        log: where requests are also written, one line of JSON each.

    Attributes:
        internet: the proxy, the hosts, the log.
        world: the state behind the services.
        config: what ``config.json`` holds.
        stores: what the resource manager tells of datastores.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        clusters: Iterable[Cluster] | None = None,
        grace_s: float = 10,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        self._given = folder
        self._clusters = clusters
        self.folder = folder or Path(tempfile.mkdtemp(prefix="azure-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.world = World(clusters or default_clusters())
        self._sign_in = SignIn()
        self._run_tokens: set[str] = set()
        self._front = BlobFront()
        self.stores = Stores(self.world)
        self._grace_s = grace_s
        self._executor: Executor
        self._warm: Warm | None = None
        services = [
            *(self._sign_in, ResourceManager(self.world), Compute(self.world)),
            *(History(self.world, self._run_tokens), Content(self.world), Execution(self.world, self)),
            *(Artifacts(self.world), Metrics(self.world), Datastores(), Environments(self.world)),
            *(Assets(self.world), self.stores, Jobs(self.world, self), Tracking(self.world)),
        ]
        self._plane = ControlPlane(services, [self._sign_in.tokens, self._run_tokens])
        self.internet = Internet(
            self._plane, self._front, folder=self.folder / "internet", port=port, log=log, extra=_KEYS
        )
        self.config = {"subscription_id": SUBSCRIPTION, "resource_group": GROUP, "workspace_name": NAME}

    def __enter__(self) -> LocalAzure:
        require()
        self.internet.__enter__()
        try:
            certificates = self.internet.certificates
            files = certificates.server_files(["*.blob.core.windows.net", "127.0.0.1"])
            self.storage = Azurite(self.folder / "azurite", *files, certificates.bundle)
            self.world.storage = self._front.storage = self.storage
            for container in (ARTIFACTS, DATA, SNAPSHOTS):
                self.storage.create(container)
        except BaseException:
            self.internet.__exit__()
            raise
        reach = {name: value for name, value in self.internet.variables.items() if name not in (*_KEYS, "HOME")}
        self._executor = Executor(self.world, self.folder / "nodes", reach, self._run_tokens, grace_s=self._grace_s)
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.close()
        if self._warm:
            self._warm.close()
        self.storage.close()
        self.internet.__exit__()
        if self._given is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def reset(self) -> None:
        """Let everything be as at the start: no runs, no blobs, no faults, an empty log.

        The client's home stays, and with it the snapshots that the client remembers.
        """
        self._executor.clear()
        self.heal()
        self.world.clear()
        for container in (ARTIFACTS, DATA):
            for name in self.storage.list(container):
                self.storage.delete(container, name)
        self.world.clusters = {cluster.name: cluster for cluster in self._clusters or default_clusters()}
        self.log.clear()
        self._plane.strangers.clear()
        self._plane.broken.clear()
        self.internet.proxy.connects.clear()

    # For the client

    @property
    def env(self) -> dict[str, str]:
        """The environment for a subprocess."""
        return self.internet.env

    def artgan(self, *args: str, cwd: Path, timeout: float = 600, **env: str) -> subprocess.CompletedProcess[str]:
        """Run ``artgan ARGS`` to its end."""
        return self.internet.artgan(*args, cwd=cwd, timeout=timeout, **env)

    def begin(self, *args: str, cwd: Path, die_at: int | None = None) -> Command:
        """Start ``artgan ARGS`` in a process that need not load the SDK anew; see ``Warm.begin``."""
        self._warm = self._warm or Warm(AZURE, self.env)
        return self._warm.begin(*args, cwd=cwd, die_at=die_at)

    def quick(self, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run ``artgan ARGS`` to its end in a process that need not load the SDK anew."""
        return self.begin(*args, cwd=cwd).wait()

    def use(self, monkeypatch: Any) -> None:
        """Let the test's own process live here."""
        self.internet.use(monkeypatch)

    def write_config(self, folder: Path) -> Path:
        """Write ``config.json`` as the portal gives it."""
        path = folder / "config.json"
        path.write_text(json.dumps(self.config, indent=1) + "\n", "utf-8")
        return path

    # To look

    @property
    def log(self) -> RequestLog:
        return self.internet.log

    @property
    def refused(self) -> list[str]:
        """Hosts that somebody asked for and that do not exist here."""
        return self.internet.proxy.refused()

    @property
    def strangers(self) -> list[str]:
        """Requests to our hosts that this fake does not know, and its own bugs."""
        return [*self._plane.strangers, *self._plane.broken]

    @property
    def runs(self) -> dict[str, Run]:
        """All runs by id, oldest first."""
        with self.world.lock:
            return dict(self.world.runs)

    @property
    def clusters(self) -> dict[str, Cluster]:
        return self.world.clusters

    def blobs(self, container: str = DATA, prefix: str = "") -> dict[str, int]:
        """Return what lies in a container, with sizes; the default datastore by default."""
        return self.storage.list(container, prefix)

    def artifact(self, run: Run, path: str) -> bytes:
        """Return the bytes of a file of a run.

        Raises:
            KeyError: it is not there.
        """
        return self.storage.get(ARTIFACTS, run.blob(path))

    def wait(self, until: Callable[[], Any], timeout_s: float = 150) -> Any:
        """Wait for something to become true; see ``World.wait``."""
        return self.world.wait(until, timeout_s)

    # To let things happen

    def submit(self, run: Run) -> None:
        self._executor.submit(run)

    def cancel(self, run: Run) -> None:
        self._executor.cancel(run)

    def hold(self, cluster: str | None = None) -> None:
        """Let what is queued stay queued."""
        self._hold(cluster, True)

    def release(self, cluster: str | None = None) -> None:
        """Let the queues move again."""
        self._hold(cluster, False)
        self._executor.wake()

    def _hold(self, cluster: str | None, held: bool) -> None:
        with self.world.lock:
            for one in [self.clusters[cluster]] if cluster else self.clusters.values():
                one.held = held

    def preempt(self, run: Run, *, keep_outputs: bool = True, torn: bool = False, hold: bool = False) -> None:
        """Take the node away from a run with kill -9; it is queued again and starts on another.

        Args:
            run: which.
            keep_outputs: the new node finds ``outputs/`` and the logs as they were; else it finds an empty disk, and
                what had been uploaded stays in the artifact store.
            torn: the newest file in ``outputs/state`` lost its second half; the new node brings it up again, so that
                the one in the artifact store is torn as well.
            hold: it stays queued until ``release``.
        """
        self._executor.preempt(run, keep_outputs=keep_outputs, torn=torn, hold=hold)

    def forget(self, run: Run) -> None:
        """Let the service know nothing of a run any more."""
        self._executor.cancel(run)
        with self.world.lock:
            del self.world.runs[run.id]

    def old_run(self, run_id: str, experiment: str, **fields: Any) -> Run:
        """Put a run there that was made in the past; see ``World.old_run``."""
        return self.world.old_run(run_id, experiment, **fields)

    def old_runs(self, count: int, experiment: str = "artgan", tags: Mapping[str, str] | None = None) -> list[Run]:
        """Put many there, one an hour, the last one an hour ago."""
        now = datetime.now(UTC)
        return [
            self.old_run(
                f"{experiment}_{1_700_000_000 + n}_{n:08x}",
                experiment,
                created=now - timedelta(hours=count - n),
                tags={**(tags or {}), "number": str(n)},
            )
            for n in range(count)
        ]

    def article_run(self, files: Mapping[str, bytes]) -> Run:
        """Put the run of the article's own notebook there, with files such as ``outputs/models/gen_10100.h5``."""
        return self.old_run(
            ARTICLE_RUN,
            "KeraGAN",
            created=datetime(2020, 3, 13, 6, 48, 28, tzinfo=UTC),
            files={"azureml-logs/70_driver_log.txt": b"epoch 10100\n", **files},
            script="train_gan.py",
            target="gpu-nc6",
        )

    # To let things go wrong

    def inject(
        self, match: str | Callable[[Request], bool], fault: Fault, times: int | None = None, *, instead: bool = False
    ) -> None:
        """Let requests go wrong; see ``Server.inject``, ``internet.faults`` and ``azure.faults``.

        With ``instead`` the service does not even do what it is asked.
        """
        self.internet.inject(match, fault, times, instead=instead)

    def expire_sas(self, expired: bool = True) -> None:
        """Let every address of a blob that is given from now on be out of date."""
        self.world.sas_life_s = -600.0 if expired else 8 * 3600.0

    def expire_sign_in(self, expired: bool = True) -> None:
        """Let nobody sign in, and no token of before be valid; jobs go on."""
        self._sign_in.expired = expired
        if expired:
            self._sign_in.tokens.clear()

    def delete_workspace(self, deleted: bool = True) -> None:
        """Let there be no workspace any more."""
        self._plane.gone = deleted

    def heal(self) -> None:
        """Let everything go right again."""
        self.internet.heal()
        self.expire_sas(False)
        self.expire_sign_in(False)
        self.delete_workspace(False)
        self.stores.secrets, self.stores.signature = True, False
        self.release()


def default_clusters() -> list[Cluster]:
    return [
        Cluster("gpu-nc6"),
        Cluster("gpu-cheap", priority="LowPriority"),
        Cluster("gpu-old", vm_size="STANDARD_NC6"),
    ]
