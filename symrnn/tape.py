"""A forward pass that is remembered, and the sweep back over it: numbers by the derived equations.

Forward and adjoint equations are derived once, for a symbolic step, and evaluated step after step: time
and memory are linear in T. Arrays may carry a batch axis behind the time axis. What a caller hands in is
checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from symrnn.adjoint import Sweep, sweep
from symrnn.cell import Cell
from symrnn.equation import STEP, WEIGHT
from symrnn.evaluate import Array, Point, evaluate
from symrnn.network import OrderedNetwork
from symrnn.tensor import Shape, ShapeError, Tensor, Variable

Arrays = Mapping[str, npt.ArrayLike]


@lru_cache(maxsize=32)
def _derived(cell: Cell) -> tuple[OrderedNetwork, Sweep]:
    """Network and sweep of a cell, derived once.

    Targets are not assumed to sum to one, so the equations hold for any target vector; losses carry weights.
    """
    network = replace(cell.unroll(2, mask=(1.0, 0.5)), distribution="")
    return network, sweep(network)


class Tape:
    """A forward pass that is remembered: the values of every signal at every step.

    Parameters
    ----------
    cell : Cell
    parameters, inputs, targets, initial
        As in ``symrnn.gradients``.
        Without targets the loss is not computed.
    """

    def __init__(
        self,
        cell: Cell,
        parameters: Arrays,
        inputs: npt.ArrayLike,
        targets: npt.ArrayLike | None = None,
        initial: Arrays | None = None,
    ) -> None:
        self.cell = cell
        self.network, self.sweep = _derived(cell)
        self.parameters = _parameters(cell, parameters)
        self.sizes = _sizes(cell, self.parameters)
        x = _floats("inputs", inputs)
        if x.ndim not in (2, 3) or x.shape[-1] != self.sizes[cell.signals["x"][0]] or not len(x):
            wanted = self.sizes[cell.signals["x"][0]]
            raise ShapeError(f"inputs have shape {x.shape}; accepted: (T, {wanted}) or (T, batch, {wanted})")
        self.steps, self.batch = len(x), x.shape[1:-1]
        self.signals: list[dict[str, Array]] = [_initial(cell, self.sizes, initial, self.batch)]
        self.signals += [{"x": x[t]} for t in range(self.steps)]
        if targets is not None:
            y = _targets(cell, targets, self.sizes, (self.steps, *self.batch))
            for t in range(self.steps):
                self.signals[t + 1]["y"] = y[t]
        self.point = Point(self.network, {}, self.sizes)
        for t in range(1, self.steps + 1):
            for equation in cell.step:
                if targets is not None or all(
                    v.name in self.signals[t] or v.time != STEP for v in equation.used
                ):
                    self.signals[t][equation.target.name] = self.value(equation.expression, t)

    def value(self, tensor: Tensor, t: int, adjoints: Mapping[Variable, Array] | None = None) -> Array:
        """Value of an expression of the symbolic step at step t; ``adjoints`` by symbolic variable."""

        def lookup(v: Variable) -> Array:
            if adjoints and v in adjoints:
                return adjoints[v]
            if v.time is None:
                return self.parameters[v.name]
            return self.signals[t + int(v.time - STEP)][v.name]

        return evaluate(tensor, lookup, self.point)

    def back(self, weights: Array, first: int, last: int) -> Iterator[tuple[int, Mapping[Variable, Array]]]:
        """Sweep from step ``last`` down to ``first``; paths that leave this window are cut.

        Yields
        ------
        step : int
        adjoints : mapping of symbolic variable to ndarray
            Those of this step and the next.
        """
        later: Mapping[Variable, Array] = {}
        for t in range(last, first - 1, -1):
            known = {Variable(v.name, v.shape, STEP + 1): a for v, a in later.items() if v.time == STEP}
            known[Variable(WEIGHT, (), STEP)] = weights[t - 1]
            for equation in (self.sweep.equations if t < last else self.sweep.last).values():
                array = self.value(equation.expression, t, known)
                known[equation.target] = self.full(array, equation.target.shape)
            yield t, known
            later = known

    def run_back(self, weights: Array, first: int, last: int) -> dict[str, Array]:
        """Gradients of the losses of a window by everything in it.

        Parameters
        ----------
        weights : ndarray, shape (T,) or (T, batch)
            Weight of the loss of each step.

        Returns
        -------
        dict of str to ndarray
            Keys as in ``gradients``; those of the initial states are zero unless the window starts at step 1.
        """
        grads = {name: np.zeros_like(array) for name, array in self.parameters.items()}
        grads |= {state + "0": np.zeros_like(self.signals[0][state]) for state in self.cell.states}
        grads["x"] = np.zeros((self.steps, *self.batch, self.sizes[self.cell.signals["x"][0]]))
        known: Mapping[Variable, Array] = {}
        for t, known in self.back(weights, first, last):
            for name, term in self.sweep.terms.items():
                added = self.value(term, t, known)
                grads[name] += added.sum(axis=0) if self.batch else added
            grads["x"][t - 1] = known[self.sweep.equations["x"].target]
        if first == 1:
            before = {Variable(v.name, v.shape, STEP + 1): a for v, a in known.items() if v.time == STEP}
            for state, equation in self.sweep.initial.items():
                grads[state + "0"] = self.full(
                    self.value(equation.expression, 0, before), equation.target.shape
                )
        return grads

    def full(self, array: Array, shape: Shape) -> Array:
        """Broadcast over the batch: a zero adjoint has no batch axis of its own."""
        return np.broadcast_to(array, (*self.batch, *(self.sizes[axis] for axis in shape)))


def _floats(what: str, array: npt.ArrayLike) -> Array:
    floats = np.asarray(array, dtype=float)
    if not np.isfinite(floats).all():
        raise ShapeError(f"{what} hold a number that is not finite")
    return floats


def _parameters(cell: Cell, parameters: Arrays) -> dict[str, Array]:
    for name in parameters:
        if name not in cell.parameters:
            accepted = ", ".join(cell.parameters)
            raise ShapeError(f"{cell.name} has no parameter {name!r}; it has {accepted}")
    arrays = {}
    for name, shape in cell.parameters.items():
        if name not in parameters:
            raise ShapeError(f"the parameter {name} is missing; its axes are {shape}")
        arrays[name] = _floats(f"the parameter {name}", parameters[name])
        if arrays[name].ndim != len(shape):
            raise ShapeError(f"the parameter {name} has shape {arrays[name].shape}; its axes are {shape}")
    return arrays


def _sizes(cell: Cell, arrays: Mapping[str, Array]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for name, shape in cell.parameters.items():
        for axis, size in zip(shape, arrays[name].shape):
            if sizes.setdefault(axis, size) != size:
                raise ShapeError(
                    f"the parameter {name} has shape {arrays[name].shape}; axis {axis} was {sizes[axis]}"
                )
    return sizes


def _initial(
    cell: Cell, sizes: Mapping[str, int], initial: Arrays | None, batch: tuple[int, ...]
) -> dict[str, Array]:
    given = dict(initial or {})
    for name in given:
        if name not in cell.states:
            raise ShapeError(f"{cell.name} has no state {name!r}; it has {', '.join(cell.states)}")
    states = {}
    for name in cell.states:
        shape = tuple(sizes[axis] for axis in cell.signals[name])
        array = _floats(f"the initial state {name}", given.get(name, np.zeros(shape)))
        if array.shape not in (shape, (*batch, *shape)):
            raise ShapeError(
                f"the initial state {name} has shape {array.shape}; accepted: {(*batch, *shape)}"
            )
        states[name] = np.broadcast_to(array, (*batch, *shape))
    return states


def _targets(cell: Cell, targets: npt.ArrayLike, sizes: Mapping[str, int], lead: tuple[int, ...]) -> Array:
    """Target vectors; class indices become one-hot vectors."""
    array, classes = np.asarray(targets), sizes[cell.signals["y"][0]]
    if array.dtype.kind in "iu":
        if array.shape != lead:
            raise ShapeError(f"class indices have shape {array.shape}; accepted: {lead}")
        if array.size and not 0 <= array.min() <= array.max() < classes:
            raise ShapeError(f"a target class lies outside 0 to {classes - 1}")
        return np.eye(classes)[array]
    floats = _floats("targets", array)
    if floats.shape != (*lead, classes):
        raise ShapeError(f"target vectors have shape {floats.shape}; accepted: {(*lead, classes)}")
    return floats


def loss_weights(mask: npt.ArrayLike | None, tape: Tape) -> Array:
    """Return the weight of every loss, ones by default, with the batch axis if there is one."""
    lead = (tape.steps, *tape.batch)
    weights = np.ones(lead) if mask is None else _floats("the mask", mask)
    if weights.shape == (tape.steps,) and tape.batch:
        weights = np.broadcast_to(weights[:, None], lead)
    if weights.shape != lead:
        raise ShapeError(f"the mask has shape {weights.shape}; accepted: {(tape.steps,)} or {lead}")
    return weights
