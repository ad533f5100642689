"""One run's folder: its state now, its generators, its files."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.errors import BusyError, DamagedError, NotFoundError
from artgan.runs.folder import RunFolder
from artgan.runs.keeping import surplus
from artgan.runs.record import Checkpoint
from artgan.runs.store import new_run, process_fields


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = new_run(tmp_path / "runs", "flowers-64", dataset="flowers")
    folder.models.mkdir()
    folder.samples.mkdir()
    return folder


def test_highest_epoch_is_a_number_and_unfinished_files_do_not_count(run):
    for name in (
        "gen_1000.h5",
        "gen_10100.keras",
        "gen_999.hdf5",
        "gen_020000.keras.part",
        "gen_best.keras",
        "dis_99999.keras",
    ):
        (run.models / name).write_bytes(b"x")
    (run.models / "gen_030000.keras").touch()
    (run.models / "gen_040000.keras").mkdir()
    assert [c.epoch for c in run.generators()] == [999, 1000, 10100]
    assert run.generator().path.name == "gen_10100.keras"
    assert run.generator(999).path.name == "gen_999.hdf5"
    with pytest.raises(NotFoundError, match="no generator of epoch 2000") as missing:
        run.generator(2000)
    assert "--epoch 1000" in missing.value.hint


def test_no_generator_yet(run):
    with pytest.raises(NotFoundError, match="no generator yet"):
        run.generator()
    assert RunFolder(run.path / "nowhere").generators() == []


def test_the_best_moves_only_when_better_by_its_error(run):
    with pytest.raises(NotFoundError, match="none is the best") as none:
        run.generator("best")
    assert "artgan evaluate" in none.value.hint

    def judged(epoch, value, error):
        path = run.models / f"gen_{epoch:06d}.keras"
        path.write_bytes(b"weights %d" % epoch)
        return run.consider(Checkpoint(epoch, path), (value, error), 500)

    assert judged(1, 0.30, 0.01)
    assert not judged(2, 0.295, 0.01)
    assert not judged(3, 0.29, 0.01)
    assert run.best().epoch == 1 and run.best().kid_lite0 == 0.30
    assert judged(4, 0.28, 0.01)
    assert not judged(5, 0.5, 0.01)
    assert run.generator("best").epoch == 4 and run.generator().epoch == 5
    # Thinning, and a later save of the same epoch, leave it alone.
    (run.models / "gen_000004.keras").write_bytes(b"later in the same epoch")
    assert run.generator("best").path.read_bytes() == b"weights 4"
    (run.models / "gen_000004.keras").unlink()
    assert run.generator(4).path.read_bytes() == b"weights 4"
    assert [c.epoch for c in run.generators()] == [1, 2, 3, 5]


def test_a_best_without_its_weights_is_none(run):
    (run.models / "gen_000001.keras").write_bytes(b"weights")
    run.consider(run.generator(1), (0.1, 0.01), 500)
    (run.models / "best.keras").unlink()
    assert run.best() is None
    run.best_path.write_text("{", encoding="utf-8")
    assert run.best() is None


def test_newest_grid_by_number(run):
    assert run.newest_grid() is None
    for name in ("9.png", "000010.png", "grid.png", "000011.png.part", "²³.png"):
        (run.samples / name).write_bytes(b"x")
    assert run.newest_grid() == run.samples / "000010.png"


def test_a_record_keeps_fields_of_a_later_artgan(run):
    value = json.loads(run.record_path.read_text())
    run.record_path.write_text(json.dumps({**value, "cost_eur": 1.5}))
    folder = RunFolder(run.path)
    folder.update(epoch=3)
    assert json.loads(run.record_path.read_text())["cost_eur"] == 1.5
    assert RunFolder(run.path).record.epoch == 3


def test_state_of_a_process_that_ended(run):
    assert run.current().state == "running"
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    run.update(pid=int(ended.stdout))
    assert (run.current().state, run.record.state) == ("lost", "running")
    run.update(state="finished")
    assert run.current().state == "finished"


def test_a_renamed_folder_is_a_renamed_run(run, tmp_path):
    run.path.rename(tmp_path / "runs" / "my-best")
    assert RunFolder(tmp_path / "runs" / "my-best").current().name == "my-best"


def test_a_reused_process_number_is_another_process(run):
    fields = process_fields()
    run.update(**{**fields, "process_started": fields["process_started"] - 60})
    assert run.current().state == "lost"


def test_a_run_on_another_machine_is_believed(run):
    run.update(host="elsewhere", pid=2**22 + 1)
    assert run.current().state == "running"


@pytest.mark.parametrize("content", [None, b"", b"[1]", b'{"id": 1}', b"\x80"])
def test_a_damaged_record(run, content):
    if content is None:
        run.record_path.unlink()
    else:
        run.record_path.write_bytes(content)
    folder = RunFolder(run.path)
    with pytest.raises(DamagedError):
        _ = folder.record
    damaged = folder.current()
    assert (damaged.state, damaged.name) == ("damaged", run.name)


def test_torn_lines_of_metrics_are_left_out(run):
    run.metrics_path.write_bytes(b'{"step": 1}\n5\nnull\n\xff\n{"step": 2}\n{"st')
    assert run.ticks() == [{"step": 1}, {"step": 2}]
    assert RunFolder(run.path / "nowhere").ticks() == []


def _hold(path: Path, held: object, done: object) -> None:
    with RunFolder(path).locked():
        held.set()  # type: ignore[attr-defined]
        done.wait(30)  # type: ignore[attr-defined]


def test_two_processes_cannot_train_one_run(run):
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(run.path, held, done))
    process.start()
    try:
        assert held.wait(30)
        with pytest.raises(BusyError, match="another process"), run.locked():
            pass
        with pytest.raises(BusyError):
            run.delete()
        assert run.record_path.is_file()
    finally:
        done.set()
        process.join()
    with run.locked():
        pass
    run.delete()
    assert not run.path.exists()


@given(st.sets(st.integers(0, 10**6), max_size=80), st.integers(2, 60))
def test_surplus_keeps_first_and_newest_and_no_more_than_asked(epochs, keep):
    gone = surplus(epochs, keep)
    kept = epochs - set(gone)
    assert len(gone) == len(set(gone)) and set(gone) <= epochs
    assert len(kept) == min(len(epochs), keep)
    if epochs:
        assert {min(epochs), max(epochs)} <= kept


def test_what_stays_of_a_long_run_is_spread_evenly_in_log_time():
    kept: set[int] = set()
    for epoch in range(1, 3001):
        kept.add(epoch)
        kept -= set(surplus(kept, 50))
    assert len(kept) == 50 and {1, 3000} <= kept
    # Eight halvings of the whole run; none of them may be empty, and late ones hold about as many as early ones.
    octaves = [sum(3000 / 2 ** (k + 1) < epoch <= 3000 / 2**k for epoch in kept) for k in range(8)]
    assert min(octaves) >= 2 and max(octaves) <= 4 * min(octaves), octaves
