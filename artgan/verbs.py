"""The verbs of the command line for a notebook: they take names, runs and paths as a person would write them.

The long ones are generators of events, so a notebook draws what it likes; ``for event in artgan.train(...)`` is all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import find_dataset
from artgan.errors import UsageError
from artgan.events import Event
from artgan.runs.store import find_run
from artgan.training.loop import train

if TYPE_CHECKING:
    import keras
    import numpy as np

    from artgan.sampling.films import Film
    from artgan.sampling.samples import Sample, Source

__all__ = ["fetch", "import_folder", "interpolate", "load_generator", "prepare", "sample", "timelapse", "train"]


def fetch(
    *genres: str,
    source: str = "wikiart",
    name: str | None = None,
    datasets_dir: str | Path = "datasets",
    styles: Sequence[str] = (),
    artists: Sequence[str] = (),
    searches: Sequence[str] = (),
    wanted: Mapping[str, Any] | None = None,
    **options: Any,
) -> Iterator[Event]:
    """Make a dataset of a genre of a site.

    Args:
        genres: words for genres, "flowers", or the address of a page.
        source: "wikiart" or "met".
        name: of the dataset; default the words.
        datasets_dir: the folder of datasets.
        styles: only works of these styles.
        artists: only works of these artists.
        searches: only works that the site's search finds.
        wanted: fields of ``artgan.datasets.fetch.wanted.Wanted``: limit, min_side, until_year, license ...
        options: those of ``artgan.datasets.fetching.fetch``: dry_run, contact, cache_dir, should_stop ...

    Yields:
        Note, Progress, Planned, ImageSaved, Skipped, and Fetched at the end.
    """
    from artgan.datasets import fetching
    from artgan.datasets.fetch.wanted import wanted_of
    from artgan.datasets.sites.asking import ask

    asked = ask(source, genres, styles=styles, artists=artists, searches=searches)
    wishes = wanted_of(**(wanted or {}))
    yield from fetching.fetch(asked.query, wishes, name=name or asked.name, datasets_dir=datasets_dir, **options)


def prepare(
    dataset: str | Path | None = None, *, datasets_dir: str | Path = "datasets", **options: Any
) -> Iterator[Event]:
    """Make a dataset's square images.

    Args:
        dataset: its name or folder; may be left out when there is one.
        datasets_dir: the folder of datasets.
        options: those of ``artgan.datasets.preparing.prepare``: size, fit, ...

    Yields:
        Progress, Skipped, Note, and Prepared at the end.
    """
    from artgan.datasets import preparing

    yield from preparing.prepare(find_dataset(Path(datasets_dir), str(dataset) if dataset else None), **options)


def load_generator(source: str | Path, *, epoch: int | str | None = None, runs_dir: str | Path = "runs") -> keras.Model:
    """Open a generator.

    Args:
        source: a run (name, id, prefix, folder) or a file, old keragan ones too.
        epoch: which of a run's generators, or "best"; the highest by default.
        runs_dir: the folder of runs.

    Returns:
        A Keras model from ``(n, latent_dim)`` float32 to ``(n, size, size, 3)`` float32 in [-1, 1], red green blue
        whatever file it came from.
    """
    return _open(source, epoch, runs_dir, engine="tensorflow").generator


def sample(
    source: str | Path,
    n: int = 10,
    *,
    seeds: str | Sequence[int] | None = None,
    epoch: int | str | None = None,
    runs_dir: str | Path = "runs",
    **options: Any,
) -> Iterator[Sample]:
    """Paint pictures.

    Args:
        source: a run (name, id, prefix, folder) or a generator's file.
        n: how many, from seed 0 on, when no seeds are named.
        seeds: numbers, or text like "0-9,42".
        epoch: which of a run's generators, or "best"; the highest by default.
        runs_dir: the folder of runs.
        options: those of ``artgan.sampling.samples.sample``: psi, scale, aspect.

    Yields:
        A ``Sample`` each: name, seed, psi, image ``(height, width, 3)`` uint8.
    """
    from artgan.sampling import samples
    from artgan.seeds import parse_seeds

    if seeds is None and n < 1:
        raise UsageError(f"n {n} asks for no picture")
    chosen = parse_seeds(seeds) if isinstance(seeds, str) else list(seeds) if seeds is not None else list(range(n))
    yield from samples.sample(_open(source, epoch, runs_dir), chosen, **options)


def interpolate(
    source: str | Path,
    out: str | Path,
    *,
    seeds: str | Sequence[int] | np.ndarray = "0-4",
    epoch: int | str | None = None,
    runs_dir: str | Path = "runs",
    fps: int = 24,
    force: bool = False,
    **options: Any,
) -> Iterator[Event]:
    """Film a walk through what a network knows.

    Args:
        source: a run (name, id, prefix, folder) or a generator's file.
        out: the film: a file that ends in .mp4, .webm, .gif or .webp, or a folder for frames.
        seeds: the pictures to walk by: numbers, text like "3,17,42", or latents ``(n, latent_dim)``.
        epoch: which of a run's generators, or "best"; the highest by default.
        runs_dir: the folder of runs.
        fps: frames a second.
        force: replace a film that is there.
        options: those of ``artgan.sampling.interpolating.Wanted``: path, loop, frames, grid, psi, classes ...

    Yields:
        Note, Progress, and Interpolated at the end.
    """
    from artgan.sampling import interpolating
    from artgan.seeds import parse_seeds

    chosen = parse_seeds(seeds) if isinstance(seeds, str) else seeds
    wanted = interpolating.Wanted(chosen, **options)
    yield from interpolating.interpolate(_open(source, epoch, runs_dir), _film(out, fps, force), wanted)


def timelapse(
    run: str | Path, out: str | Path, *, runs_dir: str | Path = "runs", fps: int = 24, psi: float = 1.0,
    classes: str | None = None, force: bool = False, **options: Any,
) -> Iterator[Event]:  # fmt: skip
    """Film how a network learned.

    Args:
        run: its name, id, prefix or folder.
        out: the film: a file that ends in .mp4, .webm, .gif or .webp, or a folder for frames.
        runs_dir: the folder of runs.
        fps: frames a second.
        psi: scales the latents.
        classes: a class, or a mixture of classes.
        force: replace a film that is there.
        options: those of ``artgan.sampling.timelapse.Wanted``: seeds (numbers), grid, seconds, scale, words ...

    Yields:
        Note, Skipped, Progress, and Timelapse at the end.
    """
    from artgan.sampling import stages
    from artgan.sampling import timelapse as filming

    learned = stages.Checkpoints(find_run(Path(runs_dir), str(run)), psi=psi, classes=classes)
    yield from filming.timelapse(learned, _film(out, fps, force), filming.Wanted(**options))


def _film(out: str | Path, fps: int, force: bool) -> Film:
    from artgan.sampling.films import Film

    return Film(Path(out), Path(out).suffix.lower().lstrip(".") or "frames", fps, force)


def _open(source: str | Path, epoch: int | str | None, runs_dir: str | Path, engine: str = "auto") -> Source:
    from artgan.sampling.samples import open_source

    if Path(source).is_file():
        return open_source(model=Path(source), epoch=epoch, engine=engine)
    return open_source(find_run(Path(runs_dir), str(source)), epoch=epoch, engine=engine)
