"""What there is to compute on: device, number format, memory."""

from __future__ import annotations

import contextlib
import math
import platform
from pathlib import Path

import keras
import psutil
import tensorflow as tf

from artgan.errors import SetupError
from artgan.training.config import TrainConfig

# Activations alive at once in a step for each one that a forward pass makes: kept for the backward pass, its gradient,
# and the second backward pass of the penalties. Measured at 16 to 256 px: 1.6 to 1.7, and 2.5 in the smallest step.
_ACTIVATION_COPIES = 2.5
# Control groups, versions 2 and 1: the files of limit and use, and what memory.stat beside them calls files' pages.
_CGROUP = Path("/sys/fs/cgroup")
_CGROUPS = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
)


def choose_device(wanted: str) -> str:
    """Make TensorFlow see the device that is wanted, and name it.

    Args:
        wanted: "auto", "cpu" or "gpu".

    Returns:
        For example "CPU (2 cores)" or "GPU (NVIDIA A100)".

    Raises:
        SetupError: "gpu" is wanted and there is none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if wanted == "gpu" and not gpus:
        raise SetupError("no GPU that TensorFlow can use was found", "see why with: artgan doctor")
    if wanted == "cpu" or not gpus:
        if gpus:
            _hide_gpus()
        return f"CPU ({psutil.cpu_count()} cores)"
    details = tf.config.experimental.get_device_details(gpus[0])
    return f"GPU ({details.get('device_name', 'unnamed')})"


def _hide_gpus() -> None:
    try:
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError as error:
        raise SetupError(
            "TensorFlow is at work on the GPU in this process already, so the CPU cannot be chosen any more",
            "choose it in a new process, before anything else uses TensorFlow",
        ) from error


def choose_policy(config: TrainConfig, device: str) -> str:
    """Return the Keras precision policy of the trained networks.

    Args:
        config: its ``precision`` decides unless it is "auto".
        device: what ``choose_device`` returned.
    """
    if config.precision == "auto":
        fast = device.startswith("GPU") or _cpu_has_bfloat16()
        return "mixed_bfloat16" if fast else "float32"
    return "mixed_bfloat16" if config.precision == "bfloat16" else "float32"


def _cpu_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by itself (measured: elsewhere it is slower than float32)."""
    if platform.system() != "Linux":
        return False
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    return "avx512_bf16" in flags or "amx_bf16" in flags


def memory_mb() -> float:
    """Return the memory this process holds now, in megabytes."""
    return psutil.Process().memory_info().rss / 1e6


def free_bytes() -> float:
    """Return the memory that this process may still take: the machine's, or less where a limit is set."""
    free = [float(psutil.virtual_memory().available)]
    # A container's limit; the system kills who goes beyond it. Pages of files count as used, but give way.
    for limit, used, files in _CGROUPS:
        with contextlib.suppress(OSError, ValueError, KeyError):  # not there, or "max"
            stat = dict(line.split() for line in (_CGROUP / used).with_name("memory.stat").read_text().splitlines())
            left = int((_CGROUP / limit).read_text()) - int((_CGROUP / used).read_text()) + int(stat[files])
            free.append(float(left))
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
        if allowed != resource.RLIM_INFINITY:
            free.append(float(allowed - psutil.Process().memory_info().vms))
    return max(min(free), 0.0)


def step_bytes(generator: keras.Model, discriminator: keras.Model, batch_size: int) -> float:
    """Predict the memory that one step's activations need, in bytes."""
    # Each picture passes the discriminator twice as often as the generator: as a real and as a painted one.
    values = _activations(generator) + 2 * _activations(discriminator)
    return 4 * _ACTIVATION_COPIES * values * batch_size


def step_work(generator: keras.Model, discriminator: keras.Model) -> float:
    """Return how much there is to compute in a step, in a unit that compares networks of one kind."""
    # Each picture passes the discriminator as a real and as a painted one.
    return _multiplications(generator) + 2 * _multiplications(discriminator)


def _multiplications(model: keras.Model) -> int:
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += _multiplications(layer)
        elif hasattr(layer, "kernel"):
            total += math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
    return total


def _activations(model: keras.Model) -> int:
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += _activations(layer)
            continue
        total += sum(math.prod(side or 1 for side in output.shape[1:]) for output in keras.tree.flatten(layer.output))
    return total
