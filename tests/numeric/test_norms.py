"""Norms of state Jacobians equal the hand-written ones, and their bounds hold and are attained."""

from dataclasses import replace

import numpy as np
import pytest

import symrnn
from symrnn.model import Cell
from symrnn.tensor import ACTIVATIONS, TABLE, InputError, ShapeError
from tests.reference import gated, lstm, norms as reference

N, D, M, STEPS = 2, 3, 4, 5
CLOSE = {"rtol": 1e-10, "atol": 1e-14}
ROUNDING = 1 + 1e-12

activations = pytest.mark.parametrize("activation", ACTIVATIONS)


def drawn(seed, scale=0.7, steps=STEPS):
    rng = np.random.default_rng([31, seed])
    shapes = {"U": (D, N), "W": (D, D), "b": (D,), "V": (M, D), "c": (M,)}
    parameters = {name: rng.normal(scale=scale, size=shape) for name, shape in shapes.items()}
    return parameters, rng.normal(size=(steps, N)), rng.normal(size=D)


def in_order(found):
    """Whether norm ≤ data bound ≤ bound, up to rounding."""
    norm, data, bound = found["norm"], found["data_bound"], found["bound"]
    return bool((norm <= data * ROUNDING).all() and (data <= bound * ROUNDING).all())


def attaining(activation):
    """Return a network with Jacobians as large as can be: W / 1.5 is orthogonal, each slope is γ."""
    parameters, inputs, _ = drawn(0)
    if activation == "relu":
        orthogonal, level = np.eye(D)[[1, 2, 0]], np.ones(D)  # steep wherever it is positive
    else:
        orthogonal, level = np.linalg.qr(parameters["W"])[0], np.zeros(D)
    state = TABLE[activation].numpy(level)
    W = 1.5 * orthogonal
    bias = level if activation == "relu" else level - W @ state
    return {**parameters, "W": W, "b": bias}, 0 * inputs, state


@activations
@pytest.mark.parametrize("seed", range(3))
def test_norms_and_bounds_equal_the_hand_written_ones(activation, seed):
    parameters, inputs, initial = drawn(seed)
    found = symrnn.norms(Cell.load("elman", activation), parameters, inputs, initial={"s": initial})
    expected = reference.norms(parameters, inputs, initial, activation)
    assert list(found) == ["norm", "bound", "data_bound"]
    for name, array in expected.items():
        assert found[name].shape == (STEPS + 1, STEPS + 1)
        np.testing.assert_allclose(found[name], array, **CLOSE, err_msg=name)


@activations
def test_bounds_hold_on_random_networks(activation):
    cell = Cell.load("elman", activation)
    for seed in range(30):
        parameters, inputs, initial = drawn(seed, scale=0.2 + 0.1 * seed, steps=9)
        assert in_order(symrnn.norms(cell, parameters, inputs, initial={"s": initial}))


@activations
def test_bounds_are_attained_so_that_a_smaller_slope_is_no_bound(activation, monkeypatch):
    parameters, inputs, initial = attaining(activation)
    arguments = (Cell.load("elman", activation), parameters, inputs)
    found = symrnn.norms(*arguments, initial={"s": initial})
    lags = np.subtract.outer(np.arange(STEPS + 1), np.arange(STEPS + 1))
    attained = np.where(lags >= 0, (reference.GAMMA[activation] * 1.5) ** np.maximum(lags, 0), 0)
    for name in found:
        np.testing.assert_allclose(found[name], attained, rtol=1e-12, atol=0)
    assert in_order(found)
    row = TABLE[activation]
    monkeypatch.setitem(TABLE, activation, replace(row, slope=0.9 * row.slope))
    assert not in_order(symrnn.norms(*arguments, initial={"s": initial}))


def test_a_reversed_inequality_is_seen():
    parameters, inputs, initial = drawn(1)
    found = symrnn.norms(Cell.load("elman"), parameters, inputs, initial={"s": initial})
    assert in_order(found)
    assert not in_order({**found, "norm": found["data_bound"], "data_bound": found["norm"]})
    assert not in_order({**found, "bound": found["data_bound"], "data_bound": found["bound"]})


def test_the_norm_is_the_largest_singular_value_and_no_eigenvalue():
    parameters, inputs, _ = drawn(2)
    W = np.array([[0.5, 4, 0], [0, 0.5, 0], [0, 0, 0.1]])
    found = symrnn.norms(Cell.load("elman", "identity"), {**parameters, "W": W}, inputs)
    powers = [np.linalg.svd(np.linalg.matrix_power(W, lag))[1][0] for lag in range(STEPS + 1)]
    np.testing.assert_allclose(found["norm"][:, 0], powers, rtol=1e-12)
    assert found["norm"][1, 0] > 4 > 1 > 0.5  # the spectral radius is 0.5


def test_a_cell_with_gates_and_several_states_has_norms_alone():
    rng = np.random.default_rng(5)
    parameters = {name: rng.normal(size=shape) for name, shape in lstm.shapes(N, D, M).items()}
    inputs, initial = rng.normal(size=(STEPS, N)), {state: rng.normal(size=D) for state in lstm.STATES}
    found = symrnn.norms(Cell.load("lstm"), parameters, inputs, initial=initial)
    assert found["bound"] is None and found["data_bound"] is None
    jacobians = gated.state_jacobians(lstm, parameters, inputs, initial, "tanh")
    for t, k in np.ndindex(STEPS + 1, STEPS + 1):
        np.testing.assert_allclose(found["norm"][t, k], reference.spectral(jacobians[t, k]), **CLOSE)


CELLS = {  # equations of one step, and whether its Jacobian is a diagonal matrix of slopes times W
    "other names": (("u = 'R @ q[t-1] + U @ x[t]'", "q = 'sigma(u[t])'"), True),
    "one line": (("q = 'sigma(U @ x[t] + R @ q[t-1])'",), True),
    "linear": (("q = 'U @ x[t] + R @ q[t-1]'",), True),
    "a gate on the way": (("q = 'sigma(U @ x[t]) * sigma(R @ q[t-1])'",), False),
    "a matrix in front": (("u = 'U @ x[t] + R @ q[t-1]'", "q = 'R @ sigma(u[t])'"), False),
    "the state added": (("q = 'sigma(U @ x[t] + R @ q[t-1]) + q[t-1]'",), False),
    "twice": (("q = 'sigma(U @ x[t] + R @ q[t-1] + R @ q[t-1])'",), False),
    "two functions": (("q = 'tanh(sigma(U @ x[t] + R @ q[t-1]))'",), False),
    "without a bound of the slope": (("q = 'exp(U @ x[t] + R @ q[t-1])'",), None),
}


@pytest.mark.parametrize("what", CELLS)
def test_whether_there_are_bounds_is_read_from_the_jacobian_and_from_no_name(what, tmp_path):
    equations, expected = CELLS[what]
    head = "name = 'Cell'\nsource = 'a test'\nstates = ['q']\n[parameters]\n"
    axes = "U = ['d', 'n']\nR = ['d', 'd']\nV = ['m', 'd']\n[equations]\n"
    file = tmp_path / "cell.toml"
    file.write_text("\n".join((head + axes, *equations, "z = 'V @ q[t]'")), encoding="utf-8")
    rng = np.random.default_rng(3)
    shapes = {"U": (D, N), "R": (D, D), "V": (M, D)}
    parameters = {name: rng.normal(scale=0.3, size=shape) for name, shape in shapes.items()}
    inputs = rng.normal(size=(STEPS, N))
    cell = Cell.load(file)
    found = symrnn.norms(cell, parameters, inputs)
    jacobians = symrnn.state_jacobians(cell, parameters, inputs)
    np.testing.assert_allclose(found["norm"], np.linalg.norm(jacobians, 2, axis=(2, 3)), rtol=1e-12)
    assert (found["data_bound"] is not None) == (expected is not False)
    assert (found["bound"] is not None) == (expected is True)
    if expected is not False:
        assert (found["norm"] <= found["data_bound"] * ROUNDING).all()
    if expected:
        assert in_order(found)


def test_where_slopes_vanish_the_norm_is_zero_and_bounds_beyond_all_floats_are_infinite():
    parameters, inputs, _ = drawn(3, steps=STEPS)
    large = {**parameters, "W": parameters["W"] * 1e160, "b": parameters["b"] * 1e200}
    found = symrnn.norms(Cell.load("elman"), large, inputs)
    assert not np.tril(found["norm"], -1).any() and not np.tril(found["data_bound"], -1).any()
    assert np.isinf(found["bound"][3, 0]) and not any(np.isnan(array).any() for array in found.values())


def test_a_bound_is_zero_from_the_step_on_at_which_all_slopes_are_whatever_it_was_before():
    parameters, _, _ = drawn(7)
    W, inputs = np.zeros((D, D)), np.zeros((STEPS, N))
    W[0, 1], inputs[2] = 1e160, -1  # W² is 0: Jacobians stay finite where their bounds do not
    given = {**parameters, "W": W, "U": np.full((D, N), 1e170), "b": np.ones(D)}
    found = symrnn.norms(Cell.load("elman", "relu"), given, inputs)
    assert np.isinf(found["data_bound"][2, 0]) and np.isinf(found["bound"][3, 0])
    assert not found["data_bound"][3:, :3].any()
    assert (found["norm"] <= found["data_bound"] * ROUNDING).all()


def test_a_matrix_whose_norm_no_float_can_hold_makes_no_bound_that_is_no_number():
    parameters, inputs, _ = drawn(8)
    given = {**parameters, "W": np.full((D, D), 1.7e308), "b": np.full(D, 1e4)}
    found = symrnn.norms(Cell.load("elman"), given, inputs)
    assert np.isinf(found["bound"][1, 0]) and not np.tril(found["data_bound"], -1).any()


def test_float32_stays_float32():
    parameters, inputs, _ = drawn(4)
    single = {name: array.astype(np.float32) for name, array in parameters.items()}
    found = symrnn.norms(Cell.load("elman"), single, inputs.astype(np.float32))
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


def test_jacobians_that_overflow_are_refused_with_their_step():
    parameters, inputs, _ = drawn(5)
    large = {**parameters, "W": np.eye(D) * 1e120}
    with pytest.raises(InputError, match=r"step 3 of Elman overflow; accepted"):
        symrnn.norms(Cell.load("elman", "identity"), large, 0 * inputs[:5])


def test_a_batch_is_refused():
    parameters, inputs, _ = drawn(6)
    with pytest.raises(ShapeError, match=r"batch axis; accepted here: \(T, n\)"):
        symrnn.norms(Cell.load("elman"), parameters, inputs[:, None])
