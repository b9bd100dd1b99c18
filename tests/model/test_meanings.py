"""What a symbol is follows from its place in the equations: written down here by hand, cell by cell."""

import pytest

from symrnn.document import render
from symrnn.model import Cell, builtin_cells, part_of
from symrnn.report import certify_job, read_job
from symrnn.report.sections.network import meaning
from tests import ROOT

GATED = "x input, y target, z scores, yhat probabilities, V output_weights, c_out output_bias"
EXPECTED = {
    "elman": "U input_weights, W recurrent_weights, b bias, V output_weights, c output_bias,"
    " a pre_activation, s state",
    "jordan": "U input_weights, W recurrent_weights, b bias, V output_weights, c output_bias,"
    " a pre_activation,"
    " s signal, o state, z scores",
    "lstm": f"{GATED}, U_i U_f U_g U_o input_weights, W_i W_f W_g W_o recurrent_weights,"
    " b_i b_f b_g b_o bias,"
    " a_i a_f a_g a_o pre_activation, i f o gate, g candidate, h c state",
    "lstm-cs7015": f"{GATED}, U_o U_i U_f U input_weights, W_o W_i W_f W recurrent_weights,"
    " b_o b_i b_f b bias,"
    " a_o a_i a_f a pre_activation, o i f gate, stilde candidate, h s state",
    "lstm-peephole": f"{GATED}, U_i U_f U_g U_o input_weights, W_i W_f W_g W_o recurrent_weights,"
    " p_i p_f p_o peephole_weights, b_i b_f b_g b_o bias, a_i a_f a_g a_o pre_activation,"
    " i f o gate, g candidate",
    "gru": f"{GATED}, U_r U_z U_n input_weights, W_r W_z W_n recurrent_weights, b_r b_z b_n b_hn bias,"
    " a_r a_u a_g pre_activation, r u gate, g candidate, q signal, h state",
    "gru-cs7015": f"{GATED}, U_o U_i U input_weights, W_o W_i W recurrent_weights, b_o b_i b bias,"
    " a_o a_i a pre_activation, o i gate, stilde candidate, q signal, s state",
    "minimal-gated": f"{GATED}, U_f U_h input_weights, W_f W_h recurrent_weights, b_f b_h bias,"
    " a_f a_h pre_activation, f gate, htilde candidate, q signal, h state",
    "tests/cells/gru-over-elman.toml": "U_1 U_r_2 U_z_2 U_n_2 input_weights,"
    " W_1 W_r_2 W_z_2 W_n_2 recurrent_weights, V_2 output_weights, c_out_2 output_bias, b_1 b_hn_2 bias,"
    " r_2 u_2 gate, g_2 candidate, a_1 a_r_2 pre_activation, s_1 h_2 state, z scores",
    "tests/cells/minimal-over-jordan.toml": "U_1 U_f_2 U_h_2 input_weights,"
    " W_1 W_f_2 W_h_2 recurrent_weights,"
    " V_1 weights, c_1 b_1 bias, V_2 output_weights, c_out_2 output_bias, f_2 gate, o_1 h_2 state",
}
MADE = """\
name = "Made"
source = "made for this test"
states = ["a"]
[parameters]
{parameters}
[equations]
{equations}
"""
OWN = {
    "a state called a": (
        {"U": "dn", "W": "dd", "V": "md"},
        {"a": "tanh(U @ x[t] + W @ a[t-1])", "z": "V @ a[t]"},
        "a state, U input_weights, W recurrent_weights, V output_weights",
    ),
    "a bias inside a function": (
        {"U": "dn", "W": "dd", "q": "d", "V": "md", "r": "m"},
        {"a": "tanh(U @ x[t] + W @ a[t-1] - q)", "z": "V @ a[t] + 1/2 * r"},
        "q bias, r output_bias",
    ),
    "names of other things": (
        {"x_w": "dn", "z_w": "dd", "y_b": "d", "W": "md", "yhat_c": "m"},
        {"g": "x_w @ x[t] + z_w @ a[t-1] + y_b", "a": "tanh(g[t])", "z": "W @ a[t] + yhat_c"},
        "g pre_activation, x_w input_weights, z_w recurrent_weights, y_b bias, W output_weights,"
        " yhat_c output_bias",
    ),
    "one recurrent weight for each entry": (
        {"U": "dn", "w": "d", "V": "md"},
        {"a": "relu(U @ x[t] + w * a[t-1])", "z": "V @ a[t]"},
        "w recurrent_weights",
    ),
    "a readout of two layers": (
        {"U": "dn", "P": "dd", "V": "md", "D": "mn"},
        {"a": "tanh(U @ x[t]) + 1/2 * a[t-1]", "h": "tanh(P @ a[t])", "z": "V @ h[t] + D @ x[t]"},
        "P output_weights, V output_weights, D output_weights, h signal",
    ),
    "a time constant": (
        {"tau": "d", "U": "dn", "V": "md"},
        {"a": "tanh(U @ x[t]) * exp(-log(tau)) + 1/2 * a[t-1]", "z": "V @ a[t]"},
        "tau parameter",
    ),
    "a projection": (
        {"U": "dn", "W": "de", "P": "ed", "V": "me"},
        {"u": "tanh(U @ x[t] + W @ a[t-1])", "a": "P @ u[t]", "z": "V @ a[t]"},
        "P weights, W recurrent_weights",
    ),
}


def check(cell: Cell, expected: str) -> None:
    for part in expected.split(", "):
        *names, said = part.split()
        assert {name: part_of(cell, name) for name in names} == dict.fromkeys(names, said)


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_symbol_of_a_cell_is_what_it_does(name, activation):
    path = ROOT / name if name.endswith(".toml") else name
    check(Cell.load(path, activation=activation), EXPECTED[name])


def test_every_built_in_cell_is_written_down_here():
    assert set(builtin_cells()) <= EXPECTED.keys()


@pytest.mark.parametrize("case", OWN)
def test_a_symbol_is_not_known_by_its_name(case, tmp_path):
    parameters, equations, expected = OWN[case]
    table = "\n".join(f"{p} = {list(axes)}" for p, axes in parameters.items())
    if case == "a projection":
        table += '\n[signals]\na = ["e"]'
    text = MADE.format(parameters=table, equations="\n".join(f'{n} = "{e}"' for n, e in equations.items()))
    (tmp_path / "made.toml").write_text(text)
    check(Cell.load(tmp_path / "made.toml"), expected)


def test_outputs_of_a_regression_are_no_scores_and_its_error_is_named():
    cell = Cell.load("elman", loss="squared_error")
    assert (part_of(cell, "z"), part_of(cell, "e")) == ("outputs", "error")


def test_the_words_of_a_job_are_those_of_its_place(job_file):
    squared = ('"cross_entropy"', '"squared_error"')
    job = read_job(job_file(squared))
    said = {name: meaning(job, name) for name in ("z", "e", "a", "c")}
    assert said == {
        "z": "outputs",
        "e": "error, output minus target",
        "a": "pre-activation",
        "c": "output bias",
    }


def test_a_table_of_symbols_names_the_error_of_a_regression_in_both_languages(job_file):
    squared, german = (
        ('"cross_entropy"', '"squared_error"'),
        ('"derivation"', '"derivation"\nlanguage = "de"'),
    )
    for more, said, through in (
        ((), "error, output minus target", "through the outputs"),
        ((german,), "Fehler, Ausgabe minus Zielwert", "nur über die Ausgaben"),
    ):
        document, _ = certify_job(read_job(job_file(squared, *more)))
        html = render(document, "html")
        assert said in html and through in html
        assert "Scores" not in html and "scores" not in html
