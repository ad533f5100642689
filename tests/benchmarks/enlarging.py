"""Which way of enlarging brings most of a painting back: paintings made four times smaller, enlarged, and compared.

    python tests/benchmarks/enlarging.py FOLDER_OF_PAINTINGS

Prints one JSON line: for each way the mean PSNR (dB) and SSIM against the painting, and milliseconds for one. With
``pip install pyanime4k`` also three networks for super-resolution, the only ones that are small, free, kept up and
inside a package.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from artgan import images
from artgan.datasets.decode import load_rgb
from artgan.errors import ArtganError

TIMES, SIDE, MOST = 4, 256, 60


def unsharp(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    mask = ImageFilter.UnsharpMask(2, 80, 0)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS).filter(mask))


WAYS: dict[str, Callable[[np.ndarray, tuple[int, int]], np.ndarray]] = {
    "artgan": lambda picture, size: images.magnify(picture[None], size)[0],
    "lanczos": lambda picture, size: images.enlarge(picture[None], size)[0],
    "lanczos, then unsharp": unsharp,
    "bicubic": lambda picture, size: np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)),
}


def networks() -> dict[str, Callable[[np.ndarray, tuple[int, int]], np.ndarray]]:
    """Return the ways of pyanime4k, where that is installed."""
    try:
        from pyanime4k import Processor
    except ImportError:
        return {}

    def way(name: str) -> Callable[[np.ndarray, tuple[int, int]], np.ndarray]:
        network = Processor("cpu", 0, name)
        return lambda picture, size: np.asarray(network(np.ascontiguousarray(picture), size[0] / picture.shape[1]))

    return {f"pyanime4k {name}": way(name) for name in ("acnet-gan", "acnet-hdn0", "arnet-hdn")}


def ssim(one: np.ndarray, other: np.ndarray, window: int = 7) -> float:
    """Mean structural similarity of two grey pictures (Wang et al., 2004, equation 13), in square windows."""

    def mean(values: np.ndarray) -> np.ndarray:
        total = np.cumsum(np.cumsum(np.pad(values, ((1, 0), (1, 0))), axis=0), axis=1)
        inside = total[window:, window:] - total[:-window, window:] - total[window:, :-window]
        return (inside + total[:-window, :-window]) / window**2

    a, b = mean(one), mean(other)
    spread = mean(one * one) - a * a + mean(other * other) - b * b
    shared = mean(one * other) - a * b
    small, smaller = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(np.mean((2 * a * b + small) * (2 * shared + smaller) / ((a * a + b * b + small) * (spread + smaller))))


def main(folder: Path) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".png"})
    ways = WAYS | networks()
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for path in paths[:: max(1, len(paths) // MOST)][:MOST]:
        try:
            painting = load_rgb(path)
        except ArtganError:
            continue
        side = min(SIDE, min(painting.size) // TIMES * TIMES)
        painting = painting.crop((0, 0, min(painting.size), min(painting.size))).resize((side, side))
        small = np.asarray(painting.resize((side // TIMES, side // TIMES), Image.Resampling.BOX))
        whole = np.asarray(painting, np.float64)
        for name, way in ways.items():
            began = time.perf_counter()
            large = way(small, (side, side)).astype(np.float64)
            took = time.perf_counter() - began
            psnr = 10 * np.log10(255**2 / np.mean((large - whole) ** 2))
            found[name].append((float(psnr), ssim(large.mean(axis=-1), whole.mean(axis=-1)), 1000 * took))
    rows = {name: np.mean(values, axis=0).tolist() for name, values in found.items()}
    told = {
        name: {"psnr_db": round(p, 2), "ssim": round(s, 3), "ms": round(ms, 1)} for name, (p, s, ms) in rows.items()
    }
    print(json.dumps({"paintings": len(found["artgan"]), "times": TIMES, **told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
