"""Equations as text: one right-hand side of a cell file, read from a whitelist of syntax.

The text is parsed by Python's own parser and the syntax tree is walked; nothing is evaluated. ``@``
contracts, ``*`` is entrywise, ``f(·)`` is a row of the function table, ``x[t]`` and ``s[t-1]`` are
signals, numbers are exact. Whatever else stands there is an error that shows the piece of text and what
would be accepted.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice

from sympy.core.numbers import Rational

from symrnn.model.equation import STEP
from symrnn.tensor import (
    TABLE,
    Apply,
    InputError,
    Ones,
    Scale,
    Shape,
    ShapeError,
    Tensor,
    Variable,
    contract,
    hadamard,
    plus,
    scale,
)

MAX_LENGTH = 2000
MAX_DEPTH = 60
SMALLEST = 1e-100
LARGEST = 1e100
SHAPES = "equal axes beside + - *, and beside @ a vector whose axis is the last of the left factor"
ACCEPTED = "a parameter, a signal such as x[t] or s[t-1], a number, + - * @, or a function such as tanh(a[t])"


ONLY_NUMBERS = (
    "division by anything but a number is not in the language; accepted: a * exp(-log(b)), for positive b"
)
LARGER = "max and min of two are not in the language; accepted: b + relu(a - b) for the larger one"
TRANSPOSED = (
    "a transpose is not in the language; accepted: a parameter that is declared with its axes exchanged"
)
OPERATORS: dict[type[ast.operator], str] = {
    ast.Div: ONLY_NUMBERS,
    ast.Pow: "powers are not in the language; accepted: a * a, or exp(r * log(a)) for positive a",
}
MISSING = {  # functions that other languages have
    "max": LARGER,
    "min": LARGER,
    "maximum": LARGER,
    "minimum": LARGER,
    "transpose": TRANSPOSED,
    "sqrt": "there is no square root; accepted: exp(1/2 * log(a)), for positive a",
    "sum": "sums over an axis are not in the language; accepted: a @ b, the sum of products of entries",
    "mean": "means over an axis are not in the language; accepted: a @ b, the sum of products of entries",
    "abs": "there is no absolute value; accepted: relu(a) + relu(-a)",
}


def _missing(node: ast.expr) -> str:
    """Return which feature is missing that a piece of text asks for, or nothing."""
    match node:
        case ast.Attribute(attr="T" | "transpose") | ast.Call(func=ast.Attribute(attr="T" | "transpose")):
            return TRANSPOSED
        case ast.Call(func=ast.Name(id=name)) if name in MISSING:
            return MISSING[name]
    return ""


def _meant(op: ast.operator, left: Tensor | Rational, right: Tensor | Rational) -> str:
    """Return the question whether @ was meant where * does not fit."""
    match op, left, right:
        case ast.Mult(), Tensor(), Tensor() if left.rank == 2 and left.shape[1:] == right.shape:
            return "; did you mean @, a matrix times a vector?"
    return ""


class ParseError(InputError):
    """A right-hand side that is not in the language; says which piece and what would be accepted."""


def parse(
    text: str, parameters: Mapping[str, Shape], signals: Mapping[str, Shape], activation: str
) -> Tensor:
    """Read a right-hand side.

    Parameters
    ----------
    text : str
        Such as ``U @ x[t] + W @ s[t-1] + b``.
    parameters, signals : mapping of name to shape
        What the text may use, without and with a time.
    activation : str
        Row of the function table that ``sigma`` stands for.

    Returns
    -------
    Tensor
        At time ``STEP``.

    Raises
    ------
    ParseError
        If a piece of the text is not in the language, or shapes do not fit.

    Examples
    --------
    >>> parse("sigma(W @ s[t-1])", {"W": ("d", "d")}, {"s": ("d",)}, "tanh")
    sigma(Contraction(W, s[t - 1]))
    """
    _check_text(text)
    too_deep = f"cannot read {shorten(text)!r}: operators are nested too deeply; at most {MAX_DEPTH} are read"
    try:
        tree = ast.parse(text.strip(), mode="eval")
        read = _Reader(text.strip(), parameters, signals, activation).tensor(tree.body)
    except ParseError:
        raise
    except RecursionError:
        raise ParseError(too_deep) from None
    except (SyntaxError, ValueError, MemoryError) as error:
        detail = getattr(error, "msg", None) or str(error) or "too long"
        raise ParseError(f"cannot read {shorten(text)!r}: {detail}; accepted: {ACCEPTED}") from None
    levels = list(islice(_levels(read), MAX_DEPTH + 1))
    if len(levels) > MAX_DEPTH:
        raise ParseError(too_deep)
    if any(isinstance(node, Scale) and not abs(node.factor) < LARGEST for level in levels for node in level):
        raise ParseError(f"cannot read {shorten(text)!r}: a number is too large; at most {LARGEST:g} is read")
    return read


def _check_text(text: str) -> None:
    """Refuse what is too long, or too deep for Python's parser."""
    if len(text) > MAX_LENGTH:
        raise ParseError(f"it has {len(text)} characters; at most {MAX_LENGTH} are read")
    steps = ((character in "([{") - (character in ")]}") for character in text)
    deepest = max(accumulate(steps), default=0)
    if deepest > MAX_DEPTH:
        raise ParseError(f"its brackets are nested {deepest} deep; at most {MAX_DEPTH} are read")


def _levels(tensor: Tensor) -> Iterator[list[Tensor]]:
    """Yield the nodes of an expression level by level, from the top."""
    level = [tensor]
    while level:
        yield level
        level = [part for node in level for part in node.args if isinstance(part, Tensor)]


def shorten(text: str) -> str:
    """Return a text that fits into a message."""
    return text if len(text) <= 80 else text[:77] + "..."


class _Reader:
    """Walk over a syntax tree; knows the names that may occur."""

    def __init__(
        self, text: str, parameters: Mapping[str, Shape], signals: Mapping[str, Shape], activation: str
    ) -> None:
        self.text, self.parameters, self.signals, self.activation = text, parameters, signals, activation

    def refuse(self, node: ast.AST, why: str = "") -> ParseError:
        piece = shorten(ast.get_source_segment(self.text, node) or self.text)
        inside = "" if piece == self.text else f" in {shorten(self.text)!r}"
        return ParseError(f"cannot read {piece!r}{inside}: {why or 'accepted: ' + ACCEPTED}")

    def tensor(self, node: ast.expr) -> Tensor:
        value = self.read(node)
        if not isinstance(value, Tensor):
            raise self.refuse(node, "a number alone has no shape; accepted: one times a name")
        return value

    def read(self, node: ast.expr) -> Tensor | Rational:
        match node:
            case ast.Constant(value=bool()):
                raise self.refuse(node)
            case ast.Constant(value=int() | float() as number):
                if not abs(number) < LARGEST:
                    raise self.refuse(node, f"a number must be finite, below {LARGEST:g}")
                if 0 < abs(number) < SMALLEST:
                    raise self.refuse(node, f"a number must be 0, or at least {SMALLEST:g}")
                return Rational(str(number))
            case ast.Name(id=name):
                return self.parameter(node, name)
            case ast.Subscript(value=ast.Name(id=name), slice=time):
                return self.signal(node, name, time)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = self.read(operand)
                return scale(-1, value) if isinstance(value, Tensor) else -value
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
                return self.function(node, name, self.tensor(argument))
            case ast.BinOp(left=left, op=op, right=right):
                try:
                    return self.binary(node, self.read(left), op, self.read(right))
                except ShapeError as error:
                    meant = _meant(op, self.read(left), self.read(right))
                    raise self.refuse(node, f"{error}{meant}; accepted: {SHAPES}") from None
        raise self.refuse(node, _missing(node))

    def parameter(self, node: ast.expr, name: str) -> Tensor:
        if name in self.parameters:
            return Variable(name, self.parameters[name])
        if name in self.signals:
            raise self.refuse(node, f"the signal {name} needs a time: {name}[t] or {name}[t-1]")
        has = ", ".join((*self.parameters, *(f"{s}[t]" for s in self.signals)))
        near = self.nearest(name)
        raise self.refuse(node, f"there is no parameter {name!r}; here one may use {has}{near}")

    def signal(self, node: ast.expr, name: str, time: ast.expr) -> Tensor:
        if name in self.parameters:
            raise self.refuse(node, f"the parameter {name} has no time; write {name}")
        if name not in self.signals:
            has = ", ".join(f"{s}[t]" for s in self.signals)
            near = self.nearest(name, ast.unparse(time))
            raise self.refuse(node, f"there is no signal {name!r} yet; here one may use {has}{near}")
        match time:
            case ast.Name(id="t"):
                return Variable(name, self.signals[name], STEP)
            case ast.BinOp(left=ast.Name(id="t"), op=ast.Sub(), right=ast.Constant(value=1)):
                return Variable(name, self.signals[name], STEP - 1)
        raise self.refuse(time, f"a time is t or t-1; accepted: such as {name}[t-1]")

    def nearest(self, name: str, time: str = "t") -> str:
        """Return the question whether a known name was meant; capitals make no difference to it."""
        known = {n.casefold(): n for n in (*self.signals, *self.parameters)}
        near = difflib.get_close_matches(name.casefold(), known, n=1)
        if not near:
            return ""
        meant = known[near[0]]
        return f"; did you mean {meant}{f'[{time}]' if meant in self.signals else ''}?"

    def function(self, node: ast.expr, name: str, argument: Tensor) -> Tensor:
        if name == "sigma":
            return Apply(self.activation, argument, symbol="sigma")
        if name not in TABLE:
            if name in MISSING:
                raise self.refuse(node, MISSING[name])
            raise self.refuse(node, f"there is no function {name!r}; there are sigma, {', '.join(TABLE)}")
        if name == "softmax" and argument.rank != 1:
            raise self.refuse(node, f"softmax needs a vector, not shape {argument.shape}")
        return Apply(name, argument)

    def binary(
        self, node: ast.expr, left: Tensor | Rational, op: ast.operator, right: Tensor | Rational
    ) -> Tensor | Rational:
        match op, left, right:
            case ast.Add(), Tensor(), Tensor():
                return plus((left, right))
            case ast.Sub(), Tensor(), Tensor():
                return plus((left, scale(-1, right)))
            case ast.Mult(), Tensor(), Tensor():
                return hadamard(left, right)
            case ast.MatMult(), Tensor(), Tensor():
                if right.rank != 1:
                    raise ShapeError(
                        "the right factor of @ must be a vector; write A @ (B @ v), matrices on the left"
                    )
                if left.rank == 2 and not isinstance(left, Variable):
                    raise ShapeError("the left factor of @ must be a parameter or a vector")
                return contract(left, right)
            case ast.Mult(), Rational(), Tensor():
                return scale(left, right)
            case ast.Mult(), Tensor(), Rational():
                return scale(right, left)
            case ast.Div(), Tensor(), Rational() if right != 0:
                return scale(1 / right, left)
            case ast.Add() | ast.Sub(), Rational(), Tensor():
                return self.binary(node, scale(left, Ones(right.shape)), op, right)
            case ast.Add() | ast.Sub(), Tensor(), Rational():
                return self.binary(node, left, op, scale(right, Ones(left.shape)))
            case _, Rational(), Rational():
                return self.number(node, left, op, right)
            case ast.MatMult(), _, _:
                raise self.refuse(
                    node, "@ stands between a parameter or vector and a vector; did you mean *?"
                )
        by_zero = isinstance(op, ast.Div) and isinstance(right, Rational)
        raise self.refuse(node, "" if by_zero else OPERATORS.get(type(op), ""))

    def number(self, node: ast.expr, left: Rational, op: ast.operator, right: Rational) -> Rational:
        match op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div() if right != 0:
                return left / right
        raise self.refuse(node, "numbers know + - * / only; accepted: such as 1/2")
