"""Ordered networks: variables found by name and time, and what is refused."""

import pytest

from symrnn.derivation import element
from symrnn.model import Cell, Equation, NetworkError, OrderedNetwork
from symrnn.tensor import Immediate, ShapeError, Total, Variable


@pytest.fixture(scope="module")
def network() -> OrderedNetwork:
    return Cell.load("elman", "tanh", "cross_entropy").unroll(4)


MESSAGES = [
    (("q", 2), r"cell 'Elman' has no signal 'q'; accepted: U, W, b, V, c, x, y, s, a, z, yhat, L"),
    (("s", 5), r"s has no value at step 5; accepted: the steps 0 to 4"),
    (("W", 2), r"W has no value at step 2; accepted: W without a step"),
    ("s", r"s needs a time; accepted: one such as s\[4\]"),
]


@pytest.mark.parametrize(("key", "message"), MESSAGES, ids=[str(key) for key, _ in MESSAGES])
def test_a_variable_that_does_not_exist_is_refused_with_what_does(network, key, message):
    with pytest.raises(NetworkError, match=message):
        network[key]


@pytest.mark.parametrize(
    ("text", "name"), [("W", "W"), ("L[4]", "L[4]"), ("s0", "s[0]"), (" x2 ", "x[2]"), ("s[0]", "s[0]")]
)
def test_text_finds_its_variable(network, text, name):
    assert str(network.lookup(text)) == name


@pytest.mark.parametrize("text", ["", "W[", "s[-1]", "s[k]", "s[1][2]", "a+b", "\\W"])
def test_text_that_is_no_variable_is_refused(network, text):
    with pytest.raises(NetworkError, match=r"cannot read .* write a name such as W"):
        network.lookup(text)


def test_an_equation_has_the_shape_of_its_target():
    with pytest.raises(ShapeError, match=r"o\[1\] has shape \('m',\), its expression \('d',\)"):
        Equation(Variable("o", ("m",), 1), Variable("s", ("d",), 1))


def test_an_entry_of_the_third_order_tensor_is_what_the_lecture_says(network):
    found = element(Immediate(network["s", 3], network["W"]), ("p", "q", "r"))
    assert str(found) == "KroneckerDelta(p, q)*sigma'(a[3, p])*s[2, r]"
    same = element(Immediate(network["s", 3], network["W"]), (2, 2, "r"))
    assert str(same) == "sigma'(a[3, 2])*s[2, r]"
    assert element(Immediate(network["s", 3], network["W"]), (1, 2, "r")) == 0
    jacobian = element(Total(network["s", 3], network["s", 2]), ("p", "r"))
    assert str(jacobian) == "sigma'(a[3, p])*W[p, r]"


def test_an_entry_needs_as_many_indices_as_the_tensor_has_axes(network):
    with pytest.raises(ShapeError, match="accepted: 3 indices"):
        element(Immediate(network["s", 3], network["W"]), ("p", "q"))
