"""The networks of the ``fast`` preset: small convolutions that learn quickly on a processor, and that grow.

Every map of a generator adds its own colours to the picture so far (the skips of StyleGAN2, Karras et al. 2020,
section 4.1), and every map of a critic sees the picture at its own size beside what was found in larger ones. Since
what a larger size adds begins at nothing, a network that learned small pictures goes on with larger ones exactly where
it was: layers are named by the side they work at, and ``training.transfer`` takes them over by name.

The latents reach every map, not the first alone: they scale and shift what BatchNormalization leaves ("On
Self-Modulation for Generative Adversarial Networks", Chen et al. 2019, eq. 1 and 2), so that one picture may be all
dusk and the next all snow. And every map is given grain (StyleGAN's noise, Karras et al. 2019): texture needs something
to begin from, and without it is made of the grid of the layers themselves, which shows as weave and dots. The grain is
each picture's own, since one that all share shows through them all; and it is added before what is below zero is cut
off, so that a map says where it is let through: foliage has it, and a sky need not.

Maps are doubled smoothly: with nearest neighbours alone the grid of a smaller map stays, as cross-hatch in dark
foliage. What a smooth map lacks in detail the grain gives.

Colours are products over channels (``Dense``) instead of 3x3 convolutions to three channels: those are a processor's
slowest layer, and took a quarter of a step at 64 px.
"""

from __future__ import annotations

import keras
from keras import layers

from artgan.models.classes import class_input, class_score, with_class
from artgan.models.fused import smooth_up_conv
from artgan.models.presets import NetworkSpec

_SLOPE = 0.2
_MOMENTUM = 0.95
_STYLE = 64
"""How many numbers tell every map of the latents."""
_GRAIN_SIDE = 64
"""Larger maps repeat their grain: a product for each pixel would soon be most of a file."""


def channels(side: int) -> int:
    """Return how many channels a map of a side has: 128 up to 8, half with each doubling, 16 at least."""
    return max(16, min(128, 1024 // side))


def generator(spec: NetworkSpec) -> keras.Model:
    """Build the generator.

    Returns:
        ``(n, latent_dim)`` float32 (and classes ``(n, classes)`` where there are some) to ``(n, size, size, 3)``
        float32 in [-1, 1].
    """
    latents = keras.Input((spec.latent_dim,), name="latents")
    classes = class_input(spec)
    first, policy = _first_map(spec.size), spec.dtype
    told = with_class(latents, classes, spec)
    style = layers.Dense(_STYLE, dtype=policy, name="style")(told)
    style = layers.LeakyReLU(negative_slope=_SLOPE, dtype=policy)(style)
    x = layers.Dense(first**2 * channels(first), dtype=policy, name="first")(told)
    x = layers.Reshape((first, first, channels(first)), dtype=policy)(x)
    x = _modulated(x, style, first, spec)
    picture = None
    for side in _sides(2 * first, spec.size):
        x = smooth_up_conv(x, channels(side), spec, name=f"up_{side}")
        x = _modulated(x, style, side, spec, _grain(latents, side, spec))
        start = "glorot_uniform" if picture is None else "zeros"
        colours = layers.Dense(3, kernel_initializer=start, dtype=policy, name=f"colours_{side}")(x)
        if picture is not None:
            picture = layers.UpSampling2D(interpolation="bilinear", dtype=policy)(picture)
            colours = layers.Add(dtype=policy)([picture, colours])
        picture = colours
    pictures = layers.Activation("tanh", dtype="float32", name="pictures")(picture)
    return keras.Model([latents, *classes] if classes else latents, pictures, name="generator")


def _modulated(
    x: keras.KerasTensor, style: keras.KerasTensor, side: int, spec: NetworkSpec, grain: keras.KerasTensor | None = None
) -> keras.KerasTensor:
    """Normalise a map, scale and shift each channel as the style wants it, add grain, cut off what is below zero."""
    policy, width = spec.dtype, x.shape[-1]
    x = layers.BatchNormalization(momentum=_MOMENTUM, center=False, scale=False, dtype=policy, name=f"norm_{side}")(x)
    gently = keras.initializers.RandomNormal(stddev=0.02)
    scale = layers.Dense(width, kernel_initializer=gently, bias_initializer="ones", dtype=policy, name=f"scale_{side}")(
        style
    )
    shift = layers.Dense(width, dtype=policy, name=f"shift_{side}")(style)
    x = layers.Multiply(dtype=policy)([x, layers.Reshape((1, 1, width), dtype=policy)(scale)])
    x = layers.Add(dtype=policy)([x, layers.Reshape((1, 1, width), dtype=policy)(shift)])
    if grain is not None:
        x = layers.Add(dtype=policy)([x, grain])
    return layers.Activation("relu", dtype=policy)(x)


def _grain(latents: keras.KerasTensor, side: int, spec: NetworkSpec) -> keras.KerasTensor:
    """Return ``(n, side, side, channels)``: noise, the same whenever the latents are, as strong as a channel learns."""
    policy, own = spec.dtype, min(side, _GRAIN_SIDE)
    unit = keras.initializers.RandomNormal(stddev=spec.latent_dim**-0.5)
    values = layers.Dense(
        own**2, use_bias=False, kernel_initializer=unit, trainable=False, dtype=policy, name=f"noise_{side}"
    )(latents)
    values = layers.Reshape((own, own, 1), dtype=policy)(values)
    for axis in (1, 2) if side > own else ():
        values = layers.Concatenate(axis, dtype=policy)([values] * (side // own))
    weak = keras.initializers.RandomNormal(stddev=0.1)
    return layers.Dense(channels(side), use_bias=False, kernel_initializer=weak, dtype=policy, name=f"grain_{side}")(
        values
    )


def critic(spec: NetworkSpec) -> keras.Model:
    """Build the critic, without normalisation, as gradient penalties want it.

    Returns:
        ``(n, size, size, 3)`` float32 (and classes ``(n, classes)``) to logits ``(n, 1)`` float32.
    """
    pictures = keras.Input((spec.size, spec.size, 3), name="pictures")
    classes = class_input(spec)
    x = small = pictures
    first = _first_map(spec.size)
    for side in reversed(_sides(first, spec.size // 2)):
        # Not a 3x3 convolution and pooling: that sees nothing of what alternates from pixel to pixel, so a generator
        # is free to fill its pictures with speckle and weave.
        x = layers.Conv2D(channels(side), 4, strides=2, padding="same", dtype=spec.dtype, name=f"down_{side}")(x)
        x = layers.LeakyReLU(negative_slope=_SLOPE, dtype=spec.dtype)(x)
        if side > first:
            small = layers.AveragePooling2D(2, dtype=spec.dtype)(small)
            # The picture first: a network for smaller ones has these inputs alone, and its kernel fits in front.
            x = layers.Concatenate(dtype=spec.dtype)([small, x])
    features = layers.Flatten(dtype=spec.dtype)(x)
    return keras.Model(
        [pictures, *classes] if classes else pictures, class_score(features, classes, spec), name="discriminator"
    )


def _first_map(size: int) -> int:
    return min(8, size // 2)


def _sides(first: int, last: int) -> list[int]:
    return [2**power for power in range(first.bit_length() - 1, last.bit_length())]
