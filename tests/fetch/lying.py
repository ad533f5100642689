"""What lies in a dataset folder, looked at without artgan."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Lying:
    """A dataset folder as anybody finds it with a text editor and a file manager."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The manifest by id, as it stands: every line must be whole and every id stand once."""
        lines = (self.path / "images.jsonl").read_text("utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        by_id = {record["id"]: record for record in found}
        assert len(by_id) == len(found), "an id stands twice"
        return by_id

    @property
    def description(self) -> dict[str, Any]:
        return json.loads((self.path / "dataset.json").read_text("utf-8"))

    @property
    def files(self) -> dict[str, bytes]:
        """What lies in ``originals/``, by name."""
        folder = self.path / "originals"
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}

    @property
    def kept(self) -> list[str]:
        """Ids in use."""
        return [name for name, record in self.records.items() if record["status"] == "ok"]

    @property
    def parts(self) -> list[str]:
        return [str(path) for path in self.path.rglob("*.part")]

    def tree(self) -> dict[str, str]:
        """Every file but the lock, by its path, and the digest of its bytes."""
        return {
            path.relative_to(self.path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and path.name != ".lock"
        }

    def is_sound(self) -> None:
        """Check what holds whatever happened: files in use are the ones listed, and there are no others."""
        used = {}
        for name, record in self.records.items():
            if record["status"] == "ok":
                assert record["file"].startswith(f"originals/{name}."), record["file"]
                used[record["file"].removeprefix("originals/")] = record["sha256"]
        assert {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()} == used
        assert self.parts == []


def dataset(place: Path, name: str = "flowers") -> Lying:
    return Lying(place / "datasets" / name)


def wait_for(what: Callable[[], bool], *, timeout_s: float = 100.0) -> None:
    """Wait until something is so."""
    until = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)


def rates(internet: Any, host: str, per_second: float) -> tuple[float, float]:
    """Return the requests a second over all, and the seconds that one of them must have been late on its way.

    Requests that leave so many a second arrive in a shorter time only when an earlier one was held up: on a machine
    that does six things at once, by some tenths of a second. One request too many in every second adds up instead.
    """
    times = [seen.time for seen in internet.log.requests(host)]
    mean = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
    least, late = float("inf"), 0.0
    for count, moment in enumerate(times):
        ahead = count / per_second - moment
        least = min(least, ahead)
        late = max(late, ahead - least)
    return mean, late
