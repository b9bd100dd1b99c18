"""What people hand to the Python interface by mistake: each gets one error that says what is accepted.

Never an AttributeError, TypeError, IndexError or KeyError from inside, and never a result.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symrnn
from symrnn import Cell, Immediate, Partial, Total
from symrnn.model import Cell as ModelCell

CELL = Cell.load("elman")
OTHER = Cell.load("lstm")
NETWORK, SHORT = CELL.unroll(4), CELL.unroll(2)
GATED = OTHER.unroll(2)
RNG = np.random.default_rng(0)
SIZES = {"n": 2, "d": 3, "m": 4}
P = {name: RNG.normal(size=[SIZES[a] for a in axes]) for name, axes in CELL.parameters.items()}
X, Y = RNG.normal(size=(4, 2)), np.array([0, 1, 2, 3])
GOAL = Total(NETWORK["L", 4], NETWORK["W"])
DERIVATION = symrnn.derive(GOAL, NETWORK)
LOCAL = Immediate(NETWORK["s", 3], NETWORK["W"])

Misuse = Callable[[], Any]


def with_parameter(**changed: Any) -> dict[str, Any]:
    return {name: array for name, array in {**P, **changed}.items() if array is not None}


def not_finite(value: float) -> Any:
    array = X.copy()
    array[1, 1] = value
    return array


ARGUMENTS: dict[str, Misuse] = {
    "a name for a cell": lambda: symrnn.gradients("elman", P, X, Y),
    "no cell": lambda: symrnn.gradients(None, P, X, Y),
    "a network for a cell": lambda: symrnn.gradients(NETWORK, P, X, Y),
    "the class for a cell": lambda: symrnn.gradients(Cell, P, X, Y),
    "parameters and inputs exchanged": lambda: symrnn.gradients(CELL, X, P, Y),
    "inputs and targets exchanged": lambda: symrnn.gradients(CELL, P, Y, X),
    "a list of parameters": lambda: symrnn.gradients(CELL, list(P.values()), X, Y),
    "no parameters": lambda: symrnn.gradients(CELL, None, X, Y),
    "a text for parameters": lambda: symrnn.gradients(CELL, "W", X, Y),
    "a parameter is missing": lambda: symrnn.gradients(CELL, with_parameter(W=None), X, Y),
    "an unknown parameter": lambda: symrnn.gradients(CELL, with_parameter(Q=P["W"]), X, Y),
    "a parameter by number": lambda: symrnn.gradients(CELL, {**P, 1: P["W"]}, X, Y),
    "a transposed parameter": lambda: symrnn.gradients(CELL, with_parameter(U=P["U"].T), X, Y),
    "a column for a vector": lambda: symrnn.gradients(CELL, with_parameter(b=P["b"][:, None]), X, Y),
    "a parameter of text": lambda: symrnn.gradients(CELL, with_parameter(b=["x", "y", "z"]), X, Y),
    "a ragged parameter": lambda: symrnn.gradients(CELL, with_parameter(W=[[1, 2], [3]]), X, Y),
    "a parameter that is None": lambda: symrnn.gradients(CELL, {**P, "W": None}, X, Y),
    "complex parameters": lambda: symrnn.gradients(CELL, with_parameter(W=P["W"] + 1j), X, Y),
    "a parameter with NaN": lambda: symrnn.gradients(CELL, with_parameter(b=P["b"] * np.nan), X, Y),
    "parameters of another cell": lambda: symrnn.gradients(OTHER, P, X, Y),
    "inputs of the wrong width": lambda: symrnn.gradients(CELL, P, X[:, :1], Y),
    "inputs with one axis": lambda: symrnn.gradients(CELL, P, X[0], Y),
    "inputs with four axes": lambda: symrnn.gradients(CELL, P, X[None, None], Y),
    "a number for inputs": lambda: symrnn.gradients(CELL, P, 3, Y),
    "no inputs": lambda: symrnn.gradients(CELL, P, None, Y),
    "inputs of no step": lambda: symrnn.gradients(CELL, P, X[:0], Y[:0]),
    "words for inputs": lambda: symrnn.gradients(CELL, P, ["d", "e", "e", "p"], Y),
    "an infinite input": lambda: symrnn.gradients(CELL, P, not_finite(np.inf), Y),
    "an input that is no number": lambda: symrnn.gradients(CELL, P, not_finite(np.nan), Y),
    "masked inputs": lambda: symrnn.gradients(CELL, P, np.ma.masked_greater(X, 0), Y),
    "inputs of dates": lambda: symrnn.gradients(CELL, P, np.zeros((4, 2), "datetime64[s]"), Y),
    "inputs of objects": lambda: symrnn.gradients(CELL, P, np.full((4, 2), object()), Y),
    "inputs that overflow": lambda: symrnn.gradients(
        Cell.load("elman", activation="identity"), {n: a * 1e200 for n, a in P.items()}, X * 1e200, Y
    ),
    "no targets": lambda: symrnn.gradients(CELL, P, X, None),
    "a class too large": lambda: symrnn.gradients(CELL, P, X, Y + 1),
    "a negative class": lambda: symrnn.gradients(CELL, P, X, Y - 1),
    "classes as floats": lambda: symrnn.gradients(CELL, P, X, Y.astype(float)),
    "too few targets": lambda: symrnn.gradients(CELL, P, X, Y[:3]),
    "targets that are no distribution": lambda: symrnn.gradients(CELL, P, X, np.ones((4, 4))),
    "words for targets": lambda: symrnn.gradients(CELL, P, X, ["a", "b", "c", "d"]),
    "a batch of targets only": lambda: symrnn.gradients(CELL, P, X, np.stack([Y, Y], axis=1)),
    "a mask of another length": lambda: symrnn.gradients(CELL, P, X, Y, mask=[1, 0]),
    "a mask of text": lambda: symrnn.gradients(CELL, P, X, Y, mask="1010"),
    "a mask with NaN": lambda: symrnn.gradients(CELL, P, X, Y, mask=[1, np.nan, 0, 1]),
    "an unknown initial state": lambda: symrnn.gradients(CELL, P, X, Y, initial={"h": np.zeros(3)}),
    "an array for initial states": lambda: symrnn.gradients(CELL, P, X, Y, initial=np.zeros(3)),
    "an initial state of another size": lambda: symrnn.gradients(CELL, P, X, Y, initial={"s": np.zeros(2)}),
    "the name of a gradient for a state": lambda: symrnn.gradients(
        CELL, P, X, Y, initial={"s0": np.zeros(3)}
    ),
    "an unknown engine": lambda: symrnn.gradients(CELL, P, X, Y, engine="torch"),
    "an engine that is no text": lambda: symrnn.gradients(CELL, P, X, Y, engine=["numpy"]),
    "forward of a name": lambda: symrnn.forward("elman", P, X),
    "forward with one class too many": lambda: symrnn.forward(CELL, P, X, Y + 1),
    "adjoints without targets": lambda: symrnn.adjoints(CELL, P, X, None),
    "Jacobians of a batch": lambda: symrnn.state_jacobians(CELL, P, np.stack([X, X], axis=1)),
    "Jacobians of a name": lambda: symrnn.state_jacobians("elman", P, X),
    "immediate by an unknown parameter": lambda: symrnn.immediate(CELL, P, X, "Q"),
    "immediate by a variable": lambda: symrnn.immediate(CELL, P, X, NETWORK["W"]),
    "immediate by a list": lambda: symrnn.immediate(CELL, P, X, ["W"]),
    "immediate by a state": lambda: symrnn.immediate(CELL, P, X, "s"),
    "sensitivities by an input": lambda: symrnn.sensitivities(CELL, P, X, "x"),
    "sensitivities of a batch": lambda: symrnn.sensitivities(CELL, P, np.stack([X, X], axis=1), "W"),
    "contributions to nothing": lambda: symrnn.contributions(CELL, P, X, Y, None),
    "contributions by an unknown name": lambda: symrnn.contributions(CELL, P, X, Y, "w"),
    "contributions of a batch": lambda: symrnn.contributions(
        CELL, P, np.stack([X, X], axis=1), np.stack([Y, Y], axis=1), "W"
    ),
    "a truncation of 5.0, lag": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=5.0),
    "a truncation of 5.0, chunk": lambda: symrnn.truncated_gradients(
        CELL, P, X, Y, truncation=5.0, kind="chunk"
    ),
    "a truncation below 0": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=-1),
    "a truncation of text": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation="2"),
    "chunks of no step": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=0, kind="chunk"),
    "a kind that is not there": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=2, kind="k2k1"),
    "one number for k1k2": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=2, kind="k1k2"),
    "a block of no step": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=(0, 2), kind="k1k2"),
    "three numbers for k1k2": lambda: symrnn.truncated_gradients(
        CELL, P, X, Y, truncation=(1, 2, 3), kind="k1k2"
    ),
    "a pair for a lag": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=(1, 2)),
    "a survival rate of 0": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=0.0, kind="random"),
    "a survival rate above 1": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=5, kind="random"),
    "a survival rate that is no number": lambda: symrnn.truncated_gradients(
        CELL, P, X, Y, truncation=np.nan, kind="random"
    ),
    "a survival rate of text": lambda: symrnn.truncated_gradients(
        CELL, P, X, Y, truncation="0.5", kind="random"
    ),
    "a negative seed of a truncation": lambda: symrnn.truncated_gradients(
        CELL, P, X, Y, truncation=0.5, kind="random", seed=-1
    ),
    "a generator for a seed": lambda: symrnn.truncated_gradients(
        CELL, P, X, Y, truncation=0.5, kind="random", seed=RNG
    ),
    "norms of a name": lambda: symrnn.norms("elman", P, X),
    "norms of a batch": lambda: symrnn.norms(CELL, P, np.stack([X, X], axis=1)),
    "norms with a parameter missing": lambda: symrnn.norms(CELL, with_parameter(W=None), X),
    "norms without inputs": lambda: symrnn.norms(CELL, P, None),
    "norms of another cell's parameters": lambda: symrnn.norms(OTHER, P, X),
    "norms that overflow": lambda: symrnn.norms(
        Cell.load("elman", activation="identity"), with_parameter(W=P["W"] * 1e200), 0 * X
    ),
    "a kind that is no text": lambda: symrnn.truncated_gradients(CELL, P, X, Y, truncation=2, kind=["lag"]),
}
CELLS: dict[str, Misuse] = {
    "an unknown cell": lambda: Cell.load("elmann"),
    "a number for a cell": lambda: Cell.load(3),
    "no name of a cell": lambda: Cell.load(None),
    "an empty name of a cell": lambda: Cell.load(""),
    "a folder for a cell file": lambda: Cell.load(Path(__file__).parent),
    "a cell file that is not there": lambda: Cell.load("no/such/cell.toml"),
    "a cell file that is no TOML": lambda: Cell.load(Path(__file__)),
    "a cell for the name of a cell": lambda: Cell.load(CELL),
    "an unknown activation": lambda: Cell.load("elman", activation="swish"),
    "a function for an activation": lambda: Cell.load("elman", activation=np.tanh),
    "an unknown loss": lambda: Cell.load("elman", loss="mse"),
    "a list for a loss": lambda: Cell.load("elman", loss=["cross_entropy"]),
    "no step": lambda: CELL.unroll(0),
    "half a step": lambda: CELL.unroll(2.5),
    "steps as text": lambda: CELL.unroll("4"),
    "steps as true": lambda: CELL.unroll(True),
    "steps that are None": lambda: CELL.unroll(None),
    "a mask that is too short": lambda: CELL.unroll(4, mask=[1, 0]),
    "a mask of words": lambda: CELL.unroll(2, mask=["a", "b"]),
    "a number for a mask": lambda: CELL.unroll(2, mask=1),
    "a mask that is not finite": lambda: CELL.unroll(2, mask=[1, np.inf]),
    "a mask of None": lambda: CELL.unroll(2, mask=[None, 1]),
}
NETWORKS: dict[str, Misuse] = {
    "an unknown variable": lambda: NETWORK["Q"],
    "a time after the end": lambda: NETWORK["s", 9],
    "a time before the start": lambda: NETWORK["L", 0],
    "a negative time": lambda: NETWORK["s", -1],
    "a time of a parameter": lambda: NETWORK["W", 2],
    "a state without a time": lambda: NETWORK["s"],
    "a time as text": lambda: NETWORK["s", "3"],
    "a time that is a float": lambda: NETWORK["s", 1.5],
    "a number for a variable": lambda: NETWORK[3],
    "three things for a variable": lambda: NETWORK["s", 1, 2],
    "a slice of a variable": lambda: NETWORK["s", 1:3],
    "None for a variable": lambda: NETWORK[None],
}
DERIVATIONS: dict[str, Misuse] = {
    "a text to derive": lambda: symrnn.derive("dL/dW", NETWORK),
    "nothing to derive": lambda: symrnn.derive(None, NETWORK),
    "a variable to derive": lambda: symrnn.derive(NETWORK["L", 4], NETWORK),
    "a cell for a network": lambda: symrnn.derive(GOAL, CELL),
    "a name for a network": lambda: symrnn.derive(GOAL, "elman"),
    "goal and network exchanged": lambda: symrnn.derive(NETWORK, GOAL),
    "a goal of a longer network": lambda: symrnn.derive(GOAL, SHORT),
    "a goal of another network": lambda: symrnn.derive(GOAL, GATED),
    "a number in a derivative": lambda: Total(NETWORK["L", 4], 3),
    "a name in a derivative": lambda: Total("L", "W"),
    "None in a derivative": lambda: Total(NETWORK["L", 4], None),
    "a network in a derivative": lambda: Immediate(NETWORK, NETWORK["W"]),
    "a derivative by a derivative": lambda: Total(NETWORK["L", 4], GOAL),
    "a partial derivative by a number": lambda: Partial(NETWORK["s", 1], 2.0),
    "an array in a derivative": lambda: Partial(np.zeros(3), NETWORK["W"]),
    "a text to certify": lambda: symrnn.certify("dL/dW"),
    "a goal to certify": lambda: symrnn.certify(GOAL),
    "None to certify": lambda: symrnn.certify(None),
    "a seed for a point": lambda: symrnn.certify(DERIVATION, 3),
    "numbers for a point": lambda: symrnn.certify(DERIVATION, P),
    "no point": lambda: symrnn.certify(DERIVATION, []),
    "a seed of text": lambda: symrnn.certify(DERIVATION, seed="one"),
    "a negative seed": lambda: symrnn.certify(DERIVATION, seed=-1),
    "a negative tolerance": lambda: symrnn.certify(DERIVATION, tolerance=-1.0),
    "a tolerance of text": lambda: symrnn.certify(DERIVATION, tolerance="small"),
    "a tolerance that is no number": lambda: symrnn.certify(DERIVATION, tolerance=np.nan),
    "too few indices": lambda: symrnn.element(LOCAL, ("p", "q")),
    "too many indices": lambda: symrnn.element(LOCAL, ("p", "q", "r", "i")),
    "an index of 0": lambda: symrnn.element(LOCAL, (0, 1, 1)),
    "an index that is a float": lambda: symrnn.element(LOCAL, (1.5, 1, 1)),
    "no indices": lambda: symrnn.element(LOCAL, None),
    "a number for indices": lambda: symrnn.element(LOCAL, 3),
    "an element of a text": lambda: symrnn.element("s", ("p",)),
    "an index of None": lambda: symrnn.element(LOCAL, (None, "q", "r")),
    "a sweep of a cell": lambda: symrnn.backward(CELL),
    "a sweep of a name": lambda: symrnn.backward("elman"),
    "a sweep of nothing": lambda: symrnn.backward(None),
}
MISUSES = {**ARGUMENTS, **CELLS, **NETWORKS, **DERIVATIONS}


@pytest.mark.parametrize("what", MISUSES)
def test_a_misuse_gets_one_clear_error(what):
    with pytest.raises(symrnn.SymrnnError) as caught:
        MISUSES[what]()
    words = str(caught.value)
    assert "accepted" in words, words
    assert len(words) < 600 and "Traceback" not in words


def test_there_are_many_and_none_is_listed_twice():
    assert len(MISUSES) == sum(map(len, (ARGUMENTS, CELLS, NETWORKS, DERIVATIONS))) >= 60
    assert ModelCell is Cell
