"""The numeric interface: gradients, Jacobians and contributions as arrays, by the derived equations.

The forward equations and the backward sweep of a cell are derived once, for a symbolic step, and evaluated step
after step: time and memory are linear in T. Arrays may carry a batch axis behind the time axis. Everything here
uses the rules; its witnesses (the complex step, the hand-written reference) live in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symrnn.backward import Sweep, sweep
from symrnn.calculus import Immediate, Total
from symrnn.cell import Cell
from symrnn.derivation import derive
from symrnn.evaluate import Array, Point, evaluate
from symrnn.network import STEP, WEIGHT, OrderedNetwork
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
    parameters, inputs, targets, initial : as in ``gradients``
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
        """Value of an expression of the symbolic step at step t; ``adjoints`` are given by symbolic variable."""

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


def gradients(
    cell: Cell,
    parameters: Arrays,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    initial: Arrays | None = None,
    mask: npt.ArrayLike | None = None,
) -> dict[str, Array]:
    """Gradient of the total loss by everything, in one backward sweep.

    Parameters
    ----------
    cell : Cell
    parameters : mapping of name to array
        Operator layout: for Elman ``U`` (d, n), ``W`` (d, d), ``b`` (d,), ``V`` (m, d), ``c`` (m,).
    inputs : array, shape (T, n) or (T, batch, n)
    targets : array
        Integers are class indices, (T,) or (T, batch); floats are target vectors, (T, m) or (T, batch, m).
    initial : mapping of state name to array, optional
        ``{"s": array}``, shape (d,) or (batch, d); zeros by default.
    mask : array, shape (T,) or (T, batch), optional
        Weights of the losses. The loss is the weighted sum over time and batch, not the mean.

    Returns
    -------
    dict of str to ndarray
        One gradient per parameter, of its shape; ``"s0"`` for the initial state s, with the batch axis if there is
        one; ``"x"`` for the inputs.

    Raises
    ------
    ShapeError
        If a shape, a name or a class index does not fit.

    References
    ----------
    Werbos (1990), Backpropagation through time, Proc. IEEE 78(10).
    """
    tape = Tape(cell, parameters, inputs, targets, initial)
    return tape.run_back(_weights(mask, tape), 1, tape.steps)


def truncated_gradients(
    cell: Cell,
    parameters: Arrays,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    truncation: int,
    kind: Literal["lag", "chunk"] = "lag",
    initial: Arrays | None = None,
    mask: npt.ArrayLike | None = None,
) -> dict[str, Array]:
    """Gradient with paths cut short.

    ``lag`` keeps the paths from a loss at t to a use at k with t − k ≤ τ: at most τ Jacobian factors. ``chunk`` cuts
    the sequence every τ steps and lets no path cross a cut. Both are biased: neither is the derivative of the loss.

    Parameters
    ----------
    truncation : int
        τ; at least 0 for ``lag``, at least 1 for ``chunk``.
    kind : "lag" or "chunk"
    cell, parameters, inputs, targets, initial, mask
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        As in ``gradients``. The path from a loss at t to the initial state has t factors.
    """
    if kind not in ("lag", "chunk"):
        raise ValueError(f"there is no truncation {kind!r}; accepted: 'lag', 'chunk'")
    least = 0 if kind == "lag" else 1
    if int(truncation) != truncation or truncation < least:
        raise ValueError(f"truncation {truncation!r}: accepted for {kind}: a whole number, at least {least}")
    tape = Tape(cell, parameters, inputs, targets, initial)
    weights, steps = _weights(mask, tape), tape.steps
    if kind == "chunk":
        starts = range(1, steps + 1, truncation)
        parts = [tape.run_back(weights, k, min(k + truncation - 1, steps)) for k in starts]
    else:
        parts = []
        for t in range(1, steps + 1):
            alone = np.zeros_like(weights)
            alone[t - 1] = weights[t - 1]
            part = tape.run_back(alone, max(1, t - truncation), t)
            if t > truncation:
                part |= {state + "0": np.zeros_like(part[state + "0"]) for state in cell.states}
            parts.append(part)
    return {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]}


def state_jacobians(
    cell: Cell, parameters: Arrays, inputs: npt.ArrayLike, *, initial: Arrays | None = None
) -> Array:
    """Jacobians of every state by every earlier one.

    Returns
    -------
    ndarray, shape (T+1, T+1, S, S)
        ``[t, k]`` is ∂s_t/∂s_k (numerator layout), the identity for t = k, zero for t < k. The states of a cell with
        several are stacked in the order of ``cell.states``; S is their joint size.
    """
    tape = _single(Tape(cell, parameters, inputs, None, initial))
    before = [Variable(name, cell.signals[name], STEP - 1) for name in cell.states]
    one_step = _stacked(tape, lambda state: [Total(state, v) for v in before])
    size = one_step.shape[1]
    jacobians = np.zeros((tape.steps + 1, tape.steps + 1, size, size))
    jacobians[0, 0] = np.eye(size)
    for t in range(1, tape.steps + 1):
        jacobians[t, :t] = one_step[t - 1] @ jacobians[t - 1, :t]
        jacobians[t, t] = np.eye(size)
    return jacobians


def immediate(
    cell: Cell, parameters: Arrays, inputs: npt.ArrayLike, wrt: str, *, initial: Arrays | None = None
) -> Array:
    """Immediate derivative of the state by a parameter, the state before held fixed.

    Returns
    -------
    ndarray, shape (T, S, *wrt.shape)
        ``[k-1]`` is ∂⁺s_k/∂wrt; for a matrix the third-order tensor with entries [p, q, r].
    """
    tape = _single(Tape(cell, parameters, inputs, None, initial))
    x = _parameter(tape, wrt)
    return _stacked(tape, lambda state: [Immediate(state, x)])


def contributions(
    cell: Cell,
    parameters: Arrays,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    wrt: str,
    *,
    initial: Arrays | None = None,
    mask: npt.ArrayLike | None = None,
) -> Array:
    """Part of the gradient that goes from the use of a parameter at step k to the loss at step t.

    Returns
    -------
    ndarray, shape (T, T, *wrt.shape)
        ``[t-1, k-1]``; the sum over both is the gradient. Zero for k > t. A parameter that acts on the loss of its
        own step only (such as ``V``) has entries for k = t.
    """
    tape = _single(Tape(cell, parameters, inputs, targets, initial))
    x, weights = _parameter(tape, wrt), _weights(mask, tape)
    out = np.zeros((tape.steps, tape.steps, *tape.parameters[wrt].shape))
    for t in range(1, tape.steps + 1):
        alone = np.zeros_like(weights)
        alone[t - 1] = weights[t - 1]
        for k, known in tape.back(alone, 1, t):
            out[t - 1, k - 1] = tape.value(tape.sweep.terms[x.name], k, known)
    return out


def _stacked(tape: Tape, goals: Callable[[Variable], list[Tensor]]) -> Array:
    """Derivatives of every state, states stacked, at every step: shape (T, S, …)."""
    states = [Variable(name, tape.cell.signals[name], STEP) for name in tape.cell.states]
    results = [[derive(goal, tape.network).result for goal in goals(state)] for state in states]
    return np.stack(
        [
            np.concatenate([np.concatenate([tape.value(r, t) for r in row], axis=-1) for row in results])
            for t in range(1, tape.steps + 1)
        ]
    )


def _parameter(tape: Tape, name: str) -> Variable:
    if name not in tape.cell.parameters:
        raise ShapeError(f"there is no parameter {name!r}; accepted: {', '.join(tape.cell.parameters)}")
    return Variable(name, tape.cell.parameters[name])


def _single(tape: Tape) -> Tape:
    if tape.batch:
        raise ShapeError("inputs have a batch axis; accepted here: (T, n), one sequence")
    return tape


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
                    f"the parameter {name} has shape {arrays[name].shape}; axis {axis} has size {sizes[axis]} elsewhere"
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


def _weights(mask: npt.ArrayLike | None, tape: Tape) -> Array:
    lead = (tape.steps, *tape.batch)
    weights = np.ones(lead) if mask is None else _floats("the mask", mask)
    if weights.shape == (tape.steps,) and tape.batch:
        weights = np.broadcast_to(weights[:, None], lead)
    if weights.shape != lead:
        raise ShapeError(f"the mask has shape {weights.shape}; accepted: {(tape.steps,)} or {lead}")
    return weights
