"""Snapshots, and submitting them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from .names import SNAPSHOTS
from .routing import Call, Refusal, route
from .world import Run, World


class Content:
    """Snapshots."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("GET", "/content/v1.0{ws}/snapshots/latest/metadata", "/content/v2.0{ws}/snapshots/latest/metadata")
    def latest(self, call: Call) -> Any:
        return {"id": "00000000-0000-0000-0000-000000000000", "root": {}}

    @route("POST", "/content/v2.0{ws}/snapshots/getblob")
    def places(self, call: Call) -> Any:
        folder = uuid.uuid4()
        return {
            "fileNodes": [
                {
                    "fullName": name,
                    "blobUri": self.world.storage.sas(
                        SNAPSHOTS, f"{folder}/{name}", permissions="rcw", life_s=self.world.sas_life_s
                    ),
                }
                for name in call.json["FileNames"]
            ]
        }

    @route("POST", "/content/v2.0{ws}/snapshots/{id}")
    def create(self, call: Call) -> Any:
        asked = call.json
        sent = {
            node["FullName"]: unquote(urlsplit(node["BlobUri"]).path).removeprefix(f"/{SNAPSHOTS}/")
            for node in asked["FileRevisionList"]["FileNodes"]
        }
        with self.world.lock:
            before = self.world.snapshots.get(asked.get("ParentSnapshotId") or "", {})
            names = set(_names(asked["DirTreeNode"])) or set(sent)
            # Only what changed is sent; what the tree no longer has is gone.
            found = {name: blob for name, blob in {**before, **sent}.items() if name in names}
            if lost := names - set(found):
                raise Refusal(400, "UserError", f"files of the snapshot were never sent: {sorted(lost)[:5]}")
            self.world.snapshots[call["id"]] = found
        return {"id": call["id"]}


def _names(node: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    fields = {name.lower(): value for name, value in node.items()}
    for name, child in (fields.get("children") or {}).items():
        inner = {key.lower(): value for key, value in child.items()}
        if str(inner.get("type", "")).lower() == "directory":
            yield from _names(child, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}"


class Runner(Protocol):
    """Who runs jobs."""

    def submit(self, run: Run) -> None: ...

    def cancel(self, run: Run) -> None: ...


class Execution:
    """Submitting and cancelling."""

    def __init__(self, world: World, executor: Runner) -> None:
        self.world = world
        self.executor = executor

    @route("POST", "/execution/v1.0{ws}/experiments/{exp}/snapshotrun")
    def submit(self, call: Call) -> Any:
        asked = call.json
        configuration = asked["Configuration"]
        target = configuration["target"]
        run_id = call.request.query.get("runId") or f"{call['exp']}_{uuid.uuid4().hex[:8]}"
        with self.world.lock:
            cluster = self.world.clusters.get(target)
            if cluster is None:
                raise Refusal(400, "UserError", f"Unknown compute target '{target}'.")
            if cluster.state != "Succeeded":
                raise Refusal(400, "UserError", f"Compute target '{target}' is in state '{cluster.state}'.")
            if asked["SnapshotId"] not in self.world.snapshots:
                raise Refusal(400, "UserError", f"Snapshot {asked['SnapshotId']} was not found")
            run = self.world.run(run_id, call["exp"])
            if run.submitted:
                raise Refusal(409, "UserError", f"Run {run_id} already exists.")
            run.submitted = True
            run.definition, run.snapshot = configuration, asked["SnapshotId"]
            run.script, run.target = configuration["script"], target
            run.properties |= {
                "_azureml.ComputeTargetType": "amlctrain",
                "ContentSnapshotId": asked["SnapshotId"],
                "ProcessInfoFile": "azureml-logs/process_info.json",
                "ProcessStatusFile": "azureml-logs/process_status.json",
            }
        self.executor.submit(run)
        return {"runId": run_id}

    @route("POST", "/execution/v1.0{ws}/experiments/{exp}/runId/{run}/cancel")
    def cancel(self, call: Call) -> Any:
        with self.world.lock:
            run = self.world.runs.get(call["run"])
            if run is None:
                raise Refusal(404, "UserError", f"Run {call['run']} was not found")
        self.executor.cancel(run)
        return {}
