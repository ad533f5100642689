"""The filters and orders of ``runs:query``, as far as clients use them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<bracket>[()])
    | (?P<join>and|or|not)(?=[\s(])
    | (?P<name>[^\s()"'][^()"']*?)\s+(?P<op>eq|ne|gt|ge|lt|le)\s+
      (?: "(?P<double>.*?)"(?=\s*\)|\s+(?:and|or)\s|\s*$)
        | '(?P<single>(?:[^']|'')*)'
        | (?P<bare>[^()"']+?)(?=\s*\)|\s+(?:and|or)\s|\s*$) )
    )""",
    re.VERBOSE | re.DOTALL,
)
_OPERATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and b is not None and a > b,
    "ge": lambda a, b: a is not None and b is not None and a >= b,
    "lt": lambda a, b: a is not None and b is not None and a < b,
    "le": lambda a, b: a is not None and b is not None and a <= b,
}
_MAPS = ("tags", "properties", "runtypev2")
_ABSENT = object()

Dto = Mapping[str, Any]
Test = Callable[[Dto], bool]


class BadFilter(ValueError):
    """An expression that nobody understands."""


def parse(text: str | None) -> Test:
    """Turn ``((Tags/artgan.sweep eq "s1") and (ParentRunId eq null))`` into a test of a RunDto.

    ``and`` binds closer than ``or``. A comparison with a tag or property that a run does not have is false, also with
    ``null``: the client asks for "has this tag" with ``(Tags/x ne null or Tags/x eq null)``.
    """
    if not text or not text.strip():
        return lambda dto: True
    reader = _Reader(text)
    test = reader.either()
    if reader.left():
        raise BadFilter(f"not understood from {reader.left()!r} on: {text}")
    return test


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def left(self) -> str:
        return self._text[self._at :].strip()

    def _take(self, **wanted: str) -> re.Match[str] | None:
        found = _TOKEN.match(self._text, self._at)
        if found and all(found[group] == value for group, value in wanted.items()):
            self._at = found.end()
            return found
        return None

    def either(self) -> Test:
        tests = [self._both()]
        while self._take(join="or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda dto: any(test(dto) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take(join="and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda dto: all(test(dto) for test in tests)

    def _one(self) -> Test:
        if self._take(join="not"):
            test = self._one()
            return lambda dto: not test(dto)
        if self._take(bracket="("):
            test = self.either()
            if not self._take(bracket=")"):
                raise BadFilter(f"a bracket stays open: {self._text}")
            return test
        found = self._take()
        if not found or not found["name"]:
            raise BadFilter(f"a comparison is missing at {self.left()!r}: {self._text}")
        return _comparison(found)


def _comparison(found: re.Match[str]) -> Test:
    name, operation = found["name"], _OPERATIONS[found["op"]]
    wanted: str | None = found["double"]
    if wanted is None and found["single"] is not None:
        wanted = found["single"].replace("''", "'")
    if wanted is None and found["bare"] != "null":
        wanted = found["bare"]

    def test(dto: Dto) -> bool:
        value = lookup(dto, name)
        return value is not _ABSENT and operation(*_alike(value, wanted))

    return test


def lookup(dto: Dto, name: str) -> Any:
    """Return ``Tags/<key>``, ``RunTypeV2/Orchestrator`` or a field, whatever its case."""
    head, _, key = name.partition("/")
    if not key and head.lower() in _MAPS:
        raise BadFilter(f"{name} is a map, not a value")
    fields = {field.lower(): value for field, value in dto.items()}
    if head.lower() not in fields:
        raise BadFilter(f"runs have no field {head}")
    value = fields[head.lower()]
    if not key:
        return value
    if head.lower() == "runtypev2":
        value = {field.lower(): inner for field, inner in value.items()}
        head, _, trait = key.partition("/")
        inner = value.get(head.lower(), _ABSENT)
        return inner if not trait else (trait if trait in inner else _ABSENT)
    return value.get(key, _ABSENT)


def _alike(value: Any, wanted: str | None) -> tuple[Any, Any]:
    """Make times comparable, whichever way they are written; numbers and words are compared as text."""
    if isinstance(value, str) and wanted and (found := re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](.*?)(Z|\+00:00)?", wanted)):
        return value.rstrip("Z").replace("+00:00", ""), f"{found[1]}T{found[2]}"
    return (str(value) if value is not None and not isinstance(value, str) else value), wanted


def order(runs: list[dict[str, Any]], text: str | list[str] | None) -> list[dict[str, Any]]:
    """Sort by ``StartTimeUtc desc``; what has no start yet is the newest, ties go to what was made last."""
    if isinstance(text, str) and text.startswith("["):
        text = ast.literal_eval(text)
    keys = [text] if isinstance(text, str) else list(text or ["CreatedUtc desc"])
    found = sorted(runs, key=lambda dto: (dto["createdUtc"], dto["runNumber"]), reverse=True)
    for key in reversed(keys):
        name, _, direction = key.strip().partition(" ")
        # Python's sort keeps the order of equals, also in reverse.
        found.sort(key=lambda dto: lookup(dto, name) or "9999", reverse=direction.strip().lower() == "desc")
    return found
