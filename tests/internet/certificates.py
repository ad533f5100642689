"""A certificate authority that lives as long as a test."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

import trustme


class Certificates:
    """Sign for any host, and say whom to trust.

    Args:
        folder: where the bundle that clients trust (``ca.pem``) is written.
    """

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.bundle = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(self.bundle)

    def server_context(self, hosts: Iterable[str]) -> ssl.SSLContext:
        """Return what a TLS server needs to be these hosts; ``*.example.org`` stands for one level of names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*hosts).configure_cert(context)
        return context

    def server_files(self, hosts: Iterable[str]) -> tuple[Path, Path]:
        """Return the same as two files, certificate and key, for a server that is another program."""
        folder = self.bundle.parent
        signed = self._authority.issue_cert(*hosts)
        certificate, key = folder / "server-cert.pem", folder / "server-key.pem"
        certificate.write_bytes(b"".join(blob.bytes() for blob in signed.cert_chain_pems))
        signed.private_key_pem.write_to_path(key)
        return certificate, key
