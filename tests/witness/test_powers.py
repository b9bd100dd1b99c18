"""A product of equal Jacobians is printed as a power, and read back as one."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Rational

from symrnn.model import HORIZON, STEP, Cell, Conventions, under
from symrnn.notation import latex, layout, text
from symrnn.tensor import Contraction, Diagonal, Eye, JacobianProduct, Scale, Variable, bound, time_symbol
from symrnn.witness import ReadbackError, ink_value, random_point, value

K, J = time_symbol("k"), bound("j")
NETWORK = Cell.load("elman").unroll(4)
AT = random_point(NETWORK, 2)
W = NETWORK["W"]
BODIES = [W, Scale(Rational(9, 10), Eye(("d",))), Contraction(W, W), Scale(-1, W)]


def product(body):
    return JacobianProduct(body, J, K + 1, STEP)


@pytest.mark.parametrize("body", BODIES, ids=str)
@pytest.mark.parametrize("convention", ["operator", "row"])
def test_it_is_worth_the_power_of_its_matrix_at_all_times(body, convention):
    with under(Conventions(convention=convention)):
        printed = latex(layout(product(body)))
        for t in range(1, 5):
            for k in range(t + 1):
                expected = np.linalg.matrix_power(value(body, AT), t - k)
                found = ink_value(printed, AT, {STEP: t, K: k})
                np.testing.assert_allclose(found, expected, rtol=1e-12)
                np.testing.assert_allclose(value(product(body), AT, {STEP: t, K: k}), expected, rtol=1e-12)


def test_it_is_printed_with_the_number_of_its_factors():
    assert latex(layout(product(W))) == "W^{t-k}" and text(layout(product(W))) == "W^{t-k}"
    assert latex(layout(JacobianProduct(W, J, 2, HORIZON))) == "W^{T-1}"
    named = Variable("W_h", ("d", "d"))
    assert latex(layout(product(named))) == "W_{h}^{t-k}"


def test_a_product_whose_factors_differ_keeps_its_dots():
    factor = Diagonal(NETWORK["s", 1].at(J))
    assert r"\cdots" in latex(layout(product(factor)))


@pytest.mark.parametrize("wrong", ["W^{t-k+1}", "W^{k}", r"W^{\top}", "W"])
def test_a_wrong_exponent_is_worth_something_else(wrong):
    at = {STEP: 4, K: 1}
    expected = value(product(W), AT, at)
    assert np.abs(ink_value(wrong, AT, at) - expected).max() > 1e-3


@pytest.mark.parametrize("wrong", ["s_{1}^{t-k}", "U^{t-k}", "W^{k-t}", "W^{q}", "W^{t,k}", "W^{t-}"])
def test_what_is_no_power_of_a_square_matrix_is_not_read(wrong):
    with pytest.raises(ReadbackError):
        ink_value(wrong, AT, {STEP: 4, K: 1})
