"""Runs that go on: ended, and looked at elsewhere, without a page that waits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from films_made import run_of

from artgan.compute.following import end_run, glance, refresh
from artgan.compute.local import LocalBackend
from artgan.errors import RemoteError
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.store import adopt_run, process_fields
from artgan.studio.tending import Tending


def until(what):
    end = time.monotonic() + 150
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_stop_is_answered_while_the_run_still_saves(page, run):
    gate, ended = threading.Event(), []
    page.studio.tending = Tending(lambda folder: gate.wait(30) and ended.append(folder.name))
    run.update(state="running", **process_fields())
    place = f"/api/run/{run.name}"
    assert page.get(f"{place}/learning")["stopping"] is False
    assert page.post(f"{place}/stop", {}) == {"stopping": True}
    assert page.post(f"{place}/stop", {}) == {"stopping": True}, "a second hand changes nothing"
    told = page.get(f"{place}/learning")
    assert told["stopping"] and told["going"] and told["trouble"] is None and not ended
    gate.set()
    until(lambda: not page.get(f"{place}/learning")["stopping"])
    assert ended == [run.name]
    run.update(state="cancelled")
    assert page.post(f"{place}/stop", {}) == {"stopping": False}


def test_a_service_that_does_not_answer_is_said(page, run):
    def refuse(folder):
        raise RemoteError("the service does not answer", "try again")

    page.studio.tending = Tending(refuse)
    run.update(state="running", **process_fields())
    page.post(f"/api/run/{run.name}/stop", {})
    told = until(lambda: page.get(f"/api/run/{run.name}/learning")["trouble"])
    assert told == {"error": "the service does not answer", "hint": "try again"}
    page.studio.tending = Tending(lambda folder: 1 / 0)
    page.post(f"/api/run/{run.name}/stop", {})
    told = until(lambda: page.get(f"/api/run/{run.name}/learning")["trouble"])
    assert "ZeroDivisionError" in told["error"]


def test_a_run_elsewhere_is_looked_at_while_its_page_is_open(page, run, tmp_path):
    there = run_of(tmp_path / "there", (3,), side=8, base="far")
    there.update(state="running", **process_fields())
    there.samples.mkdir()
    (there.samples / "000003.png").write_bytes(b"sheet")
    record = there.record
    adopt_run(
        tmp_path / "runs", record.name, run_id=record.id, backend="azureml", remote_id=record.id, created=now(),
        state="running",
    )  # fmt: skip
    backend, looks = LocalBackend(tmp_path / "there", tmp_path), []

    def look(folder):
        looks.append(folder.name)
        refresh(folder, backend)
        glance(folder, backend, sheet=True)

    page.studio.tending = Tending(lambda folder: end_run(folder, backend), look)
    there.metrics_path.write_text(json.dumps({"step": 5, "epoch": 3, "seconds": 2.0, "d_loss": 0.6}) + "\n")
    place = f"/api/run/{there.name}/learning"
    assert page.get(place)["ticks"] == [], "the page is answered with what is here"
    told = until(lambda: (found := page.get(place))["sheet"] and found)
    assert [tick["step"] for tick in told["ticks"]] == [5] and told["sheet"] == "000003.png"
    assert looks == [there.name], "no oftener than is decent"
    page.get(f"/api/run/{run.name}/learning")
    assert looks == [there.name], "a run that is here is read, not asked for"


@pytest.mark.skipif(os.name != "posix", reason="groups of processes")
def test_a_training_within_a_script_is_ended_and_the_script_goes_on(tmp_path):
    """Its process is not the head of a group, as a background worker is."""
    code = "import subprocess as s, sys; print(s.Popen(['sleep', '60']).pid, flush=True); sys.stdin.read()"
    script = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )  # fmt: skip
    try:
        pid = int(script.stdout.readline())
        folder = run_of(tmp_path / "runs", (), side=8)
        folder.update(state="running", **process_fields(pid))
        assert LocalBackend(tmp_path / "runs", tmp_path).cancel(folder.record.id, {}) is True
        assert RunFolder(folder.path).current().state == "cancelled" and script.poll() is None
    finally:
        os.killpg(script.pid, signal.SIGKILL)
        script.communicate()
