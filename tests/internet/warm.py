"""Processes that have loaded what they need already: each is a fork of one that has, and begins seconds sooner.

A fork runs the very function that the installed command, or ``python SCRIPT``, runs, in a process of its own, which can
be killed like any other. It serves where many are needed, as after every step of submit; what a start loads, and how
long it takes, is for tests that start Python from nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

FETCHING = ("artgan.cli.fetch", "artgan.cli.fetching", "artgan.cli.import_", "artgan.cli.datasets", "bs4", "rich.table")
"""Of commands that look for paintings: a third of a second each."""
AZURE = (
    *("azureml.core.compute", "azureml.data.data_reference", "azureml._vendor.azure_storage.blob", "azure.identity"),
    *("artgan.cli.list_", "artgan.cli.logs", "artgan.cli.pull", "artgan.cli.submit"),
    *("azure.ai.ml", "azure.storage.blob", "artgan.compute.azureml_v1.backend", "artgan.compute.azureml_v2.backend"),
)
"""Of commands that talk to Azure by either SDK: four seconds."""
LEARNING = ("tensorflow", "keras", "pydantic", "PIL.Image")
"""Of jobs, which bring their own artgan: three seconds."""

REPOSITORY = Path(__file__).resolve().parents[2]
_LOOKS_EVERY_S = 0.01


class Warm:
    """The process that is forked, as often and from as many threads as one likes.

    Args:
        loaded: modules.
        env: the environment in which they are loaded; default that of this process.
    """

    def __init__(self, loaded: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *loaded], env=env and dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self._turn = threading.Lock()
        self._begun: list[Forked] = []

    def close(self) -> None:
        """End it and all that it began."""
        for one in self._begun:
            one.kill()
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def begin(self, *args: str, cwd: Path, env: Mapping[str, str] | None = None, die_at: int | None = None) -> Command:
        """Start ``artgan ARGS``.

        Args:
            cwd: the current folder of the command.
            env: its environment; default that in which it was loaded.
            die_at: before this change of the folder of runs it is killed, the first being 0.
        """
        place = Path(tempfile.mkdtemp(dir=self._folder.name))
        asked = {"argv": ["artgan", *args], "out": str(place / "out"), "err": str(place / "err"), "die_at": die_at}
        return Command(self._fork(asked, place, cwd, env), args, place)

    def script(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Forked:
        """Start ``python ARGUMENTS``, the first being a script; what it prints is added to a file."""
        place = Path(tempfile.mkdtemp(dir=self._folder.name))
        return self._fork({"script": [*arguments], "out": str(log), "err": str(log)}, place, cwd, env)

    def _fork(self, asked: dict[str, Any], place: Path, cwd: Path, env: Mapping[str, str] | None) -> Forked:
        asked |= {"cwd": str(cwd), "env": env and dict(env), "code": str(place / "code")}
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        assert line, "the warm process ended"
        self._begun.append(forked := Forked(int(line), place / "code"))
        return forked


class Forked:
    """A process that was forked; as of ``subprocess``, as far as it is needed."""

    def __init__(self, pid: int, code: Path) -> None:
        self.pid = pid
        self._code = code

    def kill(self) -> None:
        """End it with -9."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        """Return its exit code once it has ended; killed it is the signal's, negative."""
        return int(self._code.read_text("utf-8")) if self._code.exists() else None

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code when it has ended.

        Raises:
            TimeoutExpired: it takes longer.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(_LOOKS_EVERY_S)
        return code


class Command:
    """One ``artgan ARGS`` under way."""

    def __init__(self, process: Forked, args: tuple[str, ...], place: Path) -> None:
        self._process, self._args, self._place = process, args, place
        self.pid = process.pid

    def kill(self) -> None:
        """End it with -9."""
        self._process.kill()

    def wait(self, timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
        """Return what it printed, and its exit code, once it has ended; killed it is the signal's, negative.

        Raises:
            AssertionError: it took too long, and was ended.
        """
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            done = self.wait()
            words = " ".join(self._args)
            raise AssertionError(f"artgan {words} took over {timeout_s} s\n{done.stdout}\n{done.stderr}") from None
        return subprocess.CompletedProcess(
            self._args, code, *((self._place / name).read_text("utf-8") for name in ("out", "err"))
        )


_warm: dict[tuple[str, ...], Warm] = {}
_making = threading.Lock()


def warm(loaded: tuple[str, ...]) -> Warm:
    """Return the process of this test process that has loaded some modules; see ``rest``."""
    with _making:
        if loaded not in _warm:
            _warm[loaded] = Warm(loaded, {**os.environ, "PYTHONPATH": str(REPOSITORY)})
        return _warm[loaded]


def rest() -> None:
    """End those processes."""
    while _warm:
        _warm.popitem()[1].close()


def _serve(loaded: list[str]) -> None:
    for name in loaded:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for those that wait
    for line in sys.stdin:
        if os.fork() == 0:
            _wait_for(json.loads(line))


def _wait_for(asked: dict[str, Any]) -> NoReturn:
    """Begin a process, and write down how it ends; it goes with those who wanted it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    server, pause_s = os.getppid(), 0.001
    if (pid := os.fork()) == 0:
        _become(asked)
    print(pid, flush=True)
    os.close(0)
    os.close(1)
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if os.getppid() != server:
            os.kill(pid, signal.SIGKILL)
        time.sleep(pause_s)
        pause_s = min(1.5 * pause_s, 0.05)
    status = ended[1]
    code = Path(asked["code"])
    with contextlib.suppress(FileNotFoundError):  # nobody asks for it any more
        code.with_name("code.part").write_text(str(os.waitstatus_to_exitcode(status)), "utf-8")
        code.with_name("code.part").replace(code)
    os._exit(0)


def _become(asked: dict[str, Any]) -> NoReturn:
    code: Any = 1
    try:
        os.setsid()
        os.chdir(asked["cwd"])
        if asked["env"] is not None:
            os.environ.clear()
            os.environ.update(asked["env"])
        for number, name in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
            with open(name, "rb" if number == 0 else "ab") as file:
                os.dup2(file.fileno(), number)
        if script := asked.get("script"):
            sys.argv = script
            others = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
            sys.path[:0] = [str(Path(script[0]).resolve().parent), *others]
            sys.modules.pop("sitecustomize", None)
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module("sitecustomize")
            runpy.run_path(script[0], run_name="__main__")
        else:
            if asked["die_at"] is not None:
                _die_at(asked["die_at"])
            sys.argv = asked["argv"]
            from artgan.cli import main

            main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _die_at(number: int) -> None:
    """Kill this process before a change of the folder of runs; what is only being gathered to be sent is none."""
    left = number

    def hear(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event not in ("os.mkdir", "os.rename", "subprocess.Popen"):
            return
        parts = Path(str(args[1] if event == "os.rename" else args[0])).parts
        if event != "subprocess.Popen" and ("runs" not in parts or any(p.startswith("artgan-") for p in parts)):
            return
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    sys.addaudithook(hear)


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose azure is not Microsoft's
    _serve(sys.argv[1:])
