"""Answers kept on disk, so that what rarely changes is asked for once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from dataclasses import asdict
from pathlib import Path

from artgan import files
from artgan.errors import ArtganError
from artgan.web.answers import Answer


class Cache:
    """Keep answers in a folder, one file each: a line of JSON that says what it is, then the body.

    What cannot be read, or is not what was asked for, does not exist; what cannot be written costs another request
    one day and nothing else.

    Args:
        folder: made when something is kept.
        read_only: write nothing.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._lock = threading.Lock()

    def get(self, url: str, keep_s: float) -> Answer | None:
        """Return the answer to an address, should there be one that is not older than ``keep_s`` seconds."""
        try:
            line, _, body = self._path(url).read_bytes().partition(b"\n")
            head = json.loads(line)
            known = head["asked"] == url and head["sha256"] == hashlib.sha256(body).hexdigest()
            if not known or not 0 <= time.time() - head["kept"] <= keep_s:
                return None
            answer = head["answer"]
            headers = {str(name): str(value) for name, value in answer["headers"].items()}
            return Answer(str(answer["url"]), int(answer["status"]), body, str(answer["content_type"]), headers)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def put(self, url: str, answer: Answer) -> None:
        """Keep the answer to an address."""
        if self._read_only:
            return
        head = asdict(answer)
        body = head.pop("body")
        line = {"asked": url, "kept": time.time(), "sha256": hashlib.sha256(body).hexdigest(), "answer": head}
        # One at a time: two threads may bring the same answer, and a file is written under one temporary name.
        with self._lock, contextlib.suppress(ArtganError):
            files.write_bytes(self._path(url), json.dumps(line).encode() + b"\n" + body)

    def _path(self, url: str) -> Path:
        return self._folder / hashlib.sha256(url.encode()).hexdigest()
