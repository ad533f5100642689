"""Signing in, the resource manager, discovery, compute."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qsl

from ..server import Response
from .azurite import ACCOUNT
from .names import (
    API_URL,
    ARM,
    CLIENT,
    LOGIN,
    NAME,
    REGION,
    SCOPE,
    SECRET,
    SUBSCRIPTION,
    TENANT,
    WORKSPACE_ID,
    token,
    utc,
)
from .routing import Call, Refusal, route
from .world import Cluster, World

_AUTHORITY = f"https://{LOGIN[0]}"
_PROVIDERS = SCOPE.partition("Microsoft.MachineLearningServices")[0]


class SignIn:
    """Tokens for whoever knows the secret.

    Attributes:
        tokens: those that are valid.
        expired: whether nobody can sign in any more.
    """

    def __init__(self) -> None:
        self.tokens: set[str] = set()
        self.expired = False

    @route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", host="login", bearer=False)
    def configuration(self, call: Call) -> Any:
        base = f"{_AUTHORITY}/{call['tenant']}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        }

    @route("GET", "/common/discovery/instance", host="login", bearer=False)
    def instance(self, call: Call) -> Any:
        return {
            "tenant_discovery_endpoint": f"{_AUTHORITY}/{TENANT}/v2.0/.well-known/openid-configuration",
            "metadata": [
                {
                    "preferred_network": LOGIN[0],
                    "preferred_cache": LOGIN[1],
                    "aliases": [LOGIN[0], LOGIN[1]],
                }
            ],
        }

    @route("POST", "/{tenant}/oauth2/v2.0/token", host="login", bearer=False)
    def sign_in(self, call: Call) -> Any:
        form = dict(parse_qsl(call.request.body.decode()))
        if self.expired:
            return _no_sign_in("AADSTS7000222: The provided client secret keys for app are expired.")
        if call["tenant"].lower() != TENANT:
            return _no_sign_in(f"AADSTS90002: Tenant '{call['tenant']}' not found.")
        if form.get("client_id") != CLIENT:
            return _no_sign_in(f"AADSTS700016: Application with identifier '{form.get('client_id')}' was not found.")
        if form.get("client_secret") != SECRET:
            return _no_sign_in("AADSTS7000215: Invalid client secret provided.")
        made = token(form.get("scope", "").removesuffix("/.default"))
        self.tokens.add(made)
        return {"token_type": "Bearer", "expires_in": 36000, "ext_expires_in": 36000, "access_token": made}


def _no_sign_in(text: str) -> Response:
    return Response.of_json({"error": "invalid_client", "error_description": text, "error_codes": [7000215]}, 401)


class ResourceManager:
    """Subscriptions, the workspace, and where its services are."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("GET", "/subscriptions", host=ARM)
    def subscriptions(self, call: Call) -> Any:
        return {"value": [self._subscription()]}

    @route("GET", "/subscriptions/{sub}", host=ARM)
    def subscription(self, call: Call) -> Any:
        if call["sub"].lower() != SUBSCRIPTION:
            raise Refusal(404, "SubscriptionNotFound", f"The subscription '{call['sub']}' could not be found.")
        return self._subscription()

    def _subscription(self) -> dict[str, Any]:
        return {
            "id": f"/subscriptions/{SUBSCRIPTION}",
            "subscriptionId": SUBSCRIPTION,
            "displayName": "The artist's",
            "tenantId": TENANT,
            "state": "Enabled",
        }

    @route("GET", "/subscriptions/{sub}/locations", host=ARM)
    def locations(self, call: Call) -> Any:
        return {"value": [{"name": REGION, "displayName": "East US"}]}

    @route("GET", "{ws}", host=ARM)
    @route("GET", "/rp/workspaces{ws}")
    def workspace(self, call: Call) -> Any:
        return {
            "id": SCOPE,
            "name": NAME,
            "type": "Microsoft.MachineLearningServices/workspaces",
            "location": REGION,
            "tags": {},
            "sku": {"name": "Basic", "tier": "Basic"},
            "kind": "Default",
            "identity": {"type": "SystemAssigned", "principalId": str(uuid.uuid4()), "tenantId": TENANT},
            "properties": {
                "workspaceId": WORKSPACE_ID,
                "friendlyName": NAME,
                "description": "",
                "discoveryUrl": f"{API_URL}/discovery",
                "mlFlowTrackingUri": f"azureml://{REGION}.api.azureml.ms/mlflow/v1.0{SCOPE}",
                "storageAccount": f"{_PROVIDERS}Microsoft.Storage/storageAccounts/{ACCOUNT}",
                "keyVault": f"{_PROVIDERS}Microsoft.KeyVault/vaults/kv",
                "applicationInsights": f"{_PROVIDERS}Microsoft.insights/components/ai",
                "provisioningState": "Succeeded",
                "hbiWorkspace": False,
                "creationTime": "2026-01-01T00:00:00Z",
            },
        }

    @route("GET", "/discovery", "/discovery/workspaces/{id}", bearer=False)
    def discovery(self, call: Call) -> Any:
        services = (
            "api catalog experimentation history hyperdrive modelmanagement notebook pipelines labeling execution"
        )
        found = dict.fromkeys(services.split(), API_URL)
        return {**found, "gallery": "https://gallery.example.com", "studio": "https://ml.azure.com"}

    @route("GET", "/metadata/endpoints", host=ARM, bearer=False)
    def clouds(self, call: Call) -> Any:
        return [
            {
                "name": "AzureCloud",
                "portal": "https://portal.azure.com",
                "authentication": {
                    "loginEndpoint": f"{_AUTHORITY}/",
                    "audiences": ["https://management.core.windows.net/", f"https://{ARM}/"],
                    "tenant": "common",
                    "identityProvider": "AAD",
                },
                "graph": "https://graph.windows.net/",
                "graphAudience": "https://graph.windows.net/",
                "media": "https://rest.media.azure.net",
                "batch": "https://batch.core.windows.net/",
                "gallery": "https://gallery.azure.com/",
                "sqlManagement": "https://management.core.windows.net:8443/",
                "vmImageAliasDoc": "https://example.com/aliases.json",
                "activeDirectoryDataLake": "https://datalake.azure.net/",
                "resourceManager": f"https://{ARM}/",
                "suffixes": {
                    "storage": "core.windows.net",
                    "keyVaultDns": "vault.azure.net",
                    "acrLoginServer": "azurecr.io",
                    "sqlServerHostname": "database.windows.net",
                    "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
                    "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
                },
            }
        ]


class Compute:
    """The clusters."""

    def __init__(self, world: World) -> None:
        self.world = world

    @route("GET", "/rp/workspaces{ws}/computes")
    @route("GET", "{ws}/computes", host=ARM)
    def computes(self, call: Call) -> Any:
        with self.world.lock:
            return {"value": [self._dto(cluster) for cluster in self.world.clusters.values()]}

    @route("GET", "/rp/workspaces{ws}/computes/{name}")
    @route("GET", "{ws}/computes/{name}", host=ARM)
    def compute(self, call: Call) -> Any:
        with self.world.lock:
            cluster = self.world.clusters.get(call["name"])
            if cluster is None:
                raise Refusal(404, "ComputeNotFound", f"Compute with name {call['name']} not found.")
            return self._dto(cluster)

    @route("PUT", "{ws}/computes/{name}", host=ARM)
    def create(self, call: Call) -> Any:
        wish = call.json["properties"]["properties"]
        scale = wish["scaleSettings"]
        with self.world.lock:
            low = (wish.get("vmPriority") or "").lower() == "lowpriority"
            cluster = Cluster(
                call["name"],
                wish["vmSize"],
                nodes=scale["maxNodeCount"],
                least=scale.get("minNodeCount") or 0,
                priority="LowPriority" if low else "Dedicated",
            )
            self.world.clusters[call["name"]] = cluster
            answer = self._dto(cluster)
        return Response.of_json(answer, 201).with_(headers=_operation())

    @route("DELETE", "{ws}/computes/{name}", host=ARM)
    def delete(self, call: Call) -> Any:
        with self.world.lock:
            if self.world.clusters.pop(call["name"], None) is None:
                raise Refusal(404, "ComputeNotFound", f"Compute with name {call['name']} not found.")
        return Response(202, _operation())

    @route("GET", "{ws}/computeoperations/{id}", host=ARM)
    def operation(self, call: Call) -> Any:
        return {"id": call["id"], "status": "Succeeded"}

    @route("POST", "{ws}/computes/{name}/listNodes", host=ARM)
    def nodes(self, call: Call) -> Any:
        with self.world.lock:
            if call["name"] not in self.world.clusters:
                raise Refusal(404, "ComputeNotFound", f"Compute with name {call['name']} not found.")
            busy = [run for run in self.world.runs.values() if run.target == call["name"] and run.status == "Running"]
        return {"nodes": [{"nodeId": run.id, "nodeState": "running", "runId": run.id} for run in busy]}

    def _dto(self, cluster: Cluster) -> dict[str, Any]:
        runs = [run for run in self.world.runs.values() if run.target == cluster.name and run.submitted]
        busy = sum(run.status in ("Running", "Finalizing", "CancelRequested") for run in runs)
        preparing = sum(run.status == "Preparing" for run in runs)
        counts = dict.fromkeys(("idle", "unusable", "leaving", "preempted"), 0)
        counts |= {"preparing": preparing, "running": busy}
        moment = utc()
        inner = {
            "vmSize": cluster.vm_size,
            "vmPriority": cluster.priority,
            "allocationState": "Steady",
            "allocationStateTransitionTime": moment,
            "currentNodeCount": busy + preparing,
            "targetNodeCount": busy + preparing,
            "errors": cluster.errors or None,
            "osType": "Linux",
            "nodeStateCounts": {f"{name}NodeCount": count for name, count in counts.items()},
            "scaleSettings": {
                "minNodeCount": cluster.least,
                "maxNodeCount": cluster.nodes,
                "nodeIdleTimeBeforeScaleDown": "PT120S",
            },
            "subnet": None,
            "enableNodePublicIp": True,
            "remoteLoginPortPublicAccess": "NotSpecified",
            "isolatedNetwork": False,
            "propertyBag": {},
        }
        return {
            "id": f"{SCOPE}/computes/{cluster.name}",
            "name": cluster.name,
            "type": "Microsoft.MachineLearningServices/workspaces/computes",
            "location": REGION,
            "tags": {},
            "properties": {
                "computeType": "AmlCompute",
                "isAttachedCompute": False,
                "computeLocation": REGION,
                "provisioningState": cluster.state,
                "provisioningErrors": None,
                "createdOn": "2026-01-01T00:00:00Z",
                "modifiedOn": "2026-01-01T00:00:00Z",
                "description": "",
                "resourceId": None,
                "disableLocalAuth": True,
                "properties": inner,
            },
        }


def _operation() -> dict[str, str]:
    """Say where it is told how far something is that takes a while."""
    return {"Azure-AsyncOperation": f"https://{ARM}{SCOPE}/computeoperations/{uuid.uuid4()}", "Retry-After": "0"}
