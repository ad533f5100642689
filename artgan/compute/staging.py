"""What is sent to a cluster beside the data: the artgan that is installed here, and the run folder to train in.

The job then runs the same code, with the same versions of what it is built on, as this machine would.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from artgan import files
from artgan.compute.backend import JOB, JobSpec
from artgan.compute.versions import PACKAGE, distribution
from artgan.errors import NotFoundError, SetupError, UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.store import NOTHING

ARCHIVE = "artgan.zip"
ENTRY = "entry.py"
RUN = "run"

MOST_BYTES = 300 * 10**6
MOST_FILES = 2000
"""What Azure ML takes as the code of a job."""

_ENTRY = '''"""Runs the artgan that lies beside this file, whatever else is installed."""

import sys
import zipfile
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    with zipfile.ZipFile(here / "artgan.zip") as archive:
        archive.extractall(here)
    sys.path.insert(0, str(here))
    try:
        from artgan.compute.job import main
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("artgan"):
            raise
        sys.exit(
            f"error: this image has no {error.name}, which artgan is built on\\n\\n"
            "hint: build the image from artgan's Dockerfile, or leave --image out"
        )

    raise SystemExit(main(sys.argv[1:]))
'''


def stage(folder: RunFolder, spec: JobSpec, out: Path) -> Path:
    """Gather the files of a job in one folder: ``entry.py``, ``artgan.zip`` and ``run/``.

    The package is one file, the same bytes every time: a service is then asked once for it, not for each of its files,
    and not again while it is unchanged.

    Args:
        folder: the run's, with its record and its configuration.
        spec: what is asked of the backend.
        out: the folder to fill, made when missing; what an earlier call left in it is replaced.

    Returns:
        ``out``.

    Raises:
        SetupError: artgan is not installed, or its installation lacks a file.
        UsageError: it comes to more than the service takes, or ``out`` holds files of somebody else.
        NotFoundError: the run lacks its configuration, or the file that it shall begin with.
        DiskFullError: no room.
    """
    try:
        _clear(out)
        _pack(out / ARCHIVE)
        (out / ENTRY).write_text(_ENTRY, encoding="utf-8")
        _stage_run(folder, spec, out / RUN)
    except OSError as error:
        raise files.storage_error(error, out) from error
    _check_limits(out)
    return out


# -- the package


def _pack(path: Path) -> None:
    """Pack the installed package, without the times and rights of this machine."""
    found = ((source, name, source.stat()) for source, name in _package())
    path.write_bytes(_packed(tuple((source, name, stat.st_size, stat.st_mtime_ns) for source, name, stat in found)))


@lru_cache(maxsize=1)  # a sweep sends many runs, each with the same package
def _packed(members: tuple[tuple[Path, str, int, int], ...]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for source, name, _, _ in members:
            member = files.zip_member(f"{PACKAGE}/{name}")
            archive.writestr(member, source.read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return stream.getvalue()


def _package() -> Iterator[tuple[Path, str]]:
    """Yield the files of the installed package, each with its path inside the package."""
    installed = distribution()
    # Read here: from Python 3.12 on, ``installed.files`` leaves out what is missing.
    rows = csv.reader((installed.read_text("RECORD") or "").splitlines())
    listed = [PurePosixPath(row[0]) for row in rows if row and row[0].startswith(f"{PACKAGE}/")]
    if not listed:
        yield from _below(_editable(installed))
        return
    for file in listed:
        inside = file.relative_to(PACKAGE)
        if not _is_wanted(inside):
            continue
        source = Path(str(installed.locate_file(str(file))))
        if not source.is_file():
            raise SetupError(f"the installed artgan lacks {source}", "pip install --force-reinstall artgan")
        yield source, str(inside)


def _editable(installed: importlib.metadata.Distribution) -> Path:
    """Return the package's own folder of an editable installation, which lists a ``.pth`` instead of its files."""
    places = []
    for file in installed.files or []:
        if file.name.endswith(".pth"):
            text = Path(str(installed.locate_file(file))).read_text(encoding="utf-8")
            places += [Path(line.strip()) for line in text.splitlines() if line.strip()]
    origin = re.search(r'"url":\s*"(file:[^"]+)"', installed.read_text("direct_url.json") or "")
    if origin:
        project = Path(url2pathname(urlsplit(origin[1]).path))
        places += [project, project / "src"]
    for place in places:
        if (place / PACKAGE / "__init__.py").is_file():
            return place / PACKAGE
    raise SetupError("the files of the installed artgan cannot be found", "pip install --force-reinstall artgan")


def _below(package: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package).as_posix()
        if path.is_file() and _is_wanted(PurePosixPath(inside)):
            yield path, inside


def _is_wanted(inside: PurePosixPath) -> bool:
    left_out = any(part.startswith(".") or part in {"__pycache__", "tests"} for part in inside.parts)
    return not left_out and inside.suffix not in {".pyc", ".pyo", ".part"}


# -- the run


def _stage_run(folder: RunFolder, spec: JobSpec, out: Path) -> None:
    out.mkdir(parents=True)
    # This machine's process is nobody's business there, and nothing to judge the run by.
    record = folder.record.model_copy(update={"host": "", "pid": None, "process_started": None})
    (out / "run.json").write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (out / JOB).write_text(spec.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if not folder.config_path.is_file():
        raise NotFoundError(f"run {folder.name} has no configuration", "submit it anew: artgan submit")
    shutil.copyfile(folder.config_path, out / "config.toml")
    if spec.init not in ("", NOTHING):
        if PurePosixPath(spec.init).name != spec.init or not RunFolder(folder.path / spec.init).generators():
            raise NotFoundError(f"run {folder.name} has no {spec.init} to begin with", "submit it anew: artgan submit")
        shutil.copytree(folder.path / spec.init, out / spec.init)


def _clear(out: Path) -> None:
    """Take away what an earlier call left; anything else stays, and is refused."""
    out.mkdir(parents=True, exist_ok=True)
    foreign = sorted(set(os.listdir(out)) - {ENTRY, ARCHIVE, RUN})
    if foreign:
        raise UsageError(f"{out} holds {foreign[0]}, which is no part of a job", "give an empty folder")
    if (out / RUN).exists():
        shutil.rmtree(out / RUN)


def _check_limits(out: Path) -> None:
    found = [(path.stat().st_size, path) for path in out.rglob("*") if path.is_file()]
    total = sum(size for size, _ in found)
    if total > MOST_BYTES or len(found) > MOST_FILES:
        size, largest = max(found)
        raise UsageError(
            f"the job comes to {total / 1e6:,.0f} MB in {len(found):,} files; the service takes"
            f" {MOST_BYTES / 1e6:,.0f} MB in {MOST_FILES:,} files",
            f"the largest is {largest.relative_to(out).as_posix()}, {size / 1e6:,.0f} MB: begin from a smaller model",
        )
