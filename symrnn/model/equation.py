"""Equations of one time step, and the symbols of time that they are written in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy.core.numbers import Integer
from sympy.core.traversal import preorder_traversal

from symrnn.tensor import InputError, ShapeError, Tensor, Variable, time_symbol

STEP = time_symbol("t")  # the time of the symbolic step
WEIGHT = "omega"  # weight of a step's loss, a given number ω_t, where not all weights are 1
HORIZON = time_symbol("T")  # the number of steps, when it stands in a formula


class NetworkError(InputError):
    """A variable or an equation that the network does not have, or that is out of order."""


@dataclass(frozen=True)
class Equation:
    """target = expression."""

    target: Variable
    expression: Tensor

    def __post_init__(self) -> None:
        if self.target.shape != self.expression.shape:
            raise ShapeError(
                f"{self.target} has shape {self.target.shape}, its expression {self.expression.shape};"
                " accepted: the same"
            )

    @cached_property
    def used(self) -> list[Variable]:
        """Variables of the expression, once, in the order of writing."""
        return variables_in_order(self.expression)

    def at(self, time: Any) -> Equation:
        """Return the equation of the symbolic step at another time."""
        return Equation(self.target.xreplace({STEP: time}), self.expression.xreplace({STEP: time}))


def in_latex(equations: Iterable[Equation]) -> str:
    """Return equations in LaTeX, one under the other, for notebooks; how they look the nodes say."""
    from sympy.printing.latex import latex  # half a second, and only notebooks need it

    rows = (f"{latex(e.target)} &= {latex(e.expression)}" for e in equations)
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def variables_in_order(expression: Tensor) -> list[Variable]:
    """Every variable of an expression, once, in the order of writing."""
    found = (node for node in preorder_traversal(expression) if isinstance(node, Variable))
    return list(dict.fromkeys(found))


def is_symbolic(variable: Variable) -> bool:
    """Whether a variable stands at a symbolic time."""
    return variable.time is not None and not isinstance(variable.time, Integer)
