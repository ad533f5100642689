from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.errors import UsageError
from artgan.sampling.walks import PATHS, Walk, slerp
from artgan.seeds import latents

DIM = 64


def _walk(count: int = 3, frames: int = 61, path: str = "slerp", loop: bool = False, dim: int = DIM) -> Walk:
    return Walk(latents(range(count), dim), frames, path, loop)


@given(st.integers(1, 9), st.integers(20, 200), st.sampled_from(PATHS), st.booleans())
def test_each_key_stands_on_its_frame_bit_for_bit_and_a_loop_closes(
    count: int, frames: int, path: str, loop: bool
) -> None:
    if count == 1 and path != "noise-loop":
        return
    walk = _walk(count, frames, path, loop)
    rows = walk.latents()
    assert rows.shape == (frames, DIM) and rows.dtype == np.float32 and np.isfinite(rows).all()
    assert walk.key_frames == sorted(set(walk.key_frames)) and walk.key_frames[0] == 0
    for key, frame in zip(walk.keys, walk.key_frames, strict=False):
        assert rows[frame].tobytes() == key.tobytes()
    assert walk.key_frames[-1] == frames - 1
    assert (rows[0].tobytes() == rows[-1].tobytes()) == walk.closed


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("loop", [False, True])
def test_pieces_of_a_walk_are_the_walk(path: str, loop: bool) -> None:
    walk = _walk(path=path, loop=loop)
    pieces = [walk.latents(first, first + 7) for first in range(0, walk.frames, 7)]
    assert np.concatenate(pieces).tobytes() == walk.latents().tobytes()


@pytest.mark.parametrize("path", PATHS)
def test_no_frame_jumps_and_the_length_stays_typical(path: str) -> None:
    rows = _walk(4, 241, path, True, dim=256).latents().astype(float)
    steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)
    assert steps.max() < 3.5 * steps.mean()
    lengths = np.linalg.norm(rows, axis=1) / np.sqrt(256)
    assert lengths.min() > 0.8 and lengths.max() < 1.2


def test_slerp_turns_at_an_even_pace() -> None:
    rows = _walk(2, 31).latents().astype(float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    angles = np.arccos(np.sum(rows[1:] * rows[:-1], axis=1))
    assert np.allclose(angles, angles[0], rtol=1e-3)


def test_a_spline_has_no_corners() -> None:
    def corner(path: str) -> float:
        rows = _walk(3, 301, path, True).latents().astype(float)
        steps = np.diff(np.concatenate([rows, rows[1:2]]), axis=0)
        steps /= np.linalg.norm(steps, axis=1, keepdims=True)
        return float(np.sum(steps[1:] * steps[:-1], axis=1).min())

    assert corner("spline") > 0.99 > 0.8 > corner("slerp")


def test_every_point_of_a_noise_loop_is_normally_distributed() -> None:
    rows = _walk(2, 101, "noise-loop", dim=20_000).latents()
    assert np.abs(rows.mean(axis=1)).max() < 0.04
    assert np.abs(rows.std(axis=1) - 1).max() < 0.03
    # A twentieth of a normal distribution lies beyond 1.96.
    assert np.abs((np.abs(rows) > 1.96).mean(axis=1) - 0.05).max() < 0.01


def test_a_noise_loop_goes_by_its_seed() -> None:
    keys = latents([7], DIM)
    one, again, other = (Walk(keys, 50, "noise-loop", seed=seed).latents() for seed in (7, 7, 8))
    assert one.tobytes() == again.tobytes() != other.tobytes()
    assert one[0].tobytes() == other[0].tobytes() == keys[0].tobytes()


def test_awkward_ends_are_walked_between() -> None:
    z = latents([1], DIM)[0]
    half = slerp(z, -z, 0.5)
    assert np.linalg.norm(half) == pytest.approx(np.linalg.norm(z)) and abs(half @ z) < 1e-5
    assert np.allclose(slerp(z, z, 0.3), z)
    assert np.allclose(slerp(np.zeros(DIM), z, 0.5), z / 2)
    for path in PATHS:
        for keys in ([z, -z], [z, z], [z, 0 * z]):
            assert np.isfinite(Walk(np.array(keys), 20, path, True).latents()).all()


def test_what_lies_between_keys_is_shared_evenly() -> None:
    walk = _walk(2, 21, loop=True)
    shares = walk.shares(np.eye(2))
    assert np.allclose(shares.sum(axis=1), 1) and shares[10].tolist() == [0, 1]
    assert shares[0].tolist() == shares[20].tolist() == [1, 0] and shares[5].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("count", "frames", "path"), [(1, 10, "slerp"), (1, 10, "spline"), (3, 3, "spline"), (3, 10, "flight")]
)
def test_what_is_no_walk_is_refused(count: int, frames: int, path: str) -> None:
    with pytest.raises(UsageError) as caught:
        _walk(count, frames, path, True)
    assert caught.value.hint
