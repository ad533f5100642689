"""Copies are found however they are disguised, and new pictures are not called copies."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from artgan.metrics.features import Features
from artgan.metrics.neighbours import Looks, copies, diversity, layout

COUNT = 32


def draw(seed: int, count: int = COUNT) -> np.ndarray:
    """Draw pictures of 32 px, no two alike."""
    random = np.random.default_rng(seed)
    cells = random.integers(0, 256, (count, 5, 5, 3), np.uint8)
    return np.stack([np.asarray(Image.fromarray(c).resize((32, 32), Image.Resampling.BICUBIC)) for c in cells])


def blurred(pictures: np.ndarray) -> np.ndarray:
    small = [Image.fromarray(picture).resize((8, 8), Image.Resampling.BOX) for picture in pictures]
    return np.stack([np.asarray(picture.resize((32, 32), Image.Resampling.BICUBIC)) for picture in small])


def speckled(pictures: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 30, pictures.shape)
    return np.clip(pictures + noise, 0, 255).astype(np.uint8)


def mirrored(pictures: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pictures[:, :, ::-1])


@pytest.fixture(scope="module")
def look(features: Features):
    return lambda pictures: Looks(features(pictures), layout(pictures))


@pytest.fixture(scope="module")
def trained(look):
    return look(draw(1))


@pytest.mark.parametrize("disguise", [np.asarray, blurred, speckled, mirrored])
def test_copies_are_found_with_the_picture_they_were_made_from(look, trained, disguise):
    order = np.random.default_rng(0).permutation(COUNT)
    found = copies(trained, look(disguise(draw(1)[order])))
    assert found.many and found.share.value > 0.9
    assert (found.nearest == order)[found.found].all()


@pytest.mark.parametrize("disguise", [np.asarray, blurred, speckled])
def test_new_pictures_are_no_copies(look, trained, disguise):
    samples = look(disguise(draw(2)))
    assert not copies(trained, samples).many
    assert not copies(trained, samples, look(draw(3))).many


def test_a_share_of_copies_is_that_share(look, trained):
    found = copies(trained, look(np.concatenate([draw(1)[:8], draw(2)[:24]])))
    assert found.found[:8].all()
    assert found.share.value == pytest.approx(0.25, abs=0.07)
    assert set(np.argsort(found.closeness)[:8]) == set(range(8))


def test_how_many_are_more_than_chance_depends_on_the_paintings_there_are():
    random = np.random.default_rng(0)

    def flagged(count: int, copied: int) -> int:
        """Of 30 draws, in how many are so many copies among 200 samples called copies?"""
        found = 0
        for _ in range(30):
            x, y = random.standard_normal((count, 4)), random.standard_normal((200, 4))
            y[:copied] = x[random.integers(0, count, copied)]
            places = [random.standard_normal((n, 8, 8, 3)) for n in (count, 200)]
            found += copies(Looks(x, places[0]), Looks(y, places[1])).many
        return found

    assert flagged(16, 0) == flagged(400, 0) == 0
    assert flagged(16, 190) == flagged(400, 40) == 30


def test_a_few_paintings_that_some_pictures_repeat_are_told_from_new_pictures(look):
    """A quarter of the pictures, as half mush as such copies are: by the lowest of forty values it might be chance."""
    paintings, others = draw(1, 40), draw(2, 200)
    half = (0.6 * paintings[np.arange(50) % 40] + 0.4 * others[:50]).astype(np.uint8)
    trained = look(paintings)
    assert not copies(trained, look(others)).many
    found = copies(trained, look(blurred(np.concatenate([half, others[50:]]))))
    assert found.many and found.share.value < 0.35


def test_held_out_pictures_can_be_the_measure(look, trained):
    found = copies(trained, look(draw(1)), look(draw(3)))
    assert found.many and found.share.value == 1
    assert found.median_ratio == pytest.approx(0, abs=1e-3)


def test_layout_is_the_mean_colour_of_parts():
    pictures = draw(4, 2)
    assert layout(pictures).shape == (2, 8, 8, 3)
    assert np.allclose(layout(pictures)[1, 0, 7], pictures[1, :4, 28:].mean(axis=(0, 1)))
    assert np.array_equal(layout(pictures[:, ::4, ::4]), pictures[:, ::4, ::4])


def test_diversity_of_equal_sets_and_of_repetition():
    random = np.random.default_rng(0)
    reals, fakes = random.standard_normal((200, 6)), random.standard_normal((200, 6))
    same = diversity(reals, fakes)
    assert abs(same.spread.value - 1) < 4 * same.spread.error
    assert same.repeated.value < 0.05
    narrow = diversity(reals, np.concatenate([0.3 * fakes[:150], 0.3 * fakes[:50]]))
    assert narrow.spread.value == pytest.approx(0.3, abs=0.05)
    assert narrow.repeated.value >= 0.5


def test_the_error_of_the_spread_is_its_spread():
    found = []
    for seed in range(150):
        random = np.random.default_rng(seed)
        found.append(diversity(random.standard_normal((40, 3)), 0.8 * random.standard_normal((40, 3))).spread)
    spread = np.std([estimate.value for estimate in found])
    assert np.mean([estimate.error for estimate in found]) == pytest.approx(spread, rel=0.25)
