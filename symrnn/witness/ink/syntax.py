r"""Printed mathematics as tokens and as a syntax tree: what the reader saw, before it is asked what it means.

The tree is not the layout tree: that one is made by the printer, and the reader must not know it. Colours
and underbraces are dropped from the tokens: they are no brackets to a reader, ``\textcolor{expl}{a + b} \,
c`` is a + b c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cached_property

from symrnn.tensor import InputError

MAX_LENGTH = 100_000
MARKS = ("", "+", r"\circ")  # what ∂ may carry
MAX_DEPTH = 40  # the reader takes about seven Python frames for each
Token = tuple[str, int]  # text and position
Script = tuple[tuple[str, ...], ...]  # a subscript: parts between commas, each of letters, numbers and signs


class ReadbackError(InputError):
    """Ink that cannot be read, or that has no meaning; says where reading stopped and what stood there."""


@dataclass(frozen=True)
class Node:
    """A piece of a formula as it was read."""

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """What stands in scripts and limits of the piece: its value depends on no other letters."""
        found: set[str] = set()
        pending = [
            getattr(self, f.name) for f in fields(self) if f.name not in ("base", "name", "sign", "mark")
        ]
        while pending:
            match pending.pop():
                case Node() as inner:
                    found.update(inner.letters)
                case str() as letter:
                    found.add(letter)
                case tuple() as several:
                    pending.extend(several)
        return tuple(sorted(found))


@dataclass(frozen=True)
class Numeral(Node):
    """A number written in digits."""

    number: float


@dataclass(frozen=True)
class Letter(Node):
    r"""A symbol: ``W``, ``s_{k-1}``, ``W_{qr}``, ``\bar{s}_{t}``, ``I_{d}``, a copy ``W^{(k)}``."""

    base: str
    bar: bool = False
    sub: Script = ()
    copy: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bracket(Node):
    """A body in brackets, or an entry of it."""

    body: Node
    entry: Script = ()


@dataclass(frozen=True)
class Function(Node):
    """A function with its argument in brackets."""

    name: str
    primes: int
    argument: Node


@dataclass(frozen=True)
class Fraction(Node):
    """A fraction that is no derivative."""

    top: Node
    bottom: Node


@dataclass(frozen=True)
class Slope(Node):
    """A derivative of a letter, a bracket, a function or a fraction; ``mark`` is what its ∂ carries."""

    mark: str
    of: Node
    wrt: Letter


@dataclass(frozen=True)
class Transpose(Node):
    """A body with ⊤."""

    body: Node


@dataclass(frozen=True)
class Power(Node):
    """A matrix times itself, as often as a difference of times says."""

    body: Node
    exponent: tuple[str, ...]


@dataclass(frozen=True)
class Product(Node):
    """Factors side by side."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Between(Node):
    r"""Operands with one sign between them: ``\odot`` or ``\otimes``."""

    sign: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Dots(Node):
    """A product over time of which the first and the last factor are written."""

    first: Node
    last: Node


@dataclass(frozen=True)
class Sum(Node):
    """Terms with their signs, +1 or −1."""

    terms: tuple[tuple[int, Node], ...]


@dataclass(frozen=True)
class BigSum(Node):
    """Σ over a time, or over an axis if ``high`` is the name of one."""

    letter: str
    low: tuple[str, ...]
    high: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class Cases(Node):
    """A value for each condition: pairs of indices that are equal, none for "otherwise"."""

    rows: tuple[tuple[Node, tuple[Script, ...]], ...]


_TOKEN = re.compile(
    r"\\(?:left|right)\s*[(\[\])]|\\(?:text|begin|end)\s*\{[^{}\\]*\}|\\[A-Za-z]+|\\.|\d{1,15}(?:\.\d{1,20})?|\S",
    re.DOTALL,
)
_SPACES = frozenset((r"\,", r"\;", r"\:", r"\!", "\\ ", r"\quad", r"\qquad", "~"))
OPEN = {"(": ")", "[": "]", r"\left(": r"\right)", r"\left[": r"\right]"}


def tokens(source: str) -> list[Token]:
    """Cut a formula into what a reader sees."""
    if len(source) > MAX_LENGTH:
        raise ReadbackError(f"the formula has {len(source)} characters; at most {MAX_LENGTH} are read")
    if not source.isascii():
        at = next(place for place, character in enumerate(source) if not character.isascii())
        raise ReadbackError(
            f"reading stopped at {at}, at {source[at]!r}; LaTeX mathematics is written in ASCII"
        )
    found = [(match[0], match.start()) for match in _TOKEN.finditer(source)]
    return visible([(re.sub(r"\s+(?=[\[({)\]])", "", text), at) for text, at in found if text not in _SPACES])


def visible(seen: list[Token]) -> list[Token]:
    """Drop colours, underbraces with their labels, and the braces that go with them."""
    out: list[Token] = []
    braces: list[str] = []
    depth = place = 0
    while place < len(seen):
        text, position = seen[place]
        if text in (r"\textcolor", r"\underbrace"):
            start = place + 1
            if text == r"\textcolor":
                start = _closing(seen, start)
                if "".join(t for t, _ in seen[place + 1 : start]) not in ("{expl}", "{impl}"):
                    raise unexpected(seen[place + 1 :], "the colour expl or impl")
            if seen[start : start + 1] == [] or seen[start][0] != "{":
                raise unexpected(seen[start:], "'{'")
            braces.append(text)
            place = start + 1
            continue
        place += 1
        if text == "{":
            braces.append(text)
        elif text == "}":
            opened = braces.pop() if braces else ""
            if opened == r"\underbrace" and [t for t, _ in seen[place : place + 1]] == ["_"]:
                place = _closing(seen, place + 1)
            if opened != "{":
                if not opened:
                    raise unexpected([(text, position)], "a '{' before it")
                continue
        depth += (text in OPEN) - (text in OPEN.values())
        if depth + len(braces) > MAX_DEPTH:
            raise ReadbackError(
                f"brackets at {position} are nested more than {MAX_DEPTH} deep; found {text!r}"
            )
        out.append((text, position))
    return out


def _closing(seen: list[Token], start: int) -> int:
    """Return the place behind the group in braces that starts at ``start``."""
    depth = 0
    for place in range(start, len(seen)):
        depth += (seen[place][0] == "{") - (seen[place][0] == "}")
        if depth <= 0:
            return place + 1
    raise unexpected([], "'}'")


def unexpected(rest: list[Token], wanted: str) -> ReadbackError:
    """Return the error that says where reading stopped, and at what."""
    if not rest:
        return ReadbackError(f"the formula ends where {wanted} was expected")
    shown = " ".join(text for text, _ in rest[:6])
    return ReadbackError(f"reading stopped at {rest[0][1]}, at {shown!r}, where {wanted} was expected")
