from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_made import decoded, psnr, run_of
from PIL import Image

from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.events import Event, Note, Skipped
from artgan.runs.folder import RunFolder
from artgan.sampling import samples
from artgan.sampling.films import Film, read_film_metadata
from artgan.sampling.stages import Checkpoints, KeraganSamples, Stages
from artgan.sampling.timelapse import Timelapse, Wanted, timelapse

EPOCHS = (1, 2, 9, 10, 100)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run_of(tmp_path_factory.mktemp("runs"), EPOCHS)


@pytest.fixture
def own(run: RunFolder, tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(run.path, tmp_path / "own-16-b2c3d4")))


def _events(stages: Stages, path: Path, format: str = "frames", fps: int = 10, **wanted: Any) -> list[Event]:
    return list(timelapse(stages, Film(path, format, fps), Wanted(**{"scale": 1, "seconds": 3.0, **wanted})))


def _made(events: list[Event]) -> Timelapse:
    made = events[-1]
    assert isinstance(made, Timelapse)
    return made


def test_each_checkpoint_is_seen_at_its_time(run: RunFolder, tmp_path: Path) -> None:
    events = _events(Checkpoints(run), tmp_path / "film", seeds=[7], words=False)
    made, (shown, _) = _made(events), decoded(tmp_path / "film")
    assert len(shown) == made.frames == 30 and made.found == 5 and made.damaged == 0
    assert made.epochs == list(EPOCHS) and made.starts[0] == 0
    for epoch, start in zip(made.epochs, made.starts, strict=True):
        painted = next(samples.sample(samples.open_source(run, epoch=epoch), [7])).image
        assert shown[start].tobytes() == shown[start + 1].tobytes() == painted.tobytes()
    assert shown[-1].tobytes() == shown[made.starts[-1]].tobytes()
    assert made.frames - made.starts[-1] > made.starts[-1] - made.starts[-2], "the last one stays longer"
    assert [event.text for event in events if isinstance(event, Note)] == ["5 checkpoints found; 5 in the film"]


@pytest.mark.parametrize("format", ["mp4", "webm", "gif", "webp"])
def test_films_of_learning_decode(run: RunFolder, tmp_path: Path, format: str) -> None:
    path = tmp_path / f"film.{format}"
    made = _made(_events(Checkpoints(run), path, format, seeds=[7, 8], grid=(2, 1), scale=4))
    shown, ends = decoded(path)
    assert shown[0].shape[:2] == (made.height, made.width) and ends[-1] == pytest.approx(3, abs=0.01)
    painted = list(samples.sample(samples.open_source(run, epoch=100), [7, 8], scale=4))
    # 4 px around and between the two pictures.
    assert psnr(shown[-1][4:68, 4:68], painted[0].image) > 26
    assert psnr(shown[-1][4:68, 72:136], painted[1].image) > 26


def test_between_two_it_fades_and_does_not_jump(run: RunFolder, tmp_path: Path) -> None:
    made = _made(_events(Checkpoints(run), tmp_path / "film", fps=24, seconds=4.0, seeds=[3], words=False))
    shown = [picture.astype(float) for picture in decoded(tmp_path / "film")[0]]
    before, after = shown[made.starts[0]], shown[made.starts[1]]
    middle = shown[made.starts[1] - 3]
    share = np.sum((middle - before) * (after - before)) / np.sum((after - before) ** 2)
    assert 0.4 < share < 0.8


def test_the_epoch_stands_in_the_corner(run: RunFolder, tmp_path: Path) -> None:
    for name, words in (("with", True), ("without", False)):
        _events(Checkpoints(run), tmp_path / name, seeds=[7], scale=8, words=words)
    worded, plain = decoded(tmp_path / "with")[0], decoded(tmp_path / "without")[0]
    assert worded[0].shape[0] > plain[0].shape[0] == 128
    assert worded[0][:128].tobytes() == plain[0].tobytes(), "no word covers a picture"
    first, last = worded[0][128:], worded[-1][128:]
    assert first[:, :64].max() > 200 and not np.array_equal(first, last)


def test_a_damaged_checkpoint_is_told_and_left_out(own: RunFolder, tmp_path: Path) -> None:
    half = own.models / "gen_000009.keras"
    half.write_bytes(half.read_bytes()[:300])
    flipped = own.models / "gen_000100.keras"
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 255
    flipped.write_bytes(data)
    events = _events(Checkpoints(own), tmp_path / "film", words=False)
    assert [event.source for event in events if isinstance(event, Skipped)] == [half.name, flipped.name]
    made = _made(events)
    assert made.found == 5 and made.damaged == 2 and made.epochs == [1, 2, 10]
    assert any(isinstance(event, Note) and "5 checkpoints found, 2 damaged; 3" in event.text for event in events)


def test_what_is_damaged_only_when_opened_leaves_its_time_to_the_one_before(own: RunFolder, tmp_path: Path) -> None:
    """A discriminator under a generator's name is whole, and no generator."""
    import keras

    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save(own.models / "gen_000009.keras")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save(own.models / "gen_000200.keras")
    events = _events(Checkpoints(own), tmp_path / "film", words=False)
    made = _made(events)
    assert sum(isinstance(event, Skipped) for event in events) == made.damaged == 2
    assert made.epochs == [1, 2, 10, 100] and made.frames == 30
    assert made.starts[2] - made.starts[1] > made.starts[1] - made.starts[0]


def test_a_run_without_checkpoints_or_without_whole_ones_says_so(tmp_path: Path) -> None:
    empty = run_of(tmp_path / "runs", ())
    with pytest.raises(NotFoundError) as caught:
        _events(Checkpoints(empty), tmp_path / "film")
    assert "artgan show" in caught.value.hint
    empty.models.mkdir(exist_ok=True)
    (empty.models / "gen_000001.keras").write_bytes(b"PK\x03\x04 no model")
    with pytest.raises(DamagedError):
        _events(Checkpoints(empty), tmp_path / "film")
    assert not (tmp_path / "film").exists()


def test_one_checkpoint_is_a_still(own: RunFolder, tmp_path: Path) -> None:
    for checkpoint in own.generators()[:-1]:
        checkpoint.path.unlink()
    made = _made(_events(Checkpoints(own), tmp_path / "film", seconds=0.5))
    assert made.epochs == [100] and made.frames == 5


def test_five_hundred_checkpoints_are_chosen_from_and_each_is_opened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(tmp_path / "runs", (1,), side=8)
    for epoch in range(2, 501):
        shutil.copyfile(run.models / "gen_000001.keras", run.models / f"gen_{epoch:06d}.keras")
    opened: list[int] = []
    paint = Checkpoints.paint
    monkeypatch.setattr(Checkpoints, "paint", lambda self, epoch: opened.append(epoch) or paint(self, epoch))
    made = _made(_events(Checkpoints(run), tmp_path / "film.mp4", "mp4", fps=24, seeds=[1], scale=8))
    assert made.found == 500 and len(made.epochs) == 18 and sorted(opened) == made.epochs
    assert made.epochs[0] == 1 and made.epochs[-1] == 500
    steps = np.diff(np.log(np.array(made.epochs) + 1))
    assert steps.max() < 4 * steps.min(), "evenly in log time"
    assert len(decoded(tmp_path / "film.mp4")[0]) == 72
    # More checkpoints than pictures: the newest are in it.
    short = _made(_events(Checkpoints(run), tmp_path / "short", fps=2, seconds=1.0))
    assert short.frames == 2 and short.epochs == [1, 500]


def test_a_network_that_grew_is_shown_at_its_last_size(tmp_path: Path) -> None:
    small, large = run_of(tmp_path / "a", (1,), side=8), run_of(tmp_path / "b", (2,), side=16)
    shutil.copyfile(small.generator().path, large.models / "gen_000001.keras")
    made = _made(_events(Checkpoints(large), tmp_path / "film", seeds=[1], words=False))
    assert made.epochs == [1, 2] and (made.width, made.height) == (16, 16)


def test_wishes_that_contradict_each_other_are_refused(run: RunFolder, tmp_path: Path) -> None:
    for wanted in ({"seeds": [1, 2, 3], "grid": (2, 1)}, {"seconds": 0.0}, {"seconds": 1e9}, {"scale": 99}):
        with pytest.raises(UsageError):
            _events(Checkpoints(run), tmp_path / "film", **wanted)


def test_a_film_of_learning_says_where_it_comes_from(run: RunFolder, tmp_path: Path) -> None:
    _events(Checkpoints(run), tmp_path / "film.webm", "webm", seeds=[3, 4])
    fields = read_film_metadata(tmp_path / "film.webm")
    assert fields["run"] == run.name and fields["epochs"] == "1-2,9-10,100" and fields["seeds"] == "3-4"
    assert fields["checkpoints"] == "5"


def _keragan(folder: Path, epochs: tuple[int, ...] = (0, 100, 20, 1000)) -> Path:
    """What keragan leaves: grey that says the epoch and the number of the picture."""
    folder.mkdir()
    for epoch in epochs:
        for index in (0, 1):
            grey = np.full((8, 8, 3), 20 * epochs.index(epoch) + 100 * index, np.uint8)
            Image.fromarray(grey).save(folder / f"img_{index}_{epoch}_{0.25 + index:f}.png")
    (folder / "notes.txt").write_text("mine")
    return folder


def test_samples_of_keragan_make_a_film_by_their_number(tmp_path: Path) -> None:
    folder = _keragan(tmp_path / "old <b> samples")
    (folder / "img_1_100_1.250000.png").unlink()
    (folder / "img_0_20_0.250000.png").write_bytes(b"\x89PNG broken")
    events = _events(KeraganSamples(folder), tmp_path / "film", words=False)
    made, (shown, _) = _made(events), decoded(tmp_path / "film")
    assert made.epochs == [0, 20, 100, 1000] and made.found == 4 and made.damaged == 1
    assert sum(isinstance(event, Skipped) for event in events) == 1
    # 1 px around and between; a picture that is missing is the one before it.
    seen = [(shown[start][4, 4, 0], shown[start][4, 13, 0]) for start in made.starts]
    assert seen == [(0, 100), (0, 140), (20, 140), (60, 160)]
    only = _made(_events(KeraganSamples(folder), tmp_path / "one", seeds=[1]))
    assert only.seeds == [1]
    with pytest.raises(UsageError):
        _events(KeraganSamples(folder), tmp_path / "bad", seeds=[9])
    with pytest.raises(NotFoundError):
        _events(KeraganSamples(tmp_path), tmp_path / "bad")
