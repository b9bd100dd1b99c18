"""The layout tree: what a formula looks like, before any backend has been chosen.

Views build trees, emitters (``latex``, ``typst``, ``text``) turn them into the language of a backend; nobody
else writes markup. A tree holds meaning where backends differ: a symbol by its name, a fraction, a bracket
that grows, a colour by its role. Two roles exist, ``explicit`` (a parameter acts here) and ``implicit`` (the
effect travels), and they mean the same in formulas, graphs and prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

Role = Literal["explicit", "implicit"]
MANTISSA = re.compile(r"-?[0-9]+(\.[0-9]*)?")


@dataclass(frozen=True)
class Tree:
    """A piece of a formula."""


@dataclass(frozen=True)
class Symbol(Tree):
    """One symbol by name: a Latin or Greek letter (``W``, ``sigma``), or ``partial``, ``loss``, ``top``.

    ``loss`` is the script L. A name of several letters that is no Greek letter is set upright, ``_`` in it
    starts a subscript only where the view says so: names reach the emitters without underscores.
    """

    name: str


@dataclass(frozen=True)
class Number(Tree):
    """A numeral, already rounded: ``4``, ``-0.0312``, or with an exponent, 1.2 · 10⁻¹⁶."""

    mantissa: str
    exponent: int | None = None

    def __post_init__(self) -> None:
        """A mantissa is digits, whatever made it: emitters print it as it is."""
        if not MANTISSA.fullmatch(self.mantissa):
            raise ValueError(f"not a numeral: {self.mantissa!r}")

    @property
    def sign(self) -> str:
        """A minus sign or nothing."""
        return "-" if self.mantissa.startswith("-") else ""

    @property
    def digits(self) -> str:
        """The mantissa without its sign; nothing where a power of ten says it all."""
        digits = self.mantissa.removeprefix("-")
        return "" if digits == "1" and self.exponent is not None else digits


@dataclass(frozen=True)
class Operator(Tree):
    """A relation, a binary operator or a mark: one of the names in ``OPERATORS``."""

    name: str


# "~" is ≈; "thin" and "quad" are spaces; "minus" as a sign is "-"
OPERATORS: tuple[str, ...] = ("+", "-", "=", "~", "<", ">", "<=", ">=", "times", "odot", "otimes", "in", "to")
OPERATORS += ("slash", "bar", "prime", "circ", "cdots", "vdots", "ddots", "dots")
OPERATORS += ("comma", "semicolon", "colon", "period", "quad", "thin")

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η"}
GREEK |= {"theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π"}
GREEK |= {
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "upsilon": "υ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
}
GREEK |= {"Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ"}
GREEK |= {"Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω"}


@dataclass(frozen=True)
class Name(Tree):
    """An upright operator name: ``diag``, ``softmax``, ``log``."""

    text: str


@dataclass(frozen=True)
class Words(Tree):
    """Words of a sentence inside a formula, such as ``if ``, with the spaces that they need beside them."""

    text: str


@dataclass(frozen=True)
class Row(Tree):
    """Pieces side by side."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class Accent(Tree):
    """``hat``, ``bar`` or ``tilde`` over a symbol."""

    kind: Literal["hat", "bar", "tilde"]
    body: Tree


@dataclass(frozen=True)
class Script(Tree):
    """A base with a subscript, a superscript, or both."""

    base: Tree
    sub: Tree | None = None
    sup: Tree | None = None


@dataclass(frozen=True)
class Fraction(Tree):
    """A fraction with a bar."""

    top: Tree
    bottom: Tree


@dataclass(frozen=True)
class Group(Tree):
    """A body in brackets that grow with it: ``(``, ``[``, ``|`` (absolute value) or ``||`` (norm)."""

    body: Tree
    kind: Literal["(", "[", "|", "||"] = "("


@dataclass(frozen=True)
class BigSum(Tree):
    """Σ or Π with limits, in front of what follows it in the row."""

    lower: Tree
    upper: Tree
    kind: Literal["sum", "product"] = "sum"


@dataclass(frozen=True)
class Matrix(Tree):
    """A matrix in square brackets."""

    rows: tuple[tuple[Tree, ...], ...]


@dataclass(frozen=True)
class Cases(Tree):
    """A value for each condition, behind a brace."""

    rows: tuple[tuple[Tree, Tree], ...]


@dataclass(frozen=True)
class Underbrace(Tree):
    """A body with a brace below and a label of plain words; lines are separated by a newline."""

    body: Tree
    label: str
    role: Role | None = None


@dataclass(frozen=True)
class Coloured(Tree):
    """A body in the colour of its role."""

    body: Tree
    role: Role


@dataclass(frozen=True)
class Hidden(Tree):
    """A body that is not shown: a box of its size stands in its place, and nothing of it is in the text."""

    body: Tree


def numeral(text: str) -> Number:
    """Read a numeral as Python formats it, such as ``-0.0312`` or ``1.2e-16``."""
    mantissa, _, exponent = text.partition("e")
    return Number(mantissa, int(exponent)) if exponent else Number(text)


def row(*items: Tree) -> Tree:
    """Pieces side by side, nested rows flattened; a single piece stays itself."""
    flat: list[Tree] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Row) else (item,))
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def separated(items: list[Tree], separator: str) -> Tree:
    """Pieces side by side with an operator between neighbours."""
    out: list[Tree] = []
    for item in items:
        out.extend((Operator(separator), item) if out else (item,))
    return row(*out)


def pieces(tree: Tree) -> Iterator[Tree]:
    """Yield the tree and everything in it."""
    yield tree
    pending: list[object] = [getattr(tree, field.name) for field in fields(tree)]
    while pending:
        match pending.pop(0):
            case Tree() as child:
                yield from pieces(child)
            case tuple() as several:
                pending[:0] = several


def is_tall(tree: Tree) -> bool:
    """Whether brackets round this tree must grow: it holds a fraction, a sum, a matrix or a brace.

    >>> is_tall(Fraction(Number("1"), Number("4"))), is_tall(Symbol("a"))
    (True, False)
    """
    return any(isinstance(piece, Fraction | BigSum | Matrix | Cases | Underbrace) for piece in pieces(tree))


def changed(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """Return a tree with its parts changed."""

    def part(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(part, value))
        return change(value) if isinstance(value, Tree) else value

    return replace(tree, **{field.name: part(getattr(tree, field.name)) for field in fields(tree)})


def uncoloured(tree: Tree) -> Tree:
    """Return a tree without colours, for places that do not define them."""
    if isinstance(tree, Coloured):
        return uncoloured(tree.body)
    return changed(replace(tree, role=None) if isinstance(tree, Underbrace) else tree, uncoloured)
