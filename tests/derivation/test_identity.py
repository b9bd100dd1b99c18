"""Networks have identity: what is derived, and at which point it is checked, never depends on names alone."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest

from symrnn.certificate import certify, certify_cell
from symrnn.derivation import (
    OneStep,
    backward,
    derivations,
    derive,
    entry_by_entry,
    factors,
)
from symrnn.derivation.budget import DerivationError
from symrnn.derivation.rules import BOOK, rule
from symrnn.model import Cell, OrderedNetwork
from symrnn.tensor import Immediate, Total
from symrnn.witness import random_point, value
from symrnn.witness.point import PointError

ELMAN = Cell.load("elman")
MASK = (1, 0, 0.5, 1)


def test_two_networks_in_one_goal_are_refused_whichever_comes_first():
    masked, plain = ELMAN.unroll(4, MASK), ELMAN.unroll(4)
    for first, second in ((masked, plain), (plain, masked)):
        with pytest.raises(DerivationError, match="W was looked up in another network"):
            derive(Total(first["L"], second["W"]))
        with pytest.raises(DerivationError, match="another network"):
            derive(Total(first["L"], second["L", 2]), first)


def test_equal_variables_of_two_networks_are_two_networks():
    other = Cell.load("elman", activation="sigmoid").unroll(4)
    with pytest.raises(DerivationError, match="another network"):
        derive(Total(ELMAN.unroll(4)["s", 3], other["s", 3]))


def test_variables_of_a_condensed_network_are_of_the_same_network():
    network = ELMAN.unroll(4)
    found = derive(Immediate(network.condensed["s", 2], network["W"]), network)
    assert found == derive(Immediate(network["s", 2], network["W"]))


def test_a_point_seen_through_another_network_computes_by_the_equations_of_that_one():
    plain, masked = ELMAN.unroll(4), ELMAN.unroll(4, MASK)
    at = random_point(masked, 3)
    losses = [float(value(masked.loss(t), at)) for t in range(1, 5)]
    np.testing.assert_allclose(value(masked.total_loss, at), np.dot(MASK, losses))
    np.testing.assert_allclose(value(plain.total_loss, at.of(plain)), np.sum(losses))


def test_a_derivation_holds_at_a_point_that_was_drawn_for_another_activation():
    logistic = Cell.load("elman", activation="sigmoid").unroll(3)
    at = random_point(ELMAN.unroll(3))
    assert certify(derive(Total(logistic.loss(3), logistic["W"])), at).holds


def test_a_point_that_lacks_a_value_says_which():
    at = random_point(ELMAN.unroll(2))
    longer = ELMAN.unroll(3)
    with pytest.raises(PointError, match=r"no value for \w+(\[3\])?; accepted: a point of the network"):
        value(longer.loss(3), at.of(longer))


@pytest.mark.parametrize(
    "change",
    [
        lambda cell: cell.unroll(3),
        lambda cell: cell.unroll(4, MASK),
        lambda cell: Cell.load("elman", activation="sigmoid").unroll(4),
        lambda cell: Cell.load("elman", loss="squared_error").unroll(4),
        lambda cell: Cell.load("jordan").unroll(4),
        lambda cell: backward(cell.unroll(4)),
    ],
)
def test_networks_that_compute_differently_are_different(change):
    network = ELMAN.unroll(4)
    assert change(ELMAN) != network and not change(ELMAN).computes_as(network)


def test_networks_that_keep_other_nodes_are_different_and_compute_the_same():
    network = ELMAN.unroll(4)
    assert network.condensed != network and network.condensed.computes_as(network)
    assert network.condensed == Cell.load("elman").unroll(4).condensed
    assert hash(network.condensed) == hash(Cell.load("elman").unroll(4).condensed)


@pytest.mark.parametrize("name", ["elman", "lstm-peephole"])
def test_what_was_derived_of_a_cell_is_the_same_after_a_pickle_and_after_deriving_it_again(name):
    cell = Cell.load(name)
    assert pickle.loads(pickle.dumps(cell)) == cell == Cell.load(name)
    network = cell.unroll(3)
    restored = pickle.loads(pickle.dumps(network))
    assert restored == network and isinstance(restored, OrderedNetwork)
    made, again = derivations(network), derivations(Cell.load(name).unroll(3))
    for one, two in zip(made, again, strict=True):
        assert one == two, one.goal
        copy = pickle.loads(pickle.dumps(one))
        assert copy == one
        assert (copy.result == one.result and copy.lines == one.lines) or copy.lines() == one.lines()


def test_a_restored_derivation_is_certified_like_the_one_it_came_from():
    network = ELMAN.unroll(3)
    (matrix, _), *_ = factors(OneStep(network), network["W"])
    for derivation in (derive(Total(network["L", 3], network["W"])), matrix, entry_by_entry(matrix)):
        certificate = certify(derivation)
        assert certify(pickle.loads(pickle.dumps(derivation))) == certificate
        assert pickle.loads(pickle.dumps(certificate)) == certificate and certificate.holds


def test_a_derivation_comes_back_in_a_process_that_has_made_none():
    network = ELMAN.unroll(3)
    derivation = derive(Total(network["L", 3], network["W"]))
    program = "import pickle, sys; d = pickle.load(sys.stdin.buffer); print(d.is_closed, len(d.lines()))"
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(derivation), capture_output=True
    )
    assert done.stdout.decode().split() == ["True", str(len(derivation.lines()))], done.stderr.decode()


def test_a_loosened_rule_does_not_come_back_from_a_pickle_as_the_right_one():
    from symrnn.derivation.rules.paths import chain_rule

    wrong = chain_rule.with_rewrite(lambda node, network: None)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(wrong)


def test_cells_that_differ_in_anything_are_different():
    assert Cell.load("elman", activation="sigmoid") != ELMAN
    assert Cell.load("elman", loss="squared_error") != ELMAN
    assert Cell.load("jordan") != ELMAN
    assert len({ELMAN, Cell.load("elman")}) == 1
    assert certify_cell(ELMAN, steps=2) == certify_cell(Cell.load("elman"), steps=2)


def test_a_second_rule_of_a_name_is_refused():
    with pytest.raises(ValueError, match="two rules 'chain rule'"):
        rule("chain rule", "Something else.", source="nowhere")(lambda node, network: None)
    assert BOOK["chain rule"].source != "nowhere"
