"""A class, or a mixture of classes, is asked for."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from artgan import images, seeds
from artgan.errors import UsageError
from artgan.models.dcgan import generator
from artgan.models.files import save_generator
from artgan.models.presets import NetworkSpec
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run
from artgan.sampling import samples
from artgan.sampling.classes import file_text, shares_of, told
from artgan.sampling.export import export_generator

NAMES = ["landscape", "Renoir, Auguste", "still-life"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of three classes that has learned nothing."""
    folder = new_run(tmp_path_factory.mktemp("runs"), "told-16", size=16, classes=NAMES)
    keras.utils.set_random_seed(1)
    save_generator(generator(NetworkSpec(16, 12, classes=3)), folder.models / "gen_000001.keras")
    return folder


def pixels(source: samples.Source, chosen: object, classes: object = None) -> list[bytes]:
    return [picture.image.tobytes() for picture in samples.sample(source, chosen, classes=classes)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shares", "said"),
    [
        ("still-life", [0, 0, 1], "still-life"),
        (" Still-Life", [0, 0, 1], "still-life"),
        ("renoir, auguste", [0, 1, 0], "Renoir, Auguste"),
        ("still-life:0.5,landscape:0.5", [0.5, 0, 0.5], "landscape:0.5,still-life:0.5"),
        ("landscape:1, still-life:3", [0.25, 0, 0.75], "landscape:0.25,still-life:0.75"),
        ("landscape,still-life", [0.5, 0, 0.5], "landscape:0.5,still-life:0.5"),
        ("landscape:7", [1, 0, 0], "landscape"),
        ("Renoir, Auguste:0.5,still-life:0.5", [0, 0.5, 0.5], "Renoir, Auguste:0.5,still-life:0.5"),
        ("landscape, Renoir, Auguste", [0.5, 0.5, 0], "landscape:0.5,Renoir, Auguste:0.5"),
    ],
)
def test_names_and_mixtures_become_shares(text: str, shares: list[float], said: str) -> None:
    found = shares_of(text, NAMES, 4, "told-16")
    assert found.shape == (4, 3) and np.array_equal(found, [shares] * 4)
    assert told(found[0], NAMES) == said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("portrait", "no class 'portrait'"),
        ("landscape:0.5,portrait:0.5", "no class 'portrait'"),
        ("landscape:half", "'half' in 'landscape:half' is no share"),
        ("landscape:-1,still-life:2", "is no share"),
        ("landscape:0", "nothing in it"),
    ],
)
def test_what_is_no_class_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        shares_of(text, NAMES, 1, "told-16")


def test_each_seed_has_its_class(run: RunFolder) -> None:
    source = samples.open_source(run)
    in_turn = list(samples.sample(source, range(5, 11)))
    assert [picture.shows for picture in in_turn] == [NAMES[seed % 3] for seed in range(5, 11)]
    assert [picture.name for picture in in_turn] == [f"seed{seed:06d}" for seed in range(5, 11)]
    for picture in in_turn:
        assert pixels(source, [picture.seed], picture.shows) == [picture.image.tobytes()]
    given = samples.sample(source, seeds.latents(range(70), 12))
    assert [picture.shows for picture in given] == [NAMES[number % 3] for number in range(70)]


def test_the_class_decides_and_mixtures_lie_between(run: RunFolder) -> None:
    source = samples.open_source(run)
    asked = ["landscape", "still-life", "still-life:0.5,landscape:0.5"]
    assert len({tuple(pixels(source, [1, 2], classes)) for classes in asked}) == 3
    walk = np.linspace([1, 0, 0], [0, 0, 1], 3)
    same = np.repeat(seeds.latents([1], 12), 3, axis=0)
    ends_and_middle = [pixels(source, [1], classes)[0] for classes in (asked[0], asked[2], asked[1])]
    assert pixels(source, same, walk) == ends_and_middle
    assert pixels(source, [1, 1, 1], "landscape..still-life") == ends_and_middle
    with pytest.raises(UsageError, match="no class 'portrait'"):
        pixels(source, [1], "landscape..portrait")
    with pytest.raises(UsageError, match=r"finite numbers \(3, 3\) are wanted"):
        pixels(source, same, walk[:2])


def test_files_of_one_seed_in_several_classes_do_not_collide(run: RunFolder, tmp_path: Path) -> None:
    source = samples.open_source(run)
    for classes in (None, "landscape", "still-life", "still-life:0.5,landscape:0.5"):
        for picture in samples.sample(source, [7], classes=classes):
            samples.write(picture, source, tmp_path)
    shown = {path.name: images.read_metadata(path)["class"] for path in tmp_path.iterdir()}
    assert shown == {
        "seed000007.png": "Renoir, Auguste",
        "seed000007-landscape.png": "landscape",
        "seed000007-still-life.png": "still-life",
        "seed000007-landscape-0.5-still-life-0.5.png": "landscape:0.5,still-life:0.5",
    }
    painters = ["葛飾北斎", "歌川広重", "Élisabeth", "Alisabeth"]
    assert len({file_text(name) for name in painters}) == 4 and all(file_text(name).isascii() for name in painters)


def test_a_generator_whose_classes_nobody_named_goes_by_numbers(run: RunFolder, tmp_path: Path) -> None:
    path = run.generator().path
    source = samples.open_source(model=path)
    assert source.classes == ("0", "1", "2")
    assert pixels(source, [1], "2") == pixels(samples.open_source(run), [1], "still-life")
    assert export_generator(path, "h5", tmp_path / "told.h5").max_difference == 0


def test_a_class_of_a_run_without_any_is_refused(tmp_path: Path) -> None:
    save_generator(generator(NetworkSpec(16, 12)), tmp_path / "gen_000001.keras")
    with pytest.raises(UsageError, match=r"gen_000001.keras was not trained with classes") as caught:
        pixels(samples.open_source(model=tmp_path / "gen_000001.keras"), [1], "landscape")
    assert "--condition" in caught.value.hint
