"""``artgan show``: one run."""

from __future__ import annotations

from typing import Any

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import LastRun
from artgan.runs.folder import RunFolder
from artgan.runs.record import GOING, RunRecord
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings


@command
def show(console: Console, settings: Settings, run: LastRun = LAST) -> None:
    """Show what is known of a run.

    With --json: the fields of its run.json, and path, generators (epoch and path), newest_grid, last_tick, best
    (epoch and KID) and evaluations.

    Example:
        artgan show @last
        artgan show flowers-64-k3f9x2 --json
    """
    folder = find_run(settings.runs_dir, run)
    record = folder.current()
    generators = folder.generators()
    ticks = folder.ticks()
    last = ticks[-1] if ticks else {}
    grid = folder.newest_grid()
    best, evaluations = folder.best(), folder.evaluations()
    value = {
        **record.model_dump(mode="json"),
        "path": folder.path,
        "generators": [checkpoint._asdict() for checkpoint in generators],
        "newest_grid": grid,
        "last_tick": last or None,
        "best": best,
        "evaluations": evaluations,
    }
    found = f"{len(generators)}, epoch {generators[0].epoch} to {generators[-1].epoch}" if generators else ""
    console.facts(
        value,
        [
            ("run", record.name),
            ("state", f"{record.state}{': ' if record.reason else ''}{record.reason}"),
            ("where", _where(record)),
            ("dataset", f"{record.dataset}, {words.count(record.images, 'painting')}" if record.dataset else ""),
            ("recipe", f"{record.preset}, {record.size} px, seed {record.seed}" if record.preset else ""),
            ("classes", ", ".join(record.classes)),
            ("begun from", record.begun_from or ""),
            ("learned", _learned(record)),
            ("losses", _losses(last)),
            ("verdict", str(last.get("verdict", ""))),
            ("trained", _time(record)),
            ("generators", found),
            ("best", f"epoch {best.epoch}, KID {best.kid_lite0:.3f} +- {best.kid_lite0_error:.3f}" if best else ""),
            ("evaluated", _evaluated(evaluations)),
            ("newest sheet", str(grid or "")),
            ("folder", str(folder.path)),
            ("tags", " ".join(f"{name}={value}" if value else name for name, value in record.tags.items())),
            ("made with", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ],
    )
    console.next(_next(folder, record, bool(generators)))


def _where(record: RunRecord) -> str:
    if record.backend == "local":
        return ""
    cluster = record.remote.get("cluster", "")
    asked = f", as of {words.age(record.asked)} ago" if record.asked else ""
    return f"{record.backend}{' cluster ' if cluster else ''}{cluster}{asked}"


def _learned(record: RunRecord) -> str:
    if record.state == "damaged":
        return ""
    seen = words.count(record.images_seen, "image")
    return f"epoch {words.number(record.epoch)}, step {words.number(record.step)}, {seen} seen"


def _losses(tick: dict[str, Any]) -> str:
    try:
        return f"critic {tick['d_loss']:.3f}, generator {tick['g_loss']:.3f}, accuracy {tick['accuracy']:.0%}"
    except (KeyError, TypeError, ValueError):
        return ""


def _evaluated(evaluations: list[dict[str, Any]]) -> str:
    """Say what the newest evaluation found."""
    last = evaluations[-1] if evaluations else {}
    names = {"kid_lite0": "KID", "fid_lite0": "FID", "precision_lite0": "precision", "recall_lite0": "recall"}
    found = [f"{title} {last[name]:.3g}" for name, title in names.items() if isinstance(last.get(name), int | float)]
    copied = ["samples are copies of paintings"] if last.get("copied") else []
    return f"epoch {last.get('epoch')}: {', '.join(found + copied)}" if found or copied else ""


def _time(record: RunRecord) -> str:
    if not record.seconds:
        return ""
    device = f" on {record.device}" if record.device else ""
    return f"{words.duration(record.seconds)}{device}, begun {words.age(record.created)} ago"


def _next(folder: RunFolder, record: RunRecord, has_generator: bool) -> str:
    if record.state in GOING:
        return f"artgan logs {record.name} -f"
    if record.state in {"stopped", "lost", "failed"}:
        return f"artgan train --resume {record.name}"
    return (
        f"artgan sample --run {folder.path if record.state == 'damaged' else record.name} -n 10"
        if has_generator
        else "artgan train"
    )
