"""What leaves the studio as a file: pictures, latents and films, each with where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from artgan import files, images
from artgan import recipe as again
from artgan.errors import UsageError
from artgan.provenance import exact, latent_text
from artgan.sampling.latents import latents_bytes
from artgan.studio.easel import Easel, enlarged
from artgan.studio.jobs import Job
from artgan.studio.recipes import Point, Recipe, facts_of
from artgan.studio.worker import Worker

_PIECE = 2
"""Frames of a film that are painted in one turn: a slider never waits for more."""


class Save(BaseModel):
    """A picture to be kept as a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Recipe
    name: Annotated[str, Field(max_length=200)] = ""
    sign: bool = False
    scale: Annotated[int, Field(ge=1, le=16)] = 1


class FilmWish(BaseModel):
    """A walk to be filmed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipes: Annotated[tuple[Recipe, ...], Field(min_length=2, max_length=24)]
    frames: Annotated[int, Field(ge=2, le=2000)] = 240
    fps: Annotated[int, Field(ge=1, le=60)] = 24
    loop: bool = True
    path: Literal["slerp", "spline"] = "spline"
    format: Literal["mp4", "webm", "gif", "webp"] = "mp4"


def unused(path: Path) -> Path:
    """Return a path at which nothing lies yet: the same, or with a number behind its name."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found


def film(easel: Easel, worker: Worker, wish: FilmWish, out: Path) -> Callable[[Job], dict[str, Any]]:
    """Return the job that films a walk from picture to picture."""

    def work(job: Job) -> dict[str, Any]:
        from artgan.events import Progress
        from artgan.sampling.films import Film, FilmSaved, film_metadata, write_film
        from artgan.sampling.walks import Walk

        first = wish.recipes[0]
        if any((one.run, one.epoch, one.psi) != (first.run, first.epoch, first.psi) for one in wish.recipes):
            raise UsageError("a walk stays with one run, one epoch and one psi", "take out what is of another")
        source = worker.do(lambda: easel.source(first))
        name = f"{source.run or source.path.stem}-{source.epoch or 0:06d}-walk.{wish.format}"
        wanted = Film(unused(out / name), format=wish.format, fps=wish.fps)
        wanted.check()
        points = [worker.do(lambda one=one: easel.point(one)) for one in wish.recipes]  # type: ignore[misc]
        walk = Walk(np.stack([point.latent for point in points]), wish.frames, path=wish.path, loop=wish.loop)
        shares = _shares(walk, points)
        scale = wanted.scale(_shape(worker, easel, first, points[0]), 1, wish.frames, None)
        told = film_metadata(
            "interpolate", title=f"A walk through what {first.run} knows", run=first.run, film=wanted,
            epochs=[source.epoch] if source.epoch is not None else [], seeds=None,
            # Classes that no name says are told by nothing.
            latents=walk.keys if shares is None else None, path=wish.path, loop="yes" if wish.loop else None,
            frames=wish.frames, scale=scale, psi=exact(first.psi), engine=source.painter.name,
            generator=source.digest[:12] or None,
        )  # fmt: skip
        job.progress(0, wish.frames)
        saved = None
        for event in write_film(wanted, _frames(worker, easel, first, walk, shares, scale), wish.frames, told):
            if isinstance(event, Progress):
                job.progress(event.done, wish.frames)
            elif isinstance(event, FilmSaved):
                saved = event
        assert saved is not None
        return {"path": str(saved.path), "bytes": saved.bytes}

    return work


def _shape(worker: Worker, easel: Easel, recipe: Recipe, point: Point) -> Any:
    from artgan.sampling.film_writers import Shape

    height, width = worker.do(lambda: easel.paint_points(recipe, [point]))[0].shape[:2]
    return Shape(width, height)


def _shares(walk: Any, points: Sequence[Point]) -> np.ndarray | None:
    if points[0].shares is None:
        return None
    found: np.ndarray = walk.shares(np.stack([point.shares for point in points if point.shares is not None]))
    return found


def _frames(
    worker: Worker, easel: Easel, recipe: Recipe, walk: Any, shares: np.ndarray | None, scale: int
) -> Iterator[np.ndarray]:
    for begin in range(0, walk.frames, _PIECE):
        latents = walk.latents(begin, begin + _PIECE)
        rows = [Point(row, None if shares is None else shares[begin + at]) for at, row in enumerate(latents)]
        yield from enlarged(worker.do(lambda rows=rows: easel.paint_points(recipe, rows)), scale)  # type: ignore[misc]


def save(easel: Easel, wish: Save, out: Path, signing: Any = None) -> dict[str, Any]:
    """Paint a picture and write it, with what made it; where no command says which, its latent lies beside it.

    Args:
        easel: paints.
        wish: which.
        out: the folder of pictures.
        signing: signs it: (pixels, seed) to (pixels, facts).

    Returns:
        path, command, and latents where they were written.
    """
    source, point = easel.source(wish.recipe), easel.point(wish.recipe)
    picture = enlarged(easel.paint_points(wish.recipe, [point]), wish.scale)[0]
    folder = out / (f"{source.run}-{source.epoch:06d}" if source.epoch is not None else source.path.stem)
    base = wish.recipe.z
    own = f"seed{base.seed:06d}" if base.seed is not None and base.vary is None else "studio"
    path = unused(folder / f"{files.safe_name(wish.name) if wish.name.strip() else own}.png")
    which = facts_of(wish.recipe)
    told: dict[str, Any] = {}
    if which is None:
        latents = path.with_suffix(".npy")
        files.write_bytes(latents, latents_bytes(point.latent[None]))
        which = told = {"latents": str(latents)}
    more = {"run": wish.recipe.run, "epoch": source.epoch, "psi": f"{wish.recipe.psi:g}", "class": wish.recipe.class_}
    more |= {"scale": wish.scale if wish.scale != 1 else None}
    command = again.command({name: str(value) for name, value in (which | more).items() if value is not None})
    facts = _facts(source, wish, point)
    if signing is not None and wish.sign:
        picture, signed = signing(picture, base.seed)
        facts |= signed
    files.write_bytes(path, images.encode(picture, "png", facts))
    return {"path": str(path), "command": command, **told}


def _facts(source: Any, wish: Save, point: Point) -> dict[str, Any]:
    base = wish.recipe.z
    plain = base.seed is not None and base.vary is None and not wish.recipe.moves and not wish.recipe.axes
    which: dict[str, Any] = (
        {"seed": base.seed} if plain and base.latent is None else {"latent": latent_text(point.latent)}
    )
    more = {"scale": wish.scale if wish.scale != 1 else None, "title": wish.name.strip() or None}
    facts: dict[str, Any] = source.facts(
        **which, psi=f"{wish.recipe.psi:g}", **{"class": wish.recipe.class_ or None}, **more
    )
    return facts
