"""A dataset folder that artgan made: exported, copied or packed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.folders import plain_entry
from artgan.datasets.layouts.names import Facts
from artgan.datasets.layouts.sources import ReadError, Source, read_table
from artgan.datasets.manifest import Dataset, ImageRecord
from artgan.events import Note

_TEXTS = frozenset(("images.jsonl", "dataset.json", "CREDITS.txt"))


class Own:
    """``images.jsonl`` beside ``originals/``; the ids and what is known of the paintings are kept."""

    name = "artgan"
    about = "a dataset folder of artgan: images.jsonl and originals/"

    def recognise(self, source: Source) -> bool:
        return any(
            any(file.path.startswith(f"{manifest.folder}/originals/".removeprefix("/")) for file in source.files)
            for manifest in source.named("images.jsonl")
        )

    def rights(self, source: Source) -> str:
        for file in sorted(source.named("dataset.json"), key=lambda file: len(file.path)):
            try:
                return Dataset.model_validate_json(file.read()).rights
            except (ValidationError, ReadError):
                continue  # prepared sets have a file of that name too
        return ""

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        manifest = min(source.named("images.jsonl"), key=lambda file: len(file.path))
        top = f"{manifest.folder}/".removeprefix("/")
        records = {}
        bad = 0
        for line in read_table(manifest).split("\n"):
            try:
                record = ImageRecord.model_validate_json(line) if line.strip() else None
            except ValidationError:
                bad += 1
                continue
            if record:
                records[record.id] = record
        if bad:
            yield Note(text=f"{bad} lines of {manifest.path} could not be read", level="warning")
        by_file = {f"{top}{record.file}": record for record in records.values() if record.file}
        for file in source.files:
            inside = file.path.removeprefix(top)
            if inside in _TEXTS or inside.startswith(("prepared/", "by-name/")):
                continue
            record = by_file.pop(file.path, None)
            yield replace(plain_entry(file, _facts(record) if record else {}), id=record.id if record else "")
        for path in sorted(by_file):
            yield Note(text=f"{path} is in the manifest but not here", level="warning")


def _facts(record: ImageRecord) -> Facts:
    return {
        "title": record.title,
        "artist": record.artist,
        "artist_url": record.artist_url,
        "year": record.year,
        "date": record.date,
        "year_from": record.year_from,
        "year_to": record.year_to,
        "genre": record.genre,
        "style": record.style,
        "media": record.media,
        "tags": record.tags,
        "credit": record.credit,
        "license": record.license,
        "license_labels": record.license_labels,
        "page_url": record.page_url,
        "image_url": record.image_url,
    }
