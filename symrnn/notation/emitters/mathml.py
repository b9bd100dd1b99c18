"""The MathML emitter: a layout tree as MathML Core, for the inside of ``<math>``.

Spaces are those of TeX: an operator in an index has none, a sign without a left operand is a prefix, names of
functions keep a thin space from their neighbours. The two roles become the classes ``explicit`` and
``implicit``; the page defines their colours. Plain text is made harmless by ``escape``.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from symrnn.notation.emitters.latex import clean
from symrnn.notation.measure import EM, height, width
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
    Role,
    Row,
    Script,
    Symbol,
    Tree,
    Underbrace,
    Words,
    is_tall,
)


class Html(str):
    """HTML made by an emitter or a template: never escaped again."""

    __slots__ = ()


SIGNS = {"-": "−", "~": "≈", "<": "&lt;", ">": "&gt;", "<=": "≤", ">=": "≥", "times": "×", "odot": "⊙"}
SIGNS |= {
    "otimes": "⊗",
    "in": "∈",
    "to": "→",
    "bar": "∣",
    "comma": ",",
    "semicolon": ";",
    "prime": "′",
    "circ": "∘",
}
SIGNS |= {"cdots": "⋯", "vdots": "⋮", "ddots": "⋱", "dots": "…", "slash": "/", "period": ".", "colon": ":"}
SIGNS |= {sign: sign for sign in "+="}
SPACES = {"thin": "0.1667em", "quad": "1em"}
# left and right, where they differ from the dictionary of MathML
AROUND = {"slash": ("0", "0"), "period": ("0", "0"), "colon": ("0.2778em", "0.2778em")}
AROUND |= {name: ("0.1667em", "0.1667em") for name in ("cdots", "dots")}
AROUND |= {name: ("0.2222em", "0.2222em") for name in ("times", "odot", "otimes")}
AROUND |= {name: ("0", "0") for name in ("vdots", "ddots", "prime", "circ")}
SYMBOLS = {"partial": "∂", "loss": "ℒ", "top": "⊤", "ones": "𝟏"} | GREEK
UPRIGHT = ("loss", "top", "ones", *(name for name in GREEK if name[0].isupper()))
ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~"}
BRACKETS = {"(": ("(", ")"), "[": ("[", "]"), "|": ("|", "|"), "||": ("‖", "‖")}
BIG = {"sum": "∑", "product": "∏"}
_THIN = f'<mspace width="{SPACES["thin"]}"/>'


def mathml(tree: Tree) -> Html:
    """Write a layout tree in MathML, as children of ``<math>``.

    >>> print(mathml(Fraction(Row((Symbol("partial"), Script(Symbol("s"), sub=Number("4")))), Symbol("W"))))
    <mfrac><mrow><mi>∂</mi><msub><mi>s</mi><mn>4</mn></msub></mrow><mi>W</mi></mfrac>
    """
    return Html("".join(_elements(tree, dense=False)))


def escape(text: str) -> Html:
    """Plain text as HTML that shows it, in a paragraph and in an attribute.

    >>> print(escape('a < b & "c"'))
    a &lt; b &amp; &quot;c&quot;
    """
    return Html(html.escape(clean(text)))


def _elements(tree: Tree, dense: bool, operand: Tree | None = None) -> Iterator[str]:
    """Yield the elements of a tree; only a row has several.

    ``dense``: in an index or a limit. ``operand``: what stands before, spaces left aside.
    """
    if not isinstance(tree, Row):
        yield _element(tree, dense)
        return
    items = tree.items
    for before, item, following in zip((None, *items), items, (*items[1:], None)):
        if item == Operator("prime") and before is not None:
            continue  # went up with what stands before it
        if before is not None and not dense and _parted(before, item):
            yield _THIN
        element = _sign(item.name, dense, operand) if isinstance(item, Operator) else _element(item, dense)
        yield _tag("msup", element, _tag("mo", "′")) if following == Operator("prime") else element
        operand = operand if isinstance(item, Operator) and item.name in SPACES else item


def _parted(left: Tree, right: Tree) -> bool:
    """Whether a thin space keeps neighbours apart: a name and its neighbour, or tall brackets from theirs."""
    if isinstance(right, Group) and is_tall(right.body):
        return not isinstance(left, Operator)
    names = [isinstance(side, Name) for side in (left, right)]
    return (names[1] and not isinstance(left, Operator)) or (
        names[0] and not isinstance(right, Operator | Group)
    )


def _element(tree: Tree, dense: bool = False) -> str:
    """Return one element for a tree."""
    match tree:
        case Symbol(name):
            return _symbol(name)
        case Number():
            return _number(tree)
        case Operator(operator):
            return _sign(operator, dense, None)
        case Name(word):
            return _tag("mi", escape(word).replace(" ", "\u00a0"))
        case Words(word):
            return _tag("mtext", escape(word).replace(" ", "\u00a0"))
        case Row():
            inner = list(_elements(tree, dense))
            return inner[0] if len(inner) == 1 else _tag("mrow", *inner)
        case Accent(kind, body):
            mark = _tag("mo", ACCENTS[kind], stretchy="false")
            return _tag("mover", _element(body, dense), mark, accent="true")
        case Script():
            return _script(tree, dense)
        case Fraction(top, bottom):
            return _tag("mfrac", _element(top, dense), _element(bottom, dense))
        case Group(body, bracket):
            inside = _elements(body, dense, Operator("comma"))  # a sign at the start is a prefix
            return _fenced(*BRACKETS[bracket], "".join(inside), is_tall(body))
        case BigSum(lower, upper, operation):
            return _limits(_tag("mo", BIG[operation]), lower, upper)
        case Matrix(rows):
            return _fenced("[", "]", _table("matrix", rows), True)
        case Cases(branches):
            return _tag("mrow", _tag("mo", "{", form="prefix"), _table("cases", branches))
        case Underbrace(body, label, role):
            braced = _tag("munder", _element(body, dense), _tag("mo", "⏟", stretchy="true"))
            return _tag("munder", braced, _label(label, role))
        case Coloured(body, role):
            return _tag("mrow", *_elements(body, dense), _class=role)
        case Hidden(body):
            above, below = height(body)
            size = {"width": width(body), "height": above, "depth": below}
            sizes = " ".join(f'{key}="{mm / EM:.3g}em"' for key, mm in size.items())
            return f'<mspace class="hidden" {sizes}/>'
    raise NotImplementedError(f"no MathML for {tree!r}")


def _tag(name: str, *inner: str, **attributes: str) -> str:
    """Return an element; an attribute named like a word of Python has a line in front."""
    written = "".join(f' {key.lstrip("_")}="{value}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(inner)}</{name}>"


def _symbol(name: str) -> str:
    if name in SYMBOLS:
        upright = {"mathvariant": "normal"} if name in UPRIGHT else {}
        return _tag("mi", SYMBOLS[name], **upright)
    if not (name.isascii() and name.isalnum() and len(name) <= 24):
        raise ValueError(f"a symbol is named by letters and digits, not {name!r}")
    return _tag("mi", name)


def _number(number: Number) -> str:
    parts = [_tag("mo", "−", form="prefix")] if number.sign else []
    if number.digits:
        parts.append(_tag("mn", number.digits))
    if number.exponent is not None:
        times = [_tag("mo", "×")] if number.digits else []
        parts += [*times, _tag("msup", _tag("mn", "10"), _number(Number(str(number.exponent))))]
    return parts[0] if len(parts) == 1 else _tag("mrow", *parts)


def _sign(name: str, dense: bool, before: Tree | None) -> str:
    """Write an operator; a sign after another operator has no left operand."""
    if name in SPACES:
        return f'<mspace width="{SPACES[name]}"/>'
    if name not in SIGNS:
        raise NotImplementedError(f"no MathML for {Operator(name)!r}")
    if dense or name in AROUND:
        left, right = ("0", "0") if dense else AROUND[name]
        return _tag("mo", SIGNS[name], lspace=left, rspace=right)
    if name in ("+", "-") and isinstance(before, Operator) and before.name != "prime":
        return _tag("mo", SIGNS[name], form="prefix")
    return _tag("mo", SIGNS[name])


def _script(script: Script, dense: bool) -> str:
    """Write a base with its scripts; an index and a power of the same base stand above each other."""
    base, sub, sup = script.base, script.sub, script.sup
    if isinstance(base, Script) and not (base.sub and sub) and not (base.sup and sup):
        return _script(Script(base.base, base.sub or sub, base.sup or sup), dense)
    return _with_slots(("msub", "msup", "msubsup"), _element(base, dense), sub, sup)


def _limits(big: str, lower: Tree, upper: Tree) -> str:
    return _with_slots(("munder", "mover", "munderover"), big, lower, upper)


def _with_slots(tags: tuple[str, str, str], base: str, low: Tree | None, high: Tree | None) -> str:
    below, above = ("" if slot in (None, Row(())) else _element(slot, dense=True) for slot in (low, high))
    if not below and not above:
        return base
    return _tag(tags[2] if below and above else tags[0] if below else tags[1], base, below, above)


def _fenced(left: str, right: str, inside: str, tall: bool) -> str:
    grows = {} if tall else {"stretchy": "false"}  # brackets do not grow with indices
    fences = _tag("mo", left, form="prefix", **grows), _tag("mo", right, form="postfix", **grows)
    return _tag("mrow", fences[0], inside, fences[1])


def _table(kind: str, rows: tuple[tuple[Tree, ...], ...]) -> str:
    lines = (_tag("mtr", *(_tag("mtd", *_elements(cell, False)) for cell in row)) for row in rows)
    return _tag("mtable", *lines, _class=kind, displaystyle="true")


def _label(label: str, role: Role | None) -> str:
    words = [_tag("mtext", escape(line)) for line in label.split("\n")]
    lines = (_tag("mtr", _tag("mtd", line)) for line in words)
    inner = words[0] if len(words) == 1 else _tag("mtable", *lines, _class="words")
    return _tag("mrow", inner, _class=f"{role} label" if role else "label")
