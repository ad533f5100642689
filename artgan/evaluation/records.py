"""What is known when a generator was judged. Loads without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from artgan.errors import UsageError
from artgan.events import Event
from artgan.records import Record

FEATURES = ("auto", "lite0", "inception")
"""Feature networks; auto is the one that every machine has, so that numbers can be compared."""
METRICS = ("kid", "fid", "precision", "recall", "swd", "diversity", "copies")


class Evaluation(Record):
    """A line of ``evaluations.jsonl``.

    The numbers stand beside these fields under their own names, with the feature network where there is one:
    ``kid_lite0``, ``kid_lite0_error`` (standard error) and ``kid_lite0_floor`` (half of the paintings against the other
    half). So also ``fid_lite0``, ``precision_lite0``, ``recall_lite0``, ``spread_lite0`` and ``repeated_lite0`` (which
    are diversity), ``copies_lite0``, ``swd`` and ``swd_<side>`` of each level; and ``kid_inception`` ... likewise.
    """

    run: str
    epoch: int
    at: datetime
    dataset: str
    dataset_fingerprint: str
    size: int
    features: str
    samples: int
    reals: int
    held_out: int = 0
    """Paintings that were not learned, by which copies were measured; 0: the learned ones, each left out in turn."""
    copied: bool | None = None
    """Whether more samples are copies than chance explains."""
    copies_sheet: str | None = None
    """The path inside the run folder of the closest pairs: sample left, painting right."""

    def number(self, name: str) -> float | None:
        """Return one of the numbers; None where it was not asked for."""
        value = (self.model_extra or {}).get(name)
        return None if value is None else float(value)


class Evaluated(Event):
    """A generator was judged."""

    evaluation: Evaluation
    sheet: Path | None = None
    """The closest pairs, where samples are copies."""


def parse_metrics(text: str) -> tuple[str, ...]:
    """Read "kid,fid" as metrics, in the order that they are shown in.

    Raises:
        UsageError: one is not known, or none is named.
    """
    asked = [piece.strip() for piece in text.split(",") if piece.strip()]
    unknown = [name for name in asked if name not in METRICS]
    if unknown or not asked:
        raise UsageError(
            f"metric {unknown[0]!r} is not one of {', '.join(METRICS)}" if unknown else "no metric is named",
            f"for example: --metrics {METRICS[0]},{METRICS[1]}",
        )
    return tuple(name for name in METRICS if name in asked)


def parse_features(name: str) -> str:
    """Return the feature network that is meant.

    Raises:
        UsageError: there is no such.
    """
    if name not in FEATURES:
        raise UsageError(f"features {name!r} are not one of {', '.join(FEATURES)}", "for example: --features lite0")
    return "lite0" if name == "auto" else name


def lowest(found: Sequence[Evaluation], name: str = "kid_lite0") -> Evaluation | None:
    """Return the evaluation with the lowest number of that name, the earliest of equal ones."""
    return min((e for e in found if e.number(name) is not None), key=lambda e: e.number(name) or 0.0, default=None)
