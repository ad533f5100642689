"""MLflow's own protocol, as far as jobs without an SDK use it; what is logged stands with the metrics of the SDK v1."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from .names import utc
from .routing import Call, Refusal, route
from .world import Run, World

_BASE = "/mlflow/v2.0{ws}/api/2.0/mlflow"
_STATUS = {"Completed": "FINISHED", "Failed": "FAILED", "Canceled": "KILLED", "Queued": "SCHEDULED"}


class Tracking:
    """The tracking server of the workspace."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("GET", f"{_BASE}/runs/get")
    def run(self, call: Call) -> Any:
        with self.world.lock:
            run = self._run(call.request.query.get("run_id") or "")
            numbers = [
                (name, entry) for name, entry in run.metrics.items() if "Artifact" not in entry["columns"].values()
            ]
            last = {name: entry["value"][-1] for name, entry in numbers if entry["value"]}
            metrics = [
                {"key": name, "value": row["data"][name], "step": row.get("step", 0)} for name, row in last.items()
            ]
            info = {
                "run_id": run.id,
                "run_uuid": run.id,
                "run_name": run.name or run.id,
                "experiment_id": run.experiment.id,
                "status": _STATUS.get(run.status, "RUNNING"),
                "lifecycle_stage": "active",
            }
            tags = [{"key": key, "value": value} for key, value in run.tags.items()]
            return {"run": {"info": info, "data": {"metrics": metrics, "params": [], "tags": tags}}}

    @route("POST", f"{_BASE}/runs/log-batch")
    def log(self, call: Call) -> Any:
        asked = call.json
        with self.world.lock:
            run = self._run(asked["run_id"])
            for one in asked.get("metrics", []):
                name = one["key"]
                entry = {"name": name, "columns": {name: "double"}, "value": []}
                entry["properties"] = {"uxMetricType": "azureml.v1.scalar"}
                run.metrics.setdefault(name, entry)["value"].append(
                    {
                        "metricId": str(uuid.uuid4()),
                        "createdUtc": utc(datetime.fromtimestamp(one["timestamp"] / 1000, UTC)),
                        "step": one["step"],
                        "data": {name: one["value"]},
                    }
                )
        return {}

    def _run(self, run_id: str) -> Run:
        if run_id not in self.world.runs:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Run {run_id} was not found")
        return self.world.runs[run_id]
