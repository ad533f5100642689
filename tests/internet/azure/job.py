"""One attempt at a run: a disk, a process, and the artifacts that come out of it."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..warm import LEARNING, Forked, warm
from .names import API_URL, DATA, GROUP, NAME, REGION, SCOPE, SNAPSHOTS, SUBSCRIPTION, WORKSPACE_ID, token
from .world import JOB, Run, World

_WATCHED = ("outputs", "logs", "user_logs")
_PAUSE_S = 0.2
_KEPT = (
    *("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)
"""What a job has of the environment of the tests: nothing that belongs to their user."""


class Attempt:
    """Run the snapshot of a run in a folder of its own.

    Args:
        world: where its state is kept.
        run: what is run.
        place: the node's folder; made here. The job works in ``wd`` below it.
        disk: what an attempt before left, or None for an empty disk.
        variables: how the services are reached.
        tokens: those that are valid.
        grace_s: between TERM and KILL.
    """

    def __init__(
        self,
        world: World,
        run: Run,
        place: Path,
        disk: Path | None,
        variables: Mapping[str, str],
        tokens: set[str],
        grace_s: float,
    ) -> None:
        self.world = world
        self.run = run
        self.place = place
        self.wd = place / "wd"
        self._disk = disk
        self._variables = variables
        self._tokens = tokens
        self._grace_s = grace_s
        self._known: dict[str, tuple[int, int]] = {}
        self._process: Forked | None = None
        # Held while files go up and while the process begins or is killed: nothing goes up after a kill.
        self._turn = threading.Lock()
        self._killed = False
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"job {run.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        self._thread.join()

    def cancel(self) -> None:
        """Ask the process to end, and see to it that it does."""
        self._cancelled.set()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Take the power away, and wait until it is dark; the state of the run stays as it is."""
        with self._turn:
            self._killed = True
            self._signal(signal.SIGKILL)
        self._thread.join()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _become(self, state: str, error: str = "", code: str = "UserError") -> None:
        with self.world.lock:
            if not self._killed and (self.run.status != "CancelRequested" or state == "Canceled"):
                self.run.become(state, error, code)

    def _serve(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._signal(signal.SIGKILL)
            self._become("Failed", f"{type(error).__name__}: {error}", "ServiceError")

    def _work(self) -> None:
        self._become("Preparing")
        self._materialise()
        arguments = self._arguments()
        (self.wd / "user_logs").mkdir(exist_ok=True)
        with self._turn:
            if self._killed:
                return
            if not self._cancelled.is_set():
                self._begin(arguments)
        if self._process is not None:
            self._watch(self._process)
        if self._killed:
            return
        self._become("Finalizing")
        self._upload()
        self.run.brought_own = any((self.wd / "artgan" / "__pycache__").glob("__init__.*.pyc"))
        code = self._process.wait() if self._process else None
        if self._cancelled.is_set():
            self._become("Canceled")
        elif code == 0:
            self._become("Completed")
        else:
            how = f"Execution failed. User process 'python' exited with status code {code}."
            self._become("Failed", f"{how} Please check log file 'user_logs/std_log.txt' for error details.")

    def _begin(self, arguments: list[str]) -> None:
        environment, log = self._environment(), self.wd / "user_logs" / "std_log.txt"
        self._process = warm(LEARNING).script(arguments, cwd=self.wd, env=environment, log=log)
        with self.world.lock:
            self.run.environment, self.run.command, self.run.place = environment, ["python", *arguments], self.wd
        self._become("Running")

    def _watch(self, process: Forked) -> None:
        limit = self.run.definition.get("maxRunDurationSeconds")
        end = time.monotonic() + limit if limit else None
        kill_at = None
        while process.poll() is None:
            now = time.monotonic()
            if end is not None and now > end and not self._cancelled.is_set():
                self._become("CancelRequested", f"The run took longer than {limit} seconds.", "MaxRunDurationExceeded")
                self.cancel()
            if self._cancelled.is_set():
                kill_at = kill_at or now + self._grace_s
                if now > kill_at:
                    self._signal(signal.SIGKILL)
            self._upload()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PAUSE_S if kill_at is None else 0.05)
        # Whatever it left behind goes with the node.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    # The node's disk

    def _materialise(self) -> None:
        for name, (container, blob) in self._sent().items():
            if "__pycache__" in name or self._killed:
                continue
            path = self.wd / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.world.storage.get(container, blob))
        (self.place / "home").mkdir(parents=True, exist_ok=True)
        for name in _WATCHED:
            if self._disk is not None and (self._disk / name).is_dir():
                shutil.rmtree(self.wd / name, ignore_errors=True)
                shutil.move(self._disk / name, self.wd / name)
            (self.wd / name).mkdir(parents=True, exist_ok=True)
        self.world.put_artifact(self.run, "system_logs/lifecycler/lifecycler.log", b"the node is ready\n")

    def _sent(self) -> dict[str, tuple[str, str]]:
        """Return the files that came with the job: its snapshot, or the code of the SDK v2."""
        if code := self.world.codes.get(self.run.snapshot or ""):
            blobs = self.world.storage.list(code.container, code.prefix)
            return {blob.removeprefix(code.prefix): (code.container, blob) for blob in blobs}
        return {name: (SNAPSHOTS, blob) for name, blob in self.world.snapshots[self.run.snapshot or ""].items()}

    def _arguments(self) -> list[str]:
        """Return what follows "python": a script and its arguments."""
        definition = self.run.definition
        if self.run.kind == JOB:
            python, *arguments = shlex.split(self._filled(definition))
            assert python == "python", definition["command"]
            return arguments
        arguments = [str(argument) for argument in [definition["script"], *definition.get("arguments", [])]]
        for name, reference in (definition.get("dataReferences") or {}).items():
            folder = str(self._mounted(name, reference["pathOnDataStore"] or ""))
            arguments = [argument.replace(f"$AZUREML_DATAREFERENCE_{name}", folder) for argument in arguments]
        return arguments

    def _filled(self, definition: Mapping[str, Any]) -> str:
        """Return the command of a job of the SDK v2, its inputs put in."""
        command = str(definition["command"])
        for name, given in definition["inputs"].items():
            value = given.get("value")
            if given["jobInputType"] == "uri_folder":
                prefix = "azureml://datastores/workspaceblobstore/paths/"
                assert given["uri"].startswith(prefix) and given["mode"] == "ReadOnlyMount", given
                value = str(self._mounted(name, given["uri"].removeprefix(prefix)))
            command = command.replace(f"${{{{inputs.{name}}}}}", shlex.quote(str(value)))
        return command

    def _mounted(self, name: str, path: str) -> Path:
        root = self.place / "data" / name
        prefix = path.strip("/")
        for blob in self.world.storage.list(DATA, prefix):
            if blob == prefix or blob.startswith(f"{prefix}/" if prefix else ""):
                (root / blob).parent.mkdir(parents=True, exist_ok=True)
                (root / blob).write_bytes(self.world.storage.get(DATA, blob))
        if not (root / prefix).is_file():
            (root / prefix).mkdir(parents=True, exist_ok=True)
        return root / prefix

    def _environment(self) -> dict[str, str]:
        run, definition = self.run, self.run.definition
        made = token("https://management.azure.com/", subject=run.id)
        self._tokens.add(made)
        mlflow = f"azureml://{REGION}.api.azureml.ms/mlflow/v2.0{SCOPE}?"
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            **self._variables,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "HOME": str(self.place / "home"),
            "PYTHONUNBUFFERED": "1",
            "AZUREML_RUN_ID": run.id,
            "AZUREML_RUN_TOKEN": made,
            "AZUREML_RUN_TOKEN_EXPIRY": str(int(time.time() + 36000)),
            "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
            "AZUREML_ARM_RESOURCEGROUP": GROUP,
            "AZUREML_ARM_WORKSPACE_NAME": NAME,
            "AZUREML_ARM_PROJECT_NAME": run.experiment.name,
            "AZUREML_EXPERIMENT_ID": run.experiment.id,
            "AZUREML_SERVICE_ENDPOINT": API_URL,
            "AZUREML_WORKSPACE_ID": WORKSPACE_ID,
            "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{API_URL}/discovery",
            "MLFLOW_TRACKING_URI": mlflow,
            "MLFLOW_RUN_ID": run.id,
            "MLFLOW_EXPERIMENT_ID": run.experiment.id,
            "MLFLOW_EXPERIMENT_NAME": run.experiment.name,
            "MLFLOW_TRACKING_TOKEN": made,
            **{name: str(value) for name, value in (definition.get("environmentVariables") or {}).items()},
            "PYTHONPATH": self._hidden(),
        }

    def _hidden(self) -> str:
        """Return a folder that hides the SDK v1, which the tests have, from a job whose environment does not."""
        definition = self.run.definition
        name = (definition.get("environmentId") or "").rpartition("/environments/")[2]
        environment = self.world.environments.get(name.replace("/versions/", ":")) or {}
        if self.run.kind == JOB:
            has = "azureml-core" in (environment.get("condaFile") or "")
        else:
            has = not definition.get("environment", {}).get("python", {}).get("userManagedDependencies")
        if has:
            return ""
        folder = self.place / "without"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text('import sys\n\nsys.modules["azureml.core"] = None\n', "utf-8")
        return str(folder)

    def _upload(self) -> None:
        """Bring up what is new or changed; unfinished files (``.part``) stay where they are."""
        for top in _WATCHED:
            for path in sorted((self.wd / top).rglob("*")):
                with self._turn, contextlib.suppress(FileNotFoundError):
                    if self._killed:
                        return
                    if path.suffix == ".part" or path.is_symlink() or not path.is_file():
                        continue
                    name, facts = path.relative_to(self.wd).as_posix(), path.stat()
                    version = (facts.st_mtime_ns, facts.st_size)
                    if self._known.get(name) != version:
                        self.world.put_artifact(self.run, name, path.read_bytes())
                        self._known[name] = version
