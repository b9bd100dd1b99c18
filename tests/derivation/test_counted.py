"""Where few losses count, the gradient of the total loss has a term for each of them and no other."""

import numpy as np
import pytest

from symrnn.certificate import certify, certify_substituted
from symrnn.derivation import Catalogue, Derivation, derivations
from symrnn.model import Cell
from symrnn.tensor import Outer, Plus, TimeSum, Variable
from symrnn.witness import random_point, value
from tests.reference import elman as reference

LAST = (0, 0, 0, 0, 0, 1)
TWO = (0, 0.5, 0, 0, -2, 0)

TIED = """\
name = "Tied"
source = "made for this test: one matrix makes the state and reads it"
states = ["s"]
[parameters]
W = ["d", "d"]
U = ["d", "n"]
[signals]
y = ["d"]
[equations]
s = "tanh(U @ x[t] + W @ s[t-1])"
z = "W @ s[t]"
"""
DELAY = """\
name = "Delay"
source = "made for this test: the output reads the state of the step before"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
[equations]
s = "tanh(U @ x[t] + W @ s[t-1])"
z = "V @ s[t-1]"
"""


def counted(cell: Cell, mask) -> dict[str, Derivation]:
    found = Catalogue(cell.unroll(len(mask), mask)).counted
    return {str(d.goal.args[1]): d for d in found}


def weights(derivation: Derivation) -> list[int]:
    return sorted(int(v.time) for v in derivation.result.variables() if v.name == "omega")


def test_by_the_output_weights_one_loss_is_one_term_and_by_the_recurrent_ones_a_term_for_each_use():
    found = counted(Cell.load("elman"), LAST)
    assert set(found) == {"U", "W", "b", "V", "c"}
    rules = [line.rule.name for line in found["V"].lines()]
    assert rules == ["sum of the losses", "weight zero", "shown above"]
    match found["V"].result:
        case Outer(Variable() as weight, Outer(_, state)):
            assert (weight.name, weight.time, state.name, state.time) == ("omega", 6, "s", 6)
        case other:
            pytest.fail(f"no single term: {other}")
    match found["W"].result:
        case TimeSum(Outer(Variable() as weight, _), _, low, high):
            assert (weight.name, weight.time, low, high) == ("omega", 6, 1, 6)
        case other:
            pytest.fail(f"no sum over the uses: {other}")


def test_the_collapsed_line_is_the_one_that_a_reader_expects():
    line = counted(Cell.load("elman"), LAST)["V"].lines()[1]
    assert str(line.rhs) == "Outer(omega[6], Total(L[6], V))"
    assert "".join(map(str, line.reason[0].pieces())) == "Of the weights only omega[6] is not 0."


@pytest.mark.parametrize("mask", [LAST, TWO])
@pytest.mark.parametrize("name", ["elman", "jordan", "gru", "lstm"])
def test_what_is_left_of_the_sum_is_certified_and_has_the_losses_that_count(name, mask):
    cell = Cell.load(name)
    times = [t for t, weight in enumerate(mask, 1) if weight]
    found = counted(cell, mask)
    assert set(found) == set(cell.parameters)
    for derivation in list(found.values())[:: 1 if name == "elman" else 4]:
        assert derivation.is_closed and certify(derivation, seed=3).holds
        assert weights(derivation) == times
        assert not isinstance(derivation.result, TimeSum) or len(times) == 1
        assert isinstance(derivation.result, Plus) == (len(times) > 1)


@pytest.mark.parametrize("mask", [LAST, TWO])
def test_the_results_are_the_gradients_of_the_reference(mask):
    cell = Cell.load("elman", "tanh")
    network = cell.unroll(len(mask), mask)
    point = random_point(network, 5)
    arrays = {name: point.variable(network[name]) for name in cell.parameters}
    inputs, targets = ([point.variable(network[name, t + 1]) for t in range(len(mask))] for name in "xy")
    start = point.variable(network["s", 0])
    expected = reference.one_sweep(
        arrays, np.array(inputs), np.array(targets), start, "tanh", "cross_entropy", mask
    )
    for name, derivation in counted(cell, mask).items():
        found = value(derivation.result, point.of(derivation.network))
        np.testing.assert_allclose(found, expected[name], rtol=1e-10, atol=1e-13)


def test_sympy_differentiates_the_weighted_losses_written_out_to_the_same():
    network = Cell.load("elman").unroll(3, (0, 0.5, -2))
    at = random_point(network, 3, {"n": 1, "d": 2, "m": 2})
    for derivation in Catalogue(network).counted:
        assert certify_substituted(derivation, at).holds


@pytest.mark.parametrize("text", [TIED, DELAY])
@pytest.mark.parametrize("mask", [(1, 0, 0), (0, 0, 1), (1, 0, 2)])
def test_unusual_places_of_a_parameter_are_certified_too(text, mask, tmp_path):
    (tmp_path / "cell.toml").write_text(text)
    found = counted(Cell.load(tmp_path / "cell.toml"), mask)
    assert found
    for derivation in found.values():
        assert derivation.is_closed and certify(derivation, seed=1).holds


def test_a_sum_is_taken_apart_only_where_some_losses_do_not_count_and_few_do():
    cell = Cell.load("elman")
    for mask in (None, (1, 1, 1), (0.5, 2, 1), (1, 1, 0, 1, 1)):
        network = cell.unroll(5 if mask is None else len(mask), mask)
        assert Catalogue(network).counted == []
    network = cell.unroll(3, (0, 1, 0))
    assert {d.goal for d in Catalogue(network).counted} <= {d.goal for d in derivations(network)}
    assert set(Catalogue(network).counted) <= set(derivations(network))
