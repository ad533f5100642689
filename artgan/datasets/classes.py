"""The classes of a dataset: what its paintings differ in that a generator can be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import PreparedImages
from artgan.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

CONDITIONS = ("genre", "style", "artist")
"""Fields of a painting that may be its class."""

FEWEST = 10
"""A class of fewer paintings is left out: there is nothing to learn but the paintings themselves."""

_TOLD = 8
"""Classes that are named in a sentence."""


@dataclass(frozen=True)
class Classes:
    """Which class each picture has.

    Attributes:
        condition: one of ``CONDITIONS``.
        names: of the classes, sorted; ``names[i]`` is class ``i``.
        labels: ``(n,)`` int32, -1 for a picture whose class is unknown or has too few.
        small: names of the classes that were left out, with how many pictures they have.
        unknown: how many pictures have none.
    """

    condition: str
    names: list[str]
    labels: np.ndarray
    small: dict[str, int]
    unknown: int

    def __str__(self) -> str:
        counts = Counter(self.names[label] for label in self.labels if label >= 0)
        text = f"{len(self.names)} {self.condition}s: {_listed(counts)}"
        left = [f"{_listed(self.small)} (fewer than {FEWEST})"] if self.small else []
        left += [f"{self.unknown:,} of unknown {self.condition}"] if self.unknown else []
        return f"{text}; left out: {', '.join(left)}" if left else text


def classes_of(folder: DatasetFolder, ids: Sequence[str], condition: str) -> Classes:
    """Sort the pictures of a dataset into classes by what its manifest says of them.

    Args:
        folder: the dataset.
        ids: of the pictures.
        condition: one of ``CONDITIONS``.

    Raises:
        UsageError: fewer than two classes have ``FEWEST`` pictures; says how many of each there are.
    """
    values = _values(folder, ids, condition)
    counts = Counter(value for value in values if value)
    names = sorted(value for value, count in counts.items() if count >= FEWEST)
    if len(names) < 2:
        raise UsageError(
            f"{folder.name!r} has no two {condition}s of {FEWEST} paintings or more: "
            + (_listed(counts) or "none is known"),
            f"fetch another {condition} into it, condition on another of {', '.join(CONDITIONS)}, or train without",
        )
    small = {value: count for value, count in counts.items() if count < FEWEST}
    return Classes(condition, names, _numbered(values, names), small, sum(not value for value in values))


def labels_of(folder: DatasetFolder, ids: Sequence[str], condition: str, names: Sequence[str]) -> np.ndarray:
    """Return which of some classes each picture has, ``(n,)`` int32; -1 for another one, or none."""
    return _numbered(_values(folder, ids, condition), names)


def rows_with_class(prepared: PreparedImages) -> np.ndarray:
    """Return the rows of the pictures that can be learned: all, or with labels those that have one."""
    import numpy as np

    return np.arange(len(prepared.ids)) if prepared.labels is None else np.flatnonzero(prepared.labels >= 0)


def _values(folder: DatasetFolder, ids: Sequence[str], condition: str) -> list[str | None]:
    # Of all records: a run goes on with the pictures it began with, also with those that were dropped since.
    records = {record.id: record for record in folder.records()}
    return [getattr(records[id], condition) if id in records else None for id in ids]


def _numbered(values: Sequence[str | None], names: Sequence[str]) -> np.ndarray:
    import numpy as np

    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers.get(value or "", -1) for value in values], np.int32)


def _listed(counts: Mapping[str, int]) -> str:
    """Name the largest classes with their counts."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    listed = [f"{name} {count:,}" for name, count in ranked[:_TOLD]]
    return ", ".join(listed) + (f" and {len(ranked) - _TOLD} more" if len(ranked) > _TOLD else "")
