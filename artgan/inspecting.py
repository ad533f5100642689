"""Where a file comes from: a picture, a sheet, a film, a painting of a dataset, a generator, a run."""

from __future__ import annotations

import contextlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from artgan import files, images, provenance, recipe
from artgan.datasets.manifest import DatasetFolder, ImageRecord
from artgan.errors import ArtganError, DamagedError, NotFoundError
from artgan.runs.folder import RunFolder
from artgan.runs.store import find_run

_GENERATORS = {".keras", ".h5", ".hdf5"}
_FILMS = {".mp4", ".webm", ".mkv", ".mov"}
_DEEPEST = 4
"""Folders between a dataset's own and an image of it, at most."""


@dataclass(frozen=True)
class Origin:
    """Where a file comes from.

    Attributes:
        path: the file, or the folder.
        kind: "picture", "sheet", "film", "painting", "generator" or "run".
        facts: what it tells, as the command line names it.
        source_type: IPTC's address for what made a picture; empty where it does not say.
        program: that says to have made a picture which artgan has not.
        command: that paints it again, or paints with it; empty where there is none.
        notes: what is to be known before that command is run, in words.
    """

    path: Path
    kind: str
    facts: dict[str, str] = field(default_factory=dict)
    source_type: str = ""
    program: str = ""
    command: str = ""
    notes: tuple[str, ...] = ()


def inspect(path: Path, *, runs_dir: Path, say_runs_dir: bool = False) -> Origin:
    """Say where a file comes from.

    Args:
        path: a picture, a film, a generator's file, or the folder of a run.
        runs_dir: where the run that it names is looked for.
        say_runs_dir: whether the command has to name ``runs_dir``.

    Raises:
        NotFoundError: it is not there, or does not say where it comes from.
        DamagedError: it is none of these.
    """
    if not path.exists():
        raise NotFoundError(f"no file {path}", "name a picture, a film, a gen_<epoch> file or the folder of a run")
    told_dir = str(runs_dir) if say_runs_dir else None
    if path.is_dir():
        return _run(path)
    if path.suffix.lower() in _GENERATORS:
        return _generator(path, told_dir)
    facts, source_type, program = _told(path)
    if facts.get("run"):
        kind = "film" if facts.get("film") or path.suffix.lower() in _FILMS else "picture"
        kind = "sheet" if facts.get("sheet") else kind
        line = recipe.command(facts | _latents_beside(path, facts), file=path, runs_dir=told_dir)
        notes = tuple(_notes(facts, runs_dir, line))
        return Origin(path, kind, facts, source_type, "", line, notes)
    if source_type:
        return Origin(path, "picture", {}, source_type, program)
    painting = _painting(path)
    if painting is None:
        raise NotFoundError(
            f"{path} does not say where it comes from",
            "a picture loses it when another program saves it anew, or is painted with --no-metadata",
        )
    return painting


def _told(path: Path) -> tuple[dict[str, str], str, str]:
    """Return the facts that a picture or film tells, IPTC's source type, and the program that says to have made it."""
    try:
        with Image.open(path) as image:
            image.load()
            facts, (source_type, program) = images.metadata_of(image), images.source_of(image)
        opened = True
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        facts, source_type, program, opened = {}, "", "", False
    if not (facts and source_type):
        told, found = provenance.read_film(path)
        facts, source_type = facts or told, source_type or found
    if not (opened or facts or path.suffix.lower() in _FILMS):
        raise DamagedError(f"{path} is not a picture, a film or a generator that can be read")
    return facts, source_type, program


def _latents_beside(path: Path, facts: dict[str, str]) -> dict[str, str]:
    """Find the latents of a training's sheet: they lie in its run, where the sheet lies too, as long as it does."""
    if facts.get("sheet") != "training" or "latents" not in facts:
        return {}
    found = path.parent.parent / Path(facts["latents"]).name
    return {"latents": str(found)} if found.is_file() else {}


def _notes(facts: dict[str, str], runs_dir: Path, line: str) -> Iterator[str]:
    """Say whether what is needed to paint it again is here."""
    if not line:
        yield "it does not tell enough to be painted again"
        return
    if facts.get("model"):
        yield f"the generator's file {facts['model']} (its sha256 begins with {facts.get('generator')}) has to lie here"
    else:
        yield from _notes_of_run(facts, runs_dir)
    sign = facts.get("sign", "")
    if sign and not facts.get("sheet"):
        digest = facts.get("sign_sha256", "")
        if not (Path(sign).is_file() and files.sha256_file(Path(sign)).startswith(digest)):
            yield f"the signature {sign} (its sha256 begins with {digest}) has to lie here"
    given, digest = facts.get("latents_file", ""), facts.get("latents_sha256", "")
    if given and not (Path(given).is_file() and files.sha256_file(Path(given)).startswith(digest)):
        yield f"the latents {given} (their sha256 begins with {digest}) have to lie here"
    if facts.get("sheet") == "training":
        yield "a sheet of a training: the command paints its pictures, in a folder of their own"
    if facts.get("sheet") == "copies":
        yield "samples with the paintings that are closest to them: the command paints the samples"


def _notes_of_run(facts: dict[str, str], runs_dir: Path) -> Iterator[str]:
    try:
        epoch = facts.get("epoch", "")
        run = find_run(runs_dir, facts["run"])
        generator = run.generator(int(epoch) if epoch.isdecimal() else None)
    except ArtganError as error:
        yield f"{error.message}: the command needs it"
        return
    made_of, there = facts.get("checkpoints", ""), len(run.generators())
    if made_of.isdecimal() and int(made_of) != there:
        yield f"{run.name} has {there} checkpoints by now, and the film was made of {made_of}: it will be another"
    digest = facts.get("generator", "")
    if digest and not files.sha256_file(generator.path).startswith(digest):
        yield f"{generator.path} is another generator by now, and will paint another picture"


def _painting(path: Path) -> Origin | None:
    """Look a painting up in the dataset that it lies in; or a sheet of paintings in the run."""
    place = path.resolve()
    if place.name == "reals.png" and (place.parent / "run.json").is_file():
        return Origin(path, "painting", {"run": place.parent.name}, notes=("some of the paintings it learned from",))
    for folder in list(place.parents)[:_DEEPEST]:
        if (folder / "dataset.json").is_file() and (folder / "images.jsonl").is_file():
            dataset = DatasetFolder(folder)
            for record in dataset.records():
                if record.id == place.stem or (record.file and dataset.path / record.file == place):
                    return Origin(path, "painting", {"dataset": dataset.path.name, **_label(record)})
    return None


def _label(record: ImageRecord) -> dict[str, str]:
    known = {
        "title": record.title, "artist": record.artist, "year": record.year, "genre": record.genre,
        "page": record.page_url, "id": record.id,
    }  # fmt: skip
    return {name: str(value) for name, value in known.items() if value}


def _run(path: Path) -> Origin:
    folder = RunFolder(path)
    if not (folder.record_path.is_file() or folder.generators()):
        raise NotFoundError(f"{path} is not the folder of a run", "artgan list shows the runs")
    record, found = folder.current(), folder.generators()
    facts = {"run": record.name, "dataset": record.dataset, "size": record.size, "seed": record.seed}
    facts |= {"epoch": found[-1].epoch if found else None, "version": record.versions.get("artgan")}
    told = {name: str(value) for name, value in facts.items() if value not in (None, "")}
    line = recipe.command({"run": str(path), "seeds": "0-9"}) if found else ""
    return Origin(path, "run", told, command=line)


def _generator(path: Path, runs_dir: str | None) -> Origin:
    """Say of which run and epoch a generator is, by where it lies and what it is called; nothing in it is run."""
    number = re.fullmatch(r"gen_(\d+)", path.stem)
    facts = {"epoch": str(int(number[1]))} if number else {"epoch": "best"} if path.stem == "best" else {}
    place = path.resolve().parents[1]
    if path.resolve().parent.name == "models" and (place / "run.json").is_file() and facts:
        facts["run"] = place.name
        line = recipe.command({**facts, "run": str(path.parent.parent), "seeds": "0-9"})
    else:
        line = recipe.command({"run": path.name, "model": str(path), "seeds": "0-9"})
    facts |= {"generator": files.sha256_file(path)[:12]} | _keras_version(path)
    if path.stem.startswith("dis_"):
        return Origin(path, "generator", facts, notes=("a critic: it judges pictures and paints none",))
    return Origin(path, "generator", facts, command=line)


def _keras_version(path: Path) -> dict[str, str]:
    found: object = None
    with contextlib.suppress(OSError, KeyError, ValueError, zipfile.BadZipFile):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive, archive.open("metadata.json") as file:
                found = json.loads(file.read(100_000)).get("keras_version")
        else:
            import h5py

            with h5py.File(path, "r") as file:
                found = file.attrs.get("keras_version")
    text = found.decode("ascii", "replace") if isinstance(found, bytes) else found
    return {"keras": text} if isinstance(text, str) and len(text) < 40 else {}
