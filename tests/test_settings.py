"""Settings: who wins, where a value comes from, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan import settings
from artgan.errors import UsageError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "user").mkdir()
    return {"ARTGAN_CONFIG_DIR": str(tmp_path / "user")}


def test_nothing_set(tmp_path, environ):
    found = settings.load(environ, tmp_path)
    assert dict(found) == {} and found.origin("size") == "default"
    assert (found.datasets_dir, found.runs_dir) == (Path("datasets"), Path("runs"))


def test_flags_then_variables_then_the_folder_then_the_project_then_the_user(tmp_path, environ):
    (tmp_path / "user" / "artgan.toml").write_text("a = 5\nb = 5\nc = 5\nd = 5\ne = 5")
    (tmp_path / "pyproject.toml").write_text("[tool.artgan]\na = 4\nb = 4\nc = 4\nd = 4")
    (tmp_path / "artgan.toml").write_text("a = 3\nb = 3\nc = 3")
    found = settings.load({**environ, "ARTGAN_A": "2", "ARTGAN_B": "2"}, tmp_path, {"a": 1, "e": None})
    assert dict(found) == {"a": 1, "b": "2", "c": 3, "d": 4, "e": 5}
    assert [found.origin(name) for name in "abcde"] == [
        "--a", "ARTGAN_B", str(tmp_path / "artgan.toml"), str(tmp_path / "pyproject.toml"),
        str(tmp_path / "user" / "artgan.toml"),
    ]  # fmt: skip


def test_names_with_dashes_and_variables_that_are_no_settings(tmp_path, environ):
    (tmp_path / "artgan.toml").write_text("batch-size = 8\nruns-dir = '~/runs'")
    others = {"ARTGAN_TRACEBACK": "1", "ARTGAN_TEST_REQUIRE": "node", "ARTGAN_SEED": "", "OTHER": "x"}
    found = settings.load({**environ, **others}, tmp_path)
    assert set(found) == {"batch_size", "runs_dir"}
    assert found.runs_dir == Path("~/runs").expanduser()


def test_a_project_without_artgan(tmp_path, environ):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'")
    assert dict(settings.load(environ, tmp_path)) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("artgan.toml", "size = "),
        ("artgan.toml", "[train]\nsize = 64"),
        ("pyproject.toml", "[tool.artgan.train]\nsize = 64"),
        ("pyproject.toml", "[tool]\nartgan = 5"),
        ("user/artgan.toml", "size 64"),
    ],
)
def test_files_that_are_wrong_are_named(tmp_path, environ, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=Path(name).name) as refused:
        settings.load(environ, tmp_path)
    assert refused.value.hint


def test_a_file_that_is_no_text(tmp_path, environ):
    (tmp_path / "artgan.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not valid TOML"):
        settings.load(environ, tmp_path)


def test_the_users_file_is_where_the_system_keeps_such(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings.user_file({}).name == "artgan.toml"
    assert settings.user_file({"ARTGAN_CONFIG_DIR": str(tmp_path)}) == tmp_path / "artgan.toml"


def test_writing_keeps_comments_and_order(tmp_path):
    path = tmp_path / "new" / "artgan.toml"
    settings.write(path, "size", 64)
    path.write_text("# first\nsize = 64 # px\n\n# second\nseed = 1\n")
    settings.write(path, "size", 128)
    settings.write(path, "name", 'a "b" ü')
    settings.write(path, "seed", None)
    settings.write(path, "seed", None)
    assert path.read_text(encoding="utf-8") == '# first\nsize = 128 # px\n\n# second\nname = "a \\"b\\" ü"\n'


def test_a_broken_file_is_not_written(tmp_path):
    path = tmp_path / "artgan.toml"
    path.write_text("size = = 3")
    with pytest.raises(UsageError):
        settings.write(path, "size", 64)
    assert path.read_text() == "size = = 3"


@given(st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text()))
def test_what_is_written_is_read_again(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("s")
    settings.write(folder / "artgan.toml", "value", value)
    found = settings.load({"ARTGAN_CONFIG_DIR": str(folder / "none")}, folder)
    assert found["value"] == value and type(found["value"]) is type(value)
