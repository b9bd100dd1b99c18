"""The number behind an index expression: SymPy entries evaluated at a point, and SymPy's own derivative of them.

``entry_value`` walks over a SymPy expression; entries come from the point, derivatives of entries from the complex
step of the tensors they belong to. ``sympy_derivative`` is the second opinion: the equation of a variable written
out in entries, dimensions symbolic, and differentiated by SymPy instead of by our rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import sympy

from symrnn.calculus import Immediate, Total
from symrnn.evaluate import STEP_LENGTH, Point, value
from symrnn.functions import TABLE
from symrnn.network import HORIZON, OrderedNetwork
from symrnn.tensor import Tensor, Variable
from symrnn.views.index import EntryDerivative, element, entry

Lookup = Callable[[Any], Any]


def numeric(expression: Any, lookup: Lookup) -> Any:
    """Value of a SymPy expression; ``lookup`` is asked for everything that is no arithmetic."""
    if expression.is_Number:
        return float(expression)
    if expression.is_Add:
        return sum(numeric(term, lookup) for term in expression.args)
    if expression.is_Mul:
        return prod(numeric(factor, lookup) for factor in expression.args)
    if expression.is_Pow:
        base, exponent = (numeric(part, lookup) for part in expression.args)
        return base**exponent
    return lookup(expression)


def entry_value(expression: Any, at: Point, symbols: Mapping[Any, int]) -> Any:
    """Value of an index expression.

    Parameters
    ----------
    expression : sympy.Expr
    at : Point
    symbols : mapping of SymPy symbol to int
        Times, and indices counted from 1.
    """
    return _value(expression, at, dict(symbols), {})


def _value(expression: Any, at: Point, symbols: dict[Any, int], held: Mapping[Any, Any]) -> Any:
    def of(inner: Any) -> Any:
        return _value(inner, at, symbols, held)

    def lookup(node: Any) -> Any:
        if node in symbols:
            return symbols[node]
        if node == HORIZON:
            return at.network.steps
        if isinstance(node, sympy.Indexed):
            place = (node.base.label.name, *(int(of(i)) for i in node.indices))
            return held[place] if place in held else _entry(at, *place)
        if isinstance(node, sympy.KroneckerDelta):
            return float(of(node.args[0]) == of(node.args[1]))
        if isinstance(node, sympy.Sum):
            (i, low, high) = node.limits[0]
            last = at.sizes[high.name] if high.is_Symbol and high.name in at.sizes else int(of(high))
            return sum(
                _value(node.function, at, {**symbols, i: j}, held) for j in range(int(of(low)), last + 1)
            )
        if isinstance(node, EntryDerivative):
            return _derivative(node, at, symbols)
        if isinstance(node, sympy.Function):
            return _apply(node, of(node.args[0]))
        if node.is_Symbol:
            return at.variable(Variable(node.name))
        raise NotImplementedError(f"no value for {node}")

    return numeric(expression, lookup)


def _apply(node: Any, argument: Any) -> Any:
    import numpy as np

    name, order = (node.row, node.order) if hasattr(node, "row") else (type(node).__name__, 0)
    row = TABLE[name]
    rule = row.numpy if order == 0 else row.derivative
    if rule is None or order > 1:
        raise NotImplementedError(f"no value for {node}")
    return rule(np.asarray(argument))[()]


def _variable(at: Point, name: str, places: tuple[int, ...]) -> tuple[Variable, tuple[int, ...]]:
    """Split the places of an entry into the time, if its variable has one, and the indices."""
    shape = next(v.shape for v in (*at.network.given, *at.network.order) if v.name == name)
    if len(places) > len(shape):
        return Variable(name, shape, places[0]), places[1:]
    return Variable(name, shape), places


def _entry(at: Point, name: str, *places: int) -> Any:
    v, indices = _variable(at, name, places)
    return at.variable(v)[tuple(i - 1 for i in indices)]


def _derivative(node: EntryDerivative, at: Point, symbols: dict[Any, int]) -> Any:
    """Derivative of entries: of a variable by the tensor's complex step, of an expression by its own."""

    def place(indexed: Any) -> tuple[Any, ...]:
        return (indexed.base.label.name, *(int(_value(i, at, symbols, {})) for i in indexed.indices))

    wrt = place(node.wrt)
    if node.kind == "partial":
        held = {wrt: _entry(at, *wrt) + 1j * STEP_LENGTH}
        return complex(_value(node.of, at, symbols, held)).imag / STEP_LENGTH
    v, first = (Variable(node.of.name), ()) if node.of.is_Symbol else _variable(at, *_split(place(node.of)))
    x, second = _variable(at, *_split(wrt))
    kind = Immediate if node.kind == "immediate" else Total
    return value(kind(v, x), at)[tuple(i - 1 for i in (*first, *second))]


def _split(place: tuple[Any, ...]) -> tuple[str, tuple[int, ...]]:
    return place[0], place[1:]


def written_out(tensor: Tensor, network: OrderedNetwork) -> Tensor:
    """Return an expression with every named intermediate replaced by its equation; kept variables stay."""
    replaced = {}
    for v in tensor.variables():
        equation = network.equation(v)
        if equation is not None and v.name not in network.kept:
            replaced[v] = written_out(equation.expression, network)
    return tensor.xreplace(replaced) if replaced else tensor


def sympy_derivative(goal: Tensor, network: OrderedNetwork, at: tuple[Any, ...]) -> Any:
    """Return SymPy's derivative of one entry of a variable's equation by one entry of another variable.

    Parameters
    ----------
    goal : Immediate or Total
        Of a variable by a variable that stands in its equation, intermediates written out.
    network : OrderedNetwork
    at : tuple of SymPy indices
        First those of the variable, then those of what it is differentiated by.

    Returns
    -------
    sympy.Expr
        As ``sympy.diff`` returns it, functions made concrete, sums not carried out.
    """
    v, x = goal.args
    equation = network.equation(v)
    assert equation is not None  # a derivative of a given variable is no goal
    rank = v.rank
    held = network.kept if isinstance(goal, Immediate) else frozenset(network.states)
    computed = {e.target.name for e in network.equations}
    body = element(
        written_out(equation.expression, network.condense(held | ({x.name} & computed))), at[:rank]
    )
    return sympy.diff(body.doit(), entry(x, at[rank:]))
