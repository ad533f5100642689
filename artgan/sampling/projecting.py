"""The latent of a given picture: what a generator paints that is most like it, found by descent from several starts.

What is compared are pixels at four scales and, since pixels alone prefer a blur, the maps that Lite0 makes of strokes
and shapes. The descent is Adam's (Kingma and Ba 2015) on the latent, as in the projection of StyleGAN2 (Karras et al.
2020, appendix D); what differs: latents of no mapping network, Lite0 for VGG16, several starts at once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from artgan import images, seeds
from artgan.datasets import fit as fitting
from artgan.datasets.decode import open_picture
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.events import Event, Progress
from artgan.metrics import lite0
from artgan.metrics.features import resize_matrix
from artgan.sampling.samples import Source
from artgan.seeds import in_turn

STEPS = 200
_TRIED, _STARTS, _BATCH = 256, 4, 16
_LR, _BETA1, _BETA2, _EPSILON = 0.1, 0.9, 0.99, 1e-8
_WARM, _COOL = 0.05, 0.25
"""Shares of the steps in which the rate rises, and falls to zero."""
# Chosen by eye on paintings and on pictures of the generator itself: with pixels alone it finds blurs, with features
# alone the colours are wrong.
_PIXELS, _FEATURES, _LENGTH = 3.0, 1.0, 0.1
_SCALES = 4
_SMALLEST, _LARGEST = 64, lite0.SIDE
"""Sides between which Lite0 sees pictures, in pixels: twice their own where that lies between."""
_OVERSAMPLING = 2


@dataclass(frozen=True)
class Found:
    """The latent that paints most like a picture.

    Attributes:
        latent: ``(latent_dim,)`` float32.
        shares: of each class, ``(classes,)`` float32; None where the generator knows none.
        way: ``(steps + 1, latent_dim)`` float32, from the start to the end.
        loss: what the found picture still differs by; 0 is the very same.
        start: loss of the best of the random latents that were tried.
        random: median loss of those.
        pixels: root mean square difference of the pixels at their own scale, of a range of 1.
        tried: how many random latents there were.
        steps: that were gone.
    """

    latent: np.ndarray
    shares: np.ndarray | None
    way: np.ndarray
    loss: float
    start: float
    random: float
    pixels: float
    tried: int
    steps: int

    @property
    def length(self) -> float:
        """Of the latent, over that of a usual one: 1 is as long as those of seeds."""
        return float(np.linalg.norm(self.latent) / len(self.latent) ** 0.5)


def read_target(path: Path, size: int, fit: str = "crop") -> np.ndarray:
    """Read a picture as a network sees it: upright, sRGB, transparency on white, square.

    Args:
        path: any format that ``artgan import`` takes.
        size: of the generator's pictures, in pixels.
        fit: how it becomes square: one of ``datasets.fit.FITS``.

    Returns:
        ``(size, size, 3)`` uint8.

    Raises:
        NotFoundError: no such file.
        PictureError: it is not a picture, or not whole.
        UsageError: an unknown fit.
    """
    fitting.check_fit(fit)
    if not path.is_file():
        raise NotFoundError(f"no file {path}", "name a picture")
    draft = (size * _OVERSAMPLING, size * _OVERSAMPLING)
    decoded = open_picture(path, draft=draft)
    return np.asarray(fitting.square(decoded.image, size, fit, (decoded.width, decoded.height))[0])


def project(
    source: Source,
    target: np.ndarray,
    *,
    steps: int = STEPS,
    seed: int = 0,
    shares: np.ndarray | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, Found]:
    """Find the latent that paints most like a picture.

    Args:
        source: the generator.
        target: ``(size, size, 3)`` uint8, of the generator's size; ``read_target`` makes it.
        steps: of the descent; 0 only takes the best of the random starts.
        seed: other starts for another number: of 256 seeds the nearest four are followed.
        shares: of each class, ``(classes,)`` float32; default the class of whichever start comes nearest.
        should_stop: asked between any two steps; then what was found so far is returned.

    Yields:
        Progress.

    Returns:
        What was found: the same for the same seed on one machine.

    Raises:
        UsageError: a picture of another size, or steps or seed out of bounds.
        DamagedError: the generator paints no numbers.
    """
    size = source.painter.size
    if target.shape != (size, size, 3):
        raise UsageError(f"a picture of shape {target.shape} does not fit: ({size}, {size}, 3) is wanted")
    if steps < 0:
        raise UsageError(f"{steps} steps cannot be gone", f"--steps {STEPS}")
    yield Progress(stage="trying seeds", done=0, total=_TRIED, unit="seeds")
    comparison = Comparison(target)
    starts, told = _starts(source, seed, shares)
    tried: list[np.ndarray] = []
    for first in range(0, _TRIED, _BATCH):
        if tried and should_stop():
            break
        piece = slice(first, first + _BATCH)
        painted = source.generator(_inputs(starts[piece], told, piece), training=False)
        tried.append(comparison(painted).numpy())
        yield Progress(stage="trying seeds", done=first + _BATCH, total=_TRIED, unit="seeds")
    losses = np.concatenate(tried)
    if not np.isfinite(losses).all():
        raise DamagedError(f"{source.path} paints numbers that are not finite", "use another --epoch")
    chosen = np.argsort(losses, kind="stable")[:_STARTS]
    rows = None if told is None else told[chosen]
    descent = _Descent(source, comparison, starts[chosen], rows, steps)
    way = [starts[chosen]]
    for step in range(steps):
        if should_stop():
            break
        yield Progress(stage="coming nearer", done=step, total=steps, unit="steps")
        way.append(descent(step))
    if steps:
        yield Progress(stage="coming nearer", done=len(way) - 1, total=steps, unit="steps")
    ends = comparison(source.generator(_inputs(way[-1], rows), training=False)).numpy()
    nearest = int(np.argmin(np.where(np.isfinite(ends), ends, np.inf)))
    latent = way[-1][nearest]
    known = None if rows is None else rows[nearest]
    painted = source.generator(_inputs(latent[None], None if known is None else known[None]), training=False)
    return Found(
        latent=latent, shares=known, way=np.stack([latents[nearest] for latents in way]), loss=float(ends[nearest]),
        start=float(losses.min()), random=float(np.median(losses)), pixels=comparison.pixels(painted),
        tried=len(losses), steps=len(way) - 1,
    )  # fmt: skip


def along(way: np.ndarray, count: int) -> np.ndarray:
    """Return so many latents of a way ``(n, latent_dim)``, the first and the last among them.

    Early steps change most, so they lie closer: evenly by the square root.
    """
    steps = np.unique(np.rint(np.linspace(0, 1, count) ** 2 * (len(way) - 1)).astype(int))
    return np.asarray(way[steps])


class Comparison:
    """How unlike pictures are to one picture.

    Args:
        target: ``(size, size, 3)`` uint8.
    """

    def __init__(self, target: np.ndarray) -> None:
        size = target.shape[0]
        side = max(_SMALLEST, min(_LARGEST, 2 * size))
        self._scales = min(_SCALES, size.bit_length() - 1)
        self._network = _maps_network(side)
        self._resize = tf.constant(resize_matrix(size, side))
        self._target = tf.constant(images.to_float(target)[None])
        self._maps = self._seen(self._target)

    def __call__(self, pictures: Any) -> Any:
        """Return the loss ``(n,)`` float32 of pictures ``(n, size, size, 3)`` float32 in [-1, 1]; it has gradients."""
        at_scales = []
        these, target = pictures, self._target
        for scale in range(self._scales):
            if scale:
                these, target = (tf.nn.avg_pool2d(value, 2, 2, "VALID") for value in (these, target))
            at_scales.append(tf.reduce_mean(tf.square(these - target), axis=(1, 2, 3)))
        maps = [
            # Unit vectors of channels at each place, as in LPIPS (Zhang et al. 2018), without its learned weights.
            tf.reduce_mean(tf.reduce_sum(tf.square(seen - wanted), axis=-1), axis=(1, 2))
            for seen, wanted in zip(self._seen(pictures), self._maps, strict=True)
        ]
        return _PIXELS * tf.add_n(at_scales) / len(at_scales) + _FEATURES * tf.add_n(maps) / len(maps)

    def pixels(self, pictures: Any) -> float:
        """Return the root mean square difference of the pixels, of a range of 1."""
        return float(tf.sqrt(tf.reduce_mean(tf.square((pictures - self._target) / 2))))

    def _seen(self, pictures: Any) -> Sequence[Any]:
        values = tf.einsum("ab,nbcd->nacd", self._resize, (pictures + 1.0) * 127.5)
        values = tf.clip_by_value(tf.einsum("ab,ncbd->ncad", self._resize, values), 0.0, 255.0)
        maps = self._network(values)
        return [values / (tf.norm(values, axis=-1, keepdims=True) + 1e-6) for values in maps]


@functools.cache
def _maps_network(side: int) -> Any:
    """Return Lite0's maps, built and compiled once in a process: that takes seconds."""
    network = lite0.maps_network(side)
    signature = [tf.TensorSpec([None, side, side, 3], tf.float32)]
    return tf.function(lambda pictures: network(pictures, training=False), signature, autograph=False)


class _Descent:
    """Adam on latents ``(n, latent_dim)``, each by its own loss."""

    def __init__(
        self, source: Source, comparison: Comparison, starts: np.ndarray, shares: np.ndarray | None, steps: int
    ) -> None:
        self._steps = steps
        self._latents = tf.Variable(starts)
        self._mean, self._square = (tf.Variable(tf.zeros_like(starts)) for _ in range(2))

        def step(rate: Any, number: Any) -> Any:
            with tf.GradientTape() as tape:
                painted = source.generator(_inputs(tf.convert_to_tensor(self._latents), shares), training=False)
                # What latents of a normal distribution have: a mean square of 1. Others paint what was never learned.
                length = tf.reduce_mean(tf.square(self._latents), axis=1)
                loss = comparison(painted) + _LENGTH * tf.square(length - 1.0)
            gradient = tape.gradient(loss, self._latents)
            self._mean.assign(_BETA1 * self._mean + (1 - _BETA1) * gradient)
            self._square.assign(_BETA2 * self._square + (1 - _BETA2) * tf.square(gradient))
            mean, square = self._mean / (1 - _BETA1**number), self._square / (1 - _BETA2**number)
            self._latents.assign_sub(rate * mean / (tf.sqrt(square) + _EPSILON))

        self._step = tf.function(step, autograph=False)

    def __call__(self, step: int) -> np.ndarray:
        """Go one step, the first being 0, and return where it led."""
        share = (step + 1) / self._steps
        rate = _LR * min(1.0, share / _WARM, (1 - share) / _COOL + 1 / self._steps)
        self._step(tf.constant(rate, tf.float32), tf.constant(step + 1, tf.float32))
        return np.array(self._latents)


def _starts(source: Source, seed: int, shares: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Return latents ``(256, latent_dim)`` to try, and their classes."""
    numbers = range(seed * _TRIED, (seed + 1) * _TRIED)
    if not 0 <= numbers[0] <= numbers[-1] < 2**32:
        raise UsageError(f"seed {seed} is not between 0 and {2**32 // _TRIED - 1}", "choose a smaller number")
    told = None
    if source.classes:
        count = len(source.classes)
        told = in_turn(numbers, count) if shares is None else np.broadcast_to(shares, (_TRIED, count))
    return seeds.latents(numbers, source.painter.latent_dim), told


def _inputs(latents: Any, shares: np.ndarray | None, piece: slice = slice(None)) -> Any:
    if shares is None:
        return latents
    return [tf.convert_to_tensor(latents), tf.convert_to_tensor(shares[piece], tf.float32)]
