"""The numeric meaning of every node, one ``match``: what a node is worth, given what its leaves are worth.

Leaves are asked of a ``Values``: a point, a point seen at many times at once (``Instants``), or a perturbed
forward pass (``complexstep``). Every array may have leading batch axes in front of the axes that its shape
names; they broadcast, so many times and many perturbations take one pass.

A sum adds limits up before it adds what values differ from them by: ŷ - y, where ŷ is next to 1 and y is 1,
is that difference with all its digits, and so is 1 - σ(a). The logarithm of a softmax is evaluated in one
piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from symrnn.model import OrderedNetwork
from symrnn.tensor import (
    TABLE,
    Apply,
    Contraction,
    Diagonal,
    Direct,
    Eye,
    Hadamard,
    Immediate,
    JacobianProduct,
    Ones,
    Outer,
    OverTime,
    Partial,
    Plus,
    Scale,
    Shape,
    Tensor,
    TimeSum,
    Total,
    Variable,
    Zeros,
)

Array = npt.NDArray[Any]
Parts = tuple[Array, Array]


class Values(Protocol):
    """What leaves are worth.

    ``batch`` are the sizes of the leading axes that its arrays may have; ``sizes`` those of the named axes.
    """

    network: OrderedNetwork
    sizes: Mapping[str, int]
    batch: tuple[int, ...]

    def variable(self, variable: Variable) -> Array:
        """Value of a variable."""

    def derivative(self, node: Tensor) -> Array:
        """Value of a derivative node."""

    def parts(self, variable: Variable) -> Parts | None:
        """Limit and rest of a variable that saturates; None for any other."""

    def logarithm(self, variable: Variable) -> Array | None:
        """Logarithm of a variable that is a softmax; None for any other."""

    def instants(self, choices: Sequence[Mapping[Any, int]]) -> Values:
        """Return the same, seen at several choices of symbolic times, along a leading axis."""


def size(shape: Shape, at: Values) -> tuple[int, ...]:
    """Sizes of named axes."""
    return tuple(at.sizes[axis] for axis in shape)


def interpret(tensor: Tensor, at: Values) -> Array:
    """Value of an expression whose ranges of time are numbers."""

    def of(node: Tensor) -> Array:
        return interpret(node, at)

    match tensor:
        case Variable():
            return at.variable(tensor)
        case Zeros():
            return np.zeros(size(tensor.shape, at))
        case Ones():
            return np.ones(size(tensor.shape, at))
        case Eye():
            half = size(tensor.shape[: tensor.rank // 2], at)
            return np.eye(int(np.prod(half))).reshape(half + half)
        case Plus():
            return _added([told_apart(term, at) for term in tensor.args])
        case Scale(factor, scaled):
            return float(factor) * of(scaled)
        case Contraction():
            first, *rest = tensor.factors
            product, rank, joined = of(first), first.rank, tensor.joined
            for factor in rest:
                product = contract_arrays(product, rank, of(factor), factor.rank, joined)
                rank += factor.rank - 2 * joined
            return product
        case Hadamard(left, right):
            return of(left) * of(right)
        case Outer(left, right):
            return _outer(of(left), of(right), left.rank, right.rank)
        case Diagonal(vector):
            v = of(vector)
            return v[..., :, None] * np.eye(v.shape[-1])
        case Apply("log", Variable() as v, 0) if (found := at.logarithm(v)) is not None:
            return found
        case Apply(function, argument, order):
            row = TABLE[function]
            if order == 0:
                return row.numpy(of(argument))
            if order == 1 and row.derivative is not None:
                return row.derivative(of(argument))
        case Partial() | Direct() | Immediate() | Total():
            return at.derivative(tensor)
        case TimeSum():
            return _sum(tensor, at)
        case JacobianProduct():
            factors = (of(tensor.instance(j)) for j in tensor.times())
            return reduce(lambda done, later: later @ done, factors, np.eye(at.sizes[tensor.shape[0]]))
    raise NotImplementedError(f"no value for {tensor}")


def told_apart(tensor: Tensor, at: Values) -> tuple[Array | None, Array]:
    """Return the limit of an expression, None for 0, and its value less the limit."""
    match tensor:
        case Ones():
            ones = interpret(tensor, at)
            return ones, np.zeros_like(ones)
        case Variable():
            return at.parts(tensor) or (None, at.variable(tensor))
        case Apply(function, argument, 0) if (split := TABLE[function].parts) is not None:
            return split(interpret(argument, at))
        case Scale(factor, scaled):
            limit, rest = told_apart(scaled, at)
            return None if limit is None else float(factor) * limit, float(factor) * rest
        case Hadamard(left, right):
            return _product(told_apart(left, at), told_apart(right, at), np.multiply)
        case Outer(left, right):
            axes = left.rank, right.rank
            return _product(told_apart(left, at), told_apart(right, at), lambda u, v: _outer(u, v, *axes))
        case Diagonal(vector):
            limit, rest = told_apart(vector, at)
            eye = np.eye(rest.shape[-1])
            return None if limit is None else limit[..., :, None] * eye, rest[..., :, None] * eye
    return None, interpret(tensor, at)


def _product(
    left: tuple[Array | None, Array],
    right: tuple[Array | None, Array],
    times: Callable[[Array, Array], Array],
) -> tuple[Array | None, Array]:
    """Return limit and rest of a product of what both are told apart in."""
    (a, u), (b, v) = left, right
    if a is None and b is None:
        return None, times(u, v)
    if a is None or b is None:
        limit = times(u, b) if b is not None else times(a if a is not None else u, v)
        return limit, times(u, v)
    return times(a, b), times(a, v) + times(u, b) + times(u, v)


def _added(terms: Sequence[tuple[Array | None, Array]]) -> Array:
    """Add terms: limits, then what has none, then the rests of those that have one."""
    plain = [rest for limit, rest in terms if limit is None]
    limits = [limit for limit, _ in terms if limit is not None]
    rests = [rest for limit, rest in terms if limit is not None]
    return reduce(np.add, (*limits, *plain, *rests))


def _outer(u: Array, v: Array, left: int, right: int) -> Array:
    """Outer product of arrays whose last axes are ``left`` and ``right`` named ones."""
    return u.reshape(u.shape + (1,) * right) * v.reshape(
        v.shape[: v.ndim - right] + (1,) * left + v.shape[v.ndim - right :]
    )


def _sum(tensor: TimeSum, at: Values) -> Array:
    """Sum over time, all terms in one pass where no range inside depends on the index."""
    zeros, times = np.zeros(size(tensor.shape, at)), tensor.times()
    if not times or not fixed_ranges(tensor.body, {tensor.index}):
        return reduce(np.add, (interpret(tensor.instance(j), at) for j in times), zeros)
    terms = interpret(tensor.body, at.instants([{tensor.index: j} for j in times]))
    lead = (len(times), *(1,) * len(at.batch))
    return np.asarray(
        np.broadcast_to(terms, np.broadcast_shapes(terms.shape, lead + zeros.shape)).sum(axis=0)
    )


def fixed_ranges(tensor: Tensor, symbols: set[Any]) -> bool:
    """Whether no range of time in an expression depends on the symbols."""
    ranges = tensor.atoms(OverTime)
    return not any(symbols & bound.free_symbols for node in ranges for bound in (node.low, node.high))


def contract_arrays(left: Array, left_rank: int, right: Array, right_rank: int, joined: int = 1) -> Array:
    """Join the last named axes of ``left`` with the first ones of ``right``; batch axes broadcast."""
    match joined, left_rank, right_rank:
        case 1, 1, 1:
            return np.asarray((left * right).sum(axis=-1))
        case 1, 2, 1:
            return (left @ right[..., None])[..., 0]
        case 1, 1, 2:
            return (left[..., None, :] @ right)[..., 0, :]
        case 1, 2, 2:
            return left @ right
    letters = "abcdefghijklmnop"
    open_ = left_rank - joined
    first, second = letters[:left_rank], letters[open_ : open_ + right_rank]
    return np.asarray(np.einsum(f"...{first},...{second}->...{first[:open_]}{second[joined:]}", left, right))
