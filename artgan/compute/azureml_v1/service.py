"""The SDK v1: loaded when first needed, kept quiet, asked with patience."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from artgan.compute.azureml_common.asking import Asker, quiet
from artgan.compute.azureml_common.signing_in import missing_extra


def load() -> Any:
    """Import the SDK, which takes seconds the first time, and return ``azureml.core``.

    Raises:
        SetupError: it is not installed.
    """
    with quiet():
        try:
            import azureml.core
            import azureml.core.compute
            from azureml._restclient import clientbase
        except ImportError as error:
            raise missing_extra() from error
        # Its own tries know no Retry-After, and wait 32, 64 and 128 seconds; ours wait for one minute in all.
        clientbase.DEFAULT_RETRIES = 0
        return azureml.core


class Service(Asker):
    """A workspace, asked through the SDK; every failure leaves as one of our errors."""

    @cached_property
    def workspace(self) -> Any:
        """The SDK's ``Workspace``; asked for once.

        Raises:
            SetupError: the SDK is missing, or the sign-in failed.
            NotFoundError: there is no such workspace.
        """
        core = load()
        return self.ask(f"open workspace {self.where.workspace_name!r}", lambda: self._open(core))

    def _open(self, core: Any) -> Any:
        from azureml.core.authentication import TokenAuthentication

        where = self.where
        with quiet():
            auth = TokenAuthentication(self.tokens.for_audience)
            found = core.Workspace(where.subscription_id, where.resource_group, where.workspace_name, auth=auth)
            if found._workspace_autorest_object is None:  # the SDK swallows a connection that failed here
                raise ConnectionError(f"no answer about workspace {where.workspace_name}")
        return found

    @cached_property
    def datastore(self) -> Any:
        """The SDK's ``Datastore`` that is the workspace's default."""
        workspace = self.workspace

        def find() -> Any:
            with quiet():
                return workspace.get_default_datastore()

        return self.ask("ask for the datastore", find)

    @cached_property
    def context(self) -> Any:
        """What the SDK's clients are made with; it knows where the workspace's services are."""
        workspace = self.workspace
        return self.ask("find the services of the workspace", lambda: workspace.service_context)

    @cached_property
    def portal(self) -> str:
        """Address of the portal."""
        context = self.context
        found = self.ask("find the portal of the workspace", context._get_workspace_portal_url)
        return (found or "https://ml.azure.com").rstrip("/")

    @cached_property
    def workspace_client(self) -> Any:
        """The SDK's client for what is known by the workspace: runs by their id, experiments."""
        from azureml._restclient.workspace_client import WorkspaceClient

        return self._client(WorkspaceClient)

    @cached_property
    def artifacts(self) -> Any:
        """The SDK's client for the files of runs."""
        from azureml._restclient.artifacts_client import ArtifactsClient

        return self._client(ArtifactsClient)

    def experiment_client(self, experiment: str) -> Any:
        """Return the SDK's client for the runs of an experiment; it need not exist, and is not made."""
        from azureml._restclient.experiment_client import ExperimentClient

        return self._client(ExperimentClient, experiment)

    def run_client(self, experiment: str, run_id: str) -> Any:
        """Return the SDK's client for one run."""
        from azureml._restclient.run_client import RunClient

        return self._client(RunClient, experiment, run_id)

    def _client(self, kind: Any, *args: Any) -> Any:
        context = self.context

        def make() -> Any:
            with quiet():
                client = kind(context, *args)
            # Its own retries know no Retry-After and do not end within a minute; ours do.
            client.retries = 0
            return client

        return self.ask("find the services of the workspace", make)
