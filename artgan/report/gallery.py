"""A gallery: pictures to print or to hang, each with its seed and the command that paints it again."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from artgan import images
from artgan.errors import UsageError
from artgan.evaluation.beside import Beside, Neighbour
from artgan.events import Event, Finished, Progress
from artgan.files import sha256_file
from artgan.report.commands import Named
from artgan.report.nearest import nearest, told
from artgan.report.pages import data_uri, today, write_page
from artgan.runs.record import BEST
from artgan.sampling.classes import is_walk
from artgan.sampling.picking import pick
from artgan.sampling.samples import Sample, Source, open_source, sample

# Small pictures are shown larger, by the same windows as sample --scale: a browser's own way is soft on a screen, and
# blocks on paper. Large ones are shown smaller than they are.
_HUNG, _FIRST, _LARGEST = 320, 640, 1024
_PAINTING = 128
_MOST = 2000
"""A page of more is slow to open; 2,000 are some 45 MB."""
_FIRST_FROM = 4
"""So many pictures make the first a large one."""


class GalleryWritten(Finished):
    """The page lies on the disk, whole."""

    path: Path
    pictures: int
    painted: int
    close: int
    """How many lie close to a painting that was learned."""
    unchecked: list[str]
    """Of which runs this is not known, and why."""


@dataclass(frozen=True)
class Wish:
    """What is to be painted by each run.

    Of ``seeds`` so many that differ as ``pick`` says, 0 for all; ``embed`` puts their files into the page too.
    """

    seeds: Sequence[int]
    pick: int = 0
    psi: float = 1.0
    classes: str | None = None
    epoch: int | str | None = None
    embed: bool = False


@dataclass
class _Room:
    """The pictures of one run."""

    by: Named
    source: Source
    samples: list[Sample]
    near: Beside | str


def gallery(
    runs: Sequence[Named],
    wish: Wish,
    path: Path,
    *,
    datasets_dir: Path,
    title: str | None = None,
) -> Iterator[Event]:
    """Paint a gallery and write its page: one file that asks nothing of anyone.

    Args:
        runs: whose pictures; each has a room of its own.
        wish: which pictures.
        path: of the page.
        datasets_dir: the folder of datasets, by which pictures are found that lie close to a painting.
        title: of the page; default what the runs learned.

    Yields:
        Note, Progress, and ``GalleryWritten`` at the end.

    Raises:
        NotFoundError: a run has no generator, or none of that epoch.
        UsageError: no such class, or a walk of classes, whose steps no single seed names; or too many pictures.
    """
    hung = len(runs) * min(wish.pick or len(wish.seeds), len(wish.seeds))
    if hung > _MOST:
        raise UsageError(f"{hung:,} pictures are too many for one page", "hang fewer: -n 200, or --pick 200 of them")
    begun = time.monotonic()
    rooms = []
    for by in runs:
        rooms.append((yield from _fill(by, wish, datasets_dir)))
    with ThreadPoolExecutor() as pool:  # encoding is what takes long, and leaves Python alone
        shown = [(room, list(pool.map(partial(_framed, room, wish), range(len(room.samples))))) for room in rooms]
    if len(shown[0][1]) >= _FIRST_FROM:  # it hangs alone
        shown[0][1][0]["src"] = _shown(rooms[0], rooms[0].samples[0], _FIRST)
    write_page(
        path,
        "gallery.html",
        title=title or _title(rooms),
        lead=_lead(rooms, wish),
        made=today(),
        rooms=[
            {
                "run": room.by.folder.name,
                "facts": _facts(room, alone=len(rooms) == 1),
                "pictures": pictures,
                "checked": _checked(room),
            }
            for room, pictures in shown
        ],
    )
    yield GalleryWritten(
        seconds=time.monotonic() - begun,
        path=path,
        pictures=sum(len(room.samples) for room in rooms),
        painted=len(wish.seeds) * len(rooms),
        close=sum(room.near.copied for room in rooms if isinstance(room.near, Beside)),
        unchecked=[f"{room.by.folder.name}: {room.near}" for room in rooms if isinstance(room.near, str)],
    )


def _fill(by: Named, wish: Wish, datasets_dir: Path) -> Generator[Event, None, _Room]:
    source = open_source(by.folder, epoch=wish.epoch)
    if is_walk(wish.classes, source.classes):
        raise UsageError(
            f"--class {wish.classes} is a walk, and no seed alone names a step of it",
            f"artgan sample --class {wish.classes} --seeds 7 -n 12 --grid",
        )
    samples: list[Sample] = []
    for picture in sample(source, wish.seeds, psi=wish.psi, classes=wish.classes):
        yield Progress(stage=f"painting by {by.folder.name}", done=len(samples), total=len(wish.seeds), unit="pictures")
        samples.append(picture)
    yield Progress(stage=f"painting by {by.folder.name}", done=len(samples), total=len(samples), unit="pictures")
    pictures = np.stack([picture.image for picture in samples])
    if wish.pick and wish.pick < len(samples):
        rows = (yield from pick(pictures, len(pictures), wish.pick)).rows
        samples, pictures = [samples[row] for row in rows], pictures[rows]
    near = yield from nearest(by.folder, pictures, datasets_dir)
    return _Room(by, source, samples, near)


def _framed(room: _Room, wish: Wish, number: int) -> dict[str, Any]:
    """Return what the page shows of a picture."""
    picture, source = room.samples[number], room.source
    near = room.near.neighbours[number] if isinstance(room.near, Beside) else None
    file = images.encode(picture.image, "png", source.metadata(picture)) if wish.embed else None
    height, width = picture.image.shape[:2]
    painter = f"{room.by.folder.name}, epoch {source.epoch}"
    shows = f", {picture.shows}" if picture.shows else ""
    return {
        "run": room.by.folder.name,
        "epoch": source.epoch,
        "name": f"Seed {picture.seed}",
        "shows": picture.shows,
        "alt": f"Painted by {painter}, seed {picture.seed}{shows}",
        "src": _shown(room, picture, _HUNG),
        "width": width,
        "height": height,
        "command": _command(room, picture, wish),
        "file": data_uri(file, "png") if file else None,
        "file_name": f"{picture.name}.png",
        "near": _beside(near) if near and near.copy else None,
    }


def shown_bytes(image: np.ndarray, side: int, metadata: dict[str, Any]) -> bytes:
    """Return the WebP that a page shows of a picture.

    Args:
        image: ``(height, width, 3)`` uint8.
        side: what small pictures are enlarged to.
        metadata: fields to carry.
    """
    height, width = image.shape[:2]
    scale = min(max(1.0, side / max(height, width)), _LARGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return images.encode(images.enlarge(image[None], size)[0], "webp", metadata)


def _shown(room: _Room, picture: Sample, side: int) -> str:
    return data_uri(shown_bytes(picture.image, side, room.source.metadata(picture)), "webp")


def _beside(painting: Neighbour) -> dict[str, str]:
    return {"title": painting.title, "src": data_uri(shown_bytes(painting.image, _PAINTING, {}), "webp")}


def _command(room: _Room, picture: Sample, wish: Wish) -> str:
    """Return the command that paints a picture again, byte for byte."""
    options = ["--epoch", _epoch_word(room.source, room.by, wish.epoch), "--seeds", str(picture.seed)]
    options += [] if wish.psi == 1 else ["--psi", repr(wish.psi)]
    options += ["--class", wish.classes] if wish.classes else []
    return room.by.sample(*options)


def _epoch_word(source: Source, by: Named, asked: int | str | None) -> str:
    """Return the epoch; "best" where that is another generator than the one which has its number now."""
    if asked == BEST:
        same = [checkpoint.path for checkpoint in by.folder.generators() if checkpoint.epoch == source.epoch]
        if same and sha256_file(same[0]) != sha256_file(source.path):
            return BEST
    return str(source.epoch)


def _title(rooms: Sequence[_Room]) -> str:
    learned = list(dict.fromkeys(room.by.folder.current().dataset or room.by.folder.name for room in rooms))
    return ", ".join(name.replace("-", " ").replace("_", " ").capitalize() for name in learned[:3])


def _lead(rooms: Sequence[_Room], wish: Wish) -> str:
    """Say what hangs here."""
    hung = sum(len(room.samples) for room in rooms)
    painted = len(wish.seeds) * len(rooms)
    text = f"{hung:,} {'picture' if hung == 1 else 'pictures'}"
    if hung < painted:
        text = f"{text} of {painted:,}, picked to differ,"
    if len(rooms) == 1:
        learned = rooms[0].by.folder.current()
        return f"{text} painted by a network" + (
            f" that learned {learned.images:,} paintings of {learned.dataset}." if learned.images else "."
        )
    return f"{text} painted by {len(rooms)} networks."


def _facts(room: _Room, *, alone: bool) -> str:
    record, source = room.by.folder.current(), room.source
    height, width = room.samples[0].image.shape[:2]
    parts = [room.by.folder.name if alone else "", f"epoch {source.epoch}", f"{width} x {height} px", record.preset]
    parts += [f"{record.images_seen:,} images seen"] if record.images_seen and record.epoch == source.epoch else []
    return " · ".join(part for part in parts if part)


def _checked(room: _Room) -> str:
    return room.near if isinstance(room.near, str) else told(room.near)
