"""How a fetch looks: the plan, the live line, the table at its end."""

from __future__ import annotations

from artgan.cli import progress, words
from artgan.cli.console import Console
from artgan.cli.table import Column
from artgan.datasets.fetch.flow import Fetched
from artgan.datasets.fetch.plan import Planned
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.sites.site import Query
from artgan.errors import PartlyDoneError
from artgan.events import Event
from artgan.settings import Settings
from artgan.training.stopping import stop_on_signal

_SAID = {
    "too-small": "too small",
    "year": "of other years",
    "artist": "by artists left out",
    "licence": "of other licences",
    "noai": "not for machines to learn from",
}
"""How the reasons are called for which works are not wanted."""


class FetchView:
    """Draws a fetch on a console, and says at once that a Ctrl-C was heard."""

    def __init__(self, console: Console, *, dry_run: bool) -> None:
        self.console = console
        self._dry_run = dry_run  # then the plan is the result, and is printed as such
        self.planned: Planned | None = None
        self.done: Fetched | None = None
        self._drawing = progress.drawing_for(console)

    def show(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._drawing.close()
            self._drawing = progress.drawing_for(self.console)
            self.planned = event
            if not self._dry_run:
                self.console.pairs(plan_rows(event))
            self._warn(event)
        elif isinstance(event, Fetched):
            self.done = event
        else:
            self._drawing.show(event)

    def close(self) -> None:
        self._drawing.close()

    def stopping(self) -> None:
        self.console.say("stopping; what is here is kept (Ctrl-C again leaves at once)")

    def _warn(self, plan: Planned) -> None:
        if plan.capped:
            self.console.warn(
                f"{plan.site} has more than its listing gives; --beyond-cap asks for the rest, year by year "
                "(experimental: it was never tried on the live site)"
            )
        if plan.bytes > plan.free_bytes:
            self.console.warn(
                f"about {words.size(plan.bytes)} will come and {words.size(plan.free_bytes)} are free on the disk; "
                "--max-side 1024 takes smaller files"
            )


def show_fetch(
    console: Console,
    settings: Settings,
    query: Query,
    wanted: Wanted,
    name: str,
    *,
    human_names: bool = False,
    workers: int = 4,
    delay_s: float = 0.0,
    dry_run: bool = False,
    rights: str = "",
) -> None:
    """Fetch, draw it, print the result.

    Raises:
        PartlyDoneError: some pictures could not be had, and another time may bring them.
        KeyboardInterrupt: it was asked to stop, and has.
    """
    console.say(f"asking for {query.in_words()} ...")
    from artgan.datasets.fetching import fetch

    view = FetchView(console, dry_run=dry_run)
    with stop_on_signal(view) as asked:
        events = fetch(
            query, wanted, name=name, datasets_dir=settings.datasets_dir, human_names=human_names, dry_run=dry_run,
            workers=workers, delay_s=delay_s, contact=str(settings.get("contact", "")),
            cache_dir=settings.cache_dir, should_stop=asked.is_set, rights=rights,
        )  # fmt: skip
        try:
            console.finish(events, view)
        finally:
            if view.done:
                _summary(console, view.done)
    if asked.is_set():
        raise KeyboardInterrupt
    if view.done:
        _conclude(console, settings, view.done)
    elif view.planned:
        console.facts(view.planned, plan_rows(view.planned))
        console.say("nothing was fetched or written")


def plan_rows(plan: Planned) -> list[tuple[str, str]]:
    """Return a plan as facts for a person."""
    rows = [("dataset", str(plan.path))]
    for each in plan.listings:
        within = (
            "all within reach" if each.reachable >= each.listed else f"its listing gives {words.number(each.reachable)}"
        )
        pages = words.count(each.pages, "page")
        rows.append(("listed", f"{each.title}: {words.count(each.listed, 'work')}, {within}, {pages}"))
    if not plan.complete:
        rows.append(("read", f"{words.number(plan.works)} of them so far, which may be enough"))
    elif len(plan.listings) != 1 or plan.works != plan.listings[0].reachable:
        rows.append(("works", f"{words.number(plan.works)} different ones"))
    if plan.here:
        rows.append(("here", words.count(plan.here, "picture")))
    left = {_SAID.get(reason, reason): n for reason, n in plan.filtered.items()}
    left |= {"not used another time": plan.settled} if plan.settled else {}
    rows.append(("left out", ", ".join(f"{words.number(n)} {reason}" for reason, n in left.items())))
    size = f"about {words.size(plan.bytes)} and {words.duration(plan.seconds)}" if plan.to_fetch else ""
    rows.append(("to fetch", ", ".join(x for x in (words.count(plan.to_fetch, "picture"), size) if x)))
    rows.append(("rights", plan.rights))
    return rows


def _summary(console: Console, done: Fetched) -> None:
    """Say what became of every work, by status."""
    rows = [["kept", words.number(done.counts.get("ok", 0)), f"{words.number(done.new)} new, {words.size(done.bytes)}"]]
    rows += [[reason, words.number(n), ""] for reason, n in done.counts.items() if reason != "ok"]
    rows += [["not wanted", words.number(n), _SAID.get(reason, reason)] for reason, n in done.filtered.items()]
    if done.waiting:
        rows.append(["waiting", words.number(done.waiting), "not come to"])
    for line in console.table_lines([Column("status"), Column("works", right=True), Column("")], rows):
        console.say(line.rstrip())


def _conclude(console: Console, settings: Settings, done: Fetched) -> None:
    used = done.counts.get("ok", 0)
    console.say(f"{words.count(used, 'painting')} in dataset {done.name!r}, {words.duration(done.seconds)}")
    if done.near_duplicates:
        console.say(f"{words.count(done.near_duplicates, 'picture')} look like another one (--drop-near-duplicates)")
    unknown = done.licenses.get("unknown", 0)
    if unknown:
        console.say(f"licence: unknown for {words.number(unknown)} (--license public-domain reads the page of each)")
    console.result(done, str(done.path))
    if done.failed:
        raise PartlyDoneError(
            f"{words.count(done.failed, 'picture')} could not be had this time",
            "the same command again tries only those",
        )
    if used:
        console.next(f"artgan prepare {done.name} --size {settings.get('size', 64)}")
