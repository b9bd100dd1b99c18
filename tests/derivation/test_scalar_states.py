"""A state may be a number: its derivatives are products without axes."""

from symrnn.certificate import certify, certify_cell
from symrnn.derivation import derive
from symrnn.model import Cell
from symrnn.tensor import Total
from symrnn.witness import random_point

SCALAR = """\
name = "Scalar state"
source = "made for this test"
states = ["s"]
[parameters]
u = ["n"]
w = []
v = ["m"]
V = ["m", "n"]
[signals]
s = []
[equations]
s = "tanh(w * s[t-1] + u @ x[t])"
z = "V @ x[t] + v * v"
"""


def scalar(folder):
    file = folder / "cell.toml"
    file.write_text(SCALAR, encoding="utf-8")
    return Cell.load(file)


def test_everything_of_a_cell_whose_only_state_is_a_number_is_certified(tmp_path):
    found = certify_cell(scalar(tmp_path), steps=3)
    assert len(found) > 10 and all(certificate.holds for certificate in found)


def test_the_effect_of_a_weight_on_a_later_state_that_is_a_number_is_certified(tmp_path):
    network = scalar(tmp_path).unroll(3)
    at = random_point(network)
    for name in ("w", "u"):
        assert certify(derive(Total(network["s", 3], network[name]), network), at).require().deviation < 1e-10
