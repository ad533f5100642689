"""What a person reads when Azure fails: exceptions as the SDK's own code raises them, without a network."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from artgan.compute.azureml_common.asking import patiently
from artgan.compute.azureml_common.failures import look, translate
from artgan.compute.azureml_common.signing_in import Tokens
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.errors import ArtganError, NotFoundError, RemoteError, SetupError, UsageError

WHERE = WorkspaceRef("s-1", "studio", "paintings")


def answer(status: int, body: Any = None, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = (body if isinstance(body, str) else json.dumps(body or {})).encode()
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    made.url = "https://eastus.api.azureml.ms/x"
    return made


def error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def http_error(status: int, body: Any = None, **headers: str) -> requests.HTTPError:
    return requests.HTTPError(f"{status} Error", response=answer(status, body, **headers))


def said(failure: BaseException, credential: str = "auto") -> ArtganError:
    found = translate(failure, "start a run", WHERE, credential)
    assert "\n" not in found.message and found.hint, "one sentence, and what mends it"
    return found


@pytest.mark.parametrize(
    ("failure", "kind", "words", "hint"),
    [
        (http_error(401), SetupError, "did not accept the sign-in", "az login"),
        (http_error(403, error("AuthorizationFailed", "no")), RemoteError, "not allowed to start", "az role"),
        (http_error(404, error("ResourceNotFound", "?")), NotFoundError, "no workspace 'paintings'", "az ml workspace"),
        (http_error(404, error("ResourceGroupNotFound", "?")), NotFoundError, "no resource group 'studio'", "az group"),
        (http_error(429, Retry_After="90"), RemoteError, "too many requests", "in 90 s"),
        (http_error(500, error("ServiceError", "Oh.")), RemoteError, "failed (500) while trying", "few minutes"),
        (http_error(400, error("UserError", "Unknown x")), RemoteError, "to start a run (400): Unknown x", "portal"),
        (requests.ConnectionError("reset"), RemoteError, "no connection", "HTTPS_PROXY"),
        (requests.ReadTimeout("slow"), RemoteError, "no connection", "HTTPS_PROXY"),
        (ConnectionResetError(104, "reset"), RemoteError, "no connection", "HTTPS_PROXY"),
        (ModuleNotFoundError("azureml"), SetupError, "not installed", 'pip install "artgan[azure]"'),
        (ValueError("odd"), RemoteError, "refused to start a run: odd", "portal"),
    ],
)
def test_each_failure_has_its_words_and_what_mends_it(
    failure: Exception, kind: type[ArtganError], words: str, hint: str
) -> None:
    found = said(failure)
    assert type(found) is kind
    assert words in found.message
    assert hint in found.hint


def test_a_refusal_for_want_of_quota_says_so_in_the_services_words() -> None:
    text = "ClusterCoreQuotaReached: Operation results in exceeding quota limits of Core. Maximum allowed: 0."
    found = said(http_error(400, error("UserError", text)))
    assert isinstance(found, RemoteError)
    assert "want of quota: ClusterCoreQuotaReached" in found.message and "ml.azure.com/quota" in found.hint


def test_the_hint_of_a_failed_sign_in_fits_the_way_it_was_tried() -> None:
    class CredentialUnavailableError(Exception):
        """As azure-identity calls it."""

    for credential, hint in (
        ("cli", "az login"),
        ("service-principal", "AZURE_CLIENT_SECRET"),
        ("managed", "machines"),
    ):
        found = said(CredentialUnavailableError("Please run 'az login'"), credential)
        assert isinstance(found, SetupError) and hint in found.hint


def test_a_status_that_the_sdk_buried_in_a_sentence_is_found() -> None:
    buried = "Received bad response from Resource Provider:\nResponse Code: 403\nHeaders: {}\nContent: b''"
    assert look(Exception(buried)).status == 403
    as_json = json.dumps({"url": "https://x", "status_code": 400, "error_details": error("UserError", "No such size.")})
    trouble = look(Exception(as_json))
    assert (trouble.status, trouble.code, trouble.text) == (400, "UserError", "No such size")
    outer = RuntimeError("outer")
    outer.__cause__ = http_error(429, Retry_After="7")
    assert (look(outer).status, look(outer).retry_after, look(outer).passing) == (429, 7.0, True)


def test_retry_after_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    asked = look(http_error(503, Retry_After=moment)).retry_after
    assert asked is not None and 20 < asked <= 30


def test_a_service_exception_whose_own_text_cannot_be_made_is_still_understood(sdk: None) -> None:
    from artgan.compute.azureml_v1.service import load

    load()
    from azureml._restclient.exceptions import ServiceException

    response = answer(409, error("UserError", "Busy."))
    inner = SimpleNamespace(error=SimpleNamespace(error=SimpleNamespace(details=None)), response=response, message="m")
    broken = ServiceException(inner)
    with pytest.raises(TypeError):
        str(broken)
    assert said(broken).message == "Azure ML refused to start a run (409): Busy"


def test_an_error_of_ours_passes_unchanged() -> None:
    ours = NotFoundError("no such run", "artgan list")
    assert translate(ours, "look", WHERE) is ours


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited; nobody really does."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def test_waits_as_long_as_the_service_asks_and_a_minute_in_all(waits: list[float]) -> None:
    failures = [http_error(429, Retry_After="2"), http_error(503, Retry_After="5"), requests.ConnectionError("cut")]

    def call() -> str:
        if failures:
            raise failures.pop(0)
        return "there"

    assert patiently(call) == "there"
    assert waits[:2] == [2.0, 5.0] and 0 < waits[2] < 4

    def never() -> None:
        raise http_error(500)

    waits.clear()
    with pytest.raises(requests.HTTPError):
        patiently(never)
    assert 25 < sum(waits) <= 60

    def much_later() -> None:
        raise http_error(429, Retry_After="3600")

    waits.clear()
    with pytest.raises(requests.HTTPError):
        patiently(much_later)
    assert waits == [], "an hour is not waited for"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_what_will_not_pass_is_not_waited_for(waits: list[float], status: int) -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise http_error(status)

    with pytest.raises(requests.HTTPError):
        patiently(call)
    assert len(calls) == 1 and waits == []


def test_an_unknown_way_to_sign_in_lists_those_there_are() -> None:
    with pytest.raises(UsageError) as wrong:
        Tokens("browser")
    assert wrong.value.hint == "there are: auto, cli, device, service-principal, managed"
    with pytest.raises(UsageError):
        Tokens("device")
