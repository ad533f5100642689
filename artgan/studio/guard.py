"""Who may ask: the page that this studio gave out, and nobody else.

The studio is bound to this machine alone; that keeps other machines out, but not the other pages of the browser. A page
of anywhere may send forms and images to 127.0.0.1, or let its own name point there (DNS rebinding). So the host that is
asked for must be ours, the origin too where one is told, and every question must show the token that only the address
of the page holds.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from werkzeug.exceptions import Forbidden, MisdirectedRequest, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.wrappers import Request

HEADER = "X-Artgan-Token"
MOST_JSON = 8 * 10**6
MOST_BYTES = 20 * 10**6
"""Of a question: with JSON; with a picture or latents."""
_OWN = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Guard:
    """What every question is held against.

    Attributes:
        port: that the studio listens to.
        token: that its page shows.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(f"{name}:{self.port}" for name in _OWN)

    def address(self) -> str:
        """Return the address of the page."""
        return f"http://{_OWN[0]}:{self.port}/?token={self.token}"

    def check(self, request: Request) -> None:
        """Let a question pass, or refuse it.

        Raises:
            MisdirectedRequest: it asks for another host.
            Forbidden: it comes from another page, or without the token.
            RequestEntityTooLarge: it is longer than any can be.
        """
        if request.host not in self.hosts:
            raise MisdirectedRequest(f"this is the studio of {_OWN[0]}:{self.port}, not of {request.host[:100]!r}")
        origin = request.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
            raise Forbidden("another page may not ask the studio")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise Forbidden("another page may not ask the studio")
        if (request.content_length or 0) > MOST_BYTES:
            raise RequestEntityTooLarge(f"more than {MOST_BYTES // 10**6} MB")
        shown = request.args.get("token", "") if request.path == "/" else request.headers.get(HEADER, "")
        if not secrets.compare_digest(shown.encode(), self.token.encode()):
            raise Forbidden("the address lacks the token that the studio printed when it was started")


def json_of(request: Request) -> dict[str, object]:
    """Return what a question says.

    Raises:
        UnsupportedMediaType: it is no JSON, which also keeps the forms of other pages out.
        RequestEntityTooLarge: it is too long.
        BadRequest: it is damaged, or no object.
    """
    from werkzeug.exceptions import BadRequest

    if request.mimetype != "application/json":
        raise UnsupportedMediaType("a question is asked in application/json")
    if (request.content_length or 0) > MOST_JSON:
        raise RequestEntityTooLarge(f"more than {MOST_JSON // 10**6} MB")
    found = request.get_json()
    if not isinstance(found, dict):
        raise BadRequest("a question is an object")
    return found
