"""The step: its networks, its formulas, and that others can drive it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from artgan.errors import UsageError
from artgan.models.painting import paint
from artgan.models.presets import PRESETS, NetworkSpec, Preset, find_preset
from artgan.seeds import latents
from artgan.training.augment import Draw
from artgan.training.config import AUGMENTATIONS, LOSSES
from artgan.training.losses import Loss
from artgan.training.resolving import resolve
from artgan.training.trainer import GANTrainer

PICTURES = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 3), dtype=np.uint8)


def trainer_for(**options: Any) -> GANTrainer:
    keras.utils.set_random_seed(0)
    values = {"preset": "dcgan", "size": 8, "epochs": 1, "latent_dim": 16, "precision": "float32", **options}
    trainer = GANTrainer(resolve(values))
    trainer.compile()
    return trainer


@pytest.mark.parametrize(("preset", "critic"), [("dcgan", 101_441), ("keragan", 102_337)])
def test_the_networks_have_the_size_of_the_article(preset: str, critic: int) -> None:
    for fused in (False, True):
        spec = NetworkSpec(64, 100, fused=fused)
        assert find_preset(preset).build_generator(spec).count_params() == 925_155
        assert find_preset(preset).build_discriminator(spec).count_params() == critic


@pytest.mark.parametrize("preset", ["dcgan", "keragan"])
def test_fused_layers_compute_what_the_stock_ones_do(preset: str) -> None:
    draw = np.random.default_rng(0)
    fused, stock = NetworkSpec(32, 16, fused=True), NetworkSpec(32, 16)
    builders = find_preset(preset).build_generator, find_preset(preset).build_discriminator
    inputs = draw.normal(size=(3, 16)).astype(np.float32), draw.uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)
    for build, values in zip(builders, inputs, strict=True):
        fast, slow = build(fused), build(stock)
        slow.set_weights([w + draw.normal(0, 0.1, w.shape) ** 2 for w in fast.get_weights()])
        fast.set_weights(slow.get_weights())
        expected, found = slow(values).numpy(), fast(values).numpy()
        if preset == "keragan" and build is builders[1]:  # in training it gives the logits of its probabilities
            found = 1 / (1 + np.exp(-found))
        assert np.abs(expected).max() > 0.1
        assert np.allclose(found, expected, atol=2e-5, rtol=1e-4)


def test_keras_fit_trains_it() -> None:
    trainer = trainer_for()
    before = [variable.numpy() for variable in trainer.generator.trainable_variables]
    seen: list[dict] = []
    logger = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs)))
    history = trainer.fit(PICTURES, batch_size=8, epochs=2, verbose=0, callbacks=[logger]).history
    assert set(history) == {"d_loss", "g_loss", "penalty", "accuracy"} and len(seen) == 2
    assert int(trainer.step) == 6
    changed = zip(before, trainer.generator.trainable_variables, strict=True)
    assert all(not np.array_equal(old, new.numpy()) for old, new in changed)
    assert np.array_equal(trainer(latents([1], 16)), trainer.averaged(latents([1], 16)))


def test_the_average_follows_its_formula_batch_statistics_too() -> None:
    trainer = trainer_for(size=16, batch_size=8, ema_kimg=0.05, ema_ramp=0.5)
    pictures = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
    expected = None
    for step in range(6):
        trainer.train_step((tf.constant(pictures),))
        half_life = min(50, 0.5 * step * 8)  # in images
        beta = 0.5 ** (8 / half_life) if half_life else 0.0
        now = [variable.numpy().astype(np.float64) for variable in trainer.generator.weights]
        expected = now if expected is None else [n + beta * (e - n) for e, n in zip(expected, now, strict=True)]
    assert any("moving" in variable.path for variable in trainer.averaged.weights)
    found = [variable.numpy() for variable in trainer.averaged.weights]
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(found, expected, strict=True))
    assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(found, now, strict=True))


def test_the_learning_rate_rises_at_first_and_falls_at_last() -> None:
    trainer = trainer_for(batch_size=8, lr=0.03, warmup_kimg=0.016, decay_kimg=0.032, penalty_every=1, augment="")
    rates = []
    for _ in range(14):
        trainer.train_step((tf.constant(PICTURES[:8]),))
        rates.append([float(o.learning_rate) for o in (trainer.generator_optimizer, trainer.discriminator_optimizer)])
    # A third from 32 images on, a ninth from 96.
    assert np.allclose(rates, [[rate] * 2 for rate in (0.015, *[0.03] * 3, *[0.01] * 8, *[0.01 / 3] * 2)])


def linear_critic(spec: NetworkSpec) -> keras.Model:
    pictures = keras.Input((spec.size, spec.size, 3))
    return keras.Model(pictures, layers.Dense(1, use_bias=False)(layers.Flatten()(pictures)))


def test_the_penalty_has_the_weight_of_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """With D(x) = w.x both gradients are w, so gamma/2 (R1 + R2) = gamma |w|^2, and SGD takes 2 gamma w off w."""
    nothing = Loss(
        lambda real, fake: 0.0 * tf.reduce_mean(real - fake),
        lambda real, fake: 0.0 * tf.reduce_mean(fake),
        lambda real, fake: tf.zeros([]),
        paired=True,
    )
    monkeypatch.setattr(sys.modules[__name__], "NOTHING", nothing, raising=False)
    monkeypatch.setitem(LOSSES, "nothing", f"{__name__}:NOTHING")
    linear = replace(PRESETS["dcgan"], name="linear", discriminator=f"{__name__}:linear_critic")
    monkeypatch.setitem(PRESETS, "linear", linear)
    rate, gamma, every = 0.01, 0.5, 3
    trainer = trainer_for(preset="linear", loss="nothing", gamma=gamma, penalty_every=every, augment="")
    trainer.compile(discriminator_optimizer=keras.optimizers.SGD(rate))
    weight = trainer.discriminator.trainable_variables[0]
    penalties = []
    for step in range(4):
        before = weight.numpy()
        penalties.append(float(trainer.train_step((tf.constant(PICTURES[:8]),))["penalty"]))
        factor = 1 - rate * every * gamma * 2 if step % every == 0 else 1.0
        assert np.allclose(weight.numpy(), factor * before, rtol=1e-5), step
        if step % every == 0:  # reported so that the mean over all steps is the mean of those that have one
            assert penalties[-1] == pytest.approx(every * 2 * (before**2).sum(), rel=1e-4)
    assert penalties[1] == penalties[2] == 0.0


def test_wasserstein_is_penalised_between_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """With D(x) = w.x its gradient is w wherever it is taken, so the penalty is (|w| - 1)^2, with weight gamma."""
    linear = replace(PRESETS["dcgan"], name="linear", discriminator=f"{__name__}:linear_critic")
    monkeypatch.setitem(PRESETS, "linear", linear)
    rate, gamma = 0.01, 5.0
    given = {"preset": "linear", "augment": "", "loss": "wgan-gp", "penalty_every": 2}
    with_it, without = trainer_for(**given, gamma=gamma), trainer_for(**given, gamma=1e-30)
    for trainer in (with_it, without):
        trainer.compile(discriminator_optimizer=keras.optimizers.SGD(rate))
    for step in range(3):
        weight = with_it.discriminator.trainable_variables[0]
        before = weight.numpy()
        without.discriminator.trainable_variables[0].assign(before)
        without.generator.set_weights(with_it.generator.get_weights())
        logs = [trainer.train_step((tf.constant(PICTURES[:8]),)) for trainer in (with_it, without)]
        norm = float(np.sqrt((before**2).sum()))
        counts = 2 if step % 2 == 0 else 0
        assert float(logs[0]["penalty"]) == pytest.approx(counts * (norm - 1) ** 2, rel=1e-3)
        pulled = without.discriminator.trainable_variables[0].numpy() - weight.numpy()
        assert np.allclose(pulled, rate * counts * gamma * 2 * (norm - 1) / norm * before, atol=1e-6), step


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss: str) -> None:
    trainer = trainer_for(loss=loss)
    for _ in range(2):
        logs = trainer.train_step((tf.constant(PICTURES[:8]),))
    assert all(np.isfinite(float(value)) for value in logs.values())


def test_the_critic_may_learn_more_often_each_time_from_other_pictures() -> None:
    one, other = trainer_for(critic_steps=3, batch_size=4), trainer_for(critic_steps=3, batch_size=4)
    for trainer, first in ((one, PICTURES[:4]), (other, PICTURES[20:])):
        trainer.train_step((tf.constant(np.concatenate([first, PICTURES[4:12]])),))
    assert int(one.discriminator_optimizer.iterations) == 3 and int(one.generator_optimizer.iterations) == 1
    assert int(one.step) == 1
    kernels = [trainer.discriminator.get_weights()[0] for trainer in (one, other)]
    assert not np.array_equal(*kernels)  # the first of the three batches counted, too


def test_frozen_convolutions_stay_and_all_others_move() -> None:
    trainer = trainer_for(size=16, freeze_critic=1, loss="bce")  # of pairs, the last bias would not be learned
    before = [weight.numpy() for weight in trainer.discriminator.weights]
    for _ in range(2):
        trainer.train_step((tf.constant(np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)),))
    moved = [not np.array_equal(old, new) for old, new in zip(before, trainer.discriminator.weights, strict=True)]
    assert moved == [False, False] + [True] * (len(moved) - 2)
    with pytest.raises(UsageError, match=r"freeze_critic 9 is more than the 1 layers"):
        trainer_for(freeze_critic=9)


def test_adaptive_augmentation_follows_its_critic() -> None:
    held_out = (PICTURES[16:], None)
    for given in (None, held_out):
        config = resolve({"preset": "dcgan", "size": 8, "epochs": 1, "augment_p": "auto", "ada_kimg": 0.1})
        trainer = GANTrainer(config, held_out=given)
        trainer.compile()
        assert trainer.adaptation is not None
        trainer.adaptation._means.assign([1.0, 9.0, -9.0, -9.0])  # a critic that overfits
        logs = trainer.train_step((tf.constant(PICTURES[:8]),))
        assert float(logs["overfitting"]) > 0.6 and float(logs["augment_p"]) == pytest.approx(8 / 100)
        assert float(trainer.adaptation.p) == pytest.approx(8 / 100)


def test_keragan_shows_two_batches_with_an_update_each() -> None:
    trainer = trainer_for(preset="keragan", size=16)
    for _ in range(3):
        trainer.train_step((tf.constant(np.zeros((8, 16, 16, 3), np.uint8)),))
    assert int(trainer.discriminator_optimizer.iterations) == 6
    assert int(trainer.generator_optimizer.iterations) == 3
    assert all(
        np.array_equal(a.numpy(), b.numpy())
        for a, b in zip(trainer.averaged.weights, trainer.generator.weights, strict=True)
    )


def test_a_loss_of_pairs_cannot_be_shown_apart() -> None:
    with pytest.raises(UsageError, match="pairs"):
        trainer_for(preset="keragan", loss="relativistic")


def test_bfloat16_trains_float32_weights_and_averages() -> None:
    config = resolve({"preset": "dcgan", "size": 16, "epochs": 1, "latent_dim": 16})
    trainer = GANTrainer(config, dtype="mixed_bfloat16")
    trainer.compile()
    pictures = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    logs = trainer.train_step((tf.constant(pictures),))
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert {variable.dtype for variable in trainer.variables} <= {"float32", "int64", "uint32"}
    assert {layer.compute_dtype for layer in trainer.averaged.layers} == {"float32"}
    assert "bfloat16" in {layer.compute_dtype for layer in trainer.generator.layers}


# A third recipe as somebody else would bring it: classes, nested networks, its own loss and augmentation.


def nested_generator(spec: NetworkSpec) -> keras.Model:
    z, label = keras.Input((spec.latent_dim,)), keras.Input((spec.classes,))
    known = layers.Dense(4)(label)
    w = layers.Dense(12, activation="relu", dtype=spec.dtype)(layers.Concatenate()([z, known]))
    mapping = keras.Model([z, label], w, name="mapping")
    style = keras.Input((12,))
    x = layers.Reshape((4, 4, 8))(layers.Dense(128, dtype=spec.dtype)(style))
    while x.shape[1] < spec.size:
        x = layers.Conv2D(8, 3, padding="same", activation="relu", dtype=spec.dtype)(layers.UpSampling2D()(x))
    x = layers.Conv2D(3, 1, activation="tanh", dtype="float32")(x)
    synthesis = keras.Model(style, x, name="synthesis")
    return keras.Model([z, label], synthesis(mapping([z, label])), name="generator")


def class_critic(spec: NetworkSpec) -> keras.Model:
    pictures, label = keras.Input((spec.size, spec.size, 3)), keras.Input((spec.classes,))
    x = layers.Conv2D(8, 3, strides=2, padding="same", dtype=spec.dtype)(pictures)
    x = layers.Flatten()(layers.LeakyReLU()(x))
    known = layers.Dense(x.shape[1])(label)
    return keras.Model([pictures, label], layers.Dense(1, dtype="float32")(x) + layers.Dot(1)([x, known]))


OWN = Loss(
    lambda real, fake: tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + fake)),
    lambda real, fake: -tf.reduce_mean(fake),
    lambda real, fake: tf.reduce_mean(tf.cast(tf.concat([real > 0, fake < 0], 0), tf.float32)),
    paired=False,
)


def dim(pictures: tf.Tensor, draw: Draw) -> tf.Tensor:
    (number,) = draw(1)
    return pictures * (0.5 + number / 2)


@pytest.fixture
def third_preset(monkeypatch: pytest.MonkeyPatch) -> Preset:
    monkeypatch.setitem(LOSSES, "own", f"{__name__}:OWN")
    monkeypatch.setitem(AUGMENTATIONS, "dim", f"{__name__}:dim")
    values = {"loss": "own", "augment": "dim,translation", "gamma": 0.1, "penalty_every": 2, "epochs": 3}
    preset = Preset("third", "", f"{__name__}:nested_generator", f"{__name__}:class_critic", values)
    monkeypatch.setitem(PRESETS, "third", preset)
    return preset


def test_a_third_preset_trains_through_the_same_loop(third_preset: Preset, labelled, tmp_path, trainings) -> None:
    trainings.datasets = labelled
    folder, events = trainings.run({"preset": "third", "condition": "genre"})
    assert folder.current().state == "finished" and events[-1].epoch == 3
    assert folder.newest_grid() is not None
    generator = keras.models.load_model(folder.generator().path)
    assert {"mapping", "synthesis"} <= {layer.name for layer in generator.layers}
    same = latents([7, 7], 16)
    one, other = paint(generator, same, np.eye(2))
    assert not np.array_equal(one, other)  # the class matters
    resumed, events = trainings.run({"epochs": 4}, resume=folder.name)
    assert (resumed.path, events[-1].epoch) == (folder.path, 4)
