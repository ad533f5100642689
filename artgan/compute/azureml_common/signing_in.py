"""Who asks: tokens from azure-identity, kept as long as they hold."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from artgan.errors import SetupError, UsageError

CREDENTIALS = ("auto", "cli", "device", "service-principal", "managed")
EXTRA = "azure"
"""The extra of packages that brings an SDK, unless a driver names another."""
_PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
HINTS = {
    "auto": f"sign in with: az login   (or set {', '.join(_PRINCIPAL)})",
    "cli": "sign in with: az login",
    "device": "repeat the command and enter the code in a browser in time",
    "service-principal": f"check {', '.join(_PRINCIPAL)}; a secret that ran out is renewed with: az ad sp "
    "credential reset --id $AZURE_CLIENT_ID",
    "managed": "a managed identity exists on Azure's machines only; elsewhere sign in with: az login",
}
# Asked for again when it holds for less than this: a job's upload may take minutes.
_SPARE_S = 300.0


class Tokens:
    """Tokens by audience; azure-identity is asked again only when one is about to run out.

    The Azure CLI takes a second for every token, and the SDK asks for one with every request.

    Args:
        credential: one of ``CREDENTIALS``.
        tell: shows a person the code that "device" needs.
        extra: of artgan, whose packages are used.

    Raises:
        UsageError: there is no such way to sign in.
    """

    def __init__(self, credential: str, tell: Callable[[str], None] | None = None, extra: str = EXTRA) -> None:
        if credential not in CREDENTIALS:
            raise UsageError(f"no way to sign in called {credential!r}", f"there are: {', '.join(CREDENTIALS)}")
        if credential == "device" and tell is None:
            raise UsageError("nobody is there to enter the code of a device sign-in", "use --credential auto")
        self.credential = credential
        self.extra = extra
        self._tell = tell
        self._made: Any = None
        self._kept: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    @property
    def hint(self) -> str:
        """What mends a sign-in of this kind."""
        return HINTS[self.credential]

    def for_audience(self, audience: str) -> str:
        """Return a token for an audience such as ``https://management.azure.com/``; called by the SDK."""
        return self.get_token(audience.rstrip("/") + "/.default").token

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """Return an ``AccessToken``; with this method the object is a credential for azure-core too."""
        from azure.core.credentials import AccessToken

        key = " ".join(scopes)
        with self._lock:
            token, until = self._kept.get(key, ("", 0.0))
            if time.time() > until - _SPARE_S:
                fresh = self._source().get_token(*scopes, **options)
                token, until = self._kept[key] = (fresh.token, float(fresh.expires_on))
            return AccessToken(token, int(until))

    def forget(self) -> None:
        """Let the next token be a fresh one: a service did not accept the last."""
        with self._lock:
            self._kept.clear()
            self._made = None  # it keeps tokens too

    def _source(self) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> Any:
        try:
            from azure import identity
        except ImportError as error:
            raise missing_extra(self.extra) from error
        if self.credential == "cli":
            return identity.AzureCliCredential()
        if self.credential == "service-principal":
            return identity.EnvironmentCredential()
        if self.credential == "managed":
            return identity.ManagedIdentityCredential()
        if self.credential == "device":
            return identity.DeviceCodeCredential(prompt_callback=self._show_code)
        return identity.DefaultAzureCredential()

    def _show_code(self, address: str, code: str, expires: object) -> None:
        if self._tell:
            self._tell(f"open {address} in a browser and enter the code {code}")


def missing_extra(extra: str = EXTRA) -> SetupError:
    """The error of a machine without the Azure packages."""
    return SetupError(
        "Azure ML needs packages that are not installed", f'install them with: pip install "artgan[{extra}]"'
    )
