"""A picture as the page describes it, and the latent that this comes to.

The same description is the same picture as with ``artgan sample``: seeds, variations and mixtures are made by the same
functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from artgan import seeds
from artgan.errors import UsageError
from artgan.sampling.classes import shares_of
from artgan.sampling.mixing import between
from artgan.seeds import in_turn

MOST_NUMBERS = 4096
"""Of a latent that the page sends."""
_DEEPEST = 8
_HIGHEST_SEED = 2**32 - 1

Seed = Annotated[int, Field(ge=0, le=_HIGHEST_SEED)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Name = Annotated[str, Field(max_length=300)]


class Base(BaseModel):
    """What a latent begins as; exactly one of ``seed``, ``latent``, ``vary`` and ``mix``.

    Attributes:
        seed: that gives the latent, or of ``vary`` the number of the variation.
        latent: its numbers.
        vary: the latent that is varied, by ``strength``.
        mix: the two that are mixed, ``amount`` of the second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Seed | None = None
    latent: Annotated[tuple[FiniteFloat, ...], Field(min_length=1, max_length=MOST_NUMBERS)] | None = None
    vary: Base | None = None
    strength: Share = 0.3
    mix: tuple[Base, Base] | None = None
    amount: Share = 0.5

    @model_validator(mode="after")
    def _is_one_thing(self) -> Base:
        kinds = [self.latent is not None, self.vary is not None, self.mix is not None]
        if sum(kinds) > 1 or (sum(kinds) == 0 and self.seed is None):
            raise ValueError("one of seed, latent, vary and mix")
        if self.depth() > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} within each other")
        return self

    def depth(self) -> int:
        inside = [base for base in (self.vary, *(self.mix or ())) if base is not None]
        return 1 + max((base.depth() for base in inside), default=0)


class Move(BaseModel):
    """So far along a direction, in its own standard deviations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: Annotated[str, Field(max_length=40)]
    amount: Annotated[FiniteFloat, Field(ge=-10, le=10)]


class Recipe(BaseModel):
    """Which picture; see the fields of ``Base`` for ``z``.

    Attributes:
        run: its name.
        epoch: of the generator: a number, "best", or None for the highest.
        psi: scales the latent.
        class_: a class or a mixture of them; None for that of the seed.
        moves: along directions of the run.
        axes: numbers of the latent that are replaced, by their place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    run: Name
    epoch: Annotated[int, Field(ge=0)] | Literal["best"] | None = None
    psi: Annotated[FiniteFloat, Field(ge=0, le=10)] = 1.0
    class_: Annotated[Name | None, Field(alias="class")] = None
    z: Base
    moves: Annotated[tuple[Move, ...], Field(max_length=200)] = ()
    axes: Annotated[dict[int, FiniteFloat], Field(max_length=MOST_NUMBERS)] = Field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """Where in the space of latents a recipe leads: ``latent`` ``(latent_dim,)`` float32, ``shares`` ``(classes,)``."""

    latent: np.ndarray
    shares: np.ndarray | None


def parse(value: object) -> Recipe:
    """Return the recipe that the page sent.

    Raises:
        UsageError: it is none; says where.
    """
    try:
        return Recipe.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise UsageError(f"that describes no picture: {where}: {first['msg']}", "reload the page") from error


def resolve(recipe: Recipe, latent_dim: int, names: tuple[str, ...], directions: Mapping[str, np.ndarray]) -> Point:
    """Return the latent that a recipe comes to, and its classes.

    Args:
        recipe: what the page describes.
        latent_dim: of the generator.
        names: of its classes; none where it knows none.
        directions: ``(latent_dim,)`` float32 each, by id, as long as one standard deviation.

    Raises:
        UsageError: a latent of another length, no such direction, axis or class.
    """
    latent, shares = _base(recipe.z, latent_dim, len(names))
    latent = latent.copy()
    for move in recipe.moves:
        if move.direction not in directions:
            raise UsageError(f"there is no direction {move.direction!r}", "find the directions of this run first")
        latent += np.float32(move.amount) * directions[move.direction]
    for place, value in recipe.axes.items():
        if not 0 <= place < latent_dim:
            raise UsageError(f"a latent has the places 0 to {latent_dim - 1}, not {place}", "reload the page")
        latent[place] = value
    if recipe.class_ is not None and names:
        shares = shares_of(recipe.class_, names, 1, recipe.run)[0]
    return Point(latent, shares)


def _base(base: Base, latent_dim: int, classes: int) -> tuple[np.ndarray, np.ndarray | None]:
    if base.latent is not None:
        latent = np.asarray(base.latent, np.float32)
        if len(latent) != latent_dim:
            raise UsageError(f"a latent of {len(latent)} numbers does not fit: {latent_dim} are wanted")
        return latent, in_turn([base.seed or 0], classes)[0] if classes else None
    if base.vary is not None:
        start, shares = _base(base.vary, latent_dim, classes)
        noise = seeds.latents([base.seed or 0], latent_dim, stream=seeds.VARIATIONS)[0]
        return between(start, noise, base.strength), shares
    if base.mix is not None:
        (first, of_first), (second, of_second) = (_base(one, latent_dim, classes) for one in base.mix)
        mixed = None
        if of_first is not None and of_second is not None:
            mixed = np.float32(1 - base.amount) * of_first + np.float32(base.amount) * of_second
        return between(first, second, base.amount), mixed
    assert base.seed is not None
    return seeds.latents([base.seed], latent_dim)[0], in_turn([base.seed], classes)[0] if classes else None


def facts_of(recipe: Recipe) -> dict[str, str] | None:
    """Return what ``artgan.recipe.command`` needs to know of a recipe's latent; None where only its numbers say it."""
    base = recipe.z
    if recipe.moves or recipe.axes or base.latent is not None:
        return None
    if base.vary is not None:
        start = _plain_seed(base.vary)
        made = {"strength": repr(base.strength), "variation": str(base.seed or 0)}
        return None if start is None else {"vary": start, **made}
    if base.mix is not None:
        ends = [_plain_seed(one) for one in base.mix]
        return None if None in ends else {"mix": ",".join(map(str, ends)), "amount": repr(base.amount)}
    return {"seed": str(base.seed)}


def _plain_seed(base: Base) -> str | None:
    plain = base.seed is not None and base.latent is None and base.vary is None and base.mix is None
    return str(base.seed) if plain else None
