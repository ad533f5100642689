"""Paintings on a site become a dataset folder, as a stream of events.

First the listing is read and a plan is made of it; then works are fetched, several at a time at the pace that the site
was promised, each noted in the manifest once its picture is in place; last the manifest is put in order. It may be
interrupted anywhere: the same call goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from artgan import files
from artgan.datasets.fetch.flow import Fetching
from artgan.datasets.fetch.mending import mend
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.fetch.workplace import Manners
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.sites.registry import site_for
from artgan.datasets.sites.site import Query
from artgan.errors import UsageError
from artgan.events import Event
from artgan.web.cache import Cache
from artgan.web.limiter import Limiter

WORKERS = 4
"""Pictures under way at a time; what the site's other visitors do not notice."""


def fetch(
    query: Query,
    wanted: Wanted | None = None,
    *,
    name: str,
    datasets_dir: Path | str = "datasets",
    human_names: bool = False,
    dry_run: bool = False,
    workers: int = WORKERS,
    delay_s: float = 0.0,
    contact: str = "",
    cache_dir: Path | None = None,
    limiter: Limiter | None = None,
    rights: str = "",
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Make a dataset of what a site has, or bring it up to date; doing it again asks only for what is new.

    Args:
        query: what is asked of the site.
        wanted: which of the works that it lists are taken.
        name: of the dataset.
        datasets_dir: the folder of datasets.
        human_names: put links with readable names beside the pictures.
        dry_run: plan only; nothing is written.
        workers: pictures under way at a time, 1 to ``WORKERS``.
        delay_s: least time between two requests to the same hosts, where that is longer than what artgan keeps anyway.
        contact: an address that the site's people can write to; sent with every request.
        cache_dir: where pages of single works are kept, so that they are not asked for again.
        limiter: the pace; by default the one that the site was promised.
        rights: a sentence on what may be done with the pictures; default what the site says.
        should_stop: asked ten times a second; when it says True, what is under way is dropped and the rest kept.

    Yields:
        ``Note``, ``Progress`` (stages "list" and "fetch"), ``Planned``, ``ImageSaved``, ``Skipped``, at the end
        ``Fetched``, also before an error of the site is raised, unless there was nothing to make a plan of.

    Raises:
        UsageError: a wish that cannot be, or a dataset of this name that was made of something else.
        NotFoundError: the site has no such genre, style or artist.
        RemoteError: it does not answer, or refuses; what came before is kept.
        BusyError: another process is at work on the dataset.
        DiskFullError: no room; what came before is kept.
    """
    if files.safe_name(name) != name:
        raise UsageError(
            f"{name!r} cannot be a dataset's name", f"use letters and digits: --name {files.safe_name(name)}"
        )
    folder = DatasetFolder(Path(datasets_dir) / name)
    cache = Cache(cache_dir, read_only=dry_run) if cache_dir else None
    manners = Manners(max(1, min(workers, WORKERS)), limiter, cache, contact, delay_s)
    wishes = (wanted or Wanted()).checked()
    fetching = Fetching(site_for(query), query, wishes, folder, human_names=human_names, rights=rights, dry=dry_run)
    return fetching.run(manners, should_stop)


def repair(
    folder: DatasetFolder,
    ids: Sequence[str],
    *,
    contact: str = "",
    limiter: Limiter | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Fetch single pictures of a fetched dataset again, from where they came.

    A picture that cannot be had stays as it is.

    Args:
        folder: of the dataset.
        ids: of records.
        contact: as in ``fetch``.
        limiter: as in ``fetch``.
        should_stop: as in ``fetch``.

    Yields:
        ``Note``, ``Progress``, ``ImageSaved``, ``Skipped``, at the end ``Repaired``.

    Raises:
        UsageError: the dataset was not fetched.
        RemoteError: the site refuses.
    """
    query, wanted, _ = remembered(folder)
    manners = Manners(WORKERS, limiter, contact=contact)
    return mend(site_for(query), folder, wanted, frozenset(ids), manners, should_stop)


def remembered(folder: DatasetFolder) -> tuple[Query, Wanted, bool]:
    """Return what a dataset was made of: the query, the wishes, and whether it has readable names.

    Raises:
        UsageError: it was not fetched.
    """
    asked = folder.read().query
    try:
        if "query" not in asked:
            raise UsageError(f"dataset {folder.name!r} was not fetched from a site", "import its pictures again")
        return (
            Query.model_validate(asked["query"]),
            Wanted.model_validate(asked.get("wanted", {})),
            bool(asked.get("human_names")),
        )
    except ValidationError as error:
        raise UsageError(
            f"{folder.path / 'dataset.json'} does not say what dataset {folder.name!r} was made of",
            "fetch it again by name",
        ) from error
