"""The front of blob storage: passes everything on to Azurite, so that it is logged and can go wrong."""

from __future__ import annotations

from ..server import Request, Response
from .azurite import Azurite

_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "date", "proxy-connection"))


class BlobFront:
    """``*.blob.core.windows.net``.

    Attributes:
        storage: what is behind it.
    """

    hosts = ("*.blob.core.windows.net",)
    storage: Azurite

    def answer(self, request: Request) -> Response:
        sent = {name: value for name, value in request.headers.items() if name not in _HOP - {"date"}}
        found = self.storage.pool.urlopen(
            request.method,
            request.target,
            request.body,
            sent,
            redirect=False,
            retries=False,
            decode_content=False,
            timeout=120,
        )
        headers = {name: value for name, value in found.headers.items() if name.lower() not in _HOP}
        body = found.data
        length = int(found.headers.get("Content-Length", len(body))) if request.method == "HEAD" else len(body)
        # With a length that is given, the server in front leaves the body as it is.
        return Response(found.status, headers, body, length)
