"""The containers of datastores, and addresses of blobs in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from artgan.compute.azureml_common import failures
from artgan.compute.azureml_common.asking import quiet
from artgan.compute.azureml_common.datasets import BLOCK, no_blobs
from artgan.compute.azureml_v2.service import Service

# An address is made when a file is asked for; one that ran out under way is made anew.
_LIFE = timedelta(hours=8)


@dataclass(frozen=True)
class Store:
    """A datastore in Blob storage.

    Attributes:
        name: of the datastore.
        url: of its container.
        key: of the storage account, or "".
        signature: that opens the container, or "". Without either it is the user's own sign-in that counts.
    """

    name: str
    url: str
    account: str
    container: str
    key: str = field(default="", repr=False)
    signature: str = field(default="", repr=False)

    @property
    def is_open(self) -> bool:
        """Whether an address alone reads a blob, without a sign-in."""
        return bool(self.key or self.signature)

    def address(self, blob: str) -> str:
        """Return an address of a blob, signed where there is something to sign with."""
        plain = f"{self.url}/{quote(blob)}"
        if self.signature:
            return f"{plain}?{self.signature.lstrip('?')}"
        if not self.key:
            return plain
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas

        signature = generate_blob_sas(
            self.account,
            self.container,
            blob,
            account_key=self.key,
            permission=BlobSasPermissions(read=True),
            expiry=datetime.now(UTC) + _LIFE,
            protocol="https",
        )
        return f"{plain}?{signature}"


def default_store(service: Service) -> Store:
    """Return the workspace's default datastore.

    Raises:
        SetupError: it is no blob storage.
    """
    client = service.client
    return _store(
        service, "ask for the datastore", lambda secrets: client.datastores.get_default(include_secrets=secrets)
    )


def store_of(service: Service, name: str) -> Store:
    """Return a datastore by its name."""
    client = service.client
    doing = f"ask for the datastore {name!r}"
    return _store(service, doing, lambda secrets: client.datastores.get(name, include_secrets=secrets))


def _store(service: Service, doing: str, get: Any) -> Store:
    def ask() -> Any:
        with quiet():
            try:
                return get(True)
            except Exception as error:
                if failures.look(error).status != 403:
                    raise
                # Keys are not for everybody; who may read the blobs themselves needs none.
                return get(False)

    found = service.ask(doing, ask)
    kind = str(getattr(found.type, "value", found.type))
    if kind.lower().replace("_", "") != "azureblob":
        raise no_blobs(found.name, kind)
    held = found.credentials
    host = f"{found.account_name}.blob.{found.endpoint or 'core.windows.net'}"
    return Store(
        name=found.name,
        url=f"{found.protocol or 'https'}://{host}/{found.container_name}",
        account=found.account_name,
        container=found.container_name,
        key=str(getattr(held, "account_key", None) or ""),
        signature=str(getattr(held, "sas_token", None) or ""),
    )


def container_of(service: Service, store: Store) -> Any:
    """Return a client for the container of a datastore.

    Its credential is the datastore's own key or signature, or the user's sign-in where a workspace gives out none.
    """
    with quiet():
        from azure.core.credentials import AzureSasCredential
        from azure.storage.blob import ContainerClient

        credential: Any = service.tokens
        if store.signature:
            credential = AzureSasCredential(store.signature.lstrip("?"))
        elif store.key:
            credential = {"account_name": store.account, "account_key": store.key}
        return ContainerClient.from_container_url(
            store.url,
            credential=credential,
            max_block_size=BLOCK,
            max_single_put_size=BLOCK,
            retry_total=4,
            initial_backoff=1,
            increment_base=2,
        )
