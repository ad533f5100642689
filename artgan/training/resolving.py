"""From the values that somebody gave to a configuration in full. Loads without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from artgan.errors import UsageError
from artgan.models.presets import AUTO, CHOSEN, find_preset
from artgan.training.config import LENGTHS, TrainConfig

# The weight of the paper (Gulrajani et al. 2017), which a preset's own for R1 and R2 says nothing about.
_GAMMAS = {"wgan-gp": 10.0}
# Images times side of the largest batch that is not asked for: 16 at 256 px, 8 at 512 (the "auto" configuration of
# Karras et al. 2020, ADA), so that memory grows with the side, not with its square.
_BATCH_PIXELS = 4096
_UNTIL_GOOD = 10
"""Times a recipe's length, that a training may take which ends when it is good."""


def resolve(values: Mapping[str, Any], *, begun: bool = False) -> TrainConfig:
    """Complete the values given: what they leave open comes from the preset, then from the fields' defaults.

    Under ``auto`` they stay as they are until it is ``settled``; what no preset would take is refused at once.

    Args:
        values: field name to value; None means not given. Text is read as the field's type.
        begun: whether it begins from trained networks, which need to move less: a preset's learning rate is halved.

    Raises:
        UsageError: an unknown field, a value out of bounds, or several lengths.
    """
    given = _given(values)
    if given["preset"] != AUTO:
        return _completed(given, begun)
    possible(given)
    return _config(given)


def possible(values: Mapping[str, Any]) -> dict[str, TrainConfig]:
    """Return what values can become, by the name of the preset: of the one they name, or of each that auto may choose.

    Raises:
        UsageError: as for ``resolve``.
    """
    given = _given(values)
    found: dict[str, TrainConfig] = {}
    refused: list[UsageError] = []
    for name in CHOSEN if given["preset"] == AUTO else (given["preset"],):
        try:
            found[name] = _completed({**given, "preset": name})
        except UsageError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return found


def settled(config: TrainConfig, preset: str, *, begun: bool = False, latent_dim: int | None = None) -> TrainConfig:
    """Complete a configuration under ``auto``, now that its preset is chosen.

    Args:
        config: what was given stays.
        preset: the choice.
        begun: as for ``resolve``.
        latent_dim: of the networks that it begins from; counts where none was given.

    Raises:
        UsageError: what was given does not go with that preset.
    """
    return resolve({"latent_dim": latent_dim, **config.known(), "preset": preset}, begun=begun)


def check_sharing(config: TrainConfig, devices: int) -> None:
    """Refuse a step that so many devices cannot share equally.

    Args:
        config: with its preset settled.
        devices: how many.

    Raises:
        UsageError: they cannot; the hint names what they could.
    """
    if devices > 1 and config.xla == "on":
        raise UsageError(
            f"xla on compiles a step for one device, and {devices} are to share it", "leave out --xla, or --gpus"
        )
    for name in ("micro_batch", "batch_size"):
        rows = getattr(config, name)
        if rows and rows % devices:
            lower, upper = rows // devices * devices, -(-rows // devices) * devices
            fewer = max(count for count in range(1, devices) if rows % count == 0)
            flag = "--" + name.replace("_", "-")
            sizes = f"{lower} or {upper}" if lower else f"{upper}"
            raise UsageError(
                f"{name} {rows} cannot be shared equally by {devices} devices", f"use {flag} {sizes}, or --gpus {fewer}"
            )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are given, and the preset."""
    given = {name: value for name, value in values.items() if value is not None}
    unknown = [name for name in given if name not in TrainConfig.model_fields]
    if unknown:
        raise UsageError(f"there is no option {unknown[0]!r}", "see them with: artgan train --help")
    lengths = [name for name in LENGTHS if name in given]
    if len(lengths) > 1:
        raise UsageError(
            " and ".join(f"{name} {given[name]}" for name in lengths) + " both say how long to train",
            "give one of --epochs, --kimg and --time",
        )
    return {**given, "preset": str(given.get("preset", AUTO))}


def _completed(given: Mapping[str, Any], begun: bool = False) -> TrainConfig:
    size = str(given.get("size", ""))  # one that is no number, or none of pixels, is refused below
    size = size if size.isdecimal() and int(size) else str(TrainConfig.model_fields["size"].default)
    recipe = find_preset(given["preset"]).values_for(int(size))
    measured = any(name in given for name in LENGTHS)
    if measured:
        recipe = {name: value for name, value in recipe.items() if name not in LENGTHS}
    loss = str(given.get("loss"))
    if loss in _GAMMAS and loss != recipe.get("loss"):
        recipe["gamma"] = _GAMMAS[loss]
    values = {**recipe, **given}
    config = _config(values)
    more: dict[str, Any] = {}
    if config.until_good and not measured:
        more["kimg"] = _UNTIL_GOOD * (config.kimg or 0.0)
    if "batch_size" not in values:
        more["batch_size"] = min(config.batch_size, _BATCH_PIXELS // config.size)
    if begun and "lr" not in given:
        more["lr"] = config.lr / 2
    config = config.model_copy(update=more)
    if config.gpus != "all":  # how many these are is known where it runs
        check_sharing(config, config.gpus)
    return config


def _config(values: Mapping[str, Any]) -> TrainConfig:
    try:
        return TrainConfig(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "options"
        reason = str(first["msg"]).removeprefix("Value error, ")
        value = first["input"] if first["loc"] else ""
        raise UsageError(
            f"{name} {value!r}: {reason}" if first["loc"] else reason, "see the bounds with: artgan train --help"
        ) from error
