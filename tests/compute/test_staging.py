"""What is sent with a job is the artgan that is installed, and it runs where nothing else of it is."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, version
from pathlib import Path

import pytest

import artgan
from artgan import files
from artgan.compute import staging, versions
from artgan.compute.backend import JobSpec
from artgan.compute.staging import stage
from artgan.compute.versions import others, pins
from artgan.errors import ArtganError, NotFoundError, SetupError, UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run
from artgan.training.config import to_toml
from artgan.training.job import find_source
from artgan.training.resolving import resolve

pytestmark = pytest.mark.skipif(
    not list(importlib.metadata.Distribution.discover(name="artgan")),
    reason="artgan is not installed: pip install -e .",
)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = new_run(tmp_path / "runs", "drawn-16", backend="azureml", state="submitting", size=16)
    folder.config_path.write_text(to_toml(resolve({"size": 16})))
    return folder


def spec_of(folder: RunFolder, **fields: object) -> JobSpec:
    return JobSpec(run=folder.name, run_id=folder.record.id, dataset="drawn", size=16, **fields)  # type: ignore[arg-type]


def alone(*arguments: object) -> str:
    """Run Python with the installed packages alone: no ``.pth`` files, nothing of this repository."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ["PYTHONPATH"] = os.pathsep.join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    done = subprocess.run(
        [sys.executable, "-S", *map(str, arguments)], env=environ, cwd="/", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def packed(out: Path) -> list[str]:
    """Return the files of the package that was staged."""
    with zipfile.ZipFile(out / "artgan.zip") as archive:
        return sorted(name.removeprefix("artgan/") for name in archive.namelist())


def test_a_fresh_python_imports_what_was_staged(run: RunFolder, tmp_path: Path) -> None:
    out = stage(run, spec_of(run), tmp_path / "staged")
    code = """
import importlib, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import artgan, artgan.compute.job, artgan.training.loop
azure = [name for name in sys.modules if name.split(".")[0] in ("azure", "azureml", "tensorflow", "typer", "rich")]
data = importlib.resources.files("artgan.datasets.sites").joinpath("dictionary.tsv").is_file()
print(json.dumps([artgan.__file__, artgan.compute.job.__file__, artgan.__version__, azure, data]))
"""
    assert "--data" in alone(out / "entry.py", "--help")
    package, job, number, foreign, data = json.loads(alone("-c", code, out))
    assert Path(package) == out / "artgan" / "__init__.py" and Path(job).is_relative_to(out)
    assert number == artgan.__version__ and not foreign and data


def test_an_image_that_lacks_something_is_told_so_in_one_line(run: RunFolder, tmp_path: Path) -> None:
    out = stage(run, spec_of(run), tmp_path / "staged")
    done = subprocess.run([sys.executable, "-S", "-E", out / "entry.py"], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: this image has no pydantic") and "Dockerfile" in done.stderr


def test_it_holds_the_package_and_the_run_and_nothing_else(run: RunFolder, tmp_path: Path) -> None:
    for name in ("gen_000000.keras", "dis_000000.keras"):
        files.write_bytes(run.path / "init" / "models" / name, name.encode())
    (run.path / "worker.txt").write_text("not sent")
    spec = spec_of(run, init="init", data="drawn-16-0123456789ab.zip", tags={"mood": "calm"})
    out = stage(run, spec, tmp_path / "staged")
    assert sorted(path.name for path in out.iterdir()) == ["artgan.zip", "entry.py", "run"]
    assert sorted(path.name for path in (out / "run").iterdir()) == [
        "config.toml", "init", "job.json", "run.json",
    ]  # fmt: skip
    assert JobSpec.model_validate_json((out / "run" / "job.json").read_bytes()) == spec
    source = find_source(str(out / "run" / "init"), tmp_path)
    assert source.generator.read_bytes() == b"gen_000000.keras"
    assert source.discriminator and source.discriminator.read_bytes() == b"dis_000000.keras"
    sent = RunFolder(out / "run").record
    assert (sent.id, sent.name, sent.backend) == (run.record.id, run.name, "azureml")
    assert (sent.host, sent.pid, sent.process_started) == ("", None, None)
    installed = Path(artgan.__file__).parent
    expected = {p.relative_to(installed).as_posix() for p in installed.rglob("*.py") if "__pycache__" not in p.parts}
    assert {name for name in packed(out) if name.endswith(".py")} == expected
    assert not [name for name in packed(out) if name.endswith((".pyc", ".part")) or "tests/" in name]


def test_staging_again_gives_the_same_and_leaves_what_others_put_there(run: RunFolder, tmp_path: Path) -> None:
    out = stage(run, spec_of(run), tmp_path / "staged")
    package = (out / "artgan.zip").read_bytes()
    (out / "run" / "stale.txt").touch()
    stage(run, spec_of(run), out)
    assert not (out / "run" / "stale.txt").exists()
    assert (out / "artgan.zip").read_bytes() == package, "what is the same is not sent again"
    (out / "painting.png").touch()
    with pytest.raises(UsageError, match=r"painting\.png, which is no part of a job"):
        stage(run, spec_of(run), out)
    assert (out / "painting.png").exists()


def test_a_run_that_lacks_something_is_not_sent(run: RunFolder, tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "runs" / "other" / "models" / "gen_1.keras", b"weights")
    for init in ("init", "../other"):
        with pytest.raises(NotFoundError, match="to begin with"):
            stage(run, spec_of(run, init=init), tmp_path / "staged")
    run.config_path.unlink()
    with pytest.raises(NotFoundError, match="has no configuration"):
        stage(run, spec_of(run), tmp_path / "staged")


def test_more_than_the_service_takes_is_refused(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = run.path / "init" / "models" / "gen_000000.keras"
    heavy.parent.mkdir(parents=True)
    with open(heavy, "wb") as file:
        file.truncate(301 * 10**6)
    with pytest.raises(UsageError, match=r"30\d MB in \d+ files; the service takes 300 MB in 2,000 files") as caught:
        stage(run, spec_of(run, init="init"), tmp_path / "staged")
    assert "run/init/models/gen_000000.keras, 301 MB" in caught.value.hint
    monkeypatch.setattr(staging, "MOST_FILES", 4)
    with pytest.raises(UsageError, match="in 4 files"):
        stage(run, spec_of(run), tmp_path / "staged")


class Installed(Distribution):
    """A distribution as pip leaves it in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read_text(self, filename: str) -> str | None:
        path = self.path / "artgan-1.dist-info" / filename
        return path.read_text() if path.is_file() else None

    def locate_file(self, path: object) -> Path:  # type: ignore[override]
        return self.path / str(path)


def install(place: Path, **texts: str) -> Installed:
    (place / "artgan-1.dist-info").mkdir(parents=True)
    for name, text in texts.items():
        (place / "artgan-1.dist-info" / name.replace("__", ".")).write_text(text)
    return Installed(place)


def write_package(place: Path) -> Path:
    for name in ("__init__.py", "compute/job.py", "data/words.tsv", "__pycache__/x.cpython-311.pyc", "tests/test_x.py"):
        path = place / "artgan" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return place


@pytest.mark.parametrize("kind", ["wheel", "pth", "direct_url", "src"])
def test_however_it_is_installed_its_files_are_found(
    kind: str, run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, project = tmp_path / "site", tmp_path / "a project"
    if kind == "wheel":
        write_package(site)
        files = [p.relative_to(site).as_posix() for p in (site / "artgan").rglob("*") if p.is_file()]
        found = install(site, RECORD="".join(f"{name},,\n" for name in [*files, "../bin/artgan", "artgan-1/x"]))
    elif kind == "pth":
        write_package(project)
        site.mkdir()
        (site / "_editable.pth").write_text(f"{project}\n")
        found = install(site, RECORD="_editable.pth,,\n")
    else:
        write_package(project / "src" if kind == "src" else project)
        url = json.dumps({"dir_info": {"editable": True}, "url": project.as_uri()})
        found = install(site, RECORD="artgan-1.dist-info/RECORD,,\n", direct_url__json=url)
    monkeypatch.setattr(versions.importlib.metadata, "distribution", lambda name: found)
    out = stage(run, spec_of(run), tmp_path / "staged")
    assert packed(out) == ["__init__.py", "compute/job.py", "data/words.tsv"]
    if kind == "wheel":
        (site / "artgan" / "compute" / "job.py").unlink()
    else:
        (next(project.rglob("artgan")) / "__init__.py").unlink()
    with pytest.raises(SetupError) as caught:
        stage(run, spec_of(run), tmp_path / "staged")
    assert caught.value.hint == "pip install --force-reinstall artgan"


def test_not_installed_is_said_with_the_line_that_mends_it(run, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(versions.importlib.metadata, "distribution", missing)
    for action in (pins, lambda: stage(run, spec_of(run), tmp_path / "staged")):
        with pytest.raises(ArtganError, match="artgan is not installed here") as caught:
            action()
        assert caught.value.hint == "pip install artgan" and caught.value.exit_code == 3


def test_the_job_gets_the_versions_that_are_here() -> None:
    found = pins()
    assert found["python"] == ".".join(platform.python_version().split(".")[:2])
    for name in ("tensorflow", "keras", "numpy", "pillow", "pydantic", "h5py", "psutil", "filelock", "tomlkit"):
        assert found[name] == version(name).partition("+")[0]
    assert not {"pytest", "pyarrow", "tensorboard", "azureml-core"} & found.keys()  # of extras


def test_a_job_says_what_is_not_as_it_was_where_it_came_from() -> None:
    assert others(pins()) == []
    found = others({**pins(), "python": "2.7", "keras": "3.0.0", "no-such-package": "1.0"})
    assert found == [f"python {pins()['python']}, not 2.7", f"keras {version('keras')}, not 3.0.0",
                     "no-such-package is missing"]  # fmt: skip
