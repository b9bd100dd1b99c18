"""How wide a formula is, roughly, so that long sums can be broken before any backend sees them.

The estimate is in millimetres at 11 pt and on the generous side. Only top-level sums are broken, never a
product; whether the result fits is checked where it counts: the engines report every line that is too
wide.
"""

from __future__ import annotations

from collections.abc import Callable

from symrnn.typeset.tree import (
    Accent,
    BigSum,
    Cases,
    Coloured,
    Fraction,
    Group,
    Matrix,
    Name,
    Number,
    Operator,
    Row,
    Script,
    Symbol,
    Tree,
    Underbrace,
    row,
)

LETTER, SMALL = 2.2, 0.72
OPERATORS = {"thin": 0.7, "quad": 4.0, "comma": 1.6, "prime": 1.0, "slash": 2.0, "cdots": 5.0, "dots": 5.0}


def width(tree: Tree) -> float:
    """Width of a formula in millimetres."""
    match tree:
        case Symbol(name):
            return LETTER * (1.6 if name in ("loss", "W", "ones") else 1)
        case Number(text):
            return 1.95 * len(text)
        case Operator(name):
            return OPERATORS.get(name, 5.0)
        case Name(text):
            return 2.0 * len(text)
        case Row(items):
            return sum(width(item) for item in items)
        case Accent(_, body) | Coloured(body, _):
            return width(body)
        case Underbrace(body, label, _):
            return max(width(body), 1.5 * max(map(len, label.split("\n"))))
        case Script(base, sub, sup):
            return width(base) + SMALL * max((width(s) for s in (sub, sup) if s is not None), default=0)
        case Fraction(top, bottom):
            return max(width(top), width(bottom)) + 1.2
        case Group(body, _):
            return width(body) + 4.0
        case BigSum(lower, upper, _):
            return max(6.0, SMALL * width(lower), SMALL * width(upper)) + 1
        case Matrix(rows):
            return sum(max(width(cell) for cell in column) + 4 for column in zip(*rows)) + 4
        case Cases(rows):
            return max(width(value) + width(condition) for value, condition in rows) + 12
    raise NotImplementedError(f"no width of {type(tree).__name__}")


def broken(tree: Tree, limit: float, width: Callable[[Tree], float] = width) -> tuple[Tree, ...]:
    """Break a sum at its top-level signs into lines that fit, each later line starting with its sign."""
    if width(tree) <= limit or not isinstance(tree, Row):
        return (tree,)
    pieces: list[list[Tree]] = [[]]
    for item in tree.items:
        if isinstance(item, Operator) and item.name in ("+", "-") and pieces[-1]:
            pieces.append([])
        pieces[-1].append(item)
    lines: list[Tree] = []
    for piece in (row(*items) for items in pieces):
        if lines and width(lines[-1]) + width(piece) <= limit:
            lines[-1] = row(lines[-1], piece)
        else:
            lines.append(piece)
    return tuple(lines)
