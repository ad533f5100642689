"""Resize and convolve in one operation: the same numbers for fewer multiplications, for training only.

Nearest upsampling followed by a 3x3 convolution is a transposed 4x4 convolution of stride 2; a 3x3 convolution
followed by 2x2 average pooling is a 4x4 convolution of stride 2 (both exact, up to rounding). Either way the 4x4 kernel
is the 3x3 kernel summed over a 2x2 window, and an output costs 4 (16) taps instead of 9 (36). Measured on two AVX2
cores at 64 px, a whole training step takes about 0.6 of the CPU time. Kernels keep their shape, so weights move
freely to and from the stock layers, and what is saved is always built of stock layers.

Upsampling with a 2x2 mean after it, then a 2x2 convolution, is a transposed 4x4 convolution of stride 2 too: smooth,
since the mean takes out twice what nearest upsampling takes out once, the grid of the smaller map.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from artgan.models.presets import NetworkSpec


class _Up(layers.Conv2D):
    """``(n, h, w, c)`` to ``(n, 2h, 2w, filters)``, with a 4x4 kernel that is a product with the layer's own."""

    side: int
    """Of the layer's own kernel."""
    windows: np.ndarray
    """``(16, side * side)``."""

    def __init__(self, filters: int, **options: Any) -> None:
        super().__init__(filters, self.side, padding="same", **options)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        # A transposed convolution spreads each input over its window, hence the mirrored kernel.
        kernel = tf.transpose(_enlarged(self.kernel, self.windows)[::-1, ::-1], [0, 1, 3, 2])
        shape = tf.shape(inputs)
        static = inputs.shape
        output = tf.nn.conv2d_transpose(
            inputs, kernel, [shape[0], 2 * static[1], 2 * static[2], self.filters], strides=2, padding="SAME"
        )
        return tf.nn.bias_add(output, tf.convert_to_tensor(self.bias))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        count, height, width, _ = input_shape
        return (count, height and 2 * height, width and 2 * width, self.filters)


# Tap (a, b) of the 4x4 kernel gathers the taps (i, j) of the 3x3 one with i in {a - 1, a} and j in {b - 1, b}: one
# matrix, so that the sums and their gradient are a product each.
_OVERLAP = np.array([[float(i in (a - 1, a)) for i in range(3)] for a in range(4)], np.float32)
_WINDOWS = np.kron(_OVERLAP, _OVERLAP)
# The taps of a 2x2 kernel spread by (1, 2, 1) / 2: by nearest upsampling, (1, 1), and the mean of two, (1, 1) / 2.
_SPREAD = np.array([[1, 0], [2, 1], [1, 2], [0, 1]], np.float32) / 2
_SMOOTH = np.kron(_SPREAD, _SPREAD)


class UpConv2D(_Up):
    """``UpSampling2D``, then ``Conv2D(filters, 3, padding="same")``."""

    side, windows = 3, _WINDOWS


class SmoothUpConv2D(_Up):
    """``UpSampling2D``, the mean of each 2x2 (``AveragePooling2D(2, strides=1)``), then ``Conv2D(filters, 2)``."""

    side, windows = 2, _SMOOTH


class ConvPool2D(layers.Conv2D):
    """``Conv2D(filters, 3, padding="same")``, ``AveragePooling2D(2)``: ``(n, 2h, 2w, c)`` to ``(n, h, w, filters)``."""

    def __init__(self, filters: int, **options: Any) -> None:
        super().__init__(filters, 3, padding="same", **options)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        kernel = _enlarged(self.kernel, _WINDOWS) / 4
        output = tf.nn.conv2d(inputs, kernel, strides=2, padding=[[0, 0], [1, 1], [1, 1], [0, 0]])
        return tf.nn.bias_add(output, tf.convert_to_tensor(self.bias))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        count, height, width, _ = input_shape
        return (count, height and height // 2, width and width // 2, self.filters)


def _enlarged(kernel: tf.Tensor, windows: np.ndarray) -> tf.Tensor:
    """Make a ``(side, side, in, out)`` kernel a ``(4, 4, in, out)`` one: a product with ``(16, side * side)``."""
    kernel = tf.convert_to_tensor(kernel)
    channels, filters = kernel.shape[2:]
    taps = tf.reshape(kernel, [windows.shape[1], channels * filters])
    return tf.reshape(tf.matmul(tf.constant(windows, kernel.dtype), taps), [4, 4, channels, filters])


def up_conv(x: keras.KerasTensor, filters: int, spec: NetworkSpec, name: str | None = None) -> keras.KerasTensor:
    """Double the sides, then convolve 3x3: in one layer for training, of stock layers otherwise."""
    if spec.fused:
        return UpConv2D(filters, dtype=spec.dtype, name=name)(x)
    x = layers.UpSampling2D(dtype=spec.dtype)(x)
    return layers.Conv2D(filters, 3, padding="same", dtype=spec.dtype, name=name)(x)


def smooth_up_conv(x: keras.KerasTensor, filters: int, spec: NetworkSpec, name: str | None = None) -> keras.KerasTensor:
    """Double the sides without the grid of the smaller map, then convolve 2x2: as ``up_conv``, for the same work."""
    if spec.fused:
        return SmoothUpConv2D(filters, dtype=spec.dtype, name=name)(x)
    x = layers.ZeroPadding2D(1, dtype=spec.dtype)(layers.UpSampling2D(dtype=spec.dtype)(x))
    x = layers.AveragePooling2D(2, strides=1, dtype=spec.dtype)(x)
    return layers.Conv2D(filters, 2, dtype=spec.dtype, name=name)(x)


def conv_pool(x: keras.KerasTensor, filters: int, spec: NetworkSpec, name: str | None = None) -> keras.KerasTensor:
    """Convolve 3x3, then halve the sides by averaging: in one layer for training, of stock layers otherwise."""
    if spec.fused:
        return ConvPool2D(filters, dtype=spec.dtype, name=name)(x)
    x = layers.Conv2D(filters, 3, padding="same", dtype=spec.dtype, name=name)(x)
    return layers.AveragePooling2D(2, dtype=spec.dtype)(x)
