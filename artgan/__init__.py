"""artgan turns a genre of paintings into a machine that paints it.

The verbs of the command line, for a notebook: ``fetch``, ``import_folder``, ``prepare``, ``train``, ``sample``,
``interpolate``, ``timelapse`` and ``load_generator``. They are looked up when first used, so that ``import artgan``
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

__all__ = [
    "__version__", "fetch", "import_folder", "interpolate", "load_generator", "prepare", "sample", "timelapse", "train",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'artgan' has no attribute {name!r}")
    value = getattr(importlib.import_module("artgan.verbs"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
