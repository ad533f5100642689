"""A table of addresses of pictures, made by the person: each line is a work, each host in it may be asked."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from artgan import files
from artgan.datasets.manifest import License
from artgan.datasets.sites.site import Page, Query, Version, Work
from artgan.datasets.sites.texts import plain
from artgan.datasets.sites.words import slug_of
from artgan.datasets.sites.years import read_years
from artgan.errors import NotFoundError, UsageError
from artgan.web.answers import Unavailable
from artgan.web.client import Web
from artgan.web.hosts import HostClass, clean_url, host_of

MOST_LINES = 1_000_000
MOST_BYTES = 200_000_000

SUFFIXES = (".csv", ".tsv", ".txt")

_ADDRESS = ("url", "image_url", "link", "address", "src", "image")
_DELIMITERS = ",;\t|"
_DIGITS = 8
_FREE = frozenset(("public-domain", "publicdomain", "cc0", "cc0-1-0", "cc-0", "pd", "public-domain-mark"))


class _Line(NamedTuple):
    """A line of the table: its number, its cells by column, its address or why there is none."""

    number: int
    cells: dict[str, str]
    url: str
    trouble: str


class Addresses:
    """The pictures whose addresses a file lists.

    A ``.csv`` or ``.tsv`` names its columns in its first line: one of url, image_url, link, address, src, image, and
    where there are such id, title, artist, year or date, license, genre, style, page_url, width, height. A ``.txt`` has
    one address a line; what follows "#" at the beginning of a line is a remark.

    Args:
        path: the file, UTF-8.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is not such a table, too large, or without any address.
    """

    name = "addresses"
    title = "a table of addresses"
    rights = "Nothing is known of the rights of these pictures but what the table says of each."
    one_owner = False
    details_needed = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _read(path)
        hosts = dict.fromkeys(host_of(line.url) for line in self._lines if line.url)
        if not hosts:
            raise UsageError(
                f"{path} has no address of a picture" + (f": {self._lines[0].trouble}" if self._lines else ""),
                "addresses begin with https://",
            )
        self.hosts = tuple(HostClass(host, re.compile(re.escape(host)), 2.0) for host in hosts)

    def is_placeholder(self, url: str) -> bool:
        return False

    def listing(self, query: Query, web: Web) -> Iterator[Page]:
        works: dict[str, Work] = {}
        addresses: set[str] = set()
        for line in self._lines:
            if line.url and line.url in addresses:
                continue
            addresses.add(line.url)
            work = _work(line)
            if work.id.casefold() in works:
                work = work.model_copy(update={"id": f"{work.id[:60]}-{_digest(line.url or str(line.number))}"})
            works.setdefault(work.id.casefold(), work)
        yield Page(
            listing=self._path.name, number=1, pages=1, listed=len(works), reachable=len(works),
            works=tuple(works.values()),
        )  # fmt: skip

    def details(self, work: Work, web: Web) -> Work:
        return work.model_copy(update={"license_labels": work.license_labels or (), "detailed": True})


def _read(path: Path) -> list[_Line]:
    """Return the lines that are neither empty nor remarks."""
    if path.suffix.casefold() not in SUFFIXES:
        raise UsageError(f"{path} is no table of addresses", f"its name has to end in {', '.join(SUFFIXES)}")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} has more than {MOST_BYTES:,} bytes", "split it")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 (byte {error.start})", 'save it as "CSV UTF-8" or plain UTF-8'
        ) from error
    if path.suffix.casefold() == ".txt":
        rows: Iterator[tuple[int, dict[str, str]]] = (
            (number, {"url": line.strip()}) for number, line in enumerate(text.splitlines(), 1) if line[:1] != "#"
        )
    else:
        rows = _rows(path, text)
    lines: list[_Line] = []
    for number, cells in rows:
        if not any(cells.values()):
            continue
        if len(lines) >= MOST_LINES:
            raise UsageError(f"{path} has more than {MOST_LINES:,} lines", "split it")
        lines.append(_line(number, cells))
    return lines


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with the number of the line on which each begins."""
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 0
    try:
        columns = [slug_of(name).replace("-", "_") for name in next(reader, [])]
        known = [name for name in _ADDRESS if name in columns]
        if not known:
            raise UsageError(
                f"{path} has no column of addresses, only: {', '.join(c for c in columns[:12] if c) or 'nothing'}",
                f"its first line has to name its columns, one of them {', '.join(_ADDRESS)}",
            )
        line = reader.line_num
        for row in reader:
            if len(columns) == 1:
                row = [delimiter.join(row)]  # an address may have a comma
            cells = {name: cell.strip() for name, cell in reversed(list(zip(columns, row, strict=False))) if name}
            # Of several columns with addresses the first in the list that is not empty.
            cells["url"] = next((cells[name] for name in known if cells.get(name)), "")
            yield line + 1, cells
            line = reader.line_num
    except csv.Error as error:
        raise UsageError(f"{path} line {line + 1}: {error}", "mend that line, or take it out") from error


def _line(number: int, cells: dict[str, str]) -> _Line:
    try:
        return _Line(number, cells, clean_url(cells["url"]), "")
    except Unavailable as error:
        return _Line(number, cells, "", error.reason if cells["url"] else f"address: line {number} has none")


def _work(line: _Line) -> Work:
    """Return what a line says."""
    cells = {name: plain(cell) for name, cell in line.cells.items()}
    date = cells.get("date") or cells.get("year")
    years = read_years(date)
    width, height = _pixels(cells.get("width")), _pixels(cells.get("height"))
    label = cells.get("license") or cells.get("licence")
    version = Version(name="original", url=line.url, width=width, height=height) if line.url else None
    return Work(
        id=_id(line, cells.get("id")), title=cells.get("title"), artist=cells.get("artist"), date=date,
        year=years.year, year_from=years.year_from, year_to=years.year_to, genre=cells.get("genre"),
        style=cells.get("style"), page_url=_page(cells.get("page_url")), image_url=line.url or None, width=width,
        height=height, license=_license(label), license_labels=(label,) if label else None,
        versions=(version,) if version else (), placeholder=line.trouble, detailed=True,
    )  # fmt: skip


def _id(line: _Line, given: str | None) -> str:
    """Return a name for a file: the one in the table when it is fit for one, else one made of the address."""
    if given:
        name = files.safe_name(_ascii(given))
        return name if name == given else f"{name}-{_digest(given)}"
    if not line.url:
        return f"line-{line.number}"
    stem = unquote(urlsplit(line.url).path).rstrip("/").rpartition("/")[2].partition(".")[0]
    return f"{files.safe_name(_ascii(stem), longest=60)}-{_digest(line.url)}"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _license(label: str | None) -> License | None:
    if not label:
        return None
    return "public-domain" if slug_of(label) in _FREE else "restricted"


def _pixels(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,5}", text) else None


def _page(text: str | None) -> str | None:
    try:
        return clean_url(text) if text else None
    except Unavailable:
        return None
