"""A sweep is begun, cut off, gone on with, compared and ended; the place it is sent to keeps books of what it gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from artgan.compute.backend import JobSpec, LogChunk, RemoteFile, RemoteRun, Target
from artgan.compute.sweeps.ranking import standings
from artgan.compute.sweeps.record import SweepFolder, SweepPlan, find_sweep, new_sweep
from artgan.compute.sweeps.tending import (
    Looked,
    Places,
    SweepOver,
    Swept,
    look,
    send_all,
    submission_of,
    tend,
    unfinished,
)
from artgan.errors import BusyError, NotFoundError, RemoteError, UsageError
from artgan.events import Note
from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs


class Service:
    """A place with a queue of its own: what it was sent stays there, whoever forgets it here."""

    def __init__(self, name: str = "azureml") -> None:
        self.name = name
        self.home = {"workspace": "paintings"}
        self.jobs: dict[str, RemoteRun] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.stored: dict[str, int] = {}
        self.cut_after: int | None = None
        self.asked = 0

    def target(self, spec: JobSpec) -> Target:
        return Target(facts={"where": "a service"}, remote=self.home)

    def data(self) -> list[RemoteFile]:
        return [RemoteFile(name, size) for name, size in self.stored.items()]

    def upload(self, path: Path, name: str, progress: Callable[[int], None]) -> None:
        self.stored[name] = path.stat().st_size

    def submit(self, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
        if self.cut_after is not None and len(self.jobs) >= self.cut_after:
            raise RemoteError("the service does not answer", "try again")
        assert spec.run_id not in self.jobs, "sent twice"
        self.jobs[spec.run_id] = RemoteRun(remote_id=spec.run_id, state="queued", name=spec.run, tags=spec.tags)
        return self.jobs[spec.run_id]

    def find(self, run_id: str, remote: Mapping[str, str], tags: Mapping[str, str] | None = None) -> RemoteRun | None:
        return self.jobs.get(run_id)

    def status(self, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
        self.asked += 1
        return self.jobs[remote_id]

    def fetch(self, remote_id: str, remote: Mapping[str, str], file: RemoteFile, path: Path) -> None:
        if file.path not in self.files.get(remote_id, {}):
            raise NotFoundError(f"no {file.path}")
        path.write_bytes(self.files[remote_id][file.path])

    def cancel(self, remote_id: str, remote: Mapping[str, str]) -> bool:
        self.put(remote_id, state="cancelled")
        return True

    def put(self, remote_id: str, **changes: Any) -> None:
        self.jobs[remote_id] = self.jobs[remote_id].model_copy(update=changes)

    def judge(self, remote_id: str, kid: float, seconds: float = 60.0) -> None:
        line = {"epoch": 1, "seconds": seconds, "kid_lite0": kid, "kid_lite0_error": 0.001}
        self.files.setdefault(remote_id, {})["metrics.jsonl"] = (json.dumps(line) + "\n").encode()

    def logs(self, *_: Any) -> LogChunk:
        raise AssertionError("a sweep reads no log")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def places(drawn: Path) -> Places:
    return Places(drawn / "datasets", drawn / "runs")


def plan_of(*seeds: int) -> SweepPlan:
    return SweepPlan(
        over=(f"seed={','.join(map(str, seeds))}",), points=tuple({"seed": str(seed)} for seed in seeds),
        given={"size": "16", "preset": "dcgan", "epochs": "1"}, dataset="flowers", init="none", backend="azureml",
    )  # fmt: skip


def sweep_of(places: Places, *seeds: int, **fields: Any) -> SweepFolder:
    return new_sweep(places.runs_dir, "flowers-sweep", plan_of(*seeds), **fields)


def send(sweep: SweepFolder, service: Any, places: Places) -> list[Any]:
    return list(send_all(sweep, service, service.target(JobSpec(run="", run_id="", dataset="", size=16)), places))


def tended(sweep: SweepFolder, service: Any, places: Places) -> Iterator[Any]:
    return tend(sweep, service, service.target(JobSpec(run="", run_id="", dataset="", size=16)), places, 0.01)


def test_every_point_becomes_a_run_that_is_found_by_the_sweep_s_name(service, places):
    sweep = sweep_of(places, 0, 1, 2)
    sent = [event for event in send(sweep, service, places) if isinstance(event, Swept)]
    assert [(event.done, event.total) for event in sent] == [(1, 3), (2, 3), (3, 3)]
    runs = {folder.name: folder.record for folder in list_runs(places.runs_dir)}
    assert [runs[point.run].seed for point in sweep.record().points] == [0, 1, 2]
    assert [runs[point.run].tags["point"] for point in sweep.record().points] == ["1", "2", "3"]
    assert {record.tags["sweep"] for record in runs.values()} == {sweep.name}
    assert len(service.stored) == 1, "one upload for all"
    assert [job.tags["sweep"] for job in service.jobs.values()] == [sweep.name] * 3


def test_cut_in_the_middle_the_same_plan_goes_on_and_nothing_is_sent_twice(service, places):
    sweep = sweep_of(places, *range(9))
    service.cut_after = 4
    with pytest.raises(RemoteError):
        send(sweep, service, places)
    assert len(service.jobs) == 4
    again = unfinished(places.runs_dir, plan_of(*range(9)))
    assert again is not None and again.name == sweep.name
    service.cut_after = None
    send(again, service, places)
    assert len(service.jobs) == 9 == len(list_runs(places.runs_dir))
    assert all(row.state == "queued" for row in standings(sweep, sweep.record()))


@pytest.mark.parametrize("when", ["before the answer", "before it was written down"])
def test_killed_between_two_steps_nothing_is_sent_twice(service, places, when, monkeypatch):
    sweep = sweep_of(places, 0, 1)

    class KilledError(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        if when == "before the answer":
            submit = service.submit
            patch.setattr(service, "submit", lambda *given: (submit(*given), killed()))
        else:
            patch.setattr(SweepFolder, "note_run", killed)
        with pytest.raises(KilledError):
            send(sweep, service, places)
    assert len(service.jobs) == 1
    send(sweep, service, places)
    assert len(service.jobs) == 2 == len(list_runs(places.runs_dir))
    assert all(point.run for point in sweep.record().points)


def test_a_plan_is_only_gone_on_with_while_it_is_not_over(service, places):
    sweep = sweep_of(places, 0)
    send(sweep, service, places)
    assert unfinished(places.runs_dir, plan_of(0))
    assert unfinished(places.runs_dir, plan_of(1)) is None
    for remote_id in service.jobs:
        service.put(remote_id, state="finished")
    look(sweep, service)
    assert unfinished(places.runs_dir, plan_of(0)) is None


def test_two_who_tend_one_sweep_are_one_too_many(service, places):
    sweep = sweep_of(places, 0)
    with sweep.tended(), pytest.raises(BusyError, match="tended by another process"):
        send(sweep, service, places)
    assert service.jobs == {}


def test_the_best_are_kept_while_it_is_followed(service, places):
    sweep = sweep_of(places, 0, 1, 2, keep=1, after_s=50.0)
    events = tended(sweep, service, places)
    seen: list[Any] = []
    for event in events:
        seen.append(event)
        if isinstance(event, Looked) and event.counts == {"queued": 3}:
            for kid, remote_id in zip((0.3, 0.1, 0.2), service.jobs, strict=True):
                service.put(remote_id, state="running")
                service.judge(remote_id, kid)
        if isinstance(event, Looked) and event.counts == {"cancelled": 2, "running": 1}:
            (best,) = [job.remote_id for job in service.jobs.values() if job.state == "running"]
            service.put(best, state="finished")
    assert isinstance(seen[-1], SweepOver) and seen[-1].counts == {"cancelled": 2, "finished": 1}
    assert sum("others of its sweep are better" in event.text for event in seen if isinstance(event, Note)) == 2
    finished = [row for row in standings(sweep, sweep.record()) if row.state == "finished"]
    assert [row.point.values["seed"] for row in finished] == ["1"]


def test_here_as_many_go_on_at_once_as_are_allowed_and_a_cancelled_sweep_begins_no_more(places):
    class Machine(Service):
        """This machine, where the worker keeps the record."""

        def submit(self, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
            RunFolder(staged).update(state="running", host="another")  # whose processes cannot be looked at
            return super().submit(spec, staged, remote)

    machine = Machine("local")
    sweep = sweep_of(places, 0, 1, 2, 3, at_once=2)
    going = 0
    for event in tended(sweep, machine, places):
        if not isinstance(event, Looked):
            continue
        assert event.counts.get("running", 0) <= 2
        going = max(going, event.counts.get("running", 0))
        rows = standings(sweep, sweep.record())
        if event.counts.get("finished"):
            sweep.update(lambda record: {"cancelled": True})
        running = [row for row in rows if row.state == "running"]
        if running:
            assert running[0].folder is not None
            running[0].folder.update(state="finished")
    assert going == 2 and len(machine.jobs) == 3
    assert sorted(row.state for row in standings(sweep, sweep.record())) == [
        "finished",
        "finished",
        "finished",
        "waiting",
    ]


def test_a_run_that_is_deleted_is_not_begun_anew(service, places):
    sweep = sweep_of(places, 0, 1)
    send(sweep, service, places)
    RunFolder(places.runs_dir / sweep.record().points[0].run).delete()
    send(sweep, service, places)
    assert len(service.jobs) == 2
    assert [row.state for row in standings(sweep, sweep.record())] == ["deleted", "queued"]


def test_a_point_that_makes_no_training_is_refused_before_anything_is_sent(places):
    plan = plan_of(0).model_copy(update={"points": ({"batch_size": "1"},)})
    with pytest.raises(UsageError, match="batch_size"):
        submission_of(plan, 0, places)


def test_a_sweep_is_found_by_what_a_person_types(places):
    first, second = sweep_of(places, 0), sweep_of(places, 1)
    assert find_sweep(places.runs_dir, first.name).name == first.name
    assert find_sweep(places.runs_dir, second.name.rpartition("-")[2]).name == second.name
    with pytest.raises(UsageError, match="fits 2 sweeps"):
        find_sweep(places.runs_dir, "flowers")
    with pytest.raises(NotFoundError, match="no sweep 'roses'"):
        find_sweep(places.runs_dir, "roses")
    assert not list_runs(places.runs_dir), "a sweep is no run"
