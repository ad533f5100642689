"""list, show, logs, open, pull and runs delete."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from artgan.runs.store import process_fields


def test_list_is_a_table_newest_first_and_json_of_the_same(studio):
    first = studio.run("first", state="stopped", tags={"mood": "calm", "draft": ""})
    second = studio.run("second", images_seen=12345)
    first.update(created=first.record.created.replace(year=2020))
    second.update(created=second.record.created - timedelta(days=3))  # an age that does not change while looked at
    lines = studio.artgan("list").stdout.splitlines()
    assert lines[0].split()[:3] == ["name", "state", "dataset"]
    assert [line.split()[0] for line in lines[1:]] == [second.name, first.name]
    assert "12,345" in lines[1] and "mood=calm draft" in lines[2]
    rows = studio.json("list")
    assert [row["name"] for row in rows] == [second.name, first.name]
    assert rows[1]["tags"] == {"mood": "calm", "draft": ""} and rows[1]["state"] == "stopped"
    assert studio.artgan("runs", "list").stdout == studio.artgan("list").stdout


def test_list_filters(studio):
    calm = studio.run("calm", tags={"mood": "calm"})
    wild = studio.run("wild", tags={"mood": "wild"}, state="failed")
    for args, names in (
        (["--tag", "mood=calm"], [calm.name]),
        (["--tag", "mood"], [wild.name, calm.name]),
        (["--status", "failed"], [wild.name]),
        (["--status", "failed", "--tag", "mood=calm"], []),
    ):
        assert sorted(row["name"] for row in studio.json("list", *args)) == sorted(names)
    assert studio.artgan("list", "--status", "lost").stderr == "no run fits\n"
    assert studio.artgan("list", "--status", "gone").exit_code == 2


def test_no_runs_is_no_error(studio):
    result = studio.artgan("list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "artgan train" in result.stderr
    assert studio.json("list") == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"id": "x"}', b"null"])
def test_a_damaged_run_is_a_row(studio, content):
    good, bad = studio.run("good"), studio.run("bad")
    bad.record_path.write_bytes(content)
    (studio.runs / "a-file.txt").write_text("not a run")
    result = studio.artgan("list")
    assert result.exit_code == 0
    states = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()[1:]}
    assert states == {good.name: "finished", bad.name: "damaged"}
    shown = studio.artgan("show", bad.name)
    assert shown.exit_code == 0 and "damaged" in shown.stdout and "Traceback" not in shown.stderr
    assert studio.artgan("pull", bad.name).stdout == "gen_000002.keras\n"


def test_a_run_whose_process_is_gone_is_lost(studio):
    run = studio.run("gone")
    run.update(state="running", pid=2**22 + 1)
    alive = studio.run("alive")
    alive.update(state="running", **process_fields())
    states = {row["name"]: row["state"] for row in studio.json("list")}
    assert states == {run.name: "lost", alive.name: "running"}


def test_listing_500_runs_takes_50_ms_of_its_own(studio):
    from artgan.cli import list_, table
    from artgan.runs.store import list_runs as folders_of

    one = studio.run()
    text = one.record_path.read_text()
    for number in range(499):
        copy = studio.runs / f"flowers-64-{number:06d}"
        copy.mkdir()
        (copy / "run.json").write_text(text.replace(one.name, copy.name))

    def work() -> None:
        records = [folder.current() for folder in folders_of(studio.runs)]
        lines = table.layout(list_._COLUMNS, [list_._row(record) for record in records], 120)
        assert len(lines) == 501

    def peer() -> None:
        for path in studio.runs.iterdir():
            (path / "run.json").read_bytes()

    def quietest_s(task: Callable[[], None]) -> float:
        times = []
        for _ in range(7):
            begun = time.process_time()
            task()
            times.append(time.process_time() - begun)
        return min(times)

    # On a machine that is busy with other things, reading the files alone takes longer too.
    assert quietest_s(work) < max(0.05, 8 * quietest_s(peer))


def test_show_says_what_matters_and_what_is_next(studio):
    run = studio.run(images_seen=320, state="stopped", images=3)
    run.metrics_path.write_text(
        '{"step": 1, "d_loss": 0.5, "g_loss": 0.75, "accuracy": 0.5}\n'
        '{"step": 2, "d_loss": 0.25, "g_loss": 1.5, "accuracy": 0.75, "verdict": "learning"}\n{"step": 3, "d_lo'
    )
    result = studio.artgan("show", run.record.id[:3])
    facts = {line[:14].strip(): line[14:].strip() for line in result.stdout.splitlines()}
    assert facts["run"] == run.name and facts["state"] == "stopped"
    assert facts["losses"] == "critic 0.250, generator 1.500, accuracy 75%"
    assert facts["verdict"] == "learning" and facts["generators"] == "2, epoch 1 to 2"
    assert result.stderr == f"next: artgan train --resume {run.name}\n"
    value = studio.json("show")
    assert value["last_tick"]["step"] == 2
    assert [generator["epoch"] for generator in value["generators"]] == [1, 2]


def test_logs_prints_all_or_the_tail(studio):
    run = studio.run()
    for number in range(5):
        run.log(f"line {number}")
    lines = studio.artgan("logs").stdout.splitlines()
    assert [line.partition(" line ")[2] for line in lines] == list("01234")
    assert studio.artgan("logs", run.name, "--tail", "2").stdout.splitlines() == lines[3:]
    assert studio.artgan("logs", "--tail", "0").stdout == ""
    assert studio.artgan("logs", "--tail", "99").stdout.splitlines() == lines
    run.metrics_path.write_text('{"step": 1}\n{"step": 2}\n')
    assert studio.json("logs", "--tail", "1") == [{"step": 2}]
    assert studio.artgan("logs", "--json", "-f").exit_code == 2


def test_logs_of_a_run_without_one(studio):
    run = studio.run()
    result = studio.artgan("logs")
    assert result.exit_code == 4 and run.name in result.stderr


def test_logs_follow_until_the_run_is_over(studio):
    run = studio.run()
    run.update(state="running", **process_fields())
    run.log("first")

    def go_on() -> None:
        for piece in (b"a line in ", b"three ", b"pieces\n"):
            time.sleep(0.7)
            with open(run.log_path, "ab") as file:
                file.write(piece)
        run.log("last")
        run.update(state="finished")

    writer = threading.Thread(target=go_on)
    writer.start()
    result = studio.artgan("logs", "-f")
    writer.join()
    first, pieces, last = result.stdout.splitlines()
    assert first.endswith(" first") and pieces == "a line in three pieces" and last.endswith(" last")


def test_open_prints_the_newest_sheet_and_opens_it_where_there_is_a_viewer(studio, monkeypatch):
    run = studio.run(epochs=(1000, 10100))
    (run.samples / "notes.png").write_bytes(b"not a sheet")
    result = studio.artgan("open")
    assert result.stdout == f"{run.path.absolute() / 'samples' / '010100.png'}\n"
    assert "no viewer" in result.stderr

    tools, seen = studio.path / "bin", studio.path / "seen"
    tools.mkdir()
    (tools / "xdg-open").write_text(f'#!/bin/sh\necho "$1" > {seen}.part && mv {seen}.part {seen}\n')
    (tools / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    assert studio.json("open", "--folder") == {"path": str(run.path.absolute()), "opened": True}
    for _ in range(100):
        if seen.is_file():
            break
        time.sleep(0.05)
    assert seen.read_text().strip() == str(run.path.absolute())


def test_pull_copies_the_highest_epoch(studio):
    run = studio.run(epochs=(1000, 10100, 999))
    (run.models / "gen_020000.keras").touch()
    (run.models / "gen_030000.keras.part").write_bytes(b"unfinished")
    result = studio.artgan("pull")
    assert result.stdout == "gen_010100.keras\n"
    assert (studio.path / "gen_010100.keras").read_bytes() == b"generator 10100"
    again = studio.artgan("pull", run.name)
    assert (again.exit_code, again.stdout) == (0, "gen_010100.keras\n") and "already here" in again.stderr
    assert studio.json("pull", "--epoch", "999", "--out", "more") == [
        {"path": "more/gen_000999.keras", "epoch": 999, "copied": True}
    ]
    missing = studio.artgan("pull", "--epoch", "1001")
    assert missing.exit_code == 4 and "--epoch 1000" in missing.stderr


def test_pull_never_replaces_another_file_unasked(studio):
    studio.run(epochs=(7,))
    mine = studio.path / "gen_000007.keras"
    mine.write_bytes(b"my own")
    refused = studio.artgan("pull", "--samples")
    assert refused.exit_code == 2 and "--force" in refused.stderr
    assert mine.read_bytes() == b"my own"
    assert not list(studio.path.glob("flowers-64-*")), "a refused pull wrote something"
    assert studio.artgan("pull", "--force").exit_code == 0
    assert mine.read_bytes() == b"generator 7"


def test_pull_samples_and_all(studio):
    run = studio.run()
    result = studio.artgan("pull", "--samples", "--out", "here")
    assert set(result.stdout.splitlines()) == {f"here/{run.name}", "here/gen_000002.keras"}
    assert sorted(p.name for p in (studio.path / "here" / run.name / "samples").iterdir()) == [
        "000001.png",
        "000002.png",
    ]
    studio.artgan("pull", "--all", "--out", "whole")
    copied = {
        p.relative_to(studio.path / "whole" / run.name) for p in (studio.path / "whole").rglob("*") if p.is_file()
    }
    assert copied == {p.relative_to(run.path) for p in run.path.rglob("*") if p.is_file()}
    assert studio.artgan("show", f"whole/{run.name}").exit_code == 0


def test_delete_asks_tells_and_deletes(studio):
    run, other = studio.run("one"), studio.run("two")
    unasked = studio.artgan("runs", "delete", run.name)
    assert unasked.exit_code == 2 and "--yes" in unasked.stderr and run.path.is_dir()
    assert studio.artgan("runs", "delete", run.name, "--dry-run").exit_code == 0 and run.path.is_dir()
    assert studio.artgan("runs", "delete", run.name, "nothing", "-y").exit_code == 4 and run.path.is_dir()
    done = studio.artgan("runs", "delete", run.record.id, "--yes")
    assert done.exit_code == 0 and not run.path.exists() and other.path.is_dir()
    assert json.loads(studio.artgan("runs", "delete", other.name, "-y", "--json").stdout) == [f"runs/{other.name}"]


def test_a_run_in_training_is_not_deleted(studio):
    run = studio.run()
    run.update(state="running", **process_fields())
    result = studio.artgan("runs", "delete", run.name, "--yes")
    assert result.exit_code == 1 and "is being trained" in result.stderr and run.path.is_dir()
