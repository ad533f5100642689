"""From an address to the method that answers it."""

from __future__ import annotations

import json
import re
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..server import Request, Response
from .names import API, ARM, LOGIN, WORKSPACE

_WS = (
    "/subscriptions/(?P<sub>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    "/providers/Microsoft.MachineLearningServices/workspaces/(?P<workspace>[^/]+)"
)


class Refusal(Exception):
    """An answer that is an error, in the service's own words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response = refusal(status, code, message)


def refusal(status: int, code: str, message: str) -> Response:
    return Response.of_json({"error": {"code": code, "message": message}}, status)


@dataclass(frozen=True)
class Call:
    """A request that found its method."""

    request: Request
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.request.body or b"{}")


def route(methods: str, *paths: str, host: str = API, bearer: bool = True) -> Callable[[Any], Any]:
    """Make a method answer for paths.

    ``{ws}`` is the workspace's address, ``{name}`` one piece of a path, ``{name:rest}`` everything that is left.
    """

    def mark(function: Any) -> Any:
        function.routes = [*getattr(function, "routes", ())]
        function.routes += [(set(methods.split()), host, _pattern(path), bearer) for path in paths]
        return function

    return mark


def _pattern(path: str) -> re.Pattern[str]:
    pattern = ""
    for piece in re.split(r"(\{[a-z:]+\})", path):
        if piece == "{ws}":
            pattern += _WS
        elif piece.endswith(":rest}"):
            pattern += f"(?P<{piece[1:-6]}>.*)"
        elif piece.startswith("{"):
            pattern += f"(?P<{piece[1:-1]}>[^/]+)"
        else:
            pattern += re.escape(piece)
    end = "" if path.endswith(":rest}") else "/?"
    return re.compile(pattern + end, re.IGNORECASE | re.DOTALL)


class ControlPlane:
    """The hosts that are not storage.

    Args:
        services: whose marked methods answer.
        tokens: what a caller may show; looked at for every request.

    Attributes:
        strangers: what was asked for and is not known here.
        broken: what went wrong in a method here: a bug of this fake.
        gone: whether the workspace was deleted.
    """

    hosts = (ARM, *LOGIN, "*.api.azureml.ms")

    def __init__(self, services: Iterable[object], tokens: Iterable[set[str]]) -> None:
        found = [
            (methods, host, pattern, bearer, bound)
            for service in services
            for bound in (getattr(service, name) for name in dir(type(service)))
            for methods, host, pattern, bearer in getattr(bound, "routes", ())
        ]
        # A path that is written out goes before one with names in it.
        self._routes = sorted(found, key=lambda one: one[2].groups)
        self.strangers: list[str] = []
        self.broken: list[str] = []
        self._tokens = list(tokens)
        self.gone = False
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        path = re.sub("//+", "/", request.path)
        kind = API if request.host.endswith(".api.azureml.ms") else "login" if request.host in LOGIN else request.host
        for methods, host, pattern, bearer, bound in self._routes:
            if request.method in methods and host == kind and (found := pattern.fullmatch(path)):
                return self._call(request, found.groupdict(), bound, bearer)
        with self._lock:
            self.strangers.append(f"{request.method} {request.url}")
        return refusal(404, "NoRegisteredProviderFound", f"nothing at {request.method} {path}")

    def _call(self, request: Request, values: dict[str, str], bound: Any, bearer: bool) -> Response:
        try:
            if bearer:
                self._check_token(request)
            self._check_workspace(values)
            answer = bound(Call(request, values))
        except Refusal as refused:
            return refused.response
        except Exception:
            with self._lock:
                self.broken.append(f"{request.method} {request.url}\n{traceback.format_exc()}")
            return refusal(500, "ServiceError", "InternalServerError")
        return answer if isinstance(answer, Response) else Response.of_json(answer)

    def _check_token(self, request: Request) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not any(token in some for some in self._tokens):
            raise Refusal(401, "InvalidAuthenticationToken", "The access token is invalid.")

    def _check_workspace(self, values: Mapping[str, str]) -> None:
        if "workspace" not in values:
            return
        asked = (values["sub"].lower(), values["group"].lower(), values["workspace"].lower())
        if self.gone or asked != tuple(part.lower() for part in WORKSPACE):
            name = f"Microsoft.MachineLearningServices/workspaces/{values['workspace']}"
            message = f"The Resource '{name}' under resource group '{values['group']}' was not found."
            raise Refusal(404, "ResourceNotFound", message)
