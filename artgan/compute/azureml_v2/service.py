"""The SDK v2: loaded when first needed, kept quiet, asked with patience."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from artgan.compute.azureml_common.asking import Asker, quiet, unfinished
from artgan.compute.azureml_common.signing_in import missing_extra

EXTRA = "azure-v2"
_TIMEOUT_S = (10.0, 60.0)


def load() -> Any:
    """Import the SDK, which takes seconds the first time, and return ``azure.ai.ml``.

    Raises:
        SetupError: it is not installed.
    """
    with quiet():
        try:
            import azure.ai.ml
            import azure.identity
            import azure.storage.blob
        except ImportError as error:
            raise missing_extra(EXTRA) from error
        return azure.ai.ml


class Service(Asker):
    """A workspace, asked through the SDK; every failure leaves as one of our errors."""

    @cached_property
    def client(self) -> Any:
        """The SDK's ``MLClient``; making it asks nothing."""
        ml = load()
        where = self.where
        with quiet():
            # Its own tries know no end within a minute; ours do. It must not tell anybody what is done with it.
            return ml.MLClient(
                self.tokens,
                where.subscription_id,
                where.resource_group,
                where.workspace_name,
                enable_telemetry=False,
                show_progress=False,
                retry_total=0,
            )

    @cached_property
    def workspace(self) -> Any:
        """The SDK's ``Workspace``; asked for once.

        Raises:
            SetupError: the SDK is missing, or the sign-in failed.
            NotFoundError: there is no such workspace.
        """
        client, name = self.client, self.where.workspace_name

        def find() -> Any:
            with quiet():
                return client.workspaces.get(name)

        return self.ask(f"open workspace {name!r}", find)

    @cached_property
    def session(self) -> Any:
        """What the services of the workspace are asked with where the SDK does not."""
        import requests

        return requests.Session()

    @cached_property
    def _addresses(self) -> dict[str, str]:
        workspace = self.workspace

        def find() -> dict[str, str]:
            answer = self.session.get(workspace.discovery_url, timeout=_TIMEOUT_S)
            answer.raise_for_status()
            return {str(name): str(address) for name, address in answer.json().items()}

        return self.ask("find the services of the workspace", find)

    @property
    def portal(self) -> str:
        """Address of the portal."""
        return self._addresses.get("studio", "https://ml.azure.com").rstrip("/")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the run history; return what its JSON holds.

        Args:
            method: of HTTP.
            path: below the workspace, such as ``/runs/<id>``.
            body: becomes JSON.

        Raises:
            Exception: as it was; this is for ``ask``.
        """
        history = self._addresses.get("history")
        if not history:
            raise unfinished("find the services of the workspace")
        token = self.tokens.for_audience("https://management.azure.com/")
        answer = self.session.request(
            method,
            f"{history.rstrip('/')}/history/v1.0{self.where.scope}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        return answer.json()
