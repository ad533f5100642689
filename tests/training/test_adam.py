"""One operation for each variable takes Keras' steps."""

from __future__ import annotations

import keras
import numpy as np

from artgan.training.adam import Adam


def test_its_steps_and_slots_are_those_of_keras() -> None:
    random = np.random.default_rng(0)
    shapes = ((3, 3, 4, 8), (8,), ())
    begun = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    how = {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-8}
    both = []
    for optimizer in (Adam(**how), keras.optimizers.Adam(**how)):
        variables = [keras.Variable(array) for array in begun]
        optimizer.build(variables)
        both.append((optimizer, variables))
    for rate in (0.01, 0.01, 0.003, 0.0):
        gradients = [
            (random.normal(size=shape) * 10.0 ** random.integers(-4, 3)).astype(np.float32) for shape in shapes
        ]
        for optimizer, variables in both:
            optimizer.learning_rate.assign(rate)
            optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
        ours, theirs = ([np.asarray(v) for v in (*variables, *one.variables)] for one, variables in both)
        assert len(ours) == len(theirs) > 3 * len(shapes)
        for found, expected in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-7)
    assert all(abs(np.asarray(v) - array).max() > 0.01 for v, array in zip(both[0][1], begun, strict=True))
