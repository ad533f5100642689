"""The service's half of a job that has no SDK: numbers by MLflow's own protocol, pictures and files by its stores.

MLflow brings 87 packages, azureml-core is at its end; what a job needs of either is a few requests. Azure ML puts their
addresses and a token into the environment of every job.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

_TIMEOUT_S = (10.0, 60.0)
_SCHEME = "azureml://"


class Connection:
    """Where a job asks, and as whom.

    Args:
        environ: the job's environment variables.

    Raises:
        KeyError: Azure ML did not set them.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.run_id = environ["AZUREML_RUN_ID"]
        self._tokens = {"mlflow": environ.get("MLFLOW_TRACKING_TOKEN") or environ["AZUREML_RUN_TOKEN"]}
        self._tokens |= dict.fromkeys(("artifact", "metric"), environ["AZUREML_RUN_TOKEN"])
        scope = (
            f"/subscriptions/{environ['AZUREML_ARM_SUBSCRIPTION']}/resourceGroups/{environ['AZUREML_ARM_RESOURCEGROUP']}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{environ['AZUREML_ARM_WORKSPACE_NAME']}"
        )
        tracking = environ["MLFLOW_TRACKING_URI"].partition("?")[0].rstrip("/")
        service = environ["AZUREML_SERVICE_ENDPOINT"].rstrip("/")
        self._bases = {
            "mlflow": tracking.replace(_SCHEME, "https://", 1) + "/api/2.0/mlflow",
            "artifact": f"{service}/artifact/v2.0{scope}/artifacts",
            "metric": f"{service}/metric/v2.0{scope}/runs/{self.run_id}",
        }
        self._session = requests.Session()

    def ask(self, kind: str, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Ask "mlflow", "artifact" or "metric" something, and return what its JSON holds.

        Raises:
            requests.RequestException: it failed.
        """
        headers = {"Authorization": f"Bearer {self._tokens[kind]}"}
        url = self._bases[kind] + path
        answer = self._session.request(method, url, headers=headers, timeout=_TIMEOUT_S, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    @property
    def container(self) -> str:
        """Where the artifact store has what belongs to this job."""
        return f"ExperimentRun/dcid.{self.run_id}"

    def upload(self, path: Path, name: str) -> None:
        """Make a file an artifact of this job."""
        made = self.ask("artifact", "POST", f"/batch/metadata/{self.container}", json={"paths": [{"path": name}]})
        address = made["artifactContentInformation"][name]["contentUri"]
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": f"image/{path.suffix.lstrip('.')}"}
        self._session.put(address, path.read_bytes(), headers=headers, timeout=_TIMEOUT_S).raise_for_status()

    def download(self, address: str, path: Path) -> None:
        """Bring what lies at an address that is signed to ``path``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._session.get(address, stream=True, timeout=_TIMEOUT_S) as answer, open(path, "wb") as file:
            answer.raise_for_status()
            for piece in answer.iter_content(1 << 20):
                file.write(piece)


class MlflowReporter:
    """The run that this job is, by MLflow's protocol.

    Args:
        connection: of the job.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._images_seen: float | None = None

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        # A job that goes on after its node was taken away repeats some steps: they shall not stand there twice.
        if self._images_seen is None:
            self._images_seen = self._highest("images_seen")
        if values.get("images_seen", self._images_seen + 1) <= self._images_seen:
            return
        now = round(time.time() * 1000)
        metrics = [{"key": name, "value": value, "timestamp": now, "step": step} for name, value in values.items()]
        body = {"run_id": self._connection.run_id, "metrics": metrics}
        self._connection.ask("mlflow", "POST", "/runs/log-batch", json=body)
        self._images_seen = values.get("images_seen", self._images_seen)

    def _highest(self, name: str) -> float:
        run = self._connection.ask("mlflow", "GET", "/runs/get", params={"run_id": self._connection.run_id})["run"]
        # Of each name it tells the last.
        return max((float(one["value"]) for one in run["data"].get("metrics", []) if one["key"] == name), default=-1.0)

    def image(self, name: str, path: Path) -> None:
        # As Run.log_image of the SDK v1 does it, which the portal's images come from: an artifact, and a row of the
        # metric that points to it. A name of its own each time, since the store refuses the second of one.
        shown = f"shown/{path.stem}_{time.time_ns()}{path.suffix}"
        self._connection.upload(path, shown)
        row = {
            "metricId": str(uuid.uuid4()),
            "createdUtc": datetime.now(UTC).isoformat(),
            "data": {name: f"aml://artifactId/{self._connection.container}/{shown}"},
        }
        entry = {
            "name": name,
            "columns": {name: "Artifact"},
            "value": [row],
            "properties": {"uxMetricType": "azureml.v2.image"},
        }
        self._connection.ask("metric", "POST", "/batch", json={"values": [entry]})

    def close(self) -> None:
        pass


class StoredArtifacts:
    """The files that the artifact store has of this job.

    Args:
        connection: of the job.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._container = f"/{connection.container}"

    def names(self) -> list[str]:
        found: list[str] = []
        params: dict[str, str] = {}
        while True:
            page = self._connection.ask("artifact", "GET", self._container, params=params)
            found += [str(one["path"]) for one in page.get("value") or []]
            if not page.get("continuationToken"):
                return found
            params = {"continuationToken": page["continuationToken"]}

    def fetch(self, name: str, path: Path) -> None:
        info = self._connection.ask("artifact", "GET", f"/contentinfo{self._container}/{quote(name)}")
        self._connection.download(str(info["contentUri"]), path)
