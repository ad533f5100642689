"""What the tests of films share: small runs, and films read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from artgan.models.files import save_generator
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run

LATENT = 6


def painter(side: int, seed: int, classes: int = 0) -> keras.Model:
    """A network that paints at once: colours by the latent on 4 x 4 px, enlarged."""
    layers = keras.layers
    latents = keras.Input((LATENT,))
    inputs, x = [latents], latents
    if classes:
        inputs.append(keras.Input((classes,)))
        x = layers.Concatenate()(inputs)
    x = layers.Dense(4 * 4 * 3, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5, seed=seed))(x)
    x = layers.Activation("tanh")(layers.Reshape((4, 4, 3))(x))
    return keras.Model(inputs if classes else latents, layers.UpSampling2D(side // 4, interpolation="bilinear")(x))


def run_of(
    runs: Path, epochs: tuple[int, ...], side: int = 16, base: str = "flowers", classes: tuple[str, ...] = ()
) -> RunFolder:
    """Make a run with a generator for each epoch."""
    folder = new_run(runs, f"{base}-{side}", size=side, classes=list(classes))
    for epoch in epochs:
        save_generator(painter(side, epoch, len(classes)), folder.models / f"gen_{epoch:06d}.keras")
    return folder


def decoded(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """Return the pictures of a film, (height, width, 3) uint8 each, and when each ends, in seconds."""
    if path.is_dir():
        found = [np.asarray(Image.open(entry).convert("RGB")) for entry in sorted(path.iterdir())]
        return found, [0.0] * len(found)
    if path.suffix in {".mp4", ".webm"}:
        import av

        pictures, ends = [], []
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                pictures.append(_rgb(frame))
                ends.append(float(frame.pts * frame.time_base))
            ends = [*ends[1:], container.duration / av.time_base]
        return pictures, ends
    pictures, ends, time = [], [], 0.0
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            pictures.append(np.asarray(image.convert("RGB")))
            image.load()
            time += image.info["duration"] / 1000
            ends.append(time)
    return pictures, ends


def _rgb(frame: Any) -> np.ndarray:
    """Turn a frame of a video into colours, as ITU-R BT.709 has it for the range 16 to 235, which the film says it is.

    Reckoned here: older PyAV does not go by the film's own word.
    """
    assert (frame.colorspace, frame.color_range) == (1, 1)
    y, u, v = frame.reformat(format="yuv444p").to_ndarray().astype(float)
    y, u, v = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    rgb = [y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u]
    return np.clip(np.rint(np.stack(rgb, axis=-1) * 255), 0, 255).astype(np.uint8)


def psnr(one: Any, other: Any) -> float:
    """Return the peak signal-to-noise ratio of two pictures, in decibels; 99 for the same."""
    error = np.mean(np.square(np.asarray(one, float) - np.asarray(other, float)))
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))
