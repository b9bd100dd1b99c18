"""The numeric interface equals the hand-written reference and the complex step through its forward pass."""

from dataclasses import replace

import numpy as np
import pytest

from symrnn import (
    adjoints,
    contributions,
    forward,
    gradients,
    immediate,
    sensitivities,
    state_jacobians,
    truncated_gradients,
)
from symrnn.model import Cell
from symrnn.tensor import ACTIVATIONS, ShapeError
from tests.reference import elman as reference

SEED = 17
N, D, M, BATCH = 2, 3, 4, 5
LOSSES = ("cross_entropy", "squared_error")
MASKS = {4: (1, 0, 0.5, 1), 5: (1, 0, 0.5, 1, 1)}
CLOSE = {"rtol": 1e-12, "atol": 1e-14}  # the same sums in another order
H = 1e-30

activations = pytest.mark.parametrize("activation", ACTIVATIONS)
losses = pytest.mark.parametrize("loss", LOSSES)
lengths = pytest.mark.parametrize("steps", sorted(MASKS))


def drawn(steps: int, lead: tuple[int, ...] = ()):
    """Return parameters, inputs, target vectors, classes and an initial state; nothing is zero."""
    rng = np.random.default_rng([SEED, steps, *lead])
    shapes = {"U": (D, N), "W": (D, D), "b": (D,), "V": (M, D), "c": (M,)}
    parameters = {name: rng.normal(scale=0.7, size=shape) for name, shape in shapes.items()}
    inputs, targets = rng.normal(size=(steps, *lead, N)), rng.normal(size=(steps, *lead, M))
    return parameters, inputs, targets, rng.integers(M, size=(steps, *lead)), rng.normal(size=(*lead, D))


def any_sum(activation: str, loss: str) -> Cell:
    """Return an Elman cell whose targets may have any sum: what is derived holds for those as well."""
    return replace(Cell.load("elman", activation, loss), distribution=False)


def cell_and_targets(activation: str, loss: str, vectors, classes):
    """Return the cell and its targets: class indices for the sigmoid, else vectors, whatever their sum."""
    by_class = activation == "sigmoid" and loss == "cross_entropy"
    return (
        (Cell.load("elman", activation, loss), classes) if by_class else (any_sum(activation, loss), vectors)
    )


def assert_equal(found, expected, names=reference.GRADIENTS):
    for name in names:
        np.testing.assert_allclose(found[name], expected[name], **CLOSE, err_msg=name)


@activations
@losses
@lengths
def test_gradients_equal_the_hand_written_ones(activation, loss, steps):
    parameters, inputs, vectors, classes, initial = drawn(steps)
    cell, targets = cell_and_targets(activation, loss, vectors, classes)
    found = gradients(cell, parameters, inputs, targets, initial={"s": initial}, mask=MASKS[steps])
    expected = reference.double_sum(parameters, inputs, targets, initial, activation, loss, MASKS[steps])
    assert set(found) == set(reference.GRADIENTS)
    assert_equal(found, expected)


@activations
@losses
def test_gradients_equal_the_complex_step_through_the_reference(activation, loss):
    parameters, inputs, vectors, classes, initial = drawn(4)
    cell, targets = cell_and_targets(activation, loss, vectors, classes)
    found = gradients(cell, parameters, inputs, targets, initial={"s": initial}, mask=MASKS[4])
    everything = {**parameters, "x": inputs, "s0": initial}
    for name, array in everything.items():
        for place in np.ndindex(*array.shape):
            moved = {n: a.astype(complex) for n, a in everything.items()}
            moved[name][place] += 1j * H
            total = reference.forward(*(moved, moved["x"], targets, moved["s0"], activation, loss, MASKS[4]))[
                "total"
            ]
            np.testing.assert_allclose(found[name][place], total.imag / H, rtol=1e-10, atol=1e-13)


@activations
@losses
def test_a_batch_is_the_sum_over_its_sequences(activation, loss):
    parameters, inputs, vectors, classes, initial = drawn(4, (BATCH,))
    cell, targets = cell_and_targets(activation, loss, vectors, classes)
    mask = np.array(MASKS[4])[:, None] * np.linspace(0.5, 1.5, BATCH)
    found = gradients(cell, parameters, inputs, targets, initial={"s": initial}, mask=mask)
    expected = reference.batch_gradients(parameters, inputs, targets, initial, activation, loss, mask)
    assert_equal(found, expected)
    assert found["s0"].shape == (BATCH, D) and found["x"].shape == (4, BATCH, N)


@activations
def test_a_mask_over_time_and_one_initial_state_hold_for_the_whole_batch(activation):
    parameters, inputs, _, classes, initial = drawn(5, (BATCH,))
    cell = Cell.load("elman", activation)
    found = gradients(cell, parameters, inputs, classes, initial={"s": initial[0]}, mask=MASKS[5])
    spread = np.broadcast_to(np.array(MASKS[5])[:, None], (5, BATCH))
    everywhere = np.broadcast_to(initial[0], (BATCH, D))
    expected = reference.batch_gradients(
        parameters, inputs, classes, everywhere, activation, "cross_entropy", spread
    )
    assert_equal(found, expected, ("W", "U", "b", "V", "c", "x"))


@lengths
def test_classes_are_one_hot_vectors(steps):
    parameters, inputs, _, classes, initial = drawn(steps)
    cell = Cell.load("elman", "tanh", "cross_entropy")
    by_class = gradients(cell, parameters, inputs, classes, initial={"s": initial})
    by_vector = gradients(cell, parameters, inputs, np.eye(M)[classes], initial={"s": initial})
    expected = reference.one_sweep(parameters, inputs, classes, initial, "tanh", "cross_entropy")
    assert_equal(by_class, expected)
    assert_equal(by_vector, expected)


def test_the_initial_state_is_zero_and_the_mask_one_unless_given():
    parameters, inputs, vectors, _, _ = drawn(4)
    cell = Cell.load("elman", "sigmoid", "squared_error")
    expected = reference.one_sweep(parameters, inputs, vectors, np.zeros(D), "sigmoid", "squared_error")
    assert_equal(gradients(cell, parameters, inputs, vectors), expected)


@activations
@lengths
def test_state_jacobians_equal_the_ordered_products(activation, steps):
    parameters, inputs, _, _, initial = drawn(steps)
    found = state_jacobians(Cell.load("elman", activation), parameters, inputs, initial={"s": initial})
    expected = reference.state_jacobians(parameters, inputs, initial, activation)
    assert found.shape == (steps + 1, steps + 1, D, D)
    np.testing.assert_allclose(found, expected, **CLOSE)


@activations
@pytest.mark.parametrize("wrt", ["W", "U", "b"])
def test_immediate_derivatives_equal_the_hand_written_tensors(activation, wrt):
    parameters, inputs, _, _, initial = drawn(4)
    found = immediate(Cell.load("elman", activation), parameters, inputs, wrt, initial={"s": initial})
    expected = reference.immediate_tensors(parameters, inputs, initial, activation)[wrt]
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize(("wrt", "shape"), [("V", (M, D)), ("c", (M,))])
def test_the_immediate_derivative_by_an_output_weight_is_zero(wrt, shape):
    parameters, inputs, _, _, initial = drawn(4)
    found = immediate(Cell.load("elman"), parameters, inputs, wrt, initial={"s": initial})
    np.testing.assert_array_equal(found, np.zeros((4, D, *shape)))


@activations
@losses
def test_contributions_equal_the_terms_of_the_double_sum(activation, loss):
    parameters, inputs, vectors, classes, initial = drawn(5)
    cell, targets = cell_and_targets(activation, loss, vectors, classes)
    arguments = (cell, parameters, inputs, targets)
    found = contributions(*arguments, "W", initial={"s": initial}, mask=MASKS[5])
    expected = reference.double_sum(parameters, inputs, targets, initial, activation, loss, MASKS[5])
    np.testing.assert_allclose(found, expected["contributions"], **CLOSE)


@losses
@pytest.mark.parametrize("wrt", ["W", "U", "b", "V", "c"])
def test_contributions_sum_to_the_gradient(loss, wrt):
    parameters, inputs, vectors, _, initial = drawn(5)
    cell = any_sum("tanh", loss)
    found = contributions(cell, parameters, inputs, vectors, wrt, initial={"s": initial}, mask=MASKS[5])
    expected = reference.double_sum(parameters, inputs, vectors, initial, "tanh", loss, MASKS[5])
    np.testing.assert_allclose(found.sum(axis=(0, 1)), expected[wrt], **CLOSE)
    for t, k in np.ndindex(5, 5):
        if k > t or (wrt in "Vc" and k != t):
            assert not found[t, k].any()


@losses
@lengths
@pytest.mark.parametrize(
    ("kind", "truncation"),
    [("lag", tau) for tau in (0, 1, 2, 4, 9)] + [("chunk", tau) for tau in (1, 2, 3, 9)],
)
def test_truncated_gradients_keep_the_paths_of_the_reference(loss, steps, kind, truncation):
    parameters, inputs, vectors, _, initial = drawn(steps)
    options = {"truncation": truncation, "kind": kind}
    found = truncated_gradients(
        *(any_sum("tanh", loss), parameters, inputs, vectors),
        initial={"s": initial},
        mask=MASKS[steps],
        **options,
    )
    expected = reference.truncated(
        parameters, inputs, vectors, initial, "tanh", loss, MASKS[steps], **options
    )
    assert_equal(found, expected)


@pytest.mark.parametrize("kind", ["lag", "chunk"])
def test_truncated_gradients_of_a_batch_are_the_sum_over_its_sequences(kind):
    parameters, inputs, _, classes, initial = drawn(5, (BATCH,))
    mask = np.random.default_rng(SEED).uniform(0.5, 2, size=(5, BATCH))
    found = truncated_gradients(
        *(Cell.load("elman", "sigmoid"), parameters, inputs, classes),
        truncation=2,
        kind=kind,
        initial={"s": initial},
        mask=mask,
    )
    expected = reference.batch_gradients(
        *(parameters, inputs, classes, initial, "sigmoid", "cross_entropy", mask),
        method=reference.truncated,
        truncation=2,
        kind=kind,
    )
    assert_equal(found, expected)


def changed(name, value):
    """Return a change of one parameter."""
    return lambda good: {"parameters": {**good["parameters"], name: value}}


def given(**arguments):
    """Return a change of whole arguments."""
    return lambda good: arguments


def without(name):
    """Return a change that leaves a parameter out."""
    return lambda good: {"parameters": {n: a for n, a in good["parameters"].items() if n != name}}


BAD = {
    "a missing parameter": (without("b"), "parameter b is missing"),
    "an unknown parameter": (changed("Q", [1.0]), "no parameter 'Q'; accepted: U"),
    "too many axes": (changed("b", np.ones((D, 1))), r"b has shape \(3, 1\)"),
    "sizes that differ": (changed("V", np.ones((M, D + 1))), r"V has shape \(4, 4\); accepted: 3 for axis d"),
    "NaN in a parameter": (changed("b", [1, np.nan, 0]), "parameter b .*not finite"),
    "inputs too wide": (given(inputs=np.ones((4, N + 1))), r"\(4, 3\); accepted: \(T, 2\)"),
    "no inputs": (given(inputs=np.ones((0, N))), r"\(0, 2\); accepted"),
    "infinite inputs": (given(inputs=np.full((4, N), np.inf)), "inputs .*not finite"),
    "targets too wide": (given(targets=np.ones((4, M + 1))), r"\(4, 5\); accepted: \(4, 4\)"),
    "targets too short": (given(targets=np.ones((3, M))), r"\(3, 4\); accepted: \(4, 4\)"),
    "NaN in the targets": (given(targets=np.full((4, M), np.nan)), "target.* not finite"),
    "a class too large": (given(targets=np.array([0, 1, 2, M])), "class lies outside 0 to 3"),
    "a negative class": (given(targets=np.array([0, 1, 2, -1])), "class lies outside 0 to 3"),
    "classes too few": (given(targets=np.array([0, 1])), r"\(2,\); accepted: \(4,\)"),
    "an unknown state": (given(initial={"h": np.ones(D)}), "no state 'h'; accepted: s"),
    "a state too long": (given(initial={"s": np.ones(D + 1)}), r"\(4,\)"),
    "a mask too long": (given(mask=np.ones(5)), r"\(5,\)"),
    "complex inputs": (given(inputs=np.ones((4, N)) + 1j), "inputs hold complex numbers; accepted: real"),
    "complex parameters": (changed("b", [1j, 0, 0]), "parameter b hold complex numbers"),
    "complex targets": (given(targets=np.full((4, M), 1j)), "targets hold complex numbers"),
    "masked inputs": (given(inputs=np.ma.masked_less(np.zeros((4, N)), 1)), "inputs have masked entries"),
    "masked targets": (given(targets=np.ma.masked_less(np.zeros((4, M)), 1)), "targets have masked entries"),
    "a mask with masked entries": (given(mask=np.ma.masked_less(np.zeros(4), 1)), "mask have masked entries"),
    "words": (given(inputs=[["a", "b"]] * 4), "inputs are no array of numbers"),
    "rows of different lengths": (given(inputs=[[1, 2], [3]]), "inputs are no array of numbers"),
    "NaN in the mask": (given(mask=[1, 1, np.nan, 1]), "mask .*not finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_arguments_that_do_not_fit_are_refused_with_what_would(case):
    parameters, inputs, vectors, _, initial = drawn(4)
    good = {"parameters": parameters, "inputs": inputs, "targets": vectors, "initial": {"s": initial}}
    change, message = BAD[case]
    cell = Cell.load("elman", "tanh", "squared_error" if "class" not in case else "cross_entropy")
    with pytest.raises(ShapeError, match=message):
        gradients(cell, **{**good, **change(good)})


@pytest.mark.parametrize(
    ("kind", "truncation"),
    [("lag", -1), ("chunk", 0), ("lag", 1.5), ("lag", 5.0), ("chunk", 5.0), ("lag", True), ("both", 2)],
)
def test_a_truncation_that_does_not_exist_is_refused(kind, truncation):
    parameters, inputs, vectors, _, _ = drawn(4)
    cell = Cell.load("elman", "tanh", "squared_error")
    with pytest.raises(ValueError, match="accepted"):
        truncated_gradients(cell, parameters, inputs, vectors, truncation=truncation, kind=kind)


def test_what_needs_one_sequence_refuses_a_batch():
    parameters, inputs, _, classes, _ = drawn(4, (BATCH,))
    cell = Cell.load("elman")
    for call in (
        lambda: state_jacobians(cell, parameters, inputs),
        lambda: immediate(cell, parameters, inputs, "W"),
        lambda: contributions(cell, parameters, inputs, classes, "W"),
    ):
        with pytest.raises(ShapeError, match=r"batch axis; accepted here: \(T, n\)"):
            call()


def test_an_unknown_parameter_is_refused_by_name():
    parameters, inputs, _, classes, _ = drawn(4)
    with pytest.raises(ShapeError, match="no parameter 'Q'; accepted: U, W, b, V, c"):
        contributions(Cell.load("elman"), parameters, inputs, classes, "Q")
    with pytest.raises(ShapeError, match="no parameter 's'; accepted: U, W, b, V, c"):
        immediate(Cell.load("elman"), parameters, inputs, "s")


def test_a_target_that_is_no_distribution_is_refused_by_its_row_unless_its_loss_does_not_count():
    parameters, inputs, _, classes, _ = drawn(4, (BATCH,))
    cell, targets = Cell.load("elman"), np.eye(M)[classes]
    good = gradients(cell, parameters, inputs, targets)
    targets[2, 3] = 1
    for call in (gradients, adjoints, forward, lambda *rest: truncated_gradients(*rest, truncation=1)):
        with pytest.raises(ShapeError, match=r"targets\[2, 3\] add up to 4; accepted .* cross_entropy: 1"):
            call(cell, parameters, inputs, targets)
    with pytest.raises(ShapeError, match=r"targets\[2\] add up to 4"):
        contributions(cell, parameters, inputs[:, 3], targets[:, 3], "W")
    mask = np.ones((4, BATCH))
    mask[2, 3] = 0
    found = gradients(cell, parameters, inputs, targets, mask=mask)
    np.testing.assert_allclose(found["x"][:, :3], good["x"][:, :3], **CLOSE)
    squared = Cell.load("elman", loss="squared_error")
    assert gradients(squared, parameters, inputs, targets)["W"].any()


def test_float32_distributions_are_distributions():
    parameters, inputs, _, _, _ = drawn(4)
    targets = np.random.default_rng(SEED).dirichlet(np.ones(M), size=4).astype(np.float32)
    assert (targets.sum(axis=1, dtype=float) != 1).any()
    assert gradients(Cell.load("elman"), parameters, inputs, targets)["W"].any()


def test_an_empty_batch_has_zero_gradients_of_the_right_shapes():
    parameters, inputs, _, classes, _ = drawn(4, (BATCH,))
    cell = Cell.load("elman")
    arguments = (cell, parameters, inputs[:, :0], classes[:, :0])
    one = (cell, parameters, inputs[:, :1], classes[:, :1])
    calls = (
        lambda *rest: gradients(*rest),
        lambda *rest: truncated_gradients(*rest, truncation=2),
        lambda *rest: truncated_gradients(*rest, truncation=2, kind="chunk"),
        lambda *rest: adjoints(*rest),
        lambda *rest: forward(*rest),
    )
    for call in calls:
        found, expected = call(*arguments), call(*one)
        assert set(found) == set(expected)
        for name, array in found.items():
            batch_axis = None if name in parameters else 0 if name == "s0" else 1
            shape = tuple(0 if n == batch_axis else size for n, size in enumerate(expected[name].shape))
            assert array.shape == shape, name
            assert not array.any()


@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_float32_stays_float32_and_one_array_of_float64_makes_everything_float64(cell):
    loaded = Cell.load(cell)
    rng = np.random.default_rng(SEED)
    sizes = {"n": N, "d": D, "m": M}
    shapes = {name: [sizes[axis] for axis in shape] for name, shape in loaded.parameters.items()}
    parameters = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    wide = {name: array.astype(float) for name, array in parameters.items()}
    inputs, classes = rng.normal(size=(5, N)).astype(np.float32), rng.integers(M, size=5)
    calls = {
        "gradients": lambda p, x: gradients(loaded, p, x, classes, mask=MASKS[5]),
        "truncated": lambda p, x: truncated_gradients(loaded, p, x, np.eye(M)[classes], truncation=2),
        "forward": lambda p, x: forward(loaded, p, x, classes),
        "adjoints": lambda p, x: adjoints(loaded, p, x, classes),
        "jacobians": lambda p, x: {"all": state_jacobians(loaded, p, x)},
        "immediate": lambda p, x: {name: immediate(loaded, p, x, name) for name in ("V", bias)},
        "sensitivities": lambda p, x: {"all": sensitivities(loaded, p, x, bias)},
        "contributions": lambda p, x: {"all": contributions(loaded, p, x, classes, bias)},
    }
    bias = next(name for name, shape in loaded.parameters.items() if shape == ("d",))
    for what, call in calls.items():
        exact = call(wide, inputs)
        for name, array in call(parameters, inputs).items():
            assert (array.dtype, exact[name].dtype) == (np.float32, np.float64), (what, name)
            np.testing.assert_allclose(array, exact[name], rtol=1e-3, atol=1e-5, err_msg=f"{what} {name}")
        assert all(a.dtype == np.float64 for a in call({**parameters, "V": wide["V"]}, inputs).values())
        assert all(a.dtype == np.float32 for a in call(parameters, np.ones((5, N), int)).values())
        assert all(a.dtype == np.float32 for a in call(parameters, inputs.tolist()).values())


CHAINED = """\
name = "Chained"
source = "made for this test: each of a, o, q and r is used once, entry by entry"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
[equations]
s = "tanh(W @ s[t-1] + U @ x[t])"
a = "V @ s[t]"
o = "tanh(a[t])"
q = "30 * o[t]"
r = "sigmoid(q[t])"
z = "2 * r[t]"
"""


def chained_loss(parameters, inputs, classes):
    """Return the total loss of the cell above, from zero."""
    s, total = np.zeros(D), 0.0
    for x, target in zip(inputs, classes):
        s = np.tanh(parameters["W"] @ s + parameters["U"] @ x)
        z = 2 / (1 + np.exp(-30 * np.tanh(parameters["V"] @ s)))
        total += np.log(np.exp(z).sum()) - z[target]
    return total


def test_entrywise_equations_that_are_each_used_once_have_the_gradients_of_the_complex_step(tmp_path):
    file = tmp_path / "chained.toml"
    file.write_text(CHAINED, encoding="utf-8")
    parameters, inputs, _, classes, _ = drawn(4)
    parameters = {
        name: 0.1 * parameters[name] for name in ("U", "W", "V")
    }  # 30 o stays where slopes are seen
    found = gradients(Cell.load(file), parameters, inputs, classes)
    for name, array in parameters.items():
        assert np.abs(found[name]).max() > 1e-3
        for place in np.ndindex(*array.shape):
            moved = {n: a.astype(complex) for n, a in parameters.items()}
            moved[name][place] += 1j * H
            expected = chained_loss(moved, inputs, classes).imag / H
            np.testing.assert_allclose(found[name][place], expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("function", [gradients, lambda *given: contributions(*given, "W")])
def test_one_class_is_refused_with_softmax_and_has_slopes_with_squared_error(function):
    parameters, inputs, vectors, _, _ = drawn(4)
    parameters |= {"V": parameters["V"][:1], "c": parameters["c"][:1]}
    with pytest.raises(
        ShapeError, match=r"one class .* accepted: two classes or more, or loss = squared_error"
    ):
        function(Cell.load("elman"), parameters, inputs, np.ones((4, 1)))
    found = function(Cell.load("elman", loss="squared_error"), parameters, inputs, vectors[:, :1])
    assert np.abs(found["W"] if isinstance(found, dict) else found).max() > 1e-3
