"""The container of the workspace's default datastore, by the client of Blob storage that the SDK v1 carries."""

from __future__ import annotations

from typing import Any

from artgan.compute.azureml_common.asking import quiet
from artgan.compute.azureml_common.datasets import BLOCK, no_blobs
from artgan.compute.azureml_v1.service import Service


def container_of(service: Service) -> Any:
    """Return a client for the container of the default datastore.

    It is made anew from the datastore's own key or signature, because the SDK's waits 15 s before a second try, and
    because a workspace that gives out no keys wants the user's own sign-in.
    """
    datastore = service.datastore
    if datastore.datastore_type != "AzureBlob":
        raise no_blobs(datastore.name, datastore.datastore_type)
    with quiet():
        from azureml._vendor.azure_storage.blob import BlobServiceClient

        key = datastore.account_key
        named = {"account_name": datastore.account_name, "account_key": key} if key else service.tokens
        made = BlobServiceClient(
            account_url=f"https://{datastore.account_name}.blob.{datastore.endpoint}",
            credential=datastore.sas_token or named,
            max_block_size=BLOCK,
            max_single_put_size=BLOCK,
            retry_total=4,
            initial_backoff=1,
            increment_base=2,
        )
        return made.get_container_client(datastore.container_name)
