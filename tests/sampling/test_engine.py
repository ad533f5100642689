"""Whatever computes a picture, it is the same picture; and nothing but TensorFlow is taken on trust."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import artgan
from artgan import images, seeds
from artgan.errors import DamagedError, SetupError, UnsafeFileError, UsageError
from artgan.models import blas, graph_layers, graph_numpy, graph_onnx
from artgan.models.files import load_generator, save_generator
from artgan.models.graph import read_graph
from artgan.models.painting import paint
from artgan.models.presets import PRESETS, NetworkSpec
from artgan.sampling import engine
from artgan.sampling.samples import open_source, sample, write

layers = keras.layers
STARTER = next(Path(artgan.__file__).parent.glob("starter/@starter/models/gen_*.keras"))
KINDS = [(name, classes) for name in PRESETS for classes in (0, 3)]


def lively(model: keras.Model, seed: int = 1) -> keras.Model:
    """Give a network weights that show a forgotten or exchanged one, and pictures that are not grey."""
    draw = np.random.default_rng(seed)
    for variable in model.weights:
        shape = variable.shape
        if len(shape) > 1:
            variable.assign(draw.normal(0, (1.4 / np.prod(shape[:-1])) ** 0.5, shape))
        else:
            variable.assign(
                draw.uniform(0.3, 2, shape) if "variance" in variable.path else draw.normal(0.3, 0.3, shape)
            )
    return model


def everything() -> keras.Model:
    """One network with every layer and setting that a graph knows."""
    x = latents = keras.Input((8,))
    x = layers.Dense(4 * 4 * 6, activation="leaky_relu")(layers.Dropout(0.3)(layers.Identity()(x)))
    x = layers.Reshape((4, -1, 6))(x)
    x = layers.Conv2DTranspose(7, 4, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.LeakyReLU(negative_slope=0.3)(x)
    x = layers.Conv2DTranspose(6, 3, strides=2, padding="valid", activation="relu")(x)
    x = layers.AveragePooling2D(2, strides=1)(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="sigmoid")(x)
    x = layers.Conv2D(8, (2, 3), dilation_rate=2, padding="same", use_bias=False)(layers.ReLU()(x))
    x = layers.Conv2DTranspose(6, 2, strides=3, padding="same")(x)
    x = layers.UpSampling2D((1, 2))(layers.ZeroPadding2D(((1, 0), (0, 1)))(x))
    x = layers.Conv2D(6, 4, strides=(1, 2), padding="valid")(x)
    x = layers.UpSampling2D(3, interpolation="bilinear")(layers.LayerNormalization()(x))
    wide = layers.Dense(6)(x)
    x = layers.Concatenate(axis=1)([x, layers.Multiply()([x, wide])])
    x = layers.Concatenate()([x, layers.Add()([x, x, layers.Reshape((1, 1, 6))(layers.Dense(6)(latents))])])
    x = layers.AveragePooling2D(8)(x)  # or the next layer would weigh 40 MB
    x = layers.Reshape((8 * 8 * 3,))(layers.Dense(8 * 8 * 3)(layers.Flatten()(x)))
    return keras.Model(latents, layers.Activation("tanh")(layers.Reshape((8, 8, 3))(x)))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[tuple[str, int], Path]:
    folder = tmp_path_factory.mktemp("models")
    paths = {}
    for name, classes in KINDS:
        model = lively(PRESETS[name].build_generator(NetworkSpec(16, 12, classes)))
        save_generator(model, folder / f"{name}-{classes}.keras")
        paths[name, classes] = folder / f"{name}-{classes}.keras"
    return paths


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("odd") / "gen_000001.keras"
    x = latents = keras.Input((8,))
    x = layers.Reshape((8, 8, 3))(layers.Dense(8 * 8 * 3)(x))
    save_generator(lively(keras.Model(latents, layers.Activation("tanh")(layers.Softmax()(x)))), path)
    return path


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", ["numpy", "onnx"])
def test_every_preset_is_painted_the_same_by_every_engine(made, kind, name, tmp_path):
    if name == "onnx":
        pytest.importorskip("onnxruntime")
    path = made[kind]
    latents = seeds.latents(range(5), 12)
    painter = engine.open_engine(path, name, cache_dir=tmp_path)
    assert (painter.name, painter.latent_dim, painter.size, painter.class_count) == (name, 12, 16, kind[1])
    shares = np.array([[0.5, 0.5, 0]] * 5, np.float32) if kind[1] else None
    reference = paint(load_generator(path), latents, shares)
    assert reference.std() > 10, "the pictures are too dull to compare"
    assert np.abs(painter.paint(latents, shares).astype(int) - reference).max() <= 1


@pytest.mark.parametrize("run", ["numpy", "onnx"])
def test_every_layer_is_run_to_within_rounding(tmp_path, run):
    model = lively(everything())
    save_generator(model, tmp_path / "all.keras", half=False)
    graph = read_graph(tmp_path / "all.keras")
    assert {node.kind for node in graph.nodes} == set(graph_layers.KINDS)
    latents = seeds.latents(range(3), 8)
    expected = np.asarray(model(latents, training=False))
    if run == "numpy":
        got = np.stack([graph_numpy.run(graph, one) for one in latents])
    else:
        pytest.importorskip("onnxruntime")
        got = graph_onnx.session(graph_onnx.to_onnx(graph))([latents])
    assert np.abs(got - expected).max() < 1e-4


OPENED = """
import sys
from pathlib import Path
from artgan.models import graph_onnx
from artgan.models.graph import read_graph
graph_onnx.session(graph_onnx.to_onnx(read_graph(Path(sys.argv[1]))))
"""


def test_nobody_is_told_what_is_opened(made, tmp_path):
    """ONNX Runtime sends its maker news of each network, under a name that it keeps in the user's cache."""
    pytest.importorskip("onnxruntime")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    command = [sys.executable, "-c", OPENED, str(made["fast", 0])]
    subprocess.run(command, env={**own, "HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []


def test_a_picture_has_the_same_bytes_in_any_company(made, tmp_path):
    latents = seeds.latents(range(10), 12)
    for name in ["numpy"] + ["onnx"] * engine._onnx_is_here():
        painter = engine.open_engine(made["fast", 3], name, cache_dir=tmp_path)
        shares = seeds.in_turn(range(10), 3)
        together = painter.paint(latents, shares)
        assert np.array_equal(painter.paint(latents), together)
        for first, count in ((0, 1), (4, 3), (9, 1)):
            alone = painter.paint(latents[first : first + count], shares[first : first + count])
            assert np.array_equal(alone, together[first : first + count])


def test_blas_has_one_thread_for_a_picture_and_its_own_number_back():
    def threads():  # of the library that NumPy brought; other tests may have loaded others since
        return {one["num_threads"] for one in blas._controller().select(user_api="blas").info()}

    before, seen = threads(), []

    def look():
        with blas.one_thread():
            seen.append(threads())

    look()
    thread = threading.Thread(target=look)  # in another thread afterwards, as the studio's worker is one
    thread.start()
    thread.join()
    first, second = blas.one_thread(), blas.one_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert seen == [{1}, {1}] and threads() == before


def test_the_starter_is_trusted_for_good_reason(tmp_path):
    painter = engine.open_engine(STARTER, cache_dir=tmp_path)
    assert painter.name == "numpy"
    assert not list(tmp_path.iterdir()), "it was compared anew: put its architecture into engine._SHIPPED"
    latents = seeds.latents(range(8), painter.latent_dim)
    assert np.abs(painter.paint(latents).astype(int) - paint(load_generator(STARTER), latents)).max() <= 1


def test_what_only_keras_knows_is_left_to_it(odd, tmp_path):
    assert engine.open_engine(odd, cache_dir=tmp_path).name == "tensorflow"
    with pytest.raises(UsageError, match="Softmax is not known"):
        engine.open_engine(odd, "numpy", cache_dir=tmp_path)


def test_an_engine_that_paints_otherwise_is_not_used_and_not_tried_again(made, tmp_path, monkeypatch):
    path = made["dcgan", 0]
    right = graph_numpy._RUN["nearest"]
    monkeypatch.setitem(graph_numpy._RUN, "nearest", lambda node, x: right(node, x)[::-1])
    assert engine.open_engine(path, cache_dir=tmp_path).name == "tensorflow"
    (kept,) = (tmp_path / "engines").iterdir()
    assert list(json.loads(kept.read_text()).values()) == [False]
    monkeypatch.undo()
    assert engine.open_engine(path, cache_dir=tmp_path).name == "tensorflow"
    kept.write_text("[]")  # what is damaged was never found
    assert engine.open_engine(path, cache_dir=tmp_path).name == "numpy"
    assert list(json.loads(kept.read_text()).values()) == [True]


def test_a_cache_that_cannot_be_written_costs_time_only(made, tmp_path):
    (tmp_path / "cache").write_text("a file")
    assert engine.open_engine(made["dcgan", 0], cache_dir=tmp_path / "cache").name == "numpy"


def test_pictures_name_their_engine(made, tmp_path):
    for name in ("auto", "tensorflow"):
        source = open_source(model=made["keragan", 0], engine=name, cache_dir=tmp_path)
        (picture,) = sample(source, [3])
        ((path, _),) = write(picture, source, tmp_path / name)
        assert images.read_metadata(path)["engine"] == ("numpy" if name == "auto" else name)
    assert isinstance(source.generator, keras.Model)


def test_unknown_or_missing_engines_are_told(made, monkeypatch):
    with pytest.raises(UsageError, match="no engine 'torch'"):
        engine.open_engine(made["dcgan", 0], "torch")
    monkeypatch.setattr(engine, "_onnx_is_here", lambda: False)
    with pytest.raises(SetupError, match=r"ONNX Runtime is not installed"):
        engine.open_engine(made["dcgan", 0], "onnx")


def test_damaged_and_hostile_files_are_refused_before_anything_is_run(made, tmp_path):
    whole = made["dcgan", 0].read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedError, match="cut short or damaged"):
        engine.open_engine(tmp_path / "cut.keras", cache_dir=tmp_path)
    changed(made["dcgan", 0], tmp_path / "code.keras", lambda layer: layer.update(class_name="Lambda"))
    with pytest.raises(UnsafeFileError, match="Lambda"):
        engine.open_engine(tmp_path / "code.keras", cache_dir=tmp_path)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"size": [60_000, 60_000]}, "out of bounds"),
        ({"size": [0, 2]}, "no size"),
        ({"size": "two"}, "do not fit together|no size"),
        ({"interpolation": "lanczos"}, "interpolation"),
        ({"data_format": "channels_first"}, "come first"),
    ],
)
def test_a_description_out_of_bounds_is_not_followed(made, tmp_path, settings, reason):
    def change(layer):
        if layer["class_name"] == "UpSampling2D":
            layer["config"].update(settings)

    changed(made["dcgan", 0], tmp_path / "odd.keras", change)
    with pytest.raises(graph_layers.Untranslatable, match=reason):
        read_graph(tmp_path / "odd.keras")


def test_a_circle_of_layers_ends(made, tmp_path):
    def change(layer):
        if layer["class_name"] == "Reshape":
            for tensor in layer["inbound_nodes"][0]["args"]:
                tensor["config"]["keras_history"] = ["pictures", 0, 0]

    changed(made["dcgan", 0], tmp_path / "circle.keras", change)
    with pytest.raises(graph_layers.Untranslatable, match="circle"):
        read_graph(tmp_path / "circle.keras")


def changed(source: Path, path: Path, change) -> None:
    """Copy a model file with its layers changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                for layer in config["config"]["layers"]:
                    change(layer)
                data = json.dumps(config).encode()
            new.writestr(name, data)


def test_a_network_is_compared_once_however_many_checkpoints_it_has(made, tmp_path):
    """And anew with any change of its description, be it one that a graph does not read."""
    code = (
        "import sys; from pathlib import Path; from artgan.sampling.samples import open_source, sample\n"
        "source = open_source(model=Path(sys.argv[1]), cache_dir=Path(sys.argv[2]))\n"
        "print(len(list(sample(source, [1, 2]))), sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    later = tmp_path / "later.keras"
    save_generator(lively(load_generator(made["quality", 0]), seed=2), later)
    changed(made["quality", 0], tmp_path / "odd.keras", lambda layer: layer["config"].update(note="new"))
    graphs = [read_graph(path) for path in (made["quality", 0], later, tmp_path / "odd.keras")]
    assert graphs[0].architecture == graphs[1].architecture != graphs[2].architecture
    told = []
    for path in (made["quality", 0], later):
        argv = [sys.executable, "-c", code, str(path), str(tmp_path)]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"}
        told.append(subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout.strip())
    assert told == ["2 ['keras', 'tensorflow']", "2 []"]
