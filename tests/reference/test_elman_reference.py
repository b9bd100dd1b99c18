"""The hand-written Elman reference against itself, the complex step and wrong variants."""

import ast
from pathlib import Path

import numpy as np
import pytest

from . import elman

N, D, M, T, BATCH = 2, 3, 4, 5, 6
MASK = np.array([1.0, 0.0, 0.7, 1.0, 2.5])
LOSSES = ("cross_entropy", "squared_error")
every_activation = pytest.mark.parametrize("activation", elman.ACTIVATIONS)
every_loss = pytest.mark.parametrize("loss", LOSSES)
every_kind = pytest.mark.parametrize("kind", ("lag", "chunk"))


def problem(activation="tanh", loss="cross_entropy"):
    """Return the arguments of a gradient function; the target vectors do not sum to one."""
    rng = np.random.default_rng(1)
    shapes = {"U": (D, N), "W": (D, D), "V": (M, D), "b": (D,), "c": (M,)}
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    inputs, initial, targets = rng.normal(size=(T, N)), rng.normal(size=D), rng.uniform(size=(T, M))
    return parameters, inputs, targets, initial, activation, loss, MASK


def distance(found, expected):
    """Return the largest difference over the largest entry expected, which must not vanish."""
    assert np.shape(found) == np.shape(expected)
    assert np.abs(expected).max() > 0
    return np.abs(found - expected).max() / np.abs(expected).max()


def farthest(found, expected, names=elman.GRADIENTS):
    return max(distance(found[name], expected[name]) for name in names)


def derivative(function, point, h=1e-30):
    """Return d function / d point by the complex step, the axes of the point last."""
    columns = []
    for index in np.ndindex(point.shape):
        moved = point.astype(complex)
        moved[index] += 1j * h
        columns.append(np.imag(function(moved)) / h)
    return np.stack(columns, axis=-1).reshape(*np.shape(columns[0]), *point.shape)


def complex_step(parameters, inputs, targets, initial, *rest, forward=elman.forward):
    """Return all gradients of the total loss of `forward` by the complex step."""
    point = {**parameters, "s0": initial, "x": inputs}

    def total(name, value):
        moved = {**point, name: value}
        return forward(moved, moved["x"], targets, moved["s0"], *rest)["total"]

    return {name: derivative(lambda v, name=name: total(name, v), point[name]) for name in point}


def test_the_reference_imports_nothing_but_numpy():
    tree = ast.parse(Path(elman.__file__).read_text(encoding="utf-8"))
    found = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert found == ["import numpy as np"]


def test_one_step_of_the_forward_pass_equals_the_numbers_worked_out_by_hand():
    parameters = {"U": [[2], [0]], "W": [[0, -1], [0, 0]], "V": [[3, 0], [0, 2]], "b": [0.5, 0], "c": [0, 1]}
    parameters = {name: np.array(value, dtype=float) for name, value in parameters.items()}
    arguments = (parameters, np.ones((1, 1)), np.array([1]), np.array([7.0, 4.0]), "sigmoid")
    run = elman.forward(*arguments, "cross_entropy", np.array([2.0]))
    s, norm = 1 / (1 + np.exp(1.5)), np.exp(3 / (1 + np.exp(1.5))) + np.exp(2)
    assert np.array_equal(run["a"], [[-1.5, 0]])  # 2·1 − 1·4 + 0.5
    assert np.allclose(run["s"], [[7, 4], [s, 0.5]], rtol=1e-15, atol=0)
    assert np.allclose(run["z"], [[3 * s, 2]], rtol=1e-15, atol=0)
    assert np.allclose(run["yhat"], [[np.exp(3 * s) / norm, np.exp(2) / norm]], rtol=1e-14, atol=0)
    assert np.isclose(run["total"], 2 * (np.log(norm) - 2), rtol=1e-14, atol=0)


@every_activation
@every_loss
def test_one_sweep_equals_the_double_sum(activation, loss):
    arguments = problem(activation, loss)
    assert farthest(elman.one_sweep(*arguments), elman.double_sum(*arguments)) < 1e-13


@every_activation
@every_loss
@pytest.mark.parametrize("method", (elman.one_sweep, elman.double_sum))
def test_the_gradients_equal_the_complex_step_derivative_of_the_forward_pass(method, activation, loss):
    arguments = problem(activation, loss)
    assert farthest(method(*arguments), complex_step(*arguments)) < 1e-12


def test_every_relu_unit_is_active_at_some_steps_and_inactive_at_others():
    active = elman.forward(*problem("relu"))["a"] > 0
    assert active.any(axis=0).all() and not active.all(axis=0).any()


@every_activation
@pytest.mark.parametrize("name", ("W", "U", "b"))
def test_the_immediate_tensors_equal_the_derivatives_of_one_step_with_the_last_state_fixed(name, activation):
    parameters, inputs, _, initial, *_ = problem(activation)
    _, s = elman.states(parameters, inputs, initial, activation)

    def one_steps(value):
        moved = {**parameters, name: value}
        return [elman.states(moved, inputs[k : k + 1], s[k], activation)[1][1] for k in range(T)]

    found = elman.immediate_tensors(parameters, inputs, initial, activation)[name]
    assert distance(found, derivative(one_steps, parameters[name])) < 1e-13


@every_activation
def test_the_state_jacobians_equal_the_derivatives_of_the_run_restarted_at_step_k(activation):
    parameters, inputs, _, initial, *_ = problem(activation)
    _, s = elman.states(parameters, inputs, initial, activation)
    expected = np.zeros((T + 1, T + 1, D, D))
    for k in range(T + 1):
        later = inputs[k:]
        expected[k:, k] = derivative(lambda v, x=later: elman.states(parameters, x, v, activation)[1], s[k])
    assert distance(elman.state_jacobians(parameters, inputs, initial, activation), expected) < 1e-13


def test_each_contribution_row_sums_to_the_masked_gradient_of_its_loss_alone():
    *arguments, _ = problem()
    contributions = elman.double_sum(*arguments, MASK)["contributions"]
    for t in range(1, T + 1):
        assert not contributions[t - 1, t:].any()
        alone = elman.one_sweep(*arguments, MASK * (np.arange(1, T + 1) == t))["W"]
        assert np.allclose(contributions[t - 1].sum(axis=0), alone, rtol=1e-12, atol=1e-14)


def test_integer_classes_give_the_gradients_of_their_one_hot_vectors_and_no_mask_those_of_ones():
    parameters, inputs, _, *rest, _ = problem()
    classes = np.array([3, 0, 1, 1, 2])
    found = elman.one_sweep(parameters, inputs, classes, *rest)
    assert farthest(found, elman.one_sweep(parameters, inputs, np.eye(M)[classes], *rest, np.ones(T))) == 0


@pytest.mark.parametrize(
    ("targets", "loss", "mask"),
    [
        (np.array([0, 1, 2, 3, 4]), "cross_entropy", None),
        (np.array([0, 1, 2, 3, -1]), "cross_entropy", None),
        (np.array([0, 1, 2, 3, 0]), "squared_error", None),
        (np.zeros((T, M)), "cross_entropy", np.ones((T, 1))),
        (np.zeros((T, M)), "absolute_error", None),
    ],
)
def test_targets_masks_and_losses_without_a_meaning_are_refused(targets, loss, mask):
    parameters, inputs, _, initial, activation, *_ = problem()
    with pytest.raises(ValueError):
        elman.forward(parameters, inputs, targets, initial, activation, loss, mask)


def test_logistic_and_softmax_do_not_overflow_at_large_arguments():
    large = np.array([-1e4, 0.0, 1e4])
    assert np.array_equal(elman.logistic(large), [0.0, 0.5, 1.0])
    assert np.array_equal(elman.log_softmax(large), [-2e4, -1e4, 0.0])


@every_kind
@every_loss
@pytest.mark.parametrize("truncation", (T, T + 1, 10 * T))
def test_a_truncation_of_at_least_the_length_gives_the_full_gradient(kind, loss, truncation):
    arguments = problem(loss=loss)
    found = elman.truncated(*arguments, truncation=truncation, kind=kind)
    assert farthest(found, elman.one_sweep(*arguments)) < 1e-13


@every_activation
@every_kind
def test_a_truncation_by_one_changes_every_gradient_but_those_of_v_and_c(kind, activation):
    arguments = problem(activation)
    found, full = elman.truncated(*arguments, truncation=1, kind=kind), elman.one_sweep(*arguments)
    for name in ("W", "U", "b", "s0", "x"):
        assert distance(found[name], full[name]) > 1e-3
    assert farthest(found, full, ("V", "c")) < 1e-13


@pytest.mark.parametrize("truncation", range(T + 1))
def test_the_lag_truncation_equals_sweeps_over_the_window_that_ends_at_each_loss(truncation):
    parameters, inputs, targets, _, *rest, mask = arguments = problem()
    s = elman.forward(*arguments)["s"]
    expected = {name: np.zeros_like(value) for name, value in elman.one_sweep(*arguments).items()}
    for t in range(1, T + 1):
        first = max(t - truncation, 1)
        window = slice(first - 1, t)
        last = mask[window] * (np.arange(first, t + 1) == t)
        part = elman.one_sweep(parameters, inputs[window], targets[window], s[first - 1], *rest, last)
        for name in ("W", "U", "b", "V", "c"):
            expected[name] += part[name]
        expected["x"][window] += part["x"]
        expected["s0"] += part["s0"] * (t <= truncation)
    found = elman.truncated(*arguments, truncation=truncation, kind="lag")
    for name in elman.GRADIENTS:
        assert np.allclose(found[name], expected[name], rtol=1e-12, atol=1e-14)
    factors = np.arange(T)[:, None] - np.arange(T)
    kept = (factors >= 0) & (factors <= truncation) & (mask[:, None] != 0)
    assert np.array_equal(found["contributions"].any(axis=(2, 3)), kept)


@pytest.mark.parametrize("truncation", range(1, T + 1))
def test_the_chunk_truncation_equals_separate_sweeps_that_carry_only_the_state(truncation):
    parameters, inputs, targets, initial, activation, loss, mask = arguments = problem()
    parts, state = [], initial
    for start in range(0, T, truncation):
        chunk = slice(start, start + truncation)
        piece = (parameters, inputs[chunk], targets[chunk], state, activation, loss, mask[chunk])
        parts.append(elman.one_sweep(*piece))
        state = elman.forward(*piece)["s"][-1]
    expected = {name: sum(part[name] for part in parts) for name in ("W", "U", "b", "V", "c")}
    expected |= {"s0": parts[0]["s0"], "x": np.concatenate([part["x"] for part in parts])}
    assert farthest(elman.truncated(*arguments, truncation=truncation, kind="chunk"), expected) < 1e-13


@pytest.mark.parametrize(("kind", "truncation"), [("lag", -1), ("chunk", 0), ("window", 2)])
def test_a_truncation_without_a_meaning_is_refused(kind, truncation):
    with pytest.raises(ValueError):
        elman.truncated(*problem(), truncation=truncation, kind=kind)


@every_loss
@pytest.mark.parametrize("shared", (True, False))
@pytest.mark.parametrize("method", (elman.one_sweep, elman.double_sum))
def test_the_batch_gradients_equal_the_complex_step_of_the_loss_summed_over_the_batch(method, shared, loss):
    rng = np.random.default_rng(2)
    inputs, targets = rng.normal(size=(T, BATCH, N)), rng.uniform(size=(T, BATCH, M))
    initial = rng.normal(size=D if shared else (BATCH, D))
    mask = rng.choice([0.0, 0.3, 1.0], size=(T, BATCH))
    arguments = (problem()[0], inputs, targets, initial, "tanh", loss, mask)

    def summed(parameters, inputs, targets, initial, activation, loss, mask):
        each = [np.moveaxis(array, 1, 0) for array in (inputs, targets, mask)]
        each = zip(*each, np.broadcast_to(initial, (BATCH, D)))
        runs = [elman.forward(parameters, x, y, s0, activation, loss, w) for x, y, w, s0 in each]
        return {"total": sum(run["total"] for run in runs)}

    found = elman.batch_gradients(*arguments, method=method)
    assert farthest(found, complex_step(*arguments, forward=summed)) < 1e-12
    assert np.isclose(found["total"], summed(*arguments)["total"], rtol=1e-14, atol=0)


WRONG = (
    "targets taken to sum to one",
    "sign of the error",
    "mask weight left out",
    "sign of the recursion",
    "local error left out",
    "slope one step early",
    "slope left out",
    "V with the last state",
    "W with the new state",
    "gradient transposed",
    "W not transposed",
    "s0 without W",
)


def sweep_with(wrong, parameters, inputs, targets, initial, activation, loss, mask):
    """Return the gradients by a copy of the sweep with one mistake of WRONG in it; None for no mistake."""
    U, W, V = parameters["U"], parameters["W"], parameters["V"]
    run = elman.forward(parameters, inputs, targets, initial, activation, loss, mask)
    s, slope = run["s"], elman.ACTIVATIONS[activation][1](run["a"])
    found = {name: np.zeros(value.shape) for name, value in parameters.items()}
    found["x"], later = np.zeros(inputs.shape), np.zeros(D)
    for t in range(T, 0, -1):
        y = targets[t - 1]
        total = 1 if wrong == "targets taken to sum to one" else y.sum()
        e = total * run["yhat"][t - 1] - y if loss == "cross_entropy" else run["z"][t - 1] - y
        e = -e if wrong == "sign of the error" else e
        e = e if wrong == "mask weight left out" else mask[t - 1] * e
        later = -later if wrong == "sign of the recursion" else later
        arriving = later if wrong == "local error left out" and t < T else V.T @ e + later
        local = slope[t - 2] if wrong == "slope one step early" else slope[t - 1]
        delta = arriving if wrong == "slope left out" else local * arriving
        product = np.outer(delta, s[t] if wrong == "W with the new state" else s[t - 1])
        found["W"] += product.T if wrong == "gradient transposed" else product
        found["U"] += np.outer(delta, inputs[t - 1])
        found["b"] += delta
        found["V"] += np.outer(e, s[t - 1] if wrong == "V with the last state" else s[t])
        found["c"] += e
        found["x"][t - 1] = U.T @ delta
        later = W @ delta if wrong == "W not transposed" else W.T @ delta
    return {**found, "s0": delta if wrong == "s0 without W" else later}


@every_activation
@every_loss
def test_the_copy_of_the_sweep_without_a_mistake_equals_the_double_sum(activation, loss):
    arguments = problem(activation, loss)
    assert farthest(sweep_with(None, *arguments), elman.double_sum(*arguments)) < 1e-13


@pytest.mark.parametrize("activation", ("tanh", "sigmoid"))
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("witness", (elman.double_sum, complex_step))
def test_a_mistake_in_the_sweep_is_noticed(witness, wrong, activation):
    arguments = problem(activation)
    assert farthest(sweep_with(wrong, *arguments), witness(*arguments)) > 1e-3
