"""Laws that every cell file obeys; a new file needs no new test.

Each law derives at the last step and for all steps, at a random point with sizes that are pairwise different
(n = 2, d = 3, m = 4), initial states and biases that are not zero, with and without a mask.
"""

from typing import Any

import numpy as np
import pytest

from symrnn.certificate import certify_equations
from symrnn.derivation import Derivation, EntryDerivation, backward, derive_sweep
from symrnn.model import Cell, builtin_cells
from symrnn.tensor import ACTIVATIONS, Total
from symrnn.witness import value

from . import laws
from .cases import CELLS, FAST, FILES, LOSSES, SEQUENCES, WIDER, Case


@pytest.fixture(scope="module", params=FAST, ids=str)
def case(request: Any) -> Case:
    """Return a case; the laws run on one after the other, so that what is derived is derived once."""
    return request.param


def check_derivations(case: Case, certified: list[Derivation | EntryDerivation]) -> None:
    assert certify_equations(case.network, case.at).first_failure is None
    assert all(derivation.is_closed for derivation in case.derivations)
    for derivation in certified:
        laws.closed_and_certified(derivation, case.at)


def test_every_derivation_is_closed_and_every_witness_confirms_the_lines_of_its_share(case):
    check_derivations(case, case.share)


def test_the_backward_sweep_equals_the_complex_step(case):
    laws.sweep_equals_complex_step(case.network, case.at)


def test_the_backward_sweep_has_an_adjoint_of_everything_that_is_given(case):
    swept = backward(case.network)
    for v in laws.acting(case.network):
        assert laws.bar(v) in swept.by_target, v


def test_the_ends_of_the_sweep_are_those_of_the_complex_step(case):
    found = derive_sweep(case.network)
    seen = case.at.of(found.network)
    ends = {lhs.args[1]: rhs for lhs, rhs in found.ends}
    for state in case.network.states:
        assert case.network[state, 0] in ends
    for v, rhs in ends.items():
        expected = value(Total(case.network["L"], v), seen)
        np.testing.assert_allclose(value(rhs, seen), expected, rtol=0, atol=1e-10)


def test_the_index_view_equals_the_value_of_each_result_of_its_share(case):
    for derivation in case.share:
        laws.index_view_equals_value(derivation, case.at)


@pytest.mark.deep
def test_every_witness_confirms_every_line_of_every_derivation_and_its_index_view(case):
    check_derivations(case, case.derivations)
    for derivation in case.derivations:
        laws.index_view_equals_value(derivation, case.at)


def test_the_scalar_view_equals_the_complex_step(case):
    laws.scalar_view_equals_complex_step(case.network, case.at)


@pytest.mark.deep
@pytest.mark.parametrize("wider", WIDER, ids=str)
def test_derivations_are_certified_in_the_other_combinations_too(wider):
    check_derivations(wider, wider.derivations[::2])  # all are closed, every other one is certified


def test_the_fast_cases_of_a_cell_share_all_of_its_derivations():
    for name in CELLS:
        lots = [case.lot for case in FAST if case.cell == name]
        assert lots == [(n, len(lots)) for n in range(len(lots))]


def test_the_laws_run_on_every_cell_file_with_every_loss_sequence_and_activation():
    assert set(CELLS) == {*builtin_cells(), *(file.stem for file in FILES)} and FILES
    for name, cell in CELLS.items():
        fast = [case for case in FAST if case.cell == name]
        assert {case.loss for case in fast} == set(LOSSES)
        assert {case.sequence for case in fast} == set(SEQUENCES)
        left_open = {f for f in ACTIVATIONS if name in builtin_cells() and Cell.load(cell, f).activation}
        assert {case.activation for case in fast} >= left_open
        everywhere = {(case.loss, case.sequence) for case in (*fast, *(c for c in WIDER if c.cell == name))}
        assert len(everywhere) == len(LOSSES) * len(SEQUENCES)
