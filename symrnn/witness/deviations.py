"""How far two values lie apart, measured so that a small entry counts as much as a large one.

An entry is measured against the size of what was added to make it: the sum of the absolute values of its
terms, with what cancels exactly left out. Rounding is relative to that, about 1e-16 of it for each operation,
and to nothing else: a product of small factors is small and exact, a difference of large terms is small and
is not. So 7.3e-32 where 5.9e-32 is right is a deviation of 0.2, unless terms of 1e-22 or more were subtracted
from each other to get there.

A derivative that a forward pass measures may itself be a difference: the slope of u/|u| is one of two equal
terms. Where an entry seems to fail, a derivative counts as large as it would be if it moved with the given
numbers, each of which is moved by ``MOVE`` of itself: what rounding makes of them is no deviation.

Where nobody can say what was added, as for ink, an entry is measured against itself, or against ``FLOOR`` of
the largest one, if that is more. Entries below ``LEAST`` are next to what underflows and are measured against
that.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from symrnn.tensor import (
    Contraction,
    Derivative,
    Diagonal,
    Hadamard,
    JacobianProduct,
    Ones,
    Outer,
    Plus,
    Scale,
    Tensor,
    TimeSum,
    Variable,
)
from symrnn.witness.interpret import Array, Values, contract_arrays, interpret, told_apart

LEAST = 1e-290
MOVE = 2.0**-44  # of each given number: a few hundred units of rounding
FLOOR = 1e-4  # rounding of entries that are sums of terms as large as the largest stays below 1e-10 of it


def deviation(found: Any, expected: Any, sizes: Any = None) -> float:
    """Return max |found − expected| / size, entry by entry; infinite if the shapes differ.

    Parameters
    ----------
    found, expected : array
    sizes : array, optional
        Of what was added to make each entry, as ``sizes_of`` gives them; a larger entry is its own size.

    Examples
    --------
    >>> deviation([1.0, 7e-32], [1.0, 6e-32], sizes=[1.0, 6e-32]) > 0.1
    True
    """
    a, b = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if a.shape != b.shape:
        return float("inf")
    if not b.size:
        return 0.0
    size = np.abs(b)
    size = np.maximum(size, FLOOR * size.max() if sizes is None else np.abs(sizes))
    with np.errstate(invalid="ignore", over="ignore"):
        worst = float(np.max(np.abs(a - b) / np.maximum(size, LEAST)))
    return worst if np.isfinite(worst) else float("inf")


def sizes_of(tensor: Tensor, at: Values, exact: bool = True, near: Values | None = None) -> Array:
    """Sizes of the terms that make each entry of an expression: absolute values are added and multiplied.

    Variables, derivatives and functions count as they are. Limits of what saturates, and given values that
    are only added, are exact: in ŷ - y, for a ŷ next to 1 and a y of 1, nothing but the rest is left. Not
    ``exact`` is who adds ŷ and -y as they are: then the size is 2. With values ``near`` those of ``at``,
    derivatives count as large as they move.
    """

    def of(node: Tensor) -> Array:
        return sizes_of(node, at, exact, near)

    match tensor:
        case Plus() if not exact:
            return reduce(np.add, map(of, tensor.args))
        case Plus():
            certain: list[Array] = []
            sizes: list[Array] = []
            for term in tensor.args:
                limit, rest = told_apart(term, at)
                if limit is not None:
                    certain.append(limit)
                    sizes.append(np.abs(rest))
                elif _given(term, at):
                    certain.append(rest)
                else:
                    sizes.append(of(term))
            added = [np.abs(reduce(np.add, certain))] if certain else []
            return reduce(np.add, (*added, *sizes))
        case Scale(factor, inner):
            return abs(float(factor)) * of(inner)
        case Hadamard(left, right):
            return of(left) * of(right)
        case Outer(left, right):
            u, v = of(left), of(right)
            return u.reshape(u.shape + (1,) * right.rank) * v.reshape(
                v.shape[: v.ndim - right.rank] + (1,) * left.rank + v.shape[v.ndim - right.rank :]
            )
        case Diagonal(vector):
            return of(vector)[..., :, None] * np.eye(at.sizes[vector.shape[-1]])
        case Contraction():
            first, *others = tensor.factors
            product, rank, joined = of(first), first.rank, tensor.joined
            for factor in others:
                product = contract_arrays(product, rank, of(factor), factor.rank, joined)
                rank += factor.rank - 2 * joined
            return product
        case TimeSum():
            zeros = np.zeros([at.sizes[axis] for axis in tensor.shape])
            return reduce(np.add, (of(tensor.instance(j)) for j in tensor.times()), zeros)
        case JacobianProduct():
            factors = (of(tensor.instance(j)) for j in tensor.times())
            return reduce(lambda done, later: later @ done, factors, np.eye(at.sizes[tensor.shape[0]]))
    size = np.abs(interpret(tensor, at))
    if near is None or not isinstance(tensor, Derivative):
        return size
    return np.maximum(size, np.abs(interpret(tensor, near) - interpret(tensor, at)) / MOVE)


def _given(term: Tensor, at: Values) -> bool:
    """Whether a term is a value that is given, or ones, but for its sign."""
    match term:
        case Scale(factor, inner) if abs(factor) == 1:
            return _given(inner, at)
        case Variable():
            return at.network.equation(term) is None
    return isinstance(term, Ones)


def bound_of(number: float) -> float:
    """Return the power of ten, from 1e-12 upwards, that a deviation stays below.

    What is written down holds on every machine: the digits of rounding itself are decided by the kernels that
    NumPy and its BLAS choose for a processor, and beside small entries they reach a few times 1e-14.
    What is no finite number is returned as it is.

    Examples
    --------
    >>> bound_of(2.2e-16), bound_of(0.0), bound_of(3e-11), bound_of(float("inf"))
    (1e-12, 1e-12, 1e-10, inf)
    """
    if not np.isfinite(number):
        return number
    power = -12
    while number >= float(f"1e{power}"):
        power += 1
    return float(f"1e{power}")


def largest_deviation(found: Array, expected: Array, sizes: Array) -> float:
    """Return the largest deviation over the first axis, that of the times."""
    return max((deviation(*one) for one in zip(found, expected, sizes, strict=True)), default=0.0)
