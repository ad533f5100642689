"""train: what is typed reaches the training, and what the training says reaches the person."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from quick import QUICK_TYPED

from artgan import images
from artgan.cli import training_view
from artgan.cli.console import Console
from artgan.cli.halfblocks import part_of_sheet
from artgan.events import Note, Progress
from artgan.training import loop
from artgan.training.events import GridSaved, Planned, RolledBack, Tick, Trained, Verdict

PLAN = Planned(
    run="flowers-8-k3f9x2", path=Path("runs/flowers-8-k3f9x2"), dataset="flowers", images=584, held_out=16, size=8,
    stages=(8,),
    preset="dcgan", batch_size=32, generator_parameters=1_234_567, discriminator_parameters=45_678,
    device="CPU (2 cores)", precision="float32", images_per_s=120.0, planned_images=600_000, planned_seconds=5000.0,
    memory_mb=800.0,
)  # fmt: skip


def tick(step: int) -> Tick:
    return Tick(
        step=step, epoch=step // 10, images_seen=32 * step, seconds=float(step), cpu_seconds=float(step),
        images_per_s=118.2, d_loss=0.6931, g_loss=0.75, penalty=0.0, accuracy=0.64, memory_mb=900.0, remaining_s=75.0,
    )  # fmt: skip


def trained(state: str = "finished") -> Trained:
    return Trained(
        run="flowers-8-k3f9x2", path=Path("runs/flowers-8-k3f9x2"), state=state, reason="", epoch=12, step=120,
        images_seen=3840, seconds=75.0, cpu_seconds=130.0,
        generator=Path("runs/flowers-8-k3f9x2/models/gen_000012.keras"),
        newest_grid=Path("runs/flowers-8-k3f9x2/samples/000012.png"),
    )  # fmt: skip


@pytest.fixture
def calls(studio, monkeypatch) -> list[dict]:
    """The calls of the library's ``train``, which is not run; it ends at once."""
    studio.dataset()
    made: list[dict] = []

    def train(dataset, options, **more):
        made.append({"dataset": dataset, "options": dict(options), **more})
        yield PLAN
        yield trained()

    monkeypatch.setattr(loop, "train", train)
    return made


def test_what_is_typed_reaches_the_training(studio, calls):
    line = "--local --size 32 --learning-rate 0.001 --no-mirror --time 20m --set gamma=2 --name mine --tag a=b --tag c"
    result = studio.artgan("train", "flowers", *line.split())
    assert result.exit_code == 0, result.stderr
    (call,) = calls
    assert call["options"] == {"size": "32", "lr": "0.001", "mirror": False, "time": "20m", "gamma": "2"}
    assert call["dataset"] == "datasets/flowers"
    assert (call["name"], call["tags"], call["resume"], call["init"]) == ("mine", {"a": "b", "c": ""}, None, None)
    assert call["dry_run"] is False and call["should_stop"]() is False


def test_flags_win_over_variables_and_files(studio, calls, monkeypatch):
    (studio.path / "artgan.toml").write_text('size = 16\nseed = 3\nkimg = 5\ndataset = "flowers"\nruns_dir = "r"\n')
    studio.dataset("another")
    monkeypatch.setenv("ARTGAN_SIZE", "32")
    studio.artgan("train", "--seed", "7", "--epochs", "2")
    studio.artgan("train")
    assert calls[0]["options"] == {"size": "32", "seed": "7", "epochs": "2"}, "a typed length replaces the file's"
    assert calls[1]["options"] == {"size": "32", "seed": 3, "kimg": 5}
    assert calls[0]["dataset"] == "datasets/flowers" and calls[0]["runs_dir"] == Path("r")


def test_a_run_that_goes_on_takes_only_what_is_typed(studio, calls, monkeypatch):
    monkeypatch.setenv("ARTGAN_SIZE", "32")
    assert studio.artgan("train", "--resume", "@last", "--kimg", "9").exit_code == 0
    assert calls[0]["options"] == {"kimg": "9"} and calls[0]["resume"] == "@last" and calls[0]["dataset"] is None


@pytest.mark.parametrize(
    "line",
    ["--lr 99", "--size 65", "--epochs 1 --kimg 1", "--time soon", "--set size", "--tag =x", "--preset stylegan",
     "--device tpu"],
)  # fmt: skip
def test_wrong_values_never_reach_it(studio, calls, line):
    result = studio.artgan("train", *line.split())
    assert result.exit_code == 2 and "error: " in result.stderr and "hint: " in result.stderr
    assert calls == []


def test_the_end_says_what_where_and_how_to_go_on(studio, calls):
    result = studio.artgan("train")
    assert result.stdout == "runs/flowers-8-k3f9x2\n"
    assert "finished after 1 min 15 s (2 min 10 s of processor time)" in result.stderr
    assert "newest sheet  runs/flowers-8-k3f9x2/samples/000012.png\n" in result.stderr
    assert result.stderr.endswith("next: artgan sample --run flowers-8-k3f9x2 -n 10\n")
    value = json.loads(studio.artgan("train", "--json").stdout)
    assert value["run"] == "flowers-8-k3f9x2" and value["epoch"] == 12


def test_the_end_says_why_and_which_is_the_best(studio, monkeypatch):
    studio.dataset()
    reason = "no longer improving for 25 min (KID 0.031 +- 0.001): enough"
    done = trained().model_copy(update={"reason": reason, "best_epoch": 7})
    monkeypatch.setattr(loop, "train", lambda *args, **more: iter([done]))
    result = studio.artgan("train", "--until-good")
    assert reason in result.stderr and "the best      epoch 7, by its KID\n" in result.stderr
    assert result.stderr.endswith("next: artgan sample --run flowers-8-k3f9x2 --epoch best -n 10\n")


def test_until_good_reaches_the_training_and_the_first_screen(studio, calls, capsys):
    studio.artgan("train", "--until-good")
    assert calls[0]["options"] == {"until_good": True}
    training_view.first_screen(Console(), PLAN.model_copy(update={"until_good": True}))
    assert "until it no longer improves, at most 600,000 images in all, about 1 h 23 min" in capsys.readouterr().err


def test_a_verdict_is_told_when_it_changes_and_stays_on_the_panel(tmp_path, capsys, monkeypatch):
    text = "repeating itself (diversity down 41%)"
    events = [PLAN, tick(1).model_copy(update={"verdict": text}), Verdict(word="repeating", text=text, level="warning")]
    Console().finish(iter(events), training_view.view_for(Console()))
    assert f"warning: {text}\n" in capsys.readouterr().err
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    Console().finish(iter(events), training_view.Panel(Console()))
    assert f" {text}" in terminal.getvalue() and "warning" not in terminal.getvalue()


def test_how_often_pictures_are_augmented_is_shown_where_it_follows_something():
    assert "augmented" not in training_view.numbers(tick(1))
    adapted = tick(1).model_copy(update={"augment_p": 0.25, "overfitting": 0.616})
    assert "accuracy 64%, augmented 25% at 0.62" in training_view.numbers(adapted)


def test_a_dry_run_prints_the_plan(studio, monkeypatch):
    studio.dataset()
    monkeypatch.setattr(
        loop, "train", lambda *args, **more: iter([PLAN.model_copy(update={"run": None, "path": None})])
    )
    result = studio.artgan("train", "--dry-run")
    assert (
        result.exit_code == 0 and "none: this is a dry run" in result.stderr and "nothing was written" in result.stderr
    )
    assert studio.json("train", "--dry-run")["planned_images"] == 600_000


def test_ctrl_c_stops_kindly_and_twice_at_once(studio, monkeypatch):
    studio.dataset()

    def once(*args, should_stop, **more):
        yield PLAN
        os.kill(os.getpid(), signal.SIGINT)
        assert should_stop()
        yield trained("stopped")

    def twice(*args, should_stop, **more):
        yield PLAN
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second Ctrl-C was not obeyed")

    def early(*args, should_stop, **more):
        yield Note(text="preparing")
        os.kill(os.getpid(), signal.SIGTERM)
        yield Progress(stage="prepare", done=1, total=2)
        raise AssertionError("nothing is trained yet, so there is nothing to save")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(loop, "train", once)
    result = studio.artgan("train")
    assert result.exit_code == 130
    assert "go on with: artgan train --resume flowers-8-k3f9x2\n" in result.stderr
    for train in (twice, early):
        monkeypatch.setattr(loop, "train", train)
        result = studio.artgan("train")
        assert result.exit_code == 130 and "error: interrupted" in result.stderr
    assert signal.getsignal(signal.SIGINT) is before


def stream(tmp_path: Path):
    sheet = tmp_path / "000001.png"
    random = np.random.default_rng(1)
    images.write(sheet, images.grid(random.integers(0, 256, (36, 8, 8, 3), np.uint8)))
    yield Note(text="flowers is not prepared yet")
    yield Progress(stage="prepare", done=1, total=1)
    yield PLAN
    yield Progress(stage="train", done=0, total=100)
    for step in range(1, 101):
        yield tick(step)
        yield Progress(stage="train", done=step, total=100)
    yield GridSaved(path=sheet, epoch=1, step=100)
    yield RolledBack(step=100, to_step=50, times=1)
    yield trained()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_every_tenth(tmp_path, capsys):
    Console().finish(stream(tmp_path), training_view.view_for(Console()))
    lines = capsys.readouterr().err.splitlines()
    shown = [line for line in lines if "critic 0.693" in line]
    assert 9 <= len(shown) <= 11
    assert (
        "epoch 5, step 51, 1,632 images, 118/s, critic 0.693, generator 0.750, accuracy 64%, 1 min 15 s left"
        in "\n".join(shown)
    )
    assert "dataset   flowers, 584 paintings, 16 more held out" in lines
    assert any(line.startswith("warning: the numbers ran away at step 100") for line in lines)


def test_quiet(tmp_path, capsys):
    Console(-1).finish(stream(tmp_path), training_view.view_for(Console(-1)))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("width", [24, 40, 80, 120])
@pytest.mark.parametrize("colours", ["truecolor", ""])
def test_the_panel_fits_the_terminal(tmp_path, monkeypatch, width, colours):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in {"COLUMNS": str(width), "LINES": "40", "TERM": "xterm", "COLORTERM": colours}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    console = Console()
    view = training_view.view_for(console)
    assert isinstance(view, training_view.Panel)
    console.finish(stream(tmp_path), view)
    text = terminal.getvalue()
    assert "Ctrl-C saves and stops" in text or width < 30
    assert ("▀" in text and "48;2;" in text) == bool(colours)
    assert "epoch 10" in text and "100%" in text


def test_no_colour_no_picture(tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in {"NO_COLOR": "1", "TERM": "xterm", "COLORTERM": "truecolor", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    console = Console()
    console.finish(stream(tmp_path), training_view.view_for(console))
    assert "▀" not in terminal.getvalue() and "48;2;" not in terminal.getvalue()


def test_the_panel_says_that_it_is_stopping(tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    view = training_view.Panel(Console())
    view.show(PLAN)
    view.stopping()
    view.close()
    assert "finishing the step and saving" in terminal.getvalue()


def test_a_sheet_shows_as_many_pictures_as_can_be_told_apart(tmp_path):
    sheet = tmp_path / "sheet.png"
    images.write(sheet, images.grid(np.zeros((36, 64, 64, 3), np.uint8)))
    assert part_of_sheet(sheet, 64, 78, 20).size == (3 * 66 + 2, 66 + 2)
    assert part_of_sheet(sheet, 64, 300, 300).size == (6 * 66 + 2, 6 * 66 + 2)
    other = tmp_path / "other.png"
    Image.new("RGB", (100, 50)).save(other)
    assert part_of_sheet(other, 64, 78, 20).size == (100, 50)


def test_train_for_real_and_stop_it(studio):
    """The command as it is installed, from pictures to a run that Ctrl-C stopped."""
    studio.dataset(count=8)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CUDA_VISIBLE_DEVICES": "-1"}
    line = "train --size 8 --batch-size 4 --latent-dim 8 --kimg 1000 --grid 4 --device cpu"
    line = " ".join((line, *QUICK_TYPED))
    process = subprocess.Popen(
        [sys.executable, "-m", "artgan", *line.split()],
        cwd=studio.path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    told = []
    for text in process.stderr:
        told.append(text)
        if text.startswith("run "):
            process.send_signal(signal.SIGINT)
            break
    out, rest = process.communicate(timeout=300)
    told = "".join(told) + rest
    assert process.returncode == 130, told
    assert "getting ready" in told and "finishing the step and saving" in told
    assert "cuda" not in told.lower() and "absl" not in told, "chatter of TensorFlow reached the terminal"
    run = out.strip()
    assert studio.json("show", run)["state"] == "stopped"
