"""Tests that mostly wait for a polite program to take its time, so they wait together.

A fetch asks once a second, and tries again after seconds; fifty tests of it would take minutes one by one. Here all
that were chosen run at the same time in one process, each in a folder of its own, and each is reported by itself.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from internet import warm

AT_ONCE = 8
"""Of two cores, with a program in each that starts for half a second and then mostly sleeps."""


class _Job:
    def __init__(self, key: str, run: Callable[[Path], Any], seconds: float) -> None:
        self.key = key
        self.run = run
        self.seconds = seconds


_jobs: dict[str, _Job] = {}
_chosen: set[str] = set()


def choose(items: list[pytest.Item]) -> None:
    """Take note of which tests are going to run."""
    for item in items:
        _chosen.update((f"{item.module.__name__}::{item.name}", item.module.__name__))  # type: ignore[attr-defined]


def test(*, seconds: float = 5, **cases: tuple[Any, ...]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a test of a function that takes a folder: ``@together.test()``.

    Args:
        seconds: how long it takes, about; what takes longest begins first.
        cases: one test each: ``name=(second argument, third argument)``; without any, there is one test.
    """

    def wrap(function: Callable[..., None]) -> Callable[..., None]:
        def run(request: pytest.FixtureRequest, results: Callable[[str], Any]) -> None:
            results(f"{request.module.__name__}::{request.node.name}")

        def run_case(request: pytest.FixtureRequest, results: Callable[[str], Any], case: str) -> None:
            run(request, results)

        for name, values in (cases or {"": ()}).items():
            key = f"{function.__module__}::{function.__name__}" + (f"[{name}]" if name else "")
            _jobs[key] = _Job(key, partial(_call, function, values), seconds)
        result: Callable[..., None] = pytest.mark.parametrize("case", cases)(run_case) if cases else run
        result.__doc__, result.__name__ = function.__doc__, function.__name__
        return result

    return wrap


def first(function: Callable[[Path], Any], *, seconds: float) -> None:
    """Let something be done, once, for all tests of a module; they find what it returns with ``results(module)``."""
    _jobs[function.__module__] = _Job(function.__module__, function, seconds)


def run_all(base: Path) -> Callable[[str], Any]:
    """Run what was chosen, unless another process of this test run did; return what gives the results.

    Args:
        base: a folder that all processes of this test run share.
    """
    path = base / "together.json"
    with FileLock(base / "together.lock"):
        if not path.exists():
            jobs = sorted((job for job in _jobs.values() if job.key in _chosen), key=lambda job: -job.seconds)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                values = list(pool.map(lambda pair: _run(pair[1], base / f"place-{pair[0]}"), enumerate(jobs)))
            warm.rest()
            done = {job.key: value for job, value in zip(jobs, values, strict=True)}
            path.write_text(json.dumps(done), "utf-8")
    found = json.loads(path.read_text("utf-8"))

    def result(key: str) -> Any:
        if error := found[key].get("error"):
            pytest.fail(error, pytrace=False)
        if skipped := found[key].get("skipped"):
            pytest.skip(skipped)
        return found[key]["value"]

    return result


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _call(function: Callable[..., None], values: tuple[Any, ...], place: Path) -> None:
    function(place, *values)


def _run(job: _Job, place: Path) -> dict[str, Any]:
    place.mkdir()
    try:
        return {"value": job.run(place)}
    except pytest.skip.Exception as skipped:
        return {"skipped": str(skipped)}
    except BaseException:
        return {"error": traceback.format_exc()}
