"""Clusters, as the SDK v1 tells of them and makes them."""

from __future__ import annotations

from typing import Any

from artgan.compute.azureml_common.asking import quiet
from artgan.compute.azureml_common.clusters import IDLE_S, Cluster, read_cluster
from artgan.compute.azureml_v1.service import Service


def list_clusters(service: Service) -> list[Cluster]:
    """Return the compute targets of a workspace, by name."""
    workspace = service.workspace

    def ask() -> list[Any]:
        with quiet():
            return [found.serialize() for found in workspace.compute_targets.values()]

    return sorted((read_cluster(found) for found in service.ask("list the clusters", ask)), key=lambda c: c.name)


def create(service: Service, name: str, vm_size: str, least: int, most: int, low_priority: bool) -> None:
    """Ask for a cluster; it is being made when this returns."""
    workspace = service.workspace

    def ask() -> None:
        with quiet():
            from azureml.core.compute import AmlCompute, ComputeTarget

            wish = AmlCompute.provisioning_configuration(
                vm_size=vm_size,
                vm_priority="lowpriority" if low_priority else "dedicated",
                min_nodes=least,
                max_nodes=most,
                idle_seconds_before_scaledown=IDLE_S,
            )
            ComputeTarget.create(workspace, name, wish)

    service.ask(f"make cluster {name!r}", ask)


def delete(service: Service, name: str) -> None:
    """Ask for a cluster to be deleted."""
    workspace = service.workspace

    def ask() -> None:
        with quiet():
            from azureml.core.compute import ComputeTarget

            ComputeTarget(workspace, name).delete()

    service.ask(f"delete cluster {name!r}", ask)
