"""The numeric interface: gradients, Jacobians and contributions as arrays, by the derived equations.

Everything here uses the rules; its witnesses (the complex step, the hand-written reference) live in the
tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from symrnn.calculus import Immediate, Total
from symrnn.cell import Cell
from symrnn.derivation import derive
from symrnn.equation import STEP
from symrnn.evaluate import Array
from symrnn.tape import Arrays, Tape, loss_weights
from symrnn.tensor import ShapeError, Tensor, Variable


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
        One gradient per parameter, of its shape; ``"s0"`` for the initial state s, with the batch axis if
        there is one; ``"x"`` for the inputs.

    Raises
    ------
    ShapeError
        If a shape, a name or a class index does not fit.

    References
    ----------
    Werbos (1990), Backpropagation through time, Proc. IEEE 78(10).
    """
    tape = Tape(cell, parameters, inputs, targets, initial)
    return tape.run_back(loss_weights(mask, tape), 1, tape.steps)


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

    ``lag`` keeps the paths from a loss at t to a use at k with t − k ≤ τ: at most τ Jacobian factors.
    ``chunk`` cuts the sequence every τ steps and lets no path cross a cut. Both are biased: neither is
    the derivative of the loss.

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
    weights, steps = loss_weights(mask, tape), tape.steps
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
        ``[t, k]`` is ∂s_t/∂s_k (numerator layout), the identity for t = k, zero for t < k. The states of
        a cell with several are stacked in the order of ``cell.states``; S is their joint size.
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
        ``[t-1, k-1]``; the sum over both is the gradient. Zero for k > t. A parameter that acts on the
        loss of its own step only (such as ``V``) has entries for k = t.
    """
    tape = _single(Tape(cell, parameters, inputs, targets, initial))
    x, weights = _parameter(tape, wrt), loss_weights(mask, tape)
    out = np.zeros((tape.steps, tape.steps, *tape.parameters[wrt].shape))
    for t in range(1, tape.steps + 1):
        alone = np.zeros_like(weights)
        alone[t - 1] = weights[t - 1]
        for k, known in tape.back(alone, 1, t):
            if x.name in tape.sweep.terms:  # else the loss does not depend on it
                out[t - 1, k - 1] = tape.value(tape.sweep.terms[x.name], k, known)
    return out


def _stacked(tape: Tape, goals: Callable[[Variable], list[Tensor]]) -> Array:
    """Derivatives of every state, states stacked, at every step: shape (T, S, …)."""
    if len(tape.cell.states) > 1:
        names = ", ".join(tape.cell.states)
        raise ShapeError(f"{tape.cell.name} has the states {names}; accepted so far: a cell with one state")
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
