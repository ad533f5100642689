"""What ``artgan doctor`` looks at: each check returns one line, and the command that mends it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from artgan.cli import words

OLDEST_PYTHON = (3, 11)
# TensorFlow alone takes about half a gigabyte; training at 64 px on the CPU about one and a half.
_MEMORY_GB = 2.0
_DISK_GB = 2.0
_IMPORT_LIMIT_S = 120
_HOSTS = {"www.wikiart.org": "paintings", "pypi.org": "packages"}

# In its own process: a processor or driver that does not fit can end the process that imports TensorFlow.
_PROBE = """
import json, sys
try:
    import tensorflow, keras
    tensorflow.linalg.matmul(tensorflow.ones((2, 2)), tensorflow.ones((2, 2)))
    gpus = tensorflow.config.list_physical_devices("GPU")
    names = [tensorflow.config.experimental.get_device_details(g).get("device_name", g.name) for g in gpus]
    found = {"tensorflow": tensorflow.__version__, "keras": keras.__version__, "gpus": names}
except Exception as error:
    found = {"error": f"{type(error).__name__}: {error}"}
print(json.dumps(found))
"""


class Check(NamedTuple):
    """One line of the doctor's report.

    ``state`` is "good", "note" (works, but could be better) or "bad" (what it names cannot work).
    """

    name: str
    state: Literal["good", "note", "bad"]
    text: str
    mend: str = ""
    stops_training: bool = False


def examine(datasets_dir: Path, runs_dir: Path, *, online: bool) -> Iterator[Check]:
    """Yield every check, the quick ones first."""
    yield python()
    yield processor()
    yield memory()
    yield disk(runs_dir)
    yield writable("datasets", datasets_dir, "--datasets-dir")
    yield writable("runs", runs_dir, "--runs-dir")
    found = probe()
    yield tensorflow(found)
    if "error" not in found:
        yield gpu(found, nvidia())
    if online:
        for host, what in _HOSTS.items():
            yield reachable(host, what)


def python() -> Check:
    """Check the version of Python and whether it is 64-bit."""
    version = platform.python_version()
    text = f"{version} on {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST_PYTHON:
        return Check("Python", "bad", text, "install Python 3.11 or newer, and artgan in it", True)
    if sys.maxsize < 2**32:
        return Check("Python", "bad", f"{text}, 32-bit", "install a 64-bit Python: TensorFlow has no other", True)
    return Check("Python", "good", text)


def processor(info: Path = Path("/proc/cpuinfo")) -> Check:
    """Check for the instructions that TensorFlow is built with, and for those that make it quick."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    name, flags = platform.processor() or platform.machine(), set()
    if info.is_file():
        lines = dict(line.split(":", 1) for line in info.read_text(errors="replace").splitlines() if ":" in line)
        values = {key.strip(): value.strip() for key, value in lines.items()}
        name = values.get("model name", name)
        flags = set(values.get("flags", "").split())
    text = f"{name}, {words.count(cores, 'core')}"
    if not flags:
        return Check("processor", "good", text)
    quick = [label for flag, label in _QUICK.items() if flag in flags]
    text += f" ({', '.join(quick)})" if quick else ""
    if "avx" not in flags:
        return Check("processor", "bad", f"{text}: has no AVX", "train on another machine: TensorFlow needs AVX", True)
    return Check("processor", "good", text)


_QUICK = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "bfloat16", "amx_bf16": "AMX bfloat16"}


def memory() -> Check:
    """Check for room for TensorFlow and the networks."""
    import psutil

    found = psutil.virtual_memory()
    text = f"{words.size(found.available)} free of {words.size(found.total)}"
    if found.available < _MEMORY_GB * 1e9:
        return Check(
            "memory", "note", text, "close other programs, or train smaller: artgan train --size 32 --batch-size 16"
        )
    return Check("memory", "good", text)


def disk(runs_dir: Path) -> Check:
    """Check for room for runs."""
    free = shutil.disk_usage(nearest(runs_dir)).free
    text = f"{words.size(free)} free where the runs lie"
    if free < _DISK_GB * 1e9:
        return Check(
            "disk", "note", text, "see what takes the room with: artgan list; delete with: artgan runs delete RUN"
        )
    return Check("disk", "good", text)


def writable(what: str, folder: Path, flag: str) -> Check:
    """Check that a folder can be written, or made where it is missing."""
    place = nearest(folder)
    missing = "" if folder.is_dir() else " (will be made)"
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        mend = f"choose another folder: artgan config set {what}_dir DIR, or {flag} DIR"
        return Check(f"{what} folder", "bad", f"{folder} cannot be written: {error.strerror}", mend, True)
    return Check(f"{what} folder", "good", f"{folder}{missing}")


def nearest(folder: Path) -> Path:
    """Return the folder, or the nearest above it that exists."""
    folder = folder.absolute()
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def probe(code: str = _PROBE) -> dict[str, Any]:
    """Import TensorFlow and Keras in a process of their own and return what they say of themselves."""
    environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_IMPORT_LIMIT_S, env=environ
        )
    except subprocess.TimeoutExpired:
        return {"error": f"importing it took longer than {_IMPORT_LIMIT_S} s"}
    lines = done.stdout.strip().splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        last = done.stderr.strip().splitlines()
        return {"error": f"its process ended with {done.returncode}" + (f": {last[-1]}" if last else "")}
    return found if isinstance(found, dict) else {"error": "it answered nothing that can be read"}


def tensorflow(found: dict[str, Any]) -> Check:
    """Judge whether TensorFlow and Keras work."""
    if "error" in found:
        mend = f"{sys.executable} -m pip install --upgrade --force-reinstall tensorflow keras"
        return Check("TensorFlow", "bad", found["error"], mend, True)
    text = f"{found['tensorflow']}, Keras {found['keras']}"
    return Check("TensorFlow", "good", text)


def nvidia() -> str:
    """Return name and driver of the first NVIDIA card as the driver's own tool tells it; empty where there is none."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return ""
    query = [tool, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().partition("\n")[0] if done.returncode == 0 else ""


def gpu(found: dict[str, Any], card: str) -> Check:
    """Judge whether a graphics card is used, and if one could be."""
    if found["gpus"]:
        driver = f" ({card})" if card else ""
        return Check("GPU", "good", f"{', '.join(found['gpus'])}{driver}")
    if card and platform.system() == "Linux":
        mend = f"{sys.executable} -m pip install 'tensorflow[and-cuda]'"
        return Check("GPU", "note", f"{card} is there, but TensorFlow does not see it", mend)
    if platform.system() in {"Darwin", "Windows"}:
        return Check(
            "GPU", "good", f"none: TensorFlow has none for {platform.system()}, training runs on the processor"
        )
    return Check("GPU", "good", "none: training runs on the processor")


def reachable(host: str, what: str, open_url: Callable[..., Any] | None = None) -> Check:
    """Check that a host answers; any answer counts."""
    import urllib.error
    import urllib.request

    request = urllib.request.Request(f"https://{host}/", method="HEAD", headers={"User-Agent": "artgan doctor"})
    try:
        (open_url or urllib.request.urlopen)(request, timeout=10).close()
    except urllib.error.HTTPError:
        pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Check(host, "note", f"not reachable for {what}: {reason}", "check the network, or set HTTPS_PROXY")
    return Check(host, "good", f"reachable for {what}")
