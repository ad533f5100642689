"""The networks of the two DCGAN presets (Radford, Metz and Chintala, 2016), sized as shwars/keragan sizes them.

For a picture of side S the generator starts from an 8x8 map of 2S channels and doubles it with S, S/2, ... 16
channels; the critics halve the picture with 32, 64, ... 2S channels. Stock layers only, so that what is saved opens
anywhere.
"""

from __future__ import annotations

import keras
from keras import layers

from artgan.models.classes import class_input, class_score, with_class
from artgan.models.fused import conv_pool, up_conv
from artgan.models.presets import NetworkSpec
from artgan.models.shares import ShareDropout

_FIRST_MAP = 8
_SLOPE = 0.2
_MOMENTUM = 0.8
_DROPOUT = 0.3


def generator(spec: NetworkSpec) -> keras.Model:
    """Build keragan's generator.

    Returns:
        ``(n, latent_dim)`` float32 (and classes ``(n, classes)`` where there are some) to ``(n, size, size, 3)``
        float32 in [-1, 1]; 925,155 parameters at 64 px with 100 latents and without classes.
    """
    size, policy = spec.size, spec.dtype
    latents = keras.Input((spec.latent_dim,), name="latents")
    classes = class_input(spec)
    x = with_class(latents, classes, spec)
    x = layers.Dense(_FIRST_MAP * _FIRST_MAP * 2 * size, activation="relu", dtype=policy)(x)
    x = layers.Reshape((_FIRST_MAP, _FIRST_MAP, 2 * size), dtype=policy)(x)
    filters = size
    while filters >= 16:
        x = up_conv(x, filters, spec)
        x = layers.BatchNormalization(momentum=_MOMENTUM, dtype=policy)(x)
        x = layers.Activation("relu", dtype=policy)(x)
        filters //= 2
    x = layers.Conv2D(3, 3, padding="same", dtype=policy)(x)
    pictures = layers.Activation("tanh", dtype="float32", name="pictures")(x)
    return keras.Model([latents, *classes] if classes else latents, pictures, name="generator")


def critic(spec: NetworkSpec) -> keras.Model:
    """Build keragan's discriminator without BatchNormalization, Dropout and sigmoid, as gradient penalties want it.

    Batch statistics would mix the samples that R1 and R2 look at one by one.

    Returns:
        ``(n, size, size, 3)`` float32 (and classes ``(n, classes)``) to logits ``(n, 1)`` float32; 101,441
        parameters at 64 px without classes.
    """
    pictures = keras.Input((spec.size, spec.size, 3), name="pictures")
    classes = class_input(spec)
    x = pictures
    for filters in _widths(spec.size) or [32]:
        x = conv_pool(x, filters, spec)
        x = layers.LeakyReLU(negative_slope=_SLOPE, dtype=spec.dtype)(x)
    logits = class_score(layers.Flatten(dtype=spec.dtype)(x), classes, spec)
    return keras.Model([pictures, *classes] if classes else pictures, logits, name="discriminator")


def keragan_discriminator(spec: NetworkSpec) -> keras.Model:
    """Build keragan's discriminator.

    Returns:
        ``(n, size, size, 3)`` float32 to probabilities ``(n, 1)`` float32 that a picture is real, or their logits when
        fused; 102,337 parameters at 64 px.
    """
    pictures = keras.Input((spec.size, spec.size, 3), name="pictures")
    x = pictures
    for filters in _widths(spec.size):
        x = conv_pool(x, filters, spec)
        x = layers.BatchNormalization(momentum=_MOMENTUM, dtype=spec.dtype)(x)
        x = layers.LeakyReLU(negative_slope=_SLOPE, dtype=spec.dtype)(x)
        x = (ShareDropout if spec.fused else layers.Dropout)(_DROPOUT, dtype=spec.dtype)(x)
    x = layers.Flatten(dtype=spec.dtype)(x)
    activation = None if spec.fused else "sigmoid"
    scores = layers.Dense(1, activation=activation, dtype="float32", name="scores")(x)
    return keras.Model(pictures, scores, name="discriminator")


def _widths(size: int) -> list[int]:
    """Return the discriminators' channels: 32, 64, ... up to twice the side."""
    return [2**power for power in range(5, 12) if 2**power <= 2 * size]
