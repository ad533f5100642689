"""``artgan evaluate`` on a small run, as a user calls it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from metrics.torch_file import inception_tensors, older_file
from PIL import Image
from quick import QUICK

from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import open_prepared
from artgan.datasets.preparing import prepare
from artgan.files import write_bytes
from artgan.images import read_metadata
from artgan.runs.folder import RunFolder
from artgan.training.events import Trained
from artgan.training.loop import train
from artgan.training.opening import learned_rows

OPTIONS = {
    **QUICK,
    "size": 16,
    "batch_size": 8,
    "latent_dim": 8,
    "grid": 4,
    "precision": "float32",
    "holdout": 8,
    "eval_every": 0,
}
ALL = (
    "kid_lite0",
    "fid_lite0",
    "precision_lite0",
    "recall_lite0",
    "swd",
    "spread_lite0",
    "repeated_lite0",
    "copies_lite0",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets at 16 px, and a run of the first with generators of two epochs."""
    place = tmp_path_factory.mktemp("evaluated")
    for name, seed in (("drawn", 0), ("other", 1)):
        (place / name).mkdir()
        cells = np.random.default_rng(seed).integers(0, 256, (28, 4, 4, 3), np.uint8)
        for number, cell in enumerate(cells):
            picture = Image.fromarray(cell).resize((32, 32), Image.Resampling.BICUBIC)
            picture.save(place / name / f"p{number:02d}.png")
        list(import_folder(place / name, datasets_dir=place / "datasets", name=name))
        list(prepare(DatasetFolder(place / "datasets" / name), size=16))
    for options in ({"epochs": 1}, {"epochs": 3}):
        resume = {"resume": "@last"} if options["epochs"] > 1 else {"dataset": "drawn"}
        options = options if "resume" in resume else {**OPTIONS, **options}
        events = train(options=options, datasets_dir=place / "datasets", runs_dir=place / "runs", **resume)
        assert isinstance(list(events)[-1], Trained)
    return place


@pytest.fixture
def made(studio, trained):
    """The user's folder with both datasets and the run in it."""
    for name in ("datasets", "runs"):
        shutil.copytree(trained / name, studio.path / name)
    return studio


def run_of(studio) -> RunFolder:
    return RunFolder(next(path for path in studio.runs.iterdir() if not path.name.startswith(".")))


def test_every_number_has_its_error_and_its_floor(made):
    (found,) = made.json("evaluate", "@last", "-n", "20")
    folder = run_of(made)
    assert found["run"] == folder.name and found["epoch"] == folder.generator().epoch
    assert (found["samples"], found["reals"], found["features"], found["size"]) == (20, 20, "lite0", 16)
    assert found["dataset"] == "drawn" and found["dataset_fingerprint"] == folder.record.dataset_fingerprint
    for name in ALL:
        assert np.isfinite([found[name], found[f"{name}_error"], found[f"{name}_floor"]]).all(), name
    assert found["kid_lite0"] > found["kid_lite0_floor"] and found["copied"] is False
    assert folder.evaluations() == [found]
    assert made.json("show", "@last")["evaluations"] == [found]


def test_twice_is_the_same_and_the_second_time_the_paintings_are_known(made):
    first = made.artgan("evaluate", "@last", "-n", "20", "--metrics", "kid,fid,precision")
    cache = list((made.datasets / "drawn" / "prepared" / "16").glob("features-lite0-*.npy"))
    assert len(cache) == 1 and "looking at paintings" in first.stderr
    second = made.artgan("evaluate", "@last", "-n", "20", "--metrics", "kid,fid,precision")
    assert second.stdout == first.stdout and "looking at paintings" not in second.stderr
    assert "judging 20 pictures of drawn-16-" in first.stderr and "against 20 paintings of drawn: about" in first.stderr
    lines = first.stdout.splitlines()
    assert lines[0].split() == ["value", "+-", "floor"]
    assert [line.split()[0] for line in lines[1:]] == ["KID", "FID", "precision"]
    assert "20 samples, 20 paintings of drawn" in first.stderr and "features of lite0" in first.stderr


def test_all_epochs_are_compared_and_the_best_is_found(made):
    folder = run_of(made)
    assert folder.best() is None
    result = made.artgan("evaluate", "@last", "--epoch", "all", "-n", "20", "--metrics", "kid")
    epochs = [checkpoint.epoch for checkpoint in folder.generators()]
    assert len(epochs) >= 2 and [int(line.split()[0]) for line in result.stdout.splitlines()[1:]] == epochs
    found = {evaluation["epoch"]: evaluation["kid_lite0"] for evaluation in folder.evaluations()}
    best = min(found, key=found.__getitem__)
    marked = [line for line in result.stdout.splitlines() if line.endswith("lowest KID")]
    assert [int(line.split()[0]) for line in marked] == [best]
    assert folder.best().epoch == best and folder.best().kid_lite0 == found[best]
    for command in (("sample", "--run"), ("export",), ("pull",), ("evaluate", "-n", "20", "--metrics", "kid")):
        rows = made.json(command[0], *command[1:], "@last", "--epoch", "best")
        assert {row["epoch"] for row in (rows if isinstance(rows, list) else [rows])} == {best}, command
    named = f"epoch {best} is the best by its KID: --epoch best paints with that\n"
    assert (named in made.artgan("sample", "-n", "1").stderr) == (best != epochs[-1])
    assert named not in made.artgan("sample", "-n", "1", "--epoch", str(epochs[0])).stderr
    assert made.json("show", "@last")["best"]["epoch"] == best
    assert f"epoch {best}, KID" in made.artgan("show", "@last").stdout
    assert (made.path / f"gen_{best:06d}.keras").is_file()


def test_a_generator_that_copies_is_told_in_words_and_with_the_pairs(made):
    import keras

    from artgan.models.files import save_generator

    folder = run_of(made)
    prepared = open_prepared(DatasetFolder(made.datasets / "drawn"), 16)
    # Paints one of twelve paintings, a little paler, chosen by where the latent lies.
    chosen = learned_rows(prepared.ids, OPTIONS["holdout"])[:12]
    some = (np.asarray(prepared.images[chosen], np.float32) / 127.5 - 1).reshape(12, -1)
    latents = keras.Input((8,))
    steps = keras.layers.Dense(12, name="steps")
    weights = keras.layers.Softmax()(steps(latents))
    painted = keras.layers.Dense(16 * 16 * 3, use_bias=False, name="paintings")
    model = keras.Model(latents, keras.layers.Reshape((16, 16, 3))(painted(weights)))
    random = np.random.default_rng(0)
    steps.set_weights([500 * random.standard_normal((8, 12)).astype(np.float32), np.zeros(12, np.float32)])
    painted.set_weights([0.97 * some])
    save_generator(model, folder.models / "gen_000009.keras")
    result = made.artgan("evaluate", "@last", "-n", "32", "--metrics", "copies,diversity")
    assert "warning: epoch 9 repeats paintings" in result.stderr
    sheet = folder.path / "evaluation" / "copies-000009.png"
    assert str(sheet.relative_to(made.path)) in result.stderr
    with Image.open(sheet) as picture:
        assert picture.size == (4 * 136 + 8, 4 * 72 + 8)
    assert len(read_metadata(sheet)["seeds"].split(",")) == 16
    (found,) = folder.evaluations()
    assert found["copied"] and found["copies_lite0"] > 0.9 and found["repeated_lite0"] > 0.5
    assert found["copies_sheet"] == "evaluation/copies-000009.png"
    assert "copies of paintings" in made.artgan("show", "@last").stdout


def test_inception_has_numbers_and_features_of_its_own(made, monkeypatch):
    from artgan.evaluation import evaluating
    from artgan.metrics import inception
    from artgan.metrics.features import Features

    # The same network with a sixteenth of the channels, where the file is put by hand.
    weights = older_file(inception_tensors(16))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(inception, "FEATURES", 128)
    monkeypatch.setattr(inception, "_SHA256", hashlib.sha256(weights).hexdigest())
    monkeypatch.setattr(evaluating, "ready", Features)  # else it would be there for the tests that follow
    write_bytes(inception.weights_path(), weights)
    words = ("--epoch", "all", "-n", "10", "--metrics", "kid,fid,precision,recall,swd,diversity,copies")
    result = made.artgan("evaluate", "@last", *words, "--features", "inception")
    assert "against 20 paintings of drawn: about" in result.stderr and "features of inception" in result.stderr
    assert sum(line.endswith("lowest KID") for line in result.stdout.splitlines()) == 1
    assert len(list((made.datasets / "drawn" / "prepared" / "16").glob("features-inception-*.npy"))) == 1
    found = run_of(made).evaluations()[0]
    for name in (name.replace("lite0", "inception") for name in ALL):
        assert np.isfinite([found[name], found[f"{name}_error"], found[f"{name}_floor"]]).all(), name
    assert found["features"] == "inception" and not [name for name in found if "lite0" in name]
    assert run_of(made).best() is None


def test_other_paintings_and_held_out_ones(made):
    (other,) = made.json("evaluate", "@last", "-n", "10", "--metrics", "kid", "--dataset", "other")
    assert other["dataset"] == "other" and other["reals"] == 28
    (held,) = made.json("evaluate", "@last", "-n", "10", "--metrics", "copies", "--holdout")
    assert held["held_out"] == 8 and held["reals"] == 20
    refused = made.artgan("evaluate", "@last", "-n", "10", "--dataset", "other", "--holdout")
    assert refused.exit_code == 2 and "no painting of other was held out" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--metrics", "kid,beauty"), 2, "'beauty' is not one of kid"),
        (("--features", "vgg"), 2, "features 'vgg' are not one of auto, lite0, inception"),
        (("--epoch", "newest"), 2, "'newest' is neither a number nor best"),
        (("--epoch", "best"), 4, "none is the best"),
        (("--epoch", "77"), 4, "no generator of epoch 77"),
        (("--dataset", "roses"), 4, "roses"),
        (("-n", "3"), 2, ""),
    ],
)
def test_what_cannot_be_judged_is_said(made, arguments, code, said):
    result = made.artgan("evaluate", "@last", *arguments)
    assert result.exit_code == code and said in result.stderr
    assert not run_of(made).evaluations()


def test_showing_evaluations_loads_no_tensorflow(made):
    folder = run_of(made)
    folder.evaluations_path.write_text(json.dumps({"epoch": 3, "kid_lite0": 0.25}) + "\n{torn", encoding="utf-8")
    code = (
        "import sys; from artgan.cli.app import app\n"
        "for words in (['show', '@last'], ['list']):\n"
        "    try: app(words)\n"
        "    except SystemExit as leaving: assert not leaving.code\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=made.path, capture_output=True, text=True, check=True)
    assert "epoch 3: KID 0.25" in done.stdout
