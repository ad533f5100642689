"""What everything is called in the local Azure."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"
GROUP = "studio"
NAME = "paintings"
WORKSPACE = (SUBSCRIPTION, GROUP, NAME)
WORKSPACE_ID = "0a1b2c3d-4e5f-4677-8899-aabbccddeeff"
SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
)
REGION = "eastus"

TENANT = "72f988bf-0000-4000-8000-2d7cd011db47"
CLIENT = "c0ffee00-1111-4222-8333-444444444444"
SECRET = "the~secret.of-the-local_azure"

ARM = "management.azure.com"
LOGIN = ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com")
API_HOST = f"{REGION}.api.azureml.ms"
API = "api"
API_URL = f"https://{API_HOST}"

ARTIFACTS = "azureml"
"""Container of what runs leave."""
DATA = f"azureml-blobstore-{WORKSPACE_ID}"
"""Container of the default datastore."""
SNAPSHOTS = "snapshots"


def utc(moment: datetime | None = None) -> str:
    """Write a time as the services do."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def token(audience: str, life_s: float = 36000, subject: str = "artist") -> str:
    """Make a token of the form that clients look into."""

    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = time.time()
    claims = {"aud": audience, "tid": TENANT, "oid": subject, "appid": CLIENT, "iat": now, "exp": int(now + life_s)}
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.c2ln"
