"""How wide and how high a formula is, roughly: long sums are broken before any backend sees them.

Widths are in millimetres at 11 pt: of a glyph, as in the wider of two fonts; of a sign, with the spaces round
it, even in an index, which has none. Brackets are taken as grown. Only top-level sums are broken, never a
product; whether the result fits is checked where it counts: the engines report every line that is too wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symrnn.notation.glyphs import SIGNS, SYMBOLS, TEXT
from symrnn.notation.tree import (
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
UNIT = EM / 1000  # of the table of glyphs
SMALL, AFTER = 0.72, 0.22  # type of indices beside that of their base, and the space that follows them
ASCENT, DESCENT, AXIS, RULE = 2.8, 1.0, 0.95, 0.7  # of a line, of its middle, and round a fraction bar
OTHER = max(TEXT.values())  # of letters that are not in the table
AROUND = dict.fromkeys(("=", "~", "<", ">", "<=", ">=", "in", "to", "bar", "colon"), 556)  # left and right
AROUND |= dict.fromkeys(("+", "-", "times", "odot", "otimes"), 444)
AROUND |= dict.fromkeys(("cdots", "dots"), 333) | dict.fromkeys(("comma", "semicolon"), 167)
OPERATORS = {name: sign + AROUND.get(name, 0) for name, sign in SIGNS.items()} | {"thin": 167, "quad": 1000}


def width(tree: Tree) -> float:
    """Width of a formula in millimetres."""
    match tree:
        case Symbol(name):
            return SYMBOLS[name] * UNIT if name in SYMBOLS else _text_width(name)
        case Number():
            return _number_width(tree)
        case Operator(name):
            return OPERATORS[name] * UNIT
        case Name(text):
            return _text_width(text) + width(Operator("thin"))
        case Words(text):
            return _text_width(text)
        case Row(items):
            return sum(width(item) for item in items)
        case Accent(_, body) | Coloured(body, _) | Hidden(body):
            return width(body)
        case Underbrace(body, label, _):
            return max(width(body), SMALL * max(map(_text_width, label.split("\n"))))
        case Script(base, sub, sup):
            slots = [width(slot) for slot in (sub, sup) if slot is not None]
            return width(base) + SMALL * max(slots, default=0) + AFTER
        case Fraction(top, bottom):
            return max(width(top), width(bottom)) + 1.2
        case Group(body, _):
            return width(body) + 4.0
        case BigSum(lower, upper, _):
            return max(6.0, SMALL * width(lower), SMALL * width(upper)) + 1
        case Matrix(rows):
            return sum(max(width(cell) for cell in column) + 4 for column in zip(*rows)) + 1.2
        case Cases(rows):
            return max(width(value) + width(condition) for value, condition in rows) + 12
    raise NotImplementedError(f"no width of {type(tree).__name__}")


def _number_width(number: Number) -> float:
    """Width of a numeral: a point is narrower than a digit by about what a minus sign is wider."""
    shown = TEXT["0"] * UNIT * len(number.sign + number.digits)
    if number.exponent is None:
        return shown
    times = width(Operator("times")) if number.digits else 0.0
    return shown + times + width(Script(Number("10"), sup=Number(str(number.exponent))))


def _text_width(text: str) -> float:
    """Width of upright letters and digits, side by side."""
    return sum(TEXT.get(character, OTHER) for character in text) * UNIT


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
