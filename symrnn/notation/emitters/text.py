"""The text emitter: a layout tree as one line of Unicode, for terminals and as alternative text of formulas.

It is meant to be read, not parsed: colours and the labels of braces are dropped, a product of fractions gets
dots.
"""

from __future__ import annotations

import unicodedata

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
)

OPERATORS = {
    "~": "≈",
    "<=": "≤",
    ">=": "≥",
    "times": "×",
    "odot": "⊙",
    "circ": "°",
    "otimes": "⊗",
    "cdots": "⋯",
    "vdots": "⋮",
    "ddots": "⋱",
    "dots": "…",
    "comma": ",",
    "semicolon": ";",
    "colon": ":",
    "quad": "  ",
    "thin": "",
    "prime": "'",
    "in": "∈",
    "to": "→",
    "slash": "/",
    "period": ".",
    "bar": "|",
} | {sign: sign for sign in "+-=<>"}
SYMBOLS = {"partial": "∂", "loss": "L", "top": "ᵀ", "ones": "𝟏"} | GREEK
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
BRACKETS = {"(": ("(", ")"), "[": ("[", "]"), "|": ("|", "|"), "||": ("‖", "‖")}
SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
HIDDEN = "▢"  # says that something stands there, and not even how long it is
TIGHT = ("comma", "semicolon", "colon", "prime", "slash", "period")


def text(tree: Tree) -> str:
    """Write a layout tree in plain Unicode.

    >>> text(Fraction(Row((Symbol("partial"), Script(Symbol("loss"), sub=Number("4")))), Symbol("W")))
    '∂L_4/W'
    """
    match tree:
        case Symbol(name):
            return SYMBOLS.get(name, name)
        case Number(mantissa, None):
            return mantissa
        case Number(_, exponent):
            power = f"10{str(exponent).translate(SUPERSCRIPTS)}"
            return tree.sign + (f"{tree.digits}·{power}" if tree.digits else power)
        case Operator(operator) if operator in OPERATORS:
            return OPERATORS[operator]
        case Name(word) | Words(word):
            return word
        case Row(items):
            return _row(items)
        case Accent(kind, body):
            return unicodedata.normalize("NFC", text(body) + ACCENTS[kind])
        case Script(base, sub, sup):
            written = f"({text(base)})" if isinstance(base, Fraction | Row) else text(base)
            return written + _sub(sub) + _sup(sup)
        case Fraction(top, bottom):
            return f"{_operand(top)}/{_operand(bottom)}"
        case Group(body, bracket):
            left, right = BRACKETS[bracket]
            return left + text(body) + right
        case BigSum(lower, upper, operation):
            below = f"_{{{_dense(lower)}}}" if lower != Row(()) else ""
            above = f"^{{{_dense(upper)}}}" if upper != Row(()) else ""
            return ("Σ" if operation == "sum" else "Π") + below + above
        case Matrix(rows):
            return "[" + "; ".join(", ".join(text(cell) for cell in row) for row in rows) + "]"
        case Cases(branches):
            return "{" + "; ".join(f"{text(value)} {text(condition)}" for value, condition in branches) + "}"
        case Underbrace(body, _, _) | Coloured(body, _):
            return text(body)
        case Hidden():
            return HIDDEN
    raise NotImplementedError(f"no plain text for {tree!r}")


def _row(items: tuple[Tree, ...]) -> str:
    out, before = "", None
    for item in items:
        if item == Operator("thin"):
            continue
        out += (_gap(before, item) if before is not None else "") + text(item)
        before = item
    return out.strip()


def _gap(left: Tree, right: Tree) -> str:
    """Return what stands between neighbours: nothing, a blank, or the dot of a product of fractions."""
    left, right = _bare(left), _bare(right)
    match left, right:
        case _, Operator(name) if name in TIGHT or name == "quad":
            return ""
        case Operator("slash" | "prime" | "quad"), _:
            return ""
        case ((Symbol("partial") | Script(Symbol("partial"))), _):
            return ""
        case (Operator(), _) | (_, Operator()):
            return " "
        case (Words(), _) | (_, Words()):
            return ""
        case ((Symbol() | Name() | Script() | Accent()), Group()):
            return ""
        case (Fraction(), _) | (_, Fraction()) if not isinstance(left, BigSum | Name):
            return " · "
    return " "


def _bare(tree: Tree) -> Tree:
    while isinstance(tree, Coloured | Underbrace):
        tree = tree.body
    return tree


def _dense(tree: Tree) -> str:
    """Write a script or a limit without blanks."""
    return "".join(map(text, tree.items)) if isinstance(tree, Row) else text(tree)


def _sub(tree: Tree | None) -> str:
    if tree is None or tree == Row(()):
        return ""
    inner = _dense(tree)
    return f"_{inner}" if inner.isalnum() else f"_{{{inner}}}"


def _sup(tree: Tree | None) -> str:
    if tree is None or tree == Row(()):
        return ""
    inner = _dense(tree)
    if inner in ("ᵀ", "°"):
        return inner
    if all(character in "0123456789+-" for character in inner):
        return inner.translate(SUPERSCRIPTS)
    return f"^{inner}" if inner.isalnum() else f"^{{{inner}}}"


def _operand(tree: Tree) -> str:
    inner = text(tree)
    return f"({inner})" if " " in inner or isinstance(_bare(tree), Fraction) else inner
