from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.errors import UsageError
from artgan.seeds import latents, parse_seeds

SEEDS = st.integers(0, 2**32 - 1)


@given(st.lists(SEEDS, min_size=1, max_size=12))
def test_a_list_reads_back_as_it_was_written(seeds: list[int]) -> None:
    assert parse_seeds(",".join(map(str, seeds))) == seeds


@given(SEEDS, st.integers(0, 50))
def test_a_range_holds_both_ends(first: int, more: int) -> None:
    last = min(first + more, 2**32 - 1)
    assert parse_seeds(f"{first}-{last}") == list(range(first, last + 1))


def test_ranges_and_numbers_mix() -> None:
    assert parse_seeds("0-3, 42,7") == [0, 1, 2, 3, 42, 7]


@pytest.mark.parametrize(
    "text",
    ["", ",", "a", "1-", "-1", "1..3", "9-3", "1-2-3", "4294967296", "0-99999999", "1;2", "\u0661", "1e3", "0x1"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_seeds(text)


@given(st.lists(SEEDS, min_size=1, max_size=6), st.integers(1, 300))
def test_a_seed_gives_the_same_latent_in_any_company(seeds: list[int], dim: int) -> None:
    together = latents(seeds, dim)
    assert together.shape == (len(seeds), dim) and together.dtype == np.float32
    for seed, row in zip(seeds, together, strict=True):
        assert latents([seed], dim)[0].tobytes() == row.tobytes()


def test_latents_are_the_ones_of_the_first_release() -> None:
    """A seed that an artist has written down must paint the same picture with every later artgan."""
    first = latents([0, 42], 4)
    expected = np.array(EXPECTED, np.float32)
    assert np.array_equal(first, expected), first.tolist()


def test_latents_are_standard_normal() -> None:
    values = latents(range(2000), 50)
    assert abs(float(values.mean())) < 0.01
    assert abs(float(values.std()) - 1) < 0.01
    assert float(np.corrcoef(values[:-1].ravel(), values[1:].ravel())[0, 1]) < 0.01


EXPECTED = [
    [0.29294613003730774, -0.3592579662799835, 0.7181216478347778, -0.7622231245040894],
    [1.420206069946289, -0.8464319109916687, -1.1895254850387573, 0.8622385263442993],
]
