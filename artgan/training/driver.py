"""Steps, with a look at the clock between them: what is said, what is saved, and what is done when numbers run away."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

from artgan.errors import ArtganError
from artgan.events import Event, Note, Progress
from artgan.runs.folder import RunFolder
from artgan.training import checkpoints, machine, saving
from artgan.training.checkpoints import NotFiniteError, State
from artgan.training.events import GridSaved, Grown, RolledBack, Tick, Verdict
from artgan.training.job import Job, halve, write_config
from artgan.training.judging import Judge, Judged
from artgan.training.session import OutOfMemoryError
from artgan.training.tensorboard import EventFiles
from artgan.training.verdicts import ENOUGH, LEARNING, PATIENCE, verdict

_FIRST_SAVE_S = 10.0
_PROGRESS_S = 0.5
_TICK_S = (2.0, 10.0)
"""Seconds between lines of metrics: in the first minute, and later."""
_MOST_ROLLBACKS = 3


class Driver:
    """One session of a training.

    Args:
        job: with its session at the step to go on from.
        folder: the run's; its newest checkpoint is that step.
    """

    def __init__(self, job: Job, folder: RunFolder) -> None:
        self.job = job
        self.folder = folder
        self.session = job.session
        self.total = job.session.planned_images
        self.begun = time.perf_counter()
        self.clock = self.begun - job.session.seconds
        self.cpu_clock = time.process_time() - job.session.cpu_seconds
        self._plan_next_save()
        self.next_progress = self.begun + _PROGRESS_S
        self.last_tick = (self.begun, job.session.images_seen)
        self.logs: list[dict[str, float]] = []
        self.means: dict[str, Any] = {}
        self.history: list[Tick] = []
        """What was written of this session, at this size of pictures."""
        self.verdict = Verdict(word=LEARNING, text=LEARNING)
        self.rollbacks = 0
        self.judge = Judge(job, folder)
        self.board = EventFiles(folder.path / "tensorboard") if job.config.tensorboard else None

    def run(self) -> Generator[Event, None, tuple[str, str]]:
        """Train until the plan is fulfilled or somebody asks to stop.

        Returns:
            The state and the reason for the record.
        """
        if self.board:
            yield Note(text=self.board.how_to_watch())
        while True:
            ended = self._ended()
            try:
                if ended or time.perf_counter() >= min(self.next_save, self.judge.due):
                    self._take_stock()  # which finds out numbers that ran away before anything is saved
                    yield from self._save()
                    judged = yield from self._judge(ended)
                    yield from self._look(write=bool(ended or judged), judged=judged)
                    if judged and self.job.config.until_good and ENOUGH in self.verdict.word:
                        ended = "finished", self.verdict.text
                if ended:
                    return ended
                if self.session.has_outgrown():
                    yield from self._grow()
                self.session.advance()
                if time.perf_counter() >= self.next_progress:
                    yield from self._look()
            except NotFiniteError as error:
                yield from self._roll_back(error)
            except OutOfMemoryError as error:
                yield from self._halve(error)

    def _grow(self) -> Iterator[Event]:
        """Go on with larger pictures, from a state that is known to be good."""
        self._take_stock()
        found = self.session.grow()
        self.history.clear()
        self.folder.log(f"step {self.session.step}: on to {self.session.size} px; " + "; ".join(map(str, found)))
        yield Grown(size=self.session.size, step=self.session.step, transfers=[str(one) for one in found])

    def _ended(self) -> tuple[str, str] | None:
        session, config = self.session, self.job.config
        if self.total is not None and session.images_seen >= self.total:
            return "finished", f"{session.images_seen} images were shown"
        if config.time is not None and self._seconds() >= config.time:
            return "finished", f"{config.time:g} s have passed"
        if self.job.should_stop():
            return "stopped", "asked to stop"
        return None

    def _seconds(self) -> float:
        return time.perf_counter() - self.clock

    def _take_stock(self) -> None:
        session = self.session
        session.seconds = self._seconds()
        session.cpu_seconds = time.process_time() - self.cpu_clock
        self.logs += session.drain()

    def _judge(self, ended: tuple[str, str] | None) -> Generator[Event, None, Judged | None]:
        """Judge what was just saved when it is time, and at the end, but not while somebody waits for the stop."""
        if (ended and ended[0] != "finished") or not self.judge.is_due(last=bool(ended)):
            return None
        begun = time.perf_counter()
        yield from self.judge.prepare()
        judged = self.judge.judge()
        moment, images = self.last_tick
        self.last_tick = (moment + time.perf_counter() - begun, images)  # the rate is that of learning
        best = ", the best so far" if judged.best else ""
        self.folder.log(
            f"judged epoch {self.session.epoch}: KID {judged.kid.value:.4f} +- {judged.kid.error:.4f}{best}; diversity"
            f" {judged.spread.value:.0%} of the paintings', {judged.copies.share.value:.0%} near-copies"
        )
        return judged

    def _look(self, write: bool = False, judged: Judged | None = None) -> Iterator[Event]:
        """Say how far it is; every few seconds, write a line of metrics."""
        self._take_stock()
        moment = time.perf_counter()
        self.next_progress = moment + _PROGRESS_S
        due = moment - self.last_tick[0] >= _TICK_S[moment - self.begun > 60]
        if (write or due) and (self.logs or (judged and self.means)):
            yield from self._write(self._tick(moment, judged))
        done, total = self._done()
        yield Progress(stage="train", done=done, total=total, unit="images" if self.total else "seconds")

    def _write(self, tick: Tick) -> Iterator[Event]:
        """Write a line of metrics with what it means, and say so when that is something else than before."""
        self.history.append(tick)
        grown = self.session.size == self.job.config.size
        before = self.verdict
        self.verdict = verdict(self.history, self.job.config, before, patience=PATIENCE if grown else None)
        tick = tick.model_copy(update={"verdict": self.verdict.text})
        saving.write_tick(self.folder, tick)
        if self.board:
            self.board.write_tick(tick)
        yield tick
        if self.verdict.word != before.word:
            self.folder.log(self.verdict.text)
            yield self.verdict

    def _tick(self, moment: float, judged: Judged | None) -> Tick:
        session = self.session
        judgement: dict[str, Any] = {}
        if judged:
            judgement = {
                "kid_lite0": judged.kid.value,
                "kid_lite0_error": judged.kid.error,
                "spread_lite0": judged.spread.value,
                "copies_lite0": judged.copies.share.value,
                "copied": judged.copies.many,
                "judging_cpu_seconds": round(judged.cpu_seconds, 3),
            }
        since, images_then = self.last_tick
        rate = (session.images_seen - images_then) / max(moment - since, 1e-9)
        logs, self.logs = self.logs, []
        if logs:  # a judgement may follow a line of the same step
            self.means = {name: sum(log[name] for log in logs) / len(logs) for name in logs[0]}
        self.last_tick = (moment, session.images_seen)
        return Tick(
            step=session.step,
            epoch=session.epoch,
            images_seen=session.images_seen,
            seconds=round(session.seconds, 3),
            cpu_seconds=round(session.cpu_seconds, 3),
            images_per_s=round(rate, 2),
            memory_mb=round(machine.memory_mb(), 1),
            remaining_s=self._remaining(rate),
            **self.means | judgement,
        )

    def _done(self) -> tuple[int, int]:
        if self.total is not None:
            return min(self.session.images_seen, self.total), self.total
        total = self.job.config.time or 0
        return round(min(self._seconds(), total)), round(total)

    def _remaining(self, rate: float) -> float | None:
        if self.total is None:
            return round(max((self.job.config.time or 0) - self._seconds(), 0.0), 1)
        return round(max(self.total - self.session.images_seen, 0) / rate, 1) if rate > 0 else None

    def _save(self) -> Iterator[Event]:
        for event in saving.save(self.session, self.folder):
            if self.board and isinstance(event, GridSaved):
                self.board.write_sheet(event)
            yield event
        self.folder.log(f"saved epoch {self.session.epoch}, step {self.session.step}")
        self._plan_next_save()

    def _plan_next_save(self) -> None:
        """Often at first, when much changes, then every ``save_every`` seconds."""
        moment = time.perf_counter()
        self.next_save = moment + min(max(moment - self.begun, _FIRST_SAVE_S), self.job.config.save_every)

    def _roll_back(self, error: NotFiniteError) -> Iterator[Event]:
        """Go back to the last good checkpoint; give up after three times."""
        self.rollbacks += 1
        if self.rollbacks > _MOST_ROLLBACKS:
            raise ArtganError(
                f"{error.message}; going back {_MOST_ROLLBACKS} times did not help",
                "begin anew with a lower --lr or another --gamma",
            ) from error
        session, failed_at = self.session, self.session.step
        state, _ = checkpoints.load_newest(self.folder.states)
        rate = session.go_back(state)
        self._forget_since(state)
        self.folder.log(
            f"{error.message}; back to step {state.step}, time {self.rollbacks} of {_MOST_ROLLBACKS},"
            f" learning rate now {rate:g}"
        )
        yield RolledBack(step=failed_at, to_step=state.step, times=self.rollbacks)

    def _halve(self, error: OutOfMemoryError) -> Iterator[Event]:
        """Go on from the last good checkpoint with half as many pictures at a time.

        Of a step that ran out of memory a part may have been taken, so the networks are no longer of any step.
        """
        state, _ = checkpoints.load_newest(self.folder.states)
        note = halve(self.job, error, state)
        write_config(self.folder, self.job.config)
        self._forget_since(state)
        self.folder.log(note.text)
        yield note

    def _forget_since(self, state: State) -> None:
        """Take back what was written after a state that was gone back to."""
        self.logs.clear()
        saving.cut_metrics(self.folder, state.step)
        self.history = [tick for tick in self.history if tick.step <= state.step]
        self.last_tick = (time.perf_counter(), self.session.images_seen)
        self._plan_next_save()
