"""Ten pictures from a cold start: ``artgan sample`` against TensorFlow's import, plain Keras loading and ``predict``.

Both paint the starter's first ten seeds, one after the other in each round. Prints one line of JSON. Run by hand, on a
quiet machine: ``python tests/benchmarks/engine.py``; ``--model FILE`` for another generator.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import artgan

STARTER = next(Path(artgan.__file__).parent.glob("starter/@starter/models/gen_*.keras"))
_PEER = """
import sys, numpy, tensorflow, keras
model = keras.models.load_model(sys.argv[1], compile=False)
inputs = [numpy.random.normal(size=(10, one.shape[1])).astype("float32") for one in model.inputs]
model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
"""


def seconds(command: list[str], folder: str) -> float:
    """Run a command and return the wall time it took."""
    environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    begun = time.perf_counter()
    subprocess.run(
        command, check=True, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--model", type=lambda text: Path(text).resolve(), default=STARTER)
    parser.add_argument("--engine", default="auto")
    given = parser.parse_args()
    peer = [sys.executable, "-c", _PEER, str(given.model)]
    with tempfile.TemporaryDirectory() as folder:
        ours = [sys.executable, "-m", "artgan", "sample", "--model", str(given.model), "-n", "10"]
        ours += ["--engine", given.engine, "--force"]
        seconds(ours, folder), seconds(peer, folder)
        pairs = [(seconds(ours, folder), seconds(peer, folder)) for _ in range(given.rounds)]
    print(
        json.dumps(
            {
                "benchmark": "engine",
                "model": given.model.name,
                "engine": given.engine,
                "sample_over_tensorflow_keras_predict": round(statistics.median(a / b for a, b in pairs), 3),
                "sample_s": round(statistics.median(a for a, _ in pairs), 3),
                "peer_s": round(statistics.median(b for _, b in pairs), 3),
                "rounds": given.rounds,
            }
        )
    )


if __name__ == "__main__":
    main()
