"""Real blob storage: Azurite, started as a process, and what the control plane itself does in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
import urllib3

ACCOUNT = "artgantest"
KEY = base64.b64encode(hashlib.sha512(b"the key of the local storage account").digest()).decode()
HOST = f"{ACCOUNT}.blob.core.windows.net"

_REPOSITORY = Path(__file__).parents[3]
_VERSION = "2020-12-06"
_PACKAGES = {
    "azureml-core": "azure",
    "azure-identity": "azure",
    "azure-ai-ml": "azure-v2",
    "azure-storage-blob": "azure-v2",
}


def find_azurite() -> str | None:
    """Return the path of ``azurite-blob``: ``ARTGAN_TEST_AZURITE``, else on PATH, else below the repository."""
    if named := os.environ.get("ARTGAN_TEST_AZURITE"):
        return named
    return shutil.which("azurite-blob") or shutil.which("azurite-blob", path=str(_REPOSITORY / "node_modules" / ".bin"))


def missing() -> str:
    """Say what blob storage lacks on this machine; "" when it can start."""
    if shutil.which("node") is None:
        return "node is missing: Azurite, the local blob storage, runs on it"
    if find_azurite() is None:
        return "azurite-blob is missing: npm install azurite@3.37.0, or name it in ARTGAN_TEST_AZURITE"
    return ""


def package_missing() -> str:
    """Say which package of the SDKs is not installed; "" when all are."""
    for name, extra in _PACKAGES.items():
        try:
            version(name)
        except PackageNotFoundError:
            return f"{name} is missing: pip install artgan[{extra}]"
    return ""


def require(lacks: str | None = None) -> None:
    """Skip the test, naming what is missing; fail where ``ARTGAN_TEST_REQUIRE`` says that node must be there.

    Args:
        lacks: what is missing, "" for nothing; by default what blob storage lacks.
    """
    lacks = missing() if lacks is None else lacks
    if lacks:
        required = "node" in os.environ.get("ARTGAN_TEST_REQUIRE", "").replace(",", " ").split()
        (pytest.fail if required else pytest.skip)(lacks)


class Azurite:
    """The storage account ``ACCOUNT``, in memory.

    What a client asks for comes through the proxy with the client's own signature, which Azurite checks. The methods
    here are for the control plane and for tests; they go straight to it.

    Args:
        folder: where it keeps what little it writes.
        certificate: for ``*.blob.core.windows.net``.
        key: of the certificate.
        bundle: whom to trust.
    """

    def __init__(self, folder: Path, certificate: Path, key: Path, bundle: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "azurite.log"
        # The port that is free now may be somebody else's when Azurite comes to open it.
        for _ in range(3):
            with socket.create_server(("127.0.0.1", 0)) as taken:
                self.port: int = taken.getsockname()[1]
            self._process = self._start(["--cert", str(certificate), "--key", str(key)])
            if self._listens():
                break
        else:
            raise RuntimeError(f"Azurite did not start: {self._log.read_text('utf-8', 'replace')[-2000:]}")
        self.pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", self.port, maxsize=64, ca_certs=str(bundle), assert_hostname=HOST, server_hostname=HOST
        )

    def _start(self, options: list[str]) -> subprocess.Popen[bytes]:
        program = find_azurite()
        assert program is not None, missing()
        options += ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
        with self._log.open("wb") as output:
            return subprocess.Popen(
                [os.path.abspath(program), *options, "--blobHost", "127.0.0.1", "--blobPort", str(self.port)],
                cwd=self._log.parent,
                env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _listens(self) -> bool:
        until = time.monotonic() + 150
        while self._process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        return False

    def close(self) -> None:
        self.pool.close()
        self._process.kill()
        self._process.wait()

    # What the control plane does

    def create(self, container: str) -> None:
        self._call("PUT", container, restype="container")

    def put(self, container: str, name: str, data: bytes) -> str:
        """Write a blob; returns its ETag."""
        answer = self._call("PUT", f"{container}/{name}", data, {"x-ms-blob-type": "BlockBlob"})
        return answer.headers["ETag"]

    def get(self, container: str, name: str) -> bytes:
        """Read a blob.

        Raises:
            KeyError: there is none of that name.
        """
        answer = self._call("GET", f"{container}/{name}", ok=(200, 404))
        if answer.status == 404:
            raise KeyError(f"{container}/{name}")
        return answer.data

    def delete(self, container: str, name: str) -> None:
        self._call("DELETE", f"{container}/{name}", ok=(202, 404))

    def list(self, container: str, prefix: str = "") -> dict[str, int]:
        """Return the blobs whose names begin like that, with their sizes."""
        return dict(self._pages(container, prefix))

    def _pages(self, container: str, prefix: str) -> Iterator[tuple[str, int]]:
        marker = ""
        while True:
            answer = self._call("GET", container, restype="container", comp="list", prefix=prefix, marker=marker)
            root = ElementTree.fromstring(answer.data)
            for blob in root.iter("Blob"):
                yield blob.findtext("Name", ""), int(blob.findtext("Properties/Content-Length", "0"))
            marker = root.findtext("NextMarker") or ""
            if not marker:
                return

    def _call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        ok: tuple[int, ...] = (200, 201, 202),
        **query: str,
    ) -> urllib3.BaseHTTPResponse:
        target = f"/{quote(path)}?{urlencode(query | self._account_sas())}"
        answer = self.pool.urlopen(
            method, target, body, {"Host": HOST, "x-ms-version": _VERSION, **(headers or {})}, retries=False, timeout=60
        )
        if answer.status not in ok:
            raise RuntimeError(f"Azurite answered {answer.status} to {method} /{path}: {answer.data[:500]!r}")
        return answer

    # Signatures

    def _account_sas(self) -> dict[str, str]:
        fields = ["rwdlacup", "b", "sco", "", _later(3600), "", "https", _VERSION, ""]
        signature = _sign("\n".join([ACCOUNT, *fields, ""]))
        names = ("sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses")
        return {name: value for name, value in zip(names, fields, strict=True) if value} | {"sig": signature}

    def sas(self, container: str, blob: str, *, permissions: str = "r", life_s: float = 8 * 3600) -> str:
        """Return an address of a blob that anybody may use for so long."""
        expiry = _later(life_s)
        resource = f"/blob/{ACCOUNT}/{container}/{blob}"
        fields = [permissions, "", expiry, resource, "", "", "https", _VERSION, "b", "", "", "", "", "", "", ""]
        query = {"sp": permissions, "se": expiry, "spr": "https", "sv": _VERSION, "sr": "b"}
        query["sig"] = _sign("\n".join(fields))
        return f"https://{HOST}/{container}/{quote(blob)}?{urlencode(query)}"

    def container_sas(self, container: str, *, permissions: str = "rcwdl", life_s: float = 8 * 3600) -> str:
        """Return the signature with which anybody may use a container for so long."""
        expiry = _later(life_s)
        fields = [permissions, "", expiry, f"/blob/{ACCOUNT}/{container}", "", "", "https", _VERSION, "c"]
        query = {"sp": permissions, "se": expiry, "spr": "https", "sv": _VERSION, "sr": "c"}
        query["sig"] = _sign("\n".join([*fields, *[""] * 7]))
        return urlencode(query)


def _later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _sign(text: str) -> str:
    return base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256")).decode()
