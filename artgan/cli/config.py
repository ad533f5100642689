"""``artgan config``: the settings that hold here, where they come from, and changing them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from artgan import settings as settings_module
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.options import PLACES, config_of, fields, origin_of, text_of, unknown_settings
from artgan.cli.table import Column
from artgan.errors import UsageError
from artgan.settings import FILE_NAME, Settings
from artgan.training.resolving import resolve


@command
def show(
    console: Console,
    settings: Settings,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
) -> None:
    """Show the settings that hold in this folder.

    Flags win over ARTGAN_* variables, these over artgan.toml or [tool.artgan] in pyproject.toml, these over your own
    file, and that over the preset. With --json: an object of objects with value and origin; a value that hangs on the
    preset, while that is auto, is an object with the value of each.

    Example:
        artgan config show --origin
    """
    found, origins = config_of(settings)
    folders = {name: str(getattr(settings, name)) for name in ("datasets_dir", "runs_dir", "cache_dir")}
    places = {**{name: str(settings.get(name, "")) for name in PLACES}, **folders}
    value = {name: {"value": places[name], "origin": origin_of(settings, name)} for name in PLACES}
    value |= {name: {"value": found[name], "origin": origins[name]} for name in fields()}
    columns = [Column("name"), Column("value", shrinks=True), *([Column("from", shrinks=True)] if origin else [])]
    rows = [
        [name, text_of(item["value"]), *([item["origin"]] if origin else [])]
        for name, item in value.items()
        if item["value"] not in (None, "")
    ]
    console.table(value, columns, rows)
    for sentence in unknown_settings(settings):
        console.warn(sentence)


@command
def path(console: Console) -> None:
    """Print where the settings files are.

    With --json: an array of objects with path, scope (folder or user) and exists.

    Example:
        artgan config path
    """
    places = {"folder": Path.cwd() / FILE_NAME, "user": settings_module.user_file(os.environ)}
    value = [{"path": file, "scope": scope, "exists": file.is_file()} for scope, file in places.items()]
    columns = [Column("scope"), Column("file"), Column("")]
    rows = [[scope, str(file), "" if file.is_file() else "not made yet"] for scope, file in places.items()]
    console.table(value, columns, rows)


@command
def set_value(
    console: Console,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that artgan config show prints.")],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="Its value; not with --unset.", show_default=False)
    ] = "",
    user: Annotated[bool, typer.Option("--user", help="For you everywhere, not only in this folder.")] = False,
    unset: Annotated[bool, typer.Option("--unset", help="Take the setting away.")] = False,
) -> None:
    """Set a value for this folder, or for you.

    Comments and order of the file stay. With --json: an object with path, name and value.

    Example:
        artgan config set size 128
        artgan config set runs_dir /data/runs --user
    """
    name = name.replace("-", "_")
    if name not in fields() and name not in PLACES:
        raise UsageError(f"there is no setting {name!r}", "see them with: artgan config show")
    if not value and not unset:
        raise UsageError(f"no value for {name}", f"artgan config set {name} VALUE, or --unset")
    file = settings_module.user_file(os.environ) if user else Path.cwd() / FILE_NAME
    stored = None if unset else _checked(name, value)
    settings_module.write(file, name, stored)
    console.say(f"{name} is no longer set in" if unset else f"{name} = {text_of(stored)} in")
    console.result({"path": file, "name": name, "value": stored}, str(file))


def _checked(name: str, text: str) -> Any:
    """Return the value as it stands in a file: a number where the field is one; refused when out of bounds."""
    if name in PLACES:
        return text
    value = getattr(resolve({name: text}), name)
    return (
        value
        if isinstance(value, bool | int) or (isinstance(value, float) and name != "time" and not text[-1:].isalpha())
        else text
    )
