"""The number behind an index expression: entries evaluated at a point, and SymPy's own derivative of them.

``entry_value`` walks over a SymPy expression; entries come from the point, derivatives of entries from
the complex step of the tensors they belong to. ``sympy_derivative`` is the second opinion: the equation
of a variable written out in entries, dimensions symbolic, and differentiated by SymPy instead of by our
rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import sympy

from symrnn.model import HORIZON, OrderedNetwork
from symrnn.tensor import (
    TABLE,
    Derivative,
    Direct,
    EntryDerivative,
    Immediate,
    Tensor,
    Total,
    Variable,
    entry,
    entry_of,
    split_time,
)
from symrnn.witness.point import STEP_LENGTH, Point

KINDS: dict[str, type[Derivative]] = {"direct": Direct, "immediate": Immediate, "total": Total}
Lookup = Callable[[Any], Any]


def numeric(expression: Any, lookup: Lookup) -> Any:
    """Value of a SymPy expression; ``lookup`` is asked for everything that is no arithmetic."""
    if expression.is_Number:
        return int(expression) if expression.is_Integer else float(expression)
    if expression.is_Add:
        return sum(numeric(term, lookup) for term in expression.args)
    if expression.is_Mul:
        return prod(numeric(factor, lookup) for factor in expression.args)
    if expression.is_Pow:
        base, exponent = (numeric(part, lookup) for part in expression.args)
        return base**exponent
    return lookup(expression)


def entry_value(expression: Any, at: Point, symbols: Mapping[Any, Any]) -> Any:
    """Value of an index expression.

    Parameters
    ----------
    expression : sympy.Expr
    at : Point
    symbols : mapping of SymPy symbol to int or ndarray of int
        Times are integers; indices count from 1 and may be arrays: one call for all entries.
    """
    return _Reading(at).value(expression, dict(symbols))


def sympy_value(expression: Any, at: Point, symbols: Mapping[Any, Any]) -> Any:
    """Value of an index expression as ``entry_value``, but functions and their derivatives are SymPy's."""
    return _Reading(at, by_sympy=True).value(expression, dict(symbols))


class _Reading:
    """One walk over an expression; sums and derivatives are remembered by the letters they depend on.

    ``held`` is the entry that is perturbed along the imaginary axis, or None. ``by_sympy`` asks SymPy for the
    functions of the table.
    """

    def __init__(self, at: Point, held: Any = None, by_sympy: bool = False) -> None:
        self.at, self.held, self.by_sympy = at, held, by_sympy
        self.letters: dict[Any, tuple[Any, ...]] = {}
        self.known: dict[Any, Any] = {}

    def value(self, expression: Any, symbols: dict[Any, Any]) -> Any:
        """Return the value of an expression; a letter may stand for an array of indices."""
        return numeric(expression, lambda node: self.lookup(node, symbols))

    def lookup(self, node: Any, symbols: dict[Any, Any]) -> Any:
        """Return the value of what is no arithmetic."""
        if node in symbols:
            return symbols[node]
        if not isinstance(node, sympy.Sum | EntryDerivative):
            return self.worked_out(node, symbols)
        if node not in self.letters:
            self.letters[node] = tuple(node.free_symbols)
        found = (symbols.get(letter) for letter in self.letters[node])
        key = node, *(id(v) if isinstance(v, np.ndarray) else v for v in found)
        if key not in self.known:
            self.known[key] = self.worked_out(node, symbols)
        return self.known[key]

    def worked_out(self, node: Any, symbols: dict[Any, Any]) -> Any:
        """Return the value of a node from those of its parts."""

        def of(inner: Any) -> Any:
            return self.value(inner, symbols)

        if node == HORIZON:
            return self.at.network.steps
        if isinstance(node, sympy.Indexed):
            return _entry(node, self.at, symbols, self.held)
        if isinstance(node, sympy.KroneckerDelta):
            return (of(node.args[0]) == of(node.args[1])) * 1.0
        if isinstance(node, sympy.Sum):
            *within, (i, low, high) = node.limits  # SymPy joins nested sums, the outermost comes last
            body = sympy.Sum(node.function, *within) if within else node.function
            sizes = self.at.sizes
            last = sizes[high.name] if high.is_Symbol and high.name in sizes else int(of(high))
            return sum(self.value(body, {**symbols, i: j}) for j in range(int(of(low)), last + 1))
        if isinstance(node, EntryDerivative):
            return _derivative(node, self.at, symbols)
        if isinstance(node, sympy.Piecewise):  # relu: the first case whose condition u > 0 holds
            holds = [c == sympy.true or np.real(of(c.gts)) > np.real(of(c.lts)) for _, c in node.args]
            return np.select([np.asarray(h) for h in holds], [np.asarray(of(e)) for e, _ in node.args])
        if isinstance(node, sympy.Function):
            argument = of(node.args[0])
            if self.by_sympy and hasattr(node, "row"):
                u, derivative = _sympys(TABLE[node.row].element, node.order)
                return self.value(derivative, {u: argument})
            return _apply(node, argument)
        if node.is_Symbol:
            return self.at.variable(Variable(node.name))
        raise NotImplementedError(f"no value for {node}")


@lru_cache
def _sympys(element: Callable[[Any], Any], order: int) -> tuple[Any, Any]:
    """Return SymPy's derivative of a function of one entry u, and u."""
    u = sympy.Dummy("u", real=True)
    return u, sympy.diff(element(u), u, order)


def _apply(node: Any, argument: Any) -> Any:
    name, order = (node.row, node.order) if hasattr(node, "row") else (type(node).__name__, 0)
    row = TABLE[name]
    rule = row.numpy if order == 0 else row.derivative
    if rule is None or order > 1:
        raise NotImplementedError(f"no value for {node}")
    return rule(np.asarray(argument))[()]


def _place(node: Any, at: Point, symbols: dict[Any, Any]) -> tuple[Variable, tuple[Any, ...]]:
    """Variable and indices, counted from 0, of an entry."""
    if node.is_Symbol:
        return Variable(node.name), ()
    time, indices = split_time(node)
    name, shape = node.base.label.name, at.network.shape(node.base.label.name)
    places = tuple(symbols[i] if i in symbols else entry_value(i, at, symbols) for i in indices)
    whole = tuple((np.asarray(i) - 1).astype(int) for i in places)
    moment = (
        None if time is None else int(symbols[time] if time in symbols else entry_value(time, at, symbols))
    )
    return _variable(name, shape, moment), whole


_variable = lru_cache(maxsize=4096)(Variable)


def _entry(node: Any, at: Point, symbols: dict[Any, Any], held: Any) -> Any:
    v, places = _place(node, at, symbols)
    found = at.variable(v)[places]
    if held is not None and v == held[0]:
        same = np.all([i == j for i, j in zip(places, held[1])], axis=0)
        return found + 1j * STEP_LENGTH * same
    return found


def _derivative(node: EntryDerivative, at: Point, symbols: dict[Any, Any]) -> Any:
    """Derivative of entries: of a variable by the tensor's complex step, of an expression by its own."""
    x, second = _place(node.wrt, at, symbols)
    if node.kind == "partial":
        return np.imag(_Reading(at, (x, second)).value(node.of, symbols)) / STEP_LENGTH
    v, first = _place(node.of, at, symbols)
    return at.derivative(KINDS[node.kind](v, x))[(*first, *second)]


def sympy_derivative(goal: Tensor, network: OrderedNetwork, at: tuple[Any, ...]) -> Any:
    """Return SymPy's derivative of one entry of a variable's equation by one entry of another variable.

    Parameters
    ----------
    goal : Direct, Immediate or Total
        Of a variable by a variable of its step or of the step before.
    network : OrderedNetwork
    at : tuple of SymPy indices
        First those of the variable, then those of what it is differentiated by.

    Returns
    -------
    sympy.Expr
        As ``sympy.diff`` returns it, sums not carried out. Functions of the table keep their names, which
        spares SymPy's questions about signs; ``sympy_value`` puts SymPy's own derivatives in their place.
    """
    v, x = goal.args
    equation = network.equation(v)
    assert equation is not None  # a derivative of a given variable is no goal
    rank = v.rank
    written = equation.expression
    if not isinstance(goal, Direct):
        computed = {e.target.name for e in network.equations}
        written = network.condense({*network.states, *({x.name} & computed)}).written_out(written)
    return sympy.diff(entry_of(written, at[:rank]), entry(x, at[rank:]))
