"""``sample --sort``, ``--vary`` and ``--mix``, and ``project``, as a user calls them."""

from __future__ import annotations

import errno
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from artgan import images, seeds
from artgan.cli import project
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import open_prepared
from artgan.datasets.preparing import prepare
from artgan.errors import DiskFullError
from artgan.models.dcgan import critic, generator
from artgan.models.files import save_generator
from artgan.models.presets import NetworkSpec
from artgan.runs.store import new_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 24 drawn pictures, and a run that has seen none of them."""
    place = tmp_path_factory.mktemp("chosen")
    (place / "drawn").mkdir()
    for number, cells in enumerate(np.random.default_rng(0).integers(0, 256, (24, 4, 4, 3), np.uint8)):
        Image.fromarray(cells).resize((32, 32), Image.Resampling.BICUBIC).save(place / "drawn" / f"p{number:02d}.png")
    list(import_folder(place / "drawn", datasets_dir=place / "datasets", name="drawn"))
    list(prepare(DatasetFolder(place / "datasets" / "drawn"), size=16))
    prepared = open_prepared(DatasetFolder(place / "datasets" / "drawn"), 16)
    run = new_run(
        place / "runs", "drawn-16", size=16, dataset="drawn", dataset_fingerprint=prepared.fingerprint, state="finished"
    )
    keras.utils.set_random_seed(2)
    save_generator(generator(NetworkSpec(16, 12)), run.models / "gen_000003.keras")
    save_generator(critic(NetworkSpec(16, 12)), run.models / "dis_000004.keras")
    return place


@pytest.fixture
def made(studio: Any, trained: Path) -> Any:
    for name in ("datasets", "runs"):
        shutil.copytree(trained / name, studio.path / name)
    return studio


def pixels(path: str | Path) -> bytes:
    return np.asarray(Image.open(path).convert("RGB")).tobytes()


def test_the_critic_keeps_the_best_and_they_are_the_seeds_pictures(made: Any) -> None:
    done = made.artgan("sample", "-n", "30", "--sort", "critic", "--keep", "5", "--json", "--out", "best")
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)
    scores = [row["score"] for row in rows]
    assert len(rows) == 5 and scores == sorted(scores, reverse=True)
    assert [Path(row["path"]).name for row in rows] == [f"seed{row['seed']:06d}.png" for row in rows]
    assert sorted(path.name for path in Path("best").iterdir()) == sorted(Path(row["path"]).name for row in rows)
    assert "the best 5 of 30 by the confidence of drawn-16-" in done.stderr and "critic of epoch 4" in done.stderr
    assert "--seeds 30-59 --sort critic --keep 5" in done.stderr
    everything = made.json("sample", "-n", "30", "--sort", "critic", "--out", "all")
    assert [row["seed"] for row in everything[:5]] == [row["seed"] for row in rows]
    plain = made.json("sample", "--seeds", str(rows[0]["seed"]), "--out", "plain")
    assert Path(plain[0]["path"]).read_bytes() == Path(rows[0]["path"]).read_bytes()


def test_variety_and_typical_take_ten_times_as_many_and_know_the_paintings(made: Any) -> None:
    for order in ("variety", "typical"):
        done = made.artgan("sample", "--sort", order, "--keep", "3", "--scale", "2", "--json", "--out", order)
        assert done.exit_code == 0, done.stderr
        rows = json.loads(done.stdout)
        scores = [row["score"] for row in rows]
        assert "the best 3 of 30 by how " in done.stderr and "24 paintings" in done.stderr
        assert scores == sorted(scores, reverse=True) and "among 24 paintings of drawn" in done.stderr
        assert Image.open(rows[0]["path"]).size == (32, 32)
    shutil.rmtree(made.datasets)
    alone = made.artgan("sample", "--sort", "typical", "--keep", "3", "--out", "alone")
    assert alone.exit_code == 0 and "to the other pictures" in alone.stderr
    assert "not checked for copies: " in alone.stderr


def test_a_planted_painting_is_named_with_its_picture(made: Any) -> None:
    (folder,) = made.runs.iterdir()
    prepared = open_prepared(DatasetFolder(made.datasets / "drawn"), 16)
    painting = np.asarray(prepared.images[5], np.float32) / 127.5 - 1
    latents = keras.Input((12,))
    planted = keras.layers.Dense(768, kernel_initializer="zeros", name="planted")
    model = keras.Model(latents, keras.layers.Reshape((16, 16, 3))(planted(latents)))
    weights = np.random.default_rng(0).standard_normal((12, 768)).astype(np.float32)
    planted.set_weights([0.01 * weights, painting.reshape(-1)])
    save_generator(model, folder / "models" / "gen_000005.keras")
    done = made.artgan("sample", "-n", "8", "--sort", "typical", "--keep", "2", "--json")
    rows = json.loads(done.stdout)
    assert [Path(row["copy_of"]).stem for row in rows] == [prepared.ids[5]] * 2
    assert pixels(rows[0]["copy_of"]) == np.asarray(prepared.images[5]).tobytes()
    assert "warning: seed00000" in done.stderr and "is nearly a copy of" in done.stderr
    assert "2 of 2 are near-copies among 24 paintings of drawn" in done.stderr


def test_variations_and_mixtures_go_from_the_pictures_themselves(made: Any) -> None:
    three, five = (row["path"] for row in made.json("sample", "--seeds", "3,5"))
    still = made.json("sample", "--vary", "3", "--strength", "0", "-n", "1")
    assert pixels(still[0]["path"]) == pixels(three)
    done = made.artgan("sample", "--vary", "3", "--strength", "0.3", "-n", "4", "--json")
    rows = json.loads(done.stdout)
    assert [Path(row["path"]).name for row in rows] == [f"seed000003-vary-0.3-{n:06d}.png" for n in range(4)]
    assert len({pixels(row["path"]) for row in rows}) == 4 and {row["seed"] for row in rows} == {None}
    assert "--vary 3 --strength 0.3 --seeds 4-7" in done.stderr
    one = made.json("sample", "--vary", "3", "--strength", "0.3", "--seeds", "2", "--out", "again")
    assert Path(one[0]["path"]).read_bytes() == Path(rows[2]["path"]).read_bytes()
    mixed = made.json("sample", "--mix", "3,5", "-n", "3")
    assert [pixels(mixed[0]["path"]), pixels(mixed[2]["path"])] == [pixels(three), pixels(five)]
    half = made.json("sample", "--mix", "3,5", "--out", "half")
    assert pixels(half[0]["path"]) == pixels(mixed[1]["path"])
    two = made.json("sample", "--mix", "3,5", "--amount", "0.2,0.4", "--out", "two")
    assert [Path(row["path"]).stem for row in two] == [f"seed000003-seed000005-mix-{x}" for x in (0.2, 0.4)]


def test_latents_are_kept_and_stand_wherever_seeds_do(made: Any) -> None:
    rows = made.json("sample", "--vary", "3", "-n", "2", "--save-latents", "mine.npy")
    again = made.json("sample", "--latents", "mine.npy")
    assert [pixels(row["path"]) for row in again] == [pixels(row["path"]) for row in rows]
    np.save("one.npy", np.load("mine.npy")[0])
    varied = made.json("sample", "--vary", "one.npy", "--strength", "0", "-n", "1")
    assert pixels(varied[0]["path"]) == pixels(rows[0]["path"])
    mixed = made.json("sample", "--mix", "one.npy,5", "--amount", "0,1")
    assert pixels(mixed[0]["path"]) == pixels(rows[0]["path"])
    sorted_ = made.json("sample", "--latents", "mine.npy", "--sort", "critic", "--out", "sorted")
    assert sorted(Path(row["path"]).name for row in sorted_) == ["latent000000.png", "latent000001.png"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--sort beauty", "--sort 'beauty' is not one of critic, typical, variety"),
        ("--keep 5", "--keep 5 does not say in which order"),
        ("--strength 0.5", "--strength 0.5 is nothing without --vary"),
        ("--amount 0.5", "--amount 0.5 is nothing without --mix"),
        ("--vary 3 --mix 3,5", "are two things"),
        ("--vary 3,5", "--vary 3,5 names 2 pictures"),
        ("--vary 3 --strength 2", "strength 2 is not between 0 and 1"),
        ("--mix 3", "--mix 3 names 1 pictures"),
        ("--mix 3,5 --amount half", "--amount 'half' is not numbers"),
        ("--mix 3,5 --amount 0.4 -n 3", "both say how many mixtures"),
        ("--mix 3,5 --seeds 4", "--seeds says nothing of a mixture"),
        ("--vary 3 --latents z.npy", "both say what to begin with"),
        ("--vary gone.npy", "no file gone.npy"),
    ],
)
def test_what_does_not_go_together_is_one_line(made: Any, words: str, complaint: str) -> None:
    done = made.artgan("sample", *words.split())
    assert done.exit_code in {2, 4} and complaint in done.stderr and "\nhint: " in done.stderr
    assert not Path("pictures").exists()


def test_a_run_without_a_critic_says_what_judges_instead(made: Any) -> None:
    (folder,) = made.runs.iterdir()
    (folder / "models" / "dis_000004.keras").unlink()
    done = made.artgan("sample", "--sort", "critic", "--keep", "3")
    assert done.exit_code == 4 and "has no critic here" in done.stderr and "--sort typical" in done.stderr
    file = made.artgan("sample", "--model", str(folder / "models" / "gen_000003.keras"), "--sort", "critic")
    assert file.exit_code == 2 and "comes without a critic" in file.stderr


def test_project_finds_what_the_run_painted_and_its_latent_paints_it(made: Any) -> None:
    from artgan.models.files import load_generator
    from artgan.models.painting import paint

    (folder,) = made.runs.iterdir()
    painted = paint(load_generator(folder / "models" / "gen_000003.keras"), seeds.latents([100_000], 12))[0]
    images.write(Path("mine.png"), painted)
    done = made.artgan("project", "mine.png", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["loss"] < 0.2 * found["start"] < 0.2 * found["random"] and found["steps"] == 200
    where = Path(found["folder"])
    assert where == Path("pictures") / f"{folder.name}-000003" / "project-mine"
    assert sorted(path.name for path in where.iterdir()) == ["found.png", "latent.npy", "target.png", "way.png"]
    assert pixels(where / "target.png") == painted.tobytes()
    assert Image.open(where / "way.png").size == (9 * 132 + 4, 136)
    again = made.json("sample", "--latents", found["latent"])
    assert pixels(again[0]["path"]) == pixels(where / "found.png")
    assert f"--vary {found['latent']} -n 12" in done.stderr
    onward = f"next: artgan interpolate {folder.name} --latents {found['latent']} --path noise-loop\n"
    assert done.stderr.endswith(onward)
    walk = made.json(*shlex.split(onward)[2:], "--frames", "6", "--scale", "1", "--format", "frames")
    assert pixels(Path(walk["path"]) / "000000.png") == pixels(Path(walk["path"]) / "000005.png")
    assert pixels(Path(walk["path"]) / "000000.png") == pixels(where / "found.png")
    assert made.artgan("project", "mine.png", "--out", "mine.png").exit_code == 2  # it is a file
    other = made.artgan("project", "mine.png", "--seed", "1")
    assert other.exit_code == 2 and "is there already" in other.stderr and "--force" in other.stderr


def test_project_of_what_is_no_picture_is_one_line_and_leaves_nothing(made: Any) -> None:
    Path("notes.jpg").write_text("not a picture")
    for name, code in (("notes.jpg", 1), ("nowhere.jpg", 4), (".", 4)):
        done = made.artgan("project", name)
        assert done.exit_code == code and done.stderr.count("error: ") == 1 and name in done.stderr
    assert not Path("pictures").exists()


def test_what_is_found_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def write(where: Path, text: str, most: int = 4) -> None:
        with project._all_or_none(where) as part:
            part.mkdir()
            for number, name in enumerate(project._NAMES):
                if number == most:
                    raise OSError(errno.ENOSPC, "No space left on device")
                (part / name).write_text(text)

    where = tmp_path / "project-mine"
    with pytest.raises(DiskFullError, match=r"writing .*project-mine "):
        write(where, "first", 3)
    assert list(tmp_path.iterdir()) == []
    write(where, "first")
    (where / "notes.txt").write_text("mine")
    with pytest.raises(DiskFullError):
        write(where, "second", 2)
    assert {path.read_text() for path in where.iterdir()} == {"first", "mine"}
    write(where, "second")
    assert sorted(path.read_text() for path in where.iterdir()) == ["mine", *["second"] * 4]
    assert list(tmp_path.iterdir()) == [where]
