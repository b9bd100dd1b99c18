"""The Typst emitter: a layout tree as Typst mathematics.

Commas and semicolons are written by name, because inside a call they would end an argument. The two roles
become ``explicit(…)`` and ``implicit(…)``, functions that the document defines. Plain text becomes a string
literal.
"""

from __future__ import annotations

import json
import re

from symrnn.notation.emitters.latex import clean
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
    is_tall,
)


class Typst(str):
    """Typst source made by an emitter or a template: never escaped again."""

    __slots__ = ()


OPERATORS = {
    "~": "approx",
    "odot": "dot.o",
    "circ": "compose",
    "otimes": "times.o",
    "cdots": "dots.c",
    "vdots": "dots.v",
    "ddots": "dots.down",
    "dots": "dots.h",
    "semicolon": "semi",
    "prime": "'",
    "to": "arrow.r",
    "bar": "divides",
    "period": ".",
} | {sign: sign for sign in ("+", "-", "=", "<", ">", "<=", ">=")}
OPERATORS |= {name: name for name in ("times", "comma", "colon", "quad", "thin", "in", "slash")}

SYMBOLS = {"partial": "partial", "loss": "cal(L)", "top": "top", "ones": "bold(1)"} | {
    name: name for name in GREEK
}
OPERATOR_NAMES = ("log", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "det", "dim")
PLACE = '"" '  # nothing, but a left operand
PUNCTUATION = tuple(Operator(name) for name in ("comma", "semicolon", "period"))
BRACKETS = {"(": ("(", ")"), "[": ("[", "]"), "|": ("abs", ""), "||": ("norm", "")}


def typst(tree: Tree) -> Typst:
    """Write a layout tree in Typst, for math mode.

    >>> print(typst(Fraction(Row((Symbol("partial"), Script(Symbol("s"), sub=Number("4")))), Symbol("W"))))
    frac(partial s_(4), W)
    """
    match tree:
        case Symbol(name):
            return Typst(_symbol(name))
        case Number():
            return Typst(_number(tree))
        case Operator(operator) if operator in OPERATORS:
            return Typst(OPERATORS[operator])
        case Name(word) if word in OPERATOR_NAMES:
            return Typst(word)
        case Words(word):
            return Typst(quoted(word.strip()))
        case Name(word):
            return Typst(f"op({quoted(word)})")
        case Row(items):
            return Typst(_join(items) or '""')
        case Accent(kind, body):
            return Typst(f"{'macron' if kind == 'bar' else kind}({typst(body)})")
        case Script(base, sub, sup):
            slots = _slot("b", sub) + _slot("t", sup)
            plain = isinstance(base, Symbol | Number)
            return Typst(f"{typst(base)}{_tail(sub, sup)}" if plain else f"attach({typst(base)}{slots})")
        case Fraction(top, bottom):
            return Typst(f"frac({typst(top)}, {typst(bottom)})")
        case Group(body, bracket):
            left, right = BRACKETS[bracket]
            if left.isalpha():
                return Typst(f"{left}({typst(body)})")
            if is_tall(body):
                return Typst(f"lr({left} {typst(body)} {right})")
            return Typst(f"\\{left}{typst(body)}\\{right}")  # escaped brackets do not grow with scripts
        case BigSum(lower, upper, operation):
            return Typst(("sum" if operation == "sum" else "product") + _tail(lower, upper))
        case Matrix(rows):
            lines = [", ".join(f"display({typst(cell)})" for cell in row) for row in rows]
            return Typst(f'mat(delim: "[", {"; ".join(lines)})')
        case Cases(branches):
            lines = [f"&{typst(value)} quad && {typst(condition)}" for value, condition in branches]
            return Typst(f"cases({', '.join(lines)})")
        case Underbrace(body, label, role):
            words = f"#pad(x: .3em, align(center, {quoted(label)}))"
            return Typst(f"underbrace({typst(body)}, {f'{role}({words})' if role else words})")
        case Coloured(body, role):
            return Typst(f"{role}({typst(body)})")
        case Hidden(body):
            signed = isinstance(body, Row) and isinstance(body.items[0], Operator)  # a sign keeps its spaces
            return Typst(f"hidden({PLACE if signed else ''}{typst(body)})")
    raise NotImplementedError(f"no Typst for {tree!r}")


def _symbol(name: str) -> str:
    if name in SYMBOLS:
        return SYMBOLS[name]
    if not (name.isascii() and name.isalnum() and len(name) <= 24):
        raise ValueError(f"a symbol is named by letters and digits, not {name!r}")
    return name if len(name) == 1 else f'upright("{name}")'


def _number(number: Number) -> str:
    if number.exponent is None:
        return number.mantissa
    power = f"10^({number.exponent})"
    return number.sign + (f"{number.digits} times {power}" if number.digits else power)


def _join(items: tuple[Tree, ...]) -> str:
    out = ""
    for item in items:
        glued = item == Operator("prime") or (out.endswith('"') and item in PUNCTUATION)
        out += ("" if not out or glued else " ") + typst(item)
    return out


def _tail(sub: Tree | None, sup: Tree | None) -> str:
    """Write scripts after a simple base: ``_(k - 1)^(top)``."""
    slots = (("_", sub), ("^", sup))
    return "".join(f"{mark}({typst(slot)})" for mark, slot in slots if slot is not None and slot != Row(()))


def _slot(side: str, content: Tree | None) -> str:
    return "" if content is None or content == Row(()) else f", {side}: {typst(content)}"


def quoted(text: str) -> Typst:
    r"""Plain text as a Typst string literal, for code and mathematics; line breaks are kept.

    >>> print(quoted('say "hi" $x$'))
    "say \"hi\" $x$"
    """
    lines = [clean(re.sub(r"(?<=\w)'(?=\w)", "’", line)) for line in text.split("\n")]
    return Typst(json.dumps("\n".join("".join(map(_shown, line)) for line in lines), ensure_ascii=False))


def spoken(text: str) -> Typst:
    r"""Plain text as a Typst string literal that is heard and not seen: signs that no font has stay in it.

    >>> print(spoken("xᵀ y"), quoted("xᵀ y"))
    "xᵀ y" "x[U+1D40] y"
    """
    return Typst(json.dumps(clean(text), ensure_ascii=False))


def escape(text: str) -> Typst:
    r"""Plain text as Typst markup that prints it.

    >>> print(escape('#read("/etc/passwd")'))
    #"#read(\"/etc/passwd\")";
    """
    return Typst(f"#{quoted(clean(text))};")


def _shown(character: str) -> str:
    """Return a character that the fonts have, or its code point in brackets."""
    return character if _is_known(character) else f"[U+{ord(character):04X}]"


def _is_known(character: str) -> bool:
    return ord(character) < 0x530 or 0x1E00 <= ord(character) < 0x2C00


def lacking(text: str) -> str:
    """Return the characters of a text that the fonts lack, each once."""
    return "".join(dict.fromkeys(c for c in clean(text) if not _is_known(c)))
