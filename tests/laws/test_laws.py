"""Laws that every cell file obeys; a new file needs no new test.

Each test derives at the last step and for all steps, at a random point with sizes that are pairwise different
(n = 2, d = 3, m = 4), initial states and biases that are not zero, with and without a mask.
"""

from itertools import product
from math import prod

import numpy as np
import pytest

from symrnn.adjoint import backward
from symrnn.calculus import Total, free_times
from symrnn.cell import Cell, builtin_cells
from symrnn.certificate import TOLERANCE, certify, certify_equations
from symrnn.derivation import Derivation
from symrnn.entrywise import EntryDerivation
from symrnn.equation import HORIZON
from symrnn.evaluate import Point, random_point, value
from symrnn.functions import ACTIVATIONS
from symrnn.goals import derivations
from symrnn.network import OrderedNetwork
from symrnn.tensor import Variable
from symrnn.views.entries import entry_value
from symrnn.views.index import element
from symrnn.views.scalar import ScalarNetwork, places

LOSSES = ("cross_entropy", "squared_error")
SEQUENCES = {"T4": (4, None), "T5-masked": (5, (1, 0, 0.5, 1, 1))}
SEED = 3
SLOW_SEED = 29

combinations = pytest.mark.parametrize(
    ("loss", "sequence"), list(product(LOSSES, SEQUENCES)), ids=lambda part: str(part)
)


def prepared(cell: Cell, sequence: str, seed: int = SEED) -> tuple[OrderedNetwork, Point]:
    network = cell.unroll(*SEQUENCES[sequence])
    at = random_point(network, seed)
    sizes = list(at.sizes.values())
    assert len(set(sizes)) == len(sizes) and min(sizes) > 1  # no lucky transposes
    return network, at


def bar(v: Variable) -> Variable:
    """Return the adjoint of a variable, as the sweep names it."""
    return Variable(f"{v.name}_bar", v.shape, v.time)


def matrix_of(derivation: Derivation | EntryDerivation) -> Derivation:
    return derivation.matrix if isinstance(derivation, EntryDerivation) else derivation


def check_derivations(network: OrderedNetwork, at: Point) -> None:
    assert certify_equations(network, at).first_failure is None
    for derivation in derivations(network):
        certificate = certify(derivation, at)
        assert derivation.is_closed, derivation.goal
        assert certificate.first_failure is None
        assert certificate.of("object") < TOLERANCE
        assert certificate.of("ink") < TOLERANCE  # printed LaTeX, read back
        v, x = derivation.goal.args
        if isinstance(derivation, Derivation) and isinstance(v, Variable) and v != x:
            assert certificate.of("SymPy") < TOLERANCE


@combinations
def test_every_derivation_is_closed_and_every_witness_confirms_every_line(cell_of, loss, sequence):
    check_derivations(*prepared(cell_of(loss), sequence))


@combinations
def test_the_backward_sweep_equals_the_complex_step(cell_of, loss, sequence):
    network, at = prepared(cell_of(loss), sequence)
    swept = backward(network)
    seen = at.of(swept)
    total = network["L"]
    wanted = [v for v in network.given if v.time is None or v.name == "x" or v.name in network.states]
    for v in wanted:
        assert bar(v) in swept.by_target, v
    for equation in swept.equations:
        name, time = equation.target.name.removesuffix("_bar"), equation.target.time
        expected = value(Total(total, network[name] if time is None else network[name, time]), at)
        np.testing.assert_allclose(seen.variable(equation.target), expected, rtol=0, atol=1e-10)


@combinations
def test_the_index_view_equals_the_value_of_every_result(cell_of, loss, sequence):
    network, at = prepared(cell_of(loss), sequence)
    for derivation in derivations(network):
        matrix = matrix_of(derivation)
        seen = at.of(matrix.network)
        shape = tuple(at.sizes[axis] for axis in matrix.goal.shape)
        times = dict.fromkeys(free_times(matrix.goal) - {HORIZON}, 2)
        expected = value(matrix.goal, seen, times)
        for place in list(np.ndindex(*shape))[:: max(1, prod(shape) // 5)]:
            entry = element(matrix.result, tuple(i + 1 for i in place))
            assert abs(entry_value(entry, seen, times) - expected[place]) < 1e-10


@combinations
def test_the_scalar_view_equals_the_complex_step(cell_of, loss, sequence):
    network, at = prepared(cell_of(loss), sequence)
    scalar = ScalarNetwork(network.whole, at.sizes)
    total = network["L"]
    found = scalar.gradient_values((total, ()), at)
    for v in network.given:
        if v.name in ("y", "omega"):
            continue
        expected = value(Total(total, v), at)
        for _, indices in places(v, at.sizes):
            entry = found.get(scalar.symbol((v, indices)), 0.0)
            assert abs(entry - expected[tuple(i - 1 for i in indices)]) < 1e-10


@pytest.mark.slow
@pytest.mark.parametrize("name", builtin_cells())
@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a not in ("tanh", "sigmoid")])
def test_the_laws_hold_for_the_other_activations_too(name, activation):
    check_derivations(*prepared(Cell.load(name, activation, "squared_error"), "T5-masked", SLOW_SEED))
