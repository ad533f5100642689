"""The networks of the ``quality`` preset: residual, without normalisation, as R3GAN's (Huang et al. 2024, section 3).

A third of R3GAN's widths, since a few thousand paintings fill no more, and dense convolutions where it groups
channels: on a CPU grouped ones are tens of times slower, and many GPUs have no good kernel for them either. Stock
layers only.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

from artgan.models.classes import class_input, class_score, with_class
from artgan.models.presets import NetworkSpec

_SLOPE = 0.2
_FIRST_MAP = 4
_BLOCKS = 1
"""Residual blocks for each side: 4, 8, 16 ..."""


def channels(side: int) -> int:
    """Return how many channels a map of a side has: 256 up to 32 px, then half with each doubling, 16 at least."""
    return max(16, min(256, 256 * 32 // side))


def generator(spec: NetworkSpec) -> keras.Model:
    """Build the generator: a learned 4x4 map, residual blocks, bilinear doublings, tanh.

    Returns:
        ``(n, latent_dim)`` float32 (and classes ``(n, classes)`` where there are some) to ``(n, size, size, 3)``
        float32 in [-1, 1]; 5.4 million parameters at 256 px with 64 latents.
    """
    latents = keras.Input((spec.latent_dim,), name="latents")
    classes = class_input(spec)
    width = channels(_FIRST_MAP)
    x = layers.Dense(_FIRST_MAP**2 * width, use_bias=False, dtype=spec.dtype)(with_class(latents, classes, spec))
    x = layers.Reshape((_FIRST_MAP, _FIRST_MAP, width), dtype=spec.dtype)(x)
    for side in _sides(spec.size):
        if side > _FIRST_MAP:
            x = _to_width(x, channels(side), spec)
            x = layers.UpSampling2D(interpolation="bilinear", dtype=spec.dtype)(x)
        x = _blocks(x, spec)
    x = layers.Conv2D(3, 1, kernel_initializer=_scaled(1.0), dtype="float32")(x)
    pictures = layers.Activation("tanh", dtype="float32", name="pictures")(x)
    return keras.Model([latents, *classes] if classes else latents, pictures, name="generator")


def critic(spec: NetworkSpec) -> keras.Model:
    """Build the critic, the generator's mirror image; average pooling halves the sides.

    Returns:
        ``(n, size, size, 3)`` float32 (and classes ``(n, classes)``) to logits ``(n, 1)`` float32.
    """
    pictures = keras.Input((spec.size, spec.size, 3), name="pictures")
    classes = class_input(spec)
    x = layers.Conv2D(channels(spec.size), 1, kernel_initializer=_scaled(1.0), dtype=spec.dtype)(pictures)
    for side in reversed(_sides(spec.size)):
        x = _blocks(x, spec)
        if side > _FIRST_MAP:
            x = layers.AveragePooling2D(2, dtype=spec.dtype)(x)
            x = _to_width(x, channels(side // 2), spec)
    # One filter of its own for each channel looks at the whole 4x4 map.
    x = layers.DepthwiseConv2D(_FIRST_MAP, use_bias=False, dtype=spec.dtype)(x)
    logits = class_score(layers.Flatten(dtype=spec.dtype)(x), classes, spec)
    return keras.Model([pictures, *classes] if classes else pictures, logits, name="discriminator")


def _sides(size: int) -> list[int]:
    return [2**power for power in range(int(math.log2(_FIRST_MAP)), int(math.log2(size)) + 1)]


def _blocks(x: keras.KerasTensor, spec: NetworkSpec) -> keras.KerasTensor:
    """x + conv(act(conv(act(x)))), the last convolution zero at first, so that every block begins as the identity."""
    width = x.shape[-1]
    # Fix-up (Zhang, Dauphin and Ma 2019): L^(-1/(2m-2)) for L blocks of m = 2 convolutions, and He's gain.
    gain = math.sqrt(2 / (1 + _SLOPE**2)) * (len(_sides(spec.size)) * _BLOCKS) ** -0.5
    for _ in range(_BLOCKS):
        y = layers.LeakyReLU(negative_slope=_SLOPE, dtype=spec.dtype)(x)
        y = _convolution(y, width, 3, _scaled(gain), spec)
        y = layers.LeakyReLU(negative_slope=_SLOPE, dtype=spec.dtype)(y)
        y = _convolution(y, width, 3, "zeros", spec)
        x = layers.Add(dtype=spec.dtype)([x, y])
    return x


def _to_width(x: keras.KerasTensor, width: int, spec: NetworkSpec) -> keras.KerasTensor:
    return x if x.shape[-1] == width else _convolution(x, width, 1, _scaled(1.0), spec)


def _convolution(x: keras.KerasTensor, width: int, side: int, start: Any, spec: NetworkSpec) -> keras.KerasTensor:
    return layers.Conv2D(width, side, padding="same", kernel_initializer=start, dtype=spec.dtype)(x)


def _scaled(gain: float) -> keras.initializers.Initializer:
    """Normal weights with a standard deviation of gain / sqrt(inputs)."""
    return keras.initializers.VarianceScaling(gain**2, mode="fan_in", distribution="untruncated_normal")
