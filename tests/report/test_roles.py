"""What a document says a symbol is, and which words it chooses, follow from the equations of the cell."""

import pytest

from symrnn.model import Cell
from symrnn.report.sections import gates, numbers
from symrnn.report.sections.roles import meaning
from symrnn.tensor import Apply, Contraction, Diagonal, Ones, Variable, plus, scale, time_symbol
from tests import ROOT

FOLDER = ROOT / "tests" / "reference" / "cells"
ROLES = {  # read off the equations by hand
    "elman": {"U": "input weights", "W": "recurrent weights", "b": "bias", "V": "output weights",
              "c": "output bias", "a": "pre-activation", "s": "state"},
    "jordan": {"U": "input weights", "W": "recurrent weights", "V": "output weights", "c": "output bias",
               "s": "signal", "o": "state"},
    "minimal-gated": {"f": "gate", "a_f": "pre-activation", "W_h": "recurrent weights", "q": "signal"},
    "lstm-peephole": {"p_i": "recurrent weights", "p_o": "weights", "i": "gate", "g": "signal"},
    "cfn": {"theta": "gate", "eta": "gate", "U_eta": "recurrent weights", "b_theta": "bias",
            "W": "input weights"},
    "clockwork": {"j": "signal", "b": "bias", "b_O": "output bias", "W_H": "recurrent weights"},
    "ctrnn": {"W": "recurrent weights", "J": "input weights", "V": "output weights"},
    "fastgrnn": {"a": "pre-activation", "g": "gate", "U_1": "recurrent weights", "W_2": "input weights",
                 "b_g": "bias", "zeta": "parameter"},
    "hmm": {"B": "input weights"},
    "indrnn": {"W": "input weights", "u": "recurrent weights", "b": "bias"},
    "lstmp": {"i": "gate", "W_rm": "weights", "W_pm": "weights", "W_yp": "output weights",
              "w_ic": "recurrent weights", "w_oc": "weights", "m": "signal"},
    "narx": {"A": "input weights", "B": "recurrent weights", "V": "output weights", "c": "output bias"},
    "qrnn": {"W_z_2": "input weights", "f": "gate", "o": "gate", "ztilde": "signal"},
    "scrn": {"beta": "parameter", "P": "weights", "U": "output weights", "V": "output weights"},
}  # fmt: skip
JOB = """\
title = "A job"
cell = "{cell}"
loss = "squared_error"
state = 2
[sequence]
inputs = [[1.0, 0.2], [-0.5, 0.7], [0.3, 0.1]]
targets = [[0.7, 0.6, 0.1], [0.1, 0.9, -0.3], [0.2, 0.1, 0.4]]
"""
MIXED = """\
name = "Mixed"
source = "made for this test: two uses of each signal, of which one forbids the word"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
[equations]
b = "U @ x[t]"
f = "sigmoid(b[t])"
g = "sigmoid(W @ s[t-1])"
s = "f[t] * s[t-1] + b[t] + tanh(g[t]) * s[t-1]"
z = "V @ (s[t] * f[t]) + V @ f[t]"
"""


def load(name):
    file = FOLDER / f"{name}.toml"
    return Cell.load(file if file.exists() else name)


@pytest.mark.parametrize("name", ROLES)
def test_a_symbol_is_what_its_place_in_the_equations_says(name):
    cell = load(name)
    assert {symbol: meaning(cell, symbol) for symbol in ROLES[name]} == ROLES[name]


def test_a_signal_is_no_gate_and_no_pre_activation_if_it_is_used_otherwise_too(tmp_path):
    (tmp_path / "mixed.toml").write_text(MIXED, encoding="utf-8")
    cell = Cell.load(tmp_path / "mixed.toml")
    assert {meaning(cell, name) for name in "bfg"} - {"signal"} == {"pre-activation"}  # g, inside tanh
    assert meaning(cell, "b") == meaning(cell, "f") == "signal"


def test_no_symbol_of_a_built_in_cell_is_called_otherwise_under_other_names(tmp_path):
    text = (ROOT / "symrnn" / "model" / "cells" / "elman.toml").read_text(encoding="utf-8")
    for old, new in (("a ", "r "), ("a[t]", "r[t]")):
        text = text.replace(old, new)
    (tmp_path / "other.toml").write_text(text, encoding="utf-8")
    assert meaning(Cell.load(tmp_path / "other.toml"), "r") == "pre-activation"


@pytest.mark.parametrize(
    ("name", "free"),
    [("elman", ("u", "v")), ("ctrnn", ("w", "xi")), ("gru", ("xi", "eta")), ("indrnn", ("v", "w"))],
)
def test_a_statement_about_any_two_vectors_uses_no_letter_of_the_cell(name, free):
    assert load(name).unroll(2).letters.vectors == free


@pytest.mark.parametrize(
    ("name", "path", "factor"),
    [
        ("minimal-gated", "gates.direct", "numbers.kept"),
        ("fastgrnn", "gates.direct", "numbers.kept"),
        ("clockwork", "gates.direct", "numbers.kept_by_factor"),
        ("cfn", "gates.direct_with_slopes", "numbers.kept_by_factor"),
        ("ctrnn", "gates.direct_with_weights", "numbers.kept_by_matrix"),
    ],
)
def test_what_is_said_of_the_direct_path_is_true_of_its_factors(name, path, factor, monkeypatch):
    cell = load(name)
    j = time_symbol("j")
    at = {signal: Variable(signal, ("d",), j) for signal in ("f", "g", "k", "theta", "h")}
    bodies = {
        "minimal-gated": Diagonal(plus((Ones(("d",)), scale(-1, at["f"])))),
        "fastgrnn": Diagonal(at["g"]),
        "clockwork": Diagonal(plus((Ones(("d",)), scale(-1, at["k"])))),
        "cfn": Diagonal(Apply("tanh", at["h"]).prime()),
        "ctrnn": Contraction(Diagonal(at["f"]), Variable("W", ("d", "d"))),
    }
    assert gates.words_of_factors([bodies[name]]) == path
    assert numbers.words_of_kept(cell, bodies[name]) == factor
