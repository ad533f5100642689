"""What every record on disk has in common: it is immutable, says its version, and keeps fields it does not know."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1


class Record(BaseModel):
    """A line or file on disk: immutable; fields written by a later artgan are kept as they are."""

    model_config = ConfigDict(frozen=True, extra="allow")
    schema_version: int = SCHEMA_VERSION


def now() -> datetime:
    """The time that records carry: UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
