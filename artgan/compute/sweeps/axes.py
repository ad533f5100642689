"""What a sweep varies: lists, ranges and random draws, as a person types them; from them the points of the sweep.

size=64,128            these values
augment=color;color,translation      values that have a comma of their own
seed=0..4              whole numbers from 0 to 4
lr=1e-4..1e-3:5        five values, equally far apart; with :log:5 equally many times apart
lr=1e-5..1e-3:log      anywhere between, for random draws: as likely in each power of ten; without :log, in each stretch
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from artgan.errors import UsageError

MOST_POINTS = 1000
"""A typing error shall not order ten thousand trainings."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?P<log>:log)?(?::(?P<steps>\d+))?")
_TRIES = 20


@dataclass(frozen=True)
class Axis:
    """One thing that is varied.

    Attributes:
        field: its name.
        values: what it may be, as text; empty for what lies anywhere between ``low`` and ``high``.
        low: the least it may be.
        high: the most.
        log: whether its logarithm is drawn evenly, instead of itself.
        whole: whether it is rounded to a whole number.
    """

    field: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def draw(self, chance: random.Random) -> str:
        """Draw one of its values."""
        if self.values:
            return chance.choice(self.values)
        if self.log:
            return self._text(math.exp(chance.uniform(math.log(self.low), math.log(self.high))))
        return self._text(chance.uniform(self.low, self.high))

    def _text(self, value: float) -> str:
        return str(round(value)) if self.whole else f"{value:.3g}"


def read_axis(text: str, whole: bool = False, name: str = "") -> Axis:
    """Read what is typed after ``--over``.

    Args:
        text: "lr=1e-4,2e-4", a range, or any other form above.
        whole: whether the field takes whole numbers only.
        name: the field; default: what stands before the "=".

    Raises:
        UsageError: it is none of these forms.
    """
    field, equals, values = text.partition("=")
    field, values = name or field.strip().replace("-", "_"), values.strip()
    if not equals or not field or not values:
        raise UsageError(f"--over {text!r} is not FIELD=VALUES", "for example: --over lr=1e-4,2e-4")
    found = _RANGE.fullmatch(values)
    if found is None:
        if ".." in values:
            raise UsageError(
                f"--over {text!r} is not a range that can be read", "for example: --over lr=1e-5..1e-3:log"
            )
        pieces = [piece.strip() for piece in values.split(";" if ";" in values else ",")]
        return Axis(field, tuple(dict.fromkeys(piece for piece in pieces if piece)))
    return _range(text, field, found, whole)


def _range(text: str, field: str, found: re.Match[str], whole: bool) -> Axis:
    low, high = float(found[1]), float(found[2])
    log, steps = bool(found["log"]), int(found["steps"] or 0)
    if low >= high:
        raise UsageError(
            f"--over {text!r}: {found[1]} is not below {found[2]}", f"--over {field}={found[2]}..{found[1]}"
        )
    if log and low <= 0:
        raise UsageError(f"--over {text!r}: a logarithm needs numbers above 0", f"--over {field}=0.001..{found[2]}:log")
    between = Axis(field, (), low, high, log, whole)
    if steps == 1 or steps > MOST_POINTS:
        raise UsageError(f"--over {text!r}: {steps} values of a range", f"take from 2 to {MOST_POINTS}")
    if steps:
        part = [number / (steps - 1) for number in range(steps)]
        values = [low * (high / low) ** p if log else low + p * (high - low) for p in part]
        return Axis(field, tuple(dict.fromkeys(between._text(value) for value in values)))
    if whole and not log and high - low < MOST_POINTS:
        return Axis(field, tuple(str(value) for value in range(math.ceil(low), math.floor(high) + 1)))
    return between


def grid(axes: Sequence[Axis]) -> list[dict[str, str]]:
    """Return every combination, the last axis changing fastest.

    Raises:
        UsageError: an axis has no list of values; or there are too many combinations.
    """
    for axis in axes:
        if not axis.values:
            raise UsageError(
                f"{axis.field} may be anything from {axis.low:g} to {axis.high:g}, which no grid can hold",
                f"draw at random: --random 8; or take steps: --over {axis.field}={axis.low:g}..{axis.high:g}"
                f"{':log' if axis.log else ''}:5",
            )
    count = math.prod(len(axis.values) for axis in axes)
    _few(count)
    return [
        dict(zip((axis.field for axis in axes), values, strict=True))
        for values in itertools.product(*(axis.values for axis in axes))
    ]


def draws(axes: Sequence[Axis], count: int, seed: int = 0) -> list[dict[str, str]]:
    """Draw combinations at random, none twice; the same seed draws the same.

    Args:
        axes: what is varied.
        count: how many; fewer come back where there are no more.
        seed: names the draws.
    """
    _few(count)
    chance = random.Random(f"artgan sweep {seed}")
    found: dict[tuple[str, ...], None] = {}
    for _ in range(_TRIES * count):
        if len(found) < count:
            found[tuple(axis.draw(chance) for axis in axes)] = None
    return [dict(zip((axis.field for axis in axes), values, strict=True)) for values in found]


def _few(count: int) -> None:
    if count > MOST_POINTS:
        raise UsageError(
            f"these are {count:,} runs; a sweep has {MOST_POINTS:,} at most", "vary less, or use --random 20"
        )
