"""A small entry counts as much as a large one, unless rounding alone explains the difference."""

import numpy as np
import pytest

import symrnn
from symrnn.certificate import TOLERANCE
from symrnn.model import Cell
from symrnn.tensor import TABLE, Immediate, Plus, Scale, Total
from symrnn.witness import Point, bound_of, deviation, random_point, value
from symrnn.witness.deviations import sizes_of
from tests.reference.test_saturated import case, whole_point


def test_a_wrong_small_entry_beside_large_ones_is_seen():
    right, wrong = [1.0, 5.92e-32], [1.0, 7.27e-32]
    assert deviation(wrong, right, sizes=np.abs(right)) > 0.1
    assert bound_of(deviation(wrong, right, sizes=np.abs(right))) > TOLERANCE
    assert deviation([7.27e-32], [5.92e-32]) > 0.1  # alone it is the largest
    assert deviation(wrong, right, sizes=[1.0, 1.0]) < 1e-14  # the rounding of a difference of two ones


def test_without_sizes_an_entry_is_measured_against_a_share_of_the_largest():
    assert deviation([1.0, 1e-6 + 1e-13], [1.0, 1e-6]) > 1e-10
    assert deviation([1.0, 1e-16], [1.0, 0.0]) < 1e-10
    assert deviation([1.0, np.nan], [1.0, 0.0]) == deviation([1.0], [1.0, 2.0]) == np.inf
    assert deviation([1e-300], [2e-300]) < 1e-9 and deviation(0.0, 0.0) == 0.0


@pytest.mark.parametrize("name", ["elman", "lstm"])
def test_sizes_are_those_of_the_terms_that_were_added(name):
    network = Cell.load(name).unroll(3)
    at = random_point(network)
    loss, state = network["L", 3], network[network.states[0], 1]
    total = Total(loss, state)
    difference = Plus(total, Scale(-1, total))
    assert np.array_equal(sizes_of(difference, at), 2 * np.abs(value(total, at)))
    assert not value(difference, at).any()


def test_what_cancels_exactly_is_no_size():
    cell, given, options, _ = case("elman", "large logits", 1)
    network, at = whole_point(cell, given, options)
    y, prediction = network["y", 4], network["yhat", 4]
    error = Plus(prediction, Scale(-1, y))
    assert np.allclose(sizes_of(error, at), np.abs(value(error, at)), rtol=1e-12, atol=0)
    assert sizes_of(error, at, exact=False).max() > 1.9


def test_a_derivation_at_a_saturated_point_is_certified_and_a_wrong_slope_is_not(monkeypatch):
    cell, given, options, _ = case("elman", "open at 40", 1)
    network, at = whole_point(cell, given, options)
    derivation = symrnn.derive(Immediate(network["s", 4], network["W"]), network)
    assert symrnn.certify(derivation, at).holds
    tanh = TABLE["tanh"]
    lossy = type(tanh)(**{**vars(tanh), "derivative": lambda a: 1 - np.tanh(a) ** 2})
    monkeypatch.setitem(TABLE, "tanh", lossy)
    fresh = Point(network, at.given, at.sizes)
    assert not symrnn.certify(derivation, fresh).holds
