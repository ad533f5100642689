"""What the SDK v2 asks the resource manager for: code, environments, datastores, jobs. The runs are those of v1."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from ..server import Response
from .azurite import ACCOUNT, HOST, KEY
from .execution import Runner
from .names import ARM, ARTIFACTS, DATA, NAME, REGION, SCOPE, TENANT, utc
from .routing import Call, Refusal, route
from .world import JOB, Code, Run, World

STORES = {"workspaceblobstore": DATA, "workspaceartifactstore": ARTIFACTS}
_SYSTEM = {"createdAt": "2026-01-01T00:00:00Z", "createdBy": "artist", "createdByType": "User"}


def _asset(kind: str, name: str, version: str, sent: dict[str, Any]) -> dict[str, Any]:
    kept = {"isArchived": False, "isAnonymous": False, "tags": {}, "properties": {}, "description": None}
    return {
        "id": f"{SCOPE}/{kind}/{name}/versions/{version}",
        "name": version,
        "type": f"Microsoft.MachineLearningServices/workspaces/{kind}/versions",
        "systemData": _SYSTEM,
        "properties": {**kept, **sent},
    }


def _seconds(text: str | None) -> int | None:
    """Read a span of time such as ``P1DT2H30M5S``."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text or "")
    if not found:
        return None
    return sum(int(n or 0) * unit for n, unit in zip(found.groups(), (86400, 3600, 60, 1), strict=True))


class Assets:
    """Code and environments."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("GET", "{ws}/codes/{name}/versions", host=ARM)
    def known(self, call: Call) -> Any:
        """Whoever brought the same files up before need not do so again."""
        wanted = call.request.query.get("hash")
        with self.world.lock:
            found = [
                (name, code) for name, code in self.world.codes.items() if code.properties["hash_sha256"] == wanted
            ]
        return {"value": [self._code(name, code) for name, code in found]}

    @route("POST", "{ws}/codes/{name}/versions/{version}/startPendingUpload", host=ARM)
    def place(self, call: Call) -> Any:
        container = f"code-{uuid.uuid4()}"
        self.world.storage.create(container)
        uri = f"https://{HOST}/{container}"
        signed = self.world.storage.container_sas(container, life_s=self.world.sas_life_s)
        return {
            "pendingUploadId": str(uuid.uuid4()),
            "pendingUploadType": "TemporaryBlobReference",
            "blobReferenceForConsumption": {
                "blobUri": uri,
                "storageAccountArmId": "x",
                "credential": {"credentialType": "SAS", "sasUri": f"{uri}?{signed}"},
            },
        }

    @route("PUT", "{ws}/codes/{name}/versions/{version}", host=ARM)
    def create(self, call: Call) -> Any:
        sent = call.json["properties"]
        container, _, folder = urlsplit(sent["codeUri"]).path.strip("/").partition("/")
        name = f"{SCOPE}/codes/{call['name']}/versions/{call['version']}"
        with self.world.lock:
            code = self.world.codes[name] = Code(container, f"{folder}/", sent["properties"])
        return self._code(name, code)

    @route("GET", "{ws}/codes/{name}/versions/{version}", host=ARM)
    def one(self, call: Call) -> Any:
        name = f"{SCOPE}/codes/{call['name']}/versions/{call['version']}"
        with self.world.lock:
            if name not in self.world.codes:
                raise Refusal(404, "UserError", f"Code {call['name']} was not found")
            return self._code(name, self.world.codes[name])

    def _code(self, name: str, code: Code) -> dict[str, Any]:
        _, _, asset, _, version = name.rsplit("/", 4)
        uri = f"https://{HOST}/{code.container}/{code.prefix.strip('/')}"
        return _asset("codes", asset, version, {"codeUri": uri, "properties": code.properties})

    @route("PUT", "{ws}/environments/{name}/versions/{version}", host=ARM)
    def environment(self, call: Call) -> Any:
        with self.world.lock:
            self.world.environments[f"{call['name']}:{call['version']}"] = call.json["properties"]
        return _asset("environments", call["name"], call["version"], call.json["properties"])


class Stores:
    """The datastores, as the resource manager tells of them.

    Attributes:
        secrets: whether keys are given out; False leaves whoever asks with a sign-in of their own.
        signature: instead of the account's key, a signature for one container.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.secrets = True
        self.signature = False

    @route("GET", "{ws}/datastores", host=ARM)
    def all(self, call: Call) -> Any:
        names = ["workspaceblobstore"] if call.request.query.get("isDefault") == "true" else list(STORES)
        return {"value": [self._store(name) for name in names]}

    @route("GET", "{ws}/datastores/{name}", host=ARM)
    def one(self, call: Call) -> Any:
        return self._store(call["name"])

    @route("POST", "{ws}/datastores/{name}/listSecrets", host=ARM)
    def keys(self, call: Call) -> Any:
        self._store(call["name"])
        if not self.secrets:
            raise Refusal(403, "AuthorizationFailed", "no permission for listSecrets/action")
        if self.signature:
            container = STORES[call["name"]]
            return {"secretsType": "Sas", "sasToken": self.world.storage.container_sas(container)}
        return {"secretsType": "AccountKey", "key": KEY}

    def _store(self, name: str) -> dict[str, Any]:
        if name not in STORES:
            raise Refusal(404, "UserError", f"Could not find datastore {name}")
        return {
            "id": f"{SCOPE}/datastores/{name}",
            "name": name,
            "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "systemData": _SYSTEM,
            "properties": {
                "datastoreType": "AzureBlob",
                "isDefault": name == "workspaceblobstore",
                "accountName": ACCOUNT,
                "containerName": STORES[name],
                "endpoint": "core.windows.net",
                "protocol": "https",
                "credentials": {"credentialsType": "Sas" if self.signature else "AccountKey"},
                "tags": {},
                "properties": {},
                "description": None,
                "serviceDataAccessAuthIdentity": "None",
            },
        }


class Jobs:
    """The runs, as jobs."""

    def __init__(self, world: World, executor: Runner) -> None:
        self.world = world
        self.executor = executor

    @route("PUT", "{ws}/jobs/{name}", host=ARM)
    def submit(self, call: Call) -> Any:
        sent = call.json["properties"]
        target = (sent.get("computeId") or "").rpartition("/")[2]
        size = (sent.get("resources") or {}).get("instanceType")
        with self.world.lock:
            if call["name"] in self.world.runs and self.world.runs[call["name"]].submitted:
                raise Refusal(409, "UserError", f"A job with this name already exists: {call['name']}.")
            if target and target not in self.world.clusters:
                raise Refusal(400, "UserError", f"Unknown compute target '{target}'.")
            if not target and not size:
                raise Refusal(400, "UserError", "Neither a compute target nor an instance type is named.")
            if sent["codeId"] not in self.world.codes:
                raise Refusal(400, "UserError", f"Code {sent['codeId']} was not found")
            run = self.world.run(call["name"], sent["experimentName"])
            self._take(run, sent, target or self.world.serverless(size))
        self.executor.submit(run)
        return Response.of_json(self._dto(run), 201)

    def _take(self, run: Run, sent: dict[str, Any], target: str) -> None:
        run.submitted = True
        run.name, run.target, run.snapshot = sent.get("displayName"), target, sent["codeId"]
        run.kind = JOB
        run.tags |= sent.get("tags") or {}
        run.properties |= {**(sent.get("properties") or {}), "_azureml.ComputeTargetType": "amlctrain"}
        run.definition = {**sent, "inputs": sent.get("inputs") or {}}
        run.definition["maxRunDurationSeconds"] = _seconds((sent.get("limits") or {}).get("timeout"))

    @route("GET", "{ws}/jobs/{name}", host=ARM)
    def job(self, call: Call) -> Any:
        with self.world.lock:
            return self._dto(self._run(call))

    @route("GET", "{ws}/jobs", host=ARM)
    def jobs(self, call: Call) -> Any:
        tag = call.request.query.get("tag")
        with self.world.lock:
            found = [run for run in self.world.runs.values() if not run.hidden and (not tag or tag in run.tags)]
            return {"value": [self._dto(run) for run in reversed(found)]}

    @route("POST", "{ws}/jobs/{name}/cancel", host=ARM)
    def cancel(self, call: Call) -> Any:
        with self.world.lock:
            run = self._run(call)
        self.executor.cancel(run)
        where = f"https://{ARM}{SCOPE}/jobs/{call['name']}/cancelresult?api-version=1"
        return Response(202, {"Location": where, "Retry-After": "0"})

    @route("GET", "{ws}/jobs/{name}/cancelresult", host=ARM)
    def cancelled(self, call: Call) -> Any:
        return {}

    def _run(self, call: Call) -> Run:
        if call["name"] not in self.world.runs:
            raise Refusal(404, "UserError", f"Run {call['name']} was not found")
        return self.world.runs[call["name"]]

    def _dto(self, run: Run) -> dict[str, Any]:
        tracking = f"azureml://{REGION}.api.azureml.ms/mlflow/v1.0{SCOPE}?"
        studio = f"https://ml.azure.com/runs/{run.id}?wsid={SCOPE}&tid={TENANT}"
        services = {
            kind: {"jobServiceType": kind, "port": None, "endpoint": endpoint, "status": None}
            for kind, endpoint in (("Tracking", tracking), ("Studio", studio))
        }
        output = f"azureml://datastores/workspaceartifactstore/ExperimentRun/{run.container}"
        return {
            "id": f"{SCOPE}/jobs/{run.id}",
            "name": run.id,
            "type": "Microsoft.MachineLearningServices/workspaces/jobs",
            "systemData": {**_SYSTEM, "createdAt": utc(run.created)},
            "properties": {
                "jobType": "Command",
                "status": run.status,
                "displayName": run.name or run.id,
                "experimentName": run.experiment.name,
                "isArchived": run.hidden,
                "tags": dict(run.tags),
                "properties": dict(run.properties),
                "services": services,
                "outputs": {"default": {"jobOutputType": "uri_folder", "mode": "ReadWriteMount", "uri": output}},
                "command": run.definition.get("command") or f"python {run.script}",
                "environmentId": run.definition.get("environmentId") or f"{SCOPE}/environments/{NAME}/versions/1",
                "computeId": f"{SCOPE}/computes/{run.target}" if run.target in self.world.clusters else None,
            },
        }
