"""The gated cells are the cells of their sources: every number equals that of a reference written by hand."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

import symrnn
from symrnn.model import HERE, Cell

from . import gated, gru, gru_cs7015, lstm, lstm_cs7015

REFERENCES = {"lstm": lstm, "gru": gru, "lstm-cs7015": lstm_cs7015, "gru-cs7015": gru_cs7015}
N, D, M, T, BATCH = 2, 3, 4, 5, 6
MASK = np.array([1.0, 0.5, 0.0, 1.0, 2.5])

every_cell = pytest.mark.parametrize(
    ("name", "activation"),
    [(name, activation) for name, reference in REFERENCES.items() for activation in reference.CANDIDATES],
)
every_loss = pytest.mark.parametrize("loss", ("cross_entropy", "squared_error"))


@functools.cache
def cell_of(name, activation="tanh", loss="cross_entropy"):
    """Return a built-in cell whose targets may have any sum; equations are derived once for each."""
    return replace(Cell.load(name, activation, loss), distribution=False)


def example(name, seed=0, lead=()):
    """Return parameters, inputs, target vectors and initial states; sizes differ, nothing is zero."""
    rng = np.random.default_rng(seed)
    reference = REFERENCES[name]
    parameters = {p: rng.normal(size=shape) for p, shape in reference.shapes(N, D, M).items()}
    initial = {state: rng.normal(size=(*lead, D)) for state in reference.STATES}
    return parameters, rng.normal(size=(T, *lead, N)), rng.uniform(size=(T, *lead, M)), initial


def assert_equal(found, expected):
    """Compare relative to the largest entry expected; by key for dictionaries."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            assert_equal(found[name], expected[name])
    else:
        assert np.shape(found) == np.shape(expected)
        assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("name", REFERENCES)
def test_names_shapes_and_the_order_of_the_states_are_those_of_the_reference(name):
    cell, reference = cell_of(name), REFERENCES[name]
    assert cell.states == reference.STATES
    assert dict(cell.parameters) == reference.shapes("n", "d", "m")


@every_cell
@every_loss
@pytest.mark.parametrize("seed", (0, 1))
def test_gradients_equal_those_of_the_reference(name, activation, loss, seed):
    parameters, inputs, targets, initial = example(name, seed)
    cell = cell_of(name, activation, loss)
    found = symrnn.gradients(cell, parameters, inputs, targets, initial=initial, mask=MASK)
    rest = (parameters, inputs, targets, initial, activation, loss, MASK)
    assert_equal(found, gated.one_sweep(REFERENCES[name], *rest))


@pytest.mark.parametrize("name", REFERENCES)
def test_gradients_by_classes_from_zero_initial_states_equal_those_of_the_reference(name):
    parameters, inputs, _, initial = example(name)
    classes, zero = np.array([3, 0, 1, 1, 2]), {state: np.zeros(D) for state in initial}
    found = symrnn.gradients(cell_of(name), parameters, inputs, classes)
    rest = (parameters, inputs, classes, zero, "tanh", "cross_entropy")
    assert_equal(found, gated.one_sweep(REFERENCES[name], *rest))


@pytest.mark.parametrize("name", REFERENCES)
@every_loss
def test_gradients_of_a_padded_batch_equal_those_of_the_reference(name, loss):
    parameters, inputs, targets, initial = example(name, 2, (BATCH,))
    lengths = np.array([5, 2, 1, 4, 5, 3])
    mask = np.where(np.arange(T)[:, None] < lengths, MASK[:, None] + 0.25, 0.0)
    cell = cell_of(name, "tanh", loss)
    found = symrnn.gradients(cell, parameters, inputs, targets, initial=initial, mask=mask)
    rest = (parameters, inputs, targets, initial, "tanh", loss, mask)
    assert_equal(found, gated.batch_gradients(REFERENCES[name], *rest))
    assert not any(found["x"][length:, i].any() for i, length in enumerate(lengths))


@every_cell
@every_loss
def test_contributions_equal_those_of_the_reference(name, activation, loss):
    parameters, inputs, targets, initial = example(name, 3)
    cell = cell_of(name, activation, loss)
    rest = (parameters, inputs, targets, initial, activation, loss, MASK)
    expected = gated.contributions(REFERENCES[name], *rest)
    for wrt in parameters:
        arguments = (cell, parameters, inputs, targets, wrt)
        assert_equal(symrnn.contributions(*arguments, initial=initial, mask=MASK), expected[wrt])


@every_cell
@pytest.mark.parametrize(
    ("kind", "truncation"), [("lag", 0), ("lag", 1), ("lag", 3), ("chunk", 1), ("chunk", 2), ("chunk", 9)]
)
def test_truncated_gradients_equal_those_of_the_reference(name, activation, kind, truncation):
    parameters, inputs, targets, initial = example(name, 4)
    options = {"truncation": truncation, "kind": kind}
    cell = cell_of(name, activation)
    found = symrnn.truncated_gradients(
        cell, parameters, inputs, targets, initial=initial, mask=MASK, **options
    )
    rest = (parameters, inputs, targets, initial, activation, "cross_entropy", MASK)
    assert_equal(found, gated.truncated(REFERENCES[name], *rest, **options))


@every_cell
def test_state_jacobians_equal_those_of_the_reference(name, activation):
    parameters, inputs, _, initial = example(name, 6)
    found = symrnn.state_jacobians(cell_of(name, activation), parameters, inputs, initial=initial)
    expected = gated.state_jacobians(REFERENCES[name], parameters, inputs, initial, activation)
    assert_equal(found, expected)
    assert_equal(found[T, 1], found[T, 3] @ found[3, 1])


@every_cell
def test_immediate_tensors_equal_those_of_the_reference(name, activation):
    parameters, inputs, _, initial = example(name, 7)
    expected = gated.immediate_tensors(REFERENCES[name], parameters, inputs, initial, activation)
    for wrt in parameters:
        cell = cell_of(name, activation)
        assert_equal(symrnn.immediate(cell, parameters, inputs, wrt, initial=initial), expected[wrt])


WRONG = {
    "lstm": """
        f[t] * c[t-1] + i[t] * g[t]           -> f[t] * c[t-1] - i[t] * g[t]
        o[t] * tanh(c[t])                     -> o[t] * c[t]
        U_f @ x[t] + W_f @ h[t-1] + b_f       -> U_f @ x[t] + W_f @ c[t-1] + b_f
        i = "sigmoid(a_i[t])"                 -> i = "tanh(a_i[t])"
    """,
    "gru": """
        (1 - u[t]) * g[t] + u[t] * h[t-1]     -> u[t] * g[t] + (1 - u[t]) * h[t-1]
        U_n @ x[t] + b_n + r[t] * q[t]        -> U_n @ x[t] + b_n + q[t] + 0 * r[t]
        W_n @ h[t-1] + b_hn                   -> W_n @ h[t-1] - b_hn
    """,
    "lstm-cs7015": """
        o[t] * sigma(s[t])                    -> o[t] * s[t]
        f[t] * s[t-1] + i[t] * stilde[t]           -> f[t] * s[t-1] + (1 - f[t]) * stilde[t] + 0 * i[t]
        U_i @ x[t] + W_i @ h[t-1] + b_i       -> U_i @ x[t] + W_i @ s[t-1] + b_i
        o = "sigmoid(a_o[t])"                 -> o = "sigmoid(s[t-1] + a_o[t])"
    """,
    "gru-cs7015": """
        (1 - i[t]) * s[t-1] + i[t] * stilde[t]     -> i[t] * s[t-1] + (1 - i[t]) * stilde[t]
        q = "o[t] * s[t-1]"                   -> q = "i[t] * s[t-1] + 0 * o[t]"
        U_o @ x[t] + W_o @ s[t-1] + b_o       -> U_o @ x[t] + W_o @ s[t-1] - b_o
        U @ x[t] + W @ q[t] + b               -> U @ x[t] + o[t] * q[t] + W @ s[t-1] + b
    """,
}


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (name, *map(str.strip, line.split("->")))
        for name, lines in WRONG.items()
        for line in lines.strip().splitlines()
    ],
)
def test_a_wrong_equation_in_the_cell_file_is_noticed_by_the_reference(name, right, wrong, tmp_path):
    text = (HERE / "cells" / f"{name}.toml").read_text(encoding="utf-8")
    assert text.count(right) == 1
    file = tmp_path / "wrong.toml"
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    parameters, inputs, targets, initial = example(name, 5)
    found = symrnn.gradients(cell_of(file), parameters, inputs, targets, initial=initial, mask=MASK)
    rest = (parameters, inputs, targets, initial, "tanh", "cross_entropy", MASK)
    expected = gated.one_sweep(REFERENCES[name], *rest)
    assert max(np.abs(found[p] - e).max() / np.abs(e).max() for p, e in expected.items()) > 1e-3
