"""doctor: every line that is not good says what mends it."""

from __future__ import annotations

import urllib.error
from collections import namedtuple
from pathlib import Path

import pytest

from artgan.cli import checks

INFO = "processor\t: 0\nmodel name\t: Test CPU\nflags\t\t: fpu {flags}\n"


@pytest.mark.parametrize(("flags", "state"), [("sse avx avx2 avx512f", "good"), ("sse sse2", "bad")])
def test_processor(tmp_path, flags, state):
    (tmp_path / "cpuinfo").write_text(INFO.format(flags=flags))
    check = checks.processor(tmp_path / "cpuinfo")
    assert check.state == state and "Test CPU" in check.text
    assert check.stops_training == (state == "bad")
    assert ("AVX2, AVX-512" in check.text) == (state == "good")


def test_processor_of_a_system_that_does_not_tell(tmp_path):
    assert checks.processor(tmp_path / "nothing").state == "good"


def test_folders(tmp_path):
    assert checks.writable("runs", tmp_path / "not" / "there", "--runs-dir").text.endswith("(will be made)")
    (tmp_path / "file").write_text("")
    assert checks.nearest(tmp_path / "a" / "b") == tmp_path
    assert checks.writable("runs", tmp_path, "--runs-dir").state == "good"


def test_a_folder_that_cannot_be_written(monkeypatch, tmp_path):
    def refuse(**options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checks.tempfile, "TemporaryFile", refuse)
    check = checks.writable("runs", tmp_path, "--runs-dir")
    assert check.stops_training and "artgan config set runs_dir" in check.mend


def test_tensorflow_that_does_not_load():
    found = checks.probe("import sys; sys.exit('no such library')")
    check = checks.tensorflow(found)
    assert check.stops_training and "no such library" in check.text and "pip install" in check.mend


def test_tensorflow_that_ends_its_process():
    check = checks.tensorflow(checks.probe("import os; os.abort()"))
    assert check.stops_training and "-6" in check.text


def test_tensorflow_that_loads():
    found = checks.probe('print("noise"); print(\'{"tensorflow": "2.21.0", "keras": "3.15.1", "gpus": ["A"]}\')')
    assert checks.tensorflow(found).text == "2.21.0, Keras 3.15.1"
    assert checks.gpu(found, "A, 550.1, 80 GB").text == "A (A, 550.1, 80 GB)"


def test_a_card_that_tensorflow_does_not_see(monkeypatch):
    monkeypatch.setattr(checks.platform, "system", lambda: "Linux")
    check = checks.gpu({"gpus": []}, "H200, 550.1, 140 GB")
    assert check.state == "note" and "tensorflow[and-cuda]" in check.mend and not check.stops_training
    assert checks.gpu({"gpus": []}, "").state == "good"


def test_little_memory_and_disk(monkeypatch, tmp_path):
    import psutil

    Memory, Usage = namedtuple("Memory", "available total"), namedtuple("Usage", "total used free")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(1e9, 4e9))
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda path: Usage(10, 9, 1e6))
    for check in (checks.memory(), checks.disk(tmp_path)):
        assert check.state == "note" and check.mend


def test_network():
    def refuse(request: object, timeout: float) -> None:
        raise urllib.error.URLError("Name or service not known")

    def forbid(request: object, timeout: float) -> None:
        raise urllib.error.HTTPError("https://x/", 403, "Forbidden", {}, None)  # type: ignore[arg-type]

    unreachable = checks.reachable("www.wikiart.org", "paintings", refuse)
    assert unreachable.state == "note" and "Name or service not known" in unreachable.text and unreachable.mend
    assert checks.reachable("www.wikiart.org", "paintings", forbid).state == "good"


def report(monkeypatch, found: dict[str, object]) -> None:
    monkeypatch.setattr(checks, "probe", lambda: found)


def test_the_command_ends_with_3_when_training_cannot_work(studio, monkeypatch):
    report(monkeypatch, {"error": "ImportError: no libfoo"})
    result = studio.artgan("doctor")
    assert result.exit_code == 3
    assert "BAD   TensorFlow       ImportError: no libfoo" in result.stdout
    assert "mend: " in result.stdout and "error: training cannot work here: TensorFlow" in result.stderr
    value = studio.artgan("doctor", "--json")
    assert value.exit_code == 3 and '"stops_training": true' in value.stdout


def test_the_command_on_a_machine_that_can_train(studio, monkeypatch):
    report(monkeypatch, {"tensorflow": "2.21.0", "keras": "3.15.1", "gpus": []})
    result = studio.artgan("doctor")
    assert result.exit_code == 0, result.stdout
    names = {check["name"]: check["state"] for check in studio.json("doctor")}
    assert {"Python", "processor", "memory", "disk", "datasets folder", "runs folder", "TensorFlow", "GPU"} <= set(
        names
    )
    assert not Path("runs").exists() and not Path("datasets").exists()
