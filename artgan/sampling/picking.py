"""Choosing among pictures: by the critic, by how typical they are, or as various as they can be.

Arrays in, rows and scores out, whatever painted the pictures; ``pick`` looks at them too, and yields how far it is.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from artgan import images
from artgan.errors import NotFoundError, UsageError
from artgan.events import Event, Progress
from artgan.metrics.distances import squared_distances
from artgan.metrics.features import ready
from artgan.models.files import load_model
from artgan.models.painting import class_count
from artgan.runs.folder import RunFolder
from artgan.seeds import in_turn

CRITIC, TYPICAL, VARIETY = "critic", "typical", "variety"
SORTS = (CRITIC, TYPICAL, VARIETY)

_NEIGHBOURS = 5
# Of pictures that are chosen to differ, the oddest would come first, and they are mostly the broken ones.
_LEFT_OUT = 0.1
_AT_A_TIME = 64
_CRITIC_BATCH = 16
_DISCRIMINATOR = re.compile(r"dis_(\d+)\.keras")


@dataclass(frozen=True)
class Picked:
    """What was chosen of a pool.

    Attributes:
        rows: of the pool, ``(k,)`` int, the best first.
        scores: ``(k,)`` float64, falling; the highest is the best.
        by: one of ``SORTS``.
        judge: what judged, in words.
    """

    rows: np.ndarray
    scores: np.ndarray
    by: str
    judge: str


def pick(
    pictures: np.ndarray | Iterable[np.ndarray],
    total: int,
    keep: int,
    by: str = VARIETY,
    *,
    critic: Critic | None = None,
    shares: np.ndarray | None = None,
    paintings: np.ndarray | None = None,
) -> Generator[Event, None, Picked]:
    """Look at pictures and choose the best of them.

    Args:
        pictures: ``(n, size, size, 3)`` uint8, or pieces of these that are painted while they are looked at: only what
            is seen in them is kept, so that ten thousand large ones need no more memory than some.
        total: how many there are.
        keep: how many to choose; all where there are no more.
        by: ``critic``: the critic's confidence, as GANGogh and keragan chose. ``typical``: nearest to the paintings
            (to each other where none are known). ``variety``: as different from each other as they can be.
        critic: of the run; needed for ``critic``.
        shares: of each class in each picture, ``(n, classes)`` float32, for the critic of a run that knows classes.
        paintings: features of the paintings, ``(m, 1280)`` float32; what a generator is held against.

    Yields:
        Progress.

    Returns:
        What was picked.

    Raises:
        UsageError: an unknown order, or nothing to choose from.
    """
    check(by, total, keep)
    pieces = _cut(pictures) if isinstance(pictures, np.ndarray) else pictures
    found: list[np.ndarray] = []
    done = 0
    for piece in pieces:
        yield Progress(stage="looking at pictures", done=done, total=total, unit="pictures")
        if by == CRITIC:
            assert critic is not None, "whoever asks for the critic opens it first"
            found.append(critic(piece, None if shares is None else shares[done : done + len(piece)]))
        else:
            found.append(ready()(piece))
        done += len(piece)
    yield Progress(stage="looking at pictures", done=done, total=total, unit="pictures")
    seen = np.concatenate(found)
    if by == CRITIC:
        assert critic is not None
        rows, scores = best(seen, keep)
        return Picked(rows, scores, by, critic.words)
    likeness = -oddness(seen, paintings)
    near = "the other pictures" if paintings is None else f"{len(paintings):,} paintings"
    if by == TYPICAL:
        rows, scores = best(likeness, keep)
        return Picked(rows, scores, by, f"how near they are to {near}, in features of lite0")
    rows, scores = various(seen, keep, likeness)
    return Picked(rows, scores, by, f"how they differ in features of lite0, without those farthest from {near}")


def _cut(pictures: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(pictures), _AT_A_TIME):
        yield pictures[first : first + _AT_A_TIME]


def check(by: str, total: int, keep: int) -> None:
    """Raise ``UsageError`` unless so many can be chosen in this order."""
    if by not in SORTS:
        raise UsageError(f"order {by!r} is not one of {', '.join(SORTS)}", f"--sort {TYPICAL}")
    if total < 1 or keep < 1:
        raise UsageError(f"{keep} of {total} pictures cannot be chosen", "choose 1 or more, of 1 or more")


# -- choosing by numbers


def best(scores: np.ndarray, keep: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the highest scores ``(n,)``, the best first, and these; of equals the first comes first."""
    rows = np.argsort(-np.asarray(scores, np.float64), kind="stable")[:keep]
    return rows, np.asarray(scores, np.float64)[rows]


def oddness(features: np.ndarray, paintings: np.ndarray | None = None) -> np.ndarray:
    """Return how far pictures are from what is usual: the mean distance to the nearest five.

    Not the distance to the middle: in the middle lies grey mush, which is a little like everything, while clear
    pictures lie around it, near to some paintings.

    Args:
        features: ``(n, d)``.
        paintings: ``(m, d)``; without them the other pictures are what is usual.

    Returns:
        ``(n,)`` float64; 0 where there is nothing to compare with.
    """
    x = np.asarray(features, np.float64)
    others = x if paintings is None else np.asarray(paintings, np.float64)
    nearest = min(_NEIGHBOURS, len(others) - (paintings is None))
    if nearest < 1:
        return np.zeros(len(x))
    found = np.empty(len(x))
    for rows, apart in squared_distances(x, others):
        if paintings is None:  # a picture is not its own neighbour
            apart[np.arange(len(apart)), np.arange(rows.start, rows.stop)] = np.inf
        found[rows] = np.sqrt(np.partition(apart, nearest - 1, axis=1)[:, :nearest]).mean(axis=1)
    return found


def various(features: np.ndarray, keep: int, likeness: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Choose pictures whose mean distance from each other is as large as can be found.

    Greedily, then by exchanging one at a time while that helps: the maximum dispersion problem has no quick exact
    answer (Ravi, Rosenkrantz and Tayi 1994).

    Args:
        features: ``(n, d)``.
        keep: how many to choose.
        likeness: ``(n,)``; the tenth with the lowest is left out, unless it takes them to have enough.

    Returns:
        Rows, ``(min(keep, n),)`` int, and the mean distance of each to the others chosen, falling.
    """
    x = np.asarray(features, np.float64)
    allowed = np.arange(len(x))
    if likeness is not None:
        count = max(min(keep, len(x)), len(x) - int(_LEFT_OUT * len(x)))
        allowed = np.sort(best(likeness, count)[0])
        x = x[allowed]
    keep = min(keep, len(x))
    chosen = [int(_distances(x, x.mean(axis=0)).argmax())]
    apart = [_distances(x, x[chosen[0]])]
    while len(chosen) < keep:
        chosen.append(_farthest(np.sum(apart, axis=0), chosen))
        apart.append(_distances(x, x[chosen[-1]]))
    _exchange(x, chosen, apart)
    scores = np.sum(apart, axis=0)[chosen] / max(1, keep - 1)
    order = np.argsort(-scores, kind="stable")
    return allowed[np.array(chosen)[order]], scores[order]


def mean_distance(features: np.ndarray) -> float:
    """Return the mean distance between two of the rows ``(n, d)``, n at least 2."""
    x = np.asarray(features, np.float64)
    return float(sum(_distances(x, row).sum() for row in x) / (len(x) * (len(x) - 1)))


def _exchange(x: np.ndarray, chosen: list[int], apart: list[np.ndarray]) -> None:
    """Exchange one of the chosen for another picture while their sum of distances grows."""
    total = np.sum(apart, axis=0)
    for _ in range(100 * len(chosen)):  # every exchange makes the sum larger, so it ends by itself, mostly after some
        gains = np.stack([total - row - total[own] for row, own in zip(apart, chosen, strict=True)])
        gains[:, chosen] = -np.inf
        place, other = np.unravel_index(int(gains.argmax()), gains.shape)
        if gains[place, other] <= 1e-9 * total.max():
            return
        new = _distances(x, x[other])
        total += new - apart[place]
        chosen[place], apart[place] = int(other), new


def _farthest(total: np.ndarray, chosen: list[int]) -> int:
    total = total.copy()
    total[chosen] = -np.inf
    return int(total.argmax())


def _distances(x: np.ndarray, point: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(x - point, axis=1))


# -- the critic


class Critic:
    """The newest critic of a run, which says how much like a painting a picture is.

    Args:
        model: pictures ``(n, size, size, 3)`` float32 in [-1, 1], and classes where it knows some, to ``(n, 1)``.
        epoch: after which it was kept.
        run: whose it is.
    """

    def __init__(self, model: keras.Model, epoch: int, run: str) -> None:
        self._model, self._epoch, self._run = model, epoch, run
        self._size = int(model.inputs[0].shape[1])

    @property
    def words(self) -> str:
        """What judges, in words."""
        return f"the confidence of {self._run}'s critic of epoch {self._epoch}"

    def __call__(self, pictures: np.ndarray, shares: np.ndarray | None = None) -> np.ndarray:
        """Return its confidence.

        Args:
            pictures: ``(n, size, size, 3)`` uint8.
            shares: of each class, ``(n, classes)`` float32, where it knows some; default all in turn.

        Returns:
            ``(n,)`` float32, a share for a network that ends in one (keragan's), else a number that is higher for what
            looks more like a painting; the same whatever else is judged with a picture.

        Raises:
            UsageError: it judges pictures of another size.
        """
        side = pictures.shape[1]
        if side != self._size:
            raise UsageError(
                f"the critic of epoch {self._epoch} judges pictures of {self._size} px, and these are of {side}",
                f"--sort {TYPICAL} judges any, and so does the newest generator with --sort {CRITIC}",
            )
        known = class_count(self._model)
        if known and shares is None:
            shares = in_turn(range(len(pictures)), known)
        found = []
        for first in range(0, len(pictures), _CRITIC_BATCH):
            piece = slice(first, first + _CRITIC_BATCH)
            inputs: Any = _padded(images.to_float(pictures[piece]))
            if known:
                assert shares is not None
                inputs = [inputs, _padded(np.asarray(shares[piece], np.float32))]
            found.append(keras.ops.convert_to_numpy(self._model(inputs, training=False))[:, 0])
        return np.concatenate(found)[: len(pictures)]


def _padded(rows: np.ndarray) -> np.ndarray:
    full = np.zeros((_CRITIC_BATCH, *rows.shape[1:]), np.float32)
    full[: len(rows)] = rows
    return full


def open_critic(run: RunFolder) -> Critic:
    """Open the critic beside the generators of a run; the newest is all that is kept.

    Raises:
        NotFoundError: there is none: it was not pulled, or the generator came as a file.
        DamagedError: it cannot be read.
    """
    paths = run.models.iterdir() if run.models.is_dir() else ()
    matches = [(match, path) for path in paths if (match := _DISCRIMINATOR.fullmatch(path.name))]
    found = [(int(match[1]), path) for match, path in matches if path.stat().st_size]
    if not found:
        remote = run.current().backend != "local"
        raise NotFoundError(
            f"run {run.name} has no critic here, no models/dis_<epoch>.keras",
            f"artgan pull {run.name} --all brings it" if remote else f"--sort {TYPICAL} needs none",
        )
    epoch, path = max(found)
    return Critic(load_model(path), epoch, run.name)
