"""SymPy alone: the loss written out as one expression of all entries, differentiated by SymPy's ``diff``.

Nothing of ours is between the scalar equations and the derivative here. The price is exponential in T, so T
is 2 or 3 and sizes are n = 1, d = 2, m = 3, pairwise different still. For the identity and for relu the
comparison is exact.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Rational

from symrnn.derivation import backward, derive
from symrnn.model import Cell, OrderedNetwork
from symrnn.tensor import Total, Variable
from symrnn.witness import Point, ScalarNetwork, places, random_point, value
from symrnn.witness.scalars import number

SIZES = {"n": 1, "d": 2, "m": 3}
SEED = 23
MASKS = {2: (0.5, 1), 3: (1, 0, 0.5)}
GIVEN = ("U", "W", "V", "b", "c", "s")


def bar(v: Variable) -> Variable:
    """Return the adjoint of a variable, as the sweep names it."""
    return Variable(f"{v.name}_bar", v.shape, v.time)


def entries(network: OrderedNetwork) -> list[Variable]:
    return [v for v in network.given if v.name in GIVEN]


@cache
def substituted(activation: str, loss: str, steps: int) -> tuple[OrderedNetwork, ScalarNetwork, Any]:
    """Return the total loss as one expression of the given entries."""
    network = Cell.load("elman", activation, loss).unroll(steps, MASKS[steps])
    scalar = ScalarNetwork(network.whole, SIZES)
    return network, scalar, scalar.substituted((network["L"], ()))


def sympy_gradient(activation: str, loss: str, steps: int, v: Variable, at: Point) -> np.ndarray:
    """Return the derivatives of the written out loss by every entry of a variable."""
    _, scalar, expression = substituted(activation, loss, steps)
    known = scalar.values(at)
    found = [number(sympy.diff(expression, scalar.symbol(place)), known) for place in places(v, SIZES)]
    return np.reshape(found, tuple(SIZES[axis] for axis in v.shape))


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("steps", sorted(MASKS))
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_every_entry_of_the_derived_gradient_is_sympys_derivative(activation, loss, steps, name):
    network, _, _ = substituted(activation, loss, steps)
    at = random_point(network, SEED, SIZES)
    v = next(v for v in entries(network) if v.name == name)
    expected = sympy_gradient(activation, loss, steps, v, at)
    derivation = derive(Total(network["L"], v), network)
    assert derivation.is_closed
    found = value(derivation.result, at.of(derivation.network))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    swept = at.of(backward(network)).variable(bar(v))
    np.testing.assert_allclose(swept, expected, rtol=0, atol=1e-10)


def rationals(network: OrderedNetwork, scalar: ScalarNetwork) -> dict[Any, Any]:
    """Return an exact number for every given entry, none of them zero, all different."""
    symbols = [scalar.symbol(place) for v in network.given for place in places(v, SIZES)]
    drawn = np.random.default_rng(SEED).permutation(len(symbols))
    return {s: Rational((-1) ** int(n) * (2 * int(n) + 3), 17) for s, n in zip(symbols, drawn)}


def exact_values(scalar: ScalarNetwork, given: dict[Any, Any]) -> dict[Any, Any]:
    """Return the exact value of every entry, computed forward."""
    known = dict(given)
    for symbol, expression in scalar.equations:
        known[symbol] = expression.xreplace(known)
        assert known[symbol].is_Rational
    return known


@pytest.mark.parametrize(("activation", "steps"), [("identity", 3), ("relu", 2)])
def test_the_adjoint_equations_are_exact_in_rational_numbers(activation, steps):
    network, scalar, expression = substituted(activation, "squared_error", steps)
    given = rationals(network, scalar)
    known = exact_values(scalar, given)
    if activation == "relu":  # away from the kink, units on both sides of it
        pre = [known[scalar.symbol(p)] for t in range(1, steps + 1) for p in places(network["a", t], SIZES)]
        assert 0 not in pre and min(pre) < 0 < max(pre)
    adjoints, gradient = scalar.derivatives((network["L"], ()))
    for name, equation in adjoints:
        known[name] = equation.xreplace(known)
    compared = 0
    for v in entries(network):
        for place in places(v, SIZES):
            symbol = scalar.symbol(place)
            expected = sympy.diff(expression, symbol).xreplace(given)
            found = sympy.sympify(gradient.get(symbol, 0), strict=True).xreplace(known)
            assert found.is_Rational and found == expected
            compared += 1
    assert compared == 2 * 1 + 2 * 2 + 3 * 2 + 2 + 3 + 2


def test_the_written_out_loss_holds_given_entries_only():
    network, scalar, expression = substituted("tanh", "squared_error", 2)
    given = {scalar.symbol(place) for v in network.given for place in places(v, SIZES)}
    assert expression.free_symbols <= given
