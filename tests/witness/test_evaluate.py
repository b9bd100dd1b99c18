"""Values: many times at once are the same as one at a time, and complex steps share no work they may not."""

import numpy as np
import pytest

from symrnn.certificate import assignments
from symrnn.derivation import Derivation, derivations, derive_sweep
from symrnn.model import Cell, OrderedNetwork
from symrnn.tensor import Immediate, Partial, Total, Variable, free_times, time_symbol
from symrnn.witness import Point, complexstep, evaluate, random_point, value, values
from symrnn.witness.point import STEP_LENGTH

MASK = (1, 0, 0.5, 1, 2)
K = time_symbol("k")


def network_of(name: str) -> OrderedNetwork:
    return Cell.load(name).unroll(5, MASK)


def alone(of: Variable, wrt: Variable, at: Point) -> np.ndarray:
    """Differentiate by one entry at a time, everything computed again from the start."""
    columns = []
    for entry in np.ndindex(at.variable(wrt).shape):
        known = dict(at.given)
        nudge = np.zeros(at.variable(wrt).shape, dtype=complex)
        nudge[entry] = 1j * STEP_LENGTH
        if wrt in known:
            known[wrt] = known[wrt] + nudge
        for equation in at.network.equations:
            known[equation.target] = evaluate(equation.expression, known.__getitem__, at)
            if equation.target == wrt:
                known[wrt] = known[wrt] + nudge
        columns.append(known[of].imag / STEP_LENGTH)
    shape = tuple(at.sizes[axis] for axis in of.shape + wrt.shape)
    return np.stack(columns, axis=-1).reshape(shape)


@pytest.mark.parametrize("columns", [1, 7, 2048])
@pytest.mark.parametrize("name", ["elman", "lstm", "gru"])
def test_the_total_loss_by_a_signal_at_all_times_is_what_each_time_gives_alone(name, columns, monkeypatch):
    monkeypatch.setattr(complexstep, "COLUMNS", columns)
    at = random_point(network_of(name), 5)
    loss = at.network["L"]
    for signal in {equation.target.name for equation in at.network.step}:
        found = {t: value(Total(loss, at.network[signal, t]), at) for t in range(1, 6)}
        for t in (1, 3, 5):
            np.testing.assert_allclose(
                found[t], alone(loss, at.network[signal, t], at), rtol=1e-12, atol=1e-13
            )
    for given in [v for v in at.network.given if v.name != "omega" and v.time in (None, 0, 2)]:
        np.testing.assert_allclose(
            value(Total(loss, given), at), alone(loss, given, at), rtol=1e-12, atol=1e-13
        )


def test_a_total_derivative_starts_where_it_acts_and_ends_where_it_is_asked():
    at = random_point(network_of("lstm"), 6)
    net = at.network
    for of, wrt in [(("h", 4), ("c", 2)), (("L", 3), ("h", 3)), (("c", 3), ("x", 1)), (("h", 2), ("h", 0))]:
        v, x = net[of], net[wrt]
        np.testing.assert_allclose(value(Total(v, x), at), alone(v, x, at), rtol=1e-12, atol=1e-13)
    assert not value(Total(net["h", 2], net["c", 3]), at).any()
    assert np.array_equal(value(Total(net["h", 2], net["h", 2]), at), np.eye(3))
    assert np.array_equal(value(Total(net["x", 2], net["x", 2]), at), np.eye(2))


@pytest.mark.parametrize("name", ["elman", "lstm", "gru-cs7015"])
def test_values_at_many_times_are_those_at_each_time(name):
    network = network_of(name)
    at = random_point(network, 7)
    compared = 0
    swept = derive_sweep(network)
    made = [swept.output, *swept.signals.values(), *swept.parameters.values()]
    made += [d for d in derivations(network) if isinstance(d, Derivation)] if name == "elman" else []
    for derivation in made:
        seen, one_by_one = at.of(derivation.network), random_point(network, 7).of(derivation.network)
        choices = list(assignments(free_times(derivation.goal), derivation.times, network))
        for tensor in (derivation.goal, *(step.after for step in derivation.steps)):
            expected = [value(tensor, one_by_one, choice) for choice in choices]
            np.testing.assert_allclose(values(tensor, seen, choices), expected, rtol=1e-13, atol=1e-14)
            compared += len(choices) > 1
    assert compared > 30


def test_where_two_times_meet_at_some_choices_only_each_choice_is_taken_alone():
    network = network_of("elman").condense({"s", "L"})
    at = random_point(network, 8)
    s, L = network["s", K], network["L", K]
    nodes = [
        Immediate(L, network["s", 3]),
        Immediate(s, network["x", 2]),
        Partial(network.by_name["s"].at(K).expression, network["a", 2]),
        Total(s, network["s", 2]),
        Immediate(s.at(K - 1), network["W"]),
    ]
    choices = [{K: t} for t in range(1, 6)]
    for node in nodes:
        expected = [value(node, at, choice) for choice in choices]
        np.testing.assert_allclose(values(node, at, choices), expected, rtol=1e-13, atol=1e-14)
        assert any(array.any() for array in expected)
