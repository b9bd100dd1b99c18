"""Large numbers: what floats can hold is certified, and what they cannot is bad input, not a wrong step."""

import numpy as np
import pytest

import symrnn
from symrnn import Cell
from symrnn.cli import main
from symrnn.tensor import Apply, log_softmax
from symrnn.witness import Point, value

JOB = """\
title = "Large inputs"
kind = "derivation"
cell = "{cell}"
{activation}
state = 3
seed = 7
[sequence]
inputs = [[{first}, -900.0], [800.0, 0.5]]
targets = [[0, 0, 0, 1], [1, 0, 0, 0]]
[derive]
of = "L[2]"
wrt = ["{wrt}"]
"""


def verify(folder, **words):
    file = folder / "job.toml"
    file.write_text(JOB.format(**words), encoding="utf-8")
    return main(["verify", str(file)])


def test_a_softmax_that_underflows_raises_no_alarm(tmp_path, capsys):
    assert verify(tmp_path, cell="elman", activation='activation = "identity"', first="1e3", wrt="b") == 0
    assert "hold" in capsys.readouterr().out


def test_numbers_beyond_measure_are_bad_input(tmp_path, capsys):
    assert verify(tmp_path, cell="gru", activation="", first="-1e308", wrt="b_r") == 2
    said = capsys.readouterr().err
    assert "x[1] holds 1e+308; accepted: numbers up to" in said and "Traceback" not in said


def point(scale):
    """Return a point of an identity cell whose logits are as large as ``scale`` makes them."""
    network = Cell.load("elman", activation="identity").unroll(3)
    sizes = {"n": 2, "d": 3, "m": 4}
    rng = np.random.default_rng(0)
    given = {v: rng.normal(size=[sizes[a] for a in v.shape]) for v in network.given}
    given |= {v: np.eye(4)[1] for v in network.given if v.name == "y"}
    return network, Point(network, {v: a * scale if v.name == "x" else a for v, a in given.items()}, sizes)


def test_the_logarithm_of_a_softmax_is_finite_where_the_softmax_is_0():
    network, at = point(1e4)
    z, prediction = at.variable(network["z", 2]), network["yhat", 2]
    assert not at.variable(prediction).all()
    found = value(Apply("log", prediction), at)
    others = np.sort(z - z.max())[:-1]  # exp of each underflows or is tiny
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, z - z.max() - np.log1p(np.exp(others).sum()), rtol=1e-13)
    np.testing.assert_allclose(log_softmax(np.array([0.0, -1e4])), [0, -1e4])
    assert log_softmax(np.array([0.0, -50.0]))[0] == -np.exp(-50)


def test_a_point_names_the_equation_that_overflows():
    _, at = point(1.0)
    large = Point(at.network, {v: a * 1e11 for v, a in at.given.items()}, at.sizes)
    deep = Cell.load("elman", activation="identity").unroll(40)
    given = {v: np.full([at.sizes[a] for a in v.shape], 1e11) for v in deep.given}
    with pytest.raises(symrnn.SymrnnError, match=r"a at step \d+ of Elman cannot be computed.*accepted"):
        Point(deep, given, at.sizes).variable(deep["L", 40])
    assert np.isfinite(large.variable(at.network["a", 1])).all()


@pytest.mark.parametrize("call", [symrnn.gradients, symrnn.forward])
def test_the_numeric_interface_names_the_equation_that_overflows(call):
    cell = Cell.load("elman", activation="identity")
    rng = np.random.default_rng(0)
    p = {
        n: 1e150 * rng.normal(size=[{"n": 2, "d": 3, "m": 4}[a] for a in s])
        for n, s in cell.parameters.items()
    }
    with pytest.raises(symrnn.SymrnnError, match=r"^a at step 3 of Elman cannot be computed"):
        call(cell, p, np.ones((4, 2)), np.array([0, 1, 2, 3]))
