"""What each step of each sequence adds to a gradient: derived expressions, evaluated at what a sweep found.

The expressions are those of the symbolic step that code is generated from; adjoints are known by name.
"""

from __future__ import annotations

import numpy as np

from symrnn.derivation import ADJOINT
from symrnn.model import STEP
from symrnn.numeric.arguments import Arguments
from symrnn.numeric.execution import Program, Sequences, Swept
from symrnn.tensor import Tensor, Variable
from symrnn.witness import Array, Point, evaluate


def added_by_steps(code: Program, given: Arguments, sequences: Sequences, wrt: str) -> Array:
    """Return what every step of every sequence adds to the gradient of a parameter: (T, B, *shape)."""
    shape = given.lengths(given.cell.parameters[wrt])
    if wrt not in code.swept.terms:
        return np.zeros((*sequences.weights.shape, *shape), given.dtype)  # the loss does not depend on it
    each = evaluated(code.swept.terms[wrt], code, given, code.sweep(given.parameters, sequences))
    return np.broadcast_to(each, (*sequences.weights.shape, *shape))


def evaluated(tensor: Tensor, code: Program, given: Arguments, found: Swept) -> Array:
    """Return an expression of the symbolic step at every step of every sequence: (T, B, *shape)."""
    known = {**found.values, **{name + ADJOINT: array for name, array in found.adjoints.items()}}

    def lookup(v: Variable) -> Array:
        if v.time is None:
            return given.parameters[v.name].reshape(given.lengths(v.shape))
        array = known[v.name]
        if v.name in given.cell.states:
            array = array[1:] if v.time == STEP else array[:-1]
        return array if v.shape else array[..., 0]

    with np.errstate(divide="ignore", invalid="ignore"):  # of a probability that rounded to 0
        return evaluate(tensor, lookup, Point(code.swept.network, {}, given.sizes)).astype(given.dtype)
