"""The presets, as data: a set of ``TrainConfig`` values and the two functions that build the networks.

A preset more is an entry more in ``PRESETS``: the training loop knows none of them. Loading this module loads no
TensorFlow; the builders are named as ``module:function`` and looked up when they are called.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artgan.errors import UsageError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class NetworkSpec:
    """What a builder needs to know.

    ``size`` is the side in pixels, ``classes`` the number of labels (0 for none), ``dtype`` a Keras precision policy.
    ``fused`` allows layers of our own that train faster; without it a network is of stock layers alone and may be
    saved. Both forms have the same weights in the same order; a fused discriminator always gives logits.
    """

    size: int
    latent_dim: int
    classes: int = 0
    dtype: str = "float32"
    fused: bool = False


@dataclass(frozen=True)
class Preset:
    """One recipe.

    ``generator`` names a function from a ``NetworkSpec`` to a model that takes latents ``(n, latent_dim)`` and gives
    pictures ``(n, size, size, 3)`` float32 in [-1, 1]; ``discriminator`` one to a model that takes pictures and gives
    scores ``(n, 1)`` float32: logits when ``spec.fused``, what its author meant them to be when not. Either model may
    take the class labels ``(n, 1)`` int32 as a second input.
    """

    name: str
    summary: str
    generator: str
    discriminator: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def build_generator(self, spec: NetworkSpec) -> keras.Model:
        return look_up(self.generator)(spec)

    def build_discriminator(self, spec: NetworkSpec) -> keras.Model:
        return look_up(self.discriminator)(spec)


def look_up(name: str) -> Any:
    """Import what ``module:object`` names."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in [
        Preset(
            "dcgan",
            "a small convolutional GAN with today's practice: good pictures in minutes, on a CPU too",
            generator="artgan.models.dcgan:generator",
            discriminator="artgan.models.dcgan:critic",
            # Run (b) of the measured baseline: RpGAN + R1 + R2 (Huang et al. 2024), DiffAugment (Zhao et al. 2020).
            values={
                "loss": "rpgan",
                "lr": 4e-4,
                "beta1": 0.0,
                "beta2": 0.99,
                "adam_epsilon": 1e-8,
                "gamma": 1.0,
                "penalty_every": 4,
                "mirror": True,
                "augment": "color,translation",
                "ema_kimg": 10.0,
                "kimg": 600.0,
            },
        ),
        Preset(
            "keragan",
            "the DCGAN of the 2020 article, exactly: for comparison",
            generator="artgan.models.dcgan:generator",
            discriminator="artgan.models.dcgan:keragan_discriminator",
            # shwars/keragan: one Adam rate of 1e-4, no averaging, no augmentation; 10,000 batches of 32.
            values={
                "loss": "bce",
                "lr": 1e-4,
                "beta1": 0.5,
                "beta2": 0.999,
                "adam_epsilon": 1e-7,
                "gamma": 0.0,
                "penalty_every": 1,
                "separate_batches": True,
                "mirror": False,
                "augment": "",
                "ema_kimg": 0.0,
                "kimg": 320.0,
                "precision": "float32",
            },
        ),
    ]
}


def find_preset(name: str) -> Preset:
    """Return the preset of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in PRESETS:
        raise UsageError(f"no preset {name!r}", f"choose one of: {', '.join(PRESETS)}")
    return PRESETS[name]
