"""What a layout yields, and what a layout is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from artgan.datasets.layouts.names import Facts
from artgan.datasets.layouts.sources import Source, SourceFile
from artgan.datasets.manifest import Status
from artgan.events import Note


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a source, or one that its tables promise, with what is known of the painting.

    Attributes:
        file: where its bytes come from.
        facts: fields of ``Painting`` other than the id.
        id: the id it has in its collection; empty when it shall be made from the path.
        status: why it will not be looked at, as a status; empty when it will.
        reason: the sentence to it.
    """

    file: SourceFile
    facts: Facts
    id: str = ""
    status: Status | None = None
    reason: str = ""


class Layout(Protocol):
    """One way in which collections of paintings lie on a disk."""

    name: str
    """What ``--layout`` takes and the output says."""
    about: str
    """One line: how to tell it."""

    def recognise(self, source: Source) -> bool:
        """Say whether a source is laid out so; looks at names alone, or at the head of a file."""
        ...

    def rights(self, source: Source) -> str:
        """Return one sentence on what may be done with the pictures."""
        ...

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        """Yield every file, sorted by path, and remarks on the whole."""
        ...
