"""One symbol, one value: what each symbol that a document prints stands for, and where it was printed first.

A line may hold by itself and still mislead, if another page means something else by the same ink. So every
left side, and every variable and derivative of every line, is entered under its ink. Where one ink stands for
two expressions their values are compared at every point; if they differ the job stops and names both places.
Lines of entries print entries of the same symbols, so they need no look of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from symrnn.certificate import TOLERANCE, CertificateError, assignments
from symrnn.derivation import Derivation
from symrnn.model import OrderedNetwork
from symrnn.notation import latex, layout, text, uncoloured
from symrnn.tensor import Derivative, OverTime, Tensor, Variable, free_times, time_symbol
from symrnn.witness import Point, deviation, values


@dataclass(frozen=True)
class Sign:
    """An expression in a network, and the place where it is printed.

    ``times`` are the first and the last value of its symbolic times.
    """

    expression: Tensor
    network: OrderedNetwork
    times: tuple[Any, Any]
    place: str

    def is_that_of(self, other: Sign) -> bool:
        """Whether the same is meant for a reason that needs no numbers."""
        return self.expression == other.expression and self.network.computes_as(other.network)

    def apart(self, other: Sign, at: Point) -> float:
        """Return how far the two values lie apart at a point, over all times at which both exist."""
        symbols = free_times(self.expression) | free_times(other.expression)
        here, there = (list(assignments(symbols, m.times, m.network)) for m in (self, other))
        both = [times for times in here if times in there]
        if self.expression.shape != other.expression.shape or not both:
            return float("inf")
        mine, others = (values(m.expression, at.of(m.network), both) for m in (self, other))
        return max(map(deviation, mine, others), default=0.0)


def _symbols(side: Tensor) -> set[Tensor]:
    """Return the variables and derivatives of one side; inside a range its index is any time."""
    free = {node.index: time_symbol(node.index.name) for node in side.atoms(OverTime)}
    return {node.xreplace(free) for node in side.atoms(Variable, Derivative)}


@dataclass
class Signs:
    """What has been printed so far, by its ink.

    Attributes
    ----------
    points : sequence of Point
        Where values are compared.
    """

    points: Sequence[Point]
    known: dict[str, Sign] = field(default_factory=dict)

    def enter(self, derivation: Derivation) -> None:
        """Take in every symbol of the lines of a derivation.

        Raises
        ------
        CertificateError
            If one of them stands for something else where it was printed before.
        """
        goal = text(layout(derivation.goal))
        for number, line in enumerate(derivation.lines(), start=1):
            for symbol in sorted({line.lhs, *_symbols(line.lhs), *_symbols(line.rhs)}, key=str):
                place = f"line {number} of {goal}"
                self._enter(Sign(symbol, derivation.network, derivation.times, place))

    def _enter(self, sign: Sign) -> None:
        printed = layout(sign.expression)
        before = self.known.setdefault(latex(uncoloured(printed)), sign)
        if before.is_that_of(sign):
            return
        apart = max(sign.apart(before, point) for point in self.points)
        if not apart <= TOLERANCE:
            raise CertificateError(
                f"one symbol, two values: {text(printed)} in {before.place} and in {sign.place}"
                f" differ by {apart:.1e}"
            )
