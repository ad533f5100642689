"""How many images a CPU-second trains: the ``keragan`` preset against a loop as keragan wrote it.

The peer is this file's own version of that loop, over the same networks built of stock layers: ``predict``, two
``train_on_batch`` of the discriminator, one of the combined model. Both run in turn in this process, block by block.
Prints one line of JSON. Run by hand, on a quiet machine: ``python tests/benchmarks/training.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from artgan.models.dcgan import generator, keragan_discriminator
from artgan.models.fused import ConvPool2D, UpConv2D
from artgan.models.presets import NetworkSpec
from artgan.training.resolving import resolve
from artgan.training.trainer import GANTrainer


class KeraganLoop:
    """The loop of the 2020 library, over Keras 3 models."""

    def __init__(self, size: int, batch: int) -> None:
        self.batch = batch
        spec = NetworkSpec(size, 100)
        self.generator, self.discriminator = generator(spec), keragan_discriminator(spec)
        self.discriminator.compile(self._adam(), "binary_crossentropy", metrics=["accuracy"])
        noise = keras.Input((100,))
        self.combined = keras.Model(noise, self.discriminator(self.generator(noise)))
        self.discriminator.trainable = False
        self.combined.compile(self._adam(), "binary_crossentropy")

    @staticmethod
    def _adam() -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(1e-4, beta_1=0.5, beta_2=0.999)

    def step(self, reals: np.ndarray) -> None:
        noise = np.random.normal(0, 1, (self.batch, 100)).astype(np.float32)
        fakes = self.generator.predict(noise, verbose=0)
        # Keras 3 reads the flag while it traces; Keras 2 kept what was compiled.
        self.discriminator.trainable = True
        self.discriminator.train_on_batch(reals, np.ones((self.batch, 1), np.float32))
        self.discriminator.train_on_batch(fakes, np.zeros((self.batch, 1), np.float32))
        self.discriminator.trainable = False
        self.combined.train_on_batch(noise, np.ones((self.batch, 1), np.float32))


def multiplications(model: keras.Model) -> int:
    """Count the multiplications of one picture's forward pass."""
    taps: dict[type, int] = {UpConv2D: 4, ConvPool2D: 16, keras.layers.Conv2D: 9}
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            _, _, channels, filters = layer.kernel.shape
            total += taps[type(layer)] * channels * filters * int(np.prod(layer.output.shape[1:3]))
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


def matrix_peak() -> float:
    """Measure float32 operations per CPU-second of a large matrix product."""
    a = tf.random.normal([2048, 2048])
    tf.matmul(a, a)
    rates = []
    for _ in range(5):
        begun = time.process_time()
        for _ in range(4):
            float(tf.matmul(a, a)[0, 0])
        rates.append(4 * 2 * 2048**3 / (time.process_time() - begun))
    return statistics.median(rates)


def timed(step: Callable[[], object], steps: int) -> tuple[float, float]:
    """Return CPU and wall seconds of some steps."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(steps):
        step()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8, help="steps in a block")
    given = parser.parse_args()
    pictures = np.random.default_rng(0).integers(0, 256, (given.batch, given.size, given.size, 3), np.uint8)
    reals = pictures.astype(np.float32) / 127.5 - 1
    config = resolve({"preset": "keragan", "size": given.size, "batch_size": given.batch})
    trainer = GANTrainer(config)
    trainer.compile()
    compiled = tf.function(trainer.train_step)
    loop = KeraganLoop(given.size, given.batch)
    sides: dict[str, Callable[[], object]] = {
        "artgan": lambda: float(compiled((tf.constant(pictures),))["g_loss"]),
        "keragan": lambda: loop.step(reals),
    }
    for step in sides.values():
        timed(step, 3)
    blocks = {name: [] for name in sides}  # type: dict[str, list[tuple[float, float]]]
    for _ in range(given.rounds):
        for name, step in sides.items():
            blocks[name].append(timed(step, given.steps))
    images = given.steps * given.batch
    ratios = [peer[0] / own[0] for own, peer in zip(blocks["artgan"], blocks["keragan"], strict=True)]
    cpu = statistics.median(block[0] for block in blocks["artgan"]) / images
    # Forward 1, backward 2 (to input and to weights). The generator paints once more for the discriminator; that is
    # trained on two pictures, then passed through once more without a gradient for its own weights.
    per_image = 2 * (4 * multiplications(trainer.generator) + 8 * multiplications(trainer.discriminator))
    print(
        json.dumps(
            {
                "benchmark": "training",
                "preset": "keragan",
                "size": given.size,
                "batch": given.batch,
                "images_per_cpu_s_ratio": round(statistics.median(ratios), 2),
                "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
                "artgan_cpu_s_per_kimg": round(1000 * cpu, 2),
                "artgan_images_per_s": round(images / statistics.median(block[1] for block in blocks["artgan"]), 1),
                "keragan_images_per_s": round(images / statistics.median(block[1] for block in blocks["keragan"]), 1),
                "share_of_matrix_peak": round(per_image / cpu / matrix_peak(), 2),
                "rounds": given.rounds,
                "steps": given.steps,
            }
        )
    )


if __name__ == "__main__":
    main()
