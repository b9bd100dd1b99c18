"""The leaves of a formula: variables, times, numbers."""

from __future__ import annotations

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
    """Layout of a time such as 4, k or k − 1."""
    number, symbols = expression.as_coeff_Add()
    if symbols == 0:
        return Number(str(number))
    letter = Symbol(str(symbols))
    if number == 0:
        return letter
    return row(letter, Operator("+" if number > 0 else "-"), Number(str(abs(number))))


def number_tree(number: Any) -> Tree:
    """Layout of an exact number."""
    if isinstance(number, Rational) and not isinstance(number, Integer):
        return Fraction(Number(str(number.p)), Number(str(number.q)))
    return Number(str(number))
