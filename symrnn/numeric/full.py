"""The full gradient: that of the total loss by everything, in one backward sweep of generated code.

The code is generated from the derived equations, once for a cell; its witnesses (the complex step, the
hand-written reference) live in the tests.
"""

from __future__ import annotations

import numpy.typing as npt

from symrnn.model import Cell
from symrnn.numeric.arguments import Given, read_arguments
from symrnn.numeric.execution import Engine, program
from symrnn.numeric.finite import checked
from symrnn.witness import Array


def gradients(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
    engine: Engine = "auto",
) -> dict[str, Array]:
    """Gradient of the total loss by everything, in one backward sweep.

    Parameters
    ----------
    cell : Cell
    parameters : mapping of name to array
        Operator layout: for Elman ``U`` (d, n), ``W`` (d, d), ``b`` (d,), ``V`` (m, d), ``c`` (m,). Computed
        and returned is float32 if all arrays of floats among parameters, inputs and initial states have it,
        else float64.
    inputs : array, shape (T, n) or (T, batch, n)
    targets : array
        Integers are class indices, (T,) or (T, batch); floats are target vectors, (T, m) or (T, batch, m),
        whose entries add up to 1 under cross entropy wherever the loss counts.
    initial : mapping of state name to array, optional
        ``{"s": array}``, shape (d,) or (batch, d); zeros by default.
    mask : array, shape (T,) or (T, batch), optional
        Weights of the losses. The loss is the weighted sum over time and batch, not the mean.
    engine : "auto", "numpy" or "numba"
        What runs the generated code; "auto" takes numba where it is installed and the steps are small. Its
        first call with a cell compiles for some seconds, later processes load what was compiled.

    Returns
    -------
    dict of str to ndarray
        One gradient per parameter, of its shape; ``"s0"`` for the initial state s, with the batch axis if
        there is one; ``"x"`` for the inputs.

    Raises
    ------
    ShapeError
        If a shape, a name or a target does not fit; if numbers are complex, masked or not finite.

    References
    ----------
    Werbos (1990), Backpropagation through time, Proc. IEEE 78(10).
    """
    given = read_arguments(cell, parameters, inputs, initial)
    weights = given.weights(mask)
    y = given.targets(targets, weights)
    if not given.width:  # no sequence
        return given.natural(given.zeros())
    found = program(cell).run(given.parameters, given.x, y, given.initial, weights, engine)[1]
    return checked(given, y, given.natural(found))
