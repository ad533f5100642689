"""The Dockerfile, as far as it can be tried where there is no Docker engine: what it copies, and what it runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())


def steps(word: str) -> list[str]:
    return re.findall(rf"^{word}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def copy(into: Path) -> None:
    """Do what the COPY lines do, with what .dockerignore leaves."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in steps("COPY"):
        *sources, target = line.split()
        for name in sources:
            assert name.split("/")[0] in kept, f"{name} is left out by .dockerignore"
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name, into / target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
                )
            else:
                (into / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, into / target)


def test_what_it_copies_is_all_that_an_installation_needs(tmp_path: Path) -> None:
    copy(tmp_path / "context")
    wheels = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, tmp_path / "context"]
    done = subprocess.run([*map(str, wheels)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("artgan-*.whl")
    listed = subprocess.run([sys.executable, "-m", "zipfile", "-l", wheel], capture_output=True, text=True).stdout
    for name in ("artgan/cli/app.py", "artgan/starter/@starter/run.json", "artgan/report/templates/sweep.html"):
        assert name in listed


@pytest.mark.parametrize(
    ("device", "asked"), [("cpu", "install --no-cache-dir ."), ("gpu", "install --no-cache-dir .[gpu]"), ("tpu", "")]
)
def test_the_device_chooses_what_is_installed(tmp_path: Path, device: str, asked: str) -> None:
    (command,) = [line for line in steps("RUN") if "DEVICE" in line]
    pip = tmp_path / "pip"
    pip.write_text('#!/bin/sh\necho "$@"\n')
    pip.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DEVICE": device}
    done = subprocess.run(["sh", "-c", command], env=environ, capture_output=True, text=True)
    assert done.stdout.strip() == asked and (done.returncode == 0) == bool(asked)
    assert bool(asked) or "DEVICE is cpu or gpu, not tpu" in done.stderr


def test_the_command_of_a_job_is_the_image_s_own_business_to_leave_alone() -> None:
    assert not steps("ENTRYPOINT") and steps("CMD") == ['["artgan", "--help"]']
