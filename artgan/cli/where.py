"""Where runs shall execute, as options: one declaration for every command that sends some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli.places import place_for
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.compute.backend import Backend

_PANEL = "Where"


def _text(flag: str, metavar: str, help: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=help, rich_help_panel=_PANEL)


@dataclass(frozen=True)
class Where:
    """What was typed; each field is an option."""

    local: Annotated[
        bool, typer.Option("--local", help="In a background worker on this machine.", rich_help_panel=_PANEL)
    ] = False
    cluster: Annotated[str | None, _text("--cluster", "NAME", "On this cluster of an Azure ML workspace.")] = None
    vm_size: Annotated[
        str | None, _text("--vm-size", "SIZE", "On a machine of this size, without a cluster; needs the SDK v2.")
    ] = None
    sdk: Annotated[str | None, _text("--sdk", "auto|v1|v2", "By which of Azure's clients. [auto]")] = None
    workspace: Annotated[str | None, _text("--workspace", "NAME", "The workspace, if not that of config.json.")] = None
    experiment: Annotated[
        str | None, _text("--experiment", "NAME", "What the service calls the group of runs. [artgan]")
    ] = None
    credential: Annotated[
        str | None, _text("--credential", "auto|cli|device|service-principal|managed", "How to sign in. [auto]")
    ] = None
    image: Annotated[
        str | None, _text("--image", "IMAGE", "A container image that brings all that artgan needs; see Dockerfile.")
    ] = None
    max_hours: Annotated[float | None, _text("--max-hours", "X", "After so long the service ends it.")] = None
    low_priority: Annotated[
        bool, typer.Option("--low-priority", help="On cheap nodes that may be taken away.", rich_help_panel=_PANEL)
    ] = False
    priority: Annotated[str | None, _text("--priority", "NAME", "The service's queue.")] = None

    def place(self, settings: Settings) -> Backend:
        """Return the place: here, unless a cluster or a workspace is named, configured or described."""
        return place_for(
            settings, local=self.local, cluster=self._cluster(settings), workspace=self.workspace,
            credential=self.credential, sdk=self.sdk, vm_size=self._vm_size(settings),
        )  # fmt: skip

    def wishes(self, settings: Settings, backend: Backend, tags: dict[str, str]) -> dict[str, Any]:
        """Return the fields of a ``JobSpec`` that were chosen for a place."""
        if backend.name == "local":
            return {"tags": tags}
        from artgan.compute.versions import pins

        return {
            "tags": tags, "cluster": self._cluster(settings) or "", "vm_size": self._vm_size(settings) or "",
            "experiment": self.experiment or str(settings.get("experiment", "artgan")),
            "image": self.image or str(settings.get("image", "")), "low_priority": self.low_priority,
            "max_hours": self.max_hours or settings.get("max_hours"), "priority": self.priority or "", "pins": pins(),
        }  # fmt: skip

    def _cluster(self, settings: Settings) -> str | None:
        return self.cluster or (None if self.local or self.vm_size else settings.get("cluster"))

    def _vm_size(self, settings: Settings) -> str | None:
        return self.vm_size or (None if self.local or self._cluster(settings) else settings.get("vm_size"))
