"""Witnesses: what a certificate asks, and how far the answers lie apart.

Three witnesses share nothing with the rules. The object: derivative nodes by complex step
(``symrnn.evaluate``). The ink: both printed sides of a line, read back and evaluated. SymPy: its own
``diff``, asked on the index view, where dimensions stay symbolic, or on the scalar view, where it
differentiates every scalar equation.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sympy.core.function import diff
from sympy.core.numbers import Integer

from symrnn.calculus import Immediate
from symrnn.derivation import Derivation
from symrnn.equation import HORIZON
from symrnn.evaluate import Array, Point, value
from symrnn.network import OrderedNetwork
from symrnn.readback import ReadbackError, ink_sides
from symrnn.tensor import Tensor, Variable
from symrnn.views.entries import sympy_derivative, sympy_value
from symrnn.views.index import index
from symrnn.views.scalar import ScalarNetwork, number, places


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


def assignments(
    symbols: set[Any], times: tuple[Any, Any], network: OrderedNetwork
) -> Iterator[dict[Any, int]]:
    """Yield every choice of the symbolic times; several of them grow in alphabetical order (k ≤ t)."""
    free = sorted(symbols - {HORIZON}, key=str)
    low, high = (int(_number(bound, network)) for bound in times)
    for choice in itertools.combinations_with_replacement(range(low, high + 1), len(free)):
        yield dict(zip(free, choice))


def _number(bound: Any, network: OrderedNetwork) -> Any:
    return bound.xreplace({HORIZON: network.steps}) if hasattr(bound, "xreplace") else bound


def ink(
    sources: tuple[str, str], at: Point, choices: Iterable[tuple[Mapping[Any, int], Mapping[str, int]]]
) -> list[tuple[Array, Array]] | None:
    """Return a printed left side and left minus right, read back at each choice of times and of indices.

    None if the sides are no equation at some of them.
    """
    try:
        return ink_sides(*sources, at, choices)
    except ReadbackError:
        return None


@lru_cache(maxsize=4)
def _scalar_gradients(network: OrderedNetwork, sizes: tuple[tuple[str, int], ...]) -> Callable[..., Any]:
    """Return SymPy's derivatives of an entry through the scalar graph, remembered by entry and point."""
    scalar = ScalarNetwork(network, dict(sizes))
    known: dict[Any, Any] = {}

    def gradient(place: Any, at: Point, key: int) -> tuple[ScalarNetwork, dict[Any, float]]:
        if (place, key) not in known:
            known[place, key] = scalar.gradient_values(place, at)
        return scalar, known[place, key]

    return gradient


@lru_cache(maxsize=64)
def _index_derivative(goal: Tensor, network: OrderedNetwork) -> tuple[Any, tuple[Any, ...]]:
    """Return SymPy's derivative of an entry, sizes symbolic, and the letters of its indices."""
    letters = tuple(index(f"i_{n}") for n in range(goal.rank))
    return sympy_derivative(goal, network, letters), letters


def sympy_values(
    derivation: Derivation, at: Point, choices: Sequence[Mapping[Any, int]]
) -> list[tuple[Mapping[Any, int], Array]] | None:
    """Ask SymPy's own ``diff`` for the value of the goal.

    Within a step the equation is written out in entries and differentiated with symbolic dimensions.
    Where the derivative runs through states, SymPy differentiates every scalar equation of the unrolled
    network.

    Returns
    -------
    list of (times, ndarray), or None if the goal is no derivative of a variable
    """
    goal, network = derivation.goal, derivation.network
    if not isinstance(goal.args[0], Variable):
        return None
    chosen = [
        (t, goal.xreplace({s: Integer(n) for s, n in {**t, HORIZON: network.steps}.items()})) for t in choices
    ]
    chosen = [(t, here) for t, here in chosen if here.args[0] != here.args[1]]
    if not chosen:
        return None
    times, here = chosen[len(chosen) // 2]
    v, x = here.args
    sizes = tuple(sorted(at.sizes.items()))
    shape = tuple(at.sizes[axis] for axis in goal.shape)
    within_step = isinstance(goal, Immediate) or not network.depends_through_state(v, x)
    if within_step and v.time is not None:
        derivative, letters = _index_derivative(here, network)
        grid = np.indices(shape) + 1
        found = sympy_value(derivative, at, dict(zip(letters, grid)))
        return [(times, np.broadcast_to(found, shape))]
    gradient = _scalar_gradients(network.whole, sizes)
    found = np.zeros(shape)
    for place in np.ndindex(*shape[: v.rank]):
        key = (v, tuple(i + 1 for i in place))
        scalar, values = gradient(key, at, _fingerprint(at))
        for rest in np.ndindex(*shape[v.rank :]):
            found[(*place, *rest)] = values.get(scalar.symbol((x, tuple(i + 1 for i in rest))), 0.0)
    return [(times, found)]


def _fingerprint(at: Point) -> int:
    return hash(tuple(array.tobytes() for array in at.given.values()))


def substituted(derivation: Derivation, at: Point) -> tuple[Array, Array]:
    """Let SymPy differentiate the loss as one expression, every state put into the next one.

    This shares nothing with the graph walk; it is exponential in T and meant for T ≤ 3 and two states.

    Parameters
    ----------
    derivation : Derivation
        Of ∂L_t/∂x, integer t.
    at : Point
        With the sizes to write the loss out for.

    Returns
    -------
    ndarray, ndarray
        SymPy's derivative by every entry of x, and the value of the derivation's result.
    """
    loss, x = derivation.goal.args
    scalar = ScalarNetwork(derivation.network.whole, at.sizes)
    written, values = scalar.substituted((loss, ())), scalar.values(at)
    found = [number(diff(written, scalar.symbol(place)), values) for place in places(x, at.sizes)]
    result = value(derivation.result, at.of(derivation.network))
    return np.reshape(found, result.shape), result
