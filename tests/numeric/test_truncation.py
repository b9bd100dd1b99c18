"""Truncation by (k1, k2) equals the algorithm that detaches; that at random has the full gradient as mean."""

import numpy as np
import pytest

import symrnn
from symrnn import gradients, truncated_gradients
from symrnn.model import Cell
from symrnn.numeric.arguments import read_arguments
from symrnn.numeric.survival import drawn_reaches, reached_gradients
from tests.reference import elman, gated, gru, lstm, truncation as reference

N, D, M, BATCH = 2, 3, 4, 6
MASK = np.array([1, 0.5, 0, 2.5, 1, 0.75, 1])
CLOSE = {"rtol": 1e-10, "atol": 1e-12}
PAIRS = [
    (1, 1),
    (1, 3),
    (2, 2),
    (2, 5),
    (3, 4),
    (3, 2),
    (4, 1),
    (5, 6),
    (2, 7),
    (2, 8),
    (7, 8),
    (9, 9),
    (1, 20),
]


def drawn(steps, lead=()):
    rng = np.random.default_rng([41, steps, *lead])
    shapes = {"U": (D, N), "W": (D, D), "b": (D,), "V": (M, D), "c": (M,)}
    parameters = {name: rng.normal(scale=0.7, size=shape) for name, shape in shapes.items()}
    inputs, targets = rng.normal(size=(steps, *lead, N)), rng.integers(M, size=(steps, *lead))
    return parameters, inputs, targets, rng.normal(size=(*lead, D))


def assert_equal(found, expected, names=elman.GRADIENTS):
    for name in names:
        np.testing.assert_allclose(found[name], expected[name], **CLOSE, err_msg=name)


@pytest.mark.parametrize("pair", PAIRS)
def test_k1k2_equals_the_algorithm_that_detaches(pair):
    parameters, inputs, targets, initial = drawn(7)
    found = truncated_gradients(
        *(Cell.load("elman"), parameters, inputs, targets),
        **{"truncation": pair, "kind": "k1k2", "initial": {"s": initial}, "mask": MASK},
    )
    rest = (parameters, inputs, targets, initial, "tanh", "cross_entropy", MASK)
    assert_equal(found, reference.detached(*rest, truncation=pair))
    assert_equal(found, elman.truncated(*rest, truncation=pair, kind="k1k2"))


@pytest.mark.parametrize("pair", [(1, 2), (2, 4), (3, 2)])
@pytest.mark.parametrize("cell", [lstm, gru])
def test_k1k2_of_gated_cells_keeps_the_paths_of_the_reference(cell, pair):
    name, rng = cell.__name__.rsplit(".", 1)[1], np.random.default_rng(9)
    parameters = {p: rng.normal(size=shape) for p, shape in cell.shapes(N, D, M).items()}
    inputs, targets = rng.normal(size=(5, N)), rng.integers(M, size=5)
    initial = {state: rng.normal(size=D) for state in cell.STATES}
    found = truncated_gradients(
        *(Cell.load(name), parameters, inputs, targets),
        **{"truncation": pair, "kind": "k1k2", "initial": initial, "mask": MASK[:5]},
    )
    ends = elman.block_ends(5, pair[0])
    rest = (parameters, inputs, targets, initial, "tanh", "cross_entropy", MASK[:5])
    parts = gated.contributions(cell, *rest)
    expected = gated.sum_over_paths(parts, cell, lambda t, k: k >= ends[t - 1] - pair[1] + 1)
    assert_equal(found, expected, expected)


def test_k1k2_of_a_batch_is_the_sum_over_its_sequences():
    parameters, inputs, targets, initial = drawn(7, (BATCH,))
    mask = np.random.default_rng(2).uniform(0.5, 2, size=(7, BATCH))
    options = {"truncation": (2, 3), "kind": "k1k2"}
    found = truncated_gradients(
        Cell.load("elman"), parameters, inputs, targets, initial={"s": initial}, mask=mask, **options
    )
    rest = (parameters, inputs, targets, initial, "tanh", "cross_entropy", mask)
    assert_equal(found, elman.batch_gradients(*rest, method=elman.truncated, **options))


@pytest.mark.parametrize("tau", [0, 1, 3, 8])
def test_a_lag_is_blocks_of_one_step(tau):
    arguments = (Cell.load("elman"), *drawn(7)[:3])
    lag = truncated_gradients(*arguments, truncation=tau)
    assert_equal(truncated_gradients(*arguments, truncation=(1, tau + 1), kind="k1k2"), lag)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_chunks_are_blocks_where_they_fill_the_sequence_but_for_the_initial_state(length):
    arguments = (Cell.load("elman"), *drawn(6)[:3])
    chunks = truncated_gradients(*arguments, truncation=length, kind="chunk")
    blocks = truncated_gradients(*arguments, truncation=[length, length], kind="k1k2")
    assert_equal(blocks, chunks, "WUbVcx")
    assert chunks["s0"].any() and not blocks["s0"].any()


def mean_over_outcomes(steps, survival, assumed):
    """Return the mean of the weighted gradients over all reaches, and the full gradient, by hand."""
    parameters, inputs, targets, initial = drawn(steps)
    given = read_arguments(Cell.load("elman"), parameters, inputs, {"s": initial})
    mask = MASK[3 : 3 + steps]
    weights = given.weights(mask)
    y, mean, whole = given.targets(targets), {name: 0.0 for name in elman.GRADIENTS}, 0.0
    for reaches, probability in reference.outcomes(steps, survival):
        one = reached_gradients(given, y, weights, np.array(reaches)[:, None], assumed)
        mean = {name: mean[name] + probability * given.natural(one)[name] for name in mean}
        whole += probability
    assert whole == pytest.approx(1, rel=1e-12)
    full = elman.one_sweep(parameters, inputs, targets, initial, "tanh", "cross_entropy", mask)
    return mean, full


@pytest.mark.parametrize(("steps", "survival"), [(1, 0.5), (2, 0.3), (3, 0.8), (4, 0.6), (4, 0.1)])
def test_the_mean_of_random_truncation_is_the_full_gradient(steps, survival):
    assert_equal(*mean_over_outcomes(steps, survival, survival))


def test_another_weight_or_none_is_biased():
    for assumed in (0.61, 1.0):
        mean, full = mean_over_outcomes(4, 0.6, assumed)
        assert np.abs(mean["W"] - full["W"]).max() > 1e-3 * np.abs(full["W"]).max()


def test_every_outcome_is_the_weighted_sum_over_the_paths_within_reach():
    parameters, inputs, targets, initial = drawn(3)
    given = read_arguments(Cell.load("elman"), parameters, inputs, {"s": initial})
    weights, y = given.weights(MASK[:3]), given.targets(targets)
    for reaches, _ in reference.outcomes(3, 0.7):
        found = given.natural(reached_gradients(given, y, weights, np.array(reaches)[:, None], 0.7))
        rest = (parameters, inputs, targets, initial, "tanh", "cross_entropy", MASK[:3])
        assert_equal(found, reference.reached(*rest, reaches=reaches, survival=0.7))


def test_reaches_differ_by_loss_and_sequence_and_are_geometric():
    survival, steps, width = 0.7, 6, 20_000
    reaches = drawn_reaches(survival, steps, width, 11)
    assert reaches.shape == (steps, width) and reaches.min() == 0 and reaches.max() == steps
    for lag in range(1, steps + 1):
        share, expected = (reaches >= lag).mean(axis=1), survival**lag
        assert np.abs(share - expected).max() < 5 * np.sqrt(expected * (1 - expected) / width)
    together = (reaches[0] >= 1) & (reaches[1] >= 1)
    assert abs(together.mean() - survival**2) < 5 * np.sqrt(0.25 / width)


def test_the_mean_over_many_sequences_of_a_batch_is_the_full_gradient():
    parameters, inputs, targets, initial = drawn(5)
    many = 4000
    found = truncated_gradients(
        *(Cell.load("elman"), parameters),
        *(np.repeat(array[:, None], many, axis=1) for array in (inputs, targets)),
        **{"truncation": 0.8, "kind": "random", "seed": 3, "initial": {"s": initial}, "mask": MASK[:5]},
    )
    full = elman.one_sweep(parameters, inputs, targets, initial, "tanh", "cross_entropy", MASK[:5])
    for name, axis in (("s0", 0), ("x", 1)):
        error = found[name].std(axis=axis) / np.sqrt(many)
        assert (np.abs(found[name].mean(axis=axis) - full[name]) <= 6 * error + 1e-12).all()
    assert found["s0"].std(axis=0).min() > 0
    np.testing.assert_allclose(found["V"] / many, full["V"], **CLOSE)  # never truncated


@pytest.mark.parametrize(
    ("name", "survival"), [("elman", 1), ("elman", np.float32(1)), ("lstm", 1.0), ("jordan", 1.0)]
)
def test_what_always_survives_is_the_full_gradient(name, survival):
    cell, rng = Cell.load(name), np.random.default_rng(6)
    sizes = {"n": N, "d": D, "m": M}
    parameters = {p: rng.normal(size=[sizes[a] for a in axes]) for p, axes in cell.parameters.items()}
    inputs, targets = rng.normal(size=(5, BATCH, N)), rng.integers(M, size=(5, BATCH))
    initial = {s: rng.normal(size=[BATCH, *(sizes[a] for a in cell.signals[s])]) for s in cell.states}
    mask = rng.uniform(size=(5, BATCH)) * (rng.uniform(size=(5, BATCH)) > 0.3)
    options = {"initial": initial, "mask": mask}
    found = truncated_gradients(
        cell, parameters, inputs, targets, truncation=survival, kind="random", **options
    )
    full = gradients(cell, parameters, inputs, targets, **options)
    assert found.keys() == full.keys()
    assert_equal(found, full, full)


def test_a_seed_decides_the_draws_and_nothing_else_does():
    arguments = (Cell.load("elman"), *drawn(7)[:3])

    def one(seed, kind="random", truncation=0.5):
        return truncated_gradients(*arguments, truncation=truncation, kind=kind, seed=seed)["W"]

    np.testing.assert_array_equal(one(1), one(1))
    assert (one(1) != one(2)).any()
    np.testing.assert_array_equal(one(1, "lag", 2), one(2, "lag", 2))


@pytest.mark.parametrize(
    "options", [{"kind": "k1k2", "truncation": (2, 3)}, {"kind": "random", "truncation": 0.5}]
)
def test_no_sequence_and_one_step_are_no_special_case(options):
    parameters, inputs, targets, _ = drawn(4, (BATCH,))
    cell = Cell.load("elman")
    none = truncated_gradients(cell, parameters, inputs[:, :0], targets[:, :0], **options)
    assert none["s0"].shape == (0, D) and not none["W"].any()
    silent = truncated_gradients(cell, parameters, inputs, targets, mask=np.zeros(4), **options)
    assert not any(array.any() for array in silent.values())
    single = {name: array.astype(np.float32) for name, array in parameters.items()}
    found = truncated_gradients(cell, single, inputs.astype(np.float32), targets, **options)
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


BAD = {
    "k1k2": [2, (2,), (2, 3, 4), (0, 2), (2, 0), (2, 3.0), (True, 2), "23", None, {2, 3}, np.array([2, 3])],
    "random": [0, 0.0, -0.5, 1.5, 2, np.nan, np.inf, True, "0.5", None, (0.5, 0.5), 0.5j],
    "lag": [(1, 2), 0.5, np.nan, None],
    "chunk": [(1, 2), 0.5, 0, None],
}


@pytest.mark.parametrize("kind", BAD)
def test_a_truncation_that_its_kind_has_not_is_refused_with_what_it_has(kind):
    arguments = (Cell.load("elman"), *drawn(4)[:3])
    for truncation in BAD[kind]:
        with pytest.raises(symrnn.SymrnnError, match=f"accepted for {kind}: a "):
            truncated_gradients(*arguments, truncation=truncation, kind=kind)


@pytest.mark.parametrize("seed", [-1, 1.0, "1", None, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(symrnn.SymrnnError, match=r"seed .* accepted: a whole number, at least 0"):
        truncated_gradients(Cell.load("elman"), *drawn(4)[:3], truncation=0.5, kind="random", seed=seed)


def test_small_integers_of_numpy_do_not_wrap_around():
    arguments = (Cell.load("elman"), *drawn(4)[:3])
    assert_equal(truncated_gradients(*arguments, truncation=np.uint8(255)), gradients(*arguments))
    found = truncated_gradients(*arguments, truncation=(np.int8(1), np.int8(127)), kind="k1k2")
    assert_equal(found, gradients(*arguments))


def test_a_gradient_that_overflows_is_refused():
    parameters, inputs, targets, _ = drawn(4)
    large = {**parameters, "W": np.eye(D) * 1e200, "b": np.zeros(D)}
    arguments = (Cell.load("elman", "identity"), large, 0 * inputs, targets)
    for options in ({"kind": "random", "truncation": 1}, {"kind": "k1k2", "truncation": (4, 5)}):
        with pytest.raises(symrnn.SymrnnError, match="overflows; accepted"):
            truncated_gradients(*arguments, **options)


STATE_FROM_TARGET = """
name = "Forced"
source = "a test"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
R = ["d", "m"]
V = ["m", "d"]
[equations]
a = "U @ x[t] + R @ y[t] + W @ s[t-1]"
s = "sigma(a[t])"
z = "V @ s[t]"
"""


def test_states_that_read_the_target_are_truncated_as_well(tmp_path):
    file = tmp_path / "forced.toml"
    file.write_text(STATE_FROM_TARGET, encoding="utf-8")
    cell = Cell.load(file, loss="squared_error")
    rng = np.random.default_rng(8)
    sizes = {"n": N, "d": D, "m": M}
    parameters = {p: rng.normal(size=[sizes[a] for a in axes]) for p, axes in cell.parameters.items()}
    arguments = (cell, parameters, rng.normal(size=(5, N)), rng.normal(size=(5, M)))
    full = gradients(*arguments)
    assert_equal(truncated_gradients(*arguments, truncation=1.0, kind="random"), full, full)
    assert_equal(truncated_gradients(*arguments, truncation=(5, 6), kind="k1k2"), full, full)
    for call in (symrnn.state_jacobians, symrnn.norms):
        with pytest.raises(symrnn.SymrnnError, match="read the target; accepted"):
            call(*arguments[:3])
