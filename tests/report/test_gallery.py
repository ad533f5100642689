"""A gallery's page: what hangs there, and that a caption's command paints its picture again."""

from __future__ import annotations

import base64
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from artgan import images
from artgan.cli.app import app
from artgan.errors import DiskFullError, NotFoundError, UsageError
from artgan.report.commands import named
from artgan.report.gallery import GalleryWritten, Wish, gallery, shown_bytes
from artgan.runs.folder import RunFolder
from artgan.sampling.samples import open_source, sample


def make(studio, *runs: RunFolder, wish: Wish | None = None, **options) -> GalleryWritten:
    by = [named(run, studio.settings) for run in runs]
    *_, last = gallery(by, wish or Wish(range(6)), studio.path / "page.html", datasets_dir=studio.datasets, **options)
    assert isinstance(last, GalleryWritten)
    return last


def commands(page) -> list[list[str]]:
    return [shlex.split(text) for text in page.all("data-command") if text]


def test_each_picture_has_run_epoch_and_seed_and_its_command(studio, read_page):
    run = studio.run()
    done = make(studio, run, wish=Wish(range(6)))
    page = read_page(done.path)
    assert done.pictures == 6 and len(page.all("src", "img")) == 6 + 1
    for seed in range(6):
        assert f"Seed {seed} {run.name}, epoch 2" in page.text
        assert ["artgan", "sample", "--run", run.name, "--epoch", "2", "--seeds", str(seed)] in commands(page)


@pytest.mark.parametrize("wish", [Wish([3, 17]), Wish([3, 17], psi=0.1 + 0.2, epoch=1, embed=True)])
def test_the_copied_command_repaints_the_picture_byte_for_byte(studio, read_page, wish):
    run = studio.run()
    page = read_page(make(studio, run, wish=wish).path)
    files = page.all("href", "a")
    for number, command in enumerate(commands(page)):
        done = CliRunner().invoke(app, [*command[1:], "--out", f"again{number}"], prog_name="artgan")
        assert done.exit_code == 0, done.output
        path = Path(done.stdout.strip())
        picture = images.read_all([path])[0]
        shown = base64.b64decode(page.all("src", "img")[number].partition("base64,")[2])
        source = open_source(run, epoch=wish.epoch)
        (painted,) = sample(source, [wish.seeds[number]], psi=wish.psi)
        assert picture.tobytes() == painted.image.tobytes()
        assert shown == shown_bytes(picture, 320, source.metadata(painted)), "the page shows these very pixels"
        if wish.embed:
            assert base64.b64decode(files[number].partition("base64,")[2]) == path.read_bytes()
    assert len(files) == (2 if wish.embed else 0)


def test_the_best_epoch_is_named_by_its_number_only_while_that_is_the_same_generator(studio, read_page):
    run = studio.run()
    assert run.consider(run.generator(1), (0.1, 0.01), 500)
    page = read_page(make(studio, run, wish=Wish([0], epoch="best")).path)
    assert commands(page)[0][-4:] == ["--epoch", "1", "--seeds", "0"]
    with open(run.models / "gen_000001.keras", "ab") as file:
        file.write(b"\0")  # saved again since
    page = read_page(make(studio, run, wish=Wish([0], epoch="best")).path)
    assert commands(page)[0][-4:] == ["--epoch", "best", "--seeds", "0"]


def test_a_run_elsewhere_is_named_by_its_path(studio, read_page):
    run = studio.run()
    place = studio.path / "a folder's"
    place.mkdir()
    moved = RunFolder(run.path.rename(place / run.name))
    page = read_page(make(studio, moved, wish=Wish([0])).path)
    assert commands(page)[0][2:4] == ["--run", str(moved.path)]


def test_several_runs_have_a_room_each(studio, read_page):
    first, second = studio.run("flowers-8"), studio.run("portraits-8")
    page = read_page(make(studio, first, second, wish=Wish([0, 1])).path)
    assert [tag for tag, _ in page.tags].count("h2") == 2
    assert {command[3] for command in commands(page)} == {first.name, second.name}


def test_nothing_hostile_becomes_markup(studio, read_page, hostile):
    run = studio.run(dataset=hostile)
    renamed = RunFolder(run.path.rename(studio.runs / "x\"><img src=q onerror=alert(1)> '&-aaaaaa"))
    page = read_page(make(studio, renamed, wish=Wish(range(5)), title=hostile).path)
    assert hostile in page.text and renamed.name in page.text
    assert commands(page)[0][3] == renamed.name


def test_pictures_are_picked_that_differ(studio, read_page):
    done = make(studio, studio.run(), wish=Wish(range(20), pick=3))
    assert done.pictures == 3 and done.painted == 20
    assert "3 pictures of 20, picked to differ" in read_page(done.path).text


def test_a_copy_of_a_painting_is_marked_with_the_painting_beside_it(studio, read_page, hostile):
    run = studio.run(dataset="drawn")
    painted = next(sample(open_source(run), [2])).image
    others = np.random.default_rng(1).integers(0, 256, (20, 4, 4, 3), np.uint8)
    drawn = studio.dataset("drawn", np.concatenate([painted[None], others.repeat(2, 1).repeat(2, 2)]), hostile)
    run.update(dataset_fingerprint=_fingerprint(drawn))
    # What is "prepared" of the enlarged picture lies next to it, as near as a copy does.
    done = make(studio, run, wish=Wish([2]))
    page = read_page(done.path)
    assert done.close == 1 and not done.unchecked
    assert "Close to a painting" in page.text and hostile in page.text
    run.update(dataset_fingerprint="0" * 64)
    assert "have changed since" in make(studio, run, wish=Wish([2])).unchecked[0]


def _fingerprint(folder) -> str:
    from artgan.datasets.prepared import open_prepared

    return open_prepared(folder, 8).fingerprint


def test_without_the_dataset_it_says_that_nothing_was_compared(studio, read_page):
    run = studio.run(dataset="gone")
    done = make(studio, run)
    assert done.close == 0 and "gone" in done.unchecked[0]
    assert "Not compared with what it learned from" in read_page(done.path).text


def test_large_pictures_hang_too(studio, read_page):
    done = make(studio, studio.run(size=512, epochs=(7,)), wish=Wish([0, 1]))
    page = read_page(done.path)
    assert page.all("width", "img")[0] == "512"


def test_what_cannot_be_is_said(studio):
    empty = studio.run(epochs=())
    with pytest.raises(NotFoundError):
        make(studio, empty)
    run = studio.run()
    with pytest.raises(UsageError):
        make(studio, run, wish=Wish([0], classes="roses"))
    with pytest.raises(UsageError, match="too many"):
        make(studio, run, wish=Wish(range(2001)))
    (run.models / "gen_000002.keras").write_bytes(b"torn")
    with pytest.raises(Exception, match="gen_000002"):
        make(studio, run)
    assert not (studio.path / "page.html").exists()


def test_a_full_disk_leaves_the_page_that_was(studio, monkeypatch):
    import errno

    run = studio.run()
    page = make(studio, run, wish=Wish([0])).path
    before = page.read_bytes()

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFullError):
        make(studio, run, wish=Wish([1]))
    assert page.read_bytes() == before and not list(studio.path.glob("*.part"))


def test_the_command_prints_where_the_page_is_and_overwrites_only_pages(studio):
    run = studio.run()

    def artgan(*args: str):
        return CliRunner().invoke(app, ["gallery", *args], prog_name="artgan")

    done = artgan(run.name, "-n", "3")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{run.name}-gallery.html\n" and "next: artgan report" in done.stderr
    assert artgan(run.name, "-n", "2", "--json").exit_code == 0, "a page of artgan's may be replaced"
    Path("mine.html").write_text("<p>mine")
    refused = artgan(run.name, "--out", "mine.html")
    assert refused.exit_code == 2 and "mine.html" in refused.stderr and Path("mine.html").read_text() == "<p>mine"
    for wrong in (["--out", "."], ["-n", "3", "--seeds", "1"], ["nowhere"]):
        assert artgan(*([run.name] if wrong != ["nowhere"] else []), *wrong).exit_code in (2, 4)
