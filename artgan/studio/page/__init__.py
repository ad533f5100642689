"""The page: one HTML file, put together from its parts when it is asked for.

``index.html`` says where the style and the scripts go; they are inlined, the scripts in the order of the file
``ORDER``, each with the nonce of this answer, so that nothing else on the page can run. There is no build step: what is
read here is what the browser runs.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from string import Template


def page(nonce: str, run: str) -> str:
    """Return the page.

    Args:
        nonce: of this answer.
        run: that it opens.
    """
    name = json.dumps(run).replace("<", "\\u003c")
    return Template(_part("index.html")).substitute(nonce=nonce, run=name, style=_part("studio.css"), script=_script())


@cache
def _script() -> str:
    return "\n".join(_part(name) for name in _part("ORDER").split())


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
