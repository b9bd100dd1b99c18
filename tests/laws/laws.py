"""The laws themselves: what must hold of any network at any point, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from symrnn.certificate import TOLERANCE, certify
from symrnn.derivation import Derivation, EntryDerivation, backward
from symrnn.model import HORIZON, WEIGHT, OrderedNetwork
from symrnn.tensor import Derivative, JacobianProduct, Total, Variable, entry_of, free_times, index
from symrnn.witness import Point, ScalarNetwork, deviation, entry_value, places, value


def close(found: Any, expected: Any, of: object) -> None:
    """Assert that two arrays of one shape agree, relative to the larger of 1 and the largest entry."""
    size = np.full(np.shape(expected), max(1.0, np.max(np.abs(expected), initial=0.0)))
    assert deviation(found, expected, size) < TOLERANCE, of


def bar(v: Variable) -> Variable:
    """Return the adjoint of a variable, as the sweep names it."""
    return Variable(f"{v.name}_bar", v.shape, v.time)


def acting(network: OrderedNetwork) -> Iterator[Variable]:
    """Yield what is given but the targets and the weights of the losses."""
    return (v for v in network.given if v.name not in ("y", WEIGHT))


def closed_and_certified(derivation: Derivation | EntryDerivation, at: Point) -> None:
    """A derivation comes to its end, and every witness confirms every line."""
    certificate = certify(derivation, at)
    assert derivation.is_closed, derivation.goal
    assert certificate.first_failure is None
    assert certificate.of("object") < TOLERANCE
    assert certificate.of("ink") < TOLERANCE  # printed LaTeX, read back
    match derivation:
        case Derivation(goal=Derivative(Variable() as v, x), steps=[_, *_]) if v != x:
            assert certificate.of("SymPy") < TOLERANCE


def sweep_equals_complex_step(network: OrderedNetwork, at: Point) -> None:
    """Every adjoint of the sweep is the derivative; where there is none, the loss does not depend on it."""
    swept, total = backward(network), network["L"]
    seen = at.of(swept)
    for equation in swept.equations:
        name, time = equation.target.name.removesuffix("_bar"), equation.target.time
        expected = value(Total(total, network[name] if time is None else network[name, time]), at)
        close(seen.variable(equation.target), expected, equation.target)
    for v in acting(network):
        assert bar(v) in swept.by_target or not value(Total(total, v), at).any(), v


def index_view_equals_value(derivation: Derivation | EntryDerivation, at: Point) -> None:
    """The entries of a result, dimensions symbolic, are those of its goal."""
    matrix = derivation.matrix if isinstance(derivation, EntryDerivation) else derivation
    if matrix.result.atoms(JacobianProduct):
        return  # the language of entries has no product over time
    seen = at.of(matrix.network)
    shape = tuple(seen.sizes[axis] for axis in matrix.goal.shape)
    times = dict.fromkeys(free_times(matrix.goal) - {HORIZON}, 2)
    letters = tuple(index(f"i_{n}") for n in range(len(shape)))
    everything = {**times, **dict(zip(letters, np.indices(shape) + 1))}
    found = entry_value(entry_of(matrix.result, letters), seen, everything)
    close(np.broadcast_to(found, shape), value(matrix.goal, seen, times), matrix.goal)


def scalar_view_equals_complex_step(network: OrderedNetwork, at: Point) -> None:
    """The scalar equations, from templates and as written out, give the gradient of the total loss."""
    scalar, total = ScalarNetwork(network.whole, at.sizes), network["L"]
    by_templates = scalar.gradient_values((total, ()), at)
    as_written = scalar.written_values((total, ()), at)
    for v in acting(network):
        shape = tuple(at.sizes[axis] for axis in v.shape)
        symbols = [scalar.symbol(place) for place in places(v, at.sizes)]
        for found in (by_templates, as_written):
            entries = np.reshape([found.get(symbol, 0.0) for symbol in symbols], shape)
            close(entries, value(Total(total, v), at), v)
