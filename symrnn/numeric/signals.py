"""The signals of a network, forwards, and the derivative of the loss by each of them, backwards.

The sweep goes back from the logits. What lies between them and the loss it leaves out, and the derivatives by
that are derived here and evaluated at what the sweep found.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from symrnn.derivation import FULL, derive
from symrnn.model import STEP, Cell
from symrnn.numeric.arguments import Given, read_arguments
from symrnn.numeric.codegen.names import start
from symrnn.numeric.execution import Sequences, program
from symrnn.numeric.finite import must_be_finite
from symrnn.numeric.terms import evaluated
from symrnn.tensor import ShapeError, Tensor, Total
from symrnn.witness import Array


def forward(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    *,
    initial: Given | None = None,
) -> dict[str, Array]:
    """Every signal of the forward pass.

    Parameters
    ----------
    targets : array, optional
        Without them there is no loss, and nothing else that is computed from a target.
    cell, parameters, inputs, initial
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        Every signal that the cell or its loss computes, in the order of the equations. Row t-1 belongs to
        step t: ``{"a": (T, d), "s": (T+1, d), "L": (T,), …}``, for a batch (T, batch, …). States have T+1
        rows, row 0 the initial one. The losses are not weighted.

    Raises
    ------
    ShapeError
        If a shape, a name or a class index does not fit.
    """
    given = read_arguments(cell, parameters, inputs, initial)
    unknown = set[str]() if targets is not None else _from_target(cell)
    for state in cell.states:
        if state in unknown:
            raise ShapeError(f"the state {state} of {cell.name} reads the target; accepted: targets")
    y = given.blank_targets() if targets is None else given.targets(targets)
    ahead = {cell.roles.input: given.x, cell.roles.target: y}
    values = program(cell, every_signal=True).forward(given.parameters, ahead, given.initial)
    wanted = [e.target for e in cell.step if e.target.name not in unknown]
    for v in wanted:
        must_be_finite(given, v.name, given.states_from(v, values[v.name]))
    return {v.name: given.signal(v, values[v.name]) for v in wanted}


def adjoints(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
) -> dict[str, Array]:
    """Derivative of the total loss by every signal, in one backward sweep.

    Parameters
    ----------
    cell, parameters, inputs, targets, initial, mask
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        Keys and shapes as in ``forward``: the total derivative by the signal at its step, later steps
        included. Row 0 of a state is the gradient by the initial state; that of the loss are the weights.
        The entries of a prediction are free, they need not add up to one; where a probability rounds to 0,
        its adjoint is not finite.
    """
    given = read_arguments(cell, parameters, inputs, initial)
    weights = given.weights(mask)
    y = given.targets(targets, weights)
    if not given.width:  # no sequence
        empty = forward(cell, parameters, inputs, targets, initial=initial)
        return {name: np.zeros_like(array) for name, array in empty.items()}
    code = program(cell, every_signal=True)
    ahead = {cell.roles.input: given.x, cell.roles.target: y}
    found = code.sweep(given.parameters, Sequences(ahead, given.initial, weights))
    known = dict(found.adjoints)
    for name, by_signal in _behind_the_sweep(cell).items():
        each = evaluated(by_signal, code, given, found)
        each = np.broadcast_to(each, (*weights.shape, *given.lengths(by_signal.shape)))
        known[name] = weights[..., None] * each.reshape((*weights.shape, -1))
    for state in cell.states:
        known[state] = np.concatenate([found.gradients[start(state)][None], known[state]])
    return {e.target.name: given.signal(e.target, known[e.target.name]) for e in cell.step}


@lru_cache(maxsize=32)
def _behind_the_sweep(cell: Cell) -> dict[str, Tensor]:
    """Return ∂L_t/∂v_t for what the sweep leaves out: the loss, and signals between it and the logits."""
    network = dataclasses.replace(cell.unroll(2), distribution="")
    loss, swept = network.loss(STEP), program(cell, every_signal=True).signature.adjoints
    behind = (e.target for e in cell.step if e.target.name not in swept)
    return {v.name: derive(Total(loss, v), network, FULL).result for v in behind}


def _from_target(cell: Cell) -> set[str]:
    """Return the signals of a step that are computed from its target."""
    found = {cell.roles.target}
    for equation in cell.step:
        if any(v.name in found for v in equation.used):
            found.add(equation.target.name)
    return found
