"""The questions that the page asks, and their answers. WSGI; every question passes the guard first."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from artgan import images
from artgan.errors import ArtganError, BusyError, DamagedError, DiskFullError, NotFoundError, UsageError
from artgan.runs.record import GOING
from artgan.sampling.latents import latents_bytes
from artgan.studio import finding, making
from artgan.studio.easel import Easel, enlarged, packed
from artgan.studio.guard import Guard, json_of
from artgan.studio.jobs import Jobs
from artgan.studio.learning import learning, sheet
from artgan.studio.notebook import Notebook
from artgan.studio.page import page
from artgan.studio.recipes import Recipe, parse
from artgan.studio.tending import Tending
from artgan.studio.worker import Stale, Worker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST_PICTURES = 64
_STATUS: tuple[tuple[type[ArtganError], int], ...] = (
    (Stale, 409), (NotFoundError, 404), (UsageError, 400), (BusyError, 503), (DiskFullError, 507), (DamagedError, 422),
)  # fmt: skip
_RULES = (
    ("GET", "/", "index"), ("GET", "/api/runs", "runs"), ("GET", "/api/run/<name>", "run"),
    ("POST", "/api/paint", "paint"), ("POST", "/api/save", "save"), ("POST", "/api/film", "film"),
    ("GET", "/api/jobs/<job>", "job"), ("DELETE", "/api/jobs/<job>", "end_job"),
    ("POST", "/api/jobs/<job>/enough", "enough"),
    ("POST", "/api/project", "project"), ("POST", "/api/latent", "latent"),
    ("GET", "/api/run/<name>/notes", "notes"), ("GET", "/api/run/<name>/directions", "directions"),
    ("POST", "/api/run/<name>/directions/find", "find"),
    ("POST", "/api/run/<name>/directions/<direction>", "name_direction"),
    ("POST", "/api/run/<name>/stars", "star"), ("PATCH", "/api/run/<name>/stars/<star>", "rename_star"),
    ("DELETE", "/api/run/<name>/stars/<star>", "unstar"),
    ("POST", "/api/run/<name>/stars/<star>/restore", "restar"), ("POST", "/api/run/<name>/history", "remember"),
    ("GET", "/api/run/<name>/learning", "learning"), ("GET", "/api/run/<name>/sheet", "sheet"),
    ("POST", "/api/run/<name>/stop", "stop"), ("POST", "/api/run/<name>/latents", "take_latents"),
)  # fmt: skip


@dataclass
class Studio:
    """What a studio is made of.

    Attributes:
        easel: opens runs and paints.
        guard: lets questions in.
        out: the folder of pictures.
        first: the run that the page opens.
        tending: ends runs, and looks at those elsewhere.
        signing: signs a picture, where a signature is configured.
    """

    easel: Easel
    guard: Guard
    out: Path
    first: str
    tending: Tending
    signing: Any = None
    worker: Worker = field(default_factory=Worker)
    jobs: Jobs = field(default_factory=Jobs)

    def close(self) -> None:
        """End what is being made; runs that learn go on."""
        self.jobs.end()
        self.tending.close()
        self.worker.close()


class App:
    """The WSGI application."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._map = Map([Rule(path, methods=[method], endpoint=name) for method, path, name in _RULES])

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        # Not told to its own environment: each would be a circle, with all that was sent, until garbage is sought.
        request = Request(environ, populate_request=False)
        try:
            self._studio.guard.check(request)
            endpoint, values = self._map.bind_to_environ(environ).match()
            answer: Response = getattr(self, f"_{endpoint}")(request, **values)
        except HTTPException as error:
            answer = _refused(error.code or 500, error.description or error.name, "")
        except ValidationError as error:
            answer = _refused(400, str(error.errors()[0]["msg"]), "reload the page")
        except ArtganError as error:
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
            answer = _refused(status, error.message, error.hint)
        except Exception as error:  # the page is told, and the studio goes on
            answer = _refused(500, f"{type(error).__name__}: {error}"[:300], "reload the page")
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer(environ, start)

    # -- the page

    def _index(self, request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        answer = Response(page(nonce, self._studio.first), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
        return answer

    # -- runs

    def _runs(self, request: Request) -> Response:
        return _told([self._row(name) for name in self._studio.easel.names()])

    def _row(self, name: str) -> dict[str, Any]:
        folder = self._studio.easel.folder(name)
        record, best = folder.current(), folder.best()
        return {
            "name": name, "state": record.state, "going": record.state in GOING, "size": record.size,
            "epoch": record.epoch, "images_seen": record.images_seen, "kid": best.kid_lite0 if best else None,
            "dataset": record.dataset, "preset": record.preset, "remote": record.backend != "local",
            "created": record.created.isoformat(),
        }  # fmt: skip

    def _run(self, request: Request, name: str) -> Response:
        studio = self._studio
        folder, best = studio.easel.folder(name), studio.easel.folder(name).best()
        epochs = [checkpoint.epoch for checkpoint in folder.generators()]
        notes = self._notebook(name).read()
        facts: dict[str, Any] = {"latent_dim": None, "axes": None, "classes": [], "engine": None}
        if epochs:
            facts = studio.worker.do(lambda: _of_generator(studio.easel, Recipe.model_validate(_plain(name))))
        return _told(
            {
                **self._row(name), **facts, "epochs": epochs, "best": best.epoch if best else None, "styles": False,
                **finding.directions_of(studio.easel, name, notes.names),
                "stars": [_json(star) for star in notes.stars],
                "history": [_json(recipe) for recipe in notes.history],
                "signature": studio.signing is not None,
            }
        )  # fmt: skip

    def _learning(self, request: Request, name: str) -> Response:
        folder, tending = self._studio.easel.folder(name), self._studio.tending
        tending.look(folder)
        # Asked before the record is read: what ended in between is told as ended, not as ending.
        told = tending.told(folder.name)
        return _told(learning(folder, request.args.get("after", -1, type=int)) | told)

    def _sheet(self, request: Request, name: str) -> Response:
        path = sheet(self._studio.easel.folder(name), request.args.get("name", ""))
        return Response(path.read_bytes(), mimetype="image/png")

    def _stop(self, request: Request, name: str) -> Response:
        json_of(request)
        stopping = self._studio.tending.stop(self._studio.easel.folder(name))
        return _told({"stopping": stopping})

    # -- pictures

    def _paint(self, request: Request) -> Response:
        asked = json_of(request)
        listed = asked.get("recipes")
        if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_PICTURES:
            raise UsageError(f"1 to {MOST_PICTURES} pictures are painted at a time", "ask for fewer")
        recipes = [parse(one) for one in listed]
        scale, serial = _whole(asked.get("scale", 1), 1, 4), _whole(asked.get("serial", 0), 0, 2**53)
        channel, format = str(asked.get("channel") or "")[:100], asked.get("format", "raw")
        paint = self._studio.easel.paint
        if channel:
            pictures = self._studio.worker.do(lambda: enlarged(paint(recipes), scale), channel, serial)
        else:  # one by one, so that a slider never waits for more than one of them
            pieces = ([recipe] for recipe in recipes)
            pictures = [self._studio.worker.do(lambda one=one: enlarged(paint(one), scale)[0]) for one in pieces]  # type: ignore[misc]
        if format in ("png", "webp") and len(pictures) == 1:
            return Response(images.encode(pictures[0], str(format)), mimetype=f"image/{format}")
        return Response(packed(pictures), mimetype="application/octet-stream")

    def _save(self, request: Request) -> Response:
        wish, studio = making.Save.model_validate(json_of(request)), self._studio
        return _told(studio.worker.do(lambda: making.save(studio.easel, wish, studio.out, studio.signing)))

    def _latent(self, request: Request) -> Response:
        recipe = parse(json_of(request).get("recipe"))
        point = self._studio.worker.do(lambda: self._studio.easel.point(recipe))
        return Response(latents_bytes(point.latent[None]), mimetype="application/octet-stream")

    def _take_latents(self, request: Request, name: str) -> Response:
        studio, data = self._studio, request.get_data()
        found = studio.worker.do(lambda: finding.latents_of(studio.easel, Recipe.model_validate(_plain(name)), data))
        return _told({"count": len(found), "latents": found.tolist()})

    # -- what takes longer

    def _film(self, request: Request) -> Response:
        wish, studio = making.FilmWish.model_validate(json_of(request)), self._studio
        return _told(studio.jobs.begin(making.film(studio.easel, studio.worker, wish, studio.out)).told())

    def _project(self, request: Request) -> Response:
        studio = self._studio
        name = studio.easel.folder(request.args.get("run", "")).name
        work = finding.project(studio.easel, studio.worker, Recipe.model_validate(_plain(name)), request.get_data())
        return _told(studio.jobs.begin(work).told())

    def _find(self, request: Request, name: str) -> Response:
        json_of(request)
        studio = self._studio
        studio.easel.folder(name)
        work = finding.find(studio.easel, studio.worker, Recipe.model_validate(_plain(name)))
        return _told(studio.jobs.begin(work).told())

    def _job(self, request: Request, job: str) -> Response:
        return _told(self._studio.jobs.get(job).told())

    def _end_job(self, request: Request, job: str) -> Response:
        found = self._studio.jobs.get(job)
        found.cancelled.set()
        return _told(found.told())

    def _enough(self, request: Request, job: str) -> Response:
        json_of(request)
        found = self._studio.jobs.get(job)
        found.enough.set()
        return _told(found.told())

    # -- what is kept

    def _notes(self, request: Request, name: str) -> Response:
        notes = self._notebook(name).read()
        found = finding.directions_of(self._studio.easel, name, notes.names)
        return _told({**found, "stars": [_json(star) for star in notes.stars]})

    def _directions(self, request: Request, name: str) -> Response:
        return _told(finding.directions_of(self._studio.easel, name, self._notebook(name).read().names))

    def _name_direction(self, request: Request, name: str, direction: str) -> Response:
        self._notebook(name).name_direction(direction[:40], str(json_of(request).get("name") or ""))
        return self._directions(request, name)

    def _star(self, request: Request, name: str) -> Response:
        asked = json_of(request)
        return _told(_json(self._notebook(name).star(parse(asked.get("recipe")), _text(asked.get("name")))))

    def _rename_star(self, request: Request, name: str, star: str) -> Response:
        return _told(_json(self._notebook(name).rename(star, _text(json_of(request).get("name")))))

    def _unstar(self, request: Request, name: str, star: str) -> Response:
        self._notebook(name).take_away(star)
        return _told({"id": star})

    def _restar(self, request: Request, name: str, star: str) -> Response:
        json_of(request)
        return _told(_json(self._notebook(name).bring_back(star)))

    def _remember(self, request: Request, name: str) -> Response:
        self._notebook(name).remember(parse(json_of(request).get("recipe")))
        return _told({})

    def _notebook(self, name: str) -> Notebook:
        return Notebook(self._studio.easel.notes(name))


_HEADERS = {
    "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}  # fmt: skip
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src blob: data:;"
    " connect-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _of_generator(easel: Easel, recipe: Recipe) -> dict[str, Any]:
    from artgan.studio.easel import length_of

    source = easel.source(recipe)
    length = length_of(source)
    return {"latent_dim": length, "axes": length, "classes": list(source.classes), "engine": source.painter.name}


def _plain(name: str) -> dict[str, Any]:
    return {"run": name, "z": {"seed": 0}}


def _json(record: BaseModel) -> dict[str, Any]:
    found: dict[str, Any] = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    return found


def _told(value: object) -> Response:
    return Response(json.dumps(value, default=str), mimetype="application/json")


def _refused(status: int, error: str, hint: str) -> Response:
    answer = _told({"error": error, "hint": hint})
    answer.status_code = status
    return answer


def _whole(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UsageError(f"{str(value)[:40]!r} is no whole number from {least} to {most}", "reload the page")
    return value


def _text(value: object) -> str:
    return str(value or "")[:200]
