"""One cell file, given as text, held to every law.

The laws are those of the built-in cells (``tests.laws.laws``) and those of the numeric interface, whose every
number is compared with the complex step through the equations.
"""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import symrnn
from symrnn.certificate import certify_equations
from symrnn.derivation import derivations
from symrnn.model import Cell, OrderedNetwork
from symrnn.tensor import Total, Variable
from symrnn.witness import Point, random_point, value
from tests.laws import laws
from tests.laws.laws import close

STEPS, MASK, SEED = 3, (1, 0, 0.5), 3
LARGEST = 30.0  # a signal beyond this comes from an equation that grows without bounds: no use as a probe
FEW, SEVERAL = 1, 4  # derivations of a cell that are certified: by a quick run, by one that takes its time


class NoProbe(Exception):
    """A cell for which no point was found that is far from kinks and extremes."""


def read(text: str, activation: str = "tanh", loss: str = "cross_entropy") -> Cell:
    """Return a cell from the text of its file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cell.toml"
        file.write_text(text, encoding="utf-8")
        return Cell.load(file, activation, loss)


def probe(network: OrderedNetwork) -> Point:
    """Return a random point where every signal is of moderate size.

    Raises
    ------
    NoProbe
        If there is none among a few.
    """
    for seed in range(SEED, SEED + 5):
        try:
            at = random_point(network, seed)
        except ValueError as error:
            raise NoProbe from error
        with np.errstate(all="ignore"):
            values = [at.variable(equation.target) for equation in network.equations]
        if all(np.isfinite(v).all() and np.abs(v).max() < LARGEST for v in values):
            return at
    raise NoProbe


def check(cell: Cell, certified: int | None = None) -> None:
    """Hold a cell to every law.

    Parameters
    ----------
    cell : Cell
    certified : int, optional
        At most so many derivations are certified, different ones from cell to cell, while every one is
        derived and must be closed; every eighth cell is written out in scalars, and the Jacobians of every
        other one are computed. Default: everything is done.
    """
    network = cell.unroll(STEPS, MASK)
    at = probe(network)
    assert certify_equations(network, at).first_failure is None
    made = derivations(network)
    for derivation in made:
        assert derivation.is_closed, derivation.goal
    everything = certified is None
    stride = 1 if certified is None else -(-len(made) // certified)
    lot = zlib.crc32(str(network.step).encode())
    for derivation in made[lot % stride :: stride]:
        laws.closed_and_certified(derivation, at)
        laws.index_view_equals_value(derivation, at)
    laws.sweep_equals_complex_step(network, at)
    if everything or lot % 8 == 0:
        laws.scalar_view_equals_complex_step(network, at)
    its = Numbers.of(cell, network, at)
    gradients_equal_complex_step(cell, network, at, its)
    if everything or lot % 2:
        jacobians_equal_complex_step(cell, network, at, its)


@dataclass(frozen=True)
class Numbers:
    """What the numeric interface is given: the arrays of a point."""

    parameters: dict[str, np.ndarray]
    initial: dict[str, np.ndarray]
    inputs: np.ndarray
    targets: np.ndarray

    @classmethod
    def of(cls, cell: Cell, network: OrderedNetwork, at: Point) -> Numbers:
        """Read them from a point."""
        parameters = {v.name: at.given[v] for v in network.given if v.time is None}
        initial = {state: at.given[network[state, 0]] for state in cell.states}
        return cls(parameters, initial, signal("x", network, at), signal("y", network, at))


def gradients_equal_complex_step(cell: Cell, network: OrderedNetwork, at: Point, its: Numbers) -> None:
    """Gradients, one by one and in a batch, and what each use of a parameter contributes, are right."""
    given = (cell, its.parameters, its.inputs, its.targets)
    found = symrnn.gradients(*given, initial=its.initial, mask=MASK)
    total = network["L"]
    assert found.keys() == {*its.parameters, *(f"{state}0" for state in its.initial), "x"}
    for v in laws.acting(network):
        gradient = found["x"][int(v.time) - 1] if v.name == "x" else found[key(v)]
        close(gradient, value(Total(total, v), at), v)
    other = symrnn.gradients(cell, its.parameters, -its.inputs, its.targets, initial=its.initial, mask=MASK)
    twice = {state: np.stack([array, array]) for state, array in its.initial.items()}
    pairs = (np.stack([its.inputs, -its.inputs], axis=1), np.stack([its.targets, its.targets], axis=1))
    batch = symrnn.gradients(cell, its.parameters, *pairs, initial=twice, mask=MASK)
    for name in its.parameters:
        close(batch[name], found[name] + other[name], name)
    for name in its.initial:
        close(batch[f"{name}0"], [found[f"{name}0"], other[f"{name}0"]], name)
    close(batch["x"], np.stack([found["x"], other["x"]], axis=1), "x")
    for name in list(its.parameters)[:3]:
        parts = symrnn.contributions(*given, name, initial=its.initial, mask=MASK)
        close(parts.sum(axis=(0, 1)), found[name], name)


def jacobians_equal_complex_step(cell: Cell, network: OrderedNetwork, at: Point, its: Numbers) -> None:
    """Jacobians of the states and immediate tensors are right."""
    names = [network[state, STEPS] for state in cell.states]
    jacobians = symrnn.state_jacobians(cell, its.parameters, its.inputs, initial=its.initial)
    rows = [np.hstack([value(Total(v, u.at(0)), at) for u in names]) for v in names]
    close(jacobians[STEPS, 0], np.vstack(rows), "state Jacobian")
    for name in list(its.parameters)[:3]:
        tensors = symrnn.immediate(cell, its.parameters, its.inputs, name, initial=its.initial)
        expected = [value(Total(v.at(1), network[name]), at) for v in names]  # all before step 1 is given
        close(tensors[0], np.concatenate(expected), name)


def key(v: Variable) -> str:
    """Return the key of a gradient."""
    return v.name if v.time is None else f"{v.name}0"


def signal(name: str, network: OrderedNetwork, at: Point) -> np.ndarray:
    """Return an input or a target at all steps; ones where nothing reads it."""
    steps = [v for v in network.given if v.name == name]
    return np.stack([at.given[v] for v in steps]) if steps else np.ones((STEPS, at.sizes.get("n", 2)))
