"""Several listings become one: those of a kind add up, kinds narrow each other down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from artgan.datasets.sites.site import Page, Work


def combined(groups: Sequence[Iterable[Page]]) -> Iterator[Page]:
    """Yield every page that is read, each work once and only those that all groups have.

    The last group is passed on while it is read; the others are read to their end before, and their pages come
    without works. What one listing tells of a work (its style) is added to what another one tells (its genre).

    Args:
        groups: one or more; each the pages of listings that add up.
    """
    *firsts, last = groups
    common: dict[str, Work] | None = None
    for group in firsts:
        found: dict[str, Work] = {}
        for page in group:
            for work in page.works:
                if common is None or work.id in common:
                    found[work.id] = _joined(work, common.get(work.id) if common else found.get(work.id))
            yield page.model_copy(update={"works": ()})
        common = found
        if not common:
            return
    seen: set[str] = set()
    for page in last:
        fresh: dict[str, Work] = {}
        for work in page.works:
            if work.id not in seen and (common is None or work.id in common):
                fresh.setdefault(work.id, _joined(work, common[work.id]) if common else work)
        seen |= fresh.keys()
        yield page.model_copy(update={"works": tuple(fresh.values())})
        if common is not None and len(seen) == len(common):
            return


def _joined(work: Work, other: Work | None) -> Work:
    """Return a work with what another listing tells of it besides."""
    if other is None:
        return work
    missing = {
        name: value
        for name in Work.model_fields
        if getattr(work, name) is None and (value := getattr(other, name)) is not None
    }
    return work.model_copy(update=missing)
