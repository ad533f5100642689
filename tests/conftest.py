"""What holds for every test."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, require
from hypothesis import settings

from artgan.program import THRESHOLDS

# Before anything loads TensorFlow, and for every process that a test starts. Networks of 8 px gain nothing
# from several threads, which wait for each other by spinning: a fifth of all that the tests compute. Who sets them
# knows better.
for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_name, "1")
# Tests that look at an exported network open it by themselves; ONNX Runtime would tell its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Some machines forbid Python to keep what it compiled; hundreds of processes would each compile the program again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# As in the programs themselves, which look for garbage less often than Python would.
gc.set_threshold(*THRESHOLDS)
# One of several processes ends without taking all apart that TensorFlow has built, which takes seconds. What is
# registered first is called last: everybody else's goodbyes come before.
if "PYTEST_XDIST_WORKER" in os.environ:
    atexit.register(os._exit, 0)

# The machine may be busy with something else; how long an example takes says nothing here.
settings.register_profile("artgan", deadline=None)
settings.load_profile("artgan")


TOGETHER = {
    "fetch": ("fetch/test_fetch_",),
    "azure": ("compute/test_azure", "compute/test_backend", "compute/test_sweep_azure", "internet/test_azure"),
    "browser": ("studio/test_studio_page", "sampling/test_web", "report/test_pages_in_a_browser"),
}
"""Files that one process runs, because each process would start the same costly helpers: an Azure, a browser."""
FIRST = (
    *TOGETHER["azure"], *TOGETHER["fetch"], "training/test_resume", "training/", "compute/", *TOGETHER["browser"],
    "sampling/", "studio/", "cli/test_e", "cli/test_c", "cli/test_s", "test_main_job", "internet/",
)  # fmt: skip
"""What takes long, the longest first: begun last, one process would work while the others have nothing left."""


def _rank(item: pytest.Item) -> int:
    path = item.path.relative_to(Path(__file__).parent).as_posix()
    return next((number for number, start in enumerate(FIRST) if path.startswith(start)), len(FIRST))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # one of several processes
        items.sort(key=_rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all tests of a file to one process, which then makes what they share once, and some files together.

    Whoever asks for another way (``--dist``) gets it.
    """
    if config.getvalue("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            inside = path.removeprefix("tests/")
            return next((name for name, starts in TOGETHER.items() if inside.startswith(starts)), path)

    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser without a window; its tests are skipped, or fail where it was promised, when there is none."""
    require()
    with Browser() as started:
        yield started


@pytest.fixture(scope="session", autouse=True)
def own_cache():
    """Keep the cache of whoever runs the tests out of them, and them out of it."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "XDG_CACHE_HOME", folder)
        yield
