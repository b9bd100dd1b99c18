"""Products over several axes: r stands in the node, and everything that reads a product asks for it."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Integer

from symrnn.derivation.rules.arrange import contract_outer, into_sum, multiply_out, out_of_sum
from symrnn.model import Cell
from symrnn.notation import layout
from symrnn.tensor import (
    Contraction,
    Eye,
    Outer,
    Plus,
    ShapeError,
    TimeSum,
    Variable,
    bound,
    contract,
    entry_of,
    instantiate,
    through,
)
from symrnn.witness import evaluate, random_point

NETWORK = Cell.load("elman").unroll(2)
AT = random_point(NETWORK)  # sizes n = 2, d = 3, m = 4
RNG = np.random.default_rng(4)
VALUES: dict[str, np.ndarray] = {}


def tensor(name: str, *shape: str) -> Variable:
    VALUES.setdefault(name, RNG.normal(size=tuple(AT.sizes[axis] for axis in shape)))
    return Variable(name, shape)


A, M, N = tensor("A", "m", "d", "n"), tensor("M", "d", "n"), tensor("N", "d", "n")
K = tensor("K", "d", "n", "d", "n")
v = tensor("v", "m")


def worth(expression):
    return evaluate(expression, lambda u: VALUES[u.name], AT)


def test_a_product_joins_as_many_axes_as_it_says():
    product = contract(A, M, joined=2)
    assert product.shape == ("m",) and product.joined == 2 and product.factors == (A, M)
    np.testing.assert_allclose(worth(product), np.einsum("pij,ij->p", VALUES["A"], VALUES["M"]))


def test_r_is_not_inferred_from_shapes():
    square = tensor("S", "d", "d")
    twice = tensor("D", "d", "d", "d", "d")
    assert contract(twice, square).shape == ("d", "d", "d", "d")
    assert contract(twice, square, joined=2).shape == ("d", "d")
    with pytest.raises(ShapeError, match="cannot contract"):
        contract(A, M)


def test_a_node_is_made_again_from_its_arguments():
    product = contract(A, K, M, joined=2)
    assert product.args[-1] == Integer(2) and product.func(*product.args) == product
    assert str(product) == "Contraction(A, K, M, 2)"
    assert str(contract(v, tensor("V", "m", "d"))) == "Contraction(v, V)"


def test_a_chain_is_flat_and_associative_within_one_r():
    left = contract(contract(A, K, joined=2), M, joined=2)
    assert left == contract(A, contract(K, M, joined=2), joined=2) == contract(A, K, M, joined=2)
    expected = np.einsum("pij,ijkl,kl->p", VALUES["A"], VALUES["K"], VALUES["M"])
    np.testing.assert_allclose(worth(left), expected)


def test_products_of_different_r_are_not_mixed_into_one_chain():
    inner = contract(A, M, joined=2)
    outside = contract(v, inner)
    assert outside.joined == 1 and outside.factors == (v, inner)
    np.testing.assert_allclose(worth(outside), VALUES["v"] @ worth(inner))


def test_an_identity_of_that_rank_is_dropped():
    assert contract(A, Eye(("d", "n")), joined=2) == A
    assert contract(Eye(("d", "n")), M, joined=2) == M


def test_a_vector_cannot_stand_inside():
    with pytest.raises(ShapeError, match="inside a product"):
        Contraction(A, M, M, joined=2)


def test_the_chain_rule_passes_through_a_matrix():
    assert through(A, K, 2) == contract(A, K, joined=2)


def test_an_entry_has_one_sum_for_each_joined_axis():
    entry = entry_of(contract(A, M, joined=2), ("p",))
    assert len(entry.limits) == 2
    assert {str(limit[2]) for limit in entry.limits} == {"d", "n"}


def test_rules_keep_the_number_of_joined_axes():
    t = bound("t")
    over_time = TimeSum(Variable("X", ("d", "n"), t), t, 1, 3)
    moved = into_sum(Contraction(A, over_time, joined=2), NETWORK)
    assert moved.body == contract(A, Variable("X", ("d", "n"), t), joined=2)
    first = TimeSum(contract(Variable("B", ("m", "d", "n"), t), M, joined=2), t, 1, 3)
    assert out_of_sum(first, NETWORK).joined == 2
    assert multiply_out(Contraction(A, Plus(M, N), joined=2), NETWORK) == Plus(
        contract(A, M, joined=2), contract(A, N, joined=2)
    )
    product = contract_outer(Contraction(A, Outer(M, v), joined=2), NETWORK)
    assert product == Outer(contract(A, M, joined=2), v)
    assert (
        contract_outer(Contraction(A, Outer(tensor("w", "d"), tensor("u", "n")), joined=2), NETWORK) is None
    )


def test_instantiation_keeps_it():
    t = bound("t")
    product = contract(A, Variable("X", ("d", "n"), t), joined=2)
    assert instantiate(product, {t: 2}) == contract(A, Variable("X", ("d", "n"), 2), joined=2)


def test_what_cannot_be_printed_yet_is_said():
    with pytest.raises(NotImplementedError, match="Contraction"):
        layout(contract(A, M, joined=2))
