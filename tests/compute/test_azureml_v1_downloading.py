"""Files come home whole, whatever happens on the way."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from internet import faults as anywhere
from internet.azure import ARTIFACTS, LocalAzure, Run, faults

from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.backend import RemoteFile
from artgan.errors import ArtganError, NotFoundError, RemoteError

MODEL = "models/gen_1000.keras"
SIZE = 12_000_000
REMOTE = {"experiment": "artgan"}


@pytest.fixture
def content() -> bytes:
    return os.urandom(SIZE)


@pytest.fixture
def run(azure: LocalAzure, content: bytes) -> Run:
    return azure.old_run("artgan_1", "artgan", files={f"outputs/{MODEL}": content})


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off is slept through faster, and a server that asks to wait is not believed."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.02)))


def fetch(backend: AzureMLBackend, path: Path, name: str = MODEL) -> None:
    backend.fetch("artgan_1", REMOTE, RemoteFile(name, None), path)


def ranges(azure: LocalAzure) -> list[str]:
    """What was asked of blob storage for the model, in order: "" for all of it."""
    wanted = (entry for entry in azure.log if "blob.core" in entry.url and "gen_1000" in entry.url)
    return [entry.headers.get("range", "") for entry in wanted if entry.method == "GET"]


def start(wanted: str) -> int:
    """Where ``bytes=N-`` begins."""
    return int(wanted.removeprefix("bytes=").removesuffix("-"))


def left_over(path: Path) -> list[str]:
    return [p.name for p in path.parent.iterdir() if p != path]


def test_a_download_that_is_cut_goes_on_where_it_was(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, content: bytes, tmp_path: Path
) -> None:
    azure.inject("*blob.core*gen_1000*", faults.partial(0.5), times=2)
    path = tmp_path / "home" / "gen.keras"
    fetch(backend, path)
    assert path.read_bytes() == content and left_over(path) == []
    first, second, third = ranges(azure)
    # A connection that is reset takes with it what was under way; what had come by then is not asked for again.
    assert first == "" and 0 < start(second) <= SIZE // 2 and start(second) < start(third)


def test_another_command_goes_on_where_a_killed_one_was(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "gen.keras"
    azure.inject("*blob.core*gen_1000*", faults.partial(0.5), times=1)
    azure.inject("*blob.core*gen_1000*", faults.unavailable())
    with pytest.raises(RemoteError):
        fetch(backend, path)
    assert not path.exists()
    here = path.with_name("gen.keras.part").stat().st_size
    assert 0 < here <= SIZE // 2
    azure.heal()
    azure.log.clear()
    fetch(AzureMLBackend(backend.where), path)
    assert path.read_bytes() == content and left_over(path) == []
    assert ranges(azure) == [f"bytes={here}-"]


def test_half_of_one_blob_and_half_of_another_are_never_put_together(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "gen.keras"
    azure.inject("*blob.core*gen_1000*", faults.partial(0.5), times=1)
    azure.inject("*blob.core*gen_1000*", faults.unavailable())
    with pytest.raises(RemoteError):
        fetch(backend, path)
    azure.heal()
    other = os.urandom(SIZE)
    azure.storage.put(ARTIFACTS, run.blob(f"outputs/{MODEL}"), other)
    fetch(backend, path)
    assert path.read_bytes() == other and left_over(path) == []


def test_bytes_of_unknown_origin_are_not_gone_on_with(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "gen.keras"
    path.with_name("gen.keras.part").write_bytes(b"?" * 1000)
    fetch(backend, path)
    assert path.read_bytes() == content


def test_damage_on_the_way_is_noticed_by_the_hash(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "gen.keras"
    azure.inject("*blob.core*gen_1000*", anywhere.body(bytes(SIZE)), times=1)
    fetch(backend, path)
    assert path.read_bytes() == content
    azure.inject("*blob.core*gen_1000*", anywhere.body(bytes(SIZE)))
    with pytest.raises(RemoteError, match="damaged twice"):
        fetch(backend, tmp_path / "again.keras")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("again")) == []


def test_an_expired_address_is_asked_for_again(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, content: bytes, tmp_path: Path
) -> None:
    azure.expire_sas()
    with pytest.raises(RemoteError, match="refuses the address"):
        fetch(backend, tmp_path / "gen.keras")
    azure.expire_sas(False)
    fetch(backend, tmp_path / "gen.keras")
    assert (tmp_path / "gen.keras").read_bytes() == content


def test_what_is_here_is_not_brought_again(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "gen.keras"
    fetch(backend, path)
    azure.log.clear()
    fetch(backend, path)
    assert ranges(azure) == []
    path.write_bytes(bytes(SIZE))  # the same size, another content
    fetch(backend, path)
    assert path.read_bytes() == content


def test_an_empty_file_is_a_file(azure: LocalAzure, backend: AzureMLBackend, tmp_path: Path) -> None:
    azure.old_run("artgan_1", "artgan", files={"outputs/empty.txt": b""})
    fetch(backend, tmp_path / "empty.txt", "empty.txt")
    assert (tmp_path / "empty.txt").read_bytes() == b""


def test_a_file_that_is_not_there_is_named(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match=r"no file models/gen_7\.keras"):
        fetch(backend, tmp_path / "gen.keras", "models/gen_7.keras")
    azure.storage.delete(ARTIFACTS, run.blob(f"outputs/{MODEL}"))
    with pytest.raises(NotFoundError, match=r"no file models/gen_1000\.keras"):
        fetch(backend, tmp_path / "gen.keras")
    assert list(tmp_path.glob("gen*")) == []


def test_a_place_that_cannot_be_written_is_named(
    azure: LocalAzure, backend: AzureMLBackend, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("a file where a folder should be", "utf-8")
    with pytest.raises(ArtganError, match=r"could not write .*gen_1000\.keras"):
        fetch(backend, tmp_path / MODEL)


def test_a_log_is_read_on_while_it_grows(azure: LocalAzure, backend: AzureMLBackend) -> None:
    run = azure.old_run("artgan_1", "artgan", status="Running", files={"user_logs/std_log.txt": b"one\n"})
    assert backend.logs("artgan_1", REMOTE) == (b"one\n", 4)
    assert backend.logs("artgan_1", REMOTE, 4) == (b"", 4)
    azure.world.put_artifact(run, "user_logs/std_log.txt", b"one\ntwo \xc3")
    assert backend.logs("artgan_1", REMOTE, 4) == (b"two \xc3", 9)
    azure.world.put_artifact(run, "user_logs/std_log.txt", b"new\n")
    assert backend.logs("artgan_1", REMOTE, 9) == (b"new\n", 4), "begun anew on another node: told from the start"


def test_a_log_whose_address_expired_is_read_on(azure: LocalAzure, backend: AzureMLBackend) -> None:
    azure.old_run("artgan_1", "artgan", status="Running", files={"user_logs/std_log.txt": b"one\ntwo\n"})
    azure.world.sas_life_s = 1.0
    assert backend.logs("artgan_1", REMOTE, 0).offset == 8
    azure.world.sas_life_s = 3600.0
    until = time.monotonic() + 2
    azure.wait(lambda: time.monotonic() > until, timeout_s=5)
    azure.log.clear()
    assert backend.logs("artgan_1", REMOTE, 4).data == b"two\n"
    assert [entry.status for entry in azure.log if "blob.core" in entry.url] == [403, 206]
