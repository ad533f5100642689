"""A picture says where it comes from, and the command that it tells paints it again, byte for byte."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image, ImageDraw

from artgan import images, provenance, recipe, seeds
from artgan.files import sha256_file
from artgan.models.dcgan import generator
from artgan.models.files import save_generator
from artgan.models.presets import NetworkSpec
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run

NAMES = ["landscape", "Renoir, Auguste", "still-life"]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of three classes and two generators, whose pictures differ in every pixel."""
    folder = new_run(tmp_path_factory.mktemp("runs"), "told-16", size=16, classes=NAMES, typical_aspect=1.5)
    for epoch in (1, 20):
        keras.utils.set_random_seed(epoch)
        made = generator(NetworkSpec(16, 12, classes=3))
        for variable in made.weights:
            values = np.random.default_rng(epoch).normal(0, 0.3, variable.shape)
            variable.assign(np.abs(values) + 0.2 if "variance" in variable.path else values)
        save_generator(made, folder.models / f"gen_{epoch:06d}.keras")
    return folder


@pytest.fixture
def place(studio: Any, learned: RunFolder) -> Any:
    shutil.copytree(learned.path, studio.runs / learned.name)
    pen = Image.new("RGBA", (200, 80), (150, 20, 20, 0))
    ImageDraw.Draw(pen).line((10, 70, 60, 10, 110, 70, 190, 60), (150, 20, 20, 255), 10)
    pen.save("mine.png")
    pen.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save("-other mine.png")
    np.save("z.npy", seeds.latents([5, 7], 12))
    return studio


SAMPLED = [
    "--seeds 3,7",
    "--seeds 4294967295 --psi 0.12345678901",
    "--epoch 1 --seeds 3 --scale 3 --aspect original",
    "--seeds 5 --class still-life:0.3,landscape:0.6 --format webp",
    "--seeds 7 -n 5 --class 'landscape..Renoir, Auguste'",
    "--seeds 1-3 --channels both --format jpg",
    "--seeds 1,2 --scale 4 --sign mine.png --jitter 0.7 --position UL",
    "--seeds 0-4 --scale 4 --sign mine.png --sign '-other mine.png' --sign-size 0.3 --ink own --choose contrast",
    "--seeds 0-1 --dpi 300",
    "--latents z.npy --psi 0.5",
]
SHEETS = [
    "--seeds 0-4,9 --psi 0.5",
    "--seeds 7 -n 5 --class 'landscape..Renoir, Auguste'",
    "--seeds 0-5 --scale 4 --sign mine.png --sign=-other\\ mine.png --jitter 1",
    "--latents z.npy --channels bgr",
    "-n 3 --class still-life --aspect original --format jpg",
]


def repainted(place: Any, path: Path) -> None:
    """Run what a picture tells, as a shell would, and compare the bytes."""
    told = place.json("inspect", str(path))["command"]
    for number, line in enumerate(told.split(" && ")):
        program, *words = shlex.split(line)
        assert program == "artgan"
        more = ["--out", "again", "--force", "--format", path.suffix[1:]] if words[0] == "sample" else []
        done = place.artgan(*words, *more)
        assert done.exit_code == 0, (number, told, done.stderr)
    found = [p for p in Path("again").iterdir() if p.read_bytes() == path.read_bytes()]
    assert found, told
    shutil.rmtree("again")


@pytest.mark.parametrize("line", SAMPLED)
def test_the_command_that_a_picture_tells_paints_it_byte_for_byte(place: Any, line: str) -> None:
    rows = place.json("sample", *shlex.split(line))
    for row in (rows[0], rows[-1]):
        repainted(place, Path(row["path"]))


@pytest.mark.parametrize("line", SHEETS)
def test_the_command_that_a_sheet_tells_paints_it_byte_for_byte(place: Any, line: str) -> None:
    rows = place.json("sample", "--grid", *shlex.split(line))
    sheet = Path(rows[-1]["path"])
    assert sheet.stem == "grid" and place.json("inspect", str(sheet))["kind"] == "sheet"
    repainted(place, sheet)


def test_signing_afterwards_is_signing_while_painting(place: Any) -> None:
    line = ["--seeds", "0-3", "--scale", "4"]
    how = ["--jitter", "0.8", "--position", "ll"]
    place.artgan("sample", *line, "--out", "plain")
    assert place.artgan("sample", *line, "--sign", "mine.png", *how, "--out", "signed").exit_code == 0
    rows = place.json("sign", "plain", "--with", "mine.png", *how, "--out", "later")
    assert len(rows) == 4
    for row in rows:
        path = Path(row["path"])
        assert path.read_bytes() == (Path("signed") / path.name).read_bytes() != Path(row["source"]).read_bytes()


def test_a_person_reads_it_and_a_program_too(place: Any) -> None:
    place.artgan("sample", "--seeds", "4", "--psi", "0.7", "--out", "here")
    shown = place.artgan("inspect", "here/seed000004.png")
    run = next(place.runs.iterdir()).name
    assert shown.exit_code == 0 and shown.stderr == ""
    for words in ("what       picture\n", f"run        {run}\n", "seed       4\n", "source     made by a trained"):
        assert words in shown.stdout
    line = f"artgan sample --run {run} --seeds 4 --epoch 20 --psi 0.7 --class 'Renoir, Auguste'"
    assert shown.stdout.endswith(f"again      {line}\n")
    value = place.json("inspect", "here/seed000004.png")
    assert value["facts"]["generator"] == sha256_file(place.runs / run / "models" / "gen_000020.keras")[:12]
    assert value["source_type"] == provenance.DIGITAL_SOURCE_TYPE and value["notes"] == []


def test_what_is_missing_for_painting_it_again_is_said(place: Any) -> None:
    place.artgan("sample", "--seeds", "4", "--scale", "4", "--sign", "mine.png", "--out", "here")
    (run,) = place.runs.iterdir()
    Image.new("RGB", (30, 30)).save("mine.png")
    newer = run / "models" / "gen_000020.keras"
    newer.write_bytes(newer.read_bytes() + b" ")
    place.artgan(
        "sample", "--seeds", "4", "--scale", "4", "--sign", "-other mine.png", "--out", "here", "--format", "jpg"
    )
    signature = place.json("inspect", "here/seed000004.jpg")["facts"]
    assert signature["sign_sha256"] == sha256_file(Path("-other mine.png"))[:12]
    told = place.artgan("inspect", "here/seed000004.png")
    assert told.exit_code == 0 and "another generator by now" in told.stderr and "the signature mine.png" in told.stderr
    shutil.rmtree(run)
    assert "no run" in place.artgan("inspect", "here/seed000004.png").stderr
    moved = place.artgan("inspect", "here/seed000004.png", "--runs-dir", "else where")
    assert moved.stdout.endswith("--runs-dir 'else where'\n")


def test_of_a_generator_s_file_the_file_is_told(place: Any) -> None:
    (run,) = place.runs.iterdir()
    shutil.copy(run / "models" / "gen_000020.keras", "gen_20.keras")
    place.artgan("sample", "--model", "gen_20.keras", "--seeds", "2", "--out", "here")
    assert "--model gen_20.keras --seeds 2" in place.artgan("inspect", "here/seed000002.png").stdout
    repainted(place, Path("here/seed000002.png"))
    inside = place.json("inspect", str(run / "models" / "gen_000001.keras"))
    assert inside["facts"]["run"] == run.name and inside["command"].endswith("--seeds 0-9 --epoch 1")
    outside = place.json("inspect", "gen_20.keras")
    assert outside["command"] == "artgan sample --model gen_20.keras --seeds 0-9"
    assert place.json("inspect", str(run))["facts"]["epoch"] == "20"


@pytest.mark.parametrize("format", ["png", "jpg", "webp"])
def test_without_metadata_nothing_is_told(place: Any, format: str) -> None:
    rows = place.json("sample", "-n", "2", "--grid", "--no-metadata", "--format", format)
    for row in rows:
        data = Path(row["path"]).read_bytes()
        assert b"artgan" not in data and b"iptc" not in data.lower()
        told = place.artgan("inspect", str(row["path"]))
        assert told.exit_code == 4 and "does not say where it comes from" in told.stderr and "hint: " in told.stderr


def test_paintings_are_looked_up_and_tell_of_no_algorithm(studio: Any) -> None:
    folder = studio.dataset()
    found = studio.json("inspect", str(folder.originals / "p1.png"))
    assert found["kind"] == "painting" and found["source_type"] == "" and found["command"] == ""
    assert found["facts"] == {"dataset": "flowers", "artist": "Anna", "year": "1881", "id": "p1"}
    studio.artgan("prepare", "--size", "8", "--min-side", "8", "--preview")
    (first, *_) = sorted((folder.path / "prepared").rglob("p*.png"))
    assert studio.json("inspect", str(first))["kind"] == "painting"
    for path in folder.path.rglob("*.png"):
        assert b"DigitalSourceType" not in path.read_bytes()


@pytest.mark.parametrize(
    ("content", "code"), [(b"", 1), (b"hello", 1), (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, 1), (None, 4)]
)
def test_what_is_no_picture_is_one_clear_line(studio: Any, content: bytes | None, code: int) -> None:
    if content is not None:
        Path("a.png").write_bytes(content)
    told = studio.artgan("inspect", "a.png")
    assert told.exit_code == code and told.stderr.startswith("error: ") and told.stdout == ""


def test_a_picture_by_another_program_says_which(studio: Any) -> None:
    packet = provenance.xmp({}).replace(b"artgan", b"Somebody's \xf0\x9f\x8e\xa8 2")
    Image.new("RGB", (8, 8)).save("a.webp", xmp=packet)
    told = studio.json("inspect", "a.webp")
    assert told["program"] == "Somebody's \N{ARTIST PALETTE} 2" and told["facts"] == {} and told["command"] == ""


EVIL = [
    "$(touch evil)",
    "; touch evil;",
    "`touch evil`",
    "--force",
    "-x",
    "a'b\"c",
    "../../etc",
    "*",
    "a\nb",
    "\x1b[31m",
]


@pytest.mark.parametrize("value", EVIL)
@pytest.mark.parametrize("field", ["run", "seed", "class", "psi", "sign", "epoch", "model"])
def test_a_picture_of_a_stranger_cannot_make_the_command_do_anything_else(field: str, value: str) -> None:
    facts = {"run": "r", "seed": "1", field: value}
    told = recipe.command(facts, file=Path("x.png"))
    if not value.isprintable():
        assert told == ""
        return
    words = shlex.split(told)
    assert words[:2] == ["artgan", "sample"] and sum(value in word for word in words) == 1
    assert not {"--force", "-x", "--out"} & set(words)


def test_what_would_steer_a_terminal_is_not_printed(studio: Any) -> None:
    images.write(Path("a.png"), np.zeros((8, 8, 3), np.uint8), {"run": "r\x1b[2J", "seed": "1"})
    told = studio.artgan("inspect", "a.png")
    assert told.exit_code == 0 and "\x1b" not in told.stdout + told.stderr and "not tell enough" in told.stderr


WALKS = [
    "--seeds 3,7 --psi 0.12345678901 --class landscape..still-life --loop --grid 2x1 --format gif",
    "--latents z.npy --path spline --class still-life --epoch 1 --format webp",
    "--latents z.npy --path noise-loop --fps 12 --format frames --out 'a film; $(id)'",
    "--seeds 3,7 --out z.mp4",
]


def again(place: Any, path: Path) -> list[Path]:
    """Run what a film tells, as a shell would; return both films, or their frames."""
    told = place.json("inspect", str(path if path.is_file() else path / "000000.png"))
    for line in told["command"].split(" && "):
        words = shlex.split(line)[1:]
        more = ["--out", f"again{path.suffix}"] if words[0] in ("interpolate", "timelapse") else []
        done = place.artgan(*words, *more)
        assert done.exit_code == 0, (line, done.stderr)
    assert told["kind"] == "film" and told["notes"] == []
    return [path, Path(f"again{path.suffix}")]


@pytest.mark.parametrize("line", WALKS)
def test_the_command_that_a_film_tells_makes_it_again(place: Any, line: str) -> None:
    made = place.json("interpolate", "--frames", "6", "--scale", "2", *shlex.split(line))
    if "latents" in line:
        Path("z.npy").unlink()  # they lie in the film
    first, second = again(place, Path(made["path"]))
    if first.is_dir():
        assert [p.read_bytes() for p in sorted(first.iterdir())] == [p.read_bytes() for p in sorted(second.iterdir())]
    else:
        assert first.read_bytes() == second.read_bytes()
    (run,) = place.runs.iterdir()
    (run / "models" / "gen_000020.keras").write_bytes(b"PK another")
    said = place.artgan("inspect", str(second / "000000.png" if second.is_dir() else second)).stderr
    assert ("another generator" in said) == ("--epoch 1" not in line)


@pytest.mark.parametrize("line", ["--seeds 0-3 --no-epoch --psi 0.7 --class landscape --fps 7", "--grid 2x2 --fps 11"])
def test_the_command_that_a_film_of_learning_tells_makes_it_again(place: Any, line: str) -> None:
    made = place.json("timelapse", "--seconds", "1.3", "--scale", "2", "--format", "webp", *line.split())
    first, second = again(place, Path(made["path"]))
    assert first.read_bytes() == second.read_bytes()
    (run,) = place.runs.iterdir()
    shutil.copy(run / "models" / "gen_000020.keras", run / "models" / "gen_000030.keras")
    assert "has 3 checkpoints by now" in place.artgan("inspect", str(first)).stderr


def test_of_too_many_latents_a_film_tells_the_file(place: Any) -> None:
    np.save("many.npy", seeds.latents(range(300), 12))
    made = place.json("interpolate", "--latents", "many.npy", "--frames", "300", "--scale", "1", "--out", "a.webp")
    told = place.json("inspect", made["path"])
    assert " --latents many.npy " in told["command"] and told["notes"] == [] and "latent" not in told["facts"]
    np.save("many.npy", seeds.latents(range(299), 12))
    digest = told["facts"]["latents_sha256"]
    assert place.json("inspect", made["path"])["notes"] == [
        f"the latents many.npy (their sha256 begins with {digest}) have to lie here"
    ]


def test_films_tell_the_same(studio: Any) -> None:
    facts = provenance.facts(
        run="flowers-64-abc", film="interpolate", seeds="3,17", frames=240, path="slerp", loop=True
    )
    line = "artgan interpolate flowers-64-abc --seeds 3,17 --path slerp --frames 240 --loop"
    Path("a.mp4").write_bytes(b"\0\0ftyp" + provenance.comment(facts).encode() + b"\0mdat")
    frames = [Image.new("RGB", (8, 8), (20 * n, 0, 0)) for n in range(4)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:], comment=provenance.comment(facts).encode())
    exif = Image.Exif()
    exif[0x010E] = provenance.description(facts)
    frames[0].save("a.webp", save_all=True, append_images=frames[1:], exif=exif, xmp=provenance.xmp(facts))
    for name in ("a.mp4", "a.gif", "a.webp"):
        told = studio.json("inspect", name)
        assert told["kind"] == "film" and told["command"] == line
        assert told["source_type"] == provenance.DIGITAL_SOURCE_TYPE, name
    Path("b.mp4").write_bytes(b"\0\0ftypmp42")
    assert studio.artgan("inspect", "b.mp4").exit_code == 4


def test_a_latent_is_written_once(place: Any) -> None:
    place.artgan("sample", "--latents", "z.npy", "--out", "here")
    assert place.artgan("inspect", "here/latent000001.png", "--latents", "out.npy").exit_code == 0
    assert np.array_equal(np.load("out.npy"), np.load("z.npy")[1:])
    taken = place.artgan("inspect", "here/latent000000.png", "--latents", "out.npy")
    assert taken.exit_code == 2 and "holds something else" in taken.stderr
    place.artgan("sample", "--seeds", "1", "--out", "here")
    assert "tells no latent" in place.artgan("inspect", "here/seed000001.png", "--latents", "o.npy").stderr


def test_the_sheet_of_a_training_says_that_it_is_one(studio: Any, learned: RunFolder) -> None:
    adopted = studio.json("import-model", str(learned.path / "models" / "gen_000020.keras"))
    (run,) = [path for path in studio.runs.iterdir() if path.name != learned.name]
    told = studio.json("inspect", str(next((run / "samples").glob("*.png"))))
    assert (
        adopted and told["kind"] == "sheet" and "--seeds 0-35" in told["command"] and "a training" in told["notes"][0]
    )
    assert json.dumps(told)
