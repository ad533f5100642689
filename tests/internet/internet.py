"""All of it at once: start, look, break, stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import warm
from .certificates import Certificates
from .proxy import Proxy
from .server import Fault, Request, RequestLog, Server, Site

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
"""A ``date`` for those who compare what two runs wrote."""

_ELSEWHERE = ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
_OF_THE_USER = ("ARTGAN_", "XDG_", "AZURE", "ARM_", "MSI_", "IDENTITY_")


class Internet:
    """The hosts of some sites, on this machine, and no others.

    ::

        with Internet(LocalWikiArt(works=200)) as internet:
            done = internet.artgan("fetch", "flowers", cwd=tmp_path)
            assert internet.log.busiest_second("www.wikiart.org") <= 1

    Args:
        sites: what there is.
        date: what servers say the time is; None for the truth.
        folder: where the certificate and the user's home lie; a temporary one by default.
        port: of the proxy; 0 takes a free one.
        log: where requests are also written, one line of JSON each.
        extra: what a program must also find in its environment, to sign in for example.
    """

    def __init__(
        self,
        *sites: Site,
        date: datetime | None = None,
        folder: Path | None = None,
        port: int = 0,
        log: Path | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self.sites = sites
        self._extra = dict(extra or {})
        self._given = folder
        self._port = port
        self._date = date
        self._started: list[subprocess.Popen[str]] = []
        self.log = RequestLog(log)

    def __enter__(self) -> Internet:
        self.folder = self._given or Path(tempfile.mkdtemp(prefix="internet-"))
        self.home = self.folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.certificates = Certificates(self.folder)
        hosts = [host for site in self.sites for host in site.hosts]
        self.server = Server(self.sites, self.certificates.server_context(hosts), self.log, self._date)
        self.proxy = Proxy(self._port)
        for host in hosts:
            self.proxy.route(host, self.server.port)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.proxy.close()
        self.server.close()
        if self._given is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def variables(self) -> dict[str, str]:
        """What a program must find in its environment; plain http goes to the proxy too, which refuses it."""
        address = self.proxy.address
        names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
        bundle = str(self.certificates.bundle)
        return {**dict.fromkeys(names, address), "REQUESTS_CA_BUNDLE": bundle, "HOME": str(self.home), **self._extra}

    @property
    def env(self) -> dict[str, str]:
        """The environment for a subprocess: this one's, without what would lead outside or to the user's own files."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in _ELSEWHERE and not name.startswith(_OF_THE_USER)
        }
        return {**kept, "PYTHONPATH": str(warm.REPOSITORY), **self.variables}

    def use(self, monkeypatch: Any) -> None:
        """Let the test's own process live in this internet."""
        for name in _ELSEWHERE:
            monkeypatch.delenv(name, raising=False)
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)

    def popen(self, *args: str, cwd: Path, module: str = "artgan", **env: str) -> subprocess.Popen[str]:
        """Start ``artgan ARGS``, or another module, in a process (and a process group) of its own."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *args],
            cwd=cwd,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def artgan(self, *args: str, cwd: Path, timeout: float = 600, **env: str) -> subprocess.CompletedProcess[str]:
        """Run ``artgan ARGS`` to its end; gives returncode, stdout and stderr."""
        process = self.popen(*args, cwd=cwd, **env)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"artgan {' '.join(args)} took over {timeout} s\n{stdout}\n{stderr}") from error
        return subprocess.CompletedProcess(args, process.returncode, stdout, stderr)

    def quick(self, *args: str, cwd: Path, timeout: float = 600, **env: str) -> subprocess.CompletedProcess[str]:
        """Run ``artgan ARGS`` to its end in a process that need not load it anew; see ``warm``."""
        return warm.warm(warm.FETCHING).begin(*args, cwd=cwd, env={**self.env, **env}).wait(timeout)

    def inject(
        self,
        match: str | Callable[[Request], bool],
        fault: Fault,
        times: int | None = None,
        *,
        instead: bool = False,
    ) -> None:
        """Let requests go wrong; see ``Server.inject`` and ``faults``."""
        self.server.inject(match, fault, times, instead=instead)

    def heal(self) -> None:
        """Let everything go right again, and put the cable back."""
        self.server.heal()
        self.proxy.restore()

    def cut(self) -> None:
        """Pull the cable."""
        self.proxy.cut()
