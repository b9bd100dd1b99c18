"""What is returned are numbers: a signal or a gradient that is none is refused, and its first step named."""

from __future__ import annotations

import numpy as np

from symrnn.numeric.arguments import Arguments
from symrnn.numeric.execution import program
from symrnn.tensor import InputError
from symrnn.witness import Array


def must_be_finite(given: Arguments, name: str, array: Array) -> None:
    """Refuse a signal that is beyond all numbers, or none, and name its first step."""
    finite = np.isfinite(array)
    if not finite.all():
        step = int(np.argmin(finite.reshape((len(array), -1)).all(axis=1))) + 1
        raise InputError(
            f"{name} at step {step} of {given.cell.name} cannot be computed from these numbers: its equation"
            f" overflows, or leaves the domain of a function; accepted: numbers for which it is finite"
        )


def checked(given: Arguments, targets: Array, found: dict[str, Array]) -> dict[str, Array]:
    """Return gradients, which are numbers; otherwise say which equation has none, or which gradient."""
    wrong = [name for name, array in found.items() if not np.isfinite(array).all()]
    if wrong:
        ahead = {given.cell.roles.input: given.x, given.cell.roles.target: targets}
        values = program(given.cell, every_signal=True).forward(given.parameters, ahead, given.initial)
        for e in given.cell.step:
            must_be_finite(given, e.target.name, given.states_from(e.target, values[e.target.name]))
        raise InputError(
            f"the gradient by {wrong[0]} of {given.cell.name} overflows; accepted: numbers, and a number of"
            f" steps, for which it is finite"
        )
    return found
