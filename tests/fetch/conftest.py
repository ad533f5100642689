"""Starts what mostly waits together; see ``together``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import together


def pytest_collection_finish(session: pytest.Session) -> None:
    together.choose([item for item in session.items if item.path.parent == Path(__file__).parent])


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    return together.run_all(together.shared_folder(tmp_path_factory))
