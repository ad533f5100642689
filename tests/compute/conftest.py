"""The local Azure, once for all tests that talk to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from internet.azure import LocalAzure, package_missing, require
from PIL import Image

from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.azureml_v2.backend import AzureMLBackend as AzureMLBackendV2
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare


@pytest.fixture(scope="session")
def sdk() -> None:
    """The SDK is installed; else the test is skipped, or fails where it was promised."""
    if lacks := package_missing():
        promised = "node" in os.environ.get("ARTGAN_TEST_REQUIRE", "").replace(",", " ").split()
        (pytest.fail if promised else pytest.skip)(lacks)


@pytest.fixture(scope="session")
def _started_azure(sdk: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    require()
    with LocalAzure(tmp_path_factory.mktemp("azure")) as azure:
        yield azure


@pytest.fixture
def azure(_started_azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAzure]:
    """A local Azure in which nothing has happened yet; this process lives in it."""
    _started_azure.reset()
    _started_azure.use(monkeypatch)
    yield _started_azure
    _started_azure.heal()
    assert _started_azure.refused == []
    assert _started_azure.strangers == []


@pytest.fixture
def backend(azure: LocalAzure) -> AzureMLBackend:
    """Its workspace, which has not been asked anything yet."""
    return AzureMLBackend(WorkspaceRef(**azure.config))


@pytest.fixture
def backend_v2(azure: LocalAzure) -> AzureMLBackendV2:
    """The same workspace, asked by the SDK v2."""
    return AzureMLBackendV2(WorkspaceRef(**azure.config))


@pytest.fixture(scope="session")
def _drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small dataset of drawn pictures, prepared at 16 px; not to be changed."""
    place = tmp_path_factory.mktemp("drawn")
    (place / "paintings").mkdir()
    random = np.random.default_rng(3)
    for number in range(6):
        cells = random.integers(0, 256, (5, 5, 3), np.uint8)
        Image.fromarray(cells).resize((32, 32)).save(place / "paintings" / f"{number}.png")
    list(import_folder(place / "paintings", name="flowers", datasets_dir=place / "datasets"))
    list(prepare(DatasetFolder(place / "datasets" / "flowers"), size=16))
    return place


@pytest.fixture
def drawn(_drawn: Path, tmp_path: Path) -> Path:
    """The folder of an artist, with a dataset ``flowers``."""
    place = tmp_path / "studio"
    shutil.copytree(_drawn / "datasets", place / "datasets")
    return place
