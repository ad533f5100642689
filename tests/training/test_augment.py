"""Augmentation: repeatable, different for each picture, differentiable twice."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from artgan.training.augment import augment, mirror
from artgan.training.config import AUGMENTATIONS

PICTURES = np.random.default_rng(0).uniform(-1, 1, (16, 16, 16, 3)).astype(np.float32)


def seed(*numbers: int) -> tf.Tensor:
    return tf.constant(numbers, tf.int64)


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_a_seed_names_the_changes(policy: str) -> None:
    one, again, other = (augment(PICTURES, [policy], seed(3, step)).numpy() for step in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one.shape == PICTURES.shape
    same = augment(np.repeat(PICTURES[:1], 16, axis=0), [policy], seed(3, 1)).numpy()
    assert len({picture.tobytes() for picture in same}) > 4  # each picture is changed in its own way


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_gradients_pass_through_exactly(policy: str) -> None:
    pictures = tf.Variable(PICTURES[:2])
    direction = np.random.default_rng(1).normal(size=(2, 16, 16, 3)).astype(np.float32)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = tf.reduce_sum(tf.square(augment(pictures, [policy], seed(0, 0))))
        gradient = inner.gradient(value, pictures)
        squares = tf.reduce_sum(tf.square(gradient))
    assert np.isfinite(outer.gradient(squares, pictures)).all()

    def at(distance: float) -> float:
        moved = PICTURES[:2].astype(np.float64) + distance * direction
        return float(tf.reduce_sum(tf.square(augment(tf.constant(moved), [policy], seed(0, 0)))))

    slope = (at(1e-3) - at(-1e-3)) / 2e-3
    assert float(tf.reduce_sum(gradient * direction)) == pytest.approx(slope, rel=1e-2)


def test_translation_moves_whole_pixels_by_at_most_an_eighth() -> None:
    moved = augment(PICTURES, ["translation"], seed(0, 0)).numpy()
    padded = np.pad(PICTURES, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for index, picture in enumerate(moved):
        windows = [padded[index, y : y + 16, x : x + 16] for y in range(5) for x in range(5)]
        assert any(np.allclose(picture, window, atol=1e-6) for window in windows)


def test_cutout_covers_a_square_of_at_most_half_the_side() -> None:
    covered = (augment(np.ones_like(PICTURES), ["cutout"], seed(0, 0)).numpy() == 0).all(axis=3)
    for hole in covered:
        rows, columns = hole.any(axis=1).sum(), hole.any(axis=0).sum()
        assert 4 <= rows <= 8 and 4 <= columns <= 8
        assert hole.sum() == rows * columns


def test_mirror_flips_about_half() -> None:
    flipped = mirror(np.concatenate([PICTURES] * 8), seed(0, 0)).numpy()
    originals = np.concatenate([PICTURES] * 8)
    count = 0
    for picture, original in zip(flipped, originals, strict=True):
        turned = np.array_equal(picture, original[:, ::-1])
        assert turned or np.array_equal(picture, original)
        count += turned
    assert 40 < count < 88  # of 128
