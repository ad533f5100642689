"""A job trains from what was sent; its node may be taken away at any moment, and nothing stands twice or is lost."""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from quick import QUICK

from artgan import files, seeds
from artgan.compute import job
from artgan.compute.backend import JobSpec
from artgan.compute.reporting import Silent
from artgan.compute.restoring import make_ready
from artgan.compute.staging import stage
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import read_set
from artgan.datasets.preparing import prepare
from artgan.datasets.zipping import PreparedZip
from artgan.errors import DamagedError, DiskFullError
from artgan.runs.folder import RunFolder
from artgan.runs.record import Best, Checkpoint
from artgan.runs.store import new_run
from artgan.training.config import to_toml
from artgan.training.events import Tick, Verdict
from artgan.training.resolving import resolve

pytestmark = pytest.mark.skipif(
    not list(importlib.metadata.Distribution.discover(name="artgan")),
    reason="artgan is not installed: pip install -e .",
)

COUNT = 24
CONFIG = {
    **QUICK,
    "size": 16, "batch_size": 8, "latent_dim": 16, "grid": 4, "precision": "float32", "epochs": 100_000,
    "save_every": "0.3s",
}  # fmt: skip


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``job``, as it is sent, and ``data``, as it is mounted; not to be changed."""
    place = tmp_path_factory.mktemp("sent")
    pictures = place / "pictures"
    pictures.mkdir()
    draw = np.random.default_rng(0)
    for number in range(COUNT):
        coarse = Image.fromarray(draw.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        coarse.resize((32, 32), Image.Resampling.BICUBIC).save(pictures / f"p{number:02d}.png")
    for _ in import_folder(pictures, datasets_dir=place / "datasets", name="drawn"):
        pass
    dataset = DatasetFolder(place / "datasets" / "drawn")
    for _ in prepare(dataset, size=16):
        pass
    packed = PreparedZip.of(dataset, 16).write(place / "data")
    (place / "data" / "other-16-000000000000.zip").write_bytes(b"of somebody else")
    fingerprint = read_set(dataset, 16).fingerprint
    folder = new_run(
        place / "runs", "drawn-16", backend="azureml", state="submitting", size=16, dataset="drawn",
        dataset_fingerprint=fingerprint, images=COUNT, tags={"mood": "calm"},
    )  # fmt: skip
    folder.config_path.write_text(to_toml(resolve(CONFIG)))
    spec = JobSpec(run=folder.name, run_id=folder.record.id, dataset="drawn", size=16, data=packed.name)
    stage(folder, spec, place / "job")
    return place


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(sent: Path, tmp_path: Path) -> Iterator[Start]:
    """Start the job in ``tmp_path/job``, where no other artgan can be imported than the one that was sent."""
    place = tmp_path / "job"
    shutil.copytree(sent / "job", place)
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AZUREML"))}
        packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
        environ |= {"PYTHONPATH": os.pathsep.join(packages), "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
        with open(place / "std_log.txt", "a") as log:
            process = subprocess.Popen(
                [sys.executable, "-S", "entry.py", *map(str, arguments or ("--data", sent / "data"))],
                cwd=place, env=environ, stdout=log, stderr=log, text=True,
            )  # fmt: skip
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.wait()


def until(what: Callable[[], bool], process: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + 600
    while not what():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.02)


def steps_of(folder: RunFolder) -> list[int]:
    return [tick["step"] for tick in folder.ticks()]


def states_of(folder: RunFolder) -> list[Path]:
    return sorted(folder.states.glob("*.npz"), key=lambda path: int(path.name[5:14]))


def test_it_trains_is_killed_with_its_newest_files_torn_and_goes_on(start: Start, sent: Path, tmp_path: Path) -> None:
    place = tmp_path / "job"
    outputs, log = RunFolder(place / "outputs"), place / "std_log.txt"
    process = start()
    until(lambda: len(steps_of(outputs)) >= 2 and len(states_of(outputs)) == 2, process, log)
    running = RunFolder(outputs.path).current()
    assert (running.state, running.backend, running.host, running.pid) == ("running", "azureml", "", None)
    assert running.id == RunFolder(sent / "job" / "run").record.id and running.tags == {"mood": "calm"}
    process.kill()
    process.wait()

    before, newest = states_of(outputs)[-2:]
    newest.write_bytes(newest.read_bytes()[:-500])
    generator = outputs.generators()[-1]
    torn = outputs.models / f"gen_{generator.epoch + 50_000:06d}.keras"
    torn.write_bytes(generator.path.read_bytes()[:-500])
    sheet = outputs.newest_grid()
    assert sheet
    sheet.write_bytes(sheet.read_bytes()[:-30])
    outputs.record_path.write_bytes(outputs.record_path.read_bytes()[:100])
    outputs.latents_path.write_bytes(b"\x93NUMPY")
    with open(outputs.metrics_path, "a") as file:
        file.write('{"step": 999999999, "epoch": 1}\n{"step": 12')
    begun = outputs.ticks()[0]

    process = start()
    step = int(before.name[5:14])
    until(lambda: any(tick > step for tick in steps_of(outputs)[1:]) and "goes on" in log.read_text(), process, log)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)  # a service may repeat itself; it saves all the same
    assert process.wait(300) == 0, log.read_text()[-3000:]

    text = log.read_text()
    assert f"{newest.name} is torn" in text and f"going on from step {step}" in text and "stopped: asked" in text
    assert "critic" in text and "saved epoch" in text and "Traceback" not in text
    steps = steps_of(outputs)
    assert steps == sorted(set(steps)) and outputs.ticks()[0] == begun and steps[-1] > step
    record = RunFolder(outputs.path).record
    assert (record.state, record.backend, record.host, record.pid) == ("stopped", "azureml", "", None)
    assert record.step == steps[-1] == int(states_of(outputs)[-1].name[5:14])
    assert not torn.exists() and outputs.generator().epoch == record.epoch
    assert np.array_equal(np.load(outputs.latents_path), seeds.latents(range(4), 16))
    for path in outputs.samples.glob("*.png"):
        Image.open(path).load()
    assert not list(outputs.path.rglob("*.part"))


def test_asked_to_end_before_it_learns_it_leaves_at_once(start: Start, tmp_path: Path) -> None:
    place = tmp_path / "job"
    log = place / "std_log.txt"
    process = start()
    until(lambda: "on Python" in log.read_text(), process, log)
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert process.wait(300) == 0 and time.monotonic() - begun < 10
    assert log.read_text().splitlines()[-1] == "asked to stop before it began to learn"
    assert RunFolder(place / "outputs").record.state == "stopped"


@pytest.mark.parametrize("what", ["no data", "no description", "a torn zip"])
def test_what_cannot_be_done_is_said_in_a_line_with_what_mends_it(
    what: str, start: Start, sent: Path, tmp_path: Path
) -> None:
    place, data = tmp_path / "job", sent / "data"
    if what == "no data":
        data = tmp_path
    elif what == "no description":
        (place / "run" / "job.json").write_text("{")
    else:
        data = tmp_path / "mounted"
        shutil.copytree(sent / "data", data)
        (packed,) = data.glob("drawn-*.zip")
        packed.write_bytes(packed.read_bytes()[:1000])
    assert start("--data", data).wait(300) == 1
    lines = (place / "std_log.txt").read_text().splitlines()
    assert lines[-2].startswith("error: ") and lines[-1].startswith("hint: ")
    assert not any("Traceback" in line for line in lines)


def test_how_good_it_is_goes_to_the_service_and_what_it_means_into_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[dict[str, float]] = []

    class Service(Silent):
        def metric(self, step: int, values: Mapping[str, float]) -> None:
            told.append(dict(values))

    tick = Tick(
        step=1, epoch=1, images_seen=8, seconds=1, cpu_seconds=1, images_per_s=8, d_loss=0.7, g_loss=0.7, penalty=0,
        accuracy=0.5, memory_mb=1,
    )  # fmt: skip
    report, log = job._Report(Service()), job._Log()
    for event in (tick, tick.model_copy(update={"kid_lite0": 0.25}), tick):
        report.show(event)
        log.show(event)
    assert [values.get("kid_lite0") for values in told] == [None, 0.25, 0.25]
    log.show(Verdict(word="critic", text="the critic is winning", level="warning"))
    lines = capsys.readouterr().out.splitlines()
    assert "KID 0.250" in lines[1] and lines[2:] == ["warning: the critic is winning"]


# -- an empty disk, and what the service has


class Kept:
    """The files that a service took from a job's working directory; fails so many times first."""

    def __init__(self, place: Path, failures: int = 0) -> None:
        self.place = place
        self.failures = failures
        self.fetched: list[str] = []

    def _answer(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the service is away")

    def names(self) -> list[str]:
        self._answer()
        return [path.relative_to(self.place).as_posix() for path in self.place.rglob("*") if path.is_file()]

    def fetch(self, name: str, path: Path) -> None:
        self._answer()
        self.fetched.append(name)
        shutil.copyfile(self.place / name, path)


def write_state(folder: RunFolder, step: int, *, whole: bool = True) -> Path:
    data = f"the weights after {step} steps".encode() * 20
    path = folder.states / f"step_{step:09d}.{hashlib.sha256(data).hexdigest()[:16]}.npz"
    files.write_bytes(path, data if whole else data[:-1])
    return path


@pytest.fixture
def kept(sent: Path, tmp_path: Path) -> Kept:
    """What the service has of a run: states of the steps 90, 1000 and, torn, 2000, and what goes with them."""
    folder = RunFolder(tmp_path / "kept" / "outputs")
    folder.path.mkdir(parents=True)
    for step in (90, 1000):
        write_state(folder, step)
    write_state(folder, 2000, whole=False)
    (folder.states / "step_000003000.0000000000000000.npz.part").write_bytes(b"half")
    record = RunFolder(sent / "job" / "run").record.model_copy(update={"state": "running", "seconds": 77.0})
    folder.record_path.write_text(record.model_dump_json())
    config = resolve({**CONFIG, "lr": 0.001})
    folder.config_path.write_text(to_toml(config))
    folder.log_path.write_text("began\n")
    np.save(folder.latents_path, seeds.latents(range(4), 16))
    lines = [json.dumps({"step": step, "epoch": step // 3, "images_seen": 8 * step}) for step in (500, 1000, 1500)]
    folder.metrics_path.write_text("\n".join(lines) + "\n")
    heavy = folder.models / "gen_000300.keras"
    heavy.parent.mkdir()
    with zipfile.ZipFile(heavy, "w") as archive:
        archive.writestr("weights", b"heavy")
    assert folder.consider(Checkpoint(300, heavy), (0.25, 0.01), 500)
    return Kept(tmp_path / "kept")


def ready(sent: Path, place: Path, kept: Kept | None) -> tuple[RunFolder, str]:
    said: list[str] = []
    folder = make_ready(RunFolder(sent / "job" / "run"), RunFolder(place / "outputs"), kept, said.append, pause_s=0)
    return folder, "\n".join(said)


@pytest.mark.parametrize("failures", [0, 2])
def test_on_an_empty_disk_the_newest_whole_checkpoint_comes_back(
    sent: Path, kept: Kept, tmp_path: Path, failures: int
) -> None:
    kept.failures = failures
    folder, said = ready(sent, tmp_path, kept)
    assert [path.name[5:14] for path in folder.states.iterdir()] == ["000001000"]
    assert "step_000002000" in said and "torn" in said and "going on from step 1000" in said
    assert steps_of(folder) == [500, 1000, 1500]  # the training cuts what came after its step
    assert folder.record.seconds == 77.0 and "lr = 0.001" in folder.config_path.read_text()
    assert folder.log_path.read_text() == "began\n" and folder.latents_path.is_file()
    assert folder.best() == Best(epoch=300, kid_lite0=0.25, kid_lite0_error=0.01, samples=500)
    assert not any("models/gen_" in name or ".part" in name for name in kept.fetched)


def test_what_no_disk_has_room_for_is_not_taken_for_lost(sent: Path, kept: Kept, tmp_path: Path) -> None:
    def full(name: str, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept.fetch = full  # type: ignore[method-assign]
    with pytest.raises(DiskFullError):
        ready(sent, tmp_path, kept)
    assert not list((tmp_path / "outputs").rglob("*.npz*"))


def test_what_the_disk_has_is_not_asked_for(sent: Path, kept: Kept, tmp_path: Path) -> None:
    write_state(RunFolder(tmp_path / "outputs"), 40)
    folder, said = ready(sent, tmp_path, kept)
    assert "going on from step 40" in said and not kept.fetched
    assert folder.record.id == RunFolder(sent / "job" / "run").record.id


def test_a_torn_record_is_taken_anew_and_keeps_what_the_numbers_say(sent: Path, kept: Kept, tmp_path: Path) -> None:
    for name in ("run.json", "config.toml"):
        (kept.place / "outputs" / name).write_text('{"id": ')
    folder, _ = ready(sent, tmp_path, kept)
    record, begun = folder.record, RunFolder(sent / "job" / "run").record
    assert (record.id, record.name, record.backend) == (begun.id, begun.name, "azureml")
    assert (record.step, record.epoch, record.images_seen) == (1500, 500, 12000)
    assert "epochs = 100000" in folder.config_path.read_text()


def test_where_nothing_is_whole_it_begins_anew_and_throws_nothing_away(sent: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "outputs")
    write_state(folder, 7, whole=False)
    files.write_bytes(folder.models / "gen_000002.keras", b"weights")
    folder.metrics_path.write_text('{"step": 7}\n')
    folder, said = ready(sent, tmp_path, Kept(tmp_path / "none"))
    assert "beginning anew" in said
    assert not folder.ticks() and not folder.generators() and not list(folder.states.glob("*"))
    assert (folder.path / "earlier-1" / "models" / "gen_000002.keras").read_bytes() == b"weights"
    assert folder.record.state == "submitting" and folder.config_path.is_file()


@pytest.mark.parametrize("kept_failures", [None, 100])
def test_a_first_start_is_quiet_and_a_service_that_is_away_is_said(
    sent: Path, kept: Kept, tmp_path: Path, kept_failures: int | None
) -> None:
    kept.failures = kept_failures or 0
    folder, said = ready(sent, tmp_path, kept if kept_failures else None)
    assert bool(said) == bool(kept_failures) and (not said or "begins anew (ConnectionError" in said)
    assert sorted(path.name for path in folder.path.iterdir()) == ["config.toml", "run.json"]


def test_a_job_that_came_without_its_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="cannot be read as the record"):
        ready(tmp_path / "nothing", tmp_path, None)
