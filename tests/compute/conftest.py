"""The local Azure, once for all tests that talk to it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from internet.azure import LocalAzure, package_missing, require

from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.azureml_v1.workspaces import WorkspaceRef


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
