"""A batch in parts teaches what the whole does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from artgan.errors import UsageError
from artgan.training.resolving import resolve
from artgan.training.trainer import GANTrainer

PICTURES = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), dtype=np.uint8)
LABELS = np.array([0, 1] * 4, np.int32)


def learned(steps: int = 1, **options: Any) -> tuple[dict[str, float], list[np.ndarray], list[np.ndarray]]:
    """Take some steps; return the numbers of the last, and what both networks have moved by."""
    keras.utils.set_random_seed(0)
    values = {"preset": "quality", "size": 8, "batch_size": 8, "epochs": 1, "precision": "float32", "augment": ""}
    trainer = GANTrainer(resolve({**values, "warmup_kimg": 0, **options}), classes=2)
    # Plain descent: Adam divides by the gradient's size, which makes a rounding error as large as a step.
    trainer.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0))
    networks = trainer.generator, trainer.discriminator
    before = [network.get_weights() for network in networks]
    for _ in range(steps):
        logs = trainer.train_step((PICTURES, LABELS))
    moved = [
        [after - first for after, first in zip(network.get_weights(), weights, strict=True)]
        for network, weights in zip(networks, before, strict=True)
    ]
    return {name: float(value) for name, value in logs.items()}, *moved


@pytest.mark.parametrize(
    "options",
    # The first step has a penalty, the second none.
    [{"penalty_every": 1}, {"penalty_every": 1, "joint": True}, {"penalty_every": 2, "loss": "bce", "steps": 2}],
    ids=["plain", "joint", "now and then"],
)
def test_parts_add_up_to_the_batch(options: dict[str, Any]) -> None:
    whole, parts = learned(**options), learned(**options, micro_batch=2)
    assert parts[0] == pytest.approx(whole[0], rel=1e-4, abs=1e-5)
    for expected, found in zip(whole[1:], parts[1:], strict=True):
        largest = max(float(np.abs(array).max()) for array in expected)
        assert largest > 1e-4
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-4 * largest)


def test_networks_that_normalise_a_batch_take_it_whole() -> None:
    with pytest.raises(UsageError, match="the preset fast normalises a batch as a whole") as caught:
        learned(preset="fast", micro_batch=2)
    assert "--batch-size" in caught.value.hint


def test_parts_are_of_equal_size() -> None:
    with pytest.raises(UsageError, match="micro_batch 3 must divide the batch size, 8"):
        resolve({"preset": "quality", "batch_size": 8, "micro_batch": 3})
