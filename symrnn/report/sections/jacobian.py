"""A Jacobian as a picture: its corner entries in brackets, dots between, size symbolic."""

from __future__ import annotations

from typing import Any

import sympy

from symrnn.certificate import TOLERANCE, Certificate, Check, assignments
from symrnn.derivation import EntryDerivation
from symrnn.document import Line
from symrnn.model import in_force
from symrnn.notation import Matrix, Operator, Tree, chained, entry_layout, latex, layout, text
from symrnn.report.compose import DISPLAY_WIDTH
from symrnn.report.ledger import Ledger
from symrnn.witness import Point, ReadbackError, deviation, ink_value, sizes, value


def jacobian_picture(derivation: EntryDerivation, ledger: Ledger) -> Line:
    """Return ∂v/∂u = [corner entries as derivatives] = [corner entries derived] = matrix result.

    Each corner is read back from its ink, with the size for the last index, and compared with the entry
    that it stands for.
    """
    goal = derivation.goal
    last = [sympy.Symbol(axis, integer=True, positive=True) for axis in goal.shape]
    one = sympy.Integer(1)
    corners = [[(p, q) for q in (one, last[1])] for p in (one, last[0])]
    pictures = [
        [[_at(side, derivation, corner) for corner in pair] for pair in corners]
        for side in (derivation.lines[0].lhs, derivation.result)
    ]
    worst = max(
        _worst(point.of(derivation.matrix.network), derivation, corners, pictures) for point in ledger.points
    )
    checks = (Check(1, "entries of the matrix", "ink", worst, text(layout(goal)), "corner entries"),)
    ledger.certificates.append(
        Certificate(f"{text(layout(goal))} as a matrix", True, checks, TOLERANCE, ledger.described).require()
    )
    if in_force().mirrored:  # the first index of the goal runs along the columns
        pictures = [[list(pair) for pair in zip(*picture)] for picture in pictures]
    letters = derivation.letters
    trees = [[[entry_layout(e, letters) for e in pair] for pair in picture] for picture in pictures]
    matrices = [_dotted(picture) for picture in trees]
    return Line(layout(goal), "=", chained([*matrices, layout(derivation.matrix.result)], DISPLAY_WIDTH))


def _at(expression: Any, derivation: EntryDerivation, corner: tuple[Any, Any]) -> Any:
    return expression.xreplace(dict(zip(derivation.indices, corner)))


def _worst(at: Point, derivation: EntryDerivation, corners: list[Any], pictures: list[Any]) -> float:
    """Largest deviation of a corner entry, over all times."""
    goal, matrix = derivation.goal, derivation.matrix
    symbols = goal.atoms(sympy.Symbol)
    names = {axis: at.sizes[axis] for axis in goal.shape}
    worst = 0.0
    for times in assignments(symbols, matrix.times, matrix.network):
        tensor, added = value(goal, at, times), sizes(matrix.result, at, [times], exact=False)[0]
        for picture in pictures:
            for r, pair in enumerate(corners):
                for c, corner in enumerate(pair):
                    place = tuple(
                        int(i.xreplace({s: at.sizes[s.name] for s in i.free_symbols})) - 1 for i in corner
                    )
                    ink = latex(entry_layout(picture[r][c], derivation.letters))
                    try:
                        found = ink_value(ink, at, times, names)
                    except ReadbackError:
                        return float("inf")
                    worst = max(worst, deviation(found, tensor[place], added[place]))
    return worst


def _dotted(corners: list[list[Tree]]) -> Matrix:
    """Return two rows and columns with dots between them."""
    (a, b), (c, d) = corners
    dots, down, across = Operator("cdots"), Operator("vdots"), Operator("ddots")
    return Matrix(((a, dots, b), (down, across, down), (c, dots, d)))
