"""The scalar view: every entry its own symbol, the network as scalar equations, sizes as numbers.

``derivatives`` walks the scalar graph backwards once: SymPy differentiates each small equation by what
stands in it, and adjoint symbols collect the products. Nothing is substituted, so the cost is that of the
graph. ``substituted`` does the opposite on purpose: it writes the loss out as one expression of the given
entries. This is exponential in T and serves small T as a witness that shares nothing with the graph walk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any
from weakref import WeakKeyDictionary

import sympy

from symrnn.model import STEP, Equation, OrderedNetwork
from symrnn.tensor import Variable, concrete, entry_of
from symrnn.witness.entries import numeric
from symrnn.witness.point import Point, PointError

MATH: dict[
    str, Callable[[float], float]
] = {  # what the table's SymPy elements consist of, and what SymPy makes of exp(log(a²)/2)
    "exp": math.exp,
    "log": lambda u: math.log(u) if u else -math.inf,
    "tanh": math.tanh,
    "Abs": abs,
    "sign": lambda u: (u > 0) - (u < 0),
}
Place = tuple[Variable, tuple[int, ...]]


def places(v: Variable, sizes: Mapping[str, int]) -> list[Place]:
    """Return all entries of a variable, indices counted from 1."""
    return [(v, indices) for indices in product(*(range(1, sizes[axis] + 1) for axis in v.shape))]


@dataclass(frozen=True)
class ScalarNetwork:
    """A network at chosen sizes: one SymPy equation for each entry, in order of computation.

    Attributes
    ----------
    network : OrderedNetwork
    sizes : mapping of axis name to int
    """

    network: OrderedNetwork
    sizes: Mapping[str, int]

    @staticmethod
    def symbol(place: Place) -> Any:
        """Return the symbol of an entry, such as ``s_2,1`` for entry 1 of s[2]."""
        v, indices = place
        times = () if v.time is None else (v.time,)
        return sympy.Symbol("_".join([v.name, ",".join(map(str, (*times, *indices)))]), real=True)

    def template(self, equation: Equation) -> Template:
        """Return an equation written out in symbols and differentiated by SymPy, once."""
        if equation not in self._templates:
            entries = {self.symbol(p): p for u in equation.used for p in places(u, self.sizes)}
            names = {entry_of(*p): symbol for symbol, p in entries.items()}
            bodies, slopes = {}, {}
            for _, i in places(equation.target, self.sizes):
                bodies[i] = concrete(entry_of(equation.expression, i), self.sizes).xreplace(names)
                terms = sympy.Add.make_args(bodies[i])
                slopes[i] = [(s, sympy.diff(e, s)) for e in terms for s in sorted(e.free_symbols, key=str)]
            self._templates[equation] = Template(equation.used, entries, bodies, slopes)
        return self._templates[equation]

    @cached_property
    def _templates(self) -> dict[Equation, Template]:
        return {}

    def at_its_time(self, equation: Equation) -> tuple[Template, dict[Variable, Variable]]:
        """Return the template of an equation, of a symbolic step if it has one, and its variables by time."""
        time = equation.target.time
        if time is None:
            return self.template(equation), {u: u for u in equation.used}
        template = self.template(self.network.by_name[equation.target.name])
        return template, {u: u if u.time is None else u.at(u.time - STEP + time) for u in template.used}

    @cached_property
    def owners(self) -> dict[Any, tuple[Equation, tuple[int, ...]]]:
        """Which equation and entry a symbol is defined by, in order of computation."""
        return {
            self.symbol(place): (equation, place[1])
            for equation in self.network.equations
            for place in places(equation.target, self.sizes)
        }

    @cached_property
    def equations(self) -> list[tuple[Any, Any]]:
        """Every scalar equation, in order."""
        written = []
        for symbol, (equation, indices) in self.owners.items():
            template, here = self.at_its_time(equation)
            written.append((symbol, template.bodies[indices].xreplace(self._renamed(template, here))))
        return written

    def _renamed(self, template: Template, here: Mapping[Variable, Variable]) -> dict[Any, Any]:
        return {symbol: self.symbol((here[u], i)) for symbol, (u, i) in template.entries.items()}

    def slopes(self, target: Any) -> dict[Any, Any]:
        """Return SymPy's derivatives of one scalar equation by everything in it."""
        equation, indices = self.owners[target]
        template, here = self.at_its_time(equation)
        names = self._renamed(template, here)
        found: dict[Any, Any] = {}
        for symbol, slope in template.slopes[indices]:
            found[names[symbol]] = found.get(names[symbol], sympy.S.Zero) + slope.xreplace(names)
        return found

    def upto(self, place: Place) -> list[tuple[Any, Any]]:
        """Return the equations that an entry needs, in order."""
        needed, kept = {self.symbol(place)}, []
        for target, expression in reversed(self.equations):
            if target in needed:
                kept.append((target, expression))
                needed |= expression.free_symbols
        return kept[::-1]

    def derivatives(self, place: Place) -> tuple[list[tuple[Any, Any]], dict[Any, Any]]:
        """Differentiate one entry by everything, in one walk backwards through its equations.

        Parameters
        ----------
        place : tuple of Variable and indices
            Such as ``(L_4, ())``.

        Returns
        -------
        equations : list of (symbol, expression)
            One for each intermediate entry u that matters: the adjoint ∂·/∂u, named ``u bar``.
        gradient : dict of symbol to expression
            For each given entry that matters, in terms of the adjoints above.
        """
        collected: dict[Any, list[Any]] = {self.symbol(place): [sympy.S.One]}
        adjoints: list[tuple[Any, Any]] = []
        for target, _ in reversed(self.upto(place)):
            bar = sympy.Symbol(f"{target.name} bar", real=True)
            adjoints.append((bar, sympy.Add(*collected.pop(target))))
            for used, slope in self.slopes(target).items():
                collected.setdefault(used, []).append(bar * slope)
        return adjoints, {symbol: sympy.Add(*terms) for symbol, terms in collected.items()}

    def substituted(self, place: Place) -> Any:
        """Return an entry as one expression of the given entries; exponential in T, for small T only."""
        known: dict[Any, Any] = {}
        for target, expression in self.upto(place):
            known[target] = expression.xreplace(known)
        return known[self.symbol(place)]

    def values(self, at: Point) -> dict[Any, float]:
        """Return the values of all entries at a point of the same sizes."""
        variables = (*self.network.given, *self.network.order)
        return {
            self.symbol(place): float(at.variable(v)[_from_zero(place[1])])
            for v in variables
            for place in places(v, self.sizes)
        }

    def written_values(self, place: Place, at: Point) -> dict[Any, float]:
        """Return the values of all derivatives of an entry, by the equations of ``derivatives``."""
        adjoints, gradient = self.derivatives(place)
        known: dict[Any, Any] = dict(self.values(at))
        for bar, expression in adjoints:
            known[bar] = number(expression, known)
        found = {symbol: number(expression, known) for symbol, expression in gradient.items()}
        return {**found, **{sympy.Symbol(bar.name[:-4], real=True): known[bar] for bar, _ in adjoints}}

    def gradient_values(self, place: Place, at: Point) -> dict[Any, float]:
        """Return the values of all derivatives of an entry at a point, by symbol.

        The same walk as ``derivatives``, in numbers. SymPy differentiates the equations of one symbolic step,
        and each step puts its own values in: time and memory are linear in the number of steps.
        """
        found: dict[Place, float] = {place: 1.0}
        slopes = self._slope_values(at.of(self.network))
        for equation in reversed(self.network.equations):
            for target in places(equation.target, self.sizes):
                if target in found:
                    for used, slope in slopes[target]:
                        found[used] = found.get(used, 0.0) + found[target] * slope
        return {self.symbol(p): slope for p, slope in found.items()}

    @cached_property
    def _points(self) -> WeakKeyDictionary[Point, dict[Place, list[tuple[Place, float]]]]:
        return WeakKeyDictionary()

    def _slope_values(self, at: Point) -> dict[Place, list[tuple[Place, float]]]:
        """Return the values of all derivatives of scalar equations by what stands in them."""
        if at not in self._points:
            found = {}
            for equation in self.network.equations:
                template, here = self.at_its_time(equation)
                arrays = {u: at.variable(v) for u, v in here.items()}
                known = {s: float(arrays[u][_from_zero(i)]) for s, (u, i) in template.entries.items()}
                there = {s: (here[u], i) for s, (u, i) in template.entries.items()}
                for target in places(equation.target, self.sizes):
                    slopes = template.slopes[target[1]]
                    found[target] = [(there[s], number(slope, known)) for s, slope in slopes]
            self._points[at] = found
        return self._points[at]


@dataclass(frozen=True)
class Template:
    """One equation in scalars: its variables, their symbols, and for each entry its body and its slopes."""

    used: list[Variable]
    entries: dict[Any, Place]
    bodies: dict[tuple[int, ...], Any]
    slopes: dict[tuple[int, ...], list[tuple[Any, Any]]]


def _from_zero(indices: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(i - 1 for i in indices)


def number(expression: Any, known: Mapping[Any, Any]) -> float:
    """Value of a scalar expression, given the values of its symbols."""

    def lookup(node: Any) -> Any:
        if node in known:
            return known[node]
        if isinstance(node, sympy.Piecewise):
            return number(next(e for e, c in node.args if c == sympy.true or bool(c.xreplace(known))), known)
        return MATH[type(node).__name__](number(node.args[0], known))

    try:
        return float(numeric(expression, lookup))
    except (ArithmeticError, ValueError, TypeError) as error:  # too large, out of a domain, complex
        raise PointError(f"SymPy's {expression} cannot be evaluated at this point: {error}") from None
