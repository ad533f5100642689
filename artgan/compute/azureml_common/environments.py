"""What a job finds on its node: an image, the client's versions by conda and pip, a few variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Ubuntu with Miniconda and no CUDA: pip's tensorflow[and-cuda] brings the CUDA that this TensorFlow was built for. The
# curated TensorFlow images hold an older TensorFlow with Keras 2, whose generators would not load here.
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
SHARED_MEMORY = "2g"
VARIABLES = {"PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}


def described(image: str) -> str:
    """Say what a job runs in, for the plan."""
    return f"{image}, as it is" if image else f"{IMAGE}, with the versions of here"


def conda(pins: Mapping[str, str], more: Sequence[str] = ()) -> dict[str, Any]:
    """Return a job's conda file: Python and TensorFlow as on the client, the CUDA libraries, and what a driver adds.

    Args:
        pins: of the job.
        more: packages that are not pinned there, as pip reads them.
    """
    wanted = {name: version for name, version in pins.items() if name != "python"}
    packages = [
        f"{'tensorflow[and-cuda]' if name == 'tensorflow' else name}{f'=={version}' if version else ''}"
        for name, version in wanted.items()
    ]
    return {"name": "artgan", "dependencies": [f"python={python_of(pins)}", "pip", {"pip": [*packages, *more]}]}


def python_of(pins: Mapping[str, str]) -> str:
    """Return the version of Python that a job has."""
    return pins.get("python", "3.12")
