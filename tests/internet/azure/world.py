"""What there is in the workspace: clusters, experiments, runs."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .azurite import Azurite
from .names import API_URL, ARTIFACTS, SCOPE, utc

JOB = "azureml.commandjob"
"""The kind of a run that the SDK v2 sent."""
OVER = frozenset(("Completed", "Failed", "Canceled"))


@dataclass
class Cluster:
    """A compute target; tests change its fields as they like."""

    name: str
    vm_size: str = "STANDARD_NC4AS_T4_V3"
    nodes: int = 2
    """How many jobs run at once."""
    least: int = 0
    priority: str = "Dedicated"
    """Or "LowPriority"."""
    state: str = "Succeeded"
    errors: list[dict[str, Any]] = field(default_factory=list)
    held: bool = False
    """Whether what is queued stays queued."""


@dataclass
class Experiment:
    name: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def dto(self) -> dict[str, Any]:
        return {
            "experimentId": self.id,
            "name": self.name,
            "description": None,
            "createdUtc": utc(self.created),
            "tags": {},
            "archivedTime": None,
        }


@dataclass
class Run:
    """A run as the history service keeps it, and its artifacts.

    Attributes:
        states: all that it went through, in order.
        artifacts: path to ETag; the bytes are in the container ``azureml``.
        metrics: name to what was logged under it.
        attempts: how often it was started.
        brought_own: whether the last finished attempt imported the artgan of its snapshot; None if it has none.
        environment: the environment variables of the last attempt.
        command: its command line.
        place: the folder of the last attempt, while it is there.
    """

    id: str
    experiment: Experiment
    number: int = 1
    status: str = "NotStarted"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    ended: datetime | None = None
    name: str | None = None
    parent: str | None = None
    hidden: bool = False
    kind: str = "azureml.scriptrun"
    script: str | None = None
    target: str | None = None
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    definition: dict[str, Any] = field(default_factory=dict)
    snapshot: str | None = None
    error: dict[str, Any] | None = None
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    artifacts: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)
    attempts: int = 0
    brought_own: bool | None = None
    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    place: Any = None
    submitted: bool = False

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def container(self) -> str:
        return f"dcid.{self.id}"

    def blob(self, path: str) -> str:
        return f"ExperimentRun/{self.container}/{path}"

    def become(self, status: str, error: str = "", code: str = "UserError") -> None:
        """Go to the next state."""
        self.status = status
        self.states.append(status)
        if status == "Running" and self.started is None:
            self.started = datetime.now(UTC)
        if status in OVER:
            self.ended = datetime.now(UTC)
        if error:
            self.error = {"error": {"code": code, "message": error, "details": [], "innerError": None}}

    def dto(self) -> dict[str, Any]:
        cancel = f"{API_URL}/execution/v1.0{SCOPE}/experiments/{self.experiment.name}/runId/{self.id}/cancel"
        return {
            "runNumber": self.number,
            "rootRunId": self.parent or self.id,
            "experimentId": self.experiment.id,
            "createdUtc": utc(self.created),
            "runId": self.id,
            "parentRunId": self.parent,
            "status": self.status,
            "startTimeUtc": utc(self.started) if self.started else None,
            "endTimeUtc": utc(self.ended) if self.ended else None,
            "name": self.name,
            "displayName": self.name or self.id,
            "dataContainerId": self.container,
            "description": self.description,
            "hidden": self.hidden,
            "runType": self.kind,
            "runTypeV2": {"orchestrator": "Execution", "traits": []},
            "runUuid": self.uuid,
            "scriptName": self.script,
            "target": self.target,
            "tags": dict(self.tags),
            "properties": dict(self.properties),
            "runDefinition": self.definition,
            "error": self.error,
            "cancelUri": cancel if self.submitted else None,
            "completeUri": None,
            "diagnosticsUri": None,
            "userId": "u",
            "createdBy": {"userName": "artist"},
        }


@dataclass
class Code:
    """A folder that the SDK v2 brought up."""

    container: str
    prefix: str
    properties: dict[str, Any]


class World:
    """The workspace.

    Attributes:
        lock: held by whoever changes or reads more than one thing.
        sas_life_s: for how long the addresses that the services give are valid.
    """

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        self.lock = threading.RLock()
        self.clusters = {cluster.name: cluster for cluster in clusters}
        self.machines: dict[str, Cluster] = {}
        self.sas_life_s = 8 * 3600.0
        self.storage: Azurite
        self.snapshots: dict[str, dict[str, str]] = {}
        """Id to the blobs of its files."""
        self.codes: dict[str, Code] = {}
        """The same for the SDK v2, whose assets have containers of their own; by the address of the asset."""
        self.clear()

    def clear(self) -> None:
        """Forget everything but the snapshots: a client remembers the one that it sent last."""
        with self.lock:
            self.experiments: dict[str, Experiment] = {}
            self.runs: dict[str, Run] = {}
            self.environments: dict[str, dict[str, Any]] = {}

    def serverless(self, vm_size: str) -> str:
        """Return the name of the place where jobs without a cluster run, on machines of a size; made if need be."""
        name = f"serverless-{vm_size}"
        self.machines.setdefault(name, Cluster(name, vm_size))
        return name

    @property
    def places(self) -> dict[str, Cluster]:
        """Wherever a job can run."""
        return {**self.clusters, **self.machines}

    def experiment(self, name: str) -> Experiment:
        """Return an experiment, made if need be."""
        with self.lock:
            return self.experiments.setdefault(name, Experiment(name))

    def run(self, run_id: str, experiment: str) -> Run:
        """Return a run, made if need be."""
        with self.lock:
            if run_id not in self.runs:
                self.runs[run_id] = Run(run_id, self.experiment(experiment), number=len(self.runs) + 1)
            return self.runs[run_id]

    def put_artifact(self, run: Run, path: str, data: bytes) -> None:
        tag = self.storage.put(ARTIFACTS, run.blob(path), data)
        with self.lock:
            run.artifacts[path] = tag

    def old_run(
        self,
        run_id: str,
        experiment: str,
        *,
        status: str = "Completed",
        created: datetime | None = None,
        files: Mapping[str, bytes] | None = None,
        tags: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Run:
        """Put a run there as if it had been made at that time; its files lie in the artifact store."""
        moment = created or datetime.now(UTC) - timedelta(days=1)
        run = self.run(run_id, experiment)
        with self.lock:
            run.created = run.started = moment
            run.ended = moment + timedelta(minutes=50) if status in OVER else None
            run.status, run.tags = status, dict(tags or {})
            for name, value in fields.items():
                setattr(run, name, value)
        for path, data in (files or {}).items():
            self.put_artifact(run, path, data)
        return run

    def wait(self, until: Callable[[], Any], timeout_s: float = 30) -> Any:
        """Return what ``until`` gives as soon as that is true of something.

        Raises:
            AssertionError: it took too long; names the runs and their states.
        """
        end = time.monotonic() + timeout_s
        while True:
            with self.lock:
                if found := until():
                    return found
                states = {run.id: (run.status, sorted(run.artifacts)) for run in self.runs.values()}
            if time.monotonic() > end:
                raise AssertionError(f"not after {timeout_s} s; the runs: {states}")
            time.sleep(0.02)
