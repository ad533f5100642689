"""The pictures that the page is given are those of ``artgan sample``."""

from __future__ import annotations

import io
import shlex
import threading
import time

import numpy as np
import pytest
from PIL import Image

from artgan import seeds
from artgan.cli.app import app
from artgan.sampling.samples import open_source, sample
from artgan.studio.recipes import parse
from artgan.studio.worker import Stale, Worker


def pictures(page, *recipes, **more):
    data = page.ask("POST", "/api/paint", {"recipes": list(recipes), **more}).data
    count, height, width = np.frombuffer(data[:12], "<u4")
    return np.frombuffer(data[12:], np.uint8).reshape(count, height, width, 3)


def test_a_seed_is_the_picture_of_that_seed(page, run):
    expected = [one.image for one in sample(open_source(run), [3, 17])]
    recipes = [{"run": run.name, "z": {"seed": seed}} for seed in (3, 17)]
    assert np.array_equal(pictures(page, *recipes), np.stack(expected))
    png = page.ask("POST", "/api/paint", {"recipes": recipes[:1], "format": "png"})
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png.data))), expected[0])
    assert pictures(page, *recipes, scale=2).shape == (2, 16, 16, 3)


def test_epochs_psi_and_mixed_recipes_keep_their_order(page, run):
    asked = [(None, 1.0), (1, 1.0), (30, 0.5), (1, 1.0), ("best", 1.0)]
    recipes = [{"run": run.name, "epoch": epoch, "psi": psi, "z": {"seed": 5}} for epoch, psi in asked[:4]]
    expected = [next(iter(sample(open_source(run, epoch=e), [5], psi=psi))).image for e, psi in asked[:4]]
    assert np.array_equal(pictures(page, *recipes), np.stack(expected))
    best = page.ask("POST", "/api/paint", {"recipes": [{**recipes[0], "epoch": "best"}]}, code=404)
    assert best.json["hint"]


def test_variations_mixtures_axes_and_latents(page, run):
    z = seeds.latents([3], 6)[0]

    def one(base, **more):
        return pictures(page, {"run": run.name, "z": base, **more})[0]

    own = one({"seed": 3})
    assert np.array_equal(one({"vary": {"seed": 3}, "seed": 1, "strength": 0}), own)
    assert not np.array_equal(one({"vary": {"seed": 3}, "seed": 1, "strength": 0.5}), own)
    assert np.array_equal(one({"mix": [{"seed": 3}, {"seed": 4}], "amount": 0}), own)
    assert np.array_equal(one({"mix": [{"seed": 4}, {"seed": 3}], "amount": 1}), own)
    assert np.array_equal(one({"latent": z.tolist()}), own)
    assert np.array_equal(one({"seed": 4}, axes={str(n): float(value) for n, value in enumerate(z)}), own)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"z": {"seed": 1}}, "run"),
        ({"run": "RUN", "z": {}}, "one of seed"),
        ({"run": "RUN", "z": {"seed": -1}}, "seed"),
        ({"run": "RUN", "z": {"seed": 2**32}}, "seed"),
        ({"run": "RUN", "z": {"latent": [1.0, 2.0]}}, "2 numbers"),
        ({"run": "RUN", "z": {"latent": [0.0] * 5000}}, "latent"),
        ({"run": "RUN", "z": {"seed": 1}, "psi": 11}, "psi"),
        ({"run": "RUN", "z": {"seed": 1}, "moves": [{"direction": "d0", "amount": 1}]}, "direction"),
        ({"run": "RUN", "z": {"seed": 1}, "axes": {"6": 1}}, "places"),
        ({"run": "RUN", "z": {"mix": [{"seed": 1}], "amount": 0.5}}, "mix"),
        ({"run": "RUN", "z": {"seed": 1}, "brush": 1}, "brush"),
        ({"run": "RUN", "epoch": "last", "z": {"seed": 1}}, "epoch"),
    ],
)
def test_what_describes_no_picture_is_said_in_one_line(page, run, recipe, said):
    recipe = {name: run.name if value == "RUN" else value for name, value in recipe.items()}
    answer = page.ask("POST", "/api/paint", {"recipes": [recipe]}, code=400)
    assert said in answer.json["error"] and "\n" not in answer.json["error"]


def test_numbers_are_bounded(page, run):
    one = {"run": run.name, "z": {"seed": 1}}
    for asked in ({"recipes": []}, {"recipes": [one] * 65}, {"recipes": [one] * 10_000},
                  {"recipes": "x"}, {"recipes": [one], "scale": 99},
                  {"recipes": [one], "serial": -1}, {"recipes": [one], "serial": True}):  # fmt: skip
        page.ask("POST", "/api/paint", asked, code=400)
    deep = {"seed": 1}
    for _ in range(9):
        deep = {"vary": deep, "seed": 1}
    assert "within each other" in page.ask("POST", "/api/paint", {"recipes": [{**one, "z": deep}]}, code=400).text


@pytest.mark.parametrize("name", ["..", "../runs", "%2e%2e", "/etc", "no-such-run", "", "@last", "."])
def test_a_name_leads_nowhere_else(page, name):
    assert page.ask("POST", "/api/paint", {"recipes": [{"run": name, "z": {"seed": 1}}]}, code=404).json["hint"]


def test_of_the_wishes_of_one_slider_only_the_newest_is_painted_and_before_what_waits():
    worker, begun, gate, painted, stale = Worker(), threading.Event(), threading.Event(), [], []

    def wish(serial):
        try:
            worker.do(lambda: painted.append(serial), "slider", serial)
        except Stale:
            stale.append(serial)

    first = threading.Thread(target=lambda: worker.do(lambda: begun.set() or gate.wait()))
    first.start()
    assert begun.wait(10)
    wall = threading.Thread(target=lambda: worker.do(lambda: painted.append("wall")))
    threads = [wall, *(threading.Thread(target=wish, args=(serial,)) for serial in range(1, 20))]
    for thread in threads:
        thread.start()
        time.sleep(0.002)
    gate.set()
    for thread in [first, *threads]:
        thread.join(10)
    worker.close()
    assert painted == [19, "wall"] and sorted(stale) == list(range(1, 19))


def test_a_picture_is_saved_with_the_command_that_paints_it_again(page, run, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    monkeypatch.chdir(tmp_path)
    recipes = [
        {"run": run.name, "epoch": 2, "psi": 0.8, "z": {"seed": 17}},
        {"run": run.name, "z": {"vary": {"seed": 3}, "seed": 2, "strength": 0.4}},
        {"run": run.name, "z": {"mix": [{"seed": 3}, {"seed": 9}], "amount": 0.25}},
        {"run": run.name, "z": {"seed": 3}, "axes": {"1": 2.0}},
    ]
    for number, recipe in enumerate(recipes):
        told = page.post("/api/save", {"recipe": recipe, "name": "dusk <b>/.."})
        saved = tmp_path / told["path"]
        assert saved.parent.parent == tmp_path / "pictures"
        command = [*shlex.split(told["command"])[1:], "--out", str(tmp_path / f"again-{number}")]
        done = CliRunner().invoke(app, command, prog_name="artgan")
        assert done.exit_code == 0, done.output
        (again,) = (tmp_path / f"again-{number}").glob("*.png")
        assert np.array_equal(np.asarray(Image.open(saved)), np.asarray(Image.open(again))), command
    assert len({page.post("/api/save", {"recipe": recipes[0], "name": "one"})["path"] for _ in range(3)}) == 3


def test_a_recipe_reads_itself_back(run):
    recipe = parse({"run": run.name, "class": "a", "z": {"vary": {"mix": [{"seed": 1}, {"latent": [1]}]}, "seed": 2}})
    assert parse(recipe.model_dump(mode="json", by_alias=True, exclude_none=True)) == recipe
