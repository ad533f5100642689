"""The versions that artgan is built on: those here, which a job shall have too, and how far it has them."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Mapping

from artgan.errors import SetupError

PACKAGE = "artgan"


def pins() -> dict[str, str]:
    """Return the versions that a job must have to be this artgan: of Python, and of all that artgan is built on.

    Returns:
        {"python": "3.12", "tensorflow": "2.21.0", "keras": "3.15.1", ...}, names in lower case with dashes.

    Raises:
        SetupError: artgan is not installed.
    """
    found = {"python": _python()}
    for requirement in sorted(distribution().requires or []):
        name, _, condition = requirement.partition(";")
        match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)
        if match and "extra" not in condition and (version := _version(match[0])):
            found[re.sub(r"[._-]+", "-", match[0]).lower()] = version
    return found


def others(wanted: Mapping[str, str]) -> list[str]:
    """Say which of the versions that a job must have are others here.

    Args:
        wanted: what ``pins`` returned where the job was sent.

    Returns:
        One text for each: "keras 3.13.0, not 3.15.1"; "pillow is missing".
    """
    here = {name: _python() if name == "python" else _version(name) for name in wanted}
    return [
        f"{name} {here[name]}, not {version}" if here[name] else f"{name} is missing"
        for name, version in wanted.items()
        if here[name] != version
    ]


def distribution() -> importlib.metadata.Distribution:
    """Return what is known of the installed artgan.

    Raises:
        SetupError: it is not installed.
    """
    try:
        return importlib.metadata.distribution(PACKAGE)
    except importlib.metadata.PackageNotFoundError as error:
        raise SetupError(
            "artgan is not installed here, so it cannot be sent to a cluster", "pip install artgan"
        ) from error


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def _version(name: str) -> str:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        # A build under another name, such as tensorflow-cpu, gives the same package.
        builds = importlib.metadata.packages_distributions().get(name.replace("-", "_"), [])
        version = importlib.metadata.version(builds[0]) if builds else ""
    # "+cpu" names a build of this machine, which a registry does not have.
    return version.partition("+")[0]
