"""Latents with a name: where each came from, written so that a file or a picture gives it back bit for bit."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from artgan import files
from artgan.errors import DamagedError, NotFoundError, UsageError

TEXT = "latent"
"""The field in which a picture carries its latent, where no seed gives it."""


@dataclass(frozen=True)
class Latent:
    """What one picture is painted from.

    Attributes:
        name: what its file is called, without the suffix.
        values: ``(latent_dim,)`` float32, before psi.
        seed: that gives these values; None where none does.
        fields: what its picture carries beside the seed, so that it can be painted again: how it was made, and the
            latent itself as text where numbers alone do not give it.
        shares: of each class, ``(classes,)`` float32; None where the generator knows no classes, or they were not
            chosen yet.
    """

    name: str
    values: np.ndarray
    seed: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    shares: np.ndarray | None = None


def shares_of_all(latents: Sequence[Latent]) -> np.ndarray | None:
    """Return the shares of each class in each picture, ``(n, classes)`` float32; None where there are no classes."""
    rows = [latent.shares for latent in latents if latent.shares is not None]
    return np.stack(rows) if rows else None


def read_latents(path: Path) -> np.ndarray:
    """Read latents ``(n, latent_dim)``, or one of them ``(latent_dim,)``, from a ``.npy`` file; float32.

    Raises:
        NotFoundError: no such file.
        DamagedError: it is not an array of finite numbers; nothing in it is run.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {path}", "latents are kept by: artgan sample --save-latents FILE.npy") from error
    except OSError as error:
        raise DamagedError(f"{path} is not a .npy file of numbers") from error
    return parse_latents(data, str(path))


def parse_latents(data: bytes, name: str) -> np.ndarray:
    """Return the latents ``(n, latent_dim)`` float32 of a ``.npy`` file's bytes; ``name`` is what an error calls it.

    Raises:
        DamagedError: as for ``read_latents``.
    """
    try:
        latents = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise DamagedError(f"{name} is not a .npy file of numbers") from error
    if not isinstance(latents, np.ndarray) or latents.dtype.kind not in "fiu" or latents.ndim not in {1, 2}:
        raise DamagedError(f"{name} does not hold latents of shape (n, latent_dim)")
    if not np.isfinite(latents).all():
        raise DamagedError(f"{name} holds numbers that are not finite")
    return np.atleast_2d(latents).astype(np.float32)


def latents_bytes(latents: np.ndarray) -> bytes:
    """Return latents ``(n, latent_dim)`` as a ``.npy`` file of float32."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(latents, np.float32), allow_pickle=False)
    return buffer.getvalue()


def write_latents(path: Path, latents: np.ndarray, *, force: bool = False) -> bool:
    """Write latents ``(n, latent_dim)`` float32 as a ``.npy`` file, for every command that takes ``--latents``.

    Returns:
        Whether it was written: a file that holds these very numbers is left as it is.

    Raises:
        UsageError: the name ends otherwise, or another file is there and ``force`` is not set.
    """
    if path.suffix != ".npy":
        raise UsageError(f"{path} is no name for latents", f"let it end in .npy: {path.with_suffix('.npy')}")
    data = latents_bytes(latents)
    if path.exists() and not force:
        if path.is_file() and path.read_bytes() == data:
            return False
        raise UsageError(f"{path} is there and holds something else", "choose another name, or replace it with --force")
    files.write_bytes(path, data)
    return True
