"""``artgan datasets list``, ``show`` and ``remove``: what lies in the folder of datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.deleting import delete_all
from artgan.cli.names import DatasetName, DryRun, Yes, complete_dataset, dataset_of
from artgan.cli.places import workspace_of
from artgan.cli.table import Column
from artgan.datasets.credits import attribution, credit_lines
from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord, list_datasets, status_counts
from artgan.errors import ArtganError, DamagedError, NotFoundError
from artgan.settings import Settings

_COLUMNS = [
    Column("name", shrinks=True),
    Column("paintings", right=True),
    Column("not used", right=True),
    Column("prepared", shrinks=True),
    Column("age", right=True),
    Column("from", shrinks=True),
]
_NAMED = 5

Remote = Annotated[bool, typer.Option("--remote", help="What lies in the workspace's datastore.")]


@command
def list_all(console: Console, settings: Settings, remote: Remote = False) -> None:
    """List the datasets.

    With --json: an array of objects with name, path, counts, prepared, layout, source, created and error, which is
    empty unless the dataset cannot be read; with --remote of objects with name and bytes.

    Example:
        artgan datasets list
        artgan datasets list --remote
    """
    if remote:
        there = workspace_of(settings).data()
        console.table(
            [{"name": file.path, "bytes": file.size} for file in there],
            [Column("name", shrinks=True), Column("size", right=True)],
            [[file.path, words.size(file.size or 0)] for file in there],
            "no dataset lies in the datastore",
        )
        return
    values, rows = [], []
    for folder in list_datasets(settings.datasets_dir):
        value: dict[str, Any] = {"name": folder.name, "path": folder.path, "error": ""}
        try:
            dataset = folder.read()
        except ArtganError as error:
            values.append({**value, "error": error.message})
            rows.append([folder.name, "", "", "", "", "damaged: its dataset.json cannot be read"])
            continue
        sizes = _prepared_sizes(folder)
        value |= {key: getattr(dataset, key) for key in ("counts", "layout", "source", "created")}
        values.append(value | {"prepared": sizes})
        used = dataset.counts.get("ok", 0)
        unused = sum(dataset.counts.values()) - used
        rows.append(
            [
                folder.name, words.number(used), words.number(unused) if unused else "",
                ", ".join(map(str, sizes)), words.age(dataset.created), dataset.source,
            ]
        )  # fmt: skip
    console.table(
        values, _COLUMNS, rows, f"no dataset in {settings.datasets_dir} yet; make one: artgan import FOLDER --name NAME"
    )


@command
def show(
    console: Console,
    settings: Settings,
    dataset: DatasetName = None,
    credits: Annotated[
        bool, typer.Option("--attribution", help="Print whom to thank for each picture instead, one a line.")
    ] = False,
) -> None:
    """Show what a dataset holds and whether it is whole.

    With --json: an object with name, path, counts, prepared, layout, source, query, created, updated, rights, licenses,
    typical_aspect, bytes, artists, years, missing and changed; with --attribution name, rights and attribution (by id).

    Example:
        artgan datasets show flowers
        artgan datasets show flowers --attribution > CREDITS.txt
    """
    folder = dataset_of(settings, dataset)
    described = folder.read()
    records = folder.records()
    used = [record for record in records if record.status == "ok" and record.file]
    if credits:
        texts = {record.id: attribution(record) for record in used}
        value = {"name": folder.name, "rights": described.rights, "attribution": texts}
        console.result(value, lambda: "\n".join(credit_lines(used, described.rights)))
        return
    _show_facts(console, folder, described, records, used)


def _show_facts(
    console: Console, folder: DatasetFolder, described: Dataset, records: list[ImageRecord], used: list[ImageRecord]
) -> None:
    missing, changed = _health(folder, used)
    licenses = Counter(record.license for record in used if record.license)
    artists = Counter(record.artist for record in used if record.artist)
    years = Counter(record.year for record in used if record.year)
    counts = status_counts(records)
    prepared = {size: _images_in(folder.prepared(size)) for size in _prepared_sizes(folder)}
    unused = {reason: n for reason, n in counts.items() if reason != "ok"}
    value: dict[str, Any] = {
        "name": folder.name, "path": folder.path, "counts": counts, "prepared": prepared, "layout": described.layout,
        "source": described.source, "query": described.query, "created": described.created,
        "updated": described.updated, "rights": described.rights, "licenses": dict(licenses.most_common()),
        "typical_aspect": described.typical_aspect, "bytes": sum(record.bytes or 0 for record in used),
        "artists": dict(artists.most_common()), "years": {str(year): n for year, n in sorted(years.items())},
        "missing": missing, "changed": changed,
    }  # fmt: skip
    console.facts(
        value,
        [
            ("dataset", str(folder.path)),
            ("paintings", f"{words.number(len(used))}, {words.size(value['bytes'])}"),
            ("not used", ", ".join(f"{n} {reason}" for reason, n in unused.items())),
            (
                "prepared",
                ", ".join(f"{size} px ({words.count(n, 'image')})" for size, n in prepared.items()) or "not yet",
            ),
            ("shape", _shape(described.typical_aspect)),
            ("artists", _commonest(artists, "artist")),
            ("years", _span(years)),
            ("from", _origin(described)),
            ("updated", f"{words.age(described.updated)} ago" if described.updated else ""),
            ("licences", ", ".join(f"{words.number(n)} {kind}" for kind, n in licenses.most_common())),
            ("rights", described.rights),
            ("health", _health_text(missing, changed)),
        ],
    )
    if missing or changed:
        console.next(f"artgan datasets check {folder.name} --repair")
    elif not prepared:
        console.next(f"artgan prepare {folder.name} --size 64")


@command
def remove(
    console: Console,
    settings: Settings,
    datasets: Annotated[
        list[str], typer.Argument(metavar="DATASET...", help="Names of datasets.", autocompletion=complete_dataset)
    ],
    yes: Yes = False,
    remote: Remote = False,
    dry_run: DryRun = False,
) -> None:
    """Delete datasets, their pictures and prepared images.

    Pictures that a dataset only links to stay where they are, and so do runs. With --remote what was uploaded for runs
    elsewhere is deleted. With --json: an array of the folders, or of the uploads.

    Example:
        artgan datasets remove flowers
        artgan datasets remove flowers --yes
    """
    if remote:
        _remove_remote(console, settings, datasets, yes=yes, dry_run=dry_run)
        return
    folders = [dataset_of(settings, name) for name in datasets]
    for folder in folders:
        console.say(f"{folder.path}: {words.size(_bytes_under(folder.path))}")
    delete_all(console, "dataset", {folder.path: folder.remove for folder in folders}, yes=yes, dry_run=dry_run)


def _remove_remote(console: Console, settings: Settings, names: list[str], *, yes: bool, dry_run: bool) -> None:
    """Delete uploads from the workspace's datastore; a dataset's name means all of its sizes."""
    backend = workspace_of(settings)
    there = {file.path: file for file in backend.data()}
    chosen = []
    for name in names:
        found = [path for path in there if path == name or path.rpartition("/")[2].startswith(f"{name}-")]
        if not found:
            raise NotFoundError(f"no dataset {name!r} lies in the datastore", "artgan datasets list --remote")
        chosen += found
    for path in chosen:
        console.say(f"{path}: {words.size(there[path].size or 0)}")
    if dry_run:
        console.say("nothing was deleted")
    else:
        console.confirm(f"Delete {words.count(len(chosen), 'upload')} for ever?", yes=yes)
        for path in chosen:
            backend.remove_data(path)
        console.say(f"deleted {words.count(len(chosen), 'upload')}")
    console.result(chosen)


def _prepared_sizes(folder: DatasetFolder) -> list[int]:
    """Return the sizes that are whole on the disk: their description is written last."""
    place = folder.path / "prepared"
    if not place.is_dir():
        return []
    return sorted(int(p.name) for p in place.iterdir() if p.name.isdecimal() and (p / "dataset.json").is_file())


def _images_in(path: Path) -> int:
    return sum(1 for _ in path.glob("*/*.png"))


def _health(folder: DatasetFolder, records: list[ImageRecord]) -> tuple[list[str], list[str]]:
    """Return the ids of pictures that are gone, and of those that have another size; ``check`` looks deeper."""
    missing, changed = [], []
    for record in records:
        path = folder.file_of(record)
        try:
            same = record.bytes in (None, path.stat().st_size)
        except OSError:
            missing.append(record.id)
            continue
        if not same:
            changed.append(record.id)
    return missing, changed


def _health_text(missing: list[str], changed: list[str]) -> str:
    faults = [
        f"{words.count(len(ids), 'picture')} {what}: {', '.join(ids[:3])}{' ...' if len(ids) > 3 else ''}"
        for ids, what in ((missing, "missing"), (changed, "changed"))
        if ids
    ]
    return "; ".join(faults) or "good: every picture is there"


def _commonest(counter: Counter[Any], noun: str) -> str:
    """Return "Claude Monet (31), Renoir (12), and 14 artists more"."""
    named = ", ".join(f"{name} ({n})" for name, n in counter.most_common(_NAMED))
    more = len(counter) - _NAMED
    return f"{named}, and {words.count(more, f'{noun} more', f'{noun}s more')}" if more > 0 else named


def _span(years: Counter[int]) -> str:
    if not years:
        return ""
    span = f"{min(years)}" if len(years) == 1 else f"{min(years)} to {max(years)}"
    return f"{span}, most from {_commonest(years, 'year')}" if len(years) > 1 else span


def _shape(aspect: float | None) -> str:
    if aspect is None:
        return ""
    if 0.95 < aspect < 1.05:
        return "about square"
    return (
        f"usually {aspect:.2f} times as wide as high"
        if aspect > 1
        else f"usually {1 / aspect:.2f} times as high as wide"
    )


def _origin(described: Dataset) -> str:
    """Return where it comes from: "WikiArt: genre flower-painting, until 1930", or "/home/anna/paintings · flat"."""
    if "query" not in described.query:
        return " · ".join(text for text in (described.source, described.layout) if text)
    wanted = described.query.get("wanted")
    return ", ".join(text for text in (described.source, *_filters(wanted if isinstance(wanted, dict) else {})) if text)


def _filters(wanted: dict[str, Any]) -> Iterator[str]:
    """Say what was wanted of a site's works; what is not understood is left out."""
    year = {name: value for name, value in wanted.items() if name.endswith("_year") and isinstance(value, int)}
    if "since_year" in year:
        yield f"from {year['since_year']} on"
    if "until_year" in year:
        yield f"until {year['until_year']}"
    if isinstance(wanted.get("min_side"), int):
        yield f"{wanted['min_side']} px or more on a side"
    if wanted.get("license") == "public-domain":
        yield "public domain only"
    if isinstance(wanted.get("exclude_artists"), list):
        yield f"without {' and '.join(map(str, wanted['exclude_artists']))}"
    if wanted.get("drop_near_duplicates") is True:
        yield "without near-duplicates"
    if isinstance(wanted.get("limit"), int):
        yield f"at most {words.count(wanted['limit'], 'painting')}"


def _bytes_under(path: Path) -> int:
    try:
        return sum(p.lstat().st_size for p in path.rglob("*") if p.is_file())
    except OSError as error:
        raise DamagedError(f"{path} cannot be read: {error.strerror}") from error
