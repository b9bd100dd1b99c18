"""A line says the reason of every step that made it: each insertion is named."""

import pytest

from symrnn.derivation import derive_sweep
from symrnn.model import Cell, builtin_cells


def said(derivation, rule):
    return [
        "".join(p if isinstance(p, str) else str(p) for p in one.pieces())
        for line in derivation.lines()
        if line.rule.name == rule
        for one in line.reason
    ]


def test_every_insertion_of_a_line_is_named():
    swept = derive_sweep(Cell.load("lstm").unroll(3))
    assert said(swept.signals["h"], "definition") == [
        "Insert z[t], a_i[t + 1], a_f[t + 1], a_g[t + 1] and a_o[t + 1]; terms without h[t] are constant."
    ]
    assert said(swept.signals["c"], "definition") == [
        "Insert h[t] and c[t + 1]; terms without c[t] are constant."
    ]


@pytest.mark.parametrize("name", builtin_cells())
def test_the_insertions_named_are_those_that_were_made(name):
    swept = derive_sweep(Cell.load(name).unroll(3))
    for derivation in (*swept.signals.values(), *swept.parameters.values()):
        made = {step.focus.args[0] for step in derivation.steps if step.rule.name == "definition"}
        lines = [line for line in derivation.lines() if line.rule.name == "definition"]
        fillings = [dict(one.places)["v"] for line in lines for one in line.reason]
        named = {v for filling in fillings for v in (filling if isinstance(filling, tuple) else (filling,))}
        assert made == named
