"""Three signs at a derivative, ∂, ∂⁺ and ∂°: each means one thing, whatever nodes a network keeps.

The expected numbers come from steps of an LSTM and of a GRU written here by hand.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from symrnn.certificate import certify
from symrnn.derivation import K, OneStep, derive
from symrnn.derivation.budget import DerivationError
from symrnn.model import Cell
from symrnn.notation import latex, layout
from symrnn.tensor import Direct, Immediate, Total
from symrnn.witness import ink_value, random_point, value

SIGNS = (Direct, Immediate, Total)
CELLS = ("elman", "gru", "gru-cs7015", "jordan", "lstm", "lstm-peephole", "minimal-gated")


def logistic(u):
    return 1 / (1 + np.exp(-u))


def peephole_step(p, x, h, c, gates_from=None):
    """One step of an LSTM with peepholes; ``gates_from`` holds the state that the gates see instead of c."""
    seen = c if gates_from is None else gates_from
    i = logistic(p["U_i"] @ x + p["W_i"] @ h + p["p_i"] * seen + p["b_i"])
    f = logistic(p["U_f"] @ x + p["W_f"] @ h + p["p_f"] * seen + p["b_f"])
    g = np.tanh(p["U_g"] @ x + p["W_g"] @ h + p["b_g"])
    return f * c + i * g


def slope(function, u):
    """Jacobian by complex step."""
    return np.stack([function(u + 1e-30j * e).imag / 1e-30 for e in np.eye(len(u))], axis=-1)


def peephole():
    network = Cell.load("lstm-peephole").unroll(4)
    at = random_point(network)
    return network, at, {v.name: at.variable(v) for v in network.given if v.time is None}


def test_of_a_peephole_the_three_signs_are_three_numbers_and_each_is_right():
    network, at, p = peephole()
    x, h, c = (at.variable(network[name, 2 if name == "x" else 1]) for name in ("x", "h", "c"))
    new, old = network["c", 2], network["c", 1]
    found = {sign: value(sign(new, old), at) for sign in SIGNS}
    along_the_edge = slope(lambda u: peephole_step(p, x, h, u, gates_from=c), c)
    np.testing.assert_allclose(found[Direct], along_the_edge, rtol=0, atol=1e-14)
    gates_move = slope(lambda u: peephole_step(p, x, h, u), c)
    np.testing.assert_allclose(found[Immediate], gates_move, rtol=0, atol=1e-14)
    assert all(np.abs(found[a] - found[b]).max() > 0.01 for a, b in itertools.combinations(SIGNS, 2))


@pytest.mark.parametrize("keep", ({"h", "c", "L"}, {"h", "c", "z", "L"}, {"h", "c", "f", "i", "L"}, None))
def test_what_a_sign_means_does_not_depend_on_the_nodes_that_are_kept(keep):
    network, at, _ = peephole()
    other = network.whole if keep is None else network.condense(keep)
    for sign, (v, u) in itertools.product(
        SIGNS, ((("c", 3), ("c", 2)), (("h", 3), ("c", 3)), (("h", 3), ("h", 2)))
    ):
        goal = sign(network[v], network[u])
        ink = latex(layout(goal))
        assert np.array_equal(value(goal, at.of(other)), value(goal, at))
        assert np.array_equal(ink_value(ink, at.of(other), {}), ink_value(ink, at, {}))
        np.testing.assert_allclose(ink_value(ink, at, {}), value(goal, at), rtol=0, atol=1e-14)


@pytest.mark.parametrize("cell", ("elman", pytest.param("all", marks=pytest.mark.deep)))
def test_every_signal_by_every_other_under_every_sign_is_derived_to_the_end(cell):
    for name in CELLS if cell == "all" else (cell,):
        network = Cell.load(name).unroll(2)
        signals = [equation.target.name for equation in network.step]
        given = [v for v in network.given if v.time is None or v.time == 0 or v.name == "x"]
        for v, x in itertools.product(
            [network[signal, 2] for signal in signals],
            [*(network[signal, time] for signal in signals for time in (1, 2)), *given],
        ):
            for sign in SIGNS:
                try:
                    found = derive(sign(v, x), network)
                except DerivationError as error:
                    assert "paths" in str(error)
                    continue
                assert certify(found).require().holds


def test_where_two_signs_agree_the_one_that_holds_less_is_written():
    lstm, peephole, gru = (Cell.load(name).unroll(4) for name in ("lstm", "lstm-peephole", "gru"))
    assert [type(goal) for goal in OneStep(lstm).held] == [Immediate]
    assert [type(goal) for goal in OneStep(gru).held] == [Direct]
    step = OneStep(peephole)
    assert list(step.held) == [Direct(peephole["c", K], peephole["c", K - 1])]
    assert list(step.explicit) == [Immediate(peephole[s, K], peephole[s, K - 1]) for s in ("h", "c")]
    assert not OneStep(Cell.load("elman").unroll(4)).held


def test_a_path_from_a_gate_passes_it_at_its_own_step_only():
    network = Cell.load("lstm-peephole").unroll(3)
    found = derive(Total(network["L", 3], network["i", 1]), network)
    assert certify(found).require().holds
    assert not found.result.atoms(Direct)
