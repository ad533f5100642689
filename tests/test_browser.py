"""Where there is no browser, one line says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import missing, require


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "chromium is missing" in missing()
    monkeypatch.delenv("ARTGAN_TEST_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="chromium is missing"):
        require()
    monkeypatch.setenv("ARTGAN_TEST_REQUIRE", "node,browser")
    with pytest.raises(pytest.fail.Exception, match="chromium is missing"):
        require()
