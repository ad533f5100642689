"""Which pictures a step sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from artgan.training.batches import Batches, epoch_of


def numbered(count: int, rows: np.ndarray, batch: int, seed: int = 0, labels: np.ndarray | None = None) -> Batches:
    """Pictures that are their own number."""
    return Batches(np.arange(count).reshape(-1, 1, 1, 1), labels, rows, batch, seed)


@given(st.integers(1, 40), st.integers(2, 50), st.integers(0, 2**31 - 1))
def test_every_pass_shows_every_picture_once(count: int, batch: int, seed: int) -> None:
    batches = numbered(count + 5, np.arange(count) + 5, batch, seed)
    steps = -(-3 * count // batch)
    shown = np.concatenate([batches.indices(step) for step in range(steps)])
    for epoch in range(3):
        assert sorted(shown[epoch * count : (epoch + 1) * count]) == list(range(5, count + 5))


SIZES = st.lists(st.integers(1, 20), min_size=2, max_size=6)


@given(SIZES, st.integers(2, 33), st.integers(0, 30))
def test_every_batch_shows_each_class_as_often(sizes: list[int], batch: int, step: int) -> None:
    labels = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    _, shown = numbered(len(labels), np.arange(len(labels)), batch, labels=labels).batch(step)
    assert shown is not None and np.ptp(np.bincount(shown, minlength=len(sizes))) <= 1


@given(SIZES, st.integers(2, 33))
def test_every_class_goes_through_its_own_pictures(sizes: list[int], batch: int) -> None:
    labels = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    batches = numbered(len(labels), np.arange(len(labels)), batch, labels=labels)
    steps = -(-2 * max(sizes) * len(sizes) // batch)
    shown = np.concatenate([batches.indices(step) for step in range(steps)])
    for number, size in enumerate(sizes):
        own = np.flatnonzero(labels == number)
        of_class = shown[labels[shown] == number]
        assert sorted(of_class[:size]) == sorted(of_class[size : 2 * size]) == list(own)


@given(st.integers(0, 500), st.booleans())
def test_a_place_in_the_data_is_one_number(step: int, classes: bool) -> None:
    rows, labels = np.arange(17), np.arange(17) % 3 if classes else None
    fresh, used = numbered(17, rows, 4, labels=labels), numbered(17, rows, 4, labels=labels)
    for earlier in range(max(0, step - 9), step):
        used.batch(earlier)
    assert np.array_equal(fresh.indices(step), used.indices(step))


def test_passes_and_seeds_differ_in_their_order() -> None:
    one, other = numbered(24, np.arange(24), 24), numbered(24, np.arange(24), 24, seed=1)
    assert not np.array_equal(one.indices(0), one.indices(1))
    assert not np.array_equal(one.indices(0), other.indices(0))


def test_pictures_and_labels_belong_together_also_when_mapped_from_the_disk(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    np.save(tmp_path / "images.npy", pictures)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    batches = Batches(mapped, np.arange(20, dtype=np.int32), np.arange(20), 6, 0)
    found, labels = batches.batch(5)
    assert found.dtype == np.uint8 and not isinstance(found, np.memmap)
    assert np.array_equal(found, pictures[labels])


def test_an_epoch_is_a_pass_that_has_begun() -> None:
    assert [epoch_of(seen, 24) for seen in (0, 1, 24, 25, 48)] == [0, 1, 1, 2, 2]
