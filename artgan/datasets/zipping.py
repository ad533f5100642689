"""A prepared set as one zip, so that it travels as one file; and the zip as a dataset again.

``<dataset>-<size>-<12 digits>.zip`` holds the folder of a dataset as training needs it: ``<dataset>/dataset.json``,
``<dataset>/images.jsonl`` and ``<dataset>/prepared/<size>/``, which is what the NVlabs tools read. Unpacked among the
datasets it is trained from as it is. No originals, and no path of the machine that packed it, travel along.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from PIL import Image

from artgan import files
from artgan.datasets.manifest import DatasetFolder, ImageRecord, described, digest_of, line_of
from artgan.datasets.prepared import PreparedImage, PreparedSet, index_path, manifest_digest, read_set
from artgan.datasets.squares import PNG_ERRORS, stamp_of
from artgan.errors import DamagedError, UsageError

_PLACE = re.compile(r"\d{5,}/[^/\\]+\.png")
_RECIPE = 1  # increased when the same set would be packed into other bytes
_DIGITS = 12


@dataclass(frozen=True)
class PreparedZip:
    """The zip of a prepared set, before it is packed; made by ``of``.

    Attributes:
        name: of the file. The same set gives the same name and the same bytes, anywhere.
    """

    name: str
    _folder: DatasetFolder
    _set: PreparedSet
    _texts: dict[str, str]

    @classmethod
    def of(cls, folder: DatasetFolder, size: int) -> PreparedZip:
        """Describe the zip of one size of a dataset.

        Args:
            folder: the dataset.
            size: in pixels; the set must be whole.

        Raises:
            NotFoundError: the dataset is not prepared at this size.
            DamagedError: a picture is missing.
        """
        described_set = read_set(folder, size)
        texts = _texts(folder, described_set)
        pictures = [(image.file, _size_of(folder, described_set, image)) for image in described_set.images]
        # The texts name the pixels; the sizes tell apart what other encoders make of them.
        digest = digest_of([_RECIPE, _name(folder), texts, pictures])[:_DIGITS]
        name = f"{files.safe_name(_name(folder))}-{size}-{digest}.zip"
        return cls(name, folder, described_set, texts)

    def write(self, out_dir: Path) -> Path:
        """Pack it into a folder, made when missing; one of that name that lies there is taken as it is.

        Raises:
            DamagedError: a picture is missing or is not the one that was prepared.
            DiskFullError: no room; nothing is left behind.
        """
        path = out_dir / self.name
        if not path.is_file():
            with files.whole_file(path) as part:
                _write(self._folder, self._set, self._texts, part)
        return path


def unzip(path: Path, datasets_dir: Path) -> DatasetFolder:
    """Unpack what ``PreparedZip`` packed; the dataset is there whole or not at all, and doing it again does nothing.

    Args:
        path: the zip.
        datasets_dir: the folder of datasets, made when missing. Of a dataset that is there already with the same
            pictures, only the size that it lacks is added.

    Raises:
        DamagedError: it is cut off, or not such a zip, or holds a file that would land elsewhere.
        UsageError: another dataset of that name is there.
        DiskFullError: no room; nothing is left behind.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            name, size = _checked(archive, path)
            with files.locked(datasets_dir / f".{name}.unzip.lock"):
                return _unzip(archive, path, name, size, datasets_dir)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _damaged_zip(path, str(error)) from error
    except FileNotFoundError as error:
        raise DamagedError(f"there is no zip at {path}", "pack the dataset again") from error
    except OSError as error:
        raise files.storage_error(error, datasets_dir) from error


# -- packing


def _name(folder: DatasetFolder) -> str:
    return folder.name or folder.path.resolve().name


def _texts(folder: DatasetFolder, described_set: PreparedSet) -> dict[str, str]:
    """Return what the zip says of its pictures: where each text lies in the dataset's folder, and the text."""
    name, size, records = _name(folder), described_set.options.size, folder.in_use()
    placed = [_placed(record) for record in records]
    about = folder.read().model_copy(
        update={"name": name, "prepared": [size], "updated": None, "query": {}, **described(placed)}
    )
    if os.path.isabs(about.source):  # a folder of this machine, which is nobody else's business
        about = about.model_copy(update={"source": PurePath(about.source).name})
    index: dict[str, Any] = json.loads(index_path(folder, size).read_bytes())
    index["artgan"]["dataset"] = name
    if described_set.manifest == manifest_digest(records):
        index["artgan"]["manifest"] = manifest_digest(placed)
    return {
        "dataset.json": about.model_dump_json(indent=1) + "\n",
        "images.jsonl": "".join(map(line_of, placed)),
        f"prepared/{size}/dataset.json": json.dumps(index, indent=1, ensure_ascii=False) + "\n",
    }


def _placed(record: ImageRecord) -> ImageRecord:
    """Take from a record what tells of the machine it was made on."""
    file = record.file or ""
    if os.path.isabs(file):  # linked to, not copied
        file = f"originals/{files.safe_name(record.id)}{PurePath(file).suffix}"
    return record.model_copy(update={"source": "", "file": file})


def _size_of(folder: DatasetFolder, described_set: PreparedSet, image: PreparedImage) -> int:
    try:
        return (folder.prepared(described_set.options.size) / image.file).stat().st_size
    except OSError as error:
        raise _damaged_picture(folder, described_set, image, "is missing") from error


def _write(folder: DatasetFolder, described_set: PreparedSet, texts: dict[str, str], part: Path) -> None:
    top, inner = _name(folder), f"prepared/{described_set.options.size}"
    images = {f"{inner}/{image.file}": image for image in described_set.images}
    # Stored, not deflated: pictures are compressed already.
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted([*texts, *images]):
            data = texts[name].encode() if name in texts else _picture(folder, described_set, images[name])
            archive.writestr(files.zip_member(f"{top}/{name}"), data)


def _picture(folder: DatasetFolder, described_set: PreparedSet, image: PreparedImage) -> bytes:
    """Read a picture, and look that it is whole and the one that was prepared: nobody looks again before training."""
    path = folder.prepared(described_set.options.size) / image.file
    try:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data), formats=("PNG",)) as png:
            stamp = stamp_of(png)
            png.verify()
    except PNG_ERRORS as error:
        raise _damaged_picture(folder, described_set, image, "is damaged") from error
    if not stamp or (stamp.source, stamp.options) != (image.sha256, described_set.options.digest):
        raise _damaged_picture(folder, described_set, image, "is not the picture that was prepared")
    return data


def _damaged_picture(folder: DatasetFolder, described_set: PreparedSet, image: PreparedImage, what: str) -> Exception:
    size = described_set.options.size
    return DamagedError(f"{folder.prepared(size) / image.file} {what}", f"artgan prepare {folder.name} --size {size}")


# -- unpacking


def _checked(archive: zipfile.ZipFile, path: Path) -> tuple[str, int]:
    """Return the dataset's name and the size of its pictures, once every member is known to be where it belongs."""
    names = [member.filename for member in archive.infolist() if not member.is_dir()]
    top = names[0].partition("/")[0] if names else ""
    sizes = {match[1] for name in names if (match := re.match(r"[^/]+/prepared/(\d+)/", name))}
    if not _is_a_name(top) or len(sizes) != 1:
        raise _damaged_zip(path, "it holds no prepared dataset")
    size = sizes.pop()
    for name in names:
        inside = name.removeprefix(f"{top}/")
        place = inside.removeprefix(f"prepared/{size}/")
        known = inside in {"dataset.json", "images.jsonl", f"prepared/{size}/dataset.json"}
        if inside == name or not (known or (place != inside and _is_a_picture(place))):
            raise _damaged_zip(path, f"{name!r} does not belong into a prepared dataset")
    missing = {"dataset.json", "images.jsonl", f"prepared/{size}/dataset.json"} - {n[len(top) + 1 :] for n in names}
    if missing:
        raise _damaged_zip(path, f"it lacks {min(missing)}")
    if len(set(names)) != len(names):
        raise _damaged_zip(path, "it holds a file twice")
    return top, int(size)


def _is_a_picture(place: str) -> bool:
    return _PLACE.fullmatch(place) is not None and _is_a_name(place.partition("/")[2])


def _is_a_name(text: str) -> bool:
    """Whether a text names a file or folder in the folder at hand, on every system."""
    return text not in {"", ".", ".."} and not text.startswith(".") and not re.search(r"[/\\:\x00-\x1f]", text)


def _unzip(archive: zipfile.ZipFile, path: Path, name: str, size: int, datasets_dir: Path) -> DatasetFolder:
    folder = DatasetFolder(datasets_dir / name)
    if folder.exists() and _is_there(archive, path, folder, size):
        return folder
    if folder.path.exists() and not folder.exists():
        raise UsageError(f"{folder.path} is in the way: it is no dataset", "move it away")
    # One folder deeper, so that it does not count as a dataset while it is filled.
    waiting = datasets_dir / f".{name}.unzip.part"
    shutil.rmtree(waiting, ignore_errors=True)
    try:
        for member in archive.infolist():
            if not member.is_dir():
                _extract(archive, member, waiting / member.filename)
        if folder.exists():
            _add_size(DatasetFolder(waiting / name), folder, size)
        else:
            os.replace(waiting / name, folder.path)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return folder


def _is_there(archive: zipfile.ZipFile, path: Path, folder: DatasetFolder, size: int) -> bool:
    """Whether a dataset has the set of the zip already; refuse one that is another dataset."""
    index = index_path(folder, size)
    if index.is_file():
        sent = archive.read(f"{folder.name}/prepared/{size}/{index.name}")
        if _pixels(index.read_bytes(), path) == _pixels(sent, path):
            return True
    elif _pictures(folder.in_use()) == _pictures(_records(archive.read(f"{folder.name}/images.jsonl"), path)):
        return False
    raise UsageError(
        f"{folder.path} holds other pictures than {path.name}", "unpack it where no dataset of that name is"
    )


def _pixels(index: bytes, path: Path) -> tuple[str, Any]:
    try:
        content = json.loads(index)
        return content["artgan"]["fingerprint"], content["labels"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged_zip(path, "its description, or that of the dataset there, cannot be read") from error


def _pictures(records: list[ImageRecord]) -> list[tuple[str, str | None]]:
    return [(record.id, record.sha256) for record in records]


def _records(data: bytes, path: Path) -> list[ImageRecord]:
    try:
        return [ImageRecord.model_validate_json(line) for line in data.splitlines()]
    except ValueError as error:
        raise _damaged_zip(path, "its images.jsonl cannot be read") from error


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened by hand: a member is written as a plain file here, whatever kind and rights it claims to have.
    with archive.open(member) as source, open(path, "wb") as target:
        shutil.copyfileobj(source, target)


def _add_size(source: DatasetFolder, folder: DatasetFolder, size: int) -> None:
    folder.prepared(size).parent.mkdir(exist_ok=True)
    shutil.rmtree(folder.prepared(size), ignore_errors=True)
    os.replace(source.prepared(size), folder.prepared(size))
    dataset = folder.read()
    folder.write(dataset.model_copy(update={"prepared": sorted({*dataset.prepared, size})}))


def _damaged_zip(path: Path, why: str) -> DamagedError:
    return DamagedError(f"{path} cannot be unpacked as a dataset: {why}", "pack the dataset again")
