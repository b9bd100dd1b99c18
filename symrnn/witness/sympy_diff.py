"""The second opinion: SymPy's own ``diff``, asked where our rules are not.

Within a step it differentiates the index view, where dimensions stay symbolic; where a derivative runs
through states, every scalar equation of the unrolled network; and, for short networks, the loss written out
as one expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sympy.core.function import diff
from sympy.core.numbers import Integer

from symrnn.model import HORIZON, OrderedNetwork, is_symbolic
from symrnn.tensor import Direct, Immediate, Tensor, Variable, index
from symrnn.witness.entries import sympy_derivative, sympy_value
from symrnn.witness.interpret import Array
from symrnn.witness.point import Point
from symrnn.witness.scalars import ScalarNetwork, number, places


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
    goal: Tensor, network: OrderedNetwork, at: Point, choices: Sequence[Mapping[Any, int]]
) -> list[tuple[Mapping[Any, int], Array]] | None:
    """Ask SymPy's own ``diff`` for the value of the goal.

    Within a step the equation is written out in entries and differentiated with symbolic dimensions.
    Where the derivative runs through states, SymPy differentiates every scalar equation of the unrolled
    network.

    Returns
    -------
    list of (times, ndarray), or None if the goal is no derivative of a variable
        One for every choice of times, but those at which the goal is the derivative of a variable by itself.
    """
    if not isinstance(goal.args[0], Variable):
        return None
    chosen = [
        (t, goal.xreplace({s: Integer(n) for s, n in {**t, HORIZON: network.steps}.items()})) for t in choices
    ]
    chosen = [(t, here) for t, here in chosen if here.args[0] != here.args[1]]
    return [(t, _sympy_value(goal, here, t, network, at)) for t, here in chosen] or None


def _sympy_value(
    goal: Tensor, here: Tensor, times: Mapping[Any, int], network: OrderedNetwork, at: Point
) -> Array:
    """Ask SymPy for the value of a goal at one choice of its times; ``here`` is the goal there."""
    v, x = here.args
    shape = tuple(at.sizes[axis] for axis in goal.shape)
    if v.time is not None and (
        isinstance(goal, Direct | Immediate) or not network.depends_through_state(v, x)
    ):
        general = goal.args[1].time is None or is_symbolic(goal.args[1])  # one derivative for every time
        derivative, letters = _index_derivative(goal if general else here, network)
        grid = dict(zip(letters, np.indices(shape) + 1))
        return np.broadcast_to(sympy_value(derivative, at, {**times, **grid}), shape)
    gradient = _scalar_gradients(network.whole, tuple(sorted(at.sizes.items())))
    found = np.zeros(shape)
    for place in np.ndindex(*shape[: v.rank]):
        key = (v, tuple(i + 1 for i in place))
        scalar, values = gradient(key, at, _fingerprint(at))
        for rest in np.ndindex(*shape[v.rank :]):
            found[(*place, *rest)] = values.get(scalar.symbol((x, tuple(i + 1 for i in rest))), 0.0)
    return found


def _fingerprint(at: Point) -> int:
    return hash(tuple(array.tobytes() for array in at.given.values()))


def substituted(loss: Variable, x: Variable, network: OrderedNetwork, at: Point) -> Array:
    """Let SymPy differentiate a loss as one expression, every state put into the next one.

    This shares nothing with the graph walk; it is exponential in T and meant for T ≤ 3 and two states.

    Parameters
    ----------
    loss : Variable
        At an integer time.
    x : Variable
    network : OrderedNetwork
    at : Point
        With the sizes to write the loss out for.

    Returns
    -------
    ndarray, shape as ``x.shape`` with the sizes of the point
        SymPy's derivative by every entry of x.
    """
    scalar = ScalarNetwork(network.whole, at.sizes)
    written, values = scalar.substituted((loss, ())), scalar.values(at)
    found = [number(diff(written, scalar.symbol(place)), values) for place in places(x, at.sizes)]
    return np.reshape(found, tuple(at.sizes[axis] for axis in x.shape))
