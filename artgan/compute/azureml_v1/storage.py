"""Datasets in the workspace's default datastore: blobs below ``datasets/``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from artgan.compute.azureml_v1 import failures
from artgan.compute.azureml_v1.service import Service, quiet
from artgan.compute.backend import RemoteFile
from artgan.errors import NotFoundError, RemoteError, SetupError

FOLDER = "datasets"
# Four connections fill a domestic line; blocks of 4 MiB are the SDK's own measure, and what a cut costs.
_CONNECTIONS = 4
_BLOCK = 4 * 1024 * 1024


def upload(service: Service, path: Path, name: str, progress: Callable[[int], None]) -> None:
    """Bring a file to ``datasets/<name>``, unless one of that name and size is there; look afterwards that it is.

    The blob appears when all of it has arrived, not before, and each block travels with its checksum.

    Raises:
        RemoteError: what arrived has another size.
    """
    size = path.stat().st_size
    container = _container(service)
    blob = container.get_blob_client(f"{FOLDER}/{name}")
    if _size(service, blob, name) == size:
        progress(size)
        return

    def send() -> None:
        with open(path, "rb") as file:
            blob.upload_blob(
                file,
                length=size,
                overwrite=True,
                validate_content=True,
                max_concurrency=_CONNECTIONS,
                progress_hook=lambda done, _total: progress(min(done, size)),
            )

    service.ask(f"upload {name}", send)
    arrived = _size(service, blob, name)
    if arrived != size:
        raise RemoteError(
            f"{name} has {size} bytes here, but {'nothing' if arrived is None else f'{arrived} bytes'} arrived",
            "repeat the command: it uploads the file again",
        )
    progress(size)


def list_data(service: Service) -> list[RemoteFile]:
    """Return the datasets in the datastore, by name."""
    container = _container(service)
    prefix = f"{FOLDER}/"
    blobs = service.ask("list the datasets", lambda: list(container.list_blobs(name_starts_with=prefix)))
    return sorted(
        RemoteFile(blob.name.removeprefix(prefix), blob.size, str(blob.etag or "").strip('"')) for blob in blobs
    )


def remove(service: Service, name: str) -> None:
    """Delete a dataset from the datastore.

    Raises:
        NotFoundError: there is none of that name; the hint lists those there are.
    """
    container = _container(service)
    if name not in (there := [file.path for file in list_data(service)]):
        raise NotFoundError(
            f"no dataset {name!r} in the datastore", f"there are: {', '.join(there)}" if there else "it holds none"
        )

    def ask() -> None:
        try:
            container.delete_blob(f"{FOLDER}/{name}", delete_snapshots="include")
        except Exception as error:
            if failures.look(error).status != 404:  # gone: what was wanted, perhaps by the try before
                raise

    service.ask(f"remove {name} from the datastore", ask)


def _size(service: Service, blob: Any, name: str) -> int | None:
    def ask() -> int | None:
        try:
            return int(blob.get_blob_properties().size)
        except Exception as error:
            if failures.look(error).status == 404:
                return None
            raise

    return service.ask(f"look for {name} in the datastore", ask)


def _container(service: Service) -> Any:
    """Return a client for the container of the default datastore.

    It is made anew from the datastore's own key or signature, because the SDK's waits 15 s before a second try, and
    because a workspace that gives out no keys wants the user's own sign-in.
    """
    datastore = service.datastore
    if datastore.datastore_type != "AzureBlob":
        raise SetupError(
            f"the default datastore {datastore.name!r} is a {datastore.datastore_type}, not blob storage",
            "set another in the portal: https://ml.azure.com, Data, Datastores, Set as default datastore",
        )
    with quiet():
        from azureml._vendor.azure_storage.blob import BlobServiceClient

        key = datastore.account_key
        named = {"account_name": datastore.account_name, "account_key": key} if key else service.tokens
        made = BlobServiceClient(
            account_url=f"https://{datastore.account_name}.blob.{datastore.endpoint}",
            credential=datastore.sas_token or named,
            max_block_size=_BLOCK,
            max_single_put_size=_BLOCK,
            retry_total=4,
            initial_backoff=1,
            increment_base=2,
        )
        return made.get_container_client(datastore.container_name)
