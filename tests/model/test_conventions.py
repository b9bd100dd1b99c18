"""Two conventions of one cell are two functions: what the table of the README says, in numbers."""

import numpy as np
import pytest

from symrnn.cli import main
from symrnn.model import Cell, builtin_cells
from symrnn.tensor import Variable
from symrnn.witness import Point
from tests import ROOT

SIZES = {"n": 2, "d": 3, "m": 4}
STEPS = 4


def drawn(name, seed):
    """Return parameters, inputs and initial states of a cell."""
    cell, rng = Cell.load(name), np.random.default_rng(seed)
    parameters = {p: rng.normal(size=[SIZES[a] for a in shape]) for p, shape in cell.parameters.items()}
    initial = {state: rng.normal(size=SIZES[cell.signals[state][0]]) for state in cell.states}
    return parameters, rng.normal(size=(STEPS, SIZES["n"])), initial


def logits(name, parameters, inputs, initial, activation="tanh"):
    """Return the logits of a cell at every step, shape (T, m)."""
    network = Cell.load(name, activation, "squared_error").unroll(STEPS)
    values = {v: np.zeros(SIZES["m"]) for v in network.given if v.name == "y"}
    values |= {network["x", t]: inputs[t - 1] for t in range(1, STEPS + 1)}
    values |= {network[p]: array for p, array in parameters.items()}
    values |= {network[state, 0]: array for state, array in initial.items()}
    at = Point(network, values, SIZES)
    return np.array([at.variable(Variable("z", ("m",), t)) for t in range(1, STEPS + 1)])


def renamed(parameters, names):
    """Return parameters under other names: those of ``names`` and what they have in common."""
    return {new: parameters[old] for new, old in names.items()}


GATES = [f"{kind}_{gate}" for gate in "oif" for kind in "UWb"]
LSTM = {**{name: name for name in GATES}, "U": "U_g", "W": "W_g", "b": "b_g", "V": "V", "c_out": "c_out"}


def test_the_two_lstms_differ_where_the_lecture_leaves_the_function_open():
    parameters, inputs, initial = drawn("lstm", 1)
    pytorch = logits("lstm", parameters, inputs, initial)
    mapped, states = renamed(parameters, LSTM), {"h": initial["h"], "s": initial["c"]}
    both = {f: logits("lstm-cs7015", mapped, inputs, states, f) for f in ("tanh", "sigmoid")}
    np.testing.assert_allclose(both["tanh"], pytorch, rtol=0, atol=1e-14)
    assert np.abs(both["sigmoid"] - pytorch).max() > 0.1


def test_an_lstm_with_peepholes_is_another_function_until_they_close():
    parameters, inputs, initial = drawn("lstm-peephole", 2)
    without = {name: array for name, array in parameters.items() if not name.startswith("p_")}
    plain = logits("lstm", without, inputs, initial)
    assert np.abs(logits("lstm-peephole", parameters, inputs, initial) - plain).max() > 0.1
    closed = parameters | {name: np.zeros(3) for name in ("p_i", "p_f", "p_o")}
    np.testing.assert_allclose(logits("lstm-peephole", closed, inputs, initial), plain, rtol=0, atol=1e-14)


GRU = {f"{kind}_{new}": f"{kind}_{old}" for new, old in (("o", "r"), ("i", "z")) for kind in "UWb"}
GRU |= {"U": "U_n", "W": "W_n", "b": "b_n", "V": "V", "c_out": "c_out"}


def test_the_two_grus_differ_in_the_sign_of_the_update_gate_and_in_the_place_of_the_reset():
    parameters, inputs, initial = drawn("gru", 3)
    parameters["b_hn"] = np.zeros(3)  # the lecture's candidate has one bias
    states = {"s": initial["h"]}

    def apart(parameters, sign):
        """Largest difference of the logits; ``sign`` turns the lecture's update gate."""
        mapped = renamed(parameters, GRU) | {f"{k}_i": sign * parameters[f"{k}_z"] for k in "UWb"}
        lecture = logits("gru-cs7015", mapped, inputs, states)
        return np.abs(lecture - logits("gru", parameters, inputs, initial)).max()

    assert apart(parameters, 1) > 0.1  # i lets the new in, z keeps the old: i = 1 - z
    assert apart(parameters, -1) > 0.1  # the reset still stands on two sides of W
    reset_open = parameters | {"b_r": np.full(3, 40.0)}  # r = 1: then it does not matter where it stands
    assert apart(reset_open, -1) < 1e-13
    assert apart(reset_open, 1) > 0.1


def test_the_minimal_gated_unit_is_the_lectures_gru_with_one_gate_for_two():
    parameters, inputs, initial = drawn("minimal-gated", 4)
    gates = {f"{kind}_{gate}": f"{kind}_f" for gate in "oi" for kind in "UWb"}
    tied = renamed(parameters, {**gates, "U": "U_h", "W": "W_h", "b": "b_h", "V": "V", "c_out": "c_out"})
    expected = logits("minimal-gated", parameters, inputs, initial)
    found = logits("gru-cs7015", tied, inputs, {"s": initial["h"]})
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    untied = tied | {"b_o": tied["b_o"] + 1}
    assert np.abs(logits("gru-cs7015", untied, inputs, {"s": initial["h"]}) - expected).max() > 0.01


def test_jordan_feeds_back_what_elman_would_through_its_output_weights():
    parameters, inputs, _ = drawn("jordan", 5)
    U, W, b, V, c = (parameters[name] for name in ("U", "W", "b", "V", "c"))
    hidden = np.array([0.3, -0.2, 0.5])
    expected = logits("jordan", parameters, inputs, {"o": V @ hidden + c})
    through = {"U": U, "W": W @ V, "b": b + W @ c, "V": V, "c": c}
    np.testing.assert_allclose(logits("elman", through, inputs, {"s": hidden}), expected, rtol=0, atol=1e-14)
    square = np.random.default_rng(6).normal(size=(3, 3))
    assert np.abs(logits("elman", through | {"W": square}, inputs, {"s": hidden}) - expected).max() > 0.1


@pytest.mark.parametrize("name", builtin_cells())
def test_the_readme_says_how_a_cell_differs_and_the_command_prints_it(name, capsys):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| `{name}` |" in readme
    assert main(["cells"]) == 0
    said = capsys.readouterr().out
    cell = Cell.load(name)
    assert f"{name}: {cell.description}\n  source: {cell.source}\n  states: {', '.join(cell.states)};" in said
