"""Clusters: which there are, what their machines are, and which machines no longer exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from artgan.errors import NotFoundError, UsageError

SMALLEST = "STANDARD_NC4AS_T4_V3"
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


CLUSTER = "AmlCompute"
"""What the service calls a cluster."""
IDLE_S = 120
"""So long a node without a job stays, at its price; Azure's own default."""
MOST_NODES = 100
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}[A-Za-z0-9]")
"""What Azure takes as a cluster's name: 2 to 32 letters, digits and dashes, a letter first."""


@dataclass(frozen=True)
class Cluster:
    """A compute target of a workspace."""

    name: str
    kind: str
    """"AmlCompute" for a cluster, "ComputeInstance" for a single machine, ..."""
    vm_size: str = ""
    low_priority: bool = False
    nodes: int | None = 0
    """At the moment; None where that is not told."""
    min_nodes: int = 0
    max_nodes: int = 0
    state: str = ""
    problem: str = ""

    def __str__(self) -> str:
        if self.kind != CLUSTER:
            return f"{self.name} ({self.vm_size or self.kind})"
        low = ", low priority" if self.low_priority else ""
        nodes = "at most" if self.nodes is None else f"{self.nodes} of"
        return f"{self.name} ({self.vm_size or 'size unknown'}, {nodes} {self.max_nodes} nodes{low})"

    @property
    def has_gpu(self) -> bool:
        """Whether the machines have a GPU; their names tell."""
        return has_gpu(self.vm_size)


def has_gpu(vm_size: str) -> bool:
    """Say whether machines of a size have a GPU; their names tell."""
    return bool(re.match(r"(?i)(STANDARD_)?N[CDVG]", vm_size))


def check_wish(name: str, vm_size: str, least: int, most: int) -> None:
    """Refuse what no cluster can be.

    Raises:
        UsageError: the name, the size or the numbers.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a cluster's name",
            "2 to 32 letters, digits and dashes, a letter first, no dash last: for example gpu-t4",
        )
    if gone := retired(vm_size):
        raise UsageError(gone, "give that as --vm-size")
    if not 0 <= least <= most or not 1 <= most <= MOST_NODES:
        raise UsageError(
            f"from {least} to {most} nodes cannot be", f"--min is at least 0, --max at least 1 and at most {MOST_NODES}"
        )


def warnings_of_size(vm_size: str, low_priority: bool) -> list[str]:
    """Return what a person should know before a run is sent to a machine of a size, without a cluster."""
    found = []
    if gone := retired(vm_size):
        found.append(gone)
    elif not has_gpu(vm_size):
        found.append(f"machines of the size {vm_size} have no GPU")
    if low_priority:
        found.append("spot machines can be taken away; the run goes on later")
    return found


def retired(vm_size: str) -> str:
    """Return a sentence about a size of machine that is no longer to be had, "" for one that is."""
    name = vm_size.upper().removeprefix("STANDARD_")
    for pattern, gpu, since, instead in _RETIRED:
        if re.fullmatch(pattern, name):
            return f"machines of the size {vm_size} ({gpu}) were switched off on {since}; their place took {instead}"
    return ""


def choose(clusters: list[Cluster], name: str, workspace: str) -> Cluster:
    """Return the cluster of a name.

    Raises:
        UsageError: no name was given.
        NotFoundError: there is none of that name; the hint lists those there are.
    """
    known = ", ".join(str(cluster) for cluster in clusters)
    how = (
        f"there are: {known}" if known else f"make one: artgan clusters create {name or 'gpu-t4'} --vm-size {SMALLEST}"
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
    if low_priority and cluster.kind == CLUSTER and not cluster.low_priority:
        found.append(
            f"cluster {cluster.name} has dedicated nodes: low priority is chosen when a cluster is made "
            "(artgan clusters create --low-priority)"
        )
    if cluster.low_priority:
        found.append(f"cluster {cluster.name} has low-priority nodes: they can be taken away; the run goes on later")
    if cluster.kind == CLUSTER and not cluster.max_nodes:
        found.append(f"cluster {cluster.name} may have 0 nodes at most: the run would wait until that is raised")
    if cluster.state not in ("", "Succeeded"):
        found.append(f"cluster {cluster.name} is in the state {cluster.state}")
    if cluster.problem:
        found.append(f"cluster {cluster.name} reports: {cluster.problem}")
    return found


def read_cluster(found: dict[str, Any]) -> Cluster:
    """Read what the service says of a compute target, or what the SDK v1's objects serialise to, which is near."""
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
        min_nodes=int(scale.get("minNodeCount") or 0),
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
