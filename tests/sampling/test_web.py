"""The page that an export makes, in a real browser, opened from the disk as by a double click."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from browser import Tab
from test_engine import everything, lively

from artgan import seeds
from artgan.errors import UsageError
from artgan.models.files import load_generator, save_generator
from artgan.models.painting import paint
from artgan.models.presets import PRESETS, NetworkSpec
from artgan.sampling.export import export_generator
from artgan.sampling.web import kernel
from artgan.sampling.web.page import Facts

# In any number of small networks, and one that has every operation.
_NETWORKS = {name: NetworkSpec(16, 12, 3 if name in ("fast", "quality") else 0) for name in PRESETS}
_HOSTILE = "flowers</script><script>document.title='owned'</script> & 'co'"
_READY = "document.getElementById('picture').dataset.shows"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    paths = {name: folder / f"{name}.keras" for name in [*_NETWORKS, "everything"]}
    for name, spec in _NETWORKS.items():
        save_generator(lively(PRESETS[name].build_generator(spec)), paths[name])
    save_generator(lively(everything()), paths["everything"])
    return paths


def exported(model: Path, folder: Path, name: str = "flowers", classes: tuple[str, ...] = ()) -> Path:
    return export_generator(model, "web", folder, facts=Facts(name, 7, classes, "1.0")).path / "index.html"


def painted(tab: Tab, seed: int, psi: float = 1.0, chosen: str = "") -> np.ndarray:
    """Return what the page paints: ``(size, size, 3)``."""
    pixels = tab.run(f"artgan.paint({seed}, {psi}, '{chosen}').then((pixels) => Array.from(pixels))")
    side = round((len(pixels) // 4) ** 0.5)
    return np.array(pixels, np.uint8).reshape(side, side, 4)[..., :3]


@pytest.mark.parametrize("name", [*_NETWORKS, "everything"])
def test_the_page_paints_what_keras_paints(browser, models, tmp_path, name):
    page = exported(models[name], tmp_path / "page", classes=("a", "b", "c") if name in ("fast", "quality") else ())
    model = load_generator(models[name])
    classes = len(model.inputs) > 1
    with browser.open(page) as tab:
        tab.wait(_READY)
        assert tab.run("artgan.studio.engine") == "webassembly"
        for seed, psi, chosen in ((0, 1.0, ""), (42, 0.7, "2" if classes else ""), (4294967295, 1.3, "")):
            latents = seeds.latents([seed], model.inputs[0].shape[1]) * np.float32(psi)
            shares = seeds.in_turn([int(chosen) if chosen else seed], 3) if classes else None
            expected = paint(model, latents, shares)[0].astype(int)
            assert np.abs(painted(tab, seed, psi, chosen) - expected).max() <= 2
        assert tab.complaints() == []


def test_javascript_alone_paints_the_same(browser, models, tmp_path):
    page = exported(models["everything"], tmp_path / "page")
    with browser.open(page) as tab:
        tab.wait(_READY)
        first = painted(tab, 5)
        weights = "fromBase64(at('weights').textContent.trim()).buffer"
        tab.run(f"artgan.studio.alone({weights}, new Uint8Array(1))")  # no WebAssembly that anybody can load
        assert tab.run("artgan.studio.engine") == "javascript"
        assert np.abs(painted(tab, 5).astype(int) - first).max() <= 1
        assert tab.complaints() == []


def test_seeds_are_the_same_latents_bit_for_bit(browser, models, tmp_path):
    chosen = [0, 1, 42, 2**31, 2**32 - 1, *np.random.default_rng(0).integers(0, 2**32, 200).tolist()]
    with browser.open(exported(models["fast"], tmp_path / "page", classes=("a", "b", "c"))) as tab:
        for length in (1, 7, 100):
            got = tab.run(f"{json.dumps(chosen)}.map((seed) => Array.from(latentOf(seed, {length})))")
            assert np.array_equal(np.array(got, np.float32), seeds.latents(chosen, length))


def test_a_person_turns_walks_and_comes_back_and_nothing_is_asked_for(browser, models, tmp_path):
    page = exported(models["fast"], tmp_path / "page", name=_HOSTILE, classes=("still-life", "landscape", "flowers"))
    assert "://" not in page.read_text("utf-8")
    for width in (1280, 390):
        with browser.open(page, width=width) as tab:
            tab.wait(_READY)
            tab.wait("document.querySelectorAll('#pictures canvas[width=\"16\"]').length === 24")
            assert tab.run("document.documentElement.scrollWidth") == width
            assert tab.run("document.querySelector('h1').textContent") == _HOSTILE
            # By keyboard alone: to the number, the one after, then the slider of boldness.
            tab.run("at('after').focus()")
            tab.press("Enter")
            tab.wait(f"JSON.parse({_READY}).seed === 1")
            tab.run("at('psi').focus()")
            tab.press("End")
            tab.wait(f"JSON.parse({_READY}).psi === 1.5")
            tab.run("at('class').value = '1'; at('class').dispatchEvent(new Event('change'))")
            tab.run("at('play').click()")
            tab.wait(f"JSON.parse({_READY}).way > 0.05")
            tab.run("at('play').click()")
            assert "Between No. 1 and No. 1" in tab.run("at('title').textContent")
            assert "--class landscape" in tab.run("at('command').textContent")
            tab.wait("location.hash.includes('class=landscape')")
            tab.run("at('more').click()")
            tab.wait("document.querySelectorAll('#pictures canvas[width=\"16\"]').length === 48")
            assert tab.complaints() == []
            outside = [one for one in tab.asked_for() if not one.startswith(("file:", "blob:"))]
            assert outside == [] and sum(one.startswith("file:") for one in tab.asked_for()) == 1


def test_somebody_elses_page_is_not_replaced(models, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<h1>mine</h1>")
    with pytest.raises(UsageError, match="no earlier web export"):
        export_generator(models["dcgan"], "web", tmp_path / "site", force=True)
    made = export_generator(models["dcgan"], "web", tmp_path / "page")
    assert made.bytes == (tmp_path / "page" / "index.html").stat().st_size
    export_generator(models["dcgan"], "web", tmp_path / "page", force=True)


def test_the_kernel_is_small_and_always_the_same():
    assert kernel.module() == kernel.module() and len(kernel.module()) < 1000
