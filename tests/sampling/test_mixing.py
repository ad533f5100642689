"""Variations and mixtures: between one picture and another, never off the sphere."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan import images, seeds
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.models.dcgan import generator
from artgan.models.files import save_generator
from artgan.models.presets import NetworkSpec
from artgan.provenance import latent_text, latents_of
from artgan.runs.store import new_run
from artgan.sampling import samples
from artgan.sampling.latents import read_latents, write_latents
from artgan.sampling.mixing import between, mix, read_points, vary


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> samples.Source:
    folder = new_run(tmp_path_factory.mktemp("runs"), "flowers-16", size=16)
    keras.utils.set_random_seed(1)
    save_generator(generator(NetworkSpec(16, 64)), folder.models / "gen_000007.keras")
    return samples.open_source(folder)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> samples.Source:
    folder = new_run(tmp_path_factory.mktemp("runs"), "told-16", size=16, classes=["cat", "dog", "hen"])
    keras.utils.set_random_seed(1)
    save_generator(generator(NetworkSpec(16, 64, classes=3)), folder.models / "gen_000007.keras")
    return samples.open_source(folder)


def pixels(source: samples.Source, chosen: object) -> list[bytes]:
    return [picture.image.tobytes() for picture in samples.sample(source, chosen)]  # type: ignore[arg-type]


def test_strength_0_is_the_picture_itself(source: samples.Source) -> None:
    (point,) = read_points("42", 64)
    assert pixels(source, vary(point, [0, 1], 0.0)) == pixels(source, [42]) * 2


def test_a_variation_is_the_same_alone_and_among_others_and_farther_the_stronger(source: samples.Source) -> None:
    (point,) = read_points("42", 64)
    many = vary(point, range(9), 0.3)
    (alone,) = vary(point, [7], 0.3)
    assert alone.name == many[7].name == "seed000042-vary-0.3-000007"
    assert np.array_equal(alone.values, many[7].values)
    assert len(set(pixels(source, many))) == 9
    apart = [np.linalg.norm(vary(point, [7], s)[0].values - point.values) for s in (0.05, 0.1, 0.3, 0.6, 1.0)]
    assert apart == sorted(apart) and apart[0] < 0.2 * apart[-1]


def test_no_seed_is_varied_towards_itself() -> None:
    (point,) = read_points("7", 64)
    (other,) = vary(point, [7], 1.0)
    assert abs(np.corrcoef(other.values, point.values)[0, 1]) < 0.4


def test_amounts_0_and_1_are_the_two_pictures(source: samples.Source) -> None:
    mixed = list(mix(*read_points("3,17", 64), [0, 0.4, 1]))
    first, between, last = pixels(source, mixed)
    assert [first, last] == pixels(source, [3, 17]) and between not in {first, last}
    assert mixed[1].name == "seed000003-seed000017-mix-0.4"


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_what_lies_between_is_as_long_as_the_ends(a: int, b: int, amount: float) -> None:
    x, y = seeds.latents([a, b], 64)
    lengths = sorted([np.linalg.norm(x), np.linalg.norm(y)])
    assert lengths[0] * 0.999 <= np.linalg.norm(between(x, y, amount)) <= lengths[1] * 1.001


def test_opposite_and_empty_latents_are_mixed_without_an_infinity() -> None:
    x = seeds.latents([1], 64)[0]
    for other in (-x, x, np.zeros_like(x)):
        assert np.isfinite(between(x, other, 0.5)).all()


def test_what_a_picture_carries_paints_it_again(source: samples.Source, tmp_path: Path) -> None:
    z = seeds.latents([5], 64)[0] * np.float32(1.1)
    write_latents(tmp_path / "mine.npy", z)
    (point,) = read_points(str(tmp_path / "mine.npy"), 64)
    made = [*vary(point, [3], 0.3), *mix(point, *read_points("17", 64), [0.4])]
    assert [one.name for one in made] == ["mine-vary-0.3-000003", "mine-seed000017-mix-0.4"]
    for picture in [*samples.sample(source, made), *samples.sample(source, z[None])]:
        ((path, _),) = samples.write(picture, source, tmp_path)
        again = latents_of(images.read_metadata(path)["latent"])[0]
        assert pixels(source, again[None]) == [picture.image.tobytes()]
    fields = images.read_metadata(tmp_path / "mine-vary-0.3-000003.png")
    assert (fields["vary"], fields["strength"], fields["variation"]) == ("mine.npy", "0.3", "3")
    (seeded,) = samples.sample(source, vary(*read_points("42", 64), [3], 0.3))
    assert dict(seeded.made) == {"vary": "42", "strength": "0.3", "variation": "3"}  # which is enough


def test_classes_go_along(told: samples.Source) -> None:
    points = read_points("4,5", 64)  # of class 1 and 2
    varied = list(samples.sample(told, vary(points[0], range(4), 0.3, 3)))
    assert {picture.shows for picture in varied} == {"dog"}
    mixed = list(samples.sample(told, list(mix(*points, [0, 0.25, 1], 3))))
    assert [picture.shows for picture in mixed] == ["dog", "dog:0.75,hen:0.25", "hen"]
    assert [picture.image.tobytes() for picture in mixed][::2] == pixels(told, [4, 5])


def test_files_and_seeds_can_be_named_together(tmp_path: Path) -> None:
    write_latents(tmp_path / "two.npy", seeds.latents([1, 2], 64))
    points = read_points(f"3,{tmp_path / 'two.npy'},9-10", 64)
    assert [point.name for point in points] == [
        "seed000003", "two-000000", "two-000001", "seed000009", "seed000010",
    ]  # fmt: skip
    assert np.array_equal([point.values for point in points], seeds.latents([3, 1, 2, 9, 10], 64))
    with pytest.raises(NotFoundError, match=r"no file .*gone\.npy"):
        read_points("gone.npy", 64)
    with pytest.raises(UsageError, match=r"two\.npy do not fit: \(n, 12\)"):
        read_points(str(tmp_path / "two.npy"), 12)
    with pytest.raises(UsageError, match="are not numbers"):
        read_points("forty-two", 64)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_strengths_and_amounts_lie_between_0_and_1(value: float) -> None:
    a, b = read_points("1,2", 8)
    with pytest.raises(UsageError, match="is not between 0 and 1"):
        vary(a, [0], value)
    with pytest.raises(UsageError, match="is not between 0 and 1"):
        list(mix(a, b, [value]))


def test_latents_survive_as_text_and_as_a_file(tmp_path: Path) -> None:
    z = seeds.latents(range(3), 7)
    assert np.array_equal(latents_of(latent_text(z[:2]), 2), z[:2])
    for text in ("", "A", "AAAA", "hello!", "AADAfw=="):  # the last is not a number
        with pytest.raises(DamagedError):
            latents_of(text)
    path = tmp_path / "z.npy"
    assert write_latents(path, z) and not write_latents(path, z)
    assert np.array_equal(read_latents(path), z)
    with pytest.raises(UsageError, match="holds something else"):
        write_latents(path, z[:2])
    assert write_latents(path, z[:2], force=True) and len(read_latents(path)) == 2
    with pytest.raises(UsageError, match=r"let it end in \.npy"):
        write_latents(tmp_path / "z.txt", z)
