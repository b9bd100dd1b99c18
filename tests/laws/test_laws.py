"""Laws that every cell file obeys; a new file needs no new test.

Each law derives at the last step and for all steps, at a random point with sizes that are pairwise different
(n = 2, d = 3, m = 4), initial states and biases that are not zero, with and without a mask.
"""

from typing import Any

import numpy as np
import pytest

from symrnn.adjoint import backward, sweep
from symrnn.calculus import Total, free_times
from symrnn.cell import Cell, builtin_cells
from symrnn.certificate import TOLERANCE, certify, certify_equations
from symrnn.derivation import Derivation
from symrnn.entrywise import EntryDerivation
from symrnn.equation import HORIZON
from symrnn.evaluate import value
from symrnn.functions import ACTIVATIONS
from symrnn.tensor import Variable
from symrnn.views.entries import entry_value
from symrnn.views.index import element, index
from symrnn.views.scalar import ScalarNetwork, places

from .cases import CELLS, FAST, FILES, LOSSES, SEQUENCES, SLOW, Case


@pytest.fixture(scope="module", params=FAST, ids=str)
def case(request: Any) -> Case:
    """Return a case; the laws run on one after the other, so that what is derived is derived once."""
    return request.param


def bar(v: Variable) -> Variable:
    """Return the adjoint of a variable, as the sweep names it."""
    return Variable(f"{v.name}_bar", v.shape, v.time)


def matrix_of(derivation: Derivation | EntryDerivation) -> Derivation:
    return derivation.matrix if isinstance(derivation, EntryDerivation) else derivation


def check_derivations(case: Case) -> None:
    network, at = case.network, case.at
    assert certify_equations(network, at).first_failure is None
    for derivation in case.derivations:
        certificate = certify(derivation, at)
        assert derivation.is_closed, derivation.goal
        assert certificate.first_failure is None
        assert certificate.of("object") < TOLERANCE
        assert certificate.of("ink") < TOLERANCE  # printed LaTeX, read back
        v, x = derivation.goal.args
        if isinstance(derivation, Derivation) and isinstance(v, Variable) and v != x:
            assert certificate.of("SymPy") < TOLERANCE


def test_every_derivation_is_closed_and_every_witness_confirms_every_line(case):
    check_derivations(case)


def test_the_backward_sweep_equals_the_complex_step(case):
    network, at = case.network, case.at
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


def test_the_ends_of_the_sweep_are_those_of_the_complex_step(case):
    found = sweep(case.network)
    seen = case.at.of(found.network)
    ends = {lhs.args[1]: rhs for lhs, rhs in found.ends}
    for state in case.network.states:
        assert case.network[state, 0] in ends
    for v, rhs in ends.items():
        expected = value(Total(case.network["L"], v), seen)
        np.testing.assert_allclose(value(rhs, seen), expected, rtol=0, atol=1e-10)


def test_the_index_view_equals_the_value_of_every_result(case):
    for derivation in case.derivations:
        matrix = matrix_of(derivation)
        seen = case.at.of(matrix.network)
        shape = tuple(seen.sizes[axis] for axis in matrix.goal.shape)
        times = dict.fromkeys(free_times(matrix.goal) - {HORIZON}, 2)
        letters = tuple(index(f"i_{n}") for n in range(len(shape)))
        found = entry_value(
            element(matrix.result, letters), seen, {**times, **dict(zip(letters, np.indices(shape) + 1))}
        )
        expected = value(matrix.goal, seen, times)
        np.testing.assert_allclose(np.broadcast_to(found, shape), expected, rtol=0, atol=1e-10)


def test_the_scalar_view_equals_the_complex_step(case):
    network, at = case.network, case.at
    scalar = ScalarNetwork(network.whole, at.sizes)
    total = network["L"]
    by_templates = scalar.gradient_values((total, ()), at)
    as_written = scalar.written_values((total, ()), at)
    for v in network.given:
        if v.name in ("y", "omega"):
            continue
        expected = value(Total(total, v), at)
        for _, indices in places(v, at.sizes):
            symbol = scalar.symbol((v, indices))
            truth = expected[tuple(i - 1 for i in indices)]
            assert abs(by_templates.get(symbol, 0.0) - truth) < 1e-10
            assert abs(as_written.get(symbol, 0.0) - truth) < 1e-10


@pytest.mark.slow
@pytest.mark.parametrize("wider", SLOW, ids=str)
def test_every_derivation_is_certified_in_the_other_combinations_too(wider):
    check_derivations(wider)


def test_the_laws_run_on_every_cell_file_with_every_loss_sequence_and_activation():
    assert set(CELLS) == {*builtin_cells(), *(file.stem for file in FILES)} and FILES
    for name, cell in CELLS.items():
        fast = [case for case in FAST if case.cell == name]
        assert {case.loss for case in fast} == set(LOSSES)
        assert {case.sequence for case in fast} == set(SEQUENCES)
        left_open = {f for f in ACTIVATIONS if name in builtin_cells() and Cell.load(cell, f).activation}
        assert {case.activation for case in fast} >= left_open
        everywhere = {(case.loss, case.sequence) for case in (*fast, *(c for c in SLOW if c.cell == name))}
        assert len(everywhere) == len(LOSSES) * len(SEQUENCES)
