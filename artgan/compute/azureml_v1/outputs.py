"""A job's log and the files in its run folder, by addresses that the services sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from artgan.compute.azureml_common import failures
from artgan.compute.azureml_common.naming import experiment_of, unknown
from artgan.compute.azureml_common.outputs import RUN_FOLDER, Outputs
from artgan.compute.azureml_v1 import runs
from artgan.compute.azureml_v1.service import Service
from artgan.compute.backend import RemoteFile
from artgan.errors import NotFoundError

_ORIGIN = "ExperimentRun"


class SignedOutputs(Outputs):
    """The files of the runs of a workspace.

    Args:
        service: the workspace.
    """

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._service = service
        self._folders: set[tuple[str, str]] = set()

    def log_addresses(self, remote_id: str, remote: Mapping[str, str]) -> dict[str, str]:
        return runs.log_addresses(self._service, remote_id, experiment_of(remote))

    def listed(self, remote_id: str) -> list[RemoteFile]:
        """List the files; sizes are not told by the service, each would be a question of its own."""
        client = self._service.artifacts

        def ask() -> list[Any]:
            try:
                return list(client.get_artifact_by_container(_ORIGIN, _container(remote_id)))
            except Exception as error:
                if failures.look(error).status == 404:  # a job that has not begun has no container yet
                    return []
                raise

        found = self._service.ask(f"list the files of run {remote_id}", ask)
        if not found and runs.get(self._service, remote_id) is None:
            raise unknown(self._service.where, remote_id)
        return [RemoteFile(dto.path, None, str(dto.etag or "").strip('"')) for dto in found]

    def forget(self, remote_id: str, path: str) -> None:
        super().forget(remote_id, path)
        self._folders = {known for known in self._folders if known[0] != remote_id}

    def sign_several(self, remote_id: str, path: str) -> None:
        """Have all files of a folder signed at once when its second is asked for."""
        folder = path.rpartition("/")[0]
        if folder and (remote_id, folder) in self._folders:
            self._sign_folder(remote_id, folder)
        self._folders.add((remote_id, folder))

    def sign(self, remote_id: str, path: str) -> str:
        client = self._service.artifacts

        def ask() -> str:
            try:
                # The SDK puts the path into the address as it is, so "#", "%" and "?" are ours to quote.
                return str(client.get_file_uri(_ORIGIN, _container(remote_id), quote(path)))
            except Exception as error:
                if failures.look(error).status == 404:
                    raise NotFoundError(
                        f"run {remote_id} has no file {path.removeprefix(RUN_FOLDER)}",
                        "what it has is listed in the portal: artgan open RUN",
                    ) from error
                raise

        return self._service.ask(f"ask for {path} of run {remote_id}", ask)

    def _sign_folder(self, remote_id: str, folder: str) -> None:
        client = self._service.artifacts
        prefix = f"{_ORIGIN}/{_container(remote_id)}/{quote(RUN_FOLDER + folder)}/"
        doing = f"ask for the files in {folder} of run {remote_id}"
        for path, uri in self._service.ask(doing, lambda: list(client.get_files_by_artifact_prefix_id(prefix))):
            self._signed[remote_id, path.removeprefix(RUN_FOLDER)] = uri


def _container(remote_id: str) -> str:
    return f"dcid.{remote_id}"
