"""A dataset for other programs: a table, a zip, or the folder that Hugging Face's ``datasets`` reads.

Every one carries the attribution of each picture, and is whole or absent: it is made beside its place and renamed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import time
import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, Any, Literal, get_args

from artgan import files
from artgan.datasets.card import card
from artgan.datasets.credits import attribution, credit_lines, plain
from artgan.datasets.decode import open_picture
from artgan.datasets.layouts.sources import PICTURE_SUFFIXES
from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord, described, line_of
from artgan.errors import DamagedError, SetupError, UsageError
from artgan.events import Event, Finished, Progress

Format = Literal["csv", "parquet", "zip", "huggingface"]
FORMATS: tuple[Format, ...] = get_args(Format)

_NUMBERS = ("year", "width", "height")
_FACTS = (
    "id", "title", "artist", "date", "year", "genre", "style", "license", "page_url", "image_url", "width", "height",
    "sha256",
)  # fmt: skip
COLUMNS = ("file", *_FACTS, "attribution")

# What a spreadsheet takes for the beginning of a formula; the wide forms are typed on East Asian keyboards.
_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001
# The files of an exported folder. The pictures lie in "train": ``datasets`` makes splits of file names that hold a word
# such as "test" unless a folder tells the split, and looks for the metadata beside the pictures.
_FOLDER = frozenset(("README.md", "CREDITS.txt", "train"))
_BLOCK = 2**20
_LONGEST = 120  # of a file name; ids are shorter, unless somebody wrote them by hand


class Exported(Finished):
    """A dataset was written for other programs; ``path`` is the file or folder, ``bytes`` its size."""

    name: str
    to: str
    path: Path
    pictures: int
    bytes: int


def export(folder: DatasetFolder, to: str, path: Path | None = None, *, force: bool = False) -> Iterator[Event]:
    """Write the pictures in use, or what is known of them, for other programs.

    Args:
        folder: of the dataset.
        to: "csv" (UTF-8 with a byte order mark, without which Excel garbles every accent; cells that a spreadsheet
            would take for a formula begin with an apostrophe), "parquet" (the same table), "zip" (pictures, manifest
            and credits; ``import_folder`` reads it) or "huggingface" (a folder for ``load_dataset("imagefolder")``).
        path: the file or folder to write; default ``<name>.csv`` and so on, or ``<name>-huggingface``, here.
        force: replace an earlier file or exported folder.

    Yields:
        ``Progress`` (stage "write"), at the end ``Exported``.

    Raises:
        UsageError: no such format, nothing in use, or something at ``path`` that may not be replaced.
        SetupError: pyarrow, which writes parquet, is not installed.
        DamagedError: a picture is missing or not what was taken up; nothing is written.
        DiskFullError: no room; nothing is written.
    """
    if to not in FORMATS:
        raise UsageError(f"cannot export to {to!r}", f"choose one of {', '.join(FORMATS)}")
    dataset, records = folder.read(), folder.in_use()
    if not records:
        raise UsageError(f"no picture of {folder.name!r} is in use", f"see why: artgan datasets show {folder.name}")
    name = files.safe_name(folder.name)
    path = Path(path or (f"{name}-huggingface" if to == "huggingface" else f"{name}.{to}"))
    if path.name in ("", ".."):
        path = Path(os.path.abspath(path))
    _may_be_written(path, is_folder=to == "huggingface", force=force)
    if to == "parquet":
        _pyarrow()
    return _export(folder, dataset, records, to, path)


def _may_be_written(path: Path, *, is_folder: bool, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not force:
        raise UsageError(f"{path} exists already", "add --force to replace it, or choose another name with --out")
    if is_folder:
        _only_ours(path)
    elif not path.is_file():
        raise UsageError(f"{path} is no file, so it was not replaced", "choose another name with --out")


def _only_ours(path: Path) -> None:
    """Refuse to replace anything but an exported folder: somebody's paintings, say, or a repository."""
    try:
        foreign = sorted(set(os.listdir(path)) - _FOLDER) if path.is_dir() and not path.is_symlink() else [path.name]
    except OSError as error:
        raise files.storage_error(error, path) from error
    if foreign:
        raise UsageError(
            f"{path} is no exported folder, so it was not replaced: it holds {foreign[0]}",
            "choose another name with --out",
        )


def _export(
    folder: DatasetFolder, dataset: Dataset, records: list[ImageRecord], to: str, path: Path
) -> Iterator[Event]:
    started = time.monotonic()
    if to == "huggingface":
        yield from _write_folder(folder, dataset, records, path)
    else:
        with files.whole_file(path) as part:
            if to == "zip":
                yield from _write_zip(folder, dataset, records, part)
            else:
                write = _write_csv if to == "csv" else _write_parquet
                write([_row(record, record.file or "", dataset.rights) for record in records], part)
    written = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    yield Exported(
        seconds=time.monotonic() - started,
        name=folder.name,
        to=to,
        path=path,
        pictures=len(records),
        bytes=sum(file.stat().st_size for file in written),
    )


# -- tables


def _row(record: ImageRecord, file: str, rights: str) -> dict[str, Any]:
    facts = {name: getattr(record, name) for name in _FACTS}
    return {"file": file, **facts, "attribution": attribution(record, rights)}


def _write_csv(rows: list[dict[str, Any]], path: Path) -> None:
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows([_cell(row[name]) for name in COLUMNS] for row in rows)


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value if value.isprintable() else plain(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _write_parquet(rows: list[dict[str, Any]], path: Path) -> None:
    arrow = _pyarrow()
    from pyarrow import parquet

    kinds = [(name, arrow.int64() if name in _NUMBERS else arrow.string()) for name in COLUMNS]
    parquet.write_table(arrow.Table.from_pylist(rows, schema=arrow.schema(kinds)), path)


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise SetupError(
            "writing parquet takes pyarrow, which is not installed", 'pip install "artgan[parquet]"'
        ) from error
    return pyarrow


# -- with the pictures


def _write_zip(
    folder: DatasetFolder, dataset: Dataset, records: list[ImageRecord], path: Path
) -> Generator[Event, None, None]:
    """Pack a dataset folder; unpacked among the datasets it is one."""
    top = files.safe_name(folder.name)
    placed = [record.model_copy(update={"file": f"originals/{name}"}) for record, name in _named(folder, records)]
    about = dataset.model_copy(update={"name": top, "prepared": [], **described(placed)})
    if os.path.isabs(dataset.source):  # a folder of this machine, which is nobody else's business
        about = about.model_copy(update={"source": PurePath(dataset.source).name})
    texts = {
        "dataset.json": about.model_dump_json(indent=1) + "\n",
        "images.jsonl": "".join(map(line_of, placed)),
        "CREDITS.txt": _lines(credit_lines(records, dataset.rights)),
    }
    # Stored, not deflated: pictures are compressed already.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in texts.items():
            archive.writestr(files.zip_member(f"{top}/{name}"), text)
        for done, (before, after) in enumerate(zip(records, placed, strict=True), 1):
            with archive.open(files.zip_member(f"{top}/{after.file}"), "w") as target:
                _copy(folder, before, target)
            yield Progress(stage="write", done=done, total=len(records))


def _write_folder(
    folder: DatasetFolder, dataset: Dataset, records: list[ImageRecord], path: Path
) -> Generator[Event, None, None]:
    """Write what ``datasets.load_dataset("imagefolder", data_dir=path)`` reads."""
    named = _named(folder, records)
    rows = [_row(record, name, dataset.rights) for record, name in named]
    # A column of nothing has no type, which makes a poor table.
    known = [name for name in COLUMNS[1:] if any(row[name] is not None for row in rows)]
    lines = [{"file_name": row["file"], **{name: row[name] for name in known}} for row in rows]
    with _whole_folder(path) as part:
        (part / "train").mkdir()
        for done, (record, name) in enumerate(named, 1):
            with open(part / "train" / name, "wb") as target:
                _copy(folder, record, target)
                target.flush()
                os.fsync(target.fileno())
            yield Progress(stage="write", done=done, total=len(records))
        metadata = _lines(json.dumps(line, ensure_ascii=False) for line in lines)
        files.write_text(part / "train" / "metadata.jsonl", metadata)
        files.write_text(part / "CREDITS.txt", _lines(credit_lines(records, dataset.rights)))
        files.write_text(part / "README.md", card(dataset, records))


@contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """Give the folder to fill; on leaving, it is renamed to ``path``, whose exported folder it replaces."""
    part = path.with_name(path.name + ".part")
    try:
        if os.path.lexists(part):
            _only_ours(part)
            shutil.rmtree(part)
        part.mkdir(parents=True)
    except OSError as error:
        raise files.storage_error(error, part) from error
    try:
        yield part
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(part, path)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise files.storage_error(error, path) from error
        raise


def _named(folder: DatasetFolder, records: list[ImageRecord]) -> list[tuple[ImageRecord, str]]:
    """Give every picture a file name of its own, made of its id: safe on every system, whatever the manifest says."""
    taken: set[str] = set()
    named = []
    for record in records:
        stem = files.safe_name(record.id, longest=_LONGEST)
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        named.append((record, name + _suffix(folder, record)))
    return named


def _suffix(folder: DatasetFolder, record: ImageRecord) -> str:
    """Return what the picture's name ends with; a linked one may end with anything, then its bytes decide."""
    path = folder.file_of(record)
    suffix = path.suffix.lower()
    return suffix if suffix in PICTURE_SUFFIXES else open_picture(path, draft=(64, 64)).suffix


def _copy(folder: DatasetFolder, record: ImageRecord, target: IO[bytes]) -> None:
    """Copy a picture, and look that it is the one that was taken up."""
    digest = hashlib.sha256()
    for block in _blocks(folder, record):
        digest.update(block)
        target.write(block)
    if record.sha256 and digest.hexdigest() != record.sha256:
        raise _damaged(folder, record, "is not what was taken up")


def _blocks(folder: DatasetFolder, record: ImageRecord) -> Iterator[bytes]:
    """Yield the bytes of a picture; trouble with reading is told from trouble with writing."""
    try:
        with open(folder.file_of(record), "rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except OSError as error:
        raise _damaged(folder, record, f"cannot be read: {error.strerror}") from error


def _damaged(folder: DatasetFolder, record: ImageRecord, what: str) -> DamagedError:
    return DamagedError(
        f"picture {record.id} of {folder.name!r} {what}", f"artgan datasets check {folder.name} --repair"
    )


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
