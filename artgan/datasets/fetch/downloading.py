"""One work becomes one file that is whole and is a picture, wherever it comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from artgan import __version__, files
from artgan.datasets.decode import PictureError, glimpse
from artgan.datasets.dhash import dhash
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.manifest import Status
from artgan.datasets.sites.site import Version
from artgan.web.client import Missing, Refused, Saved, Unavailable, Web

_TRIES = 2  # of a body that came whole and is no picture: some servers send a broken one now and then
_NOT_FOR_LEARNING = frozenset(("noai", "noimageai"))
# First words of what the web's room says of an address that may well be had another time.
_MAY_PASS = ("unreachable", "cut short", "stalled", "damaged", "status: 5", "status: 408", "status: 425", "status: 429")
# What servers call pictures; everything else is decided by the bytes, never by what a server calls them.
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Outcome:
    """What became of a work; ``fields`` are those of an ``ImageRecord``."""

    status: Status
    reason: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


class Downloader:
    """Fetches, verifies and names files.

    Args:
        web: asks the servers.
        folder: of the dataset; files come into its ``originals/``.
        wanted: the bounds that only a file can tell.
        is_placeholder: says of an address whether what lies there stands for a missing picture.
        one_owner: whether a host that refuses speaks for all others, too.
    """

    def __init__(
        self,
        web: Web,
        folder: Path,
        wanted: Wanted,
        is_placeholder: Callable[[str], bool] = lambda url: False,
        *,
        one_owner: bool = True,
    ) -> None:
        self._web = web
        self._folder = folder
        self._wanted = wanted
        self._is_placeholder = is_placeholder
        self._one_owner = one_owner

    def get(self, name: str, versions: Sequence[Version], *, settle: bool = False) -> Outcome:
        """Fetch the first version that is a picture.

        A version that is not there (404), leads away or is broken twice makes way for the next one. Trouble that may
        pass (a server error, a lost connection) does not: better the original another time than a small version now.

        Args:
            name: what the file shall be called, without a suffix; safe as a file name.
            versions: in the order in which they are to be tried.
            settle: take a later version also where the trouble may pass: it did not the last time.

        Returns:
            "ok" when ``originals/<name>.<suffix of its true format>`` lies there, whole; else why not: "gone" when no
            version exists, "failed" when another time may do.

        Raises:
            Refused: the site does not want to be asked any more, or nothing answers.
            Stopped: somebody asked to stop.
            DiskFullError: no room.
        """
        troubles: list[tuple[str, bool]] = []
        for version in sorted(versions, key=self._is_too_large):
            for _ in range(_TRIES):
                try:
                    return self._get(name, version)
                except Missing:
                    troubles.append((f"missing: {version.name} is not on the server", False))
                    break
                except Unavailable as error:
                    if error.reason.startswith(_MAY_PASS) and not settle:
                        return Outcome("failed", f"{error.reason} ({version.name})")
                    troubles.append((f"{error.reason} ({version.name})", True))
                    break
                except Refused as error:
                    if self._one_owner or not error.host:
                        raise
                    troubles.append((f"refused: {error.message}", True))
                    break
                except PictureError as error:
                    troubles.append((f"{error.reason} ({version.name})", True))
                    if error.reason.startswith("bomb"):
                        break
        if not troubles:
            return Outcome("gone", "no-image: the site has no picture of it")
        # The original's trouble says most; that smaller versions are missing is no news.
        worth = [reason for reason, again in troubles if again]
        return Outcome("failed", worth[0]) if worth else Outcome("gone", troubles[0][0])

    def _is_too_large(self, version: Version) -> bool:
        """Say whether a version is listed with more pixels than allowed: such are tried last, as listings err."""
        return (version.width or 0) * (version.height or 0) > self._wanted.max_pixels

    def _get(self, name: str, version: Version) -> Outcome:
        part = self._folder / "originals" / f"{name}.part"
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            saved = self._web.save(version.url, part, most_bytes=self._wanted.max_bytes)
            return self._judge(name, version, saved)
        except OSError as error:
            raise files.storage_error(error, part) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _judge(self, name: str, version: Version, saved: Saved) -> Outcome:
        """Keep a saved body when it is a picture that is wanted."""
        if self._is_placeholder(saved.url):
            return Outcome("placeholder", "placeholder: the site shows a picture that stands for a missing one")
        if not self._wanted.allow_noai and _NOT_FOR_LEARNING & set(saved.robots_tag):
            return Outcome("dropped", "noai: the site asks that no machine learns from it")
        if saved.bytes and saved.content_type in _PAGES:
            raise PictureError("html: the server sent a web page instead of a picture")
        picture = glimpse(saved.path, most_pixels=self._wanted.max_pixels)
        width, height = picture.width, picture.height
        fields: dict[str, Any] = {
            "width": width, "height": height, "sha256": saved.sha256, "bytes": saved.bytes,
            "dhash": dhash(picture.image), "version": version.name, "image_url": saved.url,
            "content_type": saved.content_type, "fetched_at": saved.date, "fetched_with": __version__,
        }  # fmt: skip
        if min(width, height) < self._wanted.min_side:
            reason = f"too-small: {width}x{height}, less than {self._wanted.min_side} on a side"
            return Outcome("dropped", reason, fields)
        path = self._folder / "originals" / f"{name}{picture.suffix}"
        os.replace(saved.path, path)
        return Outcome("ok", "", {**fields, "file": f"originals/{path.name}"})
