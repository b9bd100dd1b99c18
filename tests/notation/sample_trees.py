"""Short ways to write layout trees, texts and graphs by hand, for tests."""

import re

from symrnn.document import Piece, Styled, Text
from symrnn.notation import Coloured, Fraction, Group, Number, Operator, Scene, Script, Symbol, Tree, row
from symrnn.notation.scene import SceneEdge, SceneNode, Style
from symrnn.notation.tree import Accent, Name

OPERATORS = {"·": "thin", "…": "dots", ":": "vdots", "\\": "ddots", "'": "prime", ",": "comma", ".": "period"}
OPERATORS |= {"->": "to", "/": "slash", "*": "times", "o": "odot", "x": "otimes", "||": "bar"}


def m(source: str) -> Tree:
    """Read blank-separated pieces: ``s_k-1`` is an indexed symbol, ``=`` an operator, ``4`` a numeral."""
    return row(*(_piece(piece) for piece in source.split()))


def _piece(piece: str) -> Tree:
    if piece in ("+", "-", "=", "~", "<=", *OPERATORS):
        return Operator(OPERATORS.get(piece, piece))
    if piece.replace(".", "").isdigit():
        return Number(piece)
    base, _, index = piece.partition("_")
    accent = base.endswith("^")
    symbol: Tree = Accent("hat", Symbol(base[:-1])) if accent else Symbol(base)
    return Script(symbol, sub=_index(index)) if index else symbol


def _index(index: str) -> Tree:
    signs = {"-": Operator("-"), "+": Operator("+"), ",": Operator("comma")}
    return row(*(signs.get(sign) or (Number(sign) if sign.isdigit() else Symbol(sign)) for sign in index))


def pd(top: str, bottom: str) -> Tree:
    return Fraction(row(Symbol("partial"), m(top)), row(Symbol("partial"), m(bottom)))


def pe(top: str, bottom: str) -> Tree:
    return Fraction(
        row(Script(Symbol("partial"), sup=Operator("+")), m(top)), row(Symbol("partial"), m(bottom))
    )


def epd(top: str, bottom: str) -> Tree:
    return Coloured(pe(top, bottom), "explicit")


def ipd(top: str, bottom: str) -> Tree:
    return Coloured(pd(top, bottom), "implicit")


def inline(top: str, bottom: str) -> Tree:
    return row(Symbol("partial"), m(top), Operator("slash"), Symbol("partial"), m(bottom))


def call(name: str, argument: Tree) -> Tree:
    head: Tree = Symbol(name) if name in ("sigma",) else Name(name)
    return row(head, Group(argument))


def slope(argument: str) -> Tree:
    return row(Symbol("sigma"), Operator("prime"), Group(m(argument)))


def transpose(tree: Tree) -> Tree:
    return Script(tree, sup=Symbol("top"))


THIN, PLUS, EQUALS, PERIOD, COMMA = (Operator(name) for name in ("thin", "+", "=", "period", "comma"))


def strong(text: str) -> Styled:
    return Styled(text, "strong")


def text(*pieces: Piece) -> Text:
    return pieces


def say(source: str, *given: Piece) -> Text:
    """Text with formulas between dollars, as ``m`` reads them; each ``{}`` takes one of the given pieces."""
    rest, out = iter(given), []
    for part in re.split(r"(\$[^$]*\$|\{\})", source):
        if part == "{}":
            out.append(next(rest))
        elif part:
            out.append(m(part[1:-1]) if part.startswith("$") else part)
    return tuple(out)


def unrolled(steps: int, used: int, note: bool = True, pitch: float = 33.0) -> Scene:
    """The graph of a recurrent network: state k is made by ``used``, its effect travels to the last loss."""
    nodes, edges = [SceneNode(6, 39, 10.5, m("s_0"), "circle")], []
    for k in range(1, steps + 1):
        x, lit = 6 + k * pitch, k >= used
        last: Style = "path" if k == steps else "plain"
        nodes += [
            SceneNode(x, 39, 10.5, m(f"s_{k}"), "circle", "path" if lit else "plain"),
            SceneNode(x, 57, 8.5, m(f"x_{k}")),
            SceneNode(x, 21, 8.5, m(f"y_{k}"), "box", last),
            SceneNode(x, 5, 8.5, m(f"loss_{k}"), "box", last),
        ]
        style: Style = "use" if k == used else "path" if k > used else "plain"
        words = "used here" if style == "use" and note else ""
        edges += [
            SceneEdge(x - pitch + 5.25, 39, x - 5.25, 39, m("W"), style, words),
            SceneEdge(x, 52.75, x, 44.25, m("U")),
            SceneEdge(x, 33.75, x, 25.25, m("V"), last),
            SceneEdge(x, 16.75, x, 9.25, None, last),
        ]
    description = f"A network of {steps} steps; the use of W at step {used} and its path are marked."
    return Scene(12 + steps * pitch, 62, tuple(nodes), tuple(edges), description)
