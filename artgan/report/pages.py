"""How a page comes to be: a template, and pictures that lie inside the page."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artgan import __version__, files
from artgan.errors import UsageError
from artgan.records import now

if TYPE_CHECKING:
    from jinja2 import Environment

    from artgan.runs.folder import RunFolder

_WIDEST = 1024
_QUALITY = 85
_OURS = b'<meta name="generator" content="artgan'


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    templates = Environment(
        loader=PackageLoader("artgan.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    page: dict[str, str] = {"version": __version__}
    for name, file in (("style", "page.css"), ("script", "page.js")):
        text = resources.files("artgan.report").joinpath("templates", file).read_text(encoding="utf-8")
        # The page allows this one script and this one style by what they are, so nothing that a name or a title might
        # smuggle in would run.
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        page |= {name: Markup(text), f"{name}_hash": f"sha256-{digest}"}
    templates.globals["page"] = page
    return templates


def page_path(out: Path | None, kind: str, runs: Sequence[RunFolder]) -> Path:
    """Return where a page goes, and refuse a place that holds something else, before any work is done.

    Args:
        out: what was asked for.
        kind: what it is called in the current folder, where nothing was: after its run, where it is of one.
        runs: that it is of.

    Raises:
        UsageError: it is a folder, or a file that artgan did not write.
    """
    name = f"{kind}.html" if len(runs) > 1 else f"{runs[0].name.lstrip('@')}-{kind}.html"
    path = (out or Path(name)).expanduser()
    if path.is_dir():
        raise UsageError(f"--out {path} is a folder", f"for example: --out {path / name}")
    if path.is_file():
        with open(path, "rb") as file:
            if _OURS not in file.read(2000):
                raise UsageError(f"{path} is there and is no page of artgan's", "choose another place with --out")
    return path


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill in a template and write the page, whole or not at all.

    Args:
        path: of the page.
        template: its name in ``templates/``.
        values: what it asks for; text is escaped.
    """
    text = _templates().get_template(template).render(**values)
    # A title may hold half of a character, as file names do that are no UTF-8.
    files.write_bytes(path, text.encode("utf-8", "replace"))


def today() -> str:
    """Return the date as a page says it: "3 December 2026"."""
    moment = now()
    return f"{moment.day} {moment:%B %Y}"


def data_uri(data: bytes, format: str) -> str:
    """Return a picture's file as an address that holds all of it."""
    return f"data:image/{format};base64,{base64.b64encode(data).decode('ascii')}"


def picture(path: Path) -> str | None:
    """Return a picture as an address that holds all of it (``data:``); None where it cannot be read.

    It is made at most 1024 pixels wide, as WebP: a sheet takes some tens of kilobytes.
    """
    from PIL import Image

    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, max(1, round(image.height * _WIDEST / image.width))), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=_QUALITY, method=0)
    return data_uri(stream.getvalue(), "webp")
