"""A small site on the local internet, and a way to ask it that does not take minutes."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from internet import Internet, Request, Response

from artgan.web.client import Stopped, Web
from artgan.web.hosts import HostClass
from artgan.web.limiter import Limiter
from artgan.web.patience import Patience

PICTURE = bytes(range(256)) * 800
PAGES = HostClass("www.paintings.example", re.compile(r"www\.paintings\.example"), 1)
PICTURES = HostClass("pictures of paintings", re.compile(r"pictures\d\.paintings\.example"), 5)
WWW = "https://www.paintings.example"
IMAGES = "https://pictures1.paintings.example"

HASTY = Patience(
    connect_s=2,
    read_s=0.6,
    stall_s=0.3,
    stall_bytes=1000,
    back_off_s=0.01,
    most_back_off_s=0.02,
    forbidden_s=0.01,
    most_asked_s=120,
    quiet_s=0.5,
)


class Paintings:
    """Listings on ``www``, pictures on ``pictures1`` and ``pictures2``; ``elsewhere`` is somebody else."""

    hosts = ("www.paintings.example", "*.paintings.example", "elsewhere.example")

    def __init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Begin anew."""
        self.robots: Response = Response.of_text("User-agent: *\nAllow: /\n")
        self.seen: list[Request] = []
        """What was asked for; noted at once, while the log notes what was answered."""

    def answer(self, request: Request) -> Response:
        self.seen.append(request)
        if request.path == "/robots.txt":
            return self.robots
        if request.path.startswith("/list"):
            return Response.of_json({"Paintings": [{"title": "Iris", "page": request.query.get("page", "1")}] * 60})
        if request.path.startswith("/picture"):
            return Response(200, {"Content-Type": "image/jpeg"}, PICTURE)
        return Response.of_html("<h1>no such page</h1>", 404)


class AtOnce(Limiter):
    """Never waits for its turn, and remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Any, ...]] = []

    def wait(self, host: HostClass, stop: threading.Event) -> None:
        if stop.is_set():
            raise Stopped

    def succeeded(self, host: HostClass) -> None:
        self.told.append(("succeeded", host.name))

    def failed(self, host: HostClass) -> float:
        self.told.append(("failed", host.name))
        return 0.0

    def pause(self, host: HostClass, seconds: float) -> None:
        self.told.append(("pause", host.name, seconds))

    def at_least(self, host: HostClass, seconds: float) -> None:
        self.told.append(("at least", host.name, seconds))


@dataclass
class Visit:
    """Somebody who asks the site, all that was said to them, and what the site saw."""

    internet: Internet
    site: Paintings
    limiter: AtOnce = field(default_factory=AtOnce)
    stop: threading.Event = field(default_factory=threading.Event)
    said: list[str] = field(default_factory=list)

    def web(self, **options: Any) -> Web:
        given = {"limiter": self.limiter, "stop": self.stop, "tell": self.said.append, "patience": HASTY}
        return Web([PAGES, PICTURES], **{**given, **options})

    def seen(self, host: str = "*", path: str = "*") -> list[Request]:
        """Return what was asked for, in the order of arrival."""
        return [one for one in self.site.seen if fnmatchcase(one.host, host) and fnmatchcase(one.path, path)]

    def asked(self, path: str = "*") -> int:
        """Return how often something but robots.txt was asked for."""
        return sum(one.path != "/robots.txt" for one in self.seen(path=path))
