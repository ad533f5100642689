"""Whatever happens to a fetch, the same command goes on: kill, Ctrl-C, a full disk, a cable pulled."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import together
from internet import NOON, Internet, Request, faults
from internet.wikiart import PICTURES, LocalWikiArt, drawn_works
from lying import Lying, dataset, wait_for

WORKERS = 4


def pictures(internet: Internet) -> int:
    """Return how many pictures were answered so far."""
    return sum(seen.whole for seen in internet.log.requests(PICTURES, "*images*"))


def is_picture(request: Request) -> bool:
    return "/images/" in request.path


# --- kill -9 ---


def run_unhurried(internet: Internet, place: Path) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("unhurried.py")
    return subprocess.Popen(
        [sys.executable, str(script), str(place / "datasets")],
        cwd=place, env=internet.env, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def whole_lines(path: Path) -> list[dict[str, str]]:
    """The lines of a manifest that a kill left whole."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    return [json.loads(line) for line in lines]


@together.test(seconds=35)
def test_killed_twenty_times_it_ends_as_if_it_never_was(place: Path) -> None:
    """Byte for byte the same folder, nothing asked for again but what was under way, no part left."""
    chance = random.Random(11)
    works = drawn_works(200, side=160)
    straight, killed = place / "straight", place / "killed"
    straight.mkdir()
    killed.mkdir()
    with Internet(LocalWikiArt(works), date=NOON) as internet:
        assert run_unhurried(internet, straight).wait(60) == 0
        internet.log.clear()
        internet.inject(is_picture, faults.silence(0.01))
        found = Lying(killed / "datasets" / "flowers")
        moments: dict[str, float] = {}  # when a picture was known to be settled
        under_way = 0
        for number in range(20):
            before, process = pictures(internet), run_unhurried(internet, killed)
            if number % 5 == 4:  # while it starts, reads its manifest, asks for the listing
                time.sleep(chance.uniform(0.1, 0.9))
            else:
                more = chance.randrange(1, 20)
                wait_for(lambda b=before, m=more, p=process: pictures(internet) >= b + m or p.poll() is not None)
                time.sleep(chance.uniform(0, 0.02))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stderr
            assert "Traceback" not in process.stderr.read()
            process.stderr.close()
            moment = time.monotonic()
            for record in whole_lines(found.path / "images.jsonl"):
                moments.setdefault(record["id"], moment)
            under_way += WORKERS
        assert 50 < len(moments) < 200, "the kills were spread over the fetch"
        assert run_unhurried(internet, killed).wait(60) == 0
        time.sleep(0.1)

        assert found.parts == []
        found.is_sound()
        assert found.tree() == Lying(straight / "datasets" / "flowers").tree()
        ids = {work.picture_path: work.id for work in works}
        asked = internet.log.requests(PICTURES, "*images*")
        again = [seen.path for seen in asked if seen.time > moments.get(ids[seen.path], float("inf"))]
        assert again == [], "asked for although it was there"
        assert set(Counter(seen.path for seen in asked)) == set(ids)
        assert len(asked) <= len(works) + under_way


# --- Ctrl-C ---


@together.test(interrupt=(signal.SIGINT,), terminate=(signal.SIGTERM,))
def test_ctrl_c_says_what_is_here_and_how_to_go_on(place: Path, number: signal.Signals) -> None:
    works = drawn_works(14)
    with Internet(LocalWikiArt(works)) as internet:
        process = internet.popen("fetch", "flowers", cwd=place)
        wait_for(lambda: pictures(internet) >= 4)
        process.send_signal(number)
        start = time.monotonic()
        _, stderr = process.communicate(timeout=100)
        assert time.monotonic() - start < 3
        assert process.returncode == 130, stderr
        assert "stopping; what is here is kept" in stderr and "Traceback" not in stderr
        found = dataset(place)
        found.is_sound()
        assert 3 <= len(found.kept) < 10
        assert any(line.split()[:2] == ["kept", str(len(found.kept))] for line in stderr.splitlines())
        assert any(line.split()[:2] == ["waiting", str(14 - len(found.kept))] for line in stderr.splitlines())
        internet.log.clear()
        done = set(found.kept)
        assert internet.quick("fetch", "flowers", cwd=place).returncode == 0
        assert internet.log.counts(PICTURES, "*images*") == {w.picture_path: 1 for w in works if w.id not in done}
        assert found.kept == [work.id for work in works]


@together.test()
def test_ctrl_c_does_not_wait_for_a_silent_server(place: Path) -> None:
    with Internet(LocalWikiArt(8)) as internet:
        internet.inject(is_picture, faults.silence(25))
        process = internet.popen("fetch", "flowers", cwd=place)
        wait_for(lambda: len(internet.log.requests(PICTURES, "*images*")) >= 2)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        _, stderr = process.communicate(timeout=100)
        assert process.returncode == 130 and time.monotonic() - start < 6, stderr
        assert dataset(place).parts == []


# --- the disk ---


def isolated() -> list[str]:
    """Return what starts a shell with mounts of its own; skips where this system does not allow that."""
    shell = ["sh", "-ec", "mount -t tmpfs none /mnt"]
    for command in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        if shutil.which("unshare") and subprocess.run([*command, *shell], capture_output=True).returncode == 0:
            return command
    pytest.skip("this user may not mount a small disk (unshare --mount)")


@together.test(seconds=12)
def test_a_full_disk_stops_it_and_room_lets_it_go_on(place: Path) -> None:
    works = drawn_works(16)
    (place / "datasets").mkdir()
    script = f"""
        mount -t tmpfs -o size=140k none datasets
        code=0; "$@" || code=$?
        cp -R datasets {place}/full; echo "code $code"
        mount -o remount,size=8m datasets
        code=0; "$@" || code=$?
        cp -R datasets {place}/roomy; echo "code $code"
    """
    with Internet(LocalWikiArt(works)) as internet:
        command = [*isolated(), "sh", "-ec", script, "sh", sys.executable, "-m", "artgan", "fetch", "flowers"]
        done = subprocess.run(command, cwd=place, env=internet.env, capture_output=True, text=True, timeout=300)
        full, roomy = Lying(place / "full" / "flowers"), Lying(place / "roomy" / "flowers")
        assert [line for line in done.stdout.splitlines() if line.startswith("code")] == ["code 1", "code 0"], (
            done.stderr
        )
        assert "error: no room left on the disk" in done.stderr
        assert "it goes on where it stopped" in done.stderr and "Traceback" not in done.stderr
        assert "are free on the disk" in done.stderr, "the plan said so before the first picture"
        assert 2 <= len(full.files) < 16 and full.parts == []
        lines = whole_lines(full.path / "images.jsonl")
        noted = {line["file"].removeprefix("originals/"): line["bytes"] for line in lines if line["status"] == "ok"}
        assert {name: len(full.files[name]) for name in noted} == noted
        assert len(set(full.files) - set(noted)) <= WORKERS
        roomy.is_sound()
        assert roomy.kept == [work.id for work in works]
        counts = internet.log.counts(PICTURES, "*images*")
        assert all(counts[w.picture_path] == 1 for w in works if f"{w.id}.jpg" in noted)


@together.test()
def test_a_folder_that_may_not_be_written_is_said_before_the_first_request(place: Path) -> None:
    (place / "datasets").mkdir()
    script = 'mount -t tmpfs -o ro none datasets; exec "$@"'
    with Internet(LocalWikiArt(3)) as internet:
        command = [*isolated(), "sh", "-ec", script, "sh", sys.executable, "-m", "artgan", "fetch", "flowers"]
        done = subprocess.run(command, cwd=place, env=internet.env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 1 and "error: not allowed to write" in done.stderr, done.stderr
        assert "hint: " in done.stderr and internet.proxy.connects == []


@together.test(above=("datasets",), here=("datasets/flowers",))
def test_a_file_in_the_way_is_said_before_the_first_request(place: Path, name: str) -> None:
    (place / name).parent.mkdir(exist_ok=True)
    (place / name).write_text("mine")
    with Internet(LocalWikiArt(3)) as internet:
        done = internet.quick("fetch", "flowers", cwd=place)
        assert done.returncode in (1, 2) and name in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert internet.proxy.connects == [] and (place / name).read_text() == "mine"


# --- others at work ---


@together.test()
def test_two_at_once_do_not_disturb_each_other(place: Path) -> None:
    with Internet(LocalWikiArt(8)) as internet:
        first = internet.popen("fetch", "flowers", cwd=place)
        wait_for(lambda: pictures(internet) >= 1)
        second = internet.quick("fetch", "flowers", cwd=place)
        assert first.poll() is None, "the first must still be at work for this to mean anything"
        assert second.returncode == 1 and "another process is at work on dataset 'flowers'" in second.stderr
        _, stderr = first.communicate(timeout=150)
        assert first.returncode == 0, stderr
        dataset(place).is_sound()
        assert len(dataset(place).kept) == 8
        assert len(internet.log.requests(path="*flower-painting")) == 1, "the second asked for nothing"


# --- the cable ---


@together.test(seconds=20)
def test_a_cable_pulled_for_a_moment_costs_no_picture(place: Path) -> None:
    works = drawn_works(12)
    with Internet(LocalWikiArt(works)) as internet:
        process = internet.popen("fetch", "flowers", cwd=place)
        wait_for(lambda: pictures(internet) >= 4)
        internet.cut()
        time.sleep(2)
        internet.heal()
        _, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stderr
        dataset(place).is_sound()
        assert dataset(place).kept == [work.id for work in works]


@together.test(seconds=75)
def test_a_cable_pulled_for_good_is_noticed(place: Path) -> None:
    """It gives up within a minute or so, says what to check, and goes on later."""
    works = drawn_works(30)
    with Internet(LocalWikiArt(works)) as internet:
        process = internet.popen("fetch", "flowers", cwd=place)
        wait_for(lambda: pictures(internet) >= 4)
        internet.cut()
        _, stderr = process.communicate(timeout=150)
        assert process.returncode == 6, stderr
        assert "nothing answers any more" in stderr and "check the connection" in stderr
        found = dataset(place)
        found.is_sound()
        kept = set(found.kept)
        internet.heal()
        internet.log.clear()
        again = internet.quick("fetch", "flowers", "--limit", str(len(kept) + 2), cwd=place)
        assert again.returncode == 0, again.stderr
        assert pictures(internet) == 2


@together.test(seconds=35)
def test_without_a_network_it_says_so(place: Path) -> None:
    with Internet(LocalWikiArt(3)) as internet:
        internet.cut()
        done = internet.quick("fetch", "flowers", cwd=place, timeout=300)
        assert done.returncode == 6 and "check the connection" in done.stderr, done.stderr
        assert [path for path in place.rglob("*") if path.name != "datasets"] == []
