"""One step of a gated cell: gates held fixed and all paths, against hand-written NumPy.

The steps below are written by hand and take the gates as arguments where they are held fixed; the complex
step differentiates them. Sizes are pairwise different, states and biases not zero.
"""

import numpy as np
import pytest

import symrnn
from symrnn.certificate import certify
from symrnn.derivation import K, OneStep, derivations, derive, longest_readable
from symrnn.derivation.budget import MOST_PATHS
from symrnn.derivation.steps import DerivationError
from symrnn.listing import views
from symrnn.model import Cell
from symrnn.tensor import Direct, Immediate, Total, instantiate
from symrnn.witness import entry_value, random_point, value

STEP = 1e-30
SEED = 5


def logistic(a):
    return 1 / (1 + np.exp(-a))


def lstm_gates(p, x, h):
    i, f, o = (logistic(p[f"U_{n}"] @ x + p[f"W_{n}"] @ h + p[f"b_{n}"]) for n in "ifo")
    return i, f, o, np.tanh(p["U_g"] @ x + p["W_g"] @ h + p["b_g"])


def lstm_step(gates, c):
    i, f, o, g = gates
    c = f * c + i * g
    return c, o * np.tanh(c)


def gru_gates(p, x, h):
    r = logistic(p["U_r"] @ x + p["W_r"] @ h + p["b_r"])
    u = logistic(p["U_z"] @ x + p["W_z"] @ h + p["b_z"])
    return u, np.tanh(p["U_n"] @ x + p["b_n"] + r * (p["W_n"] @ h + p["b_hn"]))


def gru_step(gates, h):
    u, g = gates
    return (1 - u) * g + u * h


def slope(function, x):
    """Jacobian of a function of one vector by the complex step."""
    columns = [np.imag(function(x + 1j * STEP * unit)) / STEP for unit in np.eye(x.size)]
    return np.stack(columns, axis=-1)


def example(name, steps=4):
    network = Cell.load(name).unroll(steps)
    at = random_point(network, SEED)
    assert len(set(at.sizes.values())) == len(at.sizes)
    parameters = {v.name: at.variable(v) for v in network.given if v.time is None}
    return network, at, parameters


def found(derivation, at, k):
    result = instantiate(derivation.result, {K: k})
    return value(result, at.of(derivation.network))


@pytest.mark.parametrize("k", (2, 3, 4))
def test_the_jacobians_of_an_lstm_equal_a_hand_written_step(k):
    network, at, p = example("lstm")
    step = OneStep(network)
    x, x_before = (at.variable(network["x", t]) for t in (k, k - 1))
    h, c = (at.variable(network[state, k - 1]) for state in ("h", "c"))
    h_before = at.variable(network["h", k - 2])
    c_k, c_1, h_k, h_1 = (network[n, t] for n in "ch" for t in (K, K - 1))
    gates, o_before = lstm_gates(p, x, h), lstm_gates(p, x_before, h_before)[2]

    def all_paths(cell_state):  # the state before shows in the gates through h, which o made of it
        return lstm_step(lstm_gates(p, x, o_before * np.tanh(cell_state)), cell_state)

    expected = {
        Total(c_k, c_1): slope(lambda c: all_paths(c)[0], c),
        Total(h_k, c_1): slope(lambda c: all_paths(c)[1], c),
        Total(c_k, h_1): slope(lambda h: lstm_step(lstm_gates(p, x, h), c)[0], h),
        Total(h_k, h_1): slope(lambda h: lstm_step(lstm_gates(p, x, h), c)[1], h),
    }
    assert {g for g in step.jacobians if g.args[0].name in "ch"} == set(expected)
    for goal, truth in expected.items():
        np.testing.assert_allclose(found(step.jacobians[goal], at, k), truth, rtol=0, atol=1e-12)
    held = slope(lambda c: lstm_step(gates, c)[0], c)
    assert list(step.held) == [Immediate(c_k, c_1)]
    np.testing.assert_allclose(found(step.held[Immediate(c_k, c_1)], at, k), held, rtol=0, atol=1e-12)
    assert np.abs(held - expected[Total(c_k, c_1)]).max() > 0.01  # the two readings differ
    assert str(step.held[Immediate(c_k, c_1)].result) == "Diagonal(f[k])"


@pytest.mark.parametrize("k", (1, 3))
def test_the_jacobians_of_a_gru_equal_a_hand_written_step(k):
    network, at, p = example("gru")
    step = OneStep(network)
    x, h = at.variable(network["x", k]), at.variable(network["h", k - 1])
    h_k, h_1 = network["h", K], network["h", K - 1]
    truth = slope(lambda h: gru_step(gru_gates(p, x, h), h), h)
    np.testing.assert_allclose(found(step.jacobians[Total(h_k, h_1)], at, k), truth, rtol=0, atol=1e-12)
    held = slope(lambda h: gru_step(gru_gates(p, x, at.variable(network["h", k - 1])), h), h)
    np.testing.assert_allclose(found(step.held[Direct(h_k, h_1)], at, k), held, rtol=0, atol=1e-12)
    assert str(step.held[Direct(h_k, h_1)].result) == "Diagonal(u[k])"


@pytest.mark.parametrize("name", ("lstm", "gru"))
def test_every_derivative_of_one_step_is_certified(name):
    network, at, _ = example(name)
    step = OneStep(network)
    for derivation in (*step.edges.values(), *step.jacobians.values()):
        assert certify(derivation, at).require().of("ink") < 1e-10


def test_an_expansion_that_nobody_can_read_says_how_many_paths_there_are_and_what_works():
    network = Cell.load("lstm").unroll(4)
    with pytest.raises(DerivationError) as error:
        derive(Total(network["L", 4], network["W_f"]), network)
    said = str(error.value)
    for words in ("33 paths", f"at most {MOST_PATHS}", "L[3] by W_f has 12 and is expanded", "view sweep"):
        assert words in said
    assert longest_readable(network["L", 4], network["W_f"], network) == network["L", 3]


@pytest.mark.parametrize(
    ("name", "last"), (("W_f", 3), ("W_o", 3), ("c0", 3), ("h0", 2), ("x2", 3), ("V", 4))
)
def test_the_longest_readable_expansion_has_one_term_for_each_path(name, last):
    network = Cell.load("lstm").unroll(4)
    x = network.lookup(name)
    loss = longest_readable(network["L", 4], x, network)
    assert loss == network["L", last]
    derivation = derive(Total(loss, x), network)
    condensed = network.condense({"h", "c", "L"})
    inner = derivation.lines()[-1].rhs
    assert len(condensed.paths(x, loss)) == (len(inner.args) if inner.func.__name__ == "Plus" else 1)
    assert certify(derivation, seed=SEED).require()


def test_a_chain_of_one_state_is_expanded_at_any_length():
    network = Cell.load("elman").unroll(20)
    assert derive(Total(network["L", 20], network["W"]), network).is_closed


def test_every_state_of_a_path_expansion_has_its_turn_once():
    network = Cell.load("lstm").unroll(3)
    derivation = derive(Total(network["L", 3], network["W_f"]), network)
    opened = [step.focus for step in derivation.steps if step.rule.name != "distribute"]
    assert len(opened) == len(set(opened)) == 7  # L, and two states at each of three steps


def test_views_name_what_is_held_fixed():
    network = Cell.load("lstm").unroll(4)
    titles = [v.title for v in views("local", network, network["L", 4], network["W_f"], {})]
    assert "∂⁺c_k/∂c_{k-1}, gates held fixed" in titles
    assert {"∂c_k/∂c_{k-1}, all paths", "∂h_k/∂h_{k-1}, all paths", "∂⁺c_k/∂W_f"} <= set(titles)
    titles = [v.title for v in views("local", network, network["L", 4], network["c", 0], {})]
    assert "∂⁺c_k/∂c_{k-1}, gates held fixed" in titles and "∂⁺c_k/∂W_f" not in titles


def test_one_entry_of_a_jacobian_along_all_paths_is_closed():
    network, at, _ = example("lstm")
    goal = Total(network["c", 3], network["c", 2])
    truth = value(goal, at)
    for place in np.ndindex(truth.shape):
        entry = symrnn.element(goal, tuple(i + 1 for i in place), network)
        assert entry_value(entry, at, {}) == pytest.approx(truth[place], abs=1e-12)
    held = OneStep(network).held[Immediate(network["c", K], network["c", K - 1])]
    assert str(symrnn.element(held.result, ("p", "r"))) == "KroneckerDelta(p, r)*f[k, p]"


def test_the_derivations_of_a_cell_cover_every_parameter_and_every_initial_state():
    network = Cell.load("lstm").unroll(4)
    of_losses = [d.goal for d in derivations(network) if network.is_loss(d.goal.args[0])]
    losses = [goal for goal in of_losses if goal.args[0].time.is_Integer]
    wanted = {v for v in network.given if v.time is None} | {network["h", 0], network["c", 0]}
    assert wanted <= {goal.args[1] for goal in losses}
