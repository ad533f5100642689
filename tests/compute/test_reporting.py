"""What a job shows in the service's portal; and that nothing which goes wrong there reaches the training."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from artgan.compute import reporting
from artgan.compute.reporting import AzureReporter, Patient, Silent, connect, said


class Service:
    """Takes reports down; fails so many times first, and waits before each for ``gate``."""

    def __init__(self, failures: int = 0) -> None:
        self.taken: list[tuple[Any, ...]] = []
        self.failures = failures
        self.calls = 0
        self.gate = threading.Event()
        self.gate.set()

    def _take(self, *what: Any) -> None:
        self.calls += 1
        self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the service is away\nand more of it")
        self.taken.append(what)

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        self._take("metric", step, dict(values))

    def image(self, name: str, path: Path) -> None:
        self._take("image", name, path)

    def close(self) -> None:
        self._take("close")


def test_numbers_and_pictures_come_in_order_and_the_last_in_any_case() -> None:
    service, lines = Service(), []
    reporter = Patient(service, lines.append, metrics_s=3600, images_s=3600)
    for step in range(5):
        reporter.metric(step, {"d_loss": step / 10})
        reporter.image("Sample", Path(f"{step}.png"))
    reporter.close()
    assert service.taken == [
        ("metric", 0, {"d_loss": 0.0}),
        ("image", "Sample", Path("0.png")),
        ("metric", 4, {"d_loss": 0.4}),
        ("image", "Sample", Path("4.png")),
        ("close",),
    ]
    assert not lines


def test_what_comes_slowly_enough_is_all_reported() -> None:
    service = Service()
    reporter = Patient(service, print, metrics_s=0)
    for step in range(5):
        reporter.metric(step, {})
    reporter.close()
    assert [what[1] for what in service.taken if what[0] == "metric"] == [0, 1, 2, 3, 4]


def test_a_service_that_keeps_failing_is_left_alone_with_one_line() -> None:
    service, lines = Service(failures=100), []
    reporter = Patient(service, lines.append, metrics_s=0)
    for step in range(20):
        reporter.metric(step, {})
        time.sleep(0.005)
    reporter.close()
    assert service.calls == 3 and not service.taken
    assert lines == [
        "the service takes no numbers or pictures (ConnectionError: the service is away); the training goes on without"
    ]


def test_one_failure_now_and_then_is_forgiven() -> None:
    service, lines = Service(failures=2), []
    reporter = Patient(service, lines.append, metrics_s=0)
    for step in range(6):
        reporter.metric(step, {})
    reporter.close()
    assert [what[1] for what in service.taken if what[0] == "metric"] == [2, 3, 4, 5] and not lines


def test_a_service_that_hangs_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "_CLOSING_S", 0.1)
    service = Service()
    service.gate.clear()
    reporter = Patient(service, print, metrics_s=0)
    begun = time.monotonic()
    for step in range(1000):
        reporter.metric(step, {})
    reporter.close()
    assert time.monotonic() - begun < 5
    service.gate.set()


class AzureRun:
    """As much of azureml-core's run as a reporter uses; keeps metrics as the service does."""

    def __init__(self) -> None:
        self.metrics: dict[str, list[Any]] = {}
        self.pictures: list[tuple[str, str, bytes]] = []
        self.flushed = False

    def log(self, name: str, value: float) -> None:
        self.metrics.setdefault(name, []).append(value)

    def get_metrics(self, name: str) -> dict[str, Any]:
        found = self.metrics.get(name, [])
        return {name: found if len(found) > 1 else found[0]} if found else {}

    def log_image(self, name: str, path: str) -> None:
        assert not Path(path).is_absolute()  # the service would call it by that path
        self.pictures.append((name, path, Path(path).read_bytes()))

    def flush(self, timeout_seconds: int) -> None:
        self.flushed = True


@pytest.mark.parametrize("before", [1, 3])
def test_a_job_that_goes_on_shows_no_step_twice(before: int) -> None:
    run = AzureRun()
    first = AzureReporter(run)
    for step in range(1, before + 1):
        first.metric(step, {"d_loss": 0.5, "images_seen": 8 * step})
    second = AzureReporter(run)  # after the node was taken away
    for step in range(1, 5):
        second.metric(step, {"d_loss": 0.7, "images_seen": 8 * step})
    second.close()
    assert run.metrics["images_seen"] == [8, 16, 24, 32] and run.flushed
    assert run.metrics["d_loss"] == [0.5] * before + [0.7] * (4 - before)


def test_a_sheet_is_shown_under_a_name_that_the_service_does_not_have_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = Path("outputs/samples/000012.png")
    sheet.parent.mkdir(parents=True)
    run = AzureRun()
    for content in (b"early", b"later"):
        sheet.write_bytes(content)
        AzureReporter(run).image("Sample", sheet)
    assert [(name, data) for name, _, data in run.pictures] == [("Sample", b"early"), ("Sample", b"later")]
    paths = [path for _, path, _ in run.pictures]
    assert len(set(paths)) == 2 and not any(path.startswith("outputs") for path in paths)
    assert not list(Path("shown").iterdir())


def test_where_no_service_is_nothing_is_reported() -> None:
    lines: list[str] = []
    reporter, artifacts = connect({}, lines.append)
    assert isinstance(reporter, Silent) and artifacts is None and not lines
    reporter.metric(1, {"d_loss": 1.0})
    reporter.image("Sample", Path("none.png"))
    reporter.close()


def test_a_service_that_cannot_be_reached_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without azureml-core it cannot be imported; with it, this job has no token.
    for name in ("AZUREML_RUN_ID", "AZUREML_RUN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    lines: list[str] = []
    reporter, artifacts = connect({"AZUREML_RUN_ID": "KeraGAN_1_2"}, lines.append)
    assert isinstance(reporter, Silent) and artifacts is None
    assert len(lines) == 1 and lines[0].startswith("nothing is shown in the portal: ") and "\n" not in lines[0]


class Wordless(Exception):
    """As the SDK's: becoming text fails."""

    def __str__(self) -> str:
        raise TypeError("'NoneType' object is not iterable")


def test_errors_are_said_even_when_they_cannot_be() -> None:
    assert said(Wordless()) == "Wordless" and said(ValueError()) == "ValueError"
    assert said(ValueError("first\nsecond")) == "ValueError: first"
