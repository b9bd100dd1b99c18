"""Derivatives by the complex step: the imaginary part of a forward pass, and no rules in sight.

``f(x + ih)`` has the imaginary part ``h f'(x)`` up to O(h³); nothing is subtracted, so with h = 2⁻⁷⁰, about
1e-21, there is neither truncation nor cancellation (central differences reach about 1e-11 here); a power of
two divides without rounding, and derivatives down to 1e-290 do not underflow. Real parts are those of the
point, so limits, and what values differ from them by, are asked of the point. All entries of a
variable, and for the total loss all its times, are perturbed in one pass, along a leading axis. A pass keeps
the values that later equations still use and no others, and takes at most ``COLUMNS`` perturbations: memory
is linear in the number of steps.

References
----------
Squire & Trapp (1998), SIAM Review 40(1), 110-112.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from symrnn.model import Equation, OrderedNetwork
from symrnn.tensor import Apply, Immediate, Partial, Tensor, Total, Variable, log_softmax, softmax
from symrnn.witness.interpret import Array, Parts, Values, interpret, size

STEP_LENGTH = 2.0**-70
COLUMNS = 2048


class Lookup:
    """Values of variables that are looked up somewhere, such as in a forward pass that is perturbed."""

    def __init__(self, lookup: Callable[[Variable], Array], at: Values) -> None:
        self.network, self.sizes, self.batch = at.network, at.sizes, at.batch
        self.variable, self.at = lookup, at

    def parts(self, variable: Variable) -> Parts | None:
        """Limit and rest of a variable that saturates: those of the point, moved as the variable is."""
        found, value = self.at.parts(variable), self.variable(variable)
        if found is None or not np.iscomplexobj(value):
            return found
        return found[0], found[1] + 1j * value.imag

    def logarithm(self, variable: Variable) -> Array | None:
        """Logarithm of a variable that is a softmax.

        It moves with the argument of the softmax, and with what the variable is moved by besides.
        """
        found, value = self.at.logarithm(variable), self.variable(variable)
        if found is None or not np.iscomplexobj(value):
            return found
        equation = self.network.equation(variable)
        if equation is None:
            return found + 1j * (value.imag / value.real)
        return found + 1j * moved_logarithm(interpret(equation.expression.args[1], self), value)

    def derivative(self, node: Tensor) -> Array:
        """No equation of a cell holds a derivative."""
        raise NotImplementedError(f"{node} stands where only variables are known")

    def instants(self, choices: Sequence[Mapping[Any, int]]) -> Values:
        """No equation of a cell ranges over time."""
        raise NotImplementedError(f"a range of {len(choices)} times stands where only variables are known")


def units(shape: tuple[int, ...], batch: int) -> Array:
    """Return a perturbation of each entry: shape (entries, 1, …, *shape), a 1 for each batch axis."""
    return 1j * STEP_LENGTH * np.eye(prod(shape)).reshape((prod(shape), *(1,) * batch, *shape))


def held_fixed(node: Tensor, at: Values) -> Array:
    """Value of a derivative within a step: ``Partial``, ``Direct`` or ``Immediate``.

    Parameters
    ----------
    node : Partial, Direct or Immediate
        ``Partial`` holds every other variable of its expression, ``Direct`` every other variable of the
        equation of its variable, ``Immediate`` every other state.
    at : Values

    Returns
    -------
    ndarray, shape ``(*at.batch, *node.shape)``
        Numerator layout.
    """
    of, wrt = node.args
    shape, batch = size(wrt.shape, at), len(at.batch)
    known: dict[Variable, Array] = {wrt: at.variable(wrt) + units(shape, batch)}

    def lookup(v: Variable) -> Array:
        if v not in known:
            held = not isinstance(node, Immediate) or v.name in at.network.states
            equation = None if held else at.network.equation(v)
            known[v] = at.variable(v) if equation is None else interpret(equation.expression, perturbed)
        return known[v]

    perturbed = Lookup(lookup, at)
    if not isinstance(node, Partial) and of != wrt:
        own = at.network.equation(of)
        of = of if own is None else own.expression
    found = interpret(of, perturbed).imag / STEP_LENGTH
    found = np.broadcast_to(found, (prod(shape), *at.batch, *size(of.shape, at)))
    return np.moveaxis(found, 0, -1).reshape((*at.batch, *size(node.shape, at)))


def moved_logarithm(z: Array, y: Array) -> Array:
    """Imaginary part of log(y), where y is softmax(z) and what it is moved by besides."""
    besides = np.broadcast_to(y.imag - softmax(z).imag, np.broadcast_shapes(y.shape, z.shape))
    real = np.broadcast_to(y.real, besides.shape)
    return np.imag(log_softmax(z)) + np.divide(besides, real, out=np.zeros(besides.shape), where=besides != 0)


class Schedule:
    """When a network computes and uses its variables.

    ``place`` is the number of the equation that defines a variable, ``read`` what an equation reads, ``uses``
    the numbers of the first and the last equation that reads a variable.
    """

    def __init__(self, network: OrderedNetwork) -> None:
        self.place = {equation.target: number for number, equation in enumerate(network.equations)}
        self.read = [_read(equation, network) for equation in network.equations]
        self.uses: dict[Variable, tuple[int, int]] = {}
        for number, read in enumerate(self.read):
            self.uses |= {v: (self.uses.get(v, (number,))[0], number) for v in read}


def _read(equation: Equation, network: OrderedNetwork) -> list[Variable]:
    """Return what the evaluation of an equation reads: its variables; for log(ŷ) the argument of ŷ too."""
    logarithms = (node.args[1] for node in equation.expression.atoms(Apply) if node.function == "log")
    inner = (network.equation(v) for v in logarithms if isinstance(v, Variable))
    return [*equation.used, *(v for e in inner if e is not None and e.expression.has(Apply) for v in e.used)]


def along_all_paths(of: Variable, wrt: Sequence[Variable], at: Values, schedule: Schedule) -> Array:
    """Values of ``Total(of, v)`` for several variables ``v`` of one shape, in one forward pass.

    Parameters
    ----------
    of : Variable
    wrt : sequence of Variable
        Given or computed; no two the same.
    at : Values
        A point, without batch axes.
    schedule : Schedule
        Of the network of the point.

    Returns
    -------
    ndarray, shape ``(len(wrt), *of.shape, *wrt[0].shape)``
    """
    network, shape = at.network, size(wrt[0].shape, at)
    entries = prod(shape)
    columns = {v: slice(i * entries, (i + 1) * entries) for i, v in enumerate(wrt)}

    def injected(v: Variable, values: Array) -> Array:
        """Perturb each entry of a variable in a column of its own, which nothing before it has touched."""
        full = np.array(np.broadcast_to(values, (len(wrt) * entries, *shape)), dtype=complex)
        full[columns[v]] += units(shape, 0)
        return full

    known = {v: injected(v, at.variable(v)) for v in wrt if v not in schedule.place}
    perturbed = Lookup(lambda v: known[v] if v in known else at.variable(v), at)
    first = min(schedule.place.get(v, schedule.uses.get(v, (0,))[0]) for v in wrt)
    last = schedule.place.get(of, first - 1)
    for place, equation in enumerate(network.equations[first : last + 1], start=first):
        v = equation.target
        if any(u in known for u in equation.used):
            known[v] = interpret(equation.expression, perturbed)
        if v in columns:
            known[v] = injected(v, known.get(v, at.variable(v)))
        for u in schedule.read[place]:
            if schedule.uses[u][-1] == place:
                known.pop(u, None)
    found = known.get(of, np.zeros(())).imag / STEP_LENGTH
    found = np.broadcast_to(found, (len(wrt) * entries, *size(of.shape, at)))
    found = found.reshape((len(wrt), entries, *found.shape[1:]))
    return np.moveaxis(found, 1, -1).reshape((len(wrt), *size(of.shape + wrt[0].shape, at)))


def total(node: Total, at: Values, schedule: Schedule) -> Iterator[tuple[Total, Array]]:
    """Yield the value of a total derivative; for the total loss by a signal, those at all its times."""
    of, wrt = node.args
    others = [wrt]
    if of.time is None and wrt.time is not None:
        others = [v for v in at.network.times_of(wrt.name) if v != of]
    width = max(1, COLUMNS // prod(size(wrt.shape, at)))
    for start in range(0, len(others), width):
        some = others[start : start + width]
        yield from zip((Total(of, v) for v in some), along_all_paths(of, some, at, schedule))
