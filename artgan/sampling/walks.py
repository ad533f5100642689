"""Ways through the latents: from one key picture to the next, closed to a loop where it is asked for.

NumPy alone. A key is a latent that the walk comes by; it is met exactly, bit for bit, on a frame of its own, so that
there the film shows the very picture of the key's seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from artgan import seeds
from artgan.errors import UsageError

PATHS = ("slerp", "spline", "noise-loop")
# A noise loop comes by this many latents at least, those that nobody named among them.
_LEAST_STOPS = 5
# Below this sine of the angle two directions are the same, or opposite, in float64.
_SMALL = 1e-9


@dataclass(frozen=True)
class Walk:
    """A walk of so many frames.

    Attributes:
        keys: ``(n, latent_dim)`` float32, what it comes by.
        frames: how many pictures it has.
        path: "slerp" turns from key to key at an even pace, on the shortest arc; "spline" passes them on a smooth
            curve (Catmull and Rom, 1974) whose length is kept typical; "noise-loop" wanders: a closed random curve
            through the keys, of few frequencies, every point of which is as normally distributed as the keys are.
        loop: whether it comes back: the last frame is the first one again, bit for bit. A noise loop always does.
        seed: of what a noise loop comes by between the keys.

    Raises:
        UsageError: no such path, too few keys for it, or too few frames for the keys.
    """

    keys: np.ndarray
    frames: int
    path: str = "slerp"
    loop: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.path not in PATHS:
            raise UsageError(f"path {self.path!r} is not one of {', '.join(PATHS)}", "use --path slerp")
        if len(self.keys) < (1 if self.path == "noise-loop" else 2):
            raise UsageError(
                f"{len(self.keys)} key pictures are no walk by {self.path}: at least two are wanted",
                "name more, --seeds 3,17, or wander around one with --path noise-loop",
            )
        least = (self._stops if self.closed else len(self.keys) - 1) + 1
        if self.frames < least:
            raise UsageError(
                f"{self.frames} frames are too few for {len(self.keys)} key pictures by {self.path}",
                f"take --frames {least} or more",
            )

    @property
    def closed(self) -> bool:
        """Whether the last frame is the first one again."""
        return self.loop or self.path == "noise-loop"

    @cached_property
    def key_frames(self) -> list[int]:
        """The frame on which each key stands; on a closed walk one more, the last frame, for the first key."""
        count, places = len(self.keys), np.arange(len(self.keys) + self.closed, dtype=np.float64)
        if self.path == "noise-loop":
            places = np.append(self._key_stops, self._stops)
        span = self._stops if self.path == "noise-loop" else count - 1 + self.closed
        return [int(frame) for frame in np.rint(places * (self.frames - 1) / span)]

    def places(self, first: int = 0, stop: int | None = None) -> np.ndarray:
        """Return how far frames are along the keys: 1.5 is midway from the second key to the third.

        Returns:
            ``(stop - first,)`` float64, 0 to the number of keys, less one where the walk is open.
        """
        frames = np.arange(first, self.frames if stop is None else min(stop, self.frames))
        return np.interp(frames, self.key_frames, np.arange(len(self.key_frames)))

    def latents(self, first: int = 0, stop: int | None = None) -> np.ndarray:
        """Return the latents of some frames, ``(stop - first, latent_dim)`` float32; of all frames by default."""
        places = self.places(first, stop)
        rows = self._curve(places).astype(np.float32)
        whole = places == np.floor(places)
        rows[whole] = self.keys[places[whole].astype(int) % len(self.keys)]
        return rows

    def shares(self, of_keys: np.ndarray, first: int = 0, stop: int | None = None) -> np.ndarray:
        """Return what lies evenly between values of the keys, for example the shares of classes.

        Args:
            of_keys: ``(n, m)`` numbers.
            first: the first frame.
            stop: the frame before which it ends.

        Returns:
            ``(stop - first, m)`` float32.
        """
        near, far, share = self._between(self.places(first, stop))
        return ((1 - share) * of_keys[near] + share * of_keys[far]).astype(np.float32)

    @property
    def _curve(self) -> Callable[[np.ndarray], np.ndarray]:
        return {"slerp": self._slerp, "spline": self._spline, "noise-loop": self._wander}[self.path]

    def _between(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the keys before and after, and the share of the way that is done, as a column."""
        before = np.minimum(np.floor(places).astype(int), len(self.key_frames) - 2)
        return before % len(self.keys), (before + 1) % len(self.keys), (places - before)[:, None]

    def _slerp(self, places: np.ndarray) -> np.ndarray:
        near, far, share = self._between(places)
        return slerp(self.keys[near], self.keys[far], share)

    def _spline(self, places: np.ndarray) -> np.ndarray:
        near, far, share = self._between(places)
        count, before = len(self.keys), np.minimum(np.floor(places).astype(int), len(self.key_frames) - 2)

        def key(index: np.ndarray) -> np.ndarray:
            return self.keys[index % count if self.closed else np.clip(index, 0, count - 1)].astype(np.float64)

        points = [key(before + step) for step in (-1, 0, 1, 2)]
        curve = _catmull_rom(points, share)
        # The chord between two normal vectors is shorter than they are, and short latents paint dull pictures. The
        # length goes smoothly from key to key, standing still at both.
        smooth = share * share * (3 - 2 * share)
        wanted = (1 - smooth) * _length(self.keys[near]) + smooth * _length(self.keys[far])
        length = _length(curve)
        return curve * np.divide(wanted, length, out=np.ones_like(wanted), where=length > _SMALL)

    @cached_property
    def _stops(self) -> int:
        """How many latents the closed walk comes by; odd for a noise loop, whose frequencies are then whole."""
        return max(2 * len(self.keys) + 1, _LEAST_STOPS) if self.path == "noise-loop" else len(self.keys)

    @cached_property
    def _key_stops(self) -> np.ndarray:
        return np.arange(len(self.keys)) * self._stops // len(self.keys)

    @cached_property
    def _all_stops(self) -> np.ndarray:
        hidden = [_hidden_seed(self.seed, stop) for stop in range(self._stops)]
        stops = seeds.latents(hidden, self.keys.shape[1]).astype(np.float64)
        stops[self._key_stops] = self.keys
        return stops

    def _wander(self, places: np.ndarray) -> np.ndarray:
        """Interpolate by waves: the weights of the stops have squares that sum to one at every place.

        So a point of the curve is a sum of standard normal numbers with such weights: standard normal itself.
        """
        along = np.interp(places, np.arange(len(self.key_frames)), np.append(self._key_stops, self._stops))
        away = along[:, None] - np.arange(self._stops)
        below = self._stops * np.sin(np.pi * away / self._stops)
        at_stop = np.abs(below) < _SMALL
        weights = np.where(at_stop, 1.0, np.sin(np.pi * away) / np.where(at_stop, 1.0, below))
        return weights @ self._all_stops


def slerp(start: np.ndarray, end: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """Turn from one latent to another on the shortest arc; the length goes evenly from one's to the other's.

    Spherical linear interpolation (Shoemake, 1985). Between opposite latents, where every arc is as short as any
    other, one of them is taken, always the same.

    Args:
        start: ``(n, latent_dim)`` or ``(latent_dim,)``.
        end: the same.
        share: 0 at ``start``, 1 at ``end``; ``(n, 1)`` or a number.

    Returns:
        ``(n, latent_dim)`` or ``(latent_dim,)`` float64.
    """
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    from_length, to_length = _length(start), _length(end)
    begin = np.divide(start, from_length, out=np.zeros_like(start), where=from_length > 0)
    finish = np.divide(end, to_length, out=np.zeros_like(end), where=to_length > 0)
    # The angle by both chords: exact also where the cosine is 1 or -1 to the last digit.
    angle = 2 * np.arctan2(_length(finish - begin), _length(finish + begin))
    sideways = finish - begin * np.sum(begin * finish, axis=-1, keepdims=True)
    width = _length(sideways)
    sideways = np.where(width > _SMALL, sideways / np.where(width > _SMALL, width, 1.0), _across(begin))
    direction = np.cos(angle * share) * begin + np.sin(angle * share) * sideways
    # Nothing has no direction: there the way is straight.
    straight = (from_length == 0) | (to_length == 0)
    return np.where(
        straight, (1 - share) * start + share * end, ((1 - share) * from_length + share * to_length) * direction
    )


def _across(directions: np.ndarray) -> np.ndarray:
    """Return a direction at right angles to each: towards the axis that it leans on least."""
    axis = np.zeros_like(directions)
    least = np.argmin(np.abs(directions), axis=-1, keepdims=True)
    np.put_along_axis(axis, least, 1.0, axis=-1)
    across = axis - directions * np.sum(axis * directions, axis=-1, keepdims=True)
    return across / np.maximum(_length(across), _SMALL)


def _catmull_rom(points: list[np.ndarray], share: np.ndarray) -> np.ndarray:
    before, near, far, after = points
    return 0.5 * (
        2 * near
        + (far - before) * share
        + (2 * before - 5 * near + 4 * far - after) * share**2
        + (3 * near - before - 3 * far + after) * share**3
    )


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(np.square(vectors, dtype=np.float64), axis=-1, keepdims=True))


def _hidden_seed(seed: int, stop: int) -> int:
    """Return the seed of a latent that nobody named; far from the small numbers that people name."""
    return int.from_bytes(hashlib.sha256(f"{seed} {stop}".encode()).digest()[:4], "big")
