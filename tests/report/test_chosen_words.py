"""Sentences about a cell are chosen by its equations, and use no letter of it for anything else."""

import pytest

from symrnn.model import Cell
from symrnn.report.sections import gates, numbers
from symrnn.tensor import Apply, Contraction, Diagonal, Ones, Variable, plus, scale, time_symbol
from tests import ROOT

FOLDER = ROOT / "tests" / "reference" / "cells"


def load(name):
    file = FOLDER / f"{name}.toml"
    return Cell.load(file if file.exists() else name)


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
