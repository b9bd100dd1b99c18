"""What is timed: one cell on one batch of sequences, its numbers, and what every contender must return.

A contender is a function ``prepare(problem)`` that returns ``run()``. A run returns the loss, which is the
cross entropy summed over time and batch, and its gradients by every parameter, the initial states ("h0") and
the inputs ("x"), as arrays in operator layout. Nothing here imports symrnn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

SIZES = ((50, 10, 8, 1), (100, 64, 32, 1), (100, 64, 32, 32), (1000, 128, 64, 1), (200, 256, 128, 32))
GATES = {"lstm": ("o", "i", "f", "g"), "gru": ("n", "r", "z")}
STATES = {"elman": ("s",), "lstm": ("h", "c"), "gru": ("h",)}
CELLS = tuple(STATES)

Arrays = dict[str, Any]
Run = Callable[[], tuple[float, Arrays]]


@dataclass(frozen=True)
class Problem:
    """A cell, sizes (T, d, n, batch) with n classes, and numbers for everything that is given."""

    cell: str
    size: tuple[int, int, int, int]
    parameters: Arrays
    x: Any  # (T, batch, n)
    classes: Any  # (T, batch)
    y: Any  # the same as one-hot vectors, (T, batch, n)
    initial: Arrays  # (batch, d) each


def problem(cell: str, size: tuple[int, int, int, int], seed: int = 0) -> Problem:
    """Draw a problem; weights are scaled so that states neither vanish nor saturate."""
    T, d, n, batch = size
    rng = np.random.default_rng([seed, *size])
    if cell == "elman":
        shapes: dict[str, tuple[int, ...]] = {"U": (d, n), "W": (d, d), "b": (d,), "V": (n, d), "c": (n,)}
    else:
        gates = GATES[cell]
        shapes = {f"U_{j}": (d, n) for j in gates} | {f"W_{j}": (d, d) for j in gates}
        shapes |= {f"b_{j}": (d,) for j in gates} | {"V": (n, d), "c_out": (n,)}
        shapes |= {"b_hn": (d,)} if cell == "gru" else {}
    parameters = {name: rng.normal(scale=shape[-1] ** -0.5, size=shape) for name, shape in shapes.items()}
    classes = rng.integers(n, size=(T, batch))
    initial = {state: rng.normal(scale=0.5, size=(batch, d)) for state in STATES[cell]}
    return Problem(
        cell, size, parameters, rng.normal(size=(T, batch, n)), classes, np.eye(n)[classes], initial
    )


def deviation(found: tuple[float, Arrays], expected: tuple[float, Arrays]) -> float:
    """Return the largest difference of loss and gradients, each relative to its largest entry."""
    if found[1].keys() != expected[1].keys():
        return float("inf")
    pairs = [(found[0], expected[0]), *((found[1][name], value) for name, value in expected[1].items())]
    return max(float(np.max(np.abs(np.subtract(a, b))) / np.max(np.abs(b))) for a, b in pairs)
