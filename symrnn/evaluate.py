"""The numeric meaning of every node, at one point.

``value`` interprets an expression with NumPy. Derivative nodes are evaluated by the complex step through the
forward equations, never by rules: this is what makes a certificate a witness. Every array may have
leading batch axes in front of the axes that its shape names, so all entries of a variable are perturbed
in one forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from symrnn.calculus import Immediate, JacobianProduct, Partial, TimeSum, Total, free_times, instantiate
from symrnn.equation import HORIZON, WEIGHT
from symrnn.functions import TABLE
from symrnn.network import OrderedNetwork
from symrnn.tensor import (
    Apply,
    Contraction,
    Diagonal,
    Eye,
    Hadamard,
    Ones,
    Outer,
    Plus,
    Scale,
    Shape,
    Tensor,
    Variable,
    Zeros,
)

Array = npt.NDArray[Any]
STEP_LENGTH = 1e-30
KINK_DISTANCE = 0.05
DEFAULT_SIZES = {"n": 2, "d": 3, "m": 4}


class Point:
    """Values for everything that is given in a network; the rest is computed from them when asked for.

    Parameters
    ----------
    network : OrderedNetwork
    values : mapping of Variable to ndarray
        Parameters, inputs, targets and initial states; shapes as the variables say.
    sizes : mapping of axis name to int
    seed : int or None
        What the values were drawn with, for the record.
    """

    def __init__(
        self,
        network: OrderedNetwork,
        values: Mapping[Variable, Array],
        sizes: Mapping[str, int],
        seed: int | None = None,
    ) -> None:
        self.network, self.sizes, self.seed = network, dict(sizes), seed
        self.given = dict(values)
        self.known: dict[Variable, Array] = dict(values)
        self.derivatives: dict[Tensor, Array] = {}
        self.origin: Point | None = None
        self.views: dict[Any, Point] = {(network.name, network.kept): self}

    def of(self, network: OrderedNetwork) -> Point:
        """Return the same values seen through another network: a condensed one, or its backward sweep."""
        key = (network.name, network.kept)
        if key not in self.views:
            other = Point(network, self.given, self.sizes, self.seed)
            other.origin, other.views = self, self.views
            if network.equations == self.network.equations:
                other.known = self.known
            self.views[key] = other
        return self.views[key]

    def variable(self, variable: Variable) -> Array:
        """Value of a variable, computed by its equation where it is not given."""
        stack = [variable]  # no recursion: a chain may have thousands of steps
        while stack:
            equation = self.network.by_target.get(stack[-1])
            if stack[-1] in self.known:
                stack.pop()
            elif equation is None and self.origin is not None:
                self.known[stack[-1]] = self.origin.variable(stack[-1])
            elif equation is None:
                raise KeyError(f"no value for {stack[-1]}")
            elif missing := [v for v in equation.used if v not in self.known]:
                stack.extend(missing)
            else:
                self.known[stack.pop()] = evaluate(equation.expression, self.known.__getitem__, self)
        return self.known[variable]


def random_point(network: OrderedNetwork, seed: int = 0, sizes: Mapping[str, int] | None = None) -> Point:
    """Draw a point: sizes pairwise different, nothing zero, away from kinks."""
    names = dict.fromkeys(axis for v in network.given for axis in v.shape)
    chosen = dict(DEFAULT_SIZES) if sizes is None else dict(sizes)
    for axis in names:
        chosen.setdefault(axis, max(chosen.values()) + 1)
    for attempt in range(1000):
        rng = np.random.default_rng([seed, attempt])
        values = {}
        for variable in network.given:
            array = rng.normal(scale=0.8, size=tuple(chosen[axis] for axis in variable.shape))
            if variable.name == WEIGHT:
                array = np.asarray(network.weights[int(variable.time) - 1])
            if variable.name == network.distribution:
                array = np.exp(array) / np.exp(array).sum()
            values[variable] = array
        point = Point(network, values, chosen, seed)
        if _kink_distance(point) > KINK_DISTANCE:
            return point
    raise ValueError(
        f"no point of {network.name} keeps {KINK_DISTANCE} away from the kinks of its activation"
    )


def _kink_distance(point: Point) -> float:
    distances = [np.inf]
    for equation in point.network.equations:
        for node in equation.expression.atoms(Apply):
            for kink in TABLE[node.function].kinks:
                distances.append(float(np.min(np.abs(value(node.argument, point) - kink))))
    return min(distances)


def value(tensor: Tensor, at: Point, times: Mapping[Any, int] | None = None) -> Array:
    """Value of an expression at a point.

    Parameters
    ----------
    tensor : Tensor
        Free time symbols are taken from ``times``; ``T`` is the number of steps of the network.
    at : Point
    times : mapping of SymPy symbol to int, optional

    Returns
    -------
    ndarray, shape as ``tensor.shape`` with the sizes of the point
    """
    everything = {HORIZON: at.network.steps, **(times or {})}
    if free_times(tensor):
        tensor = instantiate(tensor, everything)
    return evaluate(tensor, at.variable, at)


def _size(shape: Shape, at: Point) -> tuple[int, ...]:
    return tuple(at.sizes[axis] for axis in shape)


def evaluate(tensor: Tensor, variable: Callable[[Variable], Array], at: Point) -> Array:
    """Interpret a node; ``variable`` says what a variable is worth, derivative nodes ask the point."""

    def of(node: Tensor) -> Array:
        return evaluate(node, variable, at)

    match tensor:
        case Variable():
            return variable(tensor)
        case Zeros():
            return np.zeros(_size(tensor.shape, at))
        case Ones():
            return np.ones(_size(tensor.shape, at))
        case Eye():
            half = _size(tensor.shape[: tensor.rank // 2], at)
            return np.eye(int(np.prod(half))).reshape(half + half)
        case Plus():
            return reduce(np.add, (of(term) for term in tensor.args))
        case Scale(factor, scaled):
            return float(factor) * of(scaled)
        case Contraction():
            product, rank = of(tensor.args[0]), tensor.args[0].rank
            for factor in tensor.args[1:]:
                product = contract_arrays(product, rank, of(factor), factor.rank)
                rank += factor.rank - 2
            return product
        case Hadamard(left, right):
            return of(left) * of(right)
        case Outer(left, right):
            u, v = of(left), of(right)
            return u.reshape(u.shape + (1,) * right.rank) * v.reshape(
                v.shape[: v.ndim - right.rank] + (1,) * left.rank + v.shape[v.ndim - right.rank :]
            )
        case Diagonal(vector):
            v = of(vector)
            return v[..., :, None] * np.eye(v.shape[-1])
        case Apply(function, argument, order):
            row = TABLE[function]
            if order == 0:
                return row.numpy(of(argument))
            if order == 1 and row.derivative is not None:
                return row.derivative(of(argument))
        case Partial() | Immediate() | Total():
            if tensor not in at.derivatives:
                at.derivatives[tensor] = differentiate(tensor, at)
            return at.derivatives[tensor]
        case TimeSum():
            terms = (of(tensor.instance(j)) for j in tensor.times())
            return reduce(np.add, terms, np.zeros(_size(tensor.shape, at)))
        case JacobianProduct():
            factors = (of(tensor.instance(j)) for j in tensor.times())
            return reduce(lambda done, later: later @ done, factors, np.eye(at.sizes[tensor.shape[0]]))
    raise NotImplementedError(f"no value for {tensor}")


def contract_arrays(left: Array, left_rank: int, right: Array, right_rank: int) -> Array:
    """Join the last axis of ``left`` with the first named axis of ``right``; batch axes broadcast."""
    if left_rank == 1 and right_rank == 1:
        return np.asarray((left * right).sum(axis=-1))
    if left_rank == 2 and right_rank == 1:
        return (left @ right[..., None])[..., 0]
    if left_rank == 1 and right_rank == 2:
        return (left[..., None, :] @ right)[..., 0, :]
    letters = "abcdefghij"
    first, second = letters[:left_rank], letters[left_rank - 1 : left_rank + right_rank - 1]
    return np.asarray(np.einsum(f"...{first},...{second}->...{first[:-1]}{second[1:]}", left, right))


def differentiate(node: Tensor, at: Point) -> Array:
    """Value of a derivative node by the complex step.

    Parameters
    ----------
    node : Partial, Immediate or Total
        ``Partial`` holds every other variable of its expression, ``Immediate`` every kept variable of the
        network, ``Total`` only what is given.
    at : Point

    Returns
    -------
    ndarray, shape ``node.shape``
        Numerator layout. Truncation error O(h**2), h = 1e-30; nothing is subtracted, so there is no
        cancellation (central differences reach about 1e-11 here).

    References
    ----------
    Squire & Trapp (1998), SIAM Review 40(1), 110-112.
    """
    wrt: Variable = node.args[1]
    base = at.variable(wrt)
    perturbed = base + 1j * STEP_LENGTH * np.eye(base.size).reshape((base.size, *base.shape))
    known: dict[Variable, Array] = {wrt: perturbed}
    of: Tensor = node.args[0]

    def variable(v: Variable) -> Array:
        if v not in known:
            equation = at.network.by_target.get(v)
            held = not isinstance(node, Immediate) or equation is None or v.name in at.network.kept
            known[v] = (
                at.variable(v) if held or equation is None else evaluate(equation.expression, variable, at)
            )
        return known[v]

    if isinstance(node, Total):
        for equation in at.network.equations:
            if of in known:
                break
            if equation.target != wrt and any(v in known for v in equation.used):
                known[equation.target] = evaluate(
                    equation.expression, lambda v: known[v] if v in known else at.variable(v), at
                )
    elif isinstance(node, Immediate) and of != wrt:
        own = at.network.by_target.get(of)
        of = of if own is None else own.expression
    result = evaluate(of, variable, at)
    result = np.broadcast_to(result, (base.size, *_size(node.args[0].shape, at)))
    return np.moveaxis(result.imag, 0, -1).reshape(_size(node.shape, at)) / STEP_LENGTH
