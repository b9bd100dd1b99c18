"""The gated cell files are the cells of the papers: gradients equal those of a hand-written forward pass."""

from __future__ import annotations

import numpy as np
import pytest

import symrnn
from symrnn.cell import HERE, Cell

from . import gated

MASK = (1.0, 0.5, 0.0, 1.0, 1.0)
STATES = {"lstm": ("h", "c"), "gru": ("h",)}
SIZES = {"n": 2, "d": 3, "m": 4}


def example(name: str, seed: int):
    """Parameters, inputs, targets and initial states with pairwise different sizes, nothing zero."""
    rng = np.random.default_rng(seed)
    cell = Cell.load(name)
    parameters = {p: rng.normal(size=tuple(SIZES[a] for a in shape)) for p, shape in cell.parameters.items()}
    initial = {state: rng.normal(size=SIZES["d"]) for state in STATES[name]}
    inputs, targets = rng.normal(size=(len(MASK), SIZES["n"])), rng.integers(0, SIZES["m"], len(MASK))
    return cell, parameters, inputs, targets, initial


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("seed", (0, 1))
def test_the_gradients_of_a_gated_cell_are_those_of_its_paper(name, seed):
    cell, parameters, inputs, targets, initial = example(name, seed)
    found = symrnn.gradients(cell, parameters, inputs, targets, initial=initial, mask=MASK)
    for parameter in (*parameters, *(f"{state}0" for state in initial)):
        truth = gated.gradient(name, parameter, parameters, inputs, targets, initial, MASK)
        assert np.abs(found[parameter] - truth).max() <= 1e-12 * np.abs(truth).max(), parameter


@pytest.mark.parametrize("name", STATES)
def test_contributions_of_a_gated_cell_add_up_to_its_gradient(name):
    cell, parameters, inputs, targets, initial = example(name, 2)
    parameter = {"lstm": "W_f", "gru": "W_n"}[name]
    parts = symrnn.contributions(cell, parameters, inputs, targets, parameter, initial=initial, mask=MASK)
    truth = gated.gradient(name, parameter, parameters, inputs, targets, initial, MASK)
    assert np.abs(parts.sum(axis=(0, 1)) - truth).max() <= 1e-12 * np.abs(truth).max()
    assert all(not parts[t, k].any() for t in range(len(MASK)) for k in range(t + 1, len(MASK)))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    (
        ("lstm", "f[t] * c[t-1] + i[t] * g[t]", "f[t] * c[t-1] - i[t] * g[t]"),
        ("lstm", "o[t] * tanh(c[t])", "o[t] * c[t]"),
        ("lstm", "U_f @ x[t] + W_f @ h[t-1] + b_f", "U_f @ x[t] + W_f @ c[t-1] + b_f"),
        ("gru", "(1 - u[t]) * g[t] + u[t] * h[t-1]", "u[t] * g[t] + (1 - u[t]) * h[t-1]"),
        ("gru", "U_n @ x[t] + b_n + r[t] * q[t]", "U_n @ x[t] + b_n + q[t] + 0 * r[t]"),
    ),
)
def test_a_wrong_gate_is_noticed_by_the_paper(name, old, new, tmp_path):
    text = (HERE / "cells" / f"{name}.toml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    file = tmp_path / "wrong.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    _, parameters, inputs, targets, initial = example(name, 3)
    found = symrnn.gradients(Cell.load(file), parameters, inputs, targets, initial=initial, mask=MASK)
    truth = gated.gradient(name, "V", parameters, inputs, targets, initial, MASK)
    assert np.abs(found["V"] - truth).max() > 1e-3
