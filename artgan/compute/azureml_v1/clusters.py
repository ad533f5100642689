"""Clusters: which there are, what their machines are, and which machines no longer exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from artgan.compute.azureml_v1.service import Service, quiet
from artgan.errors import NotFoundError, UsageError

_SMALL = "STANDARD_NC4AS_T4_V3 (one T4, 16 GB)"
_LARGE = "STANDARD_NC24ADS_A100_V4 (one A100, 80 GB)"
# Sizes that Microsoft has switched off, with the GPU they had, since when, and what took their place:
# learn.microsoft.com/azure/virtual-machines, the migration guides of each series.
_RETIRED = (
    (r"NC\d+R?(_PROMO)?", "K80", "6 September 2023", _SMALL),
    (r"NC\d+R?S_V2", "P100", "6 September 2023", _SMALL),
    (r"NC\d+R?S_V3", "V100", "30 September 2025", f"{_LARGE}, or the cheaper {_SMALL}"),
    (r"ND\d+R?S", "P40", "6 September 2023", _SMALL),
    (r"NV\d+(_PROMO)?", "M60", "6 September 2023", "STANDARD_NV36ADS_A10_V5 (one A10, 24 GB)"),
)


@dataclass(frozen=True)
class Cluster:
    """A compute target of a workspace."""

    name: str
    kind: str
    """"AmlCompute" for a cluster, "ComputeInstance" for a single machine, ..."""
    vm_size: str = ""
    low_priority: bool = False
    nodes: int = 0
    max_nodes: int = 0
    state: str = ""
    problem: str = ""

    def __str__(self) -> str:
        if self.kind != "AmlCompute":
            return f"{self.name} ({self.vm_size or self.kind})"
        low = ", low priority" if self.low_priority else ""
        return f"{self.name} ({self.vm_size or 'size unknown'}, {self.nodes} of {self.max_nodes} nodes{low})"

    @property
    def has_gpu(self) -> bool:
        """Whether the machines have a GPU; their names tell."""
        return bool(re.match(r"(?i)(STANDARD_)?N[CDVG]", self.vm_size))


def retired(vm_size: str) -> str:
    """Return a sentence about a size of machine that is no longer to be had, "" for one that is."""
    name = vm_size.upper().removeprefix("STANDARD_")
    for pattern, gpu, since, instead in _RETIRED:
        if re.fullmatch(pattern, name):
            return f"machines of the size {vm_size} ({gpu}) were switched off on {since}; their place took {instead}"
    return ""


def list_clusters(service: Service) -> list[Cluster]:
    """Return the compute targets of a workspace, by name."""
    workspace = service.workspace

    def ask() -> list[Any]:
        with quiet():
            return [found.serialize() for found in workspace.compute_targets.values()]

    return sorted((_cluster(found) for found in service.ask("list the clusters", ask)), key=lambda c: c.name)


def choose(clusters: list[Cluster], name: str, workspace: str) -> Cluster:
    """Return the cluster of a name.

    Raises:
        UsageError: no name was given.
        NotFoundError: there is none of that name; the hint lists those there are.
    """
    known = ", ".join(str(cluster) for cluster in clusters)
    how = (
        f"there are: {known}"
        if known
        else "make one: az ml compute create --type AmlCompute --size STANDARD_NC4AS_T4_V3 --min-instances 0 "
        f"--max-instances 1 --name {name or 'gpu-t4'} --workspace-name {workspace}"
    )
    if not name:
        example = f"--cluster {clusters[0].name}; " if clusters else ""
        raise UsageError("no cluster is named", f"{example}{how}")
    for cluster in clusters:
        if cluster.name.lower() == name.lower():
            return cluster
    raise NotFoundError(f"no cluster {name!r} in workspace {workspace!r}", how)


def warnings_of(cluster: Cluster, low_priority: bool) -> list[str]:
    """Return what a person should know before a run is sent to a cluster."""
    found = []
    if gone := retired(cluster.vm_size):
        found.append(f"cluster {cluster.name}: {gone}")
    elif cluster.vm_size and not cluster.has_gpu:
        found.append(f"cluster {cluster.name}: machines of the size {cluster.vm_size} have no GPU")
    if low_priority and cluster.kind == "AmlCompute" and not cluster.low_priority:
        found.append(
            f"cluster {cluster.name} has dedicated nodes: low priority is chosen when a cluster is made "
            "(az ml compute create --tier low_priority)"
        )
    if cluster.low_priority:
        found.append(f"cluster {cluster.name} has low-priority nodes: they can be taken away; the run goes on later")
    if cluster.kind == "AmlCompute" and not cluster.max_nodes:
        found.append(f"cluster {cluster.name} may have 0 nodes at most: the run would wait until that is raised")
    if cluster.state not in ("", "Succeeded"):
        found.append(f"cluster {cluster.name} is in the state {cluster.state}")
    if cluster.problem:
        found.append(f"cluster {cluster.name} reports: {cluster.problem}")
    return found


def _cluster(found: dict[str, Any]) -> Cluster:
    """Read what the SDK's objects serialise to, which is nearly what the service said."""
    outer = found.get("properties") or {}
    inner = outer.get("properties") or outer
    status = outer.get("status") or {}
    scale = inner.get("scaleSettings") or status.get("scaleSettings") or {}
    nodes = inner.get("currentNodeCount", status.get("currentNodeCount"))
    return Cluster(
        name=str(found.get("name") or ""),
        kind=str(outer.get("computeType") or ""),
        vm_size=str(inner.get("vmSize") or status.get("vmSize") or ""),
        low_priority=str(inner.get("vmPriority") or status.get("vmPriority") or "").lower() == "lowpriority",
        nodes=int(nodes or 0),
        max_nodes=int(scale.get("maxNodeCount") or 0),
        state=str(outer.get("provisioningState") or ""),
        problem=_problem(outer.get("provisioningErrors") or status.get("errors") or inner.get("errors")),
    )


def _problem(errors: Any) -> str:
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return str(first or "")
    inner = first.get("error", first)
    return str(inner.get("message") or inner.get("code") or "") if isinstance(inner, dict) else str(inner)
