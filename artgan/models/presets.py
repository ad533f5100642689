"""The presets, as data: a set of ``TrainConfig`` values and the two functions that build the networks.

A preset more is an entry more in ``PRESETS``: the training loop knows none of them. Loading this module loads no
TensorFlow; the builders are named as ``module:function`` and looked up when they are called. ``auto`` is none of them:
it is settled where a run begins, by ``choose``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artgan.errors import UsageError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class NetworkSpec:
    """What a builder needs to know.

    ``size`` is the side in pixels, ``classes`` their number (0 for none), ``dtype`` a Keras precision policy.
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
    scores ``(n, 1)`` float32: logits when ``spec.fused``, what its author meant them to be when not. With classes both
    take the shares of each class in a picture, ``(n, classes)`` float32 that sum to one, as a second input. ``by_size``
    gives the values that follow from the side of the pictures, in pixels.
    """

    name: str
    summary: str
    generator: str
    discriminator: str
    values: Mapping[str, Any] = field(default_factory=dict)
    by_size: Callable[[int], Mapping[str, Any]] = lambda size: {}

    def values_for(self, size: int) -> dict[str, Any]:
        """Return the values of ``TrainConfig`` that the recipe is made of, for pictures of a size."""
        return {**self.values, **self.by_size(size)}

    def build_generator(self, spec: NetworkSpec) -> keras.Model:
        return look_up(self.generator)(spec)

    def build_discriminator(self, spec: NetworkSpec) -> keras.Model:
        return look_up(self.discriminator)(spec)


def look_up(name: str) -> Any:
    """Import what ``module:object`` names."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _quality_by_size(size: int) -> dict[str, Any]:
    """Choose what R3GAN chooses by resolution (Huang et al. 2024), and NVIDIA's automatic configuration by memory.

    The penalties' gradient is a sum over pixels, and those of larger pictures are steeper: R3GAN's gammas of 2 at 64 px
    and 150 at 256 px lie on gamma = 2 (size / 64)^3.11. They are for the start; it ends with a tenth of them, so the
    geometric mean of the two, a third, is what a run has that does not change it. The average's half-life grows with
    the batch, which is 32 images up to 128 px, then half with each doubling (Karras et al. 2020, ADA).
    """
    batch = max(4, min(32, 4096 // size))
    return {"gamma": round(2 * (size / 64) ** 3.11 / 10**0.5, 3), "batch_size": batch, "ema_kimg": batch * 10 / 32}


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
                "loss": "relativistic",
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
            "fast",
            "learns small pictures first, then goes on with larger ones: the best pictures in minutes, on a CPU too",
            generator="artgan.models.fast:generator",
            discriminator="artgan.models.fast:critic",
            values={
                "loss": "relativistic",
                "batch_size": 8,
                "lr": 3e-4,
                "beta1": 0.0,
                "beta2": 0.99,
                "adam_epsilon": 1e-8,
                "gamma": 1.0,
                "penalty_every": 4,
                "joint": True,
                "mirror": True,
                "augment": "color,translation",
                "ema_kimg": 10.0,
                "kimg": 600.0,
                "warmup_kimg": 2.0,
                "decay_kimg": 170.0,
                "grow": "auto",
                "grow_kimg": 15.0,
            },
        ),
        Preset(
            "quality",
            "a residual network of five million weights: for a GPU, 128 px and more, and hours",
            generator="artgan.models.residual:generator",
            discriminator="artgan.models.residual:critic",
            values={
                "loss": "relativistic",
                "lr": 2e-4,
                "latent_dim": 64,
                "beta1": 0.0,
                "beta2": 0.99,
                "adam_epsilon": 1e-8,
                "penalty_every": 1,
                "mirror": True,
                "augment": "color,translation",
                "augment_p": "auto",
                "kimg": 2000.0,
                "warmup_kimg": 10.0,
            },
            by_size=_quality_by_size,
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


AUTO = "auto"
"""The preset that is chosen where a run begins."""
CHOSEN = ("fast", "quality")
"""What it comes to, unless a run begins from the networks of another preset."""
# A network of five million weights pays where a GPU carries it, on pictures that have the detail and the variety.
_QUALITY_SIZE, _QUALITY_IMAGES = 128, 500


def choose(gpu: bool, size: int, images: int) -> tuple[str, str]:
    """Choose the preset for a machine and a collection.

    Args:
        gpu: whether a GPU computes.
        size: side of the pictures, in pixels.
        images: how many paintings are learned.

    Returns:
        The preset's name, and the reason in a few words.
    """
    if not gpu:
        return "fast", "a CPU learns it quickest"
    if size < _QUALITY_SIZE:
        return "fast", f"{size} px are learned quickest by it, {_QUALITY_SIZE} and more by quality"
    if images < _QUALITY_IMAGES:
        return "fast", f"{images:,} paintings; quality wants {_QUALITY_IMAGES} or more"
    return "quality", f"a GPU, {size} px and {images:,} paintings"


def find_preset(name: str) -> Preset:
    """Return the preset of that name.

    Raises:
        UsageError: there is none.
    """
    assert name != AUTO, "what a preset brings is known once it is chosen"
    if name not in PRESETS:
        raise UsageError(f"no preset {name!r}", f"choose one of: {', '.join([AUTO, *PRESETS])}")
    return PRESETS[name]


def recognise(generator: keras.Model, critic: keras.Model | None = None) -> str | None:
    """Return the preset that networks are of, told by the shapes of their weights.

    Args:
        generator: trained with artgan, or a file of somebody else.
        critic: of the same training; without it a generator that two presets share is that of the first.

    Returns:
        Its name; None where they are of none.
    """
    from artgan.models.files import latent_dim, picture_size
    from artgan.models.painting import class_count

    spec = NetworkSpec(picture_size(generator), latent_dim(generator), class_count(generator))
    for name, preset in PRESETS.items():
        if _shapes(preset.build_generator(spec)) != _shapes(generator):
            continue
        if critic is None or _shapes(preset.build_discriminator(spec)) == _shapes(critic):
            return name
    return None


def _shapes(model: keras.Model) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in model.weights]
