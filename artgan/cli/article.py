"""The flags of the 2020 article and of keragan: understood, and answered with today's name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple


class Old(NamedTuple):
    """An old flag: what it says today (empty when it is gone), why, and whether a value follows it.

    ``today`` is a flag that takes the same value, or ``ARGUMENT``: the value stands alone now.
    """

    today: str
    why: str = ""
    has_value: bool = True


ARGUMENT = "an argument"
_BY_TIME = "saves go by time now: --save-every 60s"
_RUN_FOLDER = "everything a run makes lies in its own folder; --runs-dir moves the folder of runs"

# shwars/keragan's trainer and the article's train_gan.py, in today's dashes.
TRAINER: dict[str, Old] = {
    "--path": Old(ARGUMENT),
    "--dataset": Old(ARGUMENT),
    "--limit": Old("", "a dataset is limited when it is prepared: artgan prepare NAME --limit N"),
    "--save-interval": Old("", _BY_TIME),
    "--save-img-interval": Old("", _BY_TIME),
    "--print-interval": Old("", "a line is printed every ten seconds, or the terminal shows it live"),
    "--visual-inspection-interval": Old("", "the terminal shows the newest sheet; artgan open RUN opens it"),
    "--no-samples": Old("--grid"),
    "--model-path": Old("", _RUN_FOLDER),
    "--samples-path": Old("", _RUN_FOLDER),
    "--save-npy-path": Old("", "prepared images are kept as PNG files beside the dataset"),
    "--ignore-smaller": Old("", "small paintings are left out by: artgan prepare NAME --min-side PIXELS", False),
    "--crop": Old("", "the centre is cropped by default; artgan prepare NAME --fit changes it", False),
    "--aspect-variance": Old("", "the shape is limited by: artgan prepare NAME --aspect-max 2.0"),
    "--sample-images": Old("", "see what the network will see with: artgan prepare NAME --preview", False),
}


def translate(args: list[str], options: Collection[str], old_flags: Mapping[str, Old]) -> tuple[list[str], list[str]]:
    """Rewrite a command line from then into one of today.

    Args:
        args: what was typed after the command.
        options: the flags that the command has today; they are left alone.
        old_flags: the flags it had, with dashes.

    Returns:
        The arguments of today, and one sentence for each flag that was another.
    """
    today: list[str] = []
    alone: dict[str, str] = {}
    notes: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        flag, equals, value = word.partition("=")
        dashed = "--" + flag[2:].replace("_", "-")
        if word == "--":
            rest.insert(0, word)
            break
        if not flag.startswith("--") or flag in options or (dashed not in options and dashed not in old_flags):
            today.append(word)
        elif dashed in options:
            today.append(dashed + equals + value)
            notes.append(f"{flag} is {dashed} today")
        else:
            old = old_flags[dashed]
            if old.has_value and not equals:
                value = rest.pop(0) if rest else ""
            if old.today == ARGUMENT:
                alone[dashed] = value
                notes.append(f"{flag} is not needed any more: say only {value}")
            elif old.today == "--grid" and value == "0":
                notes.append(f"{flag} 0 is gone: a sheet is always painted")
            elif old.today:
                today += [old.today, value]
                notes.append(f"{flag} is {old.today} today")
            else:
                notes.append(f"{flag} is gone: {old.why}")
    if notes and "--epochs" in {word.partition("=")[0] for word in today}:
        notes.append("--epochs counts passes over the dataset; keragan counted batches")
    # train_gan.py joined --path and --dataset.
    place = "/".join(alone[flag] for flag in ("--path", "--dataset", "--input") if flag in alone)
    return [*today, *([place] if place else []), *rest], notes
