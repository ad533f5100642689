"""Experiments and runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from . import filters
from .names import ARTIFACTS, token, utc
from .routing import Call, Refusal, route
from .world import OVER, Experiment, Run, World

_LOGS = ("user_logs/", "azureml-logs/", "logs/", "system_logs/")
_EVENTS = {"Start": "Running", "Completed": "Completed", "Failed": "Failed", "Canceled": "Canceled"}


class History:
    """The run history."""

    def __init__(self, world: World, tokens: set[str]) -> None:
        self.world = world
        self.tokens = tokens

    # Experiments

    @route("GET POST", "/history/v1.0{ws}/experiments/{exp}")
    def experiment(self, call: Call) -> Any:
        if call.request.method == "POST":
            return self.world.experiment(call["exp"]).dto()
        return self._experiment(call).dto()

    @route("GET", "/history/v1.0{ws}/experimentids/{eid}")
    def experiment_by_id(self, call: Call) -> Any:
        with self.world.lock:
            for experiment in self.world.experiments.values():
                if experiment.id == call["eid"]:
                    return experiment.dto()
        raise Refusal(404, "UserError", f"Experiment {call['eid']} was not found")

    @route("GET POST", "/history/v1.0{ws}/experiments:query", "/history/v1.0{ws}/experiments")
    def experiments(self, call: Call) -> Any:
        with self.world.lock:
            return {"value": [e.dto() for e in self.world.experiments.values()], "continuationToken": None}

    def _experiment(self, call: Call) -> Experiment:
        with self.world.lock:
            if call["exp"] not in self.world.experiments:
                raise Refusal(404, "UserError", f"Experiment {call['exp']} was not found")
            return self.world.experiments[call["exp"]]

    # Runs

    @route("POST", "/history/v1.0{ws}/experiments/{exp}/runs:query")
    def query(self, call: Call) -> Any:
        experiment = self._experiment(call)
        return self._query(call, lambda run: run.experiment is experiment)

    @route("POST", "/history/v1.0{ws}/runs:query")
    def query_all(self, call: Call) -> Any:
        return self._query(call, lambda run: True)

    @route("GET POST", "/history/v1.0{ws}/computes/{name}/runs")
    def of_compute(self, call: Call) -> Any:
        return self._query(call, lambda run: run.target == call["name"])

    def _query(self, call: Call, mine: Any) -> Any:
        asked = call.json
        with self.world.lock:
            rows = [run.dto() for run in self.world.runs.values() if mine(run)]
        try:
            test = filters.parse(asked.get("filter"))
            rows = filters.order([row for row in rows if test(row)], asked.get("orderby") or asked.get("orderBy"))
        except filters.BadFilter as error:
            raise Refusal(400, "UserError", f"Invalid query: {error}") from error
        start = int(asked.get("continuationToken") or 0)
        top = min(int(asked.get("top") or 500), 500)
        more = str(start + top) if start + top < len(rows) else None
        return {"value": rows[start : start + top], "continuationToken": more}

    @route(
        "GET",
        "/history/v1.0{ws}/runs/{run}",
        "/history/v1.0{ws}/experiments/{exp}/runs/{run}",
        "/history/v1.0{ws}/experimentids/{eid}/runs/{run}",
    )
    def run(self, call: Call) -> Any:
        with self.world.lock:
            return self._run(call).dto()

    @route(
        "PATCH",
        "/history/v1.0{ws}/experiments/{exp}/runs/{run}",
        "/history/v1.0{ws}/experimentids/{eid}/runs/{run}",
        "/history/v1.0{ws}/runs/{run}",
    )
    def patch(self, call: Call) -> Any:
        with self.world.lock:
            run = self.world.run(call["run"], call["exp"]) if "exp" in call.values else self._run(call)
            _merge(run, call.json)
            return run.dto()

    @route("PATCH", "/history/v1.0{ws}/experiments/{exp}/batch/runs")
    def patch_batch(self, call: Call) -> Any:
        with self.world.lock:
            found = []
            for changes in call.json["runs"]:
                run = self.world.run(changes["runId"], call["exp"])
                _merge(run, changes)
                found.append(run)
            return {"runs": {run.id: run.dto() for run in found}, "errors": {}}

    @route("DELETE", "/history/v1.0{ws}/experiments/{exp}/runs/{run}/tags")
    def delete_tags(self, call: Call) -> Any:
        with self.world.lock:
            run = self._run(call)
            for name in call.json if isinstance(call.json, list) else call.json.get("values", []):
                run.tags.pop(name, None)
            return run.dto()

    @route(
        "GET",
        "/history/v1.0{ws}/runs/{run}/details",
        "/history/v1.0{ws}/experiments/{exp}/runs/{run}/details",
        "/history/v1.0{ws}/experimentids/{eid}/runs/{run}/details",
    )
    def details(self, call: Call) -> Any:
        with self.world.lock:
            run = self._run(call)
            dto = run.dto()
            logs = {path: self._address(run, path) for path in sorted(run.artifacts) if path.startswith(_LOGS)}
        names = "runId target status startTimeUtc endTimeUtc error properties runDefinition"
        return {name: dto[name] for name in names.split()} | {
            "logFiles": logs,
            "services": {},
            "warnings": None,
            "inputDatasets": [],
            "outputDatasets": [],
        }

    def _address(self, run: Run, path: str) -> str:
        return self.world.storage.sas(ARTIFACTS, run.blob(path), life_s=self.world.sas_life_s)

    @route("GET", "/history/v1.0{ws}/experiments/{exp}/runs/{run}/children")
    def children(self, call: Call) -> Any:
        with self.world.lock:
            rows = [run.dto() for run in self.world.runs.values() if run.parent == call["run"]]
        return {"value": rows, "continuationToken": None}

    @route(
        "GET",
        "/history/v1.0{ws}/experiments/{exp}/runs/{run}/token",
        "/history/v1.0{ws}/experimentids/{eid}/runs/{run}/token",
    )
    def run_token(self, call: Call) -> Any:
        made = token("https://management.azure.com/", subject=call["run"])
        self.tokens.add(made)
        return {"token": made, "expiryTimeUtc": utc(datetime.now(UTC) + timedelta(hours=10))}

    @route(
        "POST",
        "/history/v1.0{ws}/experiments/{exp}/runs/{run}/events",
        "/history/v1.0{ws}/experimentids/{eid}/runs/{run}/events",
        "/history/v1.0{ws}/experiments/{exp}/batch/events",
    )
    def events(self, call: Call) -> Any:
        with self.world.lock:
            for event in call.json.get("events", [call.json]):
                run = self.world.runs.get(event.get("data", {}).get("RunId") or call.values.get("run", ""))
                name = event["name"].rpartition(".")[2]
                if run is None:
                    raise Refusal(404, "UserError", "the run of an event was not found")
                if name == "Error":
                    run.error = event["data"]["ErrorResponse"]
                elif name in _EVENTS and not run.submitted and not run.over:
                    # What is really executed has its state from its process.
                    run.become(_EVENTS[name])
        return {}

    @route(
        "GET",
        "/history/v1.0{ws}/experiments/{exp}/runs/{run}/metricsingest/wait",
        "/history/v1.0{ws}/experimentids/{eid}/runs/{run}/metricsingest/wait",
    )
    def metrics_ingested(self, call: Call) -> Any:
        return {}

    def _run(self, call: Call) -> Run:
        run = self.world.runs.get(call["run"])
        if run is None or run.experiment.name != call.values.get("exp", run.experiment.name):
            raise Refusal(404, "UserError", f"Run {call['run']} was not found")
        return run


_FIELDS = {"displayName": "name", "name": "name", "description": "description", "hidden": "hidden"}
_FIELDS |= {"scriptName": "script", "target": "target", "parentRunId": "parent", "runType": "kind"}


def _merge(run: Run, changes: Mapping[str, Any]) -> None:
    for name, attribute in _FIELDS.items():
        if changes.get(name) is not None:
            setattr(run, attribute, changes[name])
    for values, kept in ((changes.get("tags"), run.tags), (changes.get("properties"), run.properties)):
        kept.update({key: value for key, value in (values or {}).items() if value is not None})
    status = changes.get("status")
    if status and not run.submitted and status != run.status and run.status not in OVER:
        run.become(status)
