"""Which class a picture has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.classes import classes_of, labels_of
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.datasets.zipping import PreparedZip, unzip
from artgan.errors import UsageError

Make = Callable[[list[str | None]], DatasetFolder]


@pytest.fixture
def dataset(tmp_path: Path) -> Make:
    """Make a dataset of drawn pictures of these styles."""

    def make(styles: list[str | None]) -> DatasetFolder:
        (tmp_path / "drawn").mkdir()
        random = np.random.default_rng(0)
        for number in range(len(styles)):
            cells = Image.fromarray(random.integers(0, 256, (4, 4, 3), np.uint8))
            cells.resize((16, 16), Image.Resampling.BICUBIC).save(tmp_path / "drawn" / f"p{number:02d}.png")
        list(import_folder(tmp_path / "drawn", datasets_dir=tmp_path / "datasets", name="drawn"))
        folder = DatasetFolder(tmp_path / "datasets" / "drawn")
        records = zip(folder.records(), styles, strict=True)
        folder.write_records(record.model_copy(update={"style": style}) for record, style in records)
        return folder

    return make


def test_small_and_unknown_classes_are_left_out_and_told(dataset: Make) -> None:
    folder = dataset(["Rococo"] * 12 + ["Baroque"] * 10 + ["Cubism"] * 9 + [None] * 2)
    ids = [record.id for record in folder.records()]
    found = classes_of(folder, ids, "style")
    assert found.names == ["Baroque", "Rococo"]
    assert found.labels.tolist() == [1] * 12 + [0] * 10 + [-1] * 11 and found.labels.dtype == np.int32
    assert (found.small, found.unknown) == ({"Cubism": 9}, 2)
    assert str(found) == ("2 styles: Rococo 12, Baroque 10; left out: Cubism 9 (fewer than 10), 2 of unknown style")
    assert labels_of(folder, ids[8:24], "style", ["Cubism", "Rococo"]).tolist() == [1] * 4 + [-1] * 10 + [0] * 2


def test_one_class_is_none(dataset: Make) -> None:
    folder = dataset(["Rococo"] * 11 + ["Baroque"] * 3)
    with pytest.raises(UsageError, match="no two styles of 10 paintings or more: Rococo 11, Baroque 3"):
        classes_of(folder, [record.id for record in folder.records()], "style")


def test_many_classes_are_told_shortly(dataset: Make) -> None:
    folder = dataset([style for style in "abcdefghij" for _ in range(10)])
    text = str(classes_of(folder, [record.id for record in folder.records()], "style"))
    assert text.startswith("10 styles: a 10, b 10,") and text.endswith("h 10 and 2 more")


def test_classes_travel_with_the_zip_of_a_prepared_set(dataset: Make, tmp_path: Path) -> None:
    folder = dataset(["Rococo"] * 10 + ["Baroque"] * 10)
    list(prepare(folder, size=8))
    ids = [record.id for record in folder.records()]
    there = unzip(PreparedZip.of(folder, 8).write(tmp_path / "sent"), tmp_path / "elsewhere")
    assert np.array_equal(classes_of(there, ids, "style").labels, classes_of(folder, ids, "style").labels)
