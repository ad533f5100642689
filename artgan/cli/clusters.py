"""``artgan clusters``: where runs can be sent to, and making more of it."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import DryRun, Yes
from artgan.cli.places import workspace_of
from artgan.cli.table import Column
from artgan.errors import RemoteError
from artgan.settings import Settings

_COLUMNS = [
    Column("name"),
    Column("machine", shrinks=True),
    Column("nodes", right=True),
    Column("from", right=True),
    Column("to", right=True),
    Column("tier"),
    Column("state"),
    Column("", shrinks=True),
]
_LOOK_S, _PATIENCE_S = 2.0, 300.0
_DONE = ("", "Succeeded")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the cluster.")]
Workspace = Annotated[
    str | None, typer.Option("--workspace", metavar="NAME", help="The workspace, if not that of config.json.")
]
Sdk = Annotated[
    str | None, typer.Option("--sdk", metavar="auto|v1|v2", help="By which of Azure's clients.", show_default=False)
]


@command
def list_all(console: Console, settings: Settings, workspace: Workspace = None, sdk: Sdk = None) -> None:
    """List the clusters of the Azure ML workspace.

    With --json: an array of objects with name, kind, vm_size, low_priority, nodes (null where that is not told),
    min_nodes, max_nodes, state, problem and retired, a sentence about machines that are no longer to be had.

    Example:
        artgan clusters list
        artgan clusters list --json
    """
    from artgan.compute.azureml_common.clusters import CLUSTER, retired

    place = workspace_of(settings, workspace, sdk=sdk)
    console.say("asking Azure ML ...")
    found = place.clusters()
    value = [{**vars(cluster), "retired": retired(cluster.vm_size)} for cluster in found]
    rows = []
    for cluster in found:
        is_cluster = cluster.kind == CLUSTER
        numbers = (cluster.nodes, cluster.min_nodes, cluster.max_nodes) if is_cluster else (None, None, None)
        gone = "no longer to be had" if retired(cluster.vm_size) else ""
        tier = ("low priority" if cluster.low_priority else "dedicated") if is_cluster else cluster.kind
        counts = ["" if number is None else str(number) for number in numbers]
        rows.append([cluster.name, cluster.vm_size, *counts, tier, cluster.state, cluster.problem or gone])
    console.table(value, _COLUMNS, rows, "the workspace has no clusters; make one with: artgan clusters create --help")
    fit = [cluster.name for cluster in found if cluster.kind == CLUSTER and not retired(cluster.vm_size)]
    if fit:
        console.next(f"artgan submit --cluster {fit[0]}")


@command
def create(
    console: Console,
    settings: Settings,
    name: Name,
    vm_size: Annotated[
        str | None,
        typer.Option("--vm-size", metavar="SIZE", help="Of its machines. [STANDARD_NC4AS_T4_V3, one T4 with 16 GB]"),
    ] = None,
    least: Annotated[int, typer.Option("--min", metavar="N", help="So many nodes stay, also without work.")] = 0,
    most: Annotated[int, typer.Option("--max", metavar="N", help="So many nodes at most.")] = 4,
    low_priority: Annotated[bool, typer.Option("--low-priority", help="Cheap nodes that may be taken away.")] = False,
    workspace: Workspace = None,
    sdk: Sdk = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make a cluster in the Azure ML workspace.

    A node costs while it is there; after two minutes without work it goes, down to --min. With --json: an object with
    name, vm_size, min_nodes, max_nodes, low_priority and state.

    Example:
        artgan clusters create gpu-t4 --vm-size STANDARD_NC4AS_T4_V3 --max 2
        artgan clusters create gpu-cheap --low-priority -y
    """
    from artgan.compute.azureml_common.clusters import SMALLEST, check_wish, has_gpu

    vm_size = vm_size or SMALLEST
    check_wish(name, vm_size, least, most)
    place = workspace_of(settings, workspace, sdk=sdk)
    wish = {"name": name, "vm_size": vm_size, "min_nodes": least, "max_nodes": most, "low_priority": low_priority}
    console.pairs(
        [
            ("cluster", f"{name}, in workspace {place.where.workspace_name}"),
            ("machine", f"{vm_size}{', low priority' if low_priority else ''}"),
            ("nodes", f"from {least} to {most}"),
        ]
    )
    if not has_gpu(vm_size):
        console.warn(f"machines of the size {vm_size} have no GPU")
    if least:
        console.warn(f"--min {least}: that many nodes are paid for day and night")
    if dry_run:
        console.result({**wish, "state": ""})
        console.say("nothing was made: this was a dry run")
        return
    console.confirm("Make it?", yes=yes)
    place.create_cluster(name, vm_size, least=least, most=most, low_priority=low_priority)
    state = _made(console, place, name)
    console.say(f"made: {name}")
    console.result({**wish, "state": state})
    console.next(f"artgan submit --cluster {name}")


def _made(console: Console, place: Any, name: str) -> str:
    """Wait until a cluster is there, and return its state."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        cluster = next((cluster for cluster in place.clusters() if cluster.name == name), None)
        if cluster and cluster.problem:
            raise RemoteError(
                f"cluster {name} could not be made: {cluster.problem}", f"take it away: artgan clusters delete {name}"
            )
        if cluster and cluster.state in _DONE:
            return str(cluster.state)
        if time.monotonic() > end:
            raise RemoteError(f"cluster {name} is still being made", "see how it is with: artgan clusters")
        console.detail(f"{name}: {cluster.state if cluster else 'not there yet'}")
        time.sleep(_LOOK_S)


@command
def delete(
    console: Console,
    settings: Settings,
    name: Name,
    workspace: Workspace = None,
    sdk: Sdk = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Delete a cluster of the Azure ML workspace.

    What runs on it ends. With --json: an object with name and deleted.

    Example:
        artgan clusters delete gpu-t4
    """
    from artgan.compute.azureml_common.clusters import choose

    place = workspace_of(settings, workspace, sdk=sdk)
    cluster = choose(place.clusters(), name, place.where.workspace_name)
    console.say(str(cluster))
    if dry_run:
        console.say("nothing was deleted")
    else:
        console.confirm(f"Delete cluster {cluster.name}?", yes=yes)
        place.delete_cluster(cluster.name)
        console.say(f"{cluster.name} is being deleted")
    console.result({"name": cluster.name, "deleted": not dry_run})
