"""Single pictures of a dataset are fetched again, from where they came."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from artgan.datasets.fetch.flow import record_of
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.fetch.workplace import Asked, Manners, Workplace
from artgan.datasets.manifest import DatasetFolder, ImageRecord, Painting, described
from artgan.datasets.sites.site import Site, Version, Work
from artgan.errors import ArtganError
from artgan.events import Event, Finished, ImageSaved, Progress, Skipped


class Repaired(Finished):
    """``repaired`` are ids of pictures that are whole again, ``failed`` says why others are not."""

    repaired: list[str]
    failed: dict[str, str]


def mend(
    site: Site,
    folder: DatasetFolder,
    wanted: Wanted,
    ids: frozenset[str],
    manners: Manners,
    should_stop: Callable[[], bool],
) -> Iterator[Event]:
    """Fetch the pictures of some records again; see ``artgan.datasets.fetching.repair``."""
    started = time.monotonic()
    records = folder.records()
    works = [_work_of(record) for record in records if record.id in ids and record.image_url]
    repaired: list[str] = []
    failed = {name: "unknown: nobody knows where it came from" for name in ids}
    failed |= {work.id: "waiting: not come to" for work in works}
    error: ArtganError | None = None
    with Workplace(site, folder, wanted, manners, should_stop) as place:
        try:
            for work in works:
                place.crew.begin(work, partial(place.downloader.get, work.id, work.versions))
            while place.crew.busy:
                done = yield from place.take()
                work, outcome = done.key, done.value
                if outcome.status == "ok":
                    place.ledger.add(record_of(work, outcome))
                    repaired.append(work.id)
                    del failed[work.id]
                    yield ImageSaved(path=folder.path / outcome.fields["file"])
                else:
                    failed[work.id] = outcome.reason
                    yield Skipped(source=work.id, status=outcome.status, reason=outcome.reason)
                yield Progress(stage="repair", done=len(works) - place.crew.busy, total=len(works))
        except Asked:
            pass
        except ArtganError as trouble:
            error = trouble
        if repaired:
            after = place.ledger.close({record.id: index for index, record in enumerate(records)})
            folder.write(folder.read().model_copy(update=described(after)))
    yield Repaired(seconds=time.monotonic() - started, repaired=sorted(repaired), failed=failed)
    if error:
        raise error


def _work_of(record: ImageRecord) -> Work:
    facts = record.model_dump(include=set(Painting.model_fields))
    version = Version(name=record.version or "original", url=record.image_url or "")
    facts |= {"width": record.listed_width, "height": record.listed_height}
    return Work(**facts, versions=(version,), detailed=True)
