"""``TrainConfig`` as options: one declaration serves flags, variables, files and help."""

from __future__ import annotations

import functools
import inspect
import os
import typing
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from artgan import settings as settings_module
from artgan.cli.article import TRAINER
from artgan.errors import ArtganError, UsageError
from artgan.models.presets import AUTO, PRESETS, find_preset
from artgan.settings import Settings
from artgan.training.config import TrainConfig
from artgan.training.resolving import possible, resolve

# Settings that are no hyper-parameters.
PLACES = {
    "datasets_dir": "the folder of datasets",
    "runs_dir": "the folder of runs",
    "dataset": "the dataset to use when none is named",
    "cache_dir": "the folder of answers that sites need not give twice",
    "sign": "the signature that artgan studio offers to put on pictures",
    "cluster": "the cluster that artgan submit uses when none is named",
    "vm_size": "the size of machine that artgan submit uses on Azure ML when no cluster is named",
    "sdk": "by which of Azure's clients: auto (v1 where it is installed), v1 or v2",
    "workspace": "the Azure ML workspace, a name in [workspaces]; default: that of config.json",
    "experiment": "what Azure ML calls the group of runs",
    "credential": "how to sign in to Azure: auto, cli, device, service-principal or managed",
    "image": "the container image of jobs",
    "max_hours": "after so long a service ends a run",
    "contact": "an address that sites can write to; sent with every request of fetch",
}
DEFAULT = "default"
_LENGTHS = {"epochs", "kimg", "time"}
_METAVARS = {int: "N", float: "X", str: "TEXT"}


def fields() -> dict[str, Any]:
    """Return the fields of ``TrainConfig`` that are options."""
    return {
        name: field for name, field in TrainConfig.model_fields.items() if isinstance(field.json_schema_extra, dict)
    }


def train_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a function every hyper-parameter as an option.

    Its parameter ``given`` receives a mapping of field to the text that was typed; what was not typed is not in it.
    Stands under ``@command``, and brings the flags of the 2020 article along.
    """
    signature = inspect.signature(function, eval_str=True)
    options = [_parameter(name, field) for name, field in fields().items()]
    options.append(_parameter_set())
    own = [p for name, p in signature.parameters.items() if name != "given"]

    @functools.wraps(function)
    def run(*, set_: list[str] | None = None, **values: Any) -> None:
        given = {name: values.pop(name) for name in fields()}
        given = {name: value for name, value in given.items() if value is not None}
        given.update(_assignments(set_ or []))
        function(given=given, **values)

    run.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    run.shown_defaults = _shown_defaults  # type: ignore[attr-defined]
    run.old_flags = TRAINER  # type: ignore[attr-defined]
    return run


def values_of(settings: Settings, given: dict[str, Any]) -> dict[str, Any]:
    """Return the hyper-parameters that flags, variables and files set; what they leave open is the preset's.

    Raises:
        UsageError: a value is refused; the hint says where it came from when it was no flag.
    """
    values = {name: settings[name] for name in settings if name in fields()}
    if _LENGTHS & given.keys():
        # A length that is typed replaces one from a file; together they would contradict each other.
        values = {name: value for name, value in values.items() if name not in _LENGTHS}
    values |= given
    try:
        resolve(values)
    except UsageError as error:
        for name in values.keys() - given.keys():
            if error.message.startswith(f"{name} "):
                raise UsageError(error.message, f"it comes from {origin_of(settings, name)}; {error.hint}") from error
        raise
    return values


def tags_of(texts: Iterable[str]) -> dict[str, str]:
    """Read "mood=calm" and "draft" as tags.

    Raises:
        UsageError: one has no name.
    """
    tags = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name.strip():
            raise UsageError(f"tag {text!r} has no name", "for example: --tag mood=calm")
        tags[name.strip()] = value.strip()
    return tags


def config_of(settings: Settings) -> tuple[dict[str, Any], dict[str, str]]:
    """Return each field's value that holds here when nothing is typed, and where it comes from.

    Where the preset is still to be chosen and the value hangs on it, it is a mapping of preset to value.
    """
    configs = possible(values_of(settings, {}))
    preset = str(settings.get("preset", AUTO))
    values, origins = {}, {}
    for name in fields():
        found = {recipe: getattr(config, name) for recipe, config in configs.items()}
        values[name] = found if len(set(found.values())) > 1 else next(iter(found.values()))
        origins[name] = origin_of(settings, name)
        brought = any(name in find_preset(recipe).values_for(config.size) for recipe, config in configs.items())
        if brought and origins[name] == DEFAULT and values[name] is not None:
            origins[name] = f"preset {preset}"
    return {**values, "preset": preset}, origins


def origin_of(settings: Settings, name: str) -> str:
    """Return where a value comes from; a file of this folder by its name alone."""
    return settings.origin(name).removeprefix(f"{Path.cwd()}{os.sep}")


def unknown_settings(settings: Settings) -> list[str]:
    """Return a sentence for each name in the settings files that artgan does not know, and for no variable."""
    import difflib

    known = [*fields(), *PLACES]
    sentences = []
    for name in settings:
        if name not in known and not settings.origin(name).startswith("ARTGAN_"):
            near = difflib.get_close_matches(name, known, n=1)
            sentences.append(
                f"{settings.origin(name)}: {name!r} is not a setting" + (f"; did you mean {near[0]!r}?" if near else "")
            )
    return sentences


def _parameter(name: str, field: Any) -> inspect.Parameter:
    """Make the option of one field; the values are read as text, so that all origins are checked alike."""
    extra = field.json_schema_extra
    flag = "--" + name.replace("_", "-")
    kind = _kind(field.annotation)
    spellings = [f"{flag}/--no-{flag[2:]}"] if kind is bool else [flag, *extra["flags"]]
    choices = typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()
    if name == "preset":
        choices = (AUTO, *PRESETS)
    metavar = "TIME" if _is_time(name) else _METAVARS.get(kind, "TEXT")
    option = typer.Option(
        *spellings,
        help=str(field.description)[:1].upper() + str(field.description)[1:] + ".",
        metavar=None if kind is bool else "|".join(choices) or metavar,
        rich_help_panel=extra["panel"],
        autocompletion=(lambda incomplete: [c for c in choices if c.startswith(incomplete)]) if choices else None,
    )
    annotation: Any = Annotated[bool | None, option] if kind is bool else Annotated[str | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _parameter_set() -> inspect.Parameter:
    option = typer.Option("--set", metavar="FIELD=VALUE", help="Set any of these by its field's name; may be repeated.")
    return inspect.Parameter(
        "set_", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, option]
    )


def is_whole(name: str) -> bool:
    """Whether a field takes whole numbers."""
    return _kind(TrainConfig.model_fields[name].annotation) is int


def _is_time(name: str) -> bool:
    """Whether a field is a time, read from "20m": then it has a validator that reads text."""
    return "BeforeValidator" in repr(TrainConfig.model_fields[name])


def _kind(annotation: Any) -> Any:
    """Return the type that a field's value has when it is given: ``int`` of ``int | None``."""
    if typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
    if typing.get_origin(annotation) is typing.Literal or not kinds:
        return annotation
    return _kind(kinds[0])


def _assignments(pairs: Iterable[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise UsageError(f"--set {pair!r} is not FIELD=VALUE", "for example: --set beta1=0.5")
        if name not in fields():
            raise UsageError(f"there is no field {name!r}", "see them with: artgan train --help")
        found[name] = value.strip()
    return found


def _shown_defaults() -> dict[str, str]:
    """Return what each option is when it is not typed, here and now, and where that comes from."""
    try:
        values, origins = config_of(settings_module.load(os.environ, Path.cwd()))
    except ArtganError:
        values, origins = config_of(Settings({}))
    shown = {}
    for name in fields():
        text = text_of(values[name]) + ("s" if _is_time(name) else "")
        origin = origins[name]
        if text.strip("s") and not (origin == DEFAULT and text == "no"):
            shown[name] = text if origin.startswith((DEFAULT, "preset")) else f"{text}, from {origin}"
    return shown


def text_of(value: Any) -> str:
    """Return a value as a person reads it; one that hangs on the preset as "fast 600, quality 2000"."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {text_of(item)}" for name, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
