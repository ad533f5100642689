"""Where each value comes from: flags, ARTGAN_* variables, artgan.toml, the user's file, in that order.

One mapping holds them all; a field has one name everywhere: ``size`` in a file, ``ARTGAN_SIZE`` in the environment,
``--size`` on the command line. Who needs a value asks this mapping and falls back on the field's own default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan import files
from artgan.errors import UsageError

FILE_NAME = "artgan.toml"
_PREFIX = "ARTGAN_"
# The only tables: what is in them is named by the person.
_TABLES = {"workspaces"}
# Switches of the command line itself, not fields.
_NOT_FIELDS = {"traceback", "config_dir"}


@dataclass(frozen=True)
class Setting:
    """One value and where it was found: "ARTGAN_SIZE", or the path of a file."""

    value: Any
    origin: str


class Settings(Mapping[str, Any]):
    """The values found, highest origin first; read-only."""

    def __init__(self, found: Mapping[str, Setting]) -> None:
        self._found = dict(found)

    def __getitem__(self, name: str) -> Any:
        return self._found[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def origin(self, name: str) -> str:
        """Say where the value of ``name`` comes from; "default" when nothing sets it."""
        return self._found[name].origin if name in self._found else "default"

    @property
    def datasets_dir(self) -> Path:
        """The folder of datasets; ``datasets`` in the current folder unless moved."""
        return Path(str(self.get("datasets_dir", "datasets"))).expanduser()

    @property
    def runs_dir(self) -> Path:
        """The folder of runs; ``runs`` in the current folder unless moved."""
        return Path(str(self.get("runs_dir", "runs"))).expanduser()

    @property
    def cache_dir(self) -> Path:
        """The folder of answers that sites need not give twice; the user's cache unless moved."""
        if self.get("cache_dir"):
            return Path(str(self["cache_dir"])).expanduser()
        import platformdirs

        return Path(platformdirs.user_cache_dir("artgan", appauthor=False))


def user_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the user's own settings file, which need not exist."""
    if environ.get("ARTGAN_CONFIG_DIR"):
        return Path(environ["ARTGAN_CONFIG_DIR"]) / FILE_NAME
    import platformdirs

    return Path(platformdirs.user_config_dir("artgan", appauthor=False)) / FILE_NAME


def load(environ: Mapping[str, str], folder: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Gather the settings that hold in a folder.

    Args:
        environ: the process's environment variables.
        folder: the current folder; its ``artgan.toml`` is read, and ``[tool.artgan]`` of its ``pyproject.toml``, which
            counts for less.
        overrides: values given as flags; None means not given.

    Raises:
        UsageError: a file is not TOML, or holds tables where values belong.
    """
    found: dict[str, Setting] = {}
    for path, values in reversed(list(_files(environ, folder))):
        found.update({name: Setting(value, str(path)) for name, value in values.items()})
    for name, text in environ.items():
        field = name.removeprefix(_PREFIX).lower()
        # Set to nothing is the shell's way of not setting it.
        if text and name.startswith(_PREFIX) and field not in _NOT_FIELDS and not field.startswith("test_"):
            found[field] = Setting(text, name)
    for name, value in (overrides or {}).items():
        if value is not None:
            found[name] = Setting(value, f"--{name.replace('_', '-')}")
    return Settings(found)


def _files(environ: Mapping[str, str], folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each settings file that exists with its values, the strongest first."""
    local, project, user = folder / FILE_NAME, folder / "pyproject.toml", user_file(environ)
    if local.is_file():
        yield local, _values(local, _read(local))
    if project.is_file():
        tools = _read(project).get("tool")
        yield project, _values(project, tools.get("artgan", {}) if isinstance(tools, dict) else {})
    if user.is_file():
        yield user, _values(user, _read(user))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}", "mend the file, or move it away") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "allow it, or move the file away") from error


def _values(path: Path, found: Any) -> dict[str, Any]:
    """Return the settings of a file, with underscores in their names."""
    if not isinstance(found, dict):
        raise UsageError(f"{path}: tool.artgan is no table", "write [tool.artgan] and the settings below it")
    for name, value in found.items():
        if isinstance(value, dict) and name not in _TABLES:
            raise UsageError(
                f"{path}: {name} is a table, not a value", "write the settings directly, such as: size = 64"
            )
    return {name.replace("-", "_"): value for name, value in found.items()}


def write(path: Path, name: str, value: Any) -> None:
    """Set one value in a settings file, keeping its comments and order; the file is made when missing.

    Args:
        path: an ``artgan.toml``.
        name: the field.
        value: bool, int, float, str or a list of them; None removes the field.
    """
    import tomlkit

    if path.is_file():
        _read(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
    if value is None:
        document.pop(name, None)
    else:
        document[name] = value
    files.write_text(path, tomlkit.dumps(document))
