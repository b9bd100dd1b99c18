"""Cells: what a file says is what the network has; unrolling copies the step and weights the losses."""

import numpy as np
import pytest
from sympy import Integer, Rational

from symrnn.model import HERE, STEP, Cell, NetworkError, builtin_cells
from symrnn.model.cell import CellError
from symrnn.tensor import Apply, Variable, contract, plus, scale

MINE = """\
name = "Mine"
source = "nowhere"
states = ["h"]
[parameters]
A = ["d", "n"]
B = ["d", "d"]
D = ["m", "d"]
[equations]
g = "sigmoid(A @ x[t])"
h = "g[t] * h[t-1] + 1/2 * sigma(B @ h[t-1]) - 1"
z = "D @ h[t]"
"""


def variable(name, axes, time=None):
    return Variable(name, tuple(axes), time)


def test_the_elman_cell_is_what_its_source_says():
    cell = Cell.load("elman", "sigmoid", "squared_error")
    U, W, V = variable("U", "dn"), variable("W", "dd"), variable("V", "md")
    b, c = variable("b", "d"), variable("c", "m")
    x, y, z = variable("x", "n", STEP), variable("y", "m", STEP), variable("z", "m", STEP)
    a, s, e = variable("a", "d", STEP), variable("s", "d", STEP), variable("e", "m", STEP)
    assert [(equation.target, equation.expression) for equation in cell.step] == [
        (a, plus((contract(U, x), contract(W, s.at(STEP - 1)), b))),
        (s, Apply("sigmoid", a, symbol="sigma")),
        (z, plus((contract(V, s), c))),
        (e, plus((z, scale(-1, y)))),
        (variable("L", "", STEP), scale(Rational(1, 2), contract(e, e))),
    ]
    assert cell.states == ("s",) and list(cell.parameters) == ["U", "W", "b", "V", "c"]


def test_a_cell_of_my_own_is_read_as_written(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)
    cell = Cell.load(tmp_path / "mine.toml", "tanh", "squared_error")
    assert cell.name == "Mine" and cell.states == ("h",)
    assert [equation.target.shape for equation in cell.step] == [("d",), ("d",), ("m",), ("m",), ()]
    assert str(cell.step[0].expression) == "sigma(Contraction(A, x[t]))"  # σ: the logistic function of gates
    assert cell.step[0].expression.function == "sigmoid"
    assert str(cell.step[1].expression) == (
        "Plus(Hadamard(g[t], h[t - 1]), Scale(1/2, tanh(Contraction(B, h[t - 1]))), Scale(-1, Ones((d,))))"
    )


@pytest.mark.parametrize("name", builtin_cells())
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_every_built_in_cell_says_its_source_and_ends_in_the_loss(name, loss):
    cell = Cell.load(name, "tanh", loss)
    assert cell.source and cell.description and cell.name
    assert cell.step[-1].target == Variable("L", (), STEP)
    assert cell.distribution == (loss == "cross_entropy")
    assert set(cell.states) <= {equation.target.name for equation in cell.step}


@pytest.mark.parametrize("steps", [1, 4, 5, 50])
def test_unrolling_copies_the_step_as_often_as_asked(steps):
    cell = Cell.load("elman")
    network = cell.unroll(steps)
    assert network.steps == steps and len(network.equations) == len(cell.step) * steps + 1
    for t in (1, steps):
        for equation in cell.step:
            wanted = equation.expression.xreplace({STEP: Integer(t)})
            assert network.equation(network[equation.target.name, t]).expression == wanted
    assert network["s", 0] in network.given and network["x", steps] in network.given


def test_the_total_loss_is_the_weighted_sum_of_the_losses():
    network = Cell.load("elman").unroll(5, (1, 0, 0.5, 1, 2))
    losses = {t: network["L", t] for t in range(1, 6)}
    expected = plus((losses[1], scale(Rational(1, 2), losses[3]), losses[4], scale(2, losses[5])))
    assert network.equations[-1].expression == expected
    assert network.weights == (1, 0, 0.5, 1, 2)
    unweighted = Cell.load("elman").unroll(5)
    assert unweighted.equations[-1].expression == plus(losses.values()) and unweighted.weights == ()


def test_a_symbol_is_what_the_cell_says_and_the_function_what_the_job_picks():
    by = {f: Cell.load("elman", f).step[1].expression for f in ("tanh", "sigmoid", "relu", "identity")}
    assert {str(expression) for expression in by.values()} == {"sigma(a[t])"}
    assert {f: expression.function for f, expression in by.items()} == {f: f for f in by}


def test_a_cell_that_writes_out_its_functions_leaves_none_to_pick():
    fixed = {name for name in builtin_cells() if not Cell.load(name, "relu").activation}
    assert fixed == {"lstm", "lstm-peephole", "gru", "minimal-gated"}
    for name in fixed:
        assert Cell.load(name, "relu").step == Cell.load(name, "tanh").step
    assert Cell.load("lstm-cs7015", "relu").step != Cell.load("lstm-cs7015", "tanh").step


UNUSABLE = [
    (0, None),
    (-1, None),
    (1.5, None),
    (True, None),
    (3, (1, 1)),
    (3, (0, 0, 0)),
    (2, (1, float("nan"))),
]


@pytest.mark.parametrize(("steps", "mask"), UNUSABLE, ids=str)
def test_steps_and_masks_that_make_no_sense_are_refused(steps, mask):
    with pytest.raises(NetworkError, match=r"steps|mask"):
        Cell.load("elman").unroll(steps, mask)


def test_a_cell_that_is_not_there_is_refused_with_the_nearest_one():
    with pytest.raises(CellError, match=r"there is no cell 'ellman'; accepted: .* did you mean 'elman'\?"):
        Cell.load("ellman")
    with pytest.raises(CellError, match="no activation 'gelu'; accepted: tanh, sigmoid, relu, identity"):
        Cell.load("elman", "gelu")
    with pytest.raises(CellError, match="no loss 'hinge'; accepted: cross_entropy, squared_error"):
        Cell.load("elman", loss="hinge")


def test_a_message_names_file_equation_and_piece(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE.replace("sigma(B @ h[t-1])", "tanh(foo(x[t]))"))
    with pytest.raises(CellError, match=r"mine\.toml, line 10, equation 'h': .*'foo\(x\[t\]\)' in"):
        Cell.load(tmp_path / "mine.toml")


def test_a_cell_must_read_its_input(tmp_path):
    deaf = MINE.replace('A = ["d", "n"]', 'A = ["d", "d"]').replace("A @ x[t]", "A @ h[t-1]")
    (tmp_path / "deaf.toml").write_text(deaf)
    with pytest.raises(
        CellError, match=r"deaf\.toml: no equation reads the input x; accepted: one that does"
    ):
        Cell.load(tmp_path / "deaf.toml")


def test_the_built_in_cells_are_the_files_in_the_folder():
    assert builtin_cells() == sorted(path.stem for path in (HERE / "cells").iterdir())


def test_a_number_of_steps_may_be_a_whole_number_of_numpy():
    cell = Cell.load("elman")
    assert cell.unroll(np.int64(3)) == cell.unroll(3)
    assert type(cell.unroll(np.int64(3)).steps) is int
