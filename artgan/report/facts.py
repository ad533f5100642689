"""What is known of a run, read for a page: no TensorFlow, and nothing that a damaged file could end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from artgan.errors import ArtganError
from artgan.models.presets import PRESETS
from artgan.runs.folder import RunFolder
from artgan.runs.keeping import surplus
from artgan.runs.record import RunRecord
from artgan.training.config import LENGTHS, TrainConfig, from_toml

_NAMES = {
    "kid": "KID", "fid": "FID", "precision": "Precision", "recall": "Recall", "spread": "Diversity",
    "repeated": "Samples alike", "copies": "Near-copies", "swd": "Sliced Wasserstein",
}  # fmt: skip
_BETTER = {"precision": "higher", "recall": "higher", "spread": "near 1"}


class Sheet(NamedTuple):
    """A sheet of samples."""

    epoch: int
    path: Path


class Option(NamedTuple):
    """A field of a configuration, what the recipe has in its place, and what it is."""

    name: str
    value: str
    usual: str
    help: str


class Number(NamedTuple):
    """A number of an evaluation."""

    title: str
    value: str
    error: str
    floor: str
    better: str


def number(value: Any) -> float | None:
    """Return what is a finite number, and None for all else."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fits else None


def series(ticks: Sequence[Mapping[str, Any]], name: str) -> list[tuple[float, float]]:
    """Return a field of the lines of metrics over images seen; lines without it are left out."""
    both = ((number(tick.get("images_seen")), number(tick.get(name))) for tick in ticks)
    return [(x, y) for x, y in both if x is not None and y is not None]


def errors(ticks: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """Return the error of each point of ``series``; 0 where none is known."""
    kept = [
        tick for tick in ticks if number(tick.get("images_seen")) is not None and number(tick.get(name)) is not None
    ]
    return [number(tick.get(f"{name}_error")) or 0.0 for tick in kept]


def sheets(run: RunFolder, most: int) -> list[Sheet]:
    """Return at most so many of the sheets, the first and the newest among them, spread evenly in log time."""
    found = {}
    if run.samples.is_dir():
        found = {int(path.stem): path for path in run.samples.glob("*.png") if path.stem.isdecimal()}
    gone = set(surplus(list(found), most))
    return [Sheet(epoch, found[epoch]) for epoch in sorted(found) if epoch not in gone]


def images_at(ticks: Sequence[Mapping[str, Any]], epoch: int) -> int | None:
    """Return how many images were seen when an epoch was last noted."""
    seen = [number(tick.get("images_seen")) for tick in ticks if tick.get("epoch") == epoch]
    return int(seen[-1]) if seen and seen[-1] is not None else None


def told(ticks: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what the training said of itself, whenever that changed: after how long, and the sentence."""
    said: list[tuple[str, str]] = []
    for tick in ticks:
        sentence = tick.get("verdict")
        if isinstance(sentence, str) and sentence and (not said or said[-1][1] != sentence):
            seconds = number(tick.get("seconds"))
            said.append((duration(seconds) if seconds is not None else "", sentence))
    return said


def configuration(run: RunFolder) -> tuple[list[Option], list[Option]] | None:
    """Return the fields that differ from what the recipe would have chosen, and all others.

    Returns:
        None where there is no configuration, or it cannot be read.
    """
    try:
        config = from_toml(run.config_path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ArtganError):
        return None
    recipe = dict(PRESETS[config.preset].values_for(config.size)) if config.preset in PRESETS else {}
    length = next((name for name in LENGTHS if getattr(config, name) is not None), None)
    differs: list[Option] = []
    rest: list[Option] = []
    for name, field in TrainConfig.model_fields.items():
        if name == "schema_version" or (name in LENGTHS and name != length):
            continue
        value, usual = getattr(config, name), recipe.get(name, field.default)
        asked = name in {"size", "preset", length}  # which no recipe knows
        option = Option(name, _written(name, value), "" if asked else _written(name, usual), field.description or "")
        first = asked or value != usual
        (differs if first else rest).append(option)
    return differs, rest


def _written(name: str, value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in {"time", "save_every", "eval_every"} and isinstance(value, int | float):
        return duration(value) if value else "never"
    return f"{value:g}" if isinstance(value, float) else str(value)


def cost(record: RunRecord, ticks: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what a run took, one fact each; what is not known is left out."""
    judging = number(ticks[-1].get("judging_cpu_seconds")) if ticks else None
    memory = max((number(tick.get("memory_mb")) or 0.0 for tick in ticks), default=0.0)
    rates = sorted(y for _, y in series(ticks, "images_per_s"))
    cpu = duration(record.cpu_seconds) if record.cpu_seconds else ""
    rows = [
        ("Time", duration(record.seconds) if record.seconds else ""),
        ("Processor time", f"{cpu}, {duration(judging)} of it to judge" if cpu and judging else cpu),
        ("Images seen", f"{record.images_seen:,}" if record.images_seen else ""),
        ("Speed", f"{rates[len(rates) // 2]:.3g} images/s, the median" if rates else ""),
        ("Memory", f"{memory:,.0f} MB at most" if memory else ""),
        ("Device", record.device),
        *((name.replace("_", " ").capitalize(), value) for name, value in _place(record)),
        ("Dataset", f"{record.dataset}, {record.images:,} paintings" if record.images else record.dataset),
        ("Begun from", record.begun_from or ""),
        ("Classes", ", ".join(record.classes)),
        ("Begun", f"{record.created:%Y-%m-%d %H:%M} UTC"),
        ("Ended", f"{record.ended:%Y-%m-%d %H:%M} UTC" if record.ended else ""),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("Tags", ", ".join(f"{name}={value}" if value else name for name, value in record.tags.items())),
    ]
    return [(name, value) for name, value in rows if value]


def _place(record: RunRecord) -> Iterator[tuple[str, str]]:
    """Say where it ran, if not here: the service, the cluster, the size of its machines."""
    if record.backend != "local":
        yield "service", record.backend
        for name in ("cluster", "vm_size", "workspace", "experiment"):
            yield name, record.remote.get(name, "")


def evaluation(run: RunFolder) -> tuple[Mapping[str, Any], list[Number]] | None:
    """Return the newest evaluation and its numbers; None where the run was not judged."""
    found = [line for line in run.evaluations() if isinstance(line.get("features"), str)]
    if not found:
        return None
    last = found[-1]
    numbers = []
    for short, title in _NAMES.items():
        name = short if short == "swd" else f"{short}_{last['features']}"
        value = number(last.get(name))
        if value is not None:
            error, floor = (_digits(short, number(last.get(f"{name}_{what}"))) for what in ("error", "floor"))
            numbers.append(Number(title, _digits(short, value), error, floor, _BETTER.get(short, "lower")))
    return (last, numbers) if numbers else None


def _digits(short: str, value: float | None) -> str:
    if value is None:
        return ""
    if short in {"repeated", "copies"}:
        return f"{value:.1%}"
    return f"{value:.1f}" if short in {"fid", "swd"} else f"{value:.4f}" if short == "kid" else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Return seconds as "45 s", "3 min 20 s", "1 h 05 min" or "2 d 3 h"."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"
