"""Signals, adjoints and sensitivities equal a hand-written forward pass and complex steps through it."""

import numpy as np
import pytest

from symrnn import adjoints, forward, gradients, immediate, sensitivities, state_jacobians
from symrnn.model import Cell
from symrnn.tensor import ShapeError
from tests.reference import signals as reference

SEED = 23
N, D, M, BATCH, STEPS = 2, 3, 5, 4, 6
MASK = np.array([1, 0, 0.5, 1, 2, 1])
CLOSE = {"rtol": 1e-12, "atol": 1e-14}
H = 1e-30

cells = pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
losses = pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])


def drawn(cell: str, lead: tuple[int, ...] = ()):
    """Return parameters, inputs, targets that sum to one, and initial states; nothing is zero."""
    rng = np.random.default_rng([SEED, *lead])
    shapes = reference.shapes(cell, N, D, M)
    parameters = {name: rng.normal(scale=0.7, size=shape) for name, shape in shapes.items()}
    targets = rng.dirichlet(np.ones(M), size=(STEPS, *lead))
    initial = {state: rng.normal(size=(*lead, D)) for state in reference.STATES[cell]}
    return parameters, rng.normal(size=(STEPS, *lead, N)), targets, initial


def assert_equal(found, expected, **tolerance):
    assert set(found) == set(expected)
    for name, array in found.items():
        assert array.shape == expected[name].shape, name
        np.testing.assert_allclose(array, expected[name], err_msg=name, **(tolerance or CLOSE))


def by_hand(cell, loss, parameters, inputs, targets, initial, mask=MASK):
    """Return signals and adjoints of one sequence, by a complex step in every entry of every signal."""
    arguments = (cell, loss, parameters, inputs, targets, initial, mask)
    signals = reference.run(*arguments)
    signals.pop("total")
    by_signal = {name: np.zeros(array.shape) for name, array in signals.items()}
    for name, array in signals.items():
        for row, *entry in np.ndindex(*array.shape):
            step = np.zeros(array.shape[1:], complex)
            step[tuple(entry)] = 1j * H
            total = reference.run(*arguments, {(name, row): step})["total"]
            by_signal[name][(row, *entry)] = total.imag / H
    return signals, by_signal


@cells
@losses
def test_signals_and_adjoints_equal_the_ones_by_hand(cell, loss):
    parameters, inputs, targets, initial = drawn(cell)
    signals, by_signal = by_hand(cell, loss, parameters, inputs, targets, initial)
    loaded = Cell.load(cell, loss=loss)
    assert_equal(forward(loaded, parameters, inputs, targets, initial=initial), signals)
    found = adjoints(loaded, parameters, inputs, targets, initial=initial, mask=MASK)
    assert_equal(found, by_signal, rtol=1e-10, atol=1e-13)


@cells
def test_each_sequence_of_a_batch_has_its_own_signals_and_adjoints(cell):
    parameters, inputs, targets, initial = drawn(cell, (BATCH,))
    mask = MASK[:, None] * np.linspace(0.5, 1.5, BATCH)
    loaded = Cell.load(cell)
    signals = forward(loaded, parameters, inputs, targets, initial=initial)
    by_signal = adjoints(loaded, parameters, inputs, targets, initial=initial, mask=mask)
    for b in range(BATCH):
        alone = {state: array[b] for state, array in initial.items()}
        expected = by_hand(cell, "cross_entropy", parameters, inputs[:, b], targets[:, b], alone, mask[:, b])
        assert_equal({name: array[:, b] for name, array in signals.items()}, expected[0])
        assert_equal({n: a[:, b] for n, a in by_signal.items()}, expected[1], rtol=1e-10, atol=1e-13)


@cells
@losses
def test_without_targets_there_is_everything_but_what_is_computed_from_them(cell, loss):
    parameters, inputs, targets, initial = drawn(cell)
    loaded = Cell.load(cell, loss=loss)
    expected = reference.run(cell, loss, parameters, inputs, targets, initial, MASK)
    for name in ("total", "L", "e"):
        expected.pop(name, None)
    assert_equal(forward(loaded, parameters, inputs, initial=initial), expected)


def test_the_adjoint_of_the_loss_are_the_weights_and_that_of_the_first_state_is_its_gradient():
    parameters, inputs, targets, initial = drawn("lstm")
    arguments = (Cell.load("lstm"), parameters, inputs, targets)
    found = adjoints(*arguments, initial=initial, mask=MASK)
    expected = gradients(*arguments, initial=initial, mask=MASK)
    np.testing.assert_array_equal(found["L"], MASK)
    for state in ("h", "c"):
        np.testing.assert_allclose(found[state][0], expected[f"{state}0"], **CLOSE)


def test_what_is_returned_is_not_overwritten_by_the_next_call():
    parameters, inputs, targets, initial = drawn("gru")
    arguments = (Cell.load("gru"), parameters)
    first = forward(*arguments, inputs, targets, initial=initial)
    kept = {name: array.copy() for name, array in first.items()}
    forward(*arguments, -inputs, targets, initial=initial)
    assert_equal(first, kept, rtol=0, atol=0)


@cells
def test_sensitivities_equal_the_complex_step(cell):
    parameters, inputs, targets, initial = drawn(cell)
    loaded, states = Cell.load(cell), reference.STATES[cell]
    for wrt, array in parameters.items():
        found = sensitivities(loaded, parameters, inputs, wrt, initial=initial)
        assert found.shape == (STEPS + 1, len(states) * D, *array.shape)
        for entry in np.ndindex(*array.shape):
            moved = {**parameters, wrt: array.astype(complex)}
            moved[wrt][entry] += 1j * H
            run = reference.run(cell, "squared_error", moved, inputs, targets, initial, MASK)
            expected = np.concatenate([run[state].imag for state in states], axis=1) / H
            np.testing.assert_allclose(found[:, :, *entry], expected, rtol=1e-10, atol=1e-13, err_msg=wrt)


def test_sensitivities_are_jacobians_times_the_ones_before_and_the_immediate_derivatives():
    parameters, inputs, _, initial = drawn("lstm")
    arguments = (Cell.load("lstm"), parameters, inputs)
    jacobians = state_jacobians(*arguments, initial=initial)
    added = immediate(*arguments, "W_f", initial=initial)
    found = sensitivities(*arguments, "W_f", initial=initial)
    assert not found[0].any()
    for t in range(1, STEPS + 1):
        expected = np.tensordot(jacobians[t, t - 1], found[t - 1], axes=1) + added[t - 1]
        np.testing.assert_allclose(found[t], expected, **CLOSE)


def test_sensitivities_refuse_a_batch_and_an_unknown_parameter():
    parameters, inputs, _, _ = drawn("elman", (BATCH,))
    with pytest.raises(ShapeError, match=r"batch axis; accepted here: \(T, n\)"):
        sensitivities(Cell.load("elman"), parameters, inputs, "W")
    with pytest.raises(ShapeError, match="no parameter 'Q'; accepted: U, W, b, V, c"):
        sensitivities(Cell.load("elman"), parameters, inputs[:, 0], "Q")
