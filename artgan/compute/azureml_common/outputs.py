"""A job's log and the files in its run folder, also while it runs."""

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from artgan.compute.azureml_common import downloading
from artgan.compute.azureml_common.asking import Asker
from artgan.compute.backend import LogChunk, RemoteFile
from artgan.errors import ArtganError, NotFoundError, RemoteError

# On the job's side the run folder is the folder that Azure ML watches and keeps.
RUN_FOLDER = "outputs/"
# What a script prints, in runs of today, in runs of several processes, and in runs from before 2021.
_LOGS = (r"user_logs/std_log\.txt", r"user_logs/std_log_process_0+\.txt", r"azureml-logs/70_driver_log(_0)?\.txt")


class Outputs(ABC):
    """The files of the runs of a workspace; a driver says where they lie.

    Args:
        asker: asks about the workspace.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._signed: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    @cached_property
    def _session(self) -> Any:
        import requests

        return requests.Session()

    # What a driver knows

    @abstractmethod
    def log_addresses(self, remote_id: str, remote: Mapping[str, str]) -> dict[str, str]:
        """Return a job's log files, by path, with addresses that can be read.

        Raises:
            NotFoundError: the workspace has no such job.
        """

    @abstractmethod
    def listed(self, remote_id: str) -> list[RemoteFile]:
        """Return the files below the job's working directory, which hold those of its run folder.

        Raises:
            NotFoundError: the workspace has no such job.
        """

    @abstractmethod
    def sign(self, remote_id: str, path: str) -> str:
        """Return an address that reads a file, whose path is relative to the job's working directory.

        Raises:
            NotFoundError: the run has no such file.
        """

    # What is made of it

    def logs(self, remote_id: str, remote: Mapping[str, str], offset: int) -> LogChunk:
        """Return what was logged from ``offset`` on; nothing yet is no error."""
        key = (remote_id, "log")

        def address(fresh: bool) -> str:
            if fresh or key not in self._signed:
                self._signed[key] = _main_log(self.log_addresses(remote_id, remote))
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

        Raises:
            NotFoundError: the workspace has no such job.
        """
        found = [file for file in self.listed(remote_id) if file.path.startswith(RUN_FOLDER)]
        files = [file._replace(path=file.path.removeprefix(RUN_FOLDER)) for file in found]
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
        """Return what signs a file's address."""

        def address(fresh: bool) -> str:
            with self._lock:
                if fresh:
                    self.forget(remote_id, path)
                if (remote_id, path) not in self._signed:
                    self.sign_several(remote_id, path)
                if (remote_id, path) not in self._signed:
                    self._signed[remote_id, path] = self.sign(remote_id, RUN_FOLDER + path)
                return self._signed[remote_id, path]

        return address

    def forget(self, remote_id: str, path: str) -> None:
        """Forget the address of a file: it is not accepted any more."""
        self._signed.pop((remote_id, path), None)

    def sign_several(self, remote_id: str, path: str) -> None:  # noqa: B027
        """Sign a file of the run folder with others, where that is cheaper; else do nothing."""

    def _ask(self, doing: str, call: Callable[[], Any], again: bool = True) -> Any:
        try:
            return self._asker.ask(doing, call, again=again)
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


def _main_log(addresses: Mapping[str, str]) -> str:
    for pattern in _LOGS:
        for name, uri in sorted(addresses.items()):
            if re.fullmatch(pattern, name):
                return uri
    return ""
