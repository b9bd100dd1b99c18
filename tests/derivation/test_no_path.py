"""A derivative by what does not act on it is zero, whichever strategy its kind would have."""

import pytest

from symrnn.certificate import certify
from symrnn.derivation import derive
from symrnn.model import Cell
from symrnn.tensor import Total, Zeros
from symrnn.witness import random_point

MEMORYLESS = """\
name = "Memoryless"
source = "CS7015 lecture 14, frame 13: the same network at every step, no recurrent connection"
states = ["s"]
[parameters]
U = ["d", "n"]
b = ["d"]
V = ["m", "d"]
[equations]
a = "U @ x[t] + b"
s = "sigma(a[t])"
z = "V @ s[t]"
"""
DELAY = """\
name = "Delay"
source = "made for this test: what a step makes is read at the next one only"
states = ["s", "q"]
[parameters]
U = ["d", "n"]
V = ["m", "d"]
[equations]
s = "tanh(U @ x[t])"
q = "s[t-1]"
z = "V @ q[t]"
"""


@pytest.mark.parametrize("text", [MEMORYLESS, DELAY])
def test_without_a_path_the_answer_is_a_certified_zero(text, tmp_path):
    file = tmp_path / "cell.toml"
    file.write_text(text, encoding="utf-8")
    network = Cell.load(file).unroll(3)
    at = random_point(network)
    of = [*(v for v in network.order if v.time == 3), network.total_loss]
    apart = [(v, x) for v in of for x in network.given if not network.depends(v, x)]
    assert any(v.time == 3 and x.time == 2 for v, x in apart) and len(apart) > 20
    for v, x in apart:
        found = derive(Total(v, x), network)
        assert isinstance(found.result, Zeros) and found.is_closed, (v, x)
        assert certify(found, at).holds, (v, x)  # against the complex step through the forward pass
