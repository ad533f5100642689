"""How a network is told the class of a picture: beside the latents, and as a projection in the critic.

A class is a row of shares, ``(classes,)`` float32 that sum to one: one-hot while it is learned, anything between two
classes when a walk leads from one to the other.
"""

from __future__ import annotations

import keras
from keras import layers

from artgan.models.presets import NetworkSpec

CLASS = "class"
"""The layer that has a learned vector for each class, in either network."""


def class_input(spec: NetworkSpec) -> list[keras.KerasTensor]:
    """Return the input for classes ``(n, classes)`` as a list: empty where the network is told of none."""
    return [keras.Input((spec.classes,), name="classes")] if spec.classes else []


def with_class(latents: keras.KerasTensor, classes: list[keras.KerasTensor], spec: NetworkSpec) -> keras.KerasTensor:
    """Put a learned vector for the class beside the latents, as long as they are and of the same mean square.

    As StyleGAN2-ADA does (Karras et al. 2020): scaled so that neither half drowns the other.

    Returns:
        ``(n, latent_dim)`` without classes, ``(n, 2 * latent_dim)`` with them.
    """
    if not classes:
        return latents
    normal = keras.initializers.RandomNormal(stddev=1.0)
    vectors = layers.Dense(spec.latent_dim, use_bias=False, kernel_initializer=normal, name=CLASS)(classes[0])
    vectors = layers.LayerNormalization(center=False, scale=False)(vectors)
    return layers.Concatenate()([latents, vectors])


def class_score(features: keras.KerasTensor, classes: list[keras.KerasTensor], spec: NetworkSpec) -> keras.KerasTensor:
    """Score features: a linear map, and with classes the projection on a learned vector for the class.

    Miyato and Koyama 2018 ("cGANs with Projection Discriminator", eq. 8): psi(h) + <V y, h>.

    Args:
        features: ``(n, d)``.
        classes: what ``class_input`` returned.
        spec: the network's.

    Returns:
        Logits ``(n, 1)`` float32.
    """
    logits = layers.Dense(1, dtype="float32", name="logits")(features)
    if not classes:
        return logits
    width = features.shape[-1]
    vectors = layers.Dense(width, use_bias=False, kernel_initializer="zeros", dtype="float32", name=CLASS)
    projected = layers.Dot(axes=1, dtype="float32")([vectors(classes[0]), features])
    return layers.Add(dtype="float32", name="class_logits")([logits, projected])
