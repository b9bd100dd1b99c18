"""What σ means on paper: one function in one cell.

In the literature σ is the activation of a simple cell, but the logistic function of the gates in a gated one.
A cell file calls the function that a job picks ``sigma``; how it is printed is decided here, once the file
was read.
"""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.model.equation import Equation
from symrnn.tensor import Apply, Tensor


def with_one_sigma(step: Sequence[Equation]) -> tuple[Equation, ...]:
    """Write the logistic function of gates as σ, and a function that was picked by its own name.

    Equations that do not name the logistic function leave σ to the function that was picked.
    """
    applied = {node for equation in step for node in equation.expression.atoms(Apply)}
    if not any(node.symbol == "sigmoid" for node in applied):
        return tuple(step)
    return tuple(Equation(equation.target, _with_symbols(equation.expression)) for equation in step)


def _with_symbols(tensor: Tensor) -> Tensor:
    """Return an expression in which the logistic function is σ and every other one has its own name."""
    found = {}
    for node in tensor.atoms(Apply):
        symbol = "sigma" if node.function == "sigmoid" else node.function
        found[node] = Apply(node.function, _with_symbols(node.argument), node.order, symbol)
    return tensor.xreplace(found)
