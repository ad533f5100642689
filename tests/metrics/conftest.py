"""The feature network, built once."""

from __future__ import annotations

import pytest

from artgan.metrics.features import Features, ready


@pytest.fixture(scope="session")
def features() -> Features:
    return ready()
