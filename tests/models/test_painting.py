"""Many pictures from a generator: what is compiled for them paints the same, and keeps nothing alive."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np

from artgan.models.painting import paint


def test_the_hundredth_picture_of_a_latent_has_the_bytes_of_the_first(generator) -> None:
    latents = np.random.default_rng(3).normal(size=(96, 8)).astype(np.float32)
    first = paint(generator, latents[:10])
    assert np.array_equal(paint(generator, latents)[:10], first)
    assert np.array_equal(paint(generator, latents[:10]), first)


def test_a_generator_that_goes_on_learning_paints_what_it_has_learned(generator) -> None:
    model = keras.models.clone_model(generator)
    latents = np.random.default_rng(3).normal(size=(96, 8)).astype(np.float32)
    before = paint(model, latents)
    model.set_weights(generator.get_weights())
    assert not np.array_equal(paint(model, latents), before)
    assert np.array_equal(paint(model, latents), paint(generator, latents))


def test_a_generator_that_painted_much_can_be_forgotten(generator) -> None:
    model = keras.models.clone_model(generator)
    paint(model, np.zeros((96, 8), np.float32))
    remembered = weakref.ref(model)
    del model
    gc.collect()
    assert remembered() is None
