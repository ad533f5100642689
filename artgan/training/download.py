"""A generator's file from an address, kept in the user's cache. Loads without TensorFlow."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from artgan import files
from artgan.errors import DamagedError, UsageError

_MOST_BYTES = 256 * 2**20
_KEPT_S = 24 * 3600
"""What no checksum pins may be another file tomorrow."""
_REQUESTS_PER_S = 5.0


def fetch_model(address: str, cache_dir: Path | None = None) -> Path:
    """Return the file that an address gives, from the cache where it lies there.

    The host of the address is asked, and no other, not by a redirect either. What came is looked into before it is
    kept, as any model file is before it is opened.

    Args:
        address: https; ``#sha256=`` and 64 hexadecimal digits at its end say what the file must be. Without, a copy is
            kept for a day.
        cache_dir: default the user's cache.

    Returns:
        The file, whole and looked into.

    Raises:
        UsageError: the address is not of https, or its checksum is none.
        DamagedError: the file is another one than the checksum says, or no model.
        UnsafeFileError: it holds something that would run code.
        RemoteError: it cannot be had.
    """
    place, _, fragment = address.partition("#")
    wanted = _checksum(place, fragment)
    suffix = Path(urlsplit(place).path).suffix
    if cache_dir is None:
        import platformdirs

        cache_dir = Path(platformdirs.user_cache_dir("artgan", appauthor=False))
    name = hashlib.sha256(place.encode()).hexdigest()
    path = cache_dir / "models" / (name + (suffix if suffix in {".keras", ".h5", ".hdf5"} else ".keras"))
    if not _is_good(path, wanted):
        _download(place, path, wanted)
    return path


def _checksum(place: str, fragment: str) -> str:
    if not place.lower().startswith("https://"):
        raise UsageError(f"{place} is not an address of https", "give one that begins with https://")
    if not fragment:
        return ""
    found = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", fragment)
    if not found:
        raise UsageError(f"#{fragment} is no checksum", "it is #sha256= and 64 hexadecimal digits, or leave it out")
    return found[1].lower()


def _is_good(path: Path, wanted: str) -> bool:
    try:
        if wanted:
            return files.sha256_file(path) == wanted
        return 0 <= time.time() - path.stat().st_mtime <= _KEPT_S
    except OSError:
        return False


def _download(place: str, path: Path, wanted: str) -> None:
    from artgan.models.safety import inspect_model_file
    from artgan.web.answers import Unavailable
    from artgan.web.client import Web
    from artgan.web.hosts import HostClass, clean_url, host_of

    host = host_of(clean_url(place))
    web = Web([HostClass(host, re.compile(re.escape(host)), _REQUESTS_PER_S)])
    try:
        with files.whole_file(path) as part:
            saved = web.save(place, part, most_bytes=_MOST_BYTES, accept="*/*")
            if wanted and saved.sha256 != wanted:
                raise DamagedError(
                    f"{place} gave a file with the SHA-256 {saved.sha256}, not {wanted}",
                    "ask whoever gave you the address which of the two is right",
                )
            try:
                inspect_model_file(part)
            except DamagedError as error:
                raise type(error)(error.message.replace(str(part), place), error.hint) from error
    except Unavailable as error:
        if error.reason.startswith("redirect: to"):
            error.hint = "give the address that it leads to, if you trust that one"
        raise
    finally:
        web.close()
