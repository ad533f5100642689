"""The pace that was promised is kept, and a server in trouble gets more time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import pytest

from artgan.web.client import Stopped
from artgan.web.hosts import HostClass
from artgan.web.limiter import Limiter

ONE = HostClass("one", re.compile("one"), 1)
FIVE = HostClass("five", re.compile("five"), 5)
FAST = HostClass("fast", re.compile("fast"), 50)


class Clock(threading.Event):
    """A clock that goes on when somebody waits, and the event that they wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        return self.is_set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> Limiter:
    return Limiter(clock)


@pytest.fixture
def spacing(limiter: Limiter, clock: Clock) -> Callable[[HostClass], float]:
    """Say how long after one request the next may start."""

    def measure(host: HostClass) -> float:
        limiter.wait(host, clock)
        before = clock.now
        limiter.wait(host, clock)
        return round(clock.now - before, 6)

    return measure


@pytest.mark.parametrize("rate", [0.5, 1, 2, 2.5, 5, 7])
def test_no_second_holds_more_than_promised_even_if_the_way_takes_up_to_90_ms(rate: float, clock: Clock) -> None:
    limiter, host = Limiter(clock), HostClass("any", re.compile("any"), rate)
    arrivals = []
    for number in range(60):
        limiter.wait(host, clock)
        arrivals.append(clock.now + (0.09 if number % 3 == 0 else 0.0))
    arrivals.sort()
    for first in arrivals:
        assert sum(first <= one < first + 1 for one in arrivals) <= max(1, rate)
    assert len(arrivals) / (arrivals[-1] - arrivals[0]) > 0.7 * rate


def test_the_first_request_need_not_wait_and_classes_do_not_wait_for_each_other(limiter: Limiter, clock: Clock) -> None:
    limiter.wait(ONE, clock)
    limiter.wait(FIVE, clock)
    assert clock.now == 1000.0


def test_threads_share_one_pace_in_real_time() -> None:
    limiter, stop, starts = Limiter(), threading.Event(), list[float]()

    def work() -> None:
        for _ in range(8):
            limiter.wait(FAST, stop)
            starts.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    starts.sort()
    # Thirty-one steps of 22 ms; a thread may note its start late, never early.
    assert starts[-1] - starts[0] >= 31 * 1.1 / 50 - 0.02
    assert starts[-1] - starts[0] < 3


def test_trouble_doubles_the_spacing_and_success_brings_it_back_slowly(
    limiter: Limiter, clock: Clock, spacing: Callable[[HostClass], float]
) -> None:
    assert spacing(ONE) == pytest.approx(1.1)
    assert limiter.failed(ONE) == pytest.approx(2.2)
    assert spacing(ONE) == pytest.approx(2.2)
    limiter.succeeded(ONE)
    assert spacing(ONE) == pytest.approx(1.76)
    for _ in range(20):
        limiter.succeeded(ONE)
    assert spacing(ONE) == pytest.approx(1.1)


def test_four_threads_in_the_same_trouble_count_once(limiter: Limiter, spacing: Callable[[HostClass], float]) -> None:
    assert [limiter.failed(FIVE) for _ in range(4)] == [pytest.approx(0.44), 0.0, 0.0, 0.0]
    assert spacing(FIVE) == pytest.approx(0.44)


def test_trouble_never_makes_it_slower_than_half_a_minute(limiter: Limiter, clock: Clock) -> None:
    slower = []
    for _ in range(20):
        slower.append(limiter.failed(ONE))
        clock.now += 100
    assert max(slower) == 30
    assert slower[-1] == 0


def test_what_is_neither_success_nor_trouble_changes_nothing(
    limiter: Limiter, spacing: Callable[[HostClass], float]
) -> None:
    limiter.failed(ONE)
    assert spacing(ONE) == spacing(ONE) == pytest.approx(2.2)


def test_a_pause_holds_the_whole_class_and_no_other(limiter: Limiter, clock: Clock) -> None:
    limiter.pause(ONE, 12)
    limiter.pause(ONE, 5)
    limiter.wait(FIVE, clock)
    assert clock.now == 1000.0
    limiter.wait(ONE, clock)
    assert clock.now == pytest.approx(1012)


def test_a_pause_holds_those_who_are_already_waiting() -> None:
    limiter, stop, started = Limiter(), threading.Event(), list[float]()
    host = HostClass("slow", re.compile("slow"), 10)
    limiter.wait(host, stop)

    def work() -> None:
        limiter.wait(host, stop)
        started.append(time.monotonic())

    thread = threading.Thread(target=work)
    before = time.monotonic()
    thread.start()
    limiter.pause(host, 0.4)
    thread.join(5)
    assert started[0] - before >= 0.4


def test_a_delay_only_ever_makes_it_slower(limiter: Limiter, spacing: Callable[[HostClass], float]) -> None:
    limiter.at_least(FIVE, 3)
    limiter.at_least(FIVE, 2)
    limiter.at_least(ONE, 0.5)
    for _ in range(20):
        limiter.succeeded(FIVE)
    assert spacing(FIVE) == pytest.approx(3)
    assert spacing(ONE) == pytest.approx(1.1)


def test_waiting_ends_at_once_when_somebody_stops_it() -> None:
    limiter, stop, ended = Limiter(), threading.Event(), list[float]()
    limiter.pause(ONE, 60)

    def work() -> None:
        with pytest.raises(Stopped):
            limiter.wait(ONE, stop)
        ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.05)
    before = time.monotonic()
    stop.set()
    thread.join(5)
    assert ended and ended[0] - before < 0.5
    with pytest.raises(Stopped):
        limiter.wait(FIVE, stop)
