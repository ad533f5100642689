"""Runs in small: a generator of 8 px that was never trained, and folders that hold what a training leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from artgan import images
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.models.dcgan import generator
from artgan.models.files import save_generator
from artgan.models.presets import NetworkSpec
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run
from artgan.settings import Setting, Settings
from artgan.training.config import to_toml
from artgan.training.resolving import resolve


@pytest.fixture(scope="session")
def hostile() -> str:
    """What somebody may call a thing who means harm."""
    return "<script>alert(1)</script>\"'</style></title>&amp;"


class Studio:
    """A folder of runs and datasets."""

    def __init__(self, path: Path, generators: dict[int, Path]) -> None:
        self.path = path
        self.runs = path / "runs"
        self.datasets = path / "datasets"
        self._generators = generators
        self.settings = Settings({"runs_dir": Setting(str(self.runs), "default")})

    def run(
        self, base: str = "flowers-8", *, size: int = 8, epochs: tuple[int, ...] = (1, 2), **fields: Any
    ) -> RunFolder:
        """Make a run with a generator of these epochs."""
        folder = new_run(self.runs, base, state="finished", size=size, preset="dcgan", **fields)
        folder.models.mkdir()
        for epoch in epochs:
            shutil.copy(self._generators[size], folder.models / f"gen_{epoch:06d}.keras")
        return folder

    def trained(self, folder: RunFolder, ticks: int = 30, *, sheets: int = 5, side: int = 34) -> RunFolder:
        """Put into a run's folder what a training leaves: metrics, sheets, paintings, configuration."""
        random = np.random.default_rng(0)
        lines = []
        for number in range(1, ticks + 1):
            tick: dict[str, Any] = {
                "step": number * 10, "epoch": number, "images_seen": number * 800, "seconds": number * 30.0,
                "cpu_seconds": number * 55.0, "images_per_s": 80 + random.normal(), "d_loss": 0.6 + 0.1 / number,
                "g_loss": 0.8 - 0.1 / number, "penalty": 0.1, "accuracy": 0.6, "memory_mb": 900.0,
                "verdict": "learning" if number < 20 else "no longer improving for 5 min (KID 0.031 +- 0.001): enough",
            }  # fmt: skip
            if number % 5 == 0:
                tick |= {"kid_lite0": 1.0 / number, "kid_lite0_error": 0.1 / number, "spread_lite0": 0.8}
            lines.append(json.dumps(tick))
        folder.metrics_path.write_text("\n".join(lines) + "\n")
        folder.samples.mkdir(exist_ok=True)
        noise = random.integers(0, 256, (side // 8 + 1, side // 8 + 1, 3), np.uint8)
        drawn = np.kron(noise, np.ones((8, 8, 1), np.uint8))[:side, :side]
        some = [images.encode(np.roll(drawn, number, axis=0), "png") for number in range(min(sheets, 8))]
        for number in np.linspace(1, ticks, sheets).astype(int):
            (folder.samples / f"{number:06d}.png").write_bytes(some[number % len(some)])
        images.write(folder.reals_path, np.full((side, side, 3), 120, np.uint8))
        config = resolve({"preset": "dcgan", "size": 8, "epochs": ticks, "lr": 1e-4, "batch_size": 8})
        folder.config_path.write_text(to_toml(config))
        folder.update(epoch=ticks, step=ticks * 10, images_seen=ticks * 800, seconds=ticks * 30.0, cpu_seconds=1e3)
        return folder

    def dataset(self, name: str, pictures: np.ndarray, titles: str = "") -> DatasetFolder:
        """Make a dataset of pictures, prepared at their size; ``titles`` is what each is called."""
        place = self.path / f"{name}-pictures"
        for number, picture in enumerate(pictures):
            images.write(place / f"p{number:03d}.png", images.enlarge(picture[None], (64, 64))[0])
        for _ in import_folder(place, datasets_dir=self.datasets, name=name):
            pass
        folder = DatasetFolder(self.datasets / name)
        if titles:
            folder.write_records([record.model_copy(update={"title": titles}) for record in folder.records()])
        for _ in prepare(folder, size=pictures.shape[1]):
            pass
        return folder


@pytest.fixture(scope="session")
def generators(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A generator of 8 px, and one of 512 px that is small enough for a test."""
    place = tmp_path_factory.mktemp("generators")
    keras.utils.set_random_seed(3)
    save_generator(generator(NetworkSpec(8, 12)), place / "8.keras")
    x = latents = keras.Input((12,))
    x = keras.layers.Reshape((4, 4, 3))(keras.layers.Dense(48, kernel_initializer="he_normal")(x))
    x = keras.layers.UpSampling2D(128, interpolation="bilinear")(x)
    save_generator(keras.Model(latents, keras.layers.Activation("tanh")(x)), place / "512.keras")
    return {8: place / "8.keras", 512: place / "512.keras"}


@pytest.fixture
def studio(tmp_path: Path, generators: dict[int, Path], monkeypatch: pytest.MonkeyPatch) -> Studio:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARTGAN_CONFIG_DIR", str(tmp_path / "config"))
    return Studio(tmp_path, generators)


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts = 0
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.scripts += tag == "script"
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._inside = [open for open in self._inside if open != tag]

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._inside) and data.strip():
            self.words.append(data.strip())

    def all(self, name: str, tag: str | None = None) -> list[str]:
        """Return every value of an attribute."""
        return [str(attrs[name]) for found, attrs in self.tags if name in attrs and tag in (None, found)]

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture
def read_page() -> Callable[[Path], Page]:
    """Read a page, and look that it asks for nothing and runs only what is its own."""

    def read(path: Path) -> Page:
        page = Page(path.read_text(encoding="utf-8"))
        addresses = page.all("src") + page.all("href") + page.all("srcset") + page.all("action")
        assert all(address.startswith("data:") for address in addresses)
        assert page.scripts == 1 and not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object", "base")]
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"]
        shown = [attrs for tag, attrs in page.tags if tag == "img" and attrs["src"] != "data:,"]
        assert all(attrs["alt"] for attrs in shown), "each picture says what it shows"
        assert all(attrs.get("decoding") == "sync" for attrs in shown), "or a print in the first moment lacks some"
        return page

    return read
