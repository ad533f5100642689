"""A real Chromium without a window, spoken to by its own protocol over a pipe: no driver, no package.

The fixture ``browser`` (in ``tests/conftest.py``) starts one for all tests and closes it. Where there is no Chromium
its tests are skipped, or fail where ``ARTGAN_TEST_REQUIRE`` names ``browser``.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_S = 60.0
_CODES = {
    "Backspace": 8, "Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip
_PHONE = 500
"""A width below this is a phone's."""


def missing() -> str:
    """Say what is missing for tests in a browser; nothing where all is there."""
    return (
        ""
        if os.name == "posix" and _chromium()
        else "chromium is missing: tests of pages need it (apt-get install chromium)"
    )


def require() -> None:
    """Skip the test where there is no browser; fail where there must be one."""
    if lacks := missing():
        promised = "browser" in os.environ.get("ARTGAN_TEST_REQUIRE", "").replace(",", " ").split()
        (pytest.fail if promised else pytest.skip)(lacks)


def _chromium() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Browser:
    """Chromium; ``with`` ends it."""

    def __init__(self) -> None:
        import fcntl  # which Windows has not; there is no pipe for it there either

        self._home = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        commands, self._to = os.pipe()
        self._from, answers = os.pipe()
        # It reads commands from file descriptor 3 and answers on 4; from above them they are put there in the child.
        reading, writing = (fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (commands, answers))

        def place() -> None:
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        chromium = _chromium()
        assert chromium
        self._process = subprocess.Popen(
            [
                chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                "--hide-scrollbars",
                "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-dev-shm-usage",
                f"--user-data-dir={self._home.name}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(3, 4), preexec_fn=place,
        )  # fmt: skip
        for fd in (commands, answers, reading, writing):
            os.close(fd)
        self._number = 0
        self._read = b""
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(Exception):
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for fd in (self._to, self._from):
            os.close(fd)
        self._home.cleanup()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + _PATIENCE_S
        while True:
            answer = self._next(until)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error'].get('message')}")
                found: dict[str, Any] = answer["result"]
                return found
            if "method" in answer:
                self._events.append(answer)

    def events(self, session: str) -> list[dict[str, Any]]:
        """Return what has happened on a page so far."""
        return [event for event in self._events if event.get("sessionId") == session]

    def wait_for(self, method: str, session: str, seconds: float = _PATIENCE_S) -> None:
        """Wait until something has happened on a page."""
        until = time.monotonic() + seconds
        while not any(event["method"] == method for event in self.events(session)):
            self._events.append(self._next(until))

    def pids(self, kind: str) -> list[int]:
        """Return its processes of a kind: "renderer", of which each site has one, "browser", "utility" ..."""
        found = self.call("SystemInfo.getProcessInfo")["processInfo"]
        return [int(process["id"]) for process in found if process["type"] == kind]

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._read:
            if not select.select([self._from], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self._from, 2**20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._read += piece
        line, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    @contextlib.contextmanager
    def open(self, address: str | Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Tab]:
        """Open a page and wait until it is loaded.

        Args:
            address: a path, or a URL.
            width: of the window in pixels; below 500 it is a phone.
            height: of the window.
            dark: whether the person likes it dark.
        """
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            tab.call(f"{domain}.enable")
        tab.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < _PHONE,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.call("Emulation.setEmulatedMedia", features=[scheme])
        tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        try:
            tab.go(address.resolve().as_uri() if isinstance(address, Path) else address)
            yield tab
        finally:
            with contextlib.suppress(RuntimeError):
                self.call("Target.closeTarget", targetId=target)
            self._events = [event for event in self._events if event.get("sessionId") != session]


class Tab:
    """An open page."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def go(self, address: str) -> None:
        """Go to an address and wait until all of it is loaded."""
        self.call("Page.navigate", url=address)
        self._browser.wait_for("Page.loadEventFired", self._session)

    def run(self, expression: str) -> Any:
        """Evaluate JavaScript, a promise to its end, and return its value."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", expression))
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = _PATIENCE_S) -> None:
        """Wait until JavaScript is true."""
        until = time.monotonic() + seconds
        while not self.run(expression):
            assert time.monotonic() < until, f"never true: {expression}"
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Press keys: "Tab", "Shift+Tab", "Enter", "Escape", "ArrowRight", "Home", " ", "s" ..."""
        for pressed in keys:
            shift, _, key = pressed.rpartition("+") if len(pressed) > 1 else ("", "", pressed)
            text = {"text": "\r" if key == "Enter" else key} if key == "Enter" or len(key) == 1 else {}
            code = {"key": key, "code": key, "windowsVirtualKeyCode": _CODES.get(key) or ord(key.upper())}
            held = {"modifiers": 8} if shift else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", **code, **text, **held)
            self.call("Input.dispatchKeyEvent", type="keyUp", **code, **held)

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, and what was thrown."""
        self.run("1")  # so that what has happened has arrived
        found = []
        for event in self._browser.events(self._session):
            inside = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(inside["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and inside["type"] in ("error", "warning", "assert"):
                found.append(str(inside["args"]))
            elif event["method"] == "Log.entryAdded" and inside["entry"]["level"] in ("error", "warning"):
                found.append(inside["entry"]["text"])
        return found

    def asked_for(self) -> list[str]:
        """Return the addresses that were asked for, beside what lies inside the page (``data:``)."""
        self.run("1")
        events = [e for e in self._browser.events(self._session) if e["method"] == "Network.requestWillBeSent"]
        addresses = [str(event["params"]["request"]["url"]) for event in events]
        return [address for address in addresses if not address.startswith("data:")]

    def load_ms(self) -> float:
        """Return how long the page took from being asked for to being loaded, in milliseconds."""
        return float(self.run("performance.getEntriesByType('navigation')[0].loadEventEnd"))

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Write what is to be seen as a PNG; ``whole`` for the page from top to bottom."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def printed(self) -> bytes:
        """Return the page as it is printed: a PDF."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"])
