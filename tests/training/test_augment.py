"""Augmentation: repeatable, different for each picture, differentiable twice."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from artgan.datasets.prepared import PreparedImages
from artgan.models.painting import paint
from artgan.seeds import latents
from artgan.training.augment import MOST, as_seen, augment, mirror
from artgan.training.config import AUGMENTATIONS
from artgan.training.resolving import resolve
from artgan.training.session import Session

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


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_a_policy_is_applied_as_often_as_is_wished(policy: str) -> None:
    many = np.concatenate([PICTURES] * 16)
    for probability, least, most in ((0.0, 0, 0), (0.3, 45, 110), (1.0, 200, 256)):
        changed = augment(many, [policy], seed(0, 0), tf.constant(probability)).numpy()
        count = sum(not np.array_equal(one, other) for one, other in zip(changed, many, strict=True))
        assert least <= count <= most, (probability, count)


def test_policies_are_chosen_one_by_one() -> None:
    many = np.ones((400, 16, 16, 3), np.float32)
    changed = augment(many, ["translation", "cutout"], seed(0, 0), 0.5).numpy()
    holes = (changed == 0).all(axis=3)
    cut = holes[:, 5:11, 5:11].any(axis=(1, 2))  # only cutout reaches the middle
    moved = ~cut & holes.any(axis=(1, 2))
    assert 100 < cut.sum() < 240 and 50 < moved.sum() < 200 and 50 < (~holes.any(axis=(1, 2))).sum() < 180


def test_no_augmentation_leaks_up_to_the_strongest_that_is_adapted_to() -> None:
    """A red mark in one corner of a grey set: what the critic sees has it there more often than anywhere else.

    So the marked set is the only one whose augmented pictures look like this, and a generator that fits them paints the
    mark where it is (Karras et al. 2020, ADA, section 2.2).
    """
    marked = np.full((2000, 16, 16, 3), -0.2, np.float32)
    marked[:, 3:5, 3:5] = [0.8, -0.6, -0.6]
    seen = augment(marked, list(AUGMENTATIONS), seed(0, 0), MOST).numpy()
    redness = seen[..., 0] - seen[..., 1:].mean(axis=3)
    has_it = redness > 0.25
    often = has_it.mean(axis=0)
    assert np.argwhere(often > 0.9 * often.max()).tolist() == [[3, 3], [3, 4], [4, 3], [4, 4]]
    # Three and more standard errors above the most frequent other place that shares no pixel with the mark.
    elsewhere = often.copy()
    elsewhere[2:6, 2:6] = 0
    error = np.sqrt(often.max() * (1 - often.max()) / len(marked))
    assert often.max() > elsewhere.max() + 3 * error
    # The colour stays the mark's own: never another channel on top.
    assert (seen[has_it][:, 0] > seen[has_it][:, 1:].max(axis=1)).all()


def test_what_is_learned_through_it_is_painted_as_it_is() -> None:
    """A mark in one corner, learned at the strongest augmentation: samples have it there and nowhere else."""
    random = np.random.default_rng(0)
    pictures = random.integers(60, 200, (256, 1, 1, 1)) + random.normal(0, 6, (256, 16, 16, 3))
    pictures[:, 2:5, 2:5] = [220, 40, 40]
    pictures = np.clip(pictures, 0, 255).astype(np.uint8)
    prepared = PreparedImages([str(n) for n in range(256)], pictures, None, "marked", None, "crop")
    options = {"preset": "dcgan", "size": 16, "batch_size": 16, "latent_dim": 16, "precision": "float32", "lr": 1e-3}
    options |= {"augment_p": MOST, "mirror": False, "ema_kimg": 2, "ema_ramp": 0.3, "epochs": 30}
    session = Session(resolve(options), prepared, np.arange(256))
    while session.images_seen < session.planned_images:
        session.advance()
    painted = paint(session.trainer.averaged, latents(range(200), 16)).astype(float)
    red = (painted[..., 0] - painted[..., 1:].mean(axis=3) > 60).mean(axis=0)
    assert red[2:5, 2:5].min() > 0.75
    red[1:6, 1:6] = 0  # a pixel around it may be mixed
    assert red.max() < 0.3


def test_a_sheet_shows_pictures_as_the_critic_sees_them() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (32, 16, 16, 3), dtype=np.uint8)
    untouched = as_seen(pictures, resolve({"augment": "none", "mirror": False}))
    assert np.array_equal(untouched, pictures)
    mirrored = as_seen(pictures, resolve({"augment": "none"}))
    flips = [not np.array_equal(one, other) for one, other in zip(mirrored, pictures, strict=True)]
    assert 6 < sum(flips) < 26
    always, sometimes = (as_seen(pictures, resolve({"mirror": False, "augment_p": p})) for p in (1.0, "auto"))
    kept = sum(np.array_equal(one, other) for one, other in zip(sometimes, pictures, strict=True))
    assert always.dtype == np.uint8 and always.shape == pictures.shape and not np.array_equal(always, sometimes)
    assert kept < 8  # at 0.8 for each of two policies, one in 25
