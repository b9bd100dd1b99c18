"""The gradient by a parameter in parts: from each use of it to each loss.

Losses are swept back side by side, each in a copy of the sequence in which no other loss counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symrnn.model import Cell
from symrnn.numeric.arguments import Given, check_parameter, read_arguments, single
from symrnn.numeric.execution import Sequences, program
from symrnn.numeric.finite import checked
from symrnn.numeric.terms import added_by_steps
from symrnn.witness import Array

MOST_TOGETHER = 64  # losses that are swept back side by side


def contributions(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    wrt: str,
    *,
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
) -> Array:
    """Part of the gradient that goes from the use of a parameter at step k to the loss at step t.

    Returns
    -------
    ndarray, shape (T, T, *wrt.shape)
        ``[t-1, k-1]``; the sum over both is the gradient. Zero for k > t. A parameter that acts on the
        loss of its own step only (such as ``V``) has entries for k = t.
    """
    given = single(read_arguments(cell, parameters, inputs, initial))
    check_parameter(cell, wrt)
    code, weights, steps = program(cell), given.weights(mask), given.steps
    y, weights = given.targets(targets, weights), weights[:, 0]
    out = np.zeros((steps, steps, *given.lengths(cell.parameters[wrt])), given.dtype)
    for begin in range(0, steps, MOST_TOGETHER):
        end = min(begin + MOST_TOGETHER, steps)
        copies = end - begin
        ahead = {cell.roles.input: given.x[:end], cell.roles.target: y[:end]}
        alone = np.zeros((end, copies), given.dtype)
        alone[np.arange(begin, end), np.arange(copies)] = weights[begin:end]
        sequences = Sequences(
            {name: np.repeat(array, copies, axis=1) for name, array in ahead.items()},
            {state: np.repeat(array, copies, axis=0) for state, array in given.initial.items()},
            alone,
        )
        out[begin:end, :end] = np.swapaxes(added_by_steps(code, given, sequences, wrt), 0, 1)
    return checked(given, y, {wrt: out})[wrt]
