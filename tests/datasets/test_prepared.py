"""A prepared set is read for training: in memory or mapped, packed once, and never when it is not whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord
from artgan.datasets.prepared import is_prepared, open_prepared, prepared_options
from artgan.datasets.preparing import prepare
from artgan.errors import DamagedError, NotFoundError
from artgan.records import now


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    found = DatasetFolder(tmp_path / "sketches")
    found.originals.mkdir(parents=True)
    records = []
    for index in range(5):
        # One flat colour each: what comes out is known exactly.
        Image.new("RGB", (30, 20), (40 * index, 255 - 40 * index, 7)).save(found.originals / f"s{index}.png")
        records.append(ImageRecord(id=f"s{index}", status="ok", file=f"originals/s{index}.png", width=30, height=20))
    found.write_records(records)
    found.write(Dataset(name="sketches", created=now()))
    return found


def run(folder: DatasetFolder, **options: object) -> None:
    for _event in prepare(folder, **{"size": 16, **options}):  # type: ignore[arg-type]
        pass


def caches(folder: DatasetFolder) -> list[Path]:
    return sorted(folder.prepared(16).glob("*.npy"))


def test_it_gives_the_images_in_order_of_their_ids(folder: DatasetFolder) -> None:
    run(folder)
    found = open_prepared(folder, 16)
    assert found.ids == ["s0", "s1", "s2", "s3", "s4"]
    assert found.images.shape == (5, 16, 16, 3) and found.images.dtype == np.uint8
    assert [tuple(image[0, 0]) for image in found.images] == [(40 * i, 255 - 40 * i, 7) for i in range(5)]
    assert found.labels is None and found.typical_aspect is None and found.fit == "crop"
    assert len(found.fingerprint) == 64


def test_grey_images_come_with_three_equal_channels(folder: DatasetFolder) -> None:
    run(folder, mode="grey")
    images = open_prepared(folder, 16).images
    assert images.shape == (5, 16, 16, 3)
    assert np.array_equal(images[..., 0], images[..., 1]) and np.array_equal(images[..., 0], images[..., 2])


def test_stretched_sets_know_their_typical_ratio(folder: DatasetFolder) -> None:
    run(folder, fit="stretch")
    assert open_prepared(folder, 16).typical_aspect == 1.5


def test_large_sets_are_mapped_and_small_ones_are_not(folder: DatasetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder)
    small = open_prepared(folder, 16).images
    assert not isinstance(small, np.memmap)
    monkeypatch.setattr("artgan.datasets.packing.IN_MEMORY_BYTES", 1000)
    large = open_prepared(folder, 16).images
    assert isinstance(large, np.memmap) and not large.flags.writeable
    assert np.array_equal(small, large)


def test_it_packs_once_and_again_when_the_set_changes(folder: DatasetFolder) -> None:
    run(folder)
    open_prepared(folder, 16)
    (first,) = caches(folder)
    stamp = first.stat().st_mtime_ns
    assert np.array_equal(np.load(first), open_prepared(folder, 16).images)
    assert first.stat().st_mtime_ns == stamp
    folder.write_records(folder.records()[:3])
    run(folder)
    assert len(open_prepared(folder, 16).ids) == 3
    (second,) = caches(folder)
    assert second != first


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY\x01\x00garbage", b"no array at all" * 500])
def test_a_damaged_array_is_packed_anew(folder: DatasetFolder, damage: bytes) -> None:
    run(folder)
    expected = open_prepared(folder, 16).images
    (cache,) = caches(folder)
    whole = cache.read_bytes()
    for broken in (damage, whole[:-1], whole[: len(whole) // 2]):
        cache.write_bytes(broken)
        assert np.array_equal(open_prepared(folder, 16).images, expected)
        assert cache.read_bytes() == whole


def test_it_opens_where_nothing_can_be_written(folder: DatasetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a mounted datastore: a folder in the array's place stands for a file system that refuses it."""
    run(folder)
    expected = open_prepared(folder, 16).images
    (cache,) = caches(folder)
    cache.unlink()
    cache.mkdir()
    assert np.array_equal(open_prepared(folder, 16).images, expected)


def test_classes_are_read_from_nvlabs_labels(folder: DatasetFolder) -> None:
    run(folder)
    path = folder.prepared(16) / "dataset.json"
    content = json.loads(path.read_text())
    content["labels"] = [[f"00000/s{index}.png", index % 3] for index in reversed(range(5))]
    path.write_text(json.dumps(content))
    labels = open_prepared(folder, 16).labels
    assert labels is not None and labels.dtype == np.int32 and labels.tolist() == [0, 1, 2, 0, 1]
    content["labels"] = content["labels"][1:]
    path.write_text(json.dumps(content))
    with pytest.raises(DamagedError, match="one class"):
        open_prepared(folder, 16)


def test_a_size_that_was_not_prepared_is_not_found(folder: DatasetFolder) -> None:
    run(folder)
    with pytest.raises(NotFoundError, match="not prepared at 32 px") as caught:
        open_prepared(folder, 32)
    assert caught.value.hint == "artgan prepare sketches --size 32"


def test_missing_and_broken_images_name_the_command_that_mends_them(folder: DatasetFolder) -> None:
    run(folder)
    image = folder.prepared(16) / "00000" / "s2.png"
    whole = image.read_bytes()
    other = (folder.prepared(16) / "00000" / "s3.png").read_bytes()
    for broken in (None, b"", whole[:150], whole.replace(b"IDAT", b"IDAX"), other):
        if broken is None:
            image.unlink()
        else:
            image.write_bytes(broken)
        with pytest.raises(DamagedError, match=r"s2\.png") as caught:
            open_prepared(folder, 16)
        assert caught.value.hint == "artgan prepare sketches --size 16"
        assert not caches(folder)
        run(folder)
        assert image.read_bytes() == whole
    assert len(open_prepared(folder, 16).ids) == 5


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"artgan": 3}', '{"artgan": {"images": 1}}'])
def test_a_damaged_description_names_the_command_that_mends_it(folder: DatasetFolder, text: str) -> None:
    run(folder)
    (folder.prepared(16) / "dataset.json").write_text(text)
    assert not is_prepared(folder, 16)
    with pytest.raises(DamagedError) as caught:
        open_prepared(folder, 16)
    assert caught.value.hint == "artgan prepare sketches --size 16"


def test_it_knows_whether_there_is_something_to_prepare(folder: DatasetFolder) -> None:
    assert not is_prepared(folder, 16) and prepared_options(folder, 16) is None
    run(folder, fit="pad")
    assert is_prepared(folder, 16) and is_prepared(folder, 16, fit="pad", mode="rgb")
    assert not is_prepared(folder, 16, fit="crop") and not is_prepared(folder, 32)
    folder.write_records(folder.records()[1:])
    assert not is_prepared(folder, 16)
    options = prepared_options(folder, 16)
    assert options is not None and options["fit"] == "pad"
    run(folder, **options)
    assert is_prepared(folder, 16, **options)
