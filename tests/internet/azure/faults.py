"""What can go wrong in Azure, beside what can go wrong everywhere (``internet.faults``).

``azure.inject("*snapshotrun*", faults.throttled(2), times=1)``. These replace the services' own answers.
"""

from __future__ import annotations

from collections.abc import Callable

from ..server import Fault, Request, Response
from .routing import refusal


def unauthorized() -> Fault:
    """Answer 401: the sign-in has expired."""
    text = "The access token expiry UTC time is earlier than current UTC time."
    return _refused(401, "ExpiredAuthenticationToken", text)


def forbidden() -> Fault:
    """Answer 403: signed in, but not allowed to."""
    text = "The client 'artist' does not have authorization to perform action over scope '/subscriptions/...'."
    return _refused(403, "AuthorizationFailed", text)


def throttled(retry_after_s: int = 1) -> Fault:
    """Answer 429 with ``Retry-After``."""
    refused = refusal(429, "TooManyRequests", "The request is being throttled.")
    return lambda request, response: refused.with_(headers={"Retry-After": str(retry_after_s)})


def server_error() -> Fault:
    """Answer 500."""
    return _refused(500, "ServiceError", "InternalServerError")


def unavailable() -> Fault:
    """Answer 503."""
    return _refused(503, "ServiceUnavailable", "The service is unavailable.")


def storage_refuses() -> Fault:
    """Answer 403 as blob storage does when its keys were changed or its firewall is closed."""
    text = '<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>no</Message></Error>'
    headers = {"x-ms-error-code": "AuthenticationFailed", "Content-Type": "application/xml"}
    return lambda request, response: Response(403, headers, text.encode())


def quota() -> Fault:
    """Refuse a submit: the subscription may not use so many cores."""
    text = (
        "ClusterCoreQuotaReached: Operation results in exceeding quota limits of Core. Maximum allowed: 0, Current in"
        " use: 0, Additional requested: 4. Please increase the quota for Standard NCASv3_T4 Family Cluster Dedicated"
        " vCPUs."
    )
    return _refused(400, "UserError", text)


def not_found() -> Fault:
    """Answer 404."""
    return _refused(404, "ResourceNotFound", "The Resource was not found.")


def slow(wait_s: float) -> Fault:
    """Give the honest answer late; not with ``instead``."""
    return lambda request, response: response.with_(wait_s=wait_s)


def partial(share: float = 0.5) -> Fault:
    """Break a download off in the middle, the rude way; not with ``instead``."""

    def fault(request: Request, response: Response) -> Response:
        body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        if request.method != "GET" or not body:
            return response
        return response.with_(body=body[: int(len(body) * share)], length=len(body), ending="reset")

    return fault


def then(action: Callable[[Request], object]) -> Fault:
    """Do something once the service did what it was asked, before the answer goes out: kill the client, for example."""

    def fault(request: Request, response: Response) -> Response:
        action(request)
        return response

    return fault


def _refused(status: int, code: str, message: str) -> Fault:
    return lambda request, response: refusal(status, code, message)
