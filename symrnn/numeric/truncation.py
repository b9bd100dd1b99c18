"""Gradients with paths cut short: sweeps over windows of the sequence, in each of which some losses count."""

from __future__ import annotations

from numbers import Integral
from typing import Literal

import numpy as np
import numpy.typing as npt

from symrnn.model import Cell
from symrnn.numeric.arguments import Given, read_arguments
from symrnn.numeric.execution import program
from symrnn.numeric.finite import checked
from symrnn.tensor import InputError
from symrnn.witness import Array


def truncated_gradients(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    truncation: int,
    kind: Literal["lag", "chunk"] = "lag",
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
) -> dict[str, Array]:
    """Gradient with paths cut short.

    ``lag`` keeps the paths from a loss at t to a use at k with t − k ≤ τ: at most τ Jacobian factors.
    ``chunk`` cuts the sequence every τ steps and lets no path cross a cut. Both are biased: neither is
    the derivative of the loss.

    Parameters
    ----------
    truncation : int
        τ, a whole number (no float); at least 0 for ``lag``, at least 1 for ``chunk``.
    kind : "lag" or "chunk"
    cell, parameters, inputs, targets, initial, mask
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        As in ``gradients``. The path from a loss at t to the initial state has t factors.
    """
    if kind not in ("lag", "chunk"):
        raise InputError(f"there is no truncation {kind!r}; accepted: 'lag', 'chunk'")
    least = 0 if kind == "lag" else 1
    if not isinstance(truncation, Integral) or isinstance(truncation, bool) or truncation < least:
        raise InputError(f"truncation {truncation!r}: accepted for {kind}: a whole number, at least {least}")
    given = read_arguments(cell, parameters, inputs, initial)
    weights, steps, roles = given.weights(mask), given.steps, cell.roles
    y, total, reach = given.targets(targets, weights), given.zeros(), int(truncation)
    if not given.width:  # no sequence
        return given.natural(total)
    code = program(cell)
    values = code.forward(given.parameters, {roles.input: given.x, roles.target: y}, given.initial)
    states = {state: values[state].copy() for state in cell.states}  # the next call overwrites them
    if kind == "chunk":
        windows = [(k, min(k + reach - 1, steps), k) for k in range(1, steps + 1, reach)]
    else:
        windows = [(max(1, t - reach), t, t) for t in range(1, steps + 1)]
    for first, last, counted in windows:
        window = slice(first - 1, last)
        counting = weights[window] * (np.arange(first, last + 1)[:, None] >= counted)
        before = {state: values[first - 1] for state, values in states.items()}
        found = code.run(given.parameters, given.x[window], y[window], before, counting)[1]
        total[roles.input][window] += found.pop(roles.input)
        for name, array in found.items():
            from_start = first == 1 and (kind == "chunk" or last <= reach)
            if name in given.parameters or from_start:
                total[name] += array
    return checked(given, y, given.natural(total))
