"""How a page comes to be: a template, and pictures that lie inside the page."""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artgan import files

if TYPE_CHECKING:
    from jinja2 import Environment

_WIDEST = 1024
_QUALITY = 85


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("artgan.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill in a template and write the page, whole or not at all.

    Args:
        path: of the page.
        template: its name in ``templates/``.
        values: what it asks for; text is escaped.
    """
    files.write_text(path, _templates().get_template(template).render(**values))


def picture(path: Path) -> str | None:
    """Return a picture as an address that holds all of it (``data:``); None where it cannot be read.

    It is made at most 1024 pixels wide, as WebP: a sheet takes some tens of kilobytes.
    """
    from PIL import Image

    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (OSError, ValueError):
        return None
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, max(1, round(image.height * _WIDEST / image.width))), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=_QUALITY, method=0)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
