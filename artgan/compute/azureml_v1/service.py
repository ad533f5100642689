"""The SDK: loaded when first needed, kept quiet, asked with patience."""

from __future__ import annotations

import contextlib
import io
import logging
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar

from artgan.compute.azureml_v1 import failures
from artgan.compute.azureml_v1.signing_in import Tokens, missing_extra
from artgan.compute.azureml_v1.workspaces import WorkspaceRef
from artgan.errors import ArtganError, RemoteError

T = TypeVar("T")

# How long one question may wait in all for a service that is busy or not there.
_PATIENCE_S = 60.0
# Without a network a person wants to know that sooner.
_PATIENCE_OFFLINE_S = 15.0
_LOGGERS = ("azureml", "azure", "msrest", "msal", "msal_extensions", "urllib3.connectionpool", "cli", "paramiko")


# Where a process prints is one thing for all of it: two threads would give it back in the wrong order.
_quiet = threading.RLock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings, log lines and prints of the SDK from the user's terminal."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    sink = io.StringIO()
    with _quiet, warnings.catch_warnings(), contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        warnings.simplefilter("ignore")
        yield


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


def patiently(call: Callable[[], T], patience_s: float = _PATIENCE_S) -> T:
    """Call, and call again while the failure is a passing one.

    Waits as long as the service asks for (``Retry-After``), else 0.5 s and twice as long each time, with jitter.

    Args:
        call: what may be done twice.
        patience_s: most seconds to wait in all; a service that asks for more is not waited for.

    Raises:
        Exception: the last one, as it was.
    """
    waited, back_off = 0.0, 0.5
    while True:
        try:
            return call()
        except ArtganError:
            raise
        except Exception as error:
            trouble = failures.look(error)
            wait = trouble.retry_after if trouble.retry_after is not None else back_off * random.uniform(0.75, 1.25)
            if not trouble.passing or waited + wait > (_PATIENCE_OFFLINE_S if trouble.cut else patience_s):
                raise
        time.sleep(wait)
        waited += wait
        back_off *= 2


class Service:
    """A workspace, asked through the SDK; every failure leaves as one of our errors.

    Args:
        where: the workspace.
        tokens: who asks.
    """

    def __init__(self, where: WorkspaceRef, tokens: Tokens) -> None:
        self.where = where
        self.tokens = tokens

    def ask(self, doing: str, call: Callable[[], T], *, again: bool = True) -> T:
        """Ask something, with patience.

        Args:
            doing: what is asked, as in "could not <doing>".
            call: asks.
            again: whether it may be asked twice.

        Raises:
            ArtganError: of ``failures.explain``.
        """
        try:
            return patiently(call) if again else call()
        except Exception as error:
            if failures.look(error).status == 401:
                self.tokens.forget()
            raise failures.translate(error, doing, self.where, self.tokens.credential) from error

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


def unfinished(doing: str) -> RemoteError:
    """The error of an answer that lacks what it must have."""
    return RemoteError(f"Azure ML gave an answer without content while trying to {doing}", "repeat the command")
