"""Which workspace is meant: ``config.json`` as the portal gives it, or a named one in the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan.errors import NotFoundError, SetupError

_FIELDS = ("subscription_id", "resource_group", "workspace_name")
# In this order the SDK looks, each through all parent folders before the next.
_PLACES = (".azureml/config.json", ".azureml/project.json", "aml_config/config.json", "aml_config/project.json",
           "config.json", "project.json")  # fmt: skip
_HOW = (
    "in https://ml.azure.com click the workspace's name at the top right, download config.json and put it here; "
    "or: az ml workspace list -o table"
)


@dataclass(frozen=True)
class WorkspaceRef:
    """What names an Azure ML workspace."""

    subscription_id: str
    resource_group: str
    workspace_name: str

    @classmethod
    def of(cls, values: Any, where: str, hint: str = _HOW) -> WorkspaceRef:
        """Read what names a workspace.

        Args:
            values: the three fields, or what the SDK wrote in 2018; others may stand beside them.
            where: they are from, for a person.
            hint: says how to get what is missing.

        Raises:
            SetupError: they do not name a workspace.
        """
        if not isinstance(values, Mapping):
            raise SetupError(f"{where} holds no table of values", f"it needs {', '.join(_FIELDS)}")
        if isinstance(values.get("Scope"), str):
            # What the SDK itself wrote in 2018: the path of the workspace.
            parts = values["Scope"].strip("/").split("/")
            keys = {key.lower(): value for key, value in zip(parts[::2], parts[1::2], strict=False)}
            values = {
                "subscription_id": keys.get("subscriptions"),
                "resource_group": keys.get("resourcegroups"),
                "workspace_name": keys.get("workspaces"),
            }
        missing = [name for name in _FIELDS if not str(values.get(name) or "").strip()]
        if missing:
            raise SetupError(f"{where} lacks {', '.join(missing)}", hint)
        return cls(*(str(values[name]).strip() for name in _FIELDS))

    @property
    def scope(self) -> str:
        """The workspace's path in Azure."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace_name}"
        )

    @property
    def remote(self) -> dict[str, str]:
        """What the record of a run keeps of it."""
        return {name: getattr(self, name) for name in _FIELDS}


def find_workspace(settings_value: Mapping[str, Any] | None, folder: Path, name: str | None) -> WorkspaceRef:
    """Return the workspace that is meant; nothing is asked of Azure.

    Args:
        settings_value: the named workspaces of the settings: name -> the three values, or the path of a config.json.
        folder: where to look for ``workspace_file``.
        name: of a workspace in the settings, or the path of a config.json; None means look in the folder, and take
            the only one in the settings when there is none.

    Raises:
        NotFoundError: the settings hold no workspace of this name.
        SetupError: nothing describes a workspace, or the description lacks something.
    """
    named = dict(settings_value or {})
    if name:
        if name in named:
            return _from_setting(named[name], name, folder)
        if (folder / name).is_file():
            return _from_file(folder / name)
        known = ", ".join(sorted(named))
        raise NotFoundError(
            f"no workspace {name!r} in the settings", f"there are: {known}" if known else f"name a config.json: {_HOW}"
        )
    if found := workspace_file(folder):
        return _from_file(found)
    if len(named) == 1:
        ((only, value),) = named.items()
        return _from_setting(value, only, folder)
    if named:
        raise SetupError(
            f"{len(named)} workspaces in the settings and none is chosen",
            f"choose one: --workspace {min(named)}   (there are: {', '.join(sorted(named))})",
        )
    if (folder / "config.json").is_file():
        return _from_file(folder / "config.json")  # which says what it lacks
    raise SetupError(f"no Azure ML workspace is described in {folder.resolve()} or above it", _HOW)


def workspace_file(folder: Path) -> Path | None:
    """Return the file that describes a workspace, looked for in a folder and above it as the SDK does."""
    here = folder.resolve()
    paths = (parent / place for place in _PLACES for parent in (here, *here.parents))
    return next((path for path in paths if path.is_file() and _is_of_azure(path)), None)


def _is_of_azure(path: Path) -> bool:
    """Any program may have a config.json; only the three values make it one of Azure ML."""
    if path.parent.name in (".azureml", "aml_config"):
        return True
    try:
        return bool(_from_file(path))
    except SetupError:
        return False


def _from_file(path: Path) -> WorkspaceRef:
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{path} cannot be read as a workspace's config.json", f"get a new one: {_HOW}") from error
    return WorkspaceRef.of(values, str(path))


def _from_setting(value: Any, name: str, folder: Path) -> WorkspaceRef:
    if isinstance(value, str):
        path = folder / Path(value).expanduser()
        if path.is_dir():
            path = next((path / p for p in _PLACES if (path / p).is_file()), path / "config.json")
        if not path.is_file():
            raise SetupError(f"workspace {name!r}: no file {path}", _HOW)
        return _from_file(path)
    return WorkspaceRef.of(value, f"workspace {name!r} in the settings")
