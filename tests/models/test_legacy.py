"""Networks saved by Keras 2 come out of Keras 3 with the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from artgan.errors import DamagedError
from artgan.models.files import latent_dim, load_generator, load_model, picture_size

KERAGAN = Path(__file__).parents[3] / "shared" / "data" / "keragan"
VERSIONS = ["2.2.4", "2.4.0", "2.15.0"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flat", [False, True])
def test_generator_paints_the_same_numbers(write_keras2, generator, latents, tmp_path, version, flat):
    write_keras2(tmp_path / "gen_7.hdf5", generator, version, flat=flat)
    opened = load_model(tmp_path / "gen_7.hdf5")
    assert np.array_equal(opened(latents), generator(latents))


@pytest.mark.parametrize("version", VERSIONS)
def test_discriminator_gives_the_same_scores_and_can_go_on_learning(write_keras2, discriminator, tmp_path, version):
    write_keras2(tmp_path / "dis_7.h5", discriminator, version)
    opened = load_model(tmp_path / "dis_7.h5")
    pictures = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 3)).astype(np.float32)
    assert np.array_equal(opened(pictures), discriminator(pictures))
    assert len(opened.trainable_variables) == len(discriminator.trainable_variables)


def test_blue_green_red_becomes_red_green_blue(write_keras2, generator, latents, tmp_path):
    write_keras2(tmp_path / "gen.h5", generator, "2.4.0")
    opened = load_generator(tmp_path / "gen.h5")
    assert np.array_equal(opened(latents), generator(latents)[..., ::-1])
    assert (latent_dim(opened), picture_size(opened)) == (8, 16)


def test_unknown_layer_is_named(write_keras2, keras2_entries, generator, tmp_path):
    entries = keras2_entries(generator, "2.2.4")
    entries[3] = {"class_name": "PixelShuffle", "config": {"name": "shuffle_3"}}
    write_keras2(tmp_path / "gen.h5", generator, "2.2.4", entries=entries)
    with pytest.raises(DamagedError, match="'shuffle_3' is a PixelShuffle"):
        load_model(tmp_path / "gen.h5")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"activation": {"class_name": "Swirl"}}, "has the activation"),
        ({"data_format": "channels_first"}, "not the last axis"),
        ({"name": "renamed"}, "0 arrays for the kernel of layer 'renamed'"),
        ({"filters": 5}, "do not fit together"),
        ({"filters": "many"}, "do not fit together"),
    ],
)
def test_what_cannot_be_rebuilt_is_said(write_keras2, keras2_entries, generator, tmp_path, change, sentence):
    entries = keras2_entries(generator, "2.2.4")
    entries[3]["config"] |= change
    write_keras2(tmp_path / "gen.h5", generator, "2.2.4", entries=entries)
    with pytest.raises(DamagedError, match=sentence):
        load_model(tmp_path / "gen.h5")


@pytest.mark.skipif(not KERAGAN.is_dir(), reason="the two real keragan generators are not here")
@pytest.mark.parametrize("name", ["keras224", "keras243"])
def test_real_keragan_generators_paint_what_the_old_keras_painted(name):
    reference = np.load(KERAGAN / f"{name}_gen_2_reference.npz")
    painted = load_model(KERAGAN / f"{name}_gen_2.h5")(reference["x"])
    assert np.max(np.abs(painted - reference["y"])) <= 1e-5
    turned = load_generator(KERAGAN / f"{name}_gen_2.h5")(reference["x"])
    assert np.max(np.abs(turned - reference["y"][..., ::-1])) <= 1e-5


def test_an_old_keragan_file_is_exported_in_its_right_colours(tmp_path, generator, write_keras2, latents):
    from artgan.sampling.export import export_generator

    onnxruntime = pytest.importorskip("onnxruntime")
    write_keras2(tmp_path / "gen_100.h5", generator, "2.4.0")
    made = export_generator(tmp_path / "gen_100.h5", "onnx", tmp_path / "old.onnx")
    session = onnxruntime.InferenceSession(made.path, providers=["CPUExecutionProvider"])
    (painted,) = session.run(None, {"latents": latents})
    assert np.abs(painted - np.asarray(generator(latents))[..., ::-1]).max() <= 1e-3


def test_an_old_keragan_file_becomes_a_page_by_the_command(tmp_path, generator, write_keras2):
    from typer.testing import CliRunner

    from artgan.cli.app import app

    write_keras2(tmp_path / "gen_100.h5", generator, "2.2.4")
    given = ["export", "--model", str(tmp_path / "gen_100.h5"), "--to", "web", "--out", str(tmp_path / "page")]
    done = CliRunner().invoke(app, [*given, "--json"], prog_name="artgan")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["epoch"] is None and 0 < told["max_difference"] <= 7.8e-3
    assert "gen_100.h5" in (tmp_path / "page" / "index.html").read_text()
    both = CliRunner().invoke(app, ["export", "@starter", "--model", "gen_100.h5"], prog_name="artgan")
    assert both.exit_code == 2 and "one of them" in both.stderr
