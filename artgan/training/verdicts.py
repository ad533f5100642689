"""What is happening in a training, in words, by rules on what was measured. Loads without TensorFlow.

Each rule is a pure function of the lines of metrics of a session, and has a sentence where it holds. It asks more for
beginning to hold than for going on to, so that a number at its threshold does not make the verdict change to and fro.

- critic: for a minute, 5 lines or more, the critic's loss is below 0.45 and the generator's above 1.5; until no line of
  the last minute is so.
- repeating: diversity is 40 % below its highest, until it is 30 % below; or three times in a row below half of the
  paintings', until it is above 60 % of it.
- copies: more pictures are near-copies of a painting than chance explains; until that is not so twice.
- enough: 5 judgements, and a tenth of all the time, without a better KID; until one is better.
- learning: none of these holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from artgan.training.config import TrainConfig
from artgan.training.events import Tick, Verdict

LEARNING, ENOUGH = "learning", "enough"

# Two that are equally strong have 0.69, ln 2, each. A critic that had won stayed at 0.20 to 0.45 against 1.7 to 3.3,
# and healthy trainings at 0.56 to 0.74 against 0.7 to 1.3. In the first minute the lines are closer and most critics
# are ahead of a generator that paints noise.
_WINNING_D, _WINNING_G = 0.45, 1.5
_WINNING_TICKS, _WINNING_S = 5, 60.0
# Their scores are log-odds; the others' have no such scale.
_LOG_ODDS = {"relativistic", "bce"}

# A generator that is young, not one that repeats itself, has half of the paintings' diversity after its first minutes.
_FALLEN, _FALLEN_UNTIL = 0.6, 0.7
_UNLIKE, _UNLIKE_UNTIL, _UNLIKE_TIMES = 0.5, 0.6, 3

_CHANCE_ERRORS = 2.0
"""A change of KID by less than so many standard errors is none."""
PATIENCE = 5
_PATIENCE_SHARE = 0.1
"""Of the time so far: what takes minutes at first takes hours later."""


def verdict(
    ticks: Sequence[Tick], config: TrainConfig, before: Verdict | None = None, *, patience: int | None = PATIENCE
) -> Verdict:
    """Say what is happening.

    Args:
        ticks: the lines of metrics of this session, at one size of pictures, oldest first; some with a judgement.
        config: of the run.
        before: what was said last.
        patience: judgements without a better KID before it is enough; None for never, since larger pictures follow.

    Returns:
        The words of the rules that hold, and their sentences.
    """
    held = before.word.split(", ") if before else []
    judged = [tick for tick in ticks if tick.kid_lite0 is not None]
    found = {
        "copies": _copies(judged, "copies" in held),
        "repeating": _repeating(judged, "repeating" in held),
        "critic": _critic(ticks, config, "critic" in held),
        ENOUGH: _enough(judged, patience) if patience is not None else "",
    }
    sentences = {word: text for word, text in found.items() if text}
    if not sentences:
        return Verdict(word=LEARNING, text=LEARNING)
    return Verdict(
        word=", ".join(sentences),
        text="; ".join(sentences.values()),
        level="info" if sentences.keys() == {ENOUGH} else "warning",
    )


def _critic(ticks: Sequence[Tick], config: TrainConfig, held: bool) -> str:
    if config.loss not in _LOG_ODDS or not ticks or ticks[-1].seconds - ticks[0].seconds < _WINNING_S:
        return ""
    # Cross-entropy is the sum of a real and a painted part, but their mean where these are shown apart.
    parts = 2 if config.loss == "bce" and not config.separate_batches else 1
    since = ticks[-1].seconds - _WINNING_S
    count = max(_WINNING_TICKS, sum(tick.seconds >= since for tick in ticks))
    so = [tick.d_loss / parts < _WINNING_D and tick.g_loss > _WINNING_G for tick in ticks[-count:]]
    if len(so) < _WINNING_TICKS or not (any(so) if held else all(so)):
        return ""
    if not config.augment:
        help = "augmentation (--augment color,translation)"
    elif config.augment_p != "auto" and config.augment_p < 1:
        help = "more augmentation (--augment-p auto)"
    else:
        help = f"a --gamma above {config.gamma:g}"
    return f"the critic is winning: {help} would help"


def _repeating(judged: Sequence[Tick], held: bool) -> str:
    spreads = [tick.spread_lite0 for tick in judged if tick.spread_lite0 is not None]
    if not spreads:
        return ""
    now, highest, last = spreads[-1], max(spreads), spreads[-_UNLIKE_TIMES:]
    if now < highest * (_FALLEN_UNTIL if held else _FALLEN):
        return f"repeating itself (diversity down {1 - now / highest:.0%})"
    if now < _UNLIKE_UNTIL if held else len(last) == _UNLIKE_TIMES and max(last) < _UNLIKE:
        return f"repeating itself (diversity {now:.0%} of the paintings')"
    return ""


def _copies(judged: Sequence[Tick], held: bool) -> str:
    if not any(tick.copied for tick in judged[-2 if held else -1 :]):
        return ""
    return f"copies: {judged[-1].copies_lite0 or 0.0:.0%} of the pictures are near-copies of a painting"


def _enough(judged: Sequence[Tick], patience: int) -> str:
    if not judged:
        return ""
    best, last, waited = judged[0], judged[-1], 0
    for tick in judged[1:]:
        better = _kid(best) - _kid(tick) > _CHANCE_ERRORS * (tick.kid_lite0_error or 0.0)
        best, waited = (tick, 0) if better else (best, waited + 1)
    seconds = last.seconds - best.seconds
    if waited < patience or seconds < _PATIENCE_SHARE * last.seconds:
        return ""
    kid = f"KID {_kid(best):.3f} +- {best.kid_lite0_error or 0.0:.3f}"
    return f"no longer improving for {_said(seconds)} ({kid}): enough"


def _kid(tick: Tick) -> float:
    assert tick.kid_lite0 is not None, "only lines with a judgement are compared"
    return tick.kid_lite0


def _said(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
