"""What runs leave: artifacts and metrics; and the datastores and environments."""

from __future__ import annotations

from typing import Any

from .azurite import ACCOUNT, KEY
from .names import ARTIFACTS, DATA, utc
from .routing import Call, Refusal, route
from .world import Run, World

_PAGE = 500


class Artifacts:
    """The artifact store of the runs."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("GET", "/artifact/v2.0{ws}/artifacts/ExperimentRun/{container}")
    def all(self, call: Call) -> Any:
        run = self._run(call)
        return self._page(call, [self._record(run, path) for path in self._paths(run)])

    @route("GET", "/artifact/v2.0{ws}/artifacts/contentinfo/ExperimentRun/{container}/{path:rest}")
    def content_info(self, call: Call) -> Any:
        run = self._run(call)
        if call["path"] not in self._paths(run):
            raise Refusal(404, "UserError", f"artifact not found: {call['path']}")
        return self._info(run, call["path"])

    @route("GET", "/artifact/v2.0{ws}/artifacts/prefix/contentinfo/ExperimentRun/{container}/{path:rest}")
    def content_infos(self, call: Call) -> Any:
        run = self._run(call)
        return self._page(call, [self._info(run, p) for p in self._paths(run) if p.startswith(call["path"])])

    @route("GET", "/artifact/v2.0{ws}/artifacts/metadata/ExperimentRun/{container}/{path:rest}")
    def metadata(self, call: Call) -> Any:
        run = self._run(call)
        if call["path"] not in self._paths(run):
            raise Refusal(404, "UserError", f"artifact not found: {call['path']}")
        return self._record(run, call["path"])

    @route("POST", "/artifact/v2.0{ws}/artifacts/batch/metadata/ExperimentRun/{container}")
    def announce(self, call: Call) -> Any:
        run = self._run(call)
        paths = [entry["path"] for entry in call.json["paths"]]
        with self.world.lock:
            for path in paths:
                run.artifacts.setdefault(path, '"0"')
        return {
            "artifacts": {path: self._record(run, path) for path in paths},
            "artifactContentInformation": {path: self._info(run, path, "rcw") for path in paths},
            "errors": {},
        }

    def _run(self, call: Call) -> Run:
        run_id = call["container"].removeprefix("dcid.")
        with self.world.lock:
            if run_id not in self.world.runs:
                raise Refusal(404, "UserError", f"Run {run_id} was not found")
            return self.world.runs[run_id]

    def _paths(self, run: Run) -> list[str]:
        with self.world.lock:
            return sorted(run.artifacts)

    def _page(self, call: Call, rows: list[dict[str, Any]]) -> dict[str, Any]:
        start = int(call.request.query.get("continuationToken") or 0)
        more = str(start + _PAGE) if start + _PAGE < len(rows) else None
        return {"value": rows[start : start + _PAGE], "continuationToken": more}

    def _record(self, run: Run, path: str) -> dict[str, Any]:
        blob = run.blob(path)
        return {
            "artifactId": blob,
            "origin": "ExperimentRun",
            "container": run.container,
            "path": path,
            "etag": run.artifacts[path],
            "createdTime": utc(run.created),
            "dataPath": {"dataStoreName": "workspaceartifactstore", "relativePath": blob},
        }

    def _info(self, run: Run, path: str, permissions: str = "r") -> dict[str, Any]:
        address = self.world.storage.sas(
            ARTIFACTS, run.blob(path), permissions=permissions, life_s=self.world.sas_life_s
        )
        return {"contentUri": address, "origin": "ExperimentRun", "container": run.container, "path": path}


class Metrics:
    """What ``run.log`` and its like wrote."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("POST", "/metric/v2.0{ws}/runs/{run}/batch")
    def log(self, call: Call) -> Any:
        metrics = self._metrics(call)
        with self.world.lock:
            for entry in call.json["values"]:
                kept = metrics.setdefault(entry["name"], {**entry, "value": []})
                kept["value"] += entry["value"]
        return {"errors": []}

    @route("POST", "/metric/v2.0{ws}/runs/{run}/list")
    def names(self, call: Call) -> Any:
        with self.world.lock:
            rows = [
                {
                    "dataContainerId": f"dcid.{call['run']}",
                    "metricKey": {"runId": call["run"], "name": name, "namespace": "ns"},
                    "columns": entry["columns"],
                    "properties": entry.get("properties"),
                }
                for name, entry in self._metrics(call).items()
            ]
        return {"value": rows, "continuationToken": None}

    @route("POST", "/metric/v2.0{ws}/runs/{run}/full")
    def values(self, call: Call) -> Any:
        name = call.json["metricName"]
        with self.world.lock:
            if name not in (metrics := self._metrics(call)):
                raise Refusal(404, "UserError", f"metric {name} was not found")
            return {**metrics[name], "dataContainerId": f"dcid.{call['run']}", "continuationToken": None}

    def _metrics(self, call: Call) -> dict[str, dict[str, Any]]:
        with self.world.lock:
            if call["run"] not in self.world.runs:
                raise Refusal(404, "UserError", f"Run {call['run']} was not found")
            return self.world.runs[call["run"]].metrics


class Datastores:
    """Where data lie."""

    @route("GET", "/datastore/v1.0{ws}/default")
    def default(self, call: Call) -> Any:
        return _datastore("workspaceblobstore", secret=True)

    @route("GET", "/datastore/v1.0{ws}/datastores/{name}")
    def one(self, call: Call) -> Any:
        if call["name"] not in ("workspaceblobstore", "workspaceartifactstore"):
            raise Refusal(404, "UserError", f"Could not find datastore {call['name']}")
        return _datastore(call["name"], secret=True)

    @route("GET", "/datastore/v1.0{ws}/datastores")
    def all(self, call: Call) -> Any:
        names = ("workspaceblobstore", "workspaceartifactstore")
        return {"value": [_datastore(name, secret=False) for name in names], "continuationToken": None}


def _datastore(name: str, *, secret: bool) -> dict[str, Any]:
    key = KEY if secret else None
    return {
        "name": name,
        "dataStoreType": "AzureBlob",
        "hasBeenValidated": True,
        "isDefault": name == "workspaceblobstore",
        "tags": {},
        "azureStorageSection": {
            "accountName": ACCOUNT,
            "containerName": DATA if name == "workspaceblobstore" else ARTIFACTS,
            "endpoint": "core.windows.net",
            "protocol": "https",
            "credentialType": "AccountKey",
            "credential": key,
            "accountKey": key,
            "isSas": False,
            "blobCacheTimeout": 0,
            "areWorkspaceManagedIdentitiesAllowed": False,
        },
    }


class Environments:
    """Environments that were registered."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("GET", "/environment/v1.0{ws}/environments")
    def all(self, call: Call) -> Any:
        with self.world.lock:
            return {"value": list(self.world.environments.values()), "continuationToken": None}

    @route("GET PUT", "/environment/v1.0{ws}/environments/{name}", "/environment/v1.0{ws}/environments/{name}/{rest}")
    def one(self, call: Call) -> Any:
        with self.world.lock:
            if call.request.method == "PUT":
                self.world.environments[call["name"]] = {"version": "1", **call.json, "name": call["name"]}
            if call["name"] not in self.world.environments:
                raise Refusal(404, "EnvironmentNotFound", f"Environment {call['name']} was not found")
            return self.world.environments[call["name"]]
