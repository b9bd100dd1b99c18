"""The leaves of a formula: variables, times, numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sympy.core.numbers import Integer, Rational

from symrnn.model import ROLES
from symrnn.notation.tree import (
    Accent,
    Fraction,
    Group,
    Number,
    Operator,
    Script,
    Symbol,
    Tree,
    row,
    separated,
)
from symrnn.tensor import Variable

LONG = 10**4  # from here on a decimal is read more easily than a fraction
MOST = 10**15  # whole numbers up to here are written out


def variable(v: Variable) -> Tree:
    """Layout of a variable: its symbol, what its name says below the line, and its time."""
    tree = variable_symbol(v.name)
    if v.time is None:
        return tree
    if isinstance(tree, Script):
        assert tree.sub is not None  # a name has no superscript
        return Script(tree.base, sub=separated([tree.sub, time(v.time)], "comma"))
    return Script(tree, sub=time(v.time))


def copy_of(tree: Tree, step: Any) -> Tree:
    """Layout of the copy of a parameter that is used at one step only: W^(k)."""
    base, sub = (tree.base, tree.sub) if isinstance(tree, Script) else (tree, None)
    return Script(base, sub, Group(time(step)))


def variable_symbol(name: str) -> Tree:
    """Layout of a name: a hat on ``yhat``, a tilde on ``stilde``, a bar on ``s_bar``; other parts below."""
    base, *below = name.split("_")
    tree: Tree = Symbol("loss" if base == ROLES.loss else base)
    for accent in ("hat", "tilde"):
        if base.endswith(accent) and base != accent:
            tree = Accent(accent, Symbol(base.removesuffix(accent)))
    if below and below[-1] == "bar":
        below.pop()
        tree = Accent("bar", tree)
    return Script(tree, sub=separated([Symbol(part) for part in below], "comma")) if below else tree


def time(expression: Any) -> Tree:
    """Layout of a time such as 4, k or k − 1, or of a number of steps such as t − k."""
    number, symbols = expression.as_coeff_Add()
    if symbols == 0:
        return Number(str(number))
    terms = [term.as_coeff_Mul() for term in symbols.as_ordered_terms()]
    out: list[Tree] = []
    for sign, letter in sorted(terms, key=lambda term: bool(term[0] < 0)):
        out += [Operator("+" if sign > 0 else "-")] if out else []
        out.append(Symbol(str(letter)))
    if number != 0:
        out += [Operator("+" if number > 0 else "-"), Number(str(abs(number)))]
    return row(*out)


def number_tree(number: Any) -> Tree:
    """Layout of an exact number: a fraction, or a decimal where that is one and the fraction is long.

    >>> from symrnn.notation import text
    >>> [text(number_tree(Rational(n))) for n in ("1/3", "0.9", "0.7978845608028654", "-1e-12")]
    ['1/3', '9/10', '0.7978845608028654', '-10⁻¹²']
    """
    if isinstance(number, Integer):
        return _digits(number)
    is_decimal = not 10 ** int(number.q).bit_length() % number.q
    if is_decimal and max(abs(number.p), number.q) >= LONG:
        return _digits(number)
    return Fraction(_digits(Integer(number.p)), _digits(Integer(number.q)))


def _digits(number: Rational) -> Number:
    """Return the digits that tell one double from the next, with a power of ten where far from 1."""
    exact = Decimal(int(number)) if number.is_Integer and abs(number) < MOST else Decimal(repr(float(number)))
    far = exact.adjusted()
    if far >= -4 and abs(exact) < MOST:
        return Number(f"{exact.normalize():f}")
    return Number(f"{exact.normalize().scaleb(-far):f}", far)
