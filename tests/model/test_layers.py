"""Layers: a stack of cells is the cells one upon the other, with names and axes of their own."""

import hashlib
import json

import numpy as np
import pytest

import symrnn
from symrnn.cli import main
from symrnn.model import HERE, STEP, Cell, files_read
from symrnn.tensor import Variable

STEP_LENGTH = 1e-30
SIZES = {"n": 2, "d_1": 3, "d_2": 4, "m": 5}
MASK = (1.0, 0.5, 0.0, 1.0, 2.0)


def stack(folder, *layers):
    """Return a file that stacks cells."""
    names = ", ".join(f'"{layer}"' for layer in layers)
    (folder / "stack.toml").write_text(f'name = "Stack"\nsource = "the tests"\nlayers = [{names}]\n')
    return folder / "stack.toml"


def test_names_and_axes_get_the_number_of_their_layer_and_lower_logits_go(tmp_path):
    cell = Cell.load(stack(tmp_path, "lstm", "gru"))
    lower = [f"{kind}_{gate}_1" for gate in "ifgo" for kind in "UWb"]
    upper = [f"{kind}_{gate}_2" for gate in "rzn" for kind in "UWb"] + ["b_hn_2", "V_2", "c_out_2"]
    assert list(cell.parameters) == lower + upper
    assert cell.states == ("h_1", "c_1", "h_2")
    assert cell.parameters["U_i_1"] == ("d_1", "n") and cell.parameters["W_i_1"] == ("d_1", "d_1")
    assert cell.parameters["U_r_2"] == ("d_2", "d_1") and cell.parameters["V_2"] == ("m", "d_2")
    assert cell.signals["x"] == ("n",) and cell.signals["y"] == cell.signals["z"] == ("m",)
    assert [e.target.name for e in cell.step].count("z") == 1
    gate = next(e for e in cell.step if e.target.name == "a_r_2")
    assert Variable("h_1", ("d_1",), STEP) in gate.used  # in place of x


def test_a_layer_that_feeds_its_output_back_keeps_what_computes_it(tmp_path):
    cell = Cell.load(stack(tmp_path, "jordan", "jordan"))
    assert list(cell.parameters) == [f"{name}_{n}" for n in (1, 2) for name in ("U", "W", "b", "V", "c")]
    assert cell.states == ("o_1", "o_2") and cell.signals["o_1"] == ("m_1",) and cell.signals["o_2"] == ("m",)
    assert cell.parameters["U_2"] == ("d_2", "m_1") and cell.parameters["V_2"] == ("m", "d_2")


def test_a_file_of_my_own_is_a_layer_by_its_path_from_the_stack(tmp_path):
    (tmp_path / "below").mkdir()
    assert main_in(tmp_path / "below", ["new-cell", "mine"]) == 0
    cell = Cell.load(stack(tmp_path, "elman", "below/mine.toml"), activation="relu")
    assert cell.states == ("s_1", "s_2") and cell.activation == "relu"
    assert "W_u_2" in cell.parameters


def main_in(folder, arguments):
    """Run a command in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return main(arguments)


def logistic(a):
    return 1 / (1 + np.exp(-a))


def hand_written(p, inputs, targets, initial):
    """Two LSTMs in plain NumPy: the loss, analytic in everything."""
    h, c = [initial["h_1"], initial["h_2"]], [initial["c_1"], initial["c_2"]]
    total = 0.0
    for x, target, weight in zip(inputs, targets, MASK):
        below = x
        for layer in (0, 1):
            a = {
                g: p[f"U_{g}_{layer + 1}"] @ below
                + p[f"W_{g}_{layer + 1}"] @ h[layer]
                + p[f"b_{g}_{layer + 1}"]
                for g in "ifgo"
            }
            c[layer] = logistic(a["f"]) * c[layer] + logistic(a["i"]) * np.tanh(a["g"])
            below = h[layer] = logistic(a["o"]) * np.tanh(c[layer])
        z = p["V_2"] @ below + p["c_out_2"]
        total = total - weight * (z[target] - np.log(np.exp(z).sum()))
    return total


def test_the_gradients_of_two_lstms_are_those_of_a_hand_written_forward_pass(tmp_path):
    cell, rng = Cell.load(stack(tmp_path, "lstm", "lstm")), np.random.default_rng(11)
    p = {name: rng.normal(size=[SIZES[a] for a in shape]) for name, shape in cell.parameters.items()}
    inputs, targets = rng.normal(size=(len(MASK), SIZES["n"])), rng.integers(0, SIZES["m"], len(MASK))
    initial = {state: rng.normal(size=SIZES[cell.signals[state][0]]) for state in cell.states}
    found = symrnn.gradients(cell, p, inputs, targets, initial=initial, mask=MASK)
    arrays = {**p, **{f"{state}0": array for state, array in initial.items()}}
    assert set(found) == {*arrays, "x"}
    for name, array in arrays.items():
        expected = np.zeros(array.shape)
        for place in np.ndindex(*array.shape):
            moved = {key: np.array(value, dtype=complex) for key, value in arrays.items()}
            moved[name][place] += 1j * STEP_LENGTH
            start = {state: moved[f"{state}0"] for state in initial}
            expected[place] = hand_written(moved, inputs, targets, start).imag / STEP_LENGTH
        assert np.abs(found[name] - expected).max() <= 1e-12 * np.abs(expected).max(), name


def test_a_stack_derives_and_prints_like_any_cell(tmp_path, capsys):
    file = str(stack(tmp_path, "gru-cs7015", "elman"))
    assert main(["derive", file, "--view", "sweep", "--format", "json"]) == 0
    goals = [d["goal"] for d in json.loads(capsys.readouterr().out)["derivations"]]
    assert "∂L/∂s_{1,t}" in goals and "∂L/∂W_{i,1}" in goals and "∂L/∂W_2" in goals
    for wrt, goal in (("s_10", "∂L_2/∂s_{1,0}"), ("s_1[0]", "∂L_2/∂s_{1,0}"), ("W_i_1", "∂L_2/∂W_{i,1}")):
        assert main(["derive", file, "--wrt", wrt, "--at", "2"]) == 0
        assert goal in capsys.readouterr().out
    for view in ("local", "element", "scalar"):
        assert main(["derive", file, "--wrt", "W_1", "--at", "2", "--view", view]) == 0
        assert "certified: largest deviation" in capsys.readouterr().out


def test_the_files_of_a_cell_its_layers_and_its_loss_are_noted_when_they_are_read(tmp_path):
    (tmp_path / "mine.toml").write_bytes((HERE / "cells" / "gru.toml").read_bytes())
    file = stack(tmp_path, "elman", "mine.toml")
    with files_read() as outer, files_read() as noted:
        Cell.load(file)
    data = (HERE / "losses.toml", HERE / "cells" / "elman.toml")
    assert set(noted) == {*data, file, tmp_path / "mine.toml"} and outer == {}
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == found for path, found in noted.items())
