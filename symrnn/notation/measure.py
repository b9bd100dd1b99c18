"""How wide and how high a formula is, roughly: long sums are broken before any backend sees them.

The estimates are in millimetres at 11 pt. Against Latin Modern Math and STIX Two Math, signs and brackets are
on the generous side, letters are not: one width stands for nearly all, and a capital or an m is up to 1.6
wider. Only top-level sums are broken, never a product; whether the result fits is checked where it counts:
the engines report every line that is too wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symrnn.notation.tree import (
    GREEK,
    Accent,
    BigSum,
    Cases,
    Coloured,
    Fraction,
    Group,
    Hidden,
    Matrix,
    Name,
    Number,
    Operator,
    Row,
    Script,
    Symbol,
    Tree,
    Underbrace,
    Words,
    row,
)

EM = 3.88  # millimetres, at the 11 pt that everything is measured for
LETTER, UPRIGHT, SMALL = 2.2, 1.9, 0.72
SIGNS = {"partial", "loss", "top", "ones", *GREEK}  # names of one sign
ASCENT, DESCENT, AXIS, RULE = 2.8, 1.0, 0.95, 0.7  # of a line, of its middle, and round a fraction bar
OPERATORS = {"thin": 0.7, "quad": 4.0, "comma": 1.6, "prime": 1.0, "slash": 2.0, "cdots": 5.0, "dots": 5.0}


def width(tree: Tree) -> float:
    """Width of a formula in millimetres."""
    match tree:
        case Symbol(name):
            if len(name) > 1 and name not in SIGNS:  # a name in upright letters
                return UPRIGHT * len(name)
            return LETTER * (1.6 if name in ("loss", "W", "ones") else 1)
        case Number(mantissa, exponent):
            return 1.95 * (len(mantissa) + (0 if exponent is None else len(f"e{exponent}")))
        case Operator(name):
            return OPERATORS.get(name, 5.0)
        case Name(text) | Words(text):
            return 2.0 * len(text)
        case Row(items):
            return sum(width(item) for item in items)
        case Accent(_, body) | Coloured(body, _) | Hidden(body):
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


def height(tree: Tree) -> tuple[float, float]:
    """Height of a displayed formula above and below its baseline, in millimetres."""
    match tree:
        case Symbol() | Number() | Name() | Words() | Operator():
            return ASCENT, DESCENT
        case Row(items):
            return _highest(items)
        case Coloured(body, _) | Hidden(body):
            return height(body)
        case Accent(_, body):
            above, below = height(body)
            return above + 0.8, below
        case Underbrace(body, label, _):
            above, below = height(body)
            return above, below + 2.0 + 3.0 * len(label.split("\n"))
        case Script(base, sub, sup):
            above, below = height(base)
            return above + (0.0 if sup is None else 1.2), below + (0.0 if sub is None else 0.6)
        case Fraction(top, bottom):
            return AXIS + RULE + sum(height(top)), sum(height(bottom)) + RULE - AXIS
        case Group(body, _):
            above, below = height(body)
            return above + 0.4, below + 0.4
        case BigSum(lower, upper, _):
            return AXIS + 2.7 + SMALL * sum(height(upper)), 2.7 - AXIS + SMALL * sum(height(lower))
        case Matrix(rows):
            return _stacked([_highest(cells) for cells in rows])
        case Cases(rows):
            return _stacked([_highest(cells) for cells in rows])
    raise NotImplementedError(f"no height of {type(tree).__name__}")


def _highest(items: tuple[Tree, ...]) -> tuple[float, float]:
    heights = [height(item) for item in items] or [(ASCENT, DESCENT)]
    return max(above for above, _ in heights), max(below for _, below in heights)


def _stacked(rows: list[tuple[float, float]]) -> tuple[float, float]:
    """Rows one below the other, centred at the axis."""
    half = (sum(above + below for above, below in rows) + 1.2 * (len(rows) - 1)) / 2
    return half + AXIS, half - AXIS


def broken(tree: Tree, limit: float, width: Callable[[Tree], float] = width) -> tuple[Tree, ...]:
    """Break a formula into lines that fit, if it has places where it may be broken.

    A sum is broken at its top-level signs, each later line starting with its sign; a term that is still too
    wide, between its factors.
    """
    lines: list[Tree] = []
    for term in _pieces(tree, ("+", "-"), ()) if width(tree) > limit else [tree]:
        glue: list[Tree] = []
        for piece in _pieces(term, ("otimes", "odot"), ("thin",)) if width(term) > limit else [term]:
            joined = row(*lines[-1:], *glue, piece)
            if lines and width(joined) <= limit:
                lines[-1] = joined
            else:
                lines.append(piece)
            glue = [Operator("thin")]
    return tuple(lines)


def chained(sides: Sequence[Tree], limit: float) -> tuple[Tree, ...]:
    """Return a = b = … as lines that fit, each later line starting with its sign of equality or its own."""
    lines: list[Tree] = []
    for n, side in enumerate(sides):
        for part in broken(row(Operator("="), side) if n else side, limit):
            if lines and width(lines[-1]) + width(part) <= limit:
                lines[-1] = row(lines[-1], part)
            else:
                lines.append(part)
    return tuple(lines)


def _pieces(tree: Tree, before: tuple[str, ...], at: tuple[str, ...]) -> list[Tree]:
    """Cut a row in front of some operators and at others, which are left out; never inside a bracket."""
    pieces: list[list[Tree]] = [[]]
    for item in tree.items if isinstance(tree, Row) else (tree,):
        name = item.name if isinstance(item, Operator) else ""
        if name in (*before, *at) and pieces[-1]:
            pieces.append([])
        if name not in at:
            pieces[-1].append(item)
    return [row(*items) for items in pieces if items]
