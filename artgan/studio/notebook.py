"""What an artist keeps of a run: stars, names of directions, where he has been. ``runs/<run>/studio/studio.json``."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from artgan import files
from artgan.errors import DamagedError, NotFoundError
from artgan.records import Record, now
from artgan.runs.store import new_id
from artgan.studio.recipes import Recipe

KEPT = 200
"""Steps of the history, and stars that were taken away and may come back."""
_lock = threading.RLock()


class Star(BaseModel):
    """A picture that is worth keeping."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str = Field("", max_length=200)
    recipe: Recipe
    created: datetime


class Notes(Record):
    """Attributes:
    stars: the newest last.
    taken_away: stars that may come back.
    history: pictures that were looked at, the newest last.
    names: of directions, by their ids.
    """

    stars: tuple[Star, ...] = ()
    taken_away: tuple[Star, ...] = ()
    history: tuple[Recipe, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)


class Notebook:
    """Of one run; every change is on the disk, whole, before it is answered.

    Args:
        place: where the run's own things of the studio lie; made when something is kept.
    """

    def __init__(self, place: Path) -> None:
        self._path = place / "studio.json"

    def read(self) -> Notes:
        """Return what is kept; nothing at first.

        Raises:
            DamagedError: the file is not one of these; it is left as it is.
        """
        try:
            return Notes.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return Notes()
        except (OSError, ValidationError) as error:
            raise DamagedError(f"{self._path} cannot be read", "move it away; the studio begins a new one") from error

    def star(self, recipe: Recipe, name: str) -> Star:
        """Keep a picture."""
        with _lock:
            notes = self.read()
            star = Star(id=new_id(8), name=name.strip(), recipe=recipe, created=now())
            self._write(notes, stars=(*notes.stars, star))
            return star

    def rename(self, star_id: str, name: str) -> Star:
        """Give a star another name.

        Raises:
            NotFoundError: there is no such star.
        """
        with _lock:
            notes = self.read()
            star = _find(notes.stars, star_id).model_copy(update={"name": name.strip()[:200]})
            self._write(notes, stars=tuple(star if one.id == star_id else one for one in notes.stars))
            return star

    def take_away(self, star_id: str) -> None:
        """Take a star away; it may come back.

        Raises:
            NotFoundError: there is no such star.
        """
        self._move(star_id, "stars", "taken_away")

    def bring_back(self, star_id: str) -> Star:
        """Bring back a star that was taken away.

        Raises:
            NotFoundError: there is no such star.
        """
        return self._move(star_id, "taken_away", "stars")

    def remember(self, recipe: Recipe) -> None:
        """Write down a picture that was looked at."""
        with _lock:
            notes = self.read()
            if not notes.history or notes.history[-1] != recipe:
                self._write(notes, history=(*notes.history, recipe)[-KEPT:])

    def name_direction(self, direction: str, name: str) -> None:
        """Give a direction a name; an empty one takes it away."""
        with _lock:
            notes = self.read()
            names = {key: text for key, text in notes.names.items() if key != direction}
            self._write(notes, names={**names, **({direction: name.strip()[:200]} if name.strip() else {})})

    def _move(self, star_id: str, source: str, target: str) -> Star:
        with _lock:
            notes = self.read()
            star = _find(getattr(notes, source), star_id)
            rest = tuple(one for one in getattr(notes, source) if one.id != star_id)
            self._write(notes, **{source: rest, target: (*getattr(notes, target), star)[-KEPT * 5 :]})
            return star

    def _write(self, notes: Notes, **changes: Any) -> None:
        files.write_text(self._path, notes.model_copy(update=changes).model_dump_json(indent=1) + "\n")


def _find(stars: tuple[Star, ...], star_id: str) -> Star:
    for star in stars:
        if star.id == star_id:
            return star
    raise NotFoundError(f"there is no star {star_id[:40]!r}", "reload the page")
