"""How far two values lie apart, and what of that number is written down."""

from __future__ import annotations

from typing import Any

import numpy as np

from symrnn.witness.interpret import Array


def deviation(found: Any, expected: Any) -> float:
    """Return max |found − expected| / max(1, max |expected|); infinite if the shapes differ."""
    a, b = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if a.shape != b.shape:
        return float("inf")
    if not b.size:
        return 0.0
    worst = float(np.max(np.abs(a - b)) / max(1.0, float(np.max(np.abs(b)))))
    return worst if np.isfinite(worst) else float("inf")


def bound_of(number: float) -> float:
    """Return the power of ten, from 1e-14 upwards, that a deviation stays below.

    What is written down holds on every machine: the digits of rounding itself are decided by the kernels that
    NumPy and its BLAS choose for a processor. What is no finite number is returned as it is.

    Examples
    --------
    >>> bound_of(2.2e-16), bound_of(0.0), bound_of(3e-11), bound_of(float("inf"))
    (1e-14, 1e-14, 1e-10, inf)
    """
    if not np.isfinite(number):
        return number
    power = -14
    while number >= float(f"1e{power}"):
        power += 1
    return float(f"1e{power}")


def largest_deviation(found: Array, expected: Array) -> float:
    """Return the largest deviation over the first axis, that of the times."""
    return max((deviation(a, b) for a, b in zip(found, expected, strict=True)), default=0.0)
