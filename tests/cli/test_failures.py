"""Every failure is one line, a hint and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import subprocess
import sys
import time

import pytest

from artgan import errors, files
from artgan.cli.failures import ANEW, GOES_ON, KEEPS, exit_code_of


@pytest.mark.parametrize(
    ("args", "code", "error", "hint"),
    [
        (["lst"], 2, "artgan has no command 'lst'", "did you mean: artgan list"),
        (["runs", "delte"], 2, "artgan runs has no command 'delte'", "did you mean: artgan runs delete"),
        (["qqqqq"], 2, "artgan has no command 'qqqqq'", "see them with: artgan --help"),
        (["list", "--statu", "x"], 2, "no such option: --statu", "did you mean: artgan list --status"),
        (["list", "--frobnicate"], 2, "no such option: --frobnicate", "see how it is used with: artgan list --help"),
        (["import"], 2, "missing argument 'PATH'", "see how it is used with: artgan import --help"),
        (["list", "a", "b"], 2, "got unexpected extra argument(s) (a b)",
         "see how it is used with: artgan list --help"),
        (["show", "@last"], 4, "no run in runs yet", "start one with: artgan train"),
        (["datasets", "show"], 4, "no dataset in datasets", "make one with: artgan import FOLDER --name NAME"),
        (["train", "--size", "65"], 2, "size 65 is not a power of two between 8 and 1024",
         "use --size 64 or --size 128"),
        (["train", "--set", "sise=3"], 2, "there is no field 'sise'", "see them with: artgan train --help"),
    ],
)  # fmt: skip
def test_form_of_an_error(studio, args, code, error, hint):
    result = studio.artgan(*args)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.endswith(f"error: {error}\n\nhint: {hint}\n")


def test_each_kind_of_error_has_its_exit_code(capsys):
    codes = {}
    for kind in (
        errors.ArtganError, errors.UsageError, errors.SetupError, errors.NotFoundError, errors.PartlyDoneError,
        errors.RemoteError,
    ):  # fmt: skip
        with exit_code_of() as outcome:
            raise kind("it went wrong", "mend it")
        codes[kind.__name__] = outcome.code
    assert list(codes.values()) == [1, 2, 3, 4, 5, 6]
    assert capsys.readouterr().err.count("error: it went wrong\n\nhint: mend it\n") == 6


def test_the_unexpected_is_one_line_too_and_the_traceback_is_asked_for(capsys, monkeypatch):
    monkeypatch.delenv("ARTGAN_TRACEBACK", raising=False)

    def fail(**options: bool) -> str:
        with exit_code_of(**options) as outcome:
            raise RuntimeError("two\nlines")
        assert outcome.code == 1
        return capsys.readouterr().err

    quiet = fail()
    assert quiet.startswith("error: RuntimeError: two lines\n\nhint: ") and "ARTGAN_TRACEBACK=1" in quiet
    assert "Traceback" not in quiet
    assert "Traceback" in fail(tell_all=True)
    monkeypatch.setenv("ARTGAN_TRACEBACK", "1")
    assert "Traceback" in fail()


@pytest.mark.parametrize(
    ("module", "function", "promise"),
    [
        ("fetch", "fetch", GOES_ON), ("prepare", "prepare", GOES_ON), ("pull", "pull", GOES_ON),
        ("sample", "sample", KEEPS), ("sign", "sign", KEEPS),
        ("interpolate", "interpolate", ANEW), ("timelapse", "timelapse", ANEW), ("gallery", "gallery", ANEW),
        ("report", "report", ANEW), ("project", "project", ANEW),
        ("list_", "list_runs", ""), ("train", "train", ""),
    ],
)  # fmt: skip
def test_a_command_promises_of_itself_only_what_is_true(module, function, promise):
    assert getattr(getattr(importlib.import_module(f"artgan.cli.{module}"), function), "again", "") == promise


@pytest.mark.parametrize("promise", ["", GOES_ON, KEEPS, ANEW])
def test_what_comes_of_the_same_command_is_said_after_a_stop_and_on_a_full_disk(capsys, tmp_path, promise):
    for error in (KeyboardInterrupt(), files.storage_error(OSError(errno.ENOSPC, "full"), tmp_path / "a.png")):
        with exit_code_of(again=promise):
            raise error
        said = capsys.readouterr().err
        assert said.endswith("give the same command again" + (f": {promise}" if promise else "") + "\n")
    with exit_code_of(again=promise):
        raise errors.DiskFullError("no room", "artgan train --resume x")
    assert capsys.readouterr().err.endswith("hint: artgan train --resume x\n"), "who knows more says it"


def test_traceback_only_when_asked_for(studio):
    assert "Traceback" not in studio.artgan("show", "nothing").stderr
    assert "Traceback" not in studio.artgan("show", "nothing", "-v").stderr
    assert "Traceback" in studio.artgan("show", "nothing", "-vv").stderr


def test_ctrl_c_is_130(studio, tmp_path):
    run = studio.run(state="running")
    run.log("begun")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "artgan", "logs", run.name, "-f"]
    process = subprocess.Popen(command, cwd=studio.path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert b"begun" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=150)
    assert process.returncode == 130
    assert told.startswith(b"error: interrupted\n")


def test_a_reader_that_leaves_is_no_error(studio):
    run = studio.run()
    with open(run.log_path, "w") as file:
        file.writelines(f"line {number}\n" for number in range(200_000))
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "artgan", "logs"]
    process = subprocess.Popen(command, cwd=studio.path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.wait(timeout=150)


def test_the_first_words_come_before_the_heavy_imports(studio):
    place = studio.pictures()
    begun = time.perf_counter()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    slow_numpy = studio.path / "slow"
    slow_numpy.mkdir()
    (slow_numpy / "sitecustomize.py").write_text(
        "import sys, time\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'numpy': time.sleep(30)\n"
        "sys.meta_path.insert(0, Slow())\n"
    )
    environ["PYTHONPATH"] = f"{slow_numpy}{os.pathsep}{environ['PYTHONPATH']}"
    command = [sys.executable, "-m", "artgan", "import", str(place)]
    process = subprocess.Popen(command, cwd=studio.path, env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == f"reading {place} ...\n"
    assert time.perf_counter() - begun < 20
    process.kill()
    process.wait()
