"""Clusters, as the SDK v2 tells of them and makes them."""

from __future__ import annotations

from typing import Any

from artgan.compute.azureml_common.asking import quiet
from artgan.compute.azureml_common.clusters import CLUSTER, IDLE_S, Cluster
from artgan.compute.azureml_v2.service import Service
from artgan.errors import ArtganError

_KINDS = {"amlcompute": CLUSTER, "computeinstance": "ComputeInstance"}
_LOW_PRIORITY = "low_priority"


def list_clusters(service: Service) -> list[Cluster]:
    """Return the compute targets of a workspace, by name."""
    client = service.client

    def ask() -> list[Any]:
        with quiet():
            return list(client.compute.list())

    found = [_cluster(one, _nodes(service, one)) for one in service.ask("list the clusters", ask)]
    return sorted(found, key=lambda cluster: cluster.name)


def _cluster(found: Any, nodes: int | None) -> Cluster:
    kind = _word(found.type)
    return Cluster(
        name=str(found.name or ""),
        kind=_KINDS.get(kind.lower(), kind),
        vm_size=str(getattr(found, "size", None) or ""),
        low_priority=_word(getattr(found, "tier", None)).lower().replace("_", "") == "lowpriority",
        nodes=nodes,
        min_nodes=int(getattr(found, "min_instances", None) or 0),
        max_nodes=int(getattr(found, "max_instances", None) or 0),
        state=_word(found.provisioning_state),
        problem=str(found.provisioning_errors or ""),
    )


def _word(value: Any) -> str:
    """Return what the service said, which the SDK made a member of an enumeration or left as it was."""
    return str(getattr(value, "value", value) or "")


def _nodes(service: Service, found: Any) -> int | None:
    """Return how many nodes a cluster has at the moment: another question, of which the plan does not depend."""
    if _word(found.type).lower() != CLUSTER.lower():
        return 0
    client = service.client

    def ask() -> int:
        with quiet():
            return sum(1 for _ in client.compute.list_nodes(found.name))

    try:
        return service.ask(f"count the nodes of cluster {found.name!r}", ask, again=False)
    except ArtganError:
        return None


def create(service: Service, name: str, vm_size: str, least: int, most: int, low_priority: bool) -> None:
    """Ask for a cluster; it is being made when this returns."""
    client, location = service.client, service.workspace.location

    def ask() -> None:
        with quiet():
            from azure.ai.ml.entities import AmlCompute

            wish = AmlCompute(
                name=name,
                size=vm_size,
                location=location,
                tier=_LOW_PRIORITY if low_priority else "dedicated",
                min_instances=least,
                max_instances=most,
                idle_time_before_scale_down=IDLE_S,
            )
            client.compute.begin_create_or_update(wish)

    service.ask(f"make cluster {name!r}", ask)


def delete(service: Service, name: str) -> None:
    """Ask for a cluster to be deleted."""
    client = service.client

    def ask() -> None:
        with quiet():
            client.compute.begin_delete(name)

    service.ask(f"delete cluster {name!r}", ask)
