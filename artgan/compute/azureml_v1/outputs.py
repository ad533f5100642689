"""A job's log and the files in its run folder, also while it runs."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from artgan.compute.azureml_v1 import downloading, failures, runs
from artgan.compute.azureml_v1.service import Service
from artgan.compute.backend import LogChunk, RemoteFile
from artgan.errors import ArtganError, NotFoundError, RemoteError

# On the job's side the run folder is the folder that Azure ML watches and keeps.
_RUN_FOLDER = "outputs/"
_ORIGIN = "ExperimentRun"
# What a script prints, in runs of today, in runs of several processes, and in runs from before 2021.
_LOGS = (r"user_logs/std_log\.txt", r"user_logs/std_log_process_0+\.txt", r"azureml-logs/70_driver_log(_0)?\.txt")


class Outputs:
    """The files of the runs of a workspace.

    Args:
        service: the workspace.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._signed: dict[tuple[str, str], str] = {}
        self._folders: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @cached_property
    def _session(self) -> Any:
        import requests

        return requests.Session()

    def logs(self, remote_id: str, remote: Mapping[str, str], offset: int) -> LogChunk:
        """Return what was logged from ``offset`` on; nothing yet is no error."""
        key = (remote_id, "log")

        def address(fresh: bool) -> str:
            if fresh or key not in self._signed:
                found = runs.log_addresses(self._service, remote_id, runs.experiment_of(remote))
                self._signed[key] = _main_log(found)
            return self._signed[key]

        if not address(False):
            del self._signed[key]  # asked for again next time: it may be there then
            return LogChunk(b"", offset)
        data, end = self._ask(
            f"read the log of run {remote_id}", lambda: downloading.read_from(self._session, address, offset)
        )
        return LogChunk(data, end)

    def files(self, remote_id: str, prefix: str) -> list[RemoteFile]:
        """Return the files in the job's run folder whose path begins with ``prefix``, by path.

        Sizes are not told by the service; each would be a question of its own.

        Raises:
            NotFoundError: the workspace has no such job.
        """
        client = self._service.artifacts

        def ask() -> list[RemoteFile]:
            try:
                found = list(client.get_artifact_by_container(_ORIGIN, _container(remote_id)))
            except Exception as error:
                if failures.look(error).status == 404:  # a job that has not begun has no container yet
                    return []
                raise
            return [
                RemoteFile(dto.path.removeprefix(_RUN_FOLDER), None, str(dto.etag or "").strip('"'))
                for dto in found
                if dto.path.startswith(_RUN_FOLDER)
            ]

        files = self._service.ask(f"list the files of run {remote_id}", ask)
        if not files and runs.get(self._service, remote_id) is None:
            raise runs.unknown(self._service, remote_id)
        return sorted(file for file in files if file.path.startswith(prefix))

    def fetch(self, remote_id: str, file: RemoteFile, path: Path) -> None:
        """Bring a file of the run folder home, whole or not at all.

        Raises:
            NotFoundError: the run has no such file.
        """
        doing = f"download {file.path} of run {remote_id}"
        try:
            self._ask(
                doing, lambda: downloading.download(self._session, self._address_of(remote_id, file.path), path), False
            )
        except downloading.BlobGoneError as error:
            raise NotFoundError(
                f"run {remote_id} has no file {file.path}", "see what it has: artgan pull RUN --all, or the portal"
            ) from error

    def _address_of(self, remote_id: str, path: str) -> Callable[[bool], str]:
        """Return what signs a file's address; a folder's second file has all of the folder signed at once."""

        def address(fresh: bool) -> str:
            with self._lock:
                if fresh:
                    self._signed.pop((remote_id, path), None)
                    self._folders = {known for known in self._folders if known[0] != remote_id}
                if (remote_id, path) not in self._signed:
                    folder = path.rpartition("/")[0]
                    if folder and (remote_id, folder) in self._folders:
                        self._sign_folder(remote_id, folder)
                    self._folders.add((remote_id, folder))
                if (remote_id, path) not in self._signed:
                    self._signed[remote_id, path] = self._sign(remote_id, path)
                return self._signed[remote_id, path]

        return address

    def _sign(self, remote_id: str, path: str) -> str:
        client = self._service.artifacts

        def ask() -> str:
            try:
                # The SDK puts the path into the address as it is, so "#", "%" and "?" are ours to quote.
                return str(client.get_file_uri(_ORIGIN, _container(remote_id), quote(_RUN_FOLDER + path)))
            except Exception as error:
                if failures.look(error).status == 404:
                    raise NotFoundError(
                        f"run {remote_id} has no file {path}", "what it has is listed in the portal: artgan open RUN"
                    ) from error
                raise

        return self._service.ask(f"ask for {path} of run {remote_id}", ask)

    def _sign_folder(self, remote_id: str, folder: str) -> None:
        client = self._service.artifacts
        prefix = f"{_ORIGIN}/{_container(remote_id)}/{quote(_RUN_FOLDER + folder)}/"
        doing = f"ask for the files in {folder} of run {remote_id}"
        for path, uri in self._service.ask(doing, lambda: list(client.get_files_by_artifact_prefix_id(prefix))):
            self._signed[remote_id, path.removeprefix(_RUN_FOLDER)] = uri

    def _ask(self, doing: str, call: Callable[[], Any], again: bool = True) -> Any:
        try:
            return self._service.ask(doing, call, again=again)
        except ArtganError as error:
            cause = error.__cause__
            if isinstance(cause, downloading.BlobGoneError):
                raise cause from None
            if isinstance(cause, downloading.SignatureExpiredError):
                raise RemoteError(
                    f"Blob storage refuses the address that Azure ML gave to {doing}",
                    "the storage account may be closed to this network: ask the workspace's owner",
                ) from error
            raise


def _container(remote_id: str) -> str:
    return f"dcid.{remote_id}"


def _main_log(addresses: Mapping[str, str]) -> str:
    for pattern in _LOGS:
        for name, uri in sorted(addresses.items()):
            if re.fullmatch(pattern, name):
                return uri
    return ""
