"""A number of a cell file is printed in digits that are read back, however long or far from one it is."""

import pytest
from sympy import Rational

from symrnn.certificate import certify_equations
from symrnn.model import Cell
from symrnn.notation import latex, layout
from symrnn.tensor import Scale, Variable
from symrnn.witness import random_point

CELL = """\
name = "A long decimal"
source = "made for this test"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
[equations]
v = "W @ s[t-1] + U @ x[t]"
s = "{number} * v[t]"
z = "V @ s[t]"
"""
GELU = "0.7978845608028654"  # in the tanh form of gelu, Hendrycks and Gimpel 2016


@pytest.mark.parametrize(
    "number",
    [GELU, "1.23456789012345678e-9", "3e15", "1e20", "0.000012345", f"{GELU} * 0.044715", "1/3", "2"],
)
def test_a_number_is_read_back_as_it_is_printed(number, tmp_path):
    file = tmp_path / "cell.toml"
    file.write_text(CELL.format(number=number), encoding="utf-8")
    network = Cell.load(file, loss="squared_error").unroll(2)
    assert certify_equations(network, random_point(network)).require()


def test_a_decimal_is_a_fraction_only_while_that_is_short():
    v = Variable("v", ("d",))
    assert latex(layout(Scale(Rational(GELU), v))) == rf"{GELU} \, v"
    assert latex(layout(Scale(Rational("0.9"), v))) == r"\frac{9}{10} \, v"
