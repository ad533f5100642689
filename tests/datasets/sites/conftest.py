"""Records of the site itself, for whoever has them."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL = Path(__file__).parents[4] / "shared" / "data" / "wikiart"
"""Where they are, should somebody have put them beside the repository."""


@pytest.fixture(scope="session")
def real() -> Path:
    if not REAL.is_dir():
        pytest.skip("no records of the site beside this repository")
    return REAL
