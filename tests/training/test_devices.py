"""Several devices that share a batch learn what one with the whole batch does. Two logical CPUs stand for two GPUs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan.errors import SetupError, UsageError
from artgan.training.config import from_toml, to_toml
from artgan.training.resolving import resolve

# Rounding differs, and a network of random weights magnifies it in each step.
TOLERANCE = 1e-4

SCRIPT = """
import json, sys
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # a few steps are not worth it

from artgan.datasets.prepared import PreparedImages
from artgan.models.files import load_generator
from artgan.models.painting import paint
from artgan.seeds import latents
from artgan.models.shares import own_rows
from artgan.training.chance import uniform
from artgan.training.checkpoints import variables_of
from artgan.training.devices import choose_devices
from artgan.training.loop import train
from artgan.training.resolving import resolve
from artgan.training.session import Session
from artgan.training.trainer import GANTrainer

LATENTS = latents(range(8), 16)

def session(gpus, **options):
    size = options["size"]
    coarse = np.random.default_rng(0).integers(0, 256, (24, 4, 4, 3), dtype=np.uint8)
    pictures = np.repeat(np.repeat(coarse, size // 4, 1), size // 4, 2)
    prepared = PreparedImages([str(n) for n in range(24)], pictures, None, "drawn", None, "crop")
    config = {"epochs": 50, "latent_dim": 16, "precision": "float32", "device": "cpu", "gpus": gpus, **options}
    return Session(resolve(config), prepared, np.arange(18))

def logs_of(session, steps):
    for _ in range(steps):
        session.advance()
    return session.drain()

def synchronised(network):
    return sum(getattr(layer, "synchronized", False) for layer in network.layers)

def unequal(trainer):
    copies = [[copy.numpy() for copy in variable.value.values] for variable in variables_of(trainer)]
    return sum(not np.array_equal(*pair) for pair in copies)

def compared(options):
    both = [session(gpus, **options) for gpus in (1, 2)]
    for each in both:
        if each.size < each.config.size:
            each.grow()
    logs = [logs_of(each, 4) for each in both]
    # Each goes on from the state of the other.
    for each, state in zip(both, [each.state() for each in reversed(both)]):
        each.load(state)
    logs = [before + logs_of(each, 2) for each, before in zip(both, logs)]
    one, two = (paint(each.trainer.averaged, LATENTS).astype(int) for each in both)
    return {
        "logs": logs,
        "devices": [each.device for each in both],
        "unequal": unequal(both[1].trainer),
        "spread": float(one.std()),
        "apart": int(abs(one - two).max()),
        "synchronised": [synchronised(each.trainer.generator) for each in both],
        "half": both[1].half_at_once,
    }

def trained(options, **how):
    return list(train(options=options, datasets_dir=sys.argv[2], runs_dir=sys.argv[3], **how))[-1]

# Rows 0 to 23 of all devices, in blocks as the parts of batches are: who has them, and who draws for them.
devices = choose_devices(resolve({"preset": "dcgan", "batch_size": 24, "epochs": 1, "device": "cpu", "gpus": 2}))
rows, seed = np.arange(24, dtype=np.float32), tf.constant([3, 4], tf.int64)
drawn = uniform(24, seed, 2)[1]

def astray(blocks):
    def step(own):
        places = tf.cast(own, tf.int32)
        again = own_rows(tf.range(24), 0, blocks), uniform(12, seed, 2, blocks)[1]
        wrong = tf.math.count_nonzero(again[0] != places), tf.math.count_nonzero(again[1] != tf.gather(drawn, places))
        return {"rows": wrong[0], "numbers": wrong[1], "first": places[0]}
    return {name: float(value) for name, value in devices.compiled(step, "off")(devices.split(rows, blocks)).items()}

found = {name: compared(options) for name, options in json.loads(sys.argv[1]).items()}
# Dropout, a critic with batch statistics, and all that a run is: on two devices, then on one.
own = {"preset": "keragan", "size": 16, "batch_size": 8, "latent_dim": 16, "grid": 4, "device": "cpu"}
shared = trained({**own, "gpus": 2, "epochs": 1}, dataset="drawn", name="shared")
shared = trained({"gpus": 1, "epochs": 2}, resume=shared.run)
straight = trained({**own, "epochs": 2}, dataset="drawn", name="straight")
one, two = (load_generator(end.generator) for end in (straight, shared))
found["run"] = {
    "path": str(shared.path),
    "steps": [straight.step, shared.step],
    "synchronised": synchronised(two),
    "spread": float(paint(one, LATENTS).std()),
    "apart": int(abs(paint(one, LATENTS).astype(int) - paint(two, LATENTS)).max()),
}
# Whoever uses the library may call fit.
with devices.scope():
    plain = {"augment": "", "penalty_every": 1}
    trainer = GANTrainer(resolve({"preset": "dcgan", "size": 8, "epochs": 1, "latent_dim": 16, **plain}))
    trainer.compile()
pictures = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 3), dtype=np.uint8)
found["fit"] = {
    "history": trainer.fit(pictures, batch_size=8, epochs=1, verbose=0).history,
    "steps": [int(copy) for copy in trainer.step.value.values],
    "unequal": unequal(trainer),
}
found["astray"] = [astray(blocks) for blocks in (1, 2, 4)]
print(json.dumps(found))
"""

CASES: dict[str, dict[str, Any]] = {
    # One look for both networks, R1 and R2, batch statistics, a rate that rises, detail that fades in.
    "grown": {
        "preset": "fast", "size": 32, "grow": "16", "batch_size": 8, "penalty_every": 1, "warmup_kimg": 0.1,
        "fade_kimg": 0.1, "augment": "",
    },
    # A batch in two parts; a penalty between pictures; augmentation that follows the critic.
    "parts": {
        "preset": "dcgan", "size": 8, "batch_size": 8, "micro_batch": 4, "loss": "wgan-gp", "penalty_every": 1,
        "joint": True, "augment": "color", "augment_p": "auto", "ada_kimg": 0.05,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def learned(
    datasets: Path, tmp_path_factory: pytest.TempPathFactory, python: Callable[..., subprocess.Popen[str]]
) -> dict[str, Any]:
    runs = tmp_path_factory.mktemp("devices") / "runs"
    process = python(SCRIPT, json.dumps(CASES), datasets, runs)
    printed, errors = process.communicate(timeout=1500)
    assert process.returncode == 0, errors[-3000:]
    return json.loads(printed.splitlines()[-1])


@pytest.mark.parametrize("name", CASES)
def test_two_devices_learn_what_one_does(learned: dict[str, Any], name: str) -> None:
    found = learned[name]
    assert "as 2 devices" not in found["devices"][0] and "as 2 devices" in found["devices"][1]
    one, two = found["logs"]
    assert len(one) == 6 and {"d_loss", "g_loss", "penalty", "accuracy"} <= one[0].keys() == two[0].keys()
    for step, (mine, other) in enumerate(zip(one, two, strict=True)):
        for key, value in mine.items():
            assert other[key] == pytest.approx(value, rel=TOLERANCE, abs=TOLERANCE / 100), (step, key)
    assert len({log["d_loss"] for log in one}) == 6 and all(log["penalty"] > 0 for log in one[::2])
    assert found["unequal"] == 0  # both devices have the same weights, to the last bit
    assert found["spread"] > 5 and found["apart"] <= 1
    assert found["half"] == {"grown": 4, "parts": 2}[name]  # of 8 at a time, and of 4


def test_a_device_draws_for_the_rows_that_it_has(learned: dict[str, Any]) -> None:
    # The mean of the devices' first rows: 0, and the one after the first device's share of the first block.
    shares = [12 / blocks for blocks in (1, 2, 4)]
    assert learned["astray"] == [{"rows": 0, "numbers": 0, "first": share / 2} for share in shares]


def test_fit_trains_it_on_two_devices(learned: dict[str, Any]) -> None:
    found = learned["fit"]
    assert np.isfinite(found["history"]["d_loss"]).all()
    assert found["steps"] == [2, 2] and found["unequal"] == 0


def test_batch_statistics_are_those_of_the_whole_batch(learned: dict[str, Any]) -> None:
    assert learned["grown"]["synchronised"][0] == 0 < learned["grown"]["synchronised"][1]


def test_a_run_on_two_devices_goes_on_with_one(learned: dict[str, Any]) -> None:
    found = learned["run"]
    config = from_toml((Path(found["path"]) / "config.toml").read_text(encoding="utf-8"))
    assert (config.batch_size, config.gpus) == (8, 1)
    assert found["steps"] == [6, 6]
    assert found["synchronised"] == 0  # what is saved opens anywhere
    assert found["spread"] > 5 and found["apart"] <= 2


def test_devices_that_are_not_there_are_said(trainings) -> None:
    with pytest.raises(SetupError, match="gpus 2 with device cpu") as caught:
        list(trainings.events({"epochs": 1, "gpus": 2, "device": "cpu"}))
    assert "--gpus" in caught.value.hint
    if not tf.config.list_physical_devices("GPU"):
        with pytest.raises(SetupError, match="gpus 2: no GPU that TensorFlow can use"):
            list(trainings.events({"epochs": 1, "gpus": 2}))
    assert not trainings.runs.exists()


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"batch_size": 9, "gpus": 2}, "batch_size 9 cannot be shared equally by 2 devices",
         "use --batch-size 8 or 10, or --gpus 1"),
        ({"batch_size": 8, "gpus": "3"}, "batch_size 8 cannot be shared equally by 3 devices",
         "use --batch-size 6 or 9, or --gpus 2"),
        ({"preset": "quality", "batch_size": 16, "micro_batch": 2, "gpus": 4},
         "micro_batch 2 cannot be shared equally by 4 devices", "use --micro-batch 4, or --gpus 2"),
        ({"gpus": 2, "xla": "on"}, "xla on compiles a step for one device, and 2 are to share it",
         "leave out --xla, or --gpus"),
        ({"gpus": 0}, "gpus 0: neither all nor a number from 1 on", "see the bounds with: artgan train --help"),
        ({"gpus": "some"}, "gpus 'some': neither all nor a number from 1 on",
         "see the bounds with: artgan train --help"),
    ],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused_before_anything_begins(
    given: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        resolve({"preset": "dcgan", "epochs": 1, **given})
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_all_devices_are_asked_for_by_a_word_that_the_run_remembers() -> None:
    config = resolve({"preset": "dcgan", "epochs": 1, "gpus": "all"})
    assert from_toml(to_toml(config)).gpus == "all"
    assert resolve({"preset": "dcgan", "epochs": 1}).gpus == 1
