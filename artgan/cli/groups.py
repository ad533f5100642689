"""Options that belong together, declared once as the fields of a dataclass, for every command that has them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any


def options_of(kind: type[Any], name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a function the options of a dataclass; its parameter ``name`` receives them."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        hints = {key: hint for base in reversed(kind.__mro__) for key, hint in _hints(base).items()}
        options = [
            inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
            for f in fields(kind)
        ]
        own = [parameter for key, parameter in signature.parameters.items() if key != name]

        @functools.wraps(function)
        def run(**values: Any) -> None:
            made = kind(**{f.name: values.pop(f.name) for f in fields(kind)})
            function(**{name: made}, **values)

        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + options
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return run

    return decorate


def _hints(base: type[Any]) -> dict[str, Any]:
    return inspect.get_annotations(base, eval_str=True) if base is not object else {}
