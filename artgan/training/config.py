"""Every hyper-parameter, once: its name, default, bounds and help. Loads without TensorFlow."""

from __future__ import annotations

import contextlib
import re
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from artgan.errors import UsageError
from artgan.models.presets import AUTO

# What is chosen by name, and where it is found ("module:object"): an entry more is a choice more, for any preset.
LOSSES = {
    "relativistic": "artgan.training.losses:RELATIVISTIC",
    "bce": "artgan.training.losses:BCE",
    "hinge": "artgan.training.losses:HINGE",
    "lsgan": "artgan.training.losses:LSGAN",
    "wgan-gp": "artgan.training.losses:WGAN_GP",
}
# Other names of the same functions: keragan's cross-entropy has trained the generator without saturating all along.
_LOSS_NAMES = {"rpgan": "relativistic", "nonsaturating": "bce"}
AUGMENTATIONS = {
    "color": "artgan.training.augment:color",
    "translation": "artgan.training.augment:translation",
    "cutout": "artgan.training.augment:cutout",
}

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LENGTHS = ("epochs", "kimg", "time")
_SMALLEST_GROWN = 16
"""Side, in pixels, from which on a network is a part of the next larger one."""


def parse_duration(value: Any) -> Any:
    """Read "90", "45s", "20m", "1h30m" or "2d" as seconds; anything else is left for the validator to refuse."""
    if isinstance(value, str) and re.fullmatch(r"(\d+(\.\d+)?[smhd])+", value.strip()):
        return sum(float(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+(?:\.\d+)?)([smhd])", value))
    return value


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0)]


def _option(default: Any, help: str, panel: str, *flags: str, **bounds: Any) -> Any:
    """Declare a field; ``flags`` are further spellings of its command-line option."""
    return Field(default, description=help, json_schema_extra={"panel": panel, "flags": list(flags)}, **bounds)


WHAT, LENGTH, LEARNING, MACHINE, SAVING = "What", "How long", "Learning", "This machine", "Keeping"


class TrainConfig(BaseModel):
    """The configuration of a run; immutable, unknown fields are refused.

    Under the preset ``auto`` only what was given counts (``known``); all else is settled where the run begins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: int = 1

    size: int = _option(64, "side of the square images, in pixels: a power of two, 8 to 1024", WHAT)
    preset: str = _option(
        AUTO,
        "the recipe: auto takes fast, or quality where a GPU, the size and the number of paintings are worth it; dcgan;"
        " keragan (the 2020 article's, for comparison)",
        WHAT,
    )
    seed: int = _option(0, "names the run's randomness: the same seed trains the same way", WHAT, ge=0, lt=2**31)
    holdout: float = _option(
        0.0, "keep some paintings out of training: a share below 1, or a number of paintings", WHAT, ge=0
    )

    condition: Literal["none", "genre", "style", "artist"] = _option(
        "none", "tell the networks the genre, style or artist of each painting: sample --class then chooses", WHAT
    )

    epochs: int | None = _option(None, "stop after so many passes over the dataset", LENGTH, ge=1)
    kimg: float | None = _option(None, "stop after so many thousand images shown", LENGTH, gt=0)
    time: Seconds | None = _option(None, "stop after so long: 90s, 20m, 1h30m", LENGTH)
    until_good: bool = _option(
        False, "stop when it no longer improves; without a length, at ten times the recipe's at most", LENGTH
    )

    batch_size: int = _option(32, "images in one step; fewer by itself above 128 px", LEARNING, ge=2, le=4096)
    micro_batch: int | None = _option(
        None,
        "images computed at once, a part of the batch: less memory, the same lesson; preset quality",
        LEARNING,
        ge=1,
    )
    lr: float = _option(4e-4, "learning rate of both networks", LEARNING, "--learning-rate", gt=0, le=1)
    latent_dim: int = _option(100, "numbers that name a picture, the generator's input", LEARNING, ge=1, le=4096)
    loss: str = _option(
        "relativistic",
        "how pictures are judged: relativistic (in pairs), bce (cross-entropy, also called nonsaturating), hinge,"
        " lsgan (least squares) or wgan-gp (Wasserstein)",
        LEARNING,
    )
    gamma: float = _option(
        1.0, "weight of the gradient penalties, R1 and R2 or wgan-gp's own (10 there); 0 for none", LEARNING, ge=0
    )
    penalty_every: int = _option(4, "steps between penalties, which then count as many times", LEARNING, ge=1, le=64)
    critic_steps: int = _option(1, "updates of the critic for each of the generator", LEARNING, ge=1, le=20)
    freeze_critic: int = _option(
        0, "first convolutions that stay as --init brings them, for very small sets", LEARNING, ge=0
    )
    beta1: float = _option(0.0, "Adam's decay of the mean", LEARNING, ge=0, lt=1)
    beta2: float = _option(0.99, "Adam's decay of the square", LEARNING, ge=0, lt=1)
    adam_epsilon: float = _option(1e-8, "Adam's smallest divisor", LEARNING, gt=0)
    separate_batches: bool = _option(
        False, "show the critic real and painted pictures in two batches, each with its own update", LEARNING
    )
    joint: bool = _option(
        False, "let the generator learn from the very pass in which the critic does: a quarter faster", LEARNING
    )
    warmup_kimg: float = _option(
        0.0, "thousand images over which the learning rate rises, at the start and after growing", LEARNING, ge=0
    )
    decay_kimg: float = _option(
        0.0,
        "from so many thousand images on the learning rate is a third, from three times as many a ninth; 0 for never",
        LEARNING,
        ge=0,
    )
    grow: str = _option(
        "", "learn smaller pictures first, for example 32,64; auto: 32 px, then twice as many; empty: not", LEARNING
    )
    grow_kimg: float = _option(
        30.0, "thousand images at each smaller size, at most grow_share of the plan", LEARNING, gt=0
    )
    grow_share: float = _option(
        0.25, "the most that each smaller size may take, as a share of the plan", LEARNING, gt=0, lt=1
    )
    fade_kimg: float = _option(
        8.0, "thousand images over which the detail of a larger size comes in after growing", LEARNING, ge=0
    )
    mirror: bool = _option(True, "show each painting mirrored half of the time", LEARNING)
    augment: str = _option(
        "color,translation", "DiffAugment policies: any of color, translation, cutout; empty for none", LEARNING
    )
    augment_p: float | Literal["auto"] = _option(
        1.0, "how often each policy is applied, 0 to 1; auto: the more, the more the critic overfits", LEARNING
    )
    augment_target: float = _option(
        0.6, "overfitting, 0 to 1, above which --augment-p auto goes up, else down", LEARNING, ge=0, le=1
    )
    ada_kimg: float = _option(100.0, "kimg in which --augment-p auto could go from 0 to 1", LEARNING, gt=0)
    ema_kimg: float = _option(10.0, "half-life of the averaged generator in kimg; 0 for no averaging", LEARNING, ge=0)
    ema_ramp: float = _option(0.05, "the half-life is at most this share of the images seen", LEARNING, gt=0)

    device: Literal["auto", "cpu", "gpu"] = _option("auto", "where to compute; auto takes a GPU where one is", MACHINE)
    gpus: int | Literal["all"] = _option(
        1, "GPUs of this machine that share each batch: a number, or all; what is learned is the same", MACHINE
    )
    precision: Literal["auto", "float32", "bfloat16"] = _option(
        "auto", "number format of the networks; auto takes bfloat16 where the processor has it", MACHINE
    )
    xla: Literal["auto", "on", "off"] = _option(
        "auto", "compile a step into one program; auto does on a GPU, and not on a CPU, where it is slower", MACHINE
    )
    deterministic: bool = _option(
        False, "the same run bit for bit, also when it is stopped and resumed; slower on a GPU", MACHINE
    )

    save_every: Seconds = _option(60.0, "time between saves of grid, generator and state: 30s, 5m", SAVING)
    keep: int = _option(50, "generators to keep, spread evenly in log time", SAVING, ge=2)
    eval_every: Annotated[float, BeforeValidator(parse_duration), Field(ge=0)] | None = _option(
        None, "time between judgements (KID): 5m, or 0 for none; not given: 5m in trainings of 10m or more", SAVING
    )
    grid: int = _option(36, "pictures on the sheet that shows how far it is", SAVING, ge=1, le=400)
    tensorboard: bool = _option(False, "write TensorBoard event files too, into the run folder", SAVING)

    @field_validator("size")
    @classmethod
    def _power_of_two(cls, size: int) -> int:
        from artgan.datasets.squares import check_size  # here, so that help and listing load no Pillow

        check_size(size)
        return size

    @field_validator("augment")
    @classmethod
    def _known_policies(cls, text: str) -> str:
        policies = [piece.strip() for piece in text.split(",") if piece.strip() not in {"", "none"}]
        unknown = [policy for policy in policies if policy not in AUGMENTATIONS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not one of {', '.join(AUGMENTATIONS)}")
        return ",".join(policies)

    @field_validator("grow")
    @classmethod
    def _known_sizes(cls, text: str) -> str:
        pieces = [piece.strip() for piece in text.split(",") if piece.strip() not in {"", "none"}]
        if pieces == ["auto"] or all(piece.isdecimal() for piece in pieces):
            return ",".join(pieces)
        raise ValueError("neither auto nor sizes such as 32,64")

    @field_validator("loss")
    @classmethod
    def _known_loss(cls, name: str) -> str:
        name = _LOSS_NAMES.get(name, name)
        if name not in LOSSES:
            raise ValueError(f"{name!r} is not one of {', '.join(LOSSES)}")
        return name

    @field_validator("augment_p", mode="before")
    @classmethod
    def _probability(cls, value: Any) -> Any:
        with contextlib.suppress(TypeError, ValueError):
            if value == "auto" or 0 <= float(value) <= 1:
                return value
        raise ValueError("neither auto nor a number from 0 to 1")

    @field_validator("gpus", mode="before")
    @classmethod
    def _some_devices(cls, value: Any) -> Any:
        with contextlib.suppress(TypeError, ValueError):
            if value == "all" or int(value) >= 1:
                return value
        raise ValueError("neither all nor a number from 1 on")

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        given = [name for name in LENGTHS if getattr(self, name) is not None]
        if len(given) != 1 and (given or self.preset != AUTO):
            raise ValueError(f"exactly one of epochs, kimg and time says how long to train, not {len(given)}")
        return self

    @model_validator(mode="after")
    def _parts_are_equal(self) -> Self:
        if self.micro_batch and self.batch_size % self.micro_batch and self.preset != AUTO:
            raise ValueError(f"micro_batch {self.micro_batch} must divide the batch size, {self.batch_size}")
        return self

    @model_validator(mode="after")
    def _good_is_judged(self) -> Self:
        if self.until_good and self.eval_every == 0:
            raise ValueError("until_good goes by judgements, and eval_every 0 asks for none")
        return self

    @model_validator(mode="after")
    def _sizes_rise(self) -> Self:
        stages = self.stages
        if self.grow in {"", "auto"}:
            return self
        from artgan.datasets.squares import check_size  # here, so that help and listing load no Pillow

        for side in stages:
            check_size(side)
        if stages[0] < _SMALLEST_GROWN:
            raise ValueError(
                f"grow {self.grow}: what is learned at less than {_SMALLEST_GROWN} px fits no larger network"
            )
        if any(before >= after for before, after in pairwise(stages)):
            raise ValueError(f"grow {self.grow}: the sizes must rise, and stay below {self.size}")
        return self

    @model_validator(mode="after")
    def _penalty_needs_one_batch(self) -> Self:
        if self.loss == "wgan-gp" and not self.gamma:
            raise ValueError("wgan-gp lives by its penalty: gamma 0 must be above 0")
        if self.separate_batches and self.gamma:
            raise ValueError(f"separate_batches knows no gradient penalties: gamma {self.gamma:g} must be 0 with it")
        return self

    @model_validator(mode="after")
    def _keragan_knows_no_classes(self) -> Self:
        if self.condition != "none" and self.preset == "keragan":
            raise ValueError(f"the preset keragan knows no classes: condition {self.condition} must be none with it")
        return self

    @model_validator(mode="after")
    def _joint_needs_one_batch(self) -> Self:
        if self.joint and self.separate_batches:
            raise ValueError("separate_batches shows the critic two batches; joint wants one")
        return self

    def known(self) -> dict[str, Any]:
        """Return what is known by now, as JSON has it: every value, or under ``auto`` those that were given."""
        values = self.model_dump(mode="json", exclude_none=True, exclude_unset=self.preset == AUTO)
        return {"schema_version": self.schema_version, **values}

    @property
    def stages(self) -> tuple[int, ...]:
        """The sizes at which the run learns, one after the other; the last is ``size``."""
        if self.grow == "auto":
            smaller = [side for side in (32, 64, 128, 256, 512) if side < self.size]
        else:
            smaller = [int(piece) for piece in self.grow.split(",") if piece]
        return (*smaller, self.size)

    @property
    def step_images(self) -> int:
        """How many real images one step shows: a batch for each update of the critic."""
        return self.batch_size * self.critic_steps


def to_toml(config: TrainConfig) -> str:
    """Return the configuration as TOML, every field whose value is known."""
    import tomlkit

    return tomlkit.dumps(config.known())


def from_toml(text: str) -> TrainConfig:
    """Read what ``to_toml`` wrote.

    Raises:
        UsageError: it is not TOML, or not a configuration of this artgan.
    """
    import tomllib

    try:
        return TrainConfig(**tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(f"this is not a configuration that artgan can read: {error}") from error
