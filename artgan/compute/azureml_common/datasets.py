"""Datasets in the workspace's default datastore: blobs below ``datasets/``.

The client of Blob storage is the same in both SDKs: version 1 carries a copy of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from artgan.compute.azureml_common import failures
from artgan.compute.azureml_common.asking import Asker
from artgan.compute.backend import RemoteFile
from artgan.errors import NotFoundError, RemoteError, SetupError

FOLDER = "datasets"
# Four connections fill a domestic line; blocks of 4 MiB are the SDK's own measure, and what a cut costs.
_CONNECTIONS = 4
BLOCK = 4 * 1024 * 1024


def upload(asker: Asker, container: Any, path: Path, name: str, progress: Callable[[int], None]) -> None:
    """Bring a file to ``datasets/<name>``, unless one of that name and size is there; look afterwards that it is.

    The blob appears when all of it has arrived, not before, and each block travels with its checksum.

    Raises:
        RemoteError: what arrived has another size.
    """
    size = path.stat().st_size
    blob = container.get_blob_client(f"{FOLDER}/{name}")
    if _size(asker, blob, name) == size:
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

    asker.ask(f"upload {name}", send)
    arrived = _size(asker, blob, name)
    if arrived != size:
        raise RemoteError(
            f"{name} has {size} bytes here, but {'nothing' if arrived is None else f'{arrived} bytes'} arrived",
            "repeat the command: it uploads the file again",
        )
    progress(size)


def list_data(asker: Asker, container: Any) -> list[RemoteFile]:
    """Return the datasets in the datastore, by name."""
    prefix = f"{FOLDER}/"
    blobs = asker.ask("list the datasets", lambda: list(container.list_blobs(name_starts_with=prefix)))
    return sorted(
        RemoteFile(blob.name.removeprefix(prefix), blob.size, str(blob.etag or "").strip('"')) for blob in blobs
    )


def remove(asker: Asker, container: Any, name: str) -> None:
    """Delete a dataset from the datastore.

    Raises:
        NotFoundError: there is none of that name; the hint lists those there are.
    """
    if name not in (there := [file.path for file in list_data(asker, container)]):
        raise NotFoundError(
            f"no dataset {name!r} in the datastore", f"there are: {', '.join(there)}" if there else "it holds none"
        )

    def ask() -> None:
        try:
            container.delete_blob(f"{FOLDER}/{name}", delete_snapshots="include")
        except Exception as error:
            if failures.look(error).status != 404:  # gone: what was wanted, perhaps by the try before
                raise

    asker.ask(f"remove {name} from the datastore", ask)


def no_blobs(name: str, kind: str) -> SetupError:
    """Return the error of a default datastore that is no blob storage."""
    return SetupError(
        f"the default datastore {name!r} is a {kind}, not blob storage",
        "set another in the portal: https://ml.azure.com, Data, Datastores, Set as default datastore",
    )


def _size(asker: Asker, blob: Any, name: str) -> int | None:
    def ask() -> int | None:
        try:
            return int(blob.get_blob_properties().size)
        except Exception as error:
            if failures.look(error).status == 404:
                return None
            raise

    return asker.ask(f"look for {name} in the datastore", ask)
