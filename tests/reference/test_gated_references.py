"""The hand-written gated references against the complex step, PyTorch and mistakes put into them.

Nothing of symrnn is used here. The complex step perturbs a parameter at one step alone, so it gives the
contribution of every use at k to every loss at t, and with them gradients and truncated gradients.
"""

import ast
import functools
import types
from pathlib import Path

import numpy as np
import pytest

from . import gated, gru, gru_cs7015, lstm, lstm_cs7015

N, D, M, T, BATCH = 2, 3, 4, 5, 6
MASK = np.array([1.0, 0.0, 0.7, 1.0, 2.5])
H = 1e-30
CELLS = (lstm, gru, lstm_cs7015, gru_cs7015)
VARIANTS = [(cell, activation) for cell in CELLS for activation in cell.CANDIDATES]
NAMES = {cell: cell.__name__.rpartition(".")[2] for cell in CELLS}

every_cell = pytest.mark.parametrize(
    ("cell", "activation"), VARIANTS, ids=[f"{NAMES[cell]}-{activation}" for cell, activation in VARIANTS]
)
every_loss = pytest.mark.parametrize("loss", ("cross_entropy", "squared_error"))


def problem(cell, activation, loss="cross_entropy"):
    """Return the arguments of a gradient function; the target vectors do not sum to one."""
    rng = np.random.default_rng(1)
    parameters = {name: rng.normal(size=shape) for name, shape in cell.shapes(N, D, M).items()}
    initial = {state: rng.normal(size=D) for state in cell.STATES}
    return parameters, rng.normal(size=(T, N)), rng.uniform(size=(T, M)), initial, activation, loss, MASK


def assert_equal(found, expected):
    """Compare relative to the largest entry expected; by key for dictionaries."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            assert_equal(found[name], expected[name])
    else:
        assert np.shape(found) == np.shape(expected)
        assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


def weighted_losses(cell, per_step, inputs, targets, initial, activation, loss, mask):
    """Return the weighted losses of all steps, with parameters of its own for every step."""
    losses, before = [], initial
    for t, parameters in enumerate(per_step):
        one = (parameters, inputs[t : t + 1], targets[t : t + 1], before, activation, loss, mask[t : t + 1])
        run = gated.run(cell, *one)
        losses.append(run["total"])
        before = {state: run["steps"][0][state] for state in cell.STATES}
    return np.array(losses)


def initial_names(cell):
    return [f"{state}0" for state in cell.STATES]


@functools.cache
def complex_contributions(cell, activation, loss="cross_entropy"):
    """Return what `gated.contributions` returns for the problem, by the complex step."""
    parameters, inputs, targets, initial, *rest = problem(cell, activation, loss)

    def moved(array, place):
        array = np.array(array, dtype=complex)
        array[place] += 1j * H
        return array

    def losses(per_step, x, start):
        return weighted_losses(cell, per_step, x, targets, start, *rest).imag / H

    found = {name: np.zeros((T, T, *array.shape)) for name, array in parameters.items()}
    for name, array in parameters.items():
        for k in range(T):
            for place in np.ndindex(array.shape):
                per_step = [dict(parameters) for _ in range(T)]
                per_step[k][name] = moved(array, place)
                found[name][(slice(None), k, *place)] = losses(per_step, inputs, initial)
    found["x"] = np.zeros((T, T, N))
    for k, j in np.ndindex(inputs.shape):
        found["x"][:, k, j] = losses([parameters] * T, moved(inputs, (k, j)), initial)
    for state in cell.STATES:
        found[f"{state}0"] = np.zeros((T, D))
        for p in range(D):
            start = {**initial, state: moved(initial[state], p)}
            found[f"{state}0"][:, p] = losses([parameters] * T, inputs, start)
    return found


def gradients_of(parts, cell, keep=lambda t, k: True):
    """Return the sum of the contributions that are kept, t and k from 1, k = 0 for the initial states."""
    found = {}
    for name, part in parts.items():
        if name in initial_names(cell):
            found[name] = sum((part[t - 1] for t in range(1, T + 1) if keep(t, 0)), np.zeros(D))
        elif name == "x":
            rows = [
                sum((part[t - 1, k - 1] for t in range(1, T + 1) if keep(t, k)), np.zeros(N))
                for k in range(1, T + 1)
            ]
            found[name] = np.array(rows)
        else:
            pairs = [(t, k) for t in range(1, T + 1) for k in range(1, T + 1) if keep(t, k)]
            found[name] = sum(part[t - 1, k - 1] for t, k in pairs)
    return found


@pytest.mark.parametrize("cell", (gated, *CELLS), ids=lambda module: module.__name__.rpartition(".")[2])
def test_the_references_import_nothing_but_numpy_and_each_other(cell):
    tree = ast.parse(Path(cell.__file__).read_text(encoding="utf-8"))
    found = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}
    own = {line for line in found if line.startswith(("from .elman import ", "from .gated import "))}
    assert found - own == {"import numpy as np"}


@every_cell
@every_loss
def test_contributions_equal_the_complex_step_through_one_use_at_a_time(cell, activation, loss):
    arguments = problem(cell, activation, loss)
    found = gated.contributions(cell, *arguments)
    assert_equal(found, complex_contributions(cell, activation, loss))
    uses = [name for name in found if name not in initial_names(cell)]
    assert all(not found[name][t, k].any() for name in uses for t, k in np.ndindex(T, T) if k > t)
    assert all(not found["V"][t, k].any() for t, k in np.ndindex(T, T) if t != k)


@every_cell
@every_loss
def test_the_sweep_and_the_double_sum_equal_the_complex_step(cell, activation, loss):
    arguments = problem(cell, activation, loss)
    expected = gradients_of(complex_contributions(cell, activation, loss), cell)
    assert_equal(gated.one_sweep(cell, *arguments), expected)
    assert_equal(gated.double_sum(cell, *arguments), expected)


@every_cell
def test_the_immediate_tensors_equal_the_derivatives_of_one_step_with_all_states_before_fixed(
    cell, activation
):
    parameters, inputs, _, initial, *_ = problem(cell, activation)
    befores = [initial, *gated.one_steps(cell, parameters, inputs, initial, activation)[:-1]]
    found = gated.immediate_tensors(cell, parameters, inputs, initial, activation)
    for name, array in parameters.items():
        expected = np.zeros((T, D * len(cell.STATES), *array.shape))
        for k, place in ((k, place) for k in range(T) for place in np.ndindex(array.shape)):
            moved = {**parameters, name: array.astype(complex)}
            moved[name][place] += 1j * H
            after = cell.step(moved, inputs[k], befores[k], activation)
            stacked = np.concatenate([after[state] for state in cell.STATES])
            expected[(k, slice(None), *place)] = stacked.imag / H
        assert_equal(found[name], expected)


@every_cell
def test_the_state_jacobians_equal_the_derivatives_of_the_run_restarted_at_step_k(cell, activation):
    parameters, inputs, _, initial, *_ = problem(cell, activation)
    steps = [initial, *gated.one_steps(cell, parameters, inputs, initial, activation)]
    S = D * len(cell.STATES)
    expected = np.zeros((T + 1, T + 1, S, S))
    for k, i in np.ndindex(T + 1, S):
        stacked = np.concatenate([steps[k][state] for state in cell.STATES]).astype(complex)
        stacked[i] += 1j * H
        start = dict(zip(cell.STATES, np.split(stacked, len(cell.STATES))))
        run = [start, *gated.one_steps(cell, parameters, inputs[k:], start, activation)]
        for t in range(k, T + 1):
            after = np.concatenate([run[t - k][state] for state in cell.STATES])
            expected[t, k, :, i] = after.imag / H
    found = gated.state_jacobians(cell, parameters, inputs, initial, activation)
    assert_equal(found, expected)
    assert_equal(found[T, 1], found[T, 3] @ found[3, 1])


@every_cell
@pytest.mark.parametrize(
    ("kind", "truncation"),
    [("lag", tau) for tau in (0, 1, 3, T)] + [("chunk", tau) for tau in (1, 2, 3, T)],
)
def test_truncated_gradients_are_sums_over_the_kept_paths(cell, activation, kind, truncation):
    arguments = problem(cell, activation)

    def keep(t, k):
        if kind == "lag":
            return t - k <= truncation
        borders = range(truncation, T, truncation)  # a border lies behind each of these steps
        return not any(max(k, 1) <= border < t for border in borders)

    expected = gradients_of(complex_contributions(cell, activation), cell, keep)
    found = gated.truncated(cell, *arguments, truncation=truncation, kind=kind)
    assert_equal(found, expected)
    same = np.allclose(found["x"], gated.one_sweep(cell, *arguments)["x"], rtol=1e-9, atol=0)
    assert same == (truncation >= T)


@pytest.mark.parametrize("cell", CELLS, ids=NAMES.get)
@every_loss
def test_the_batch_gradients_equal_the_complex_step_of_the_loss_summed_over_the_batch(cell, loss):
    rng = np.random.default_rng(3)
    parameters = problem(cell, "tanh")[0]
    inputs, targets = rng.normal(size=(T, BATCH, N)), rng.uniform(size=(T, BATCH, M))
    initial = {state: rng.normal(size=(BATCH, D)) for state in cell.STATES}
    mask = rng.choice([0.0, 0.3, 1.0], size=(T, BATCH))
    found = gated.batch_gradients(cell, parameters, inputs, targets, initial, "tanh", loss, mask)
    point = {**parameters, **{f"{state}0": array for state, array in initial.items()}, "x": inputs}
    for name, array in point.items():
        for place in list(np.ndindex(array.shape))[::3]:
            moved = {**point, name: array.astype(complex)}
            moved[name][place] += 1j * H
            total = 0
            for i in range(BATCH):
                start = {state: moved[f"{state}0"][i] for state in cell.STATES}
                one = (moved["x"][:, i], targets[:, i], start, "tanh", loss, mask[:, i])
                total += gated.run(cell, {p: moved[p] for p in parameters}, *one)["total"]
            assert abs(found[name][place] - total.imag / H) <= 1e-12 * np.abs(found[name]).max()


@pytest.mark.parametrize("cell", (lstm, gru), ids=NAMES.get)
def test_loss_and_gradients_equal_those_of_pytorch(cell):
    torch = pytest.importorskip("torch", reason="PyTorch is no requirement; it comes with the extra bench")
    parameters, inputs, _, initial, *_ = problem(cell, "tanh")
    classes = np.array([3, 0, 1, 1, 2])
    gates = cell.GATES  # i, f, g, o and r, z, n: the order in which PyTorch stacks them
    stacked = {kind: [parameters[f"{kind}_{j}"] for j in gates] for kind in "UWb"}
    hidden = [np.zeros(D) if j != "n" else parameters["b_hn"] for j in gates]
    pieces = (stacked["U"], stacked["W"], stacked["b"], hidden)
    layer = {lstm: torch.nn.LSTM, gru: torch.nn.GRU}[cell](N, D, dtype=torch.float64)
    leaves = {name: torch.tensor(parameters[name], requires_grad=True) for name in ("V", "c_out")}
    leaves |= {f"{s}0": torch.tensor(initial[s], requires_grad=True) for s in cell.STATES}
    leaves["x"] = torch.tensor(inputs, requires_grad=True)
    with torch.no_grad():
        for weight, piece in zip(layer.parameters(), pieces):
            weight.copy_(torch.tensor(np.concatenate(piece)))
    start = tuple(leaves[f"{s}0"][None] for s in cell.STATES)
    outputs, _ = layer(leaves["x"], start if cell is lstm else start[0])
    z = outputs @ leaves["V"].T + leaves["c_out"]
    losses = torch.nn.functional.cross_entropy(z, torch.tensor(classes), reduction="none")
    total = (losses * torch.tensor(MASK)).sum()
    total.backward()
    expected = {name: leaf.grad.numpy() for name, leaf in leaves.items()}
    for kind, weight in zip("UWb", layer.parameters()):
        expected |= dict(zip([f"{kind}_{j}" for j in gates], np.split(weight.grad.numpy(), len(gates))))
    if cell is gru:
        expected["b_hn"] = np.split(layer.bias_hh_l0.grad.numpy(), 3)[2]
    arguments = (parameters, inputs, classes, initial, "tanh", "cross_entropy", MASK)
    assert_equal(gated.one_sweep(cell, *arguments), expected)
    assert abs(gated.run(cell, *arguments)["total"] - total.item()) <= 1e-12 * total.item()


MISTAKES = {
    lstm: """
        dc = later["c"] + dh * o -> dc = dh * o
        dc = later["c"] + dh * o * (1 - v["tanh_c"] ** 2) -> dc = later["c"]
        "f": dc * v["c_before"] * f -> "f": dc * v["c"] * f
        "g": dc * i * (1 - g**2) -> "g": dc * i * g * (1 - g)
        "c": dc * f} -> "c": dc}
        p[f"W_{j}"].T @ da -> p[f"W_{j}"] @ da
    """,
    gru: """
        da_z = dh * (h - n) -> da_z = dh * (n - h)
        dq = da_n * r -> dq = da_n
        dh * z + p["W_r"] -> p["W_r"]
        da_r = da_n * v["q"] -> da_r = da_n * h
        "b_hn": dq -> "b_hn": da_n
    """,
    lstm_cs7015: """
        ds = later["s"] + dh * o * slope(v["s"]) -> ds = later["s"] + dh * o * slope(v["shown"])
        "_o": dh * v["shown"] -> "_o": dh * v["s"]
        "_i": ds * v["candidate"] -> "_i": ds * v["a"]
        "s": ds * f} -> "s": later["s"] * f}
    """,
    gru_cs7015: """
        muted = p["W"].T @ da -> muted = p["W"] @ da
        + muted * o + -> + muted +
        np.outer(da, o * s) -> np.outer(da, s)
        ds * (1 - i) -> ds * i
    """,
}


@pytest.mark.parametrize(
    ("cell", "right", "wrong"),
    [
        (cell, *map(str.strip, line.split("->")))
        for cell, lines in MISTAKES.items()
        for line in lines.strip().splitlines()
    ],
)
def test_a_mistake_in_the_step_back_is_noticed_by_the_complex_step(cell, right, wrong):
    source = Path(cell.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1
    copy = types.ModuleType(cell.__name__)
    copy.__package__ = cell.__package__
    exec(source.replace(right, wrong), copy.__dict__)
    arguments = problem(cell, "tanh")
    expected = gradients_of(complex_contributions(cell, "tanh"), cell)
    found = gated.one_sweep(copy, *arguments)
    assert max(np.abs(found[n] - e).max() / np.abs(e).max() for n, e in expected.items()) > 1e-3


@pytest.mark.parametrize("cell", (lstm_cs7015, gru_cs7015), ids=NAMES.get)
def test_relu_is_seen_on_both_of_its_sides(cell):
    parameters, inputs, _, initial, *_ = problem(cell, "relu")
    steps = gated.one_steps(cell, parameters, inputs, initial, "relu")
    read = [np.array([v[name] for v in steps]) for name in (("a", "s") if cell is lstm_cs7015 else ("a",))]
    assert all((array > 0).any() and (array < 0).any() for array in read)
