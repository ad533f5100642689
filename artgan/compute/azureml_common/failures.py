"""What the exceptions of the SDK and of the services mean for a person: one sentence, and the command that mends it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from artgan.compute.azureml_common.signing_in import EXTRA, HINTS, missing_extra
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.errors import ArtganError, NotFoundError, RemoteError, SetupError

_PASSING = {408, 429, 500, 502, 503, 504, 530}  # 530: a new node of the service that is not ready yet
# The SDK writes the status of an answer into its sentences, in these ways.
_STATUS = re.compile(r"(?:Response Code|\"status_code\"|StatusCode|\bCode|status code)\W{1,4}(\d{3})\b", re.IGNORECASE)
# By name: the classes come from five packages, none of which is worth importing to read an error.
_CUT = {
    "ServiceRequestError", "ServiceResponseError", "ServiceRequestTimeoutError", "ServiceResponseTimeoutError",
    "IncompleteReadError", "ConnectionError", "ConnectTimeout", "ReadTimeout", "Timeout", "ChunkedEncodingError",
    "ProxyError", "SSLError", "ContentDecodingError", "ProtocolError", "IncompleteRead", "MaxRetryError",
    "RemoteDisconnected", "ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError", "TimeoutError",
}  # fmt: skip
_SIGN_IN = {"CredentialUnavailableError", "ClientAuthenticationError", "AuthenticationException"}
# Words of Blob storage, of which it has its own.
_STORAGE = {"AuthenticationFailed", "AuthorizationFailure", "KeyBasedAuthenticationNotPermitted"}
# azure-identity tries several ways and writes into one text why each failed; without a network it is this.
_UNREACHED = re.compile(
    r"NewConnectionError|NameResolutionError|Unable to connect|Max retries exceeded|ProxyError|RemoteDisconnected"
    r"|Connection (aborted|reset|refused|broken)|EOF occurred"
)


@dataclass(frozen=True)
class Trouble:
    """What can be read from an exception.

    Attributes:
        status: of the answer; 0 when there was none.
        code: the service's own word for it: "UserError", "ResourceNotFound", ...
        text: its sentence.
        retry_after: seconds to wait that it asks for.
        cut: no answer, or not the whole of it, came.
        sign_in: no token was to be had.
    """

    status: int = 0
    code: str = ""
    text: str = ""
    retry_after: float | None = None
    cut: bool = False
    sign_in: bool = False

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed in a moment."""
        return not self.sign_in and (self.cut or self.status in _PASSING)


def look(error: BaseException) -> Trouble:
    """Read an exception of any of the SDK's layers; never raises."""
    chain = list(_chain(error))
    names = {kind.__name__ for one in chain for kind in type(one).__mro__}
    held = (getattr(one, "response", None) for one in chain)
    response = next((r for r in (*held, *map(_answer_in_hand, chain)) if r is not None), None)
    texts = [_text_of(one) for one in chain]
    status = _status(chain, response, texts)
    code, text = _words(response, texts)
    unreached = any(map(_UNREACHED.search, texts))
    return Trouble(
        status=status,
        code=code,
        text=text,
        retry_after=_retry_after(response),
        cut=not status and (unreached or bool(names & _CUT)),
        # Blob storage's own refusals have the same class, and a 403.
        sign_in=bool(names & _SIGN_IN) and not unreached and status not in {*_PASSING, 403},
    )


def translate(
    error: BaseException, doing: str, where: WorkspaceRef, credential: str = "auto", extra: str = EXTRA
) -> ArtganError:
    """Return the error that a person sees.

    Args:
        error: of the SDK, a service or the network.
        doing: what was asked, as in "could not <doing>".
        where: the workspace.
        credential: how the sign-in was to happen.
        extra: of artgan, whose packages are used.
    """
    if isinstance(error, ArtganError):
        return error
    if isinstance(error, ImportError):
        return missing_extra(extra)
    return explain(look(error), doing, where, credential)


def explain(trouble: Trouble, doing: str, where: WorkspaceRef, credential: str = "auto") -> ArtganError:
    """Return the error for what was read from an exception."""
    said = f": {trouble.text}" if trouble.text else ""
    words = f"{trouble.code} {trouble.text}".lower()
    if trouble.sign_in:
        return SetupError(_sign_in_sentence(trouble.text, credential), HINTS[credential])
    if trouble.status == 401:
        return SetupError(
            f"Azure did not accept the sign-in while trying to {doing}; it may have expired", HINTS[credential]
        )
    if "quota" in words or "corecount" in words.replace(" ", ""):
        return RemoteError(
            f"Azure refused to {doing}, for want of quota{said}",
            "choose a smaller or a low-priority cluster, or ask for more: https://ml.azure.com/quota",
        )
    if ("don't have access to" in words and "subscription" in words) or "subscriptionnotfound" in words:
        return RemoteError(
            f"this sign-in has no access to the subscription {where.subscription_id}",
            "see which it has: az account list -o table; then: az login --tenant TENANT",
        )
    if trouble.status == 403 and trouble.code in _STORAGE:
        return RemoteError(
            f"the storage account of workspace {where.workspace_name!r} refused to {doing} ({trouble.code})",
            f"if its keys were changed: az ml workspace sync-keys -n {where.workspace_name} -g {where.resource_group}; "
            "a firewall is for its owner to open",
        )
    if trouble.status == 403:
        return RemoteError(
            f"not allowed to {doing} in workspace {where.workspace_name!r}",
            "ask its owner for the role: az role assignment create --role 'AzureML Data Scientist' --assignee YOU "
            f"--scope {where.scope}",
        )
    if trouble.status == 404:
        return _not_found(trouble, doing, where, words)
    if trouble.status == 429:
        return RemoteError(
            f"Azure ML would not {doing}: too many requests", f"try again in {_span(trouble.retry_after or 60)}"
        )
    if trouble.cut:
        return RemoteError(
            f"no connection to Azure while trying to {doing}",
            "check the network, and HTTPS_PROXY where there is a proxy; then repeat the command",
        )
    if trouble.status >= 500:
        return RemoteError(
            f"Azure ML failed ({trouble.status}) while trying to {doing}{said}",
            "repeat the command in a few minutes; https://azure.status.microsoft tells of outages",
        )
    number = f" ({trouble.status})" if trouble.status else ""
    return RemoteError(f"Azure ML refused to {doing}{number}{said}", _portal(where))


def _sign_in_sentence(text: str, credential: str) -> str:
    """Take from what azure-identity says the one thing that tells more than that nobody is signed in."""
    reason = re.search(r"AADSTS\d+: [^.]+", text)
    if reason:
        return f"the sign-in to Azure failed: {reason[0]}"
    return "nobody is signed in to Azure" if credential == "auto" else f"the sign-in to Azure by {credential!r} failed"


def _not_found(trouble: Trouble, doing: str, where: WorkspaceRef, words: str) -> ArtganError:
    if "resourcegroupnotfound" in words:
        return NotFoundError(
            f"no resource group {where.resource_group!r} in subscription {where.subscription_id}",
            "see which there are: az group list -o table",
        )
    if "resourcenotfound" in words.replace(" ", "") or "open workspace" in doing:
        return NotFoundError(
            f"no workspace {where.workspace_name!r} in resource group {where.resource_group!r}: deleted, or renamed",
            "see which there are: az ml workspace list -o table; then get a new config.json from https://ml.azure.com",
        )
    said = f": {trouble.text}" if trouble.text else ""
    return NotFoundError(f"could not {doing}: there is nothing of that name{said}", _portal(where))


def _portal(where: WorkspaceRef) -> str:
    return f"look in the portal: https://ml.azure.com/?wsid={where.scope}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what caused it, whichever way its package keeps that."""
    seen: set[int] = set()
    todo: list[Any] = [error]
    while todo and len(seen) < 12:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [getattr(one, name, None) for name in ("inner_exception", "_inner_exception", "__cause__")]
        todo += [arg for arg in one.args if isinstance(arg, BaseException)]
        if not one.__suppress_context__:
            todo.append(one.__context__)


def _answer_in_hand(error: BaseException) -> Any:
    """Return the answer that the function which raised was looking at.

    Of a refused submit the SDK puts status and body into its sentence, and forgets the headers: how long to wait.
    """
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    found = frame.tb_frame.f_locals.get("response") if frame else None
    return found if hasattr(found, "status_code") and hasattr(found, "headers") else None


def _text_of(error: BaseException) -> str:
    """Return an exception's text; that of a ServiceException without details cannot be made."""
    for get in (str, lambda e: e.message, lambda e: " ".join(str(arg) for arg in e.args)):
        try:
            return str(get(error))  # type: ignore[no-untyped-call, unused-ignore]
        except Exception:  # whatever a formatter of theirs trips over
            continue
    return type(error).__name__


def _status(chain: list[BaseException], response: Any, texts: list[str]) -> int:
    # What was raised last counts: an answer that came while another was being looked into is not the other's.
    for source in (*(part for one in chain for part in (one, getattr(one, "response", None))), response):
        status = getattr(source, "status_code", None)
        if isinstance(status, int) and not isinstance(status, bool):
            return status
    found = next((m for m in map(_STATUS.search, texts) if m), None)
    return int(found[1]) if found else 0


def _words(response: Any, texts: list[str]) -> tuple[str, str]:
    """Return the service's word and sentence: from the answer, else from JSON in the text, else from the text."""
    bodies = [_body(response), *(_json_in(text) for text in texts)]
    for text in texts:
        if found := re.search(r"AADSTS\d+: [^\n]+", text):
            return "", _sentence(found[0])
    for body in bodies:
        inner = body.get("error_details", body)
        inner = inner.get("error", inner) if isinstance(inner, dict) else {"message": inner}
        if isinstance(inner, str):
            inner = {"message": inner}
        if isinstance(inner, dict) and (inner.get("message") or inner.get("code")):
            return str(inner.get("code") or ""), _sentence(str(inner.get("message") or ""))
    for text in texts:
        # Errors of Blob storage are XML, and azure-core writes "ErrorCode:BlobNotFound" below its sentence.
        code = re.search(r"ErrorCode:\s*(\w+)|<Code>(\w+)</Code>", text)
        if code:
            return code[1] or code[2], _sentence(text)
    return "", _sentence(texts[0] if texts else "")


def _body(response: Any) -> dict[str, Any]:
    try:
        text = response.text() if callable(response.text) else response.text
        found = json.loads(text)
    except Exception:  # no answer, one that was not read, or no JSON: then there is nothing to learn from it
        return {}
    return found if isinstance(found, dict) else {}


def _json_in(text: str) -> dict[str, Any]:
    start = text.find("{")
    if start < 0:
        return {}
    cleaned = text[start:]
    try:
        found, _ = json.JSONDecoder().raw_decode(cleaned)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sentence(text: str, longest: int = 240) -> str:
    """Return the first paragraph of a text on one line, without the final stop."""
    paragraph = next((line for line in re.split(r"\n\s*\n|\nHeaders|\nContent", text.strip()) if line.strip()), "")
    line = " ".join(paragraph.split())
    line = line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0] + " ..."
    return line.rstrip(".")


def _retry_after(response: Any) -> float | None:
    headers = getattr(response, "headers", None) or {}
    for name, unit in (("retry-after-ms", 1000.0), ("x-ms-retry-after-ms", 1000.0), ("Retry-After", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) / unit)
        except ValueError:
            try:
                return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
            except (TypeError, ValueError):
                continue
    return None


def _span(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 120 else f"{round(seconds / 60)} min"
