"""A generator's file from elsewhere becomes a run that every command accepts."""

from __future__ import annotations

import re
from pathlib import Path

import keras

from artgan import files, images, provenance, seeds
from artgan.errors import NotFoundError
from artgan.models.files import latent_dim, load_generator, picture_size, save_generator
from artgan.models.painting import paint
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run

_SHEET = 36


def import_model(path: Path, *, runs_dir: Path, name: str | None = None) -> RunFolder:
    """Make a run of a generator's file, old keragan ones too; its pictures come out red, green, blue.

    Args:
        path: ``gen_<epoch>.h5`` or ``.keras``, of any name. keragan's number counts batches, not passes; it is kept.
        runs_dir: the folder of runs.
        name: what the run's name begins with; default the file's name.

    Raises:
        NotFoundError: no such file.
        DamagedError: it is not a generator, or not safe to open.
    """
    if not path.is_file():
        raise NotFoundError(f"no file {path}")
    generator = load_generator(path)
    number = re.search(r"gen_(\d+)", path.name)
    epoch = int(number[1]) if number else 0
    folder = new_run(
        runs_dir,
        name or f"{path.stem}-{picture_size(generator)}",
        state="finished",
        reason=f"imported from {path.name}, sha256 {files.sha256_file(path)[:16]}",
        ended=now(),
        preset="imported",
        size=picture_size(generator),
        epoch=epoch,
        versions={"keras": keras.__version__},
    )
    # In full precision: it is the only copy here.
    save_generator(generator, folder.models / f"gen_{epoch:06d}.keras", half=False)
    pictures = paint(generator, seeds.latents(range(_SHEET), latent_dim(generator)))
    shown = seeds.seeds_text(range(_SHEET))
    facts = provenance.facts(run=folder.name, epoch=epoch, seeds=shown, sheet="training")
    images.write(folder.samples / f"{epoch:06d}.png", images.grid(pictures), facts)
    folder.log(f"imported from {path}")
    return folder
