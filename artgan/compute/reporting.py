"""The service's half of a job: numbers and sheets for its portal, and what an earlier life of the job left there.

Used inside the job alone. Training knows nothing of it, and nothing that goes wrong here harms a training: what is
reported goes through a thread of its own, and a service that keeps failing is no longer told.
"""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from artgan.compute import tracking

METRICS_S, IMAGES_S = 5.0, 20.0
"""Least seconds between what is reported; the last of each comes in any case."""
_MOST_FAILURES = 3
_MOST_WAITING = 100
_CLOSING_S = 60.0
# Where the copies of sheets go that the portal shows. Not into outputs/, whose files the service takes by itself: it
# refuses the second of a name.
_SHOWN = Path("shown")


class Reporter(Protocol):
    """Shows numbers and pictures where the service has a place for them."""

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        """Report the numbers of a step."""
        ...

    def image(self, name: str, path: Path) -> None:
        """Report a picture, under a name that all pictures of its kind share."""
        ...

    def close(self) -> None:
        """Report what is waiting still."""
        ...


class Artifacts(Protocol):
    """The files that the service has of this job, from an earlier life of it too."""

    def names(self) -> list[str]:
        """List them; with "/", relative to the job's working directory."""
        ...

    def fetch(self, name: str, path: Path) -> None:
        """Bring one to ``path``."""
        ...


class Silent:
    """Reports nothing: there is no service here."""

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        pass

    def image(self, name: str, path: Path) -> None:
        pass

    def close(self) -> None:
        pass


class AzureReporter:
    """The run that this job is, by azureml-core.

    Args:
        run: what ``Run.get_context()`` gave.
    """

    def __init__(self, run: Any) -> None:
        self._run = run
        self._images_seen: float | None = None

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        # A job that goes on after its node was taken away repeats some steps: they shall not stand there twice.
        if self._images_seen is None:
            self._images_seen = self._highest("images_seen")
        if values.get("images_seen", self._images_seen + 1) <= self._images_seen:
            return
        for name, value in values.items():
            self._run.log(name, value)
        self._images_seen = values.get("images_seen", self._images_seen)

    def _highest(self, name: str) -> float:
        found = self._run.get_metrics(name).get(name, [])
        return max(found if isinstance(found, list) else [found], default=-1)

    def image(self, name: str, path: Path) -> None:
        # The name in the service is the path as it is given here, relative to the working directory.
        copy = _SHOWN / f"{path.stem}_{time.time_ns()}{path.suffix}"
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
        try:
            self._run.log_image(name, path=copy.as_posix())
        finally:
            copy.unlink(missing_ok=True)

    def close(self) -> None:
        self._run.flush(timeout_seconds=int(_CLOSING_S))


class AzureArtifacts:
    """The files of the run that this job is, by azureml-core.

    Args:
        run: what ``Run.get_context()`` gave.
    """

    def __init__(self, run: Any) -> None:
        self._run = run

    def names(self) -> list[str]:
        return list(self._run.get_file_names())

    def fetch(self, name: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._run.download_file(name, str(path))


class Patient:
    """Passes on to a reporter, now and then, without ever waiting for it or failing with it.

    Args:
        reporter: it is used in one thread, not the caller's.
        say: told in one line when the reporter is given up.
        metrics_s: least seconds between the numbers.
        images_s: least seconds between pictures.
    """

    def __init__(
        self, reporter: Reporter, say: Callable[[str], None], metrics_s: float = METRICS_S, images_s: float = IMAGES_S
    ) -> None:
        self._reporter = reporter
        self._say = say
        self._least_s = {"metric": metrics_s, "image": images_s}
        self._last: dict[str, float] = {}
        self._held: dict[str, Callable[[], None]] = {}
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_WAITING)
        self._failures = 0
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._work, name="reporting", daemon=True)
        self._thread.start()

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        numbers = dict(values)
        self._offer("metric", lambda: self._reporter.metric(step, numbers))

    def image(self, name: str, path: Path) -> None:
        self._offer("image", lambda: self._reporter.image(name, path))

    def close(self) -> None:
        """Report the last of what was held back, and wait for it, but not for long."""
        for kind in list(self._held):
            self._put(self._held.pop(kind))
        self._put(self._reporter.close)
        try:
            self._waiting.put(None, timeout=_CLOSING_S)
        except queue.Full:
            return
        self._thread.join(_CLOSING_S)

    def _offer(self, kind: str, report: Callable[[], None]) -> None:
        moment = time.monotonic()
        if moment - self._last.get(kind, -self._least_s[kind]) < self._least_s[kind]:
            self._held[kind] = report
            return
        self._last[kind] = moment
        self._held.pop(kind, None)
        self._put(report)

    def _put(self, report: Callable[[], None]) -> None:
        if self._given_up.is_set():
            return
        try:
            self._waiting.put_nowait(report)
        except queue.Full:
            return  # the service is slower than the training; a later one will tell more

    def _work(self) -> None:
        while (report := self._waiting.get()) is not None:
            if self._given_up.is_set():
                continue
            try:
                report()
                self._failures = 0
            except Exception as error:  # whatever an SDK raises, the training goes on
                self._failures += 1
                if self._failures >= _MOST_FAILURES:
                    self._given_up.set()
                    self._say(f"the service takes no numbers or pictures ({said(error)}); the training goes on without")


def connect(environ: Mapping[str, str], say: Callable[[str], None]) -> tuple[Reporter, Artifacts | None]:
    """Return what reports from this job, and its files in the service; ``Silent`` and None where there is no service.

    Args:
        environ: the job's environment variables.
        say: told in one line what is missing.
    """
    if not environ.get("AZUREML_RUN_ID"):
        return Silent(), None
    try:
        try:
            from azureml.core import Run
        except ModuleNotFoundError:
            # The SDK v2 sent this job, without the other.
            connection = tracking.Connection(environ)
            return Patient(tracking.MlflowReporter(connection), say), tracking.StoredArtifacts(connection)
        run = Run.get_context(allow_offline=False)
    except Exception as error:  # of any kind: no token, a service that is away
        say(f"nothing is shown in the portal: {said(error)}")
        return Silent(), None
    return Patient(AzureReporter(run), say), AzureArtifacts(run)


def said(error: BaseException) -> str:
    """Return the first line of an error; those of the SDK may fail to become text."""
    try:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    except Exception:
        lines = []
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
