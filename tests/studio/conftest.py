"""A studio in this process, whose questions are asked as its page asks them; and one that a real browser opens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from films_made import run_of
from studio_open import Open, free_here, open_studio
from werkzeug.test import Client, TestResponse

from artgan.runs.folder import RunFolder
from artgan.studio.app import App, Studio
from artgan.studio.easel import Easel
from artgan.studio.guard import HEADER, Guard
from artgan.studio.tending import Tending

PORT = 8642


class Page:
    """What the page can do: questions with its token, from its own origin."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self._client = Client(App(studio))
        self.own = {"Host": f"127.0.0.1:{PORT}", HEADER: studio.guard.token, "Sec-Fetch-Site": "same-origin"}

    def ask(self, method: str, path: str, value: Any = None, code: int = 200, **more: Any) -> TestResponse:
        headers = {**self.own, **more.pop("headers", {})}
        sent = {"json": value} if value is not None else {}
        answer = self._client.open(path, method=method, headers=headers, **sent, **more)
        assert answer.status_code == code, answer.data[:500]
        return answer

    def get(self, path: str, **more: Any) -> Any:
        return self.ask("GET", path, **more).json

    def post(self, path: str, value: Any, **more: Any) -> Any:
        return self.ask("POST", path, value, **more).json

    def done(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait for a job, and return what came of it."""
        until = time.monotonic() + 300
        while (told := self.get(f"/api/jobs/{job['job']}"))["state"] == "running":
            assert time.monotonic() < until, told
            time.sleep(0.02)
        found: dict[str, Any] = told
        return found


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of an 8 px network with three checkpoints."""
    return run_of(tmp_path / "runs", (1, 2, 30), side=8)


@pytest.fixture
def page(run: RunFolder, tmp_path: Path) -> Iterator[Page]:
    studio = Studio(
        Easel(tmp_path / "runs"), Guard(PORT), tmp_path / "pictures", run.name, Tending(lambda folder: False)
    )
    yield Page(studio)
    studio.close()


@pytest.fixture(scope="session")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """One studio for all tests in a browser; the browser comes first, as without one there is no such test."""
    with open_studio(tmp_path_factory.mktemp("opened")) as found:
        yield found


@pytest.fixture
def free() -> int:
    return free_here()
