"""``artgan`` by a process that has loaded what it needs already: a command is a fork of it, and costs seconds less.

A fork runs the very function that the installed command runs, in a process of its own, which can be killed like any
other. It serves where many commands are needed, as after every step of submit; what a start loads, and how long it
takes, is for tests that start artgan from nothing.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
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


class Warm:
    """The process that is forked; one command at a time.

    Args:
        env: the environment of the commands.
        loaded: modules.
    """

    def __init__(self, env: Mapping[str, str], loaded: tuple[str, ...]) -> None:
        command = [sys.executable, __file__, *loaded]
        self._process = subprocess.Popen(
            command, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._last: Command | None = None
        self.loaded = loaded

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def begin(self, *args: str, cwd: Path, env: Mapping[str, str] | None = None, die_at: int | None = None) -> Command:
        """Start ``artgan ARGS``.

        Args:
            cwd: the current folder of the command.
            env: its environment; default that of the process.
            die_at: before this change of the folder of runs it is killed, the first being 0.
        """
        assert self._process.stdin is not None
        with tempfile.NamedTemporaryFile(delete=False) as out, tempfile.NamedTemporaryFile(delete=False) as err:
            asked = {"args": args, "cwd": str(cwd), "out": out.name, "err": err.name, "die_at": die_at}
        asked["env"] = None if env is None else dict(env)
        if self._last and not self._last.over:  # of a test that failed
            self._last.kill()
            self._last.wait()
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        self._last = Command(self, args, self._answer(), Path(out.name), Path(err.name))
        return self._last

    def _answer(self, timeout_s: float | None = None) -> int:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], timeout_s)[0]:
            raise TimeoutError
        line = self._process.stdout.readline()
        assert line, "the warm process ended"
        return int(line)


class Command:
    """One ``artgan ARGS`` under way."""

    def __init__(self, warm: Warm, args: tuple[str, ...], pid: int, out: Path, err: Path) -> None:
        self._warm, self._args, self._out, self._err = warm, args, out, err
        self.pid = pid
        self.over = False

    def kill(self) -> None:
        """End it with -9."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
        """Return what it printed, and its exit code, once it has ended; killed it is the signal's, negative.

        Raises:
            AssertionError: it took too long, and was ended.
        """
        try:
            code = self._warm._answer(timeout_s)
        except TimeoutError:
            self.kill()
            done = self.wait()
            words = " ".join(self._args)
            raise AssertionError(f"artgan {words} took over {timeout_s} s\n{done.stdout}\n{done.stderr}") from None
        self.over = True
        texts = [path.read_text("utf-8") for path in (self._out, self._err)]
        for path in (self._out, self._err):
            path.unlink()
        return subprocess.CompletedProcess(self._args, code, *texts)


_idle: list[Warm] = []


def run(
    *args: str, cwd: Path, env: Mapping[str, str], loaded: tuple[str, ...], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run ``artgan ARGS`` to its end by a process that is idle, or by a new one; from any thread."""
    try:
        warm = next(one for one in list(_idle) if one.loaded == loaded)
        _idle.remove(warm)
    except (StopIteration, ValueError):  # another thread may have been quicker
        warm = Warm({**os.environ, "PYTHONPATH": env["PYTHONPATH"]}, loaded)
    done = warm.begin(*args, cwd=cwd, env=env).wait(timeout_s)
    _idle.append(warm)
    return done


def rest() -> None:
    """End the processes that are idle."""
    while _idle:
        _idle.pop().close()


def _serve(loaded: list[str]) -> None:
    for name in loaded:
        importlib.import_module(name)
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            _become(json.loads(line))
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(asked: dict[str, Any]) -> NoReturn:
    code: Any = 1
    try:
        os.setsid()
        os.chdir(asked["cwd"])
        if asked["env"] is not None:
            os.environ.clear()
            os.environ.update(asked["env"])
        for number, name in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
            with open(name, "rb" if number == 0 else "wb") as file:
                os.dup2(file.fileno(), number)
        if asked["die_at"] is not None:
            _die_at(asked["die_at"])
        sys.argv = ["artgan", *asked["args"]]
        from artgan.cli import main

        main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code or 0
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
