"""What is chosen of a pool, by features and scores that the tests give, and by a critic."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import keras
import numpy as np
import pytest

from artgan import seeds
from artgan.errors import NotFoundError, UsageError
from artgan.events import Progress
from artgan.models.dcgan import critic, generator
from artgan.models.files import save_generator
from artgan.models.presets import NetworkSpec
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run
from artgan.sampling import picking, samples


def end_of(events: Generator[Any, None, Any]) -> Any:
    """Return what a stream of events returns."""
    while True:
        try:
            assert isinstance(next(events), Progress)
        except StopIteration as over:
            return over.value


def cloud(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 40)).astype(np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with a generator and two critics, the newest of epoch 10."""
    folder = new_run(tmp_path_factory.mktemp("runs"), "flowers-16", size=16)
    keras.utils.set_random_seed(3)
    save_generator(generator(NetworkSpec(16, 12)), folder.models / "gen_000010.keras")
    for epoch in (9, 10):
        save_generator(critic(NetworkSpec(16, 12)), folder.models / f"dis_{epoch:06d}.keras")
    (folder.models / "dis_000011.keras").touch()
    return folder


def pool(run: RunFolder, count: int) -> np.ndarray:
    return np.stack([one.image for one in samples.sample(samples.open_source(run), range(count))])


def test_the_best_come_first_and_of_equals_the_first() -> None:
    rows, scores = picking.best(np.array([1.0, 3.0, 2.0, 3.0]), 3)
    assert rows.tolist() == [1, 3, 2] and scores.tolist() == [3.0, 3.0, 2.0]


def test_variety_is_wider_than_chance_and_leaves_the_oddest_out() -> None:
    features = cloud(300)
    broken = np.arange(0, 300, 20)
    features[broken] *= 4  # far from all others, so that distance alone would choose them
    random = np.mean([picking.mean_distance(features[rows]) for rows in _draws(300, 12)])
    alone, _ = picking.various(features, 12)
    assert set(alone) <= set(broken.tolist()) and picking.mean_distance(features[alone]) > 2 * random
    rows, scores = picking.various(features, 12, -picking.oddness(features))
    assert not set(rows) & set(broken.tolist()) and len(set(rows)) == 12
    usual = np.delete(features, broken, axis=0)
    assert picking.mean_distance(features[rows]) > 1.1 * np.mean(
        [picking.mean_distance(usual[chosen]) for chosen in _draws(len(usual), 12)]
    )
    assert (np.diff(scores) <= 0).all()
    assert np.isclose(scores.mean(), picking.mean_distance(features[rows]))


def test_exchanging_finds_what_trying_all_finds() -> None:
    from itertools import combinations

    for seed in range(5):
        features = cloud(12, seed)[:, :3]
        best = max(picking.mean_distance(features[list(rows)]) for rows in combinations(range(12), 4))
        found = picking.mean_distance(features[picking.various(features, 4)[0]])
        assert found >= 0.97 * best


@pytest.mark.parametrize(("count", "keep"), [(1, 1), (1, 5), (2, 2), (5, 5), (5, 9), (30, 30)])
def test_small_pools_are_ordered_whole(count: int, keep: int) -> None:
    features = cloud(count)
    rows, scores = picking.various(features, keep, -picking.oddness(features))
    assert sorted(rows) == list(range(count)) and np.isfinite(scores).all()


def test_one_picture_many_times_has_no_variety_and_no_infinity() -> None:
    rows, scores = picking.various(np.ones((20, 8)), 5, -picking.oddness(np.ones((20, 8))))
    assert len(set(rows)) == 5 and np.allclose(scores, 0)


def test_the_usual_is_near_to_the_paintings_not_to_their_middle() -> None:
    left, right = cloud(50) - 20, cloud(50, 1) + 20
    paintings = np.concatenate([left, right])
    candidates = np.stack([left[3] + 0.1, np.zeros(40), right[4] + 0.1, left[0] * 3])
    assert np.argsort(picking.oddness(candidates, paintings)).tolist()[2:] == [1, 3]
    assert picking.oddness(cloud(1)).tolist() == [0.0]


def test_the_critic_orders_by_its_score_and_says_which_it_is(run: RunFolder) -> None:
    pictures = pool(run, 40)
    judge = picking.open_critic(run)
    picked = end_of(picking.pick(pictures, 40, 7, picking.CRITIC, critic=judge))
    scores = judge(pictures)
    assert picked.rows.tolist() == np.argsort(-scores, kind="stable")[:7].tolist()
    assert np.array_equal(picked.scores, scores[picked.rows].astype(float)) and (np.diff(picked.scores) <= 0).all()
    assert picked.judge == f"the confidence of {run.name}'s critic of epoch 10"
    assert np.array_equal(judge(pictures[5:6]), scores[5:6]), "the same alone and among others"


def test_pieces_are_looked_at_as_the_whole_is(run: RunFolder) -> None:
    pictures = pool(run, 20)
    judge = picking.open_critic(run)
    whole = end_of(picking.pick(pictures, 20, 5, picking.CRITIC, critic=judge))
    pieces = end_of(picking.pick(iter([pictures[:7], pictures[7:]]), 20, 5, picking.CRITIC, critic=judge))
    assert np.array_equal(whole.rows, pieces.rows) and np.array_equal(whole.scores, pieces.scores)


@pytest.mark.parametrize("by", [picking.TYPICAL, picking.VARIETY])
def test_pictures_are_chosen_by_what_lite0_sees(run: RunFolder, by: str) -> None:
    pictures = pool(run, 12)
    pictures[3] = 255 * (np.indices((16, 16)).sum(axis=0) % 2)[..., None]  # a chessboard among nothing much
    picked = end_of(picking.pick(pictures, 12, 4, by))
    assert (np.diff(picked.scores) <= 0).all() and len(set(picked.rows)) == 4 and 3 not in picked.rows
    assert "lite0" in picked.judge
    paintings = np.repeat(picking.ready()(pictures[3:4]), 5, axis=0)
    assert end_of(picking.pick(pictures, 12, 4, picking.TYPICAL, paintings=paintings)).rows[0] == 3


def test_a_critic_of_classes_is_told_them(tmp_path: Any) -> None:
    folder = new_run(tmp_path, "told-16", size=16, classes=["cat", "dog"])
    keras.utils.set_random_seed(3)
    model = critic(NetworkSpec(16, 12, classes=2))
    model.get_layer("class").set_weights(
        [np.ones_like(w) * [[1], [-1]] for w in model.get_layer("class").get_weights()]
    )
    save_generator(model, folder.models / "dis_000002.keras")
    pictures = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    judge = picking.open_critic(folder)
    assert not np.allclose(judge(pictures, np.eye(2)), judge(pictures, np.eye(2)[::-1]))
    assert np.array_equal(judge(pictures), judge(pictures, np.eye(2)))


def test_without_a_critic_and_of_another_size_it_says_so(run: RunFolder, tmp_path: Any) -> None:
    bare = new_run(tmp_path, "bare-16", size=16)
    with pytest.raises(NotFoundError, match=r"no models/dis_<epoch>\.keras") as caught:
        picking.open_critic(bare)
    assert caught.value.hint == "--sort typical needs none"
    with pytest.raises(UsageError, match="judges pictures of 16 px, and these are of 32"):
        picking.open_critic(run)(np.zeros((1, 32, 32, 3), np.uint8))


def test_an_unknown_order_and_an_empty_pool_are_refused() -> None:
    with pytest.raises(UsageError, match="order 'beauty' is not one of critic, typical, variety"):
        picking.check("beauty", 5, 5)
    with pytest.raises(UsageError):
        picking.check("typical", 0, 5)


def _draws(count: int, keep: int) -> list[np.ndarray]:
    return [np.random.default_rng(seed).choice(count, keep, replace=False) for seed in range(40)]


def test_seeds_of_the_pool_are_those_of_sample(run: RunFolder) -> None:
    source = samples.open_source(run)
    (latents,) = samples.plan(source, [4, 9])
    assert np.array_equal(np.stack([latent.values for latent in latents]), seeds.latents([4, 9], 12))
