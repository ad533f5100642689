"""A batch in parts, one after the other, for networks that look at each picture by itself: less memory, same lesson."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Look = Callable[..., tuple[list[tf.Tensor], list[tf.Tensor]]]
"""From the number of a part and its rows to what is a mean over these, and what has a row for each of them."""


def in_parts(look: Look, parts: int, *rows: tf.Tensor | None) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Look at a batch part by part; only one part's activations are alive at a time.

    Args:
        look: called once in a graph for the first part, and once for all others.
        parts: how many, of equal size; 1 calls ``look`` with everything as it is.
        rows: ``(n, ...)`` each, or None, which stays None.

    Returns:
        What ``look`` gives of the whole: the means' mean, and all rows ``(n, ...)``.
    """
    if parts == 1:
        return look(0, *rows)
    pieces = [None if row is None else tf.reshape(row, [parts, -1, *row.shape[1:]]) for row in rows]

    def piece(part: tf.Tensor) -> list[tf.Tensor | None]:
        return [None if row is None else row[part] for row in pieces]

    def add(part: tf.Tensor, means: list[tf.Tensor], kept: list[tf.TensorArray]) -> tuple[Any, ...]:
        more, found = look(part, *piece(part))
        means = [total + mean for total, mean in zip(means, more, strict=True)]
        return part + 1, means, [array.write(part, row) for array, row in zip(kept, found, strict=True)]

    first = tf.constant(0)
    means, found = look(first, *piece(first))
    kept = [tf.TensorArray(row.dtype, parts, element_shape=row.shape).write(0, row) for row in found]
    _, means, kept = tf.while_loop(
        lambda part, *_: part < parts, add, (first + 1, means, kept), parallel_iterations=1, maximum_iterations=parts
    )
    whole = [tf.reshape(array.stack(), [-1, *row.shape[1:]]) for array, row in zip(kept, found, strict=True)]
    return [total / parts for total in means], whole
