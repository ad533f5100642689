"""A job's log and the files in its run folder: blobs of the workspace's artifact store, also while it runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from artgan.compute.azureml_common import failures
from artgan.compute.azureml_common.asking import quiet
from artgan.compute.azureml_common.naming import unknown
from artgan.compute.azureml_common.outputs import Outputs
from artgan.compute.azureml_v2 import history, storage
from artgan.compute.azureml_v2.service import Service
from artgan.compute.azureml_v2.storage import Store
from artgan.compute.backend import RemoteFile

_PATH = re.compile(r"azureml://(?:.*/)?datastores/(?P<store>[^/]+)/(?:paths/)?(?P<prefix>.+?)/?")
_STORE = "workspaceartifactstore"
_LOGS = ("user_logs/", "azureml-logs/")
"""Where logs lie: those of today, those from before 2021."""
# Of the protocol of Blob storage; from this version on it takes a sign-in.
_VERSION = "2020-12-06"


class Place(NamedTuple):
    """Where a job's files lie."""

    store: Store
    prefix: str


class BlobOutputs(Outputs):
    """The files of the runs of a workspace.

    Args:
        service: the workspace.
    """

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._service = service
        self._stores: dict[str, Store] = {}
        self._places: dict[str, Place] = {}

    @cached_property
    def _session(self) -> Any:
        session = super()._session
        session.auth = self._sign_in
        return session

    def _sign_in(self, request: Any) -> Any:
        """Show who asks, where the address of a blob does not say so itself."""
        if "sig=" not in request.url:
            token = self._service.tokens.for_audience("https://storage.azure.com/")
            request.headers |= {"Authorization": f"Bearer {token}", "x-ms-version": _VERSION}
        return request

    def log_addresses(self, remote_id: str, remote: Mapping[str, str]) -> dict[str, str]:
        place = self._place(remote_id)
        found: list[str] = []
        for top in _LOGS:
            found = found or [file.path for file in self._list(remote_id, place, top)]
        if not found:
            self._must_exist(remote_id)
        return {path: place.store.address(f"{place.prefix}/{path}") for path in found}

    def listed(self, remote_id: str) -> list[RemoteFile]:
        found = self._list(remote_id, self._place(remote_id), "")
        if not found:
            self._must_exist(remote_id)
        return found

    def sign(self, remote_id: str, path: str) -> str:
        place = self._place(remote_id)
        return place.store.address(f"{place.prefix}/{path}")

    def _list(self, remote_id: str, place: Place, top: str) -> list[RemoteFile]:
        container = storage.container_of(self._service, place.store)
        start = f"{place.prefix}/"

        def ask() -> list[RemoteFile]:
            blobs = container.list_blobs(name_starts_with=start + top)
            return [
                RemoteFile(blob.name.removeprefix(start), int(blob.size), str(blob.etag or "").strip('"'))
                for blob in blobs
            ]

        return self._service.ask(f"list the files of run {remote_id}", ask)

    def _must_exist(self, remote_id: str) -> None:
        """A job without files may be one that has not begun, or none at all."""
        if history.get(self._service, remote_id) is None:
            raise unknown(self._service.where, remote_id)

    def _place(self, remote_id: str) -> Place:
        if remote_id not in self._places:
            store, prefix = self._default_output(remote_id)
            if store not in self._stores:
                self._stores[store] = storage.store_of(self._service, store)
            self._places[remote_id] = Place(self._stores[store], prefix)
        return self._places[remote_id]

    def _default_output(self, remote_id: str) -> tuple[str, str]:
        """Return the datastore of a job's files and their prefix there: what the job says, else what has always been.

        Raises:
            NotFoundError: the workspace has no such job.
        """
        client = self._service.client

        def ask() -> str:
            try:
                with quiet():
                    return str(client.jobs.get(remote_id).outputs["default"].path)
            except Exception as error:
                trouble = failures.look(error)
                if trouble.status == 404:
                    raise unknown(self._service.where, remote_id) from error
                if trouble.status or trouble.cut or trouble.sign_in:
                    raise
                return ""  # of a kind that the SDK does not know, or without outputs of its own

        match = _PATH.fullmatch(self._service.ask(f"ask where the files of run {remote_id} lie", ask))
        return (match["store"], match["prefix"]) if match else (_STORE, f"ExperimentRun/dcid.{remote_id}")
