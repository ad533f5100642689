"""Inception-v3 as FID is known by it: weights that are fetched once, layers of Keras.

The network is that of Google's TensorFlow graph of 2015-12-05, with which Heusel et al. (2017) defined FID; its weights
are those that the package ``pytorch-fid`` made of it and publishes (Apache-2.0). It is not the Inception-v3 of
``keras.applications``: average pools leave the padding out of the count, and the last block has a maximum pool.
Pictures are scaled as the graph does it and as clean-fid (Parmar et al. 2022) does, (x - 128) / 128; pytorch-fid itself
takes x / 127.5 - 1. Batch normalisation is folded into the convolutions.

The layers were compared with pytorch-fid's own on random weights. The published file was never opened while this was
written: that the numbers are the published ones has yet to be seen.
"""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
from keras import layers

from artgan import files
from artgan.errors import DamagedError, RemoteError
from artgan.metrics.torch_files import Folded, Tensors, read_tensors

if TYPE_CHECKING:
    from requests import Response

NAME = "inception"
SIDE = 299
"""Of the pictures that the network takes."""
FEATURES = 2048
"""Numbers that it makes of each."""
BYTES = 95_628_359
"""Of the file with the weights."""
_FILE = "pt_inception-2015-12-05-6726825d.pth"
_ADDRESS = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{_FILE}"
_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
# GitHub leads from there to one of its other hosts, where it keeps what is released.
_HOSTS = r"github\.com|(objects|release-assets)\.githubusercontent\.com"
_EPSILON = 1e-3


def feature_network() -> keras.Model:
    """Build the network; fetch its weights the first time.

    Returns:
        ``(n, 299, 299, 3)`` float32 in [0, 255] to ``(n, 2048)`` float32: the mean over the last map, "pool3".

    Raises:
        RemoteError: the weights cannot be fetched.
        DamagedError: their file is not the one that is meant.
    """
    return build(read_tensors(_weights(weights_path())))


def build(tensors: Tensors) -> keras.Model:
    """Build the network of weights by their names in torch; see ``feature_network``."""
    weights = Folded(tensors, _EPSILON)
    pictures = keras.Input((SIDE, SIDE, 3), name="pictures")
    stem = _Block(weights, "", layers.Rescaling(1 / 128, offset=-1.0)(pictures))
    x = stem.convolve(stem.x, "Conv2d_1a_3x3", stride=2)
    x = stem.convolve(x, "Conv2d_2a_3x3", padding="valid")
    x = stem.convolve(x, "Conv2d_2b_3x3")
    x = layers.MaxPooling2D(3, 2)(x)
    x = stem.convolve(x, "Conv2d_3b_1x1")
    x = stem.convolve(x, "Conv2d_4a_3x3", padding="valid")
    x = layers.MaxPooling2D(3, 2)(x)
    for letter in "bcd":
        block = _Block(weights, f"Mixed_5{letter}.", x)
        x = _join(block.one(), block.chain("5x5", 2), block.chain("3x3dbl", 3), block.pooled())
    block = _Block(weights, "Mixed_6a.", x)
    x = _join(block.one("3x3", stride=2), block.chain("3x3dbl", 3, stride=2), layers.MaxPooling2D(3, 2)(x))
    for letter in "bcde":
        block = _Block(weights, f"Mixed_6{letter}.", x)
        x = _join(block.one(), block.chain("7x7", 3), block.chain("7x7dbl", 5), block.pooled())
    block = _Block(weights, "Mixed_7a.", x)
    x = _join(block.chain("3x3", 2, stride=2), block.chain("7x7x3", 4, stride=2), layers.MaxPooling2D(3, 2)(x))
    for letter, pool in (("b", layers.AveragePooling2D), ("c", layers.MaxPooling2D)):
        block = _Block(weights, f"Mixed_7{letter}.", x)
        x = _join(block.one(), *block.forked("3x3", 2), *block.forked("3x3dbl", 3), block.pooled(pool))
    return keras.Model(pictures, layers.GlobalAveragePooling2D(name="features")(x), name=NAME)


class _Block:
    """The branches of a block, by their names in torch; all begin at ``x``."""

    def __init__(self, weights: Folded, name: str, x: Any) -> None:
        self._weights, self._name, self.x = weights, name, x

    def convolve(self, x: Any, name: str, *, stride: int = 1, padding: str = "same") -> Any:
        kernel, bias = self._weights(f"{self._name}{name}.conv.weight", f"{self._name}{name}.bn")
        padding = padding if stride == 1 else "valid"
        layer = layers.Conv2D(kernel.shape[0], kernel.shape[2:], stride, padding=padding, activation="relu")
        y = layer(x)
        layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])
        return y

    def one(self, branch: str = "1x1", *, stride: int = 1) -> Any:
        return self.convolve(self.x, f"branch{branch}", stride=stride)

    def chain(self, branch: str, count: int, *, stride: int = 1) -> Any:
        """Return ``count`` convolutions one after the other; the stride is that of the last."""
        y = self.x
        for number in range(1, count + 1):
            y = self.convolve(y, f"branch{branch}_{number}", stride=stride if number == count else 1)
        return y

    def forked(self, branch: str, count: int) -> list[Any]:
        """Return a chain whose last convolution is two, side by side."""
        y = self.chain(branch, count - 1)
        return [self.convolve(y, f"branch{branch}_{count}{side}") for side in "ab"]

    def pooled(self, pool: Any = layers.AveragePooling2D) -> Any:
        return self.convolve(pool(3, 1, padding="same")(self.x), "branch_pool")


def _join(*branches: Any) -> Any:
    return layers.Concatenate()(branches)


# -- the file


def weights_path(cache_dir: Path | None = None) -> Path:
    """Return where the weights lie, or will when they were fetched.

    Args:
        cache_dir: default the user's cache.
    """
    if cache_dir is None:
        import platformdirs

        cache_dir = Path(platformdirs.user_cache_dir("artgan", appauthor=False))
    return cache_dir / "weights" / _FILE


def _weights(path: Path) -> bytes:
    if not path.exists():
        files.write_bytes(path, _fetch(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DamagedError(f"{path} cannot be read: {error.strerror}", "see to whose it is, or remove it") from error
    return _checked(data, str(path), "remove it: the same command fetches it anew")


def _checked(data: bytes, source: str, hint: str) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != _SHA256:
        raise DamagedError(
            f"{source} is not the file that FID is known by: its SHA-256 is {found}, not {_SHA256}", hint
        )
    return data


def _fetch(path: Path) -> bytes:
    """Return the file from where it is published.

    GitHub's robots.txt shuts its downloads to those who crawl it. This asks for one file, which is there for programs
    to fetch, at a person's word, as pip and pytorch-fid do; so it asks without ``Web``, which obeys that for any file.
    """
    from artgan.web.asking import Asker
    from artgan.web.body import pieces
    from artgan.web.hosts import HostClass
    from artgan.web.limiter import Limiter
    from artgan.web.patience import Patience

    patience, stop = Patience(), threading.Event()
    asker = Asker([HostClass("GitHub", re.compile(_HOSTS), 5.0)], Limiter(), patience, "", stop, lambda text: None)

    def take(response: Response, url: str) -> bytes:
        return b"".join(pieces(response, url, most_bytes=BYTES, patience=patience, stop=stop))

    mend = f"get {_ADDRESS} where it can be had, and put it at {path}; --features lite0 needs no download"
    try:
        data = asker.ask(_ADDRESS, {"Accept": "*/*", "Accept-Encoding": "identity"}, take)
    except RemoteError as error:
        raise RemoteError(f"the weights of Inception-v3 cannot be had: {error.message}", mend) from error
    finally:
        asker.close()
    return _checked(data, f"what {_ADDRESS} gave", mend)
