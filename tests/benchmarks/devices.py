"""What it costs to share each batch between two logical devices of one processor, against one device.

    python tests/benchmarks/devices.py [--preset fast] [--size 64] [--batch 8] [--rounds 7] [--steps 8]

The two learn the same from the same pictures; blocks of steps are taken in turn. A processor gains nothing by being
divided, so this measures what the sharing itself takes: every layer twice on half of the pictures, the sums between the
devices, the random numbers of the whole batch on each. Prints one line of JSON. Run by hand, on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from artgan.datasets.prepared import PreparedImages
from artgan.training.resolving import resolve
from artgan.training.session import Session

PAINTINGS = 256


def session_for(given: argparse.Namespace, gpus: int) -> Session:
    pictures = np.random.default_rng(0).integers(0, 256, (PAINTINGS, given.size, given.size, 3), np.uint8)
    prepared = PreparedImages([f"{n:03d}" for n in range(PAINTINGS)], pictures, None, "drawn", None, "crop")
    options = {"preset": given.preset, "size": given.size, "batch_size": given.batch, "grow": "", "kimg": 1000}
    config = resolve({**options, "precision": "float32", "device": "cpu", "gpus": gpus})
    return Session(config, prepared, np.arange(PAINTINGS))


def timed(session: Session, steps: int) -> tuple[float, float]:
    """Return the wall and CPU seconds of a thousand images."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        session.advance()
    session.drain()
    kimg = steps * session.config.step_images / 1000
    return (time.perf_counter() - wall) / kimg, (time.process_time() - cpu) / kimg


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8, help="steps in a block")
    given = parser.parse_args()
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    sessions = {"one": session_for(given, 1), "two": session_for(given, 2)}
    for session in sessions.values():
        timed(session, 4)
    blocks: dict[str, list[tuple[float, float]]] = {name: [] for name in sessions}
    for _ in range(given.rounds):
        for name, session in sessions.items():
            blocks[name].append(timed(session, given.steps))
    ratios = [two[1] / one[1] for one, two in zip(blocks["one"], blocks["two"], strict=True)]
    line: dict[str, object] = {"benchmark": "devices", **vars(given)}
    for name, found in blocks.items():
        line[f"{name}_images_per_s"] = round(1000 / statistics.median(wall for wall, _ in found), 1)
        line[f"{name}_cpu_s_per_kimg"] = round(statistics.median(cpu for _, cpu in found), 2)
    line["cpu_s_ratio"] = round(statistics.median(ratios), 2)
    line["ratio_range"] = [round(min(ratios), 2), round(max(ratios), 2)]
    print(json.dumps(line))


if __name__ == "__main__":
    main()
