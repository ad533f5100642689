"""What a training says of itself: each sentence where it belongs, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from artgan.errors import UsageError
from artgan.runs.folder import RunFolder
from artgan.training import judging
from artgan.training.config import to_toml
from artgan.training.events import Tick, Trained, Verdict
from artgan.training.job import resumed_config
from artgan.training.resolving import resolve
from artgan.training.verdicts import verdict

CONFIG = resolve({})


def tick(number: int, every_s: float = 10.0, **values: Any) -> Tick:
    return Tick(
        step=number, epoch=1, images_seen=number, seconds=number * every_s, cpu_seconds=0.0, images_per_s=1.0,
        memory_mb=1.0, **{"d_loss": 0.69, "g_loss": 0.7, "penalty": 0.0, "accuracy": 0.5, **values},
    )  # fmt: skip


def judged(number: int, kid: float = 0.5, error: float = 0.01, **values: Any) -> Tick:
    return tick(number, 300.0, kid_lite0=kid, kid_lite0_error=error, **values)


def history(*kids: float) -> list[Tick]:
    return [judged(number, kid) for number, kid in enumerate(kids, 1)]


def spreads(*values: float) -> list[Tick]:
    # Ever better, so that nothing else is to be said.
    return [judged(number, 1 / number, spread_lite0=value) for number, value in enumerate(values, 1)]


def said(ticks: list[Tick], **options: Any) -> list[str]:
    """Return the words along a history, one for each line."""
    words, last = [], None
    for end in range(1, len(ticks) + 1):
        last = verdict(ticks[:end], CONFIG, last, **options)
        words.append(last.word)
    return words


def test_a_balanced_training_is_learning_and_nothing_else():
    assert set(said([tick(number) for number in range(30)])) == {"learning"}
    assert verdict([], CONFIG) == Verdict(word="learning", text="learning")
    assert set(said(history(*(1 / number for number in range(1, 20))))) == {"learning"}


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"augment": ""}, "augmentation (--augment color,translation)"),
        ({"augment_p": 0.3}, "more augmentation (--augment-p auto)"),
        ({"augment_p": "auto"}, "a --gamma above 1"),
        ({"gamma": 3}, "a --gamma above 3"),
    ],
)
def test_a_critic_that_wins_is_told_with_what_helps(options, advice):
    ticks = [tick(number, d_loss=0.3, g_loss=2.5) for number in range(8)]
    found = verdict(ticks, resolve(options))
    assert found.level == "warning" and found.text == f"the critic is winning: {advice} would help"


def test_a_critic_wins_after_a_minute_not_in_the_first_ticks():
    assert set(said([tick(number, 2.0, d_loss=0.3, g_loss=2.5) for number in range(30)])) == {"learning"}
    words = said([tick(number, d_loss=0.3, g_loss=2.5) for number in range(12)])
    assert words == ["learning"] * 6 + ["critic"] * 6
    slow = [tick(number, 60.0, d_loss=0.3, g_loss=2.5) for number in range(6)]
    assert said(slow) == ["learning"] * 4 + ["critic"] * 2


@pytest.mark.parametrize("losses", [{"d_loss": 0.46, "g_loss": 2.5}, {"d_loss": 0.3, "g_loss": 1.4}])
def test_one_loss_alone_is_no_victory(losses):
    assert set(said([tick(number, **losses) for number in range(20)])) == {"learning"}


@pytest.mark.parametrize(
    ("options", "d_loss", "word"),
    [
        ({"loss": "bce"}, 0.8, "critic"),  # the sum of two parts
        ({"preset": "keragan"}, 0.8, "learning"),  # their mean
        ({"preset": "keragan"}, 0.4, "critic"),
        ({"loss": "hinge"}, 0.1, "learning"),  # scores without a scale
    ],
)
def test_the_losses_are_read_on_their_own_scale(options, d_loss, word):
    ticks = [tick(number, d_loss=d_loss, g_loss=2.5) for number in range(20)]
    assert verdict(ticks, resolve(options)).word == word


def test_losses_about_their_threshold_do_not_make_it_flap():
    ticks = [tick(number, d_loss=0.44 if number % 2 else 0.46, g_loss=2.0) for number in range(60)]
    assert set(said(ticks)) == {"learning"}
    won = [tick(number, d_loss=0.3, g_loss=2.0) for number in range(10)]
    words = said(won + [item.model_copy(update={"seconds": item.seconds + 100}) for item in ticks])
    assert words[9:] == ["critic"] * 61
    healthy = [tick(number) for number in range(10, 20)]
    assert said(won + healthy)[-1] == "learning"


def test_diversity_that_falls_by_two_fifths_is_repetition():
    found = verdict(spreads(0.5, 0.8, 0.9, 0.53), CONFIG)
    assert (found.word, found.text) == ("repeating", "repeating itself (diversity down 41%)")
    assert said(spreads(0.5, 0.8, 0.9, 0.56)) == ["learning"] * 4
    # Once said it holds until the fall is less than three tenths.
    assert said(spreads(0.9, 0.53, 0.56, 0.53, 0.62, 0.64, 0.56))[1:] == ["repeating"] * 4 + ["learning"] * 2


def test_a_young_generator_is_not_one_that_repeats_itself():
    assert said(spreads(0.45, 0.49, 0.55, 0.49)) == ["learning"] * 4
    assert said(spreads(0.45, 0.42, 0.41, 0.55, 0.62)) == ["learning"] * 2 + ["repeating"] * 2 + ["learning"]
    assert "diversity 41% of the paintings'" in verdict(spreads(0.45, 0.42, 0.41), CONFIG).text


def test_copies_are_told_and_not_taken_back_for_one_judgement_without():
    flags = [False, True, False, True, False, False, True]
    ticks = [
        judged(number, 1 / number, copies_lite0=0.12 if flag else 0.03, copied=flag)
        for number, flag in enumerate(flags, 1)
    ]
    assert said(ticks) == ["learning"] + ["copies"] * 4 + ["learning", "copies"]
    assert verdict(ticks, CONFIG).text == "copies: 12% of the pictures are near-copies of a painting"


def test_five_judgements_without_a_better_one_are_enough():
    assert said(history(0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5))[-2:] == ["learning", "enough"]
    found = verdict(history(0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.51), CONFIG)
    assert found.text == "no longer improving for 25 min (KID 0.500 +- 0.010): enough" and found.level == "info"
    assert verdict(history(0.9, 0.5, 0.5, 0.5), CONFIG, patience=2).word == "enough"
    assert verdict(history(*[0.5] * 20), CONFIG, patience=None).word == "learning"


def test_a_change_within_two_errors_is_none_and_a_slow_gain_adds_up():
    assert said(history(0.5, *[0.485] * 5))[-1] == "enough"
    assert said(history(0.5, *[0.475] * 5))[-1] == "learning"
    slowly = history(*(0.5 - 0.006 * number for number in range(20)))
    assert set(said(slowly)) == {"learning"}
    assert said([*history(0.5, *[0.5] * 6), judged(8, 0.4)])[-2:] == ["enough", "learning"]


def test_what_took_hours_is_given_more_than_minutes():
    kids = [1 / number for number in range(1, 100)] + [0.01] * 12
    ticks = [judged(number, kid, 0.0001) for number, kid in enumerate(kids, 1)]
    words = said(ticks)
    assert words[: 99 + 10] == ["learning"] * 109 and words[-1] == "enough"


def test_several_things_may_be_true_at_once():
    ticks = [judged(n, 0.5, spread_lite0=0.4, copies_lite0=0.3, copied=True, d_loss=0.3, g_loss=2) for n in range(1, 8)]
    found = verdict(ticks, CONFIG)
    assert found.word == "copies, repeating, critic, enough" and found.level == "warning"
    assert found.text.count(";") == 3


def test_a_training_ends_when_it_is_good_and_says_why(trainings, monkeypatch):
    monkeypatch.setattr(judging, "_SAMPLES", 16)
    # At such a rate nothing gets better.
    folder, events = trainings.run({"until_good": True, "eval_every": "0.01s", "lr": 1e-9, "save_every": "1h"})
    done = events[-1]
    assert isinstance(done, Trained) and done.state == "finished"
    assert folder.record.reason == done.reason and done.reason.startswith("no longer improving for ")
    assert done.images_seen < 100_000 and done.best_epoch == folder.best().epoch
    assert [event.word for event in events if isinstance(event, Verdict)] == ["enough"]
    ticks = folder.ticks()
    assert ticks[-1]["verdict"] == done.reason and ticks[0]["verdict"] == "learning"
    assert all(line["spread_lite0"] > 0 and 0 <= line["copies_lite0"] <= 1 for line in ticks if "kid_lite0" in line)
    log = folder.log_path.read_text(encoding="utf-8")
    assert log.count(": enough") == 2, "when it is found, and as the reason at the end"
    assert len([line for line in ticks if "kid_lite0" in line]) < 20, "it ends as soon as it is enough"


def test_until_good_is_a_length_of_its_own():
    assert resolve({"until_good": True, "preset": "dcgan"}).kimg == 6000
    assert resolve({"until_good": "yes", "preset": "keragan"}).kimg == 3200
    bounded = resolve({"until_good": True, "time": "2h"})
    assert (bounded.time, bounded.kimg) == (7200, None)
    with pytest.raises(UsageError, match="eval_every 0"):
        resolve({"until_good": True, "eval_every": 0})


def test_until_good_lengthens_a_run_that_goes_on(tmp_path):
    run = RunFolder(tmp_path)
    run.config_path.write_text(to_toml(resolve({"preset": "dcgan", "epochs": 12})), encoding="utf-8")
    longer = resumed_config(run, {"until_good": True})
    assert (longer.until_good, longer.epochs, longer.kimg) == (True, None, 6000)
    assert resumed_config(run, {"until_good": True, "kimg": 900}).kimg == 900
    run.config_path.write_text(to_toml(longer), encoding="utf-8")
    assert resumed_config(run, {}) == longer and not resumed_config(run, {"until_good": False}).until_good
