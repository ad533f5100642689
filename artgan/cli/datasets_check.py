"""``artgan datasets check``: is every picture still what it was?"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import DatasetName, dataset_of
from artgan.errors import PartlyDoneError
from artgan.settings import Settings
from artgan.training.stopping import stop_on_signal


@command
def check(
    console: Console,
    settings: Settings,
    dataset: DatasetName = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Fetch, or copy from where it was imported, what is missing or damaged.")
    ] = False,
) -> None:
    """Read every picture of a dataset and compare it with what was taken up.

    Ends with 5 when a picture is missing, changed or unreadable and was not mended. --repair touches those pictures
    only. With --json: an object with name, path, checked, missing, changed, unreadable, repaired, failed (why, by id)
    and seconds.

    Example:
        artgan datasets check flowers
        artgan datasets check flowers --repair
    """
    folder = dataset_of(settings, dataset)
    console.say(f"checking {folder.name} ...")
    from artgan.datasets.checking import check as check_dataset

    said = "stopping; what is mended is kept (Ctrl-C again leaves at once)"
    with stop_on_signal(SimpleNamespace(stopping=lambda: console.say(said))) as asked:
        done: Any = console.finish(
            check_dataset(folder, repair=repair, should_stop=asked.is_set, contact=str(settings.get("contact", "")))
        )
    if asked.is_set():
        raise KeyboardInterrupt
    for name, reason in done.failed.items():
        console.say(f"not mended: {name}: {reason}")
    faults = {"missing": done.missing, "changed": done.changed, "unreadable": done.unreadable}
    found = ", ".join(f"{len(ids)} {fault}" for fault, ids in faults.items() if ids)
    wrong = len(done.wrong)
    facts = [
        words.count(done.checked, "picture"),
        f"{words.number(wrong)} not as taken up" if wrong else "every one as it was taken up",
        f"found: {found}" if found else "",
        f"mended: {words.number(len(done.repaired))}" if done.repaired else "",
    ]
    console.result(done, "; ".join(fact for fact in facts if fact))
    if wrong:
        raise PartlyDoneError(
            f"{words.count(wrong, 'picture')} of {folder.name!r} {'is' if wrong == 1 else 'are'} not as taken up",
            f"leave out what cannot be mended: artgan datasets drop {folder.name} ID..."
            if repair
            else f"mend what can be mended: artgan datasets check {folder.name} --repair",
        )
