"""Points, and the value of an expression at one: NumPy for the nodes, complex steps for the derivatives.

``interpret`` says what a node is worth, ``complexstep`` what a derivative is, by forward passes and never by
rules: this is what makes a certificate a witness. A point remembers what was computed.
``Instants`` is a point seen at many times at once: a claim for symbolic t is evaluated for all t in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from sympy.core.numbers import Integer

from symrnn.model import HORIZON, OrderedNetwork
from symrnn.tensor import (
    TABLE,
    Apply,
    InputError,
    Partial,
    Tensor,
    Total,
    Variable,
    free_times,
    instantiate,
    log_softmax,
)
from symrnn.witness.complexstep import STEP_LENGTH, Lookup, Schedule, held_fixed, moved_logarithm, total
from symrnn.witness.deviations import MOVE, sizes_of
from symrnn.witness.interpret import Array, Parts, contract_arrays, fixed_ranges, interpret, size

__all__ = [
    "STEP_LENGTH",
    "Array",
    "Point",
    "contract_arrays",
    "evaluate",
    "sizes",
    "value",
    "values",
]

LARGEST = 1e12  # of what is given: a step of 1e-21 along it moves a sum by 1e-9, whose square is lost


class PointError(InputError):
    """A point that does not fit, or cannot be drawn; the message says why."""


class Point:
    """Values for everything that is given in a network; the rest is computed from them when asked for.

    Parameters
    ----------
    network : OrderedNetwork
    values : mapping of Variable to ndarray
        Parameters, inputs, targets and initial states; shapes as the variables say.
    sizes : mapping of axis name to int
    seed : int or None
        What the values were drawn with, for the record.
    draws : int
        How often they were drawn until they fitted.
    """

    batch: tuple[int, ...] = ()

    def __init__(
        self,
        network: OrderedNetwork,
        values: Mapping[Variable, Array],
        sizes: Mapping[str, int],
        seed: int | None = None,
        draws: int = 1,
    ) -> None:
        for variable, array in values.items():
            if np.size(array) and not np.abs(array).max() <= LARGEST:
                raise PointError(
                    f"{variable} holds {np.max(np.abs(array)):.3g}; accepted: numbers up to {LARGEST:.0e},"
                    f" beyond which no derivative can be measured"
                )
        self.network, self.seed, self.draws = network, seed, draws
        self.sizes: Mapping[str, int] = dict(sizes)
        self.given = dict(values)
        self.known: dict[Variable, Array] = dict(values)
        self.derivatives: dict[Tensor, Array] = {}
        self.told_apart: dict[Variable, Parts | None] = {}
        self.logarithms: dict[Variable, Array | None] = {}
        self.origin: Point | None = None
        self.views: dict[OrderedNetwork, Point] = {network: self}
        self.seen: dict[Any, Instants] = {}

    @property
    def described(self) -> dict[str, Any]:
        """Seed and sizes, for certificates; and how many draws it took, where it took several."""
        again = {"draws": self.draws} if self.draws > 1 else {}
        return {"seed": self.seed, "sizes": dict(self.sizes)} | again

    def __repr__(self) -> str:
        sizes = ", ".join(f"{axis} = {length}" for axis, length in self.sizes.items())
        drawn = "given numbers" if self.seed is None else f"seed {self.seed}"
        return f"Point({self.network.name}, {self.network.steps} steps, {sizes}, {drawn})"

    def of(self, network: OrderedNetwork) -> Point:
        """Return the same values seen through another network, such as a condensed one or a backward sweep.

        What the other network computes, it computes by its own equations; what it only reads, such as the
        signals that a backward sweep needs, comes from here.
        """
        if network not in self.views:
            other = Point(network, self.given, self.sizes, self.seed, self.draws)
            other.origin, other.views = self, self.views
            if network.computes_as(self.network):
                other.known = self.known
            self.views[network] = other
        return self.views[network]

    def variable(self, variable: Variable) -> Array:
        """Value of a variable, computed by its equation where it is not given."""
        stack = [variable]  # no recursion: a chain may have thousands of steps
        while stack:
            equation = self.network.by_target.get(stack[-1])
            if stack[-1] in self.known:
                stack.pop()
            elif equation is None and self.origin is not None:
                self.known[stack[-1]] = self.origin.variable(stack[-1])
            elif equation is None:
                raise PointError(
                    f"the point has no value for {stack[-1]}; accepted: a point of the network that is asked"
                    f" about (this one belongs to {self.network.name}, {self.network.steps} steps)"
                )
            elif missing := [v for v in equation.used if v not in self.known]:
                stack.extend(missing)
            else:
                known = Lookup(self.known.__getitem__, self)
                with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                    self.known[stack[-1]] = interpret(equation.expression, known)
                if self.origin is None:
                    self._must_be_finite(stack[-1])
                stack.pop()
        return self.known[variable]

    def _must_be_finite(self, variable: Variable) -> None:
        """Refuse what is beyond all numbers, or none, such as the logarithm of -1."""
        if not np.isfinite(self.known[variable]).all():
            del self.known[variable]
            step = "" if variable.time is None else f" at step {variable.time}"
            raise PointError(
                f"{variable.name}{step} of {self.network.name} cannot be computed from these numbers: its"
                f" equation overflows, or leaves the domain of a function; accepted: numbers for which it is"
                f" finite"
            )

    def parts(self, variable: Variable) -> Parts | None:
        """Limit and rest of a variable whose equation is a function that saturates, from its argument."""
        if variable not in self.told_apart:
            function = self.function(variable)
            split = None if function is None else TABLE[function.function].parts
            self.told_apart[variable] = None if split is None else split(self._argument(function))
        return self.told_apart[variable]

    def logarithm(self, variable: Variable) -> Array | None:
        """Logarithm of a variable whose equation is a softmax, from its argument."""
        if variable not in self.logarithms:
            function = self.function(variable)
            is_softmax = function is not None and function.function == "softmax"
            self.logarithms[variable] = log_softmax(self._argument(function)) if is_softmax else None
        return self.logarithms[variable]

    def function(self, variable: Variable) -> Apply | None:
        """Return the function that a variable is by its equation, and nothing else."""
        equation = self.network.by_target.get(variable)
        if equation is None and self.origin is not None:
            return self.origin.function(variable)
        plain = (
            equation is not None and isinstance(equation.expression, Apply) and not equation.expression.order
        )
        return equation.expression if equation is not None and plain else None

    def _argument(self, function: Apply | None) -> Array:
        assert function is not None
        return np.asarray(interpret(function.argument, Lookup(self.variable, self)))

    @cached_property
    def near(self) -> Point:
        """The same point, with each given number moved by up to ``MOVE`` of itself, by a share of its own."""
        if self.origin is not None:
            return self.origin.near.of(self.network)
        rng = np.random.default_rng(0)
        shares = {v: rng.uniform(-1, 1, size=np.shape(array)) for v, array in self.given.items()}
        moved = {v: array * (1 + MOVE * shares[v]) for v, array in self.given.items()}
        return Point(self.network, moved, self.sizes, self.seed)

    @cached_property
    def schedule(self) -> Schedule:
        """When the network computes what."""
        return Schedule(self.network)

    def derivative(self, node: Tensor) -> Array:
        """Value of a derivative by complex step: ``Partial``, ``Direct``, ``Immediate`` or ``Total``."""
        if node not in self.derivatives:
            if isinstance(node, Total):
                self.derivatives.update(total(node, self, self.schedule))
            else:
                self.derivatives[node] = held_fixed(node, self)
        return self.derivatives[node]

    def instants(self, choices: Sequence[Mapping[Any, int]]) -> Instants:
        """Return the point seen at several choices of symbolic times, along a leading axis."""
        key = tuple(tuple(sorted(choice.items(), key=str)) for choice in choices)
        if key not in self.seen:
            self.seen[key] = Instants(self, choices)
        return self.seen[key]


class Instants:
    """A point, or instants of one, seen at several choices of symbolic times along a leading axis."""

    def __init__(self, under: Point | Instants, choices: Sequence[Mapping[Any, int]]) -> None:
        self.under, self.choices = under, choices
        self.network: OrderedNetwork = under.network
        self.sizes: Mapping[str, int] = under.sizes
        self.batch: tuple[int, ...] = (len(choices), *under.batch)
        self.known: dict[Tensor, Array] = {}

    def variable(self, variable: Variable) -> Array:
        """Value of a variable at every choice."""
        return self._stacked(variable, self.under.variable)

    def parts(self, variable: Variable) -> Parts | None:
        """Limit and rest of a variable at every choice; None if it saturates at none."""
        if not free_times(variable) & self.choices[0].keys():
            return self.under.parts(variable)
        each = [instantiate(variable, dict(choice)) for choice in self.choices]
        found = [(self.under.parts(v), self.under.variable(v)) for v in each]
        if all(parts is None for parts, _ in found):
            return None
        split = [(np.zeros_like(value), value) if parts is None else parts for parts, value in found]
        axes = len(self.under.batch) + variable.rank
        limits, rests = (self._lined_up(arrays, axes) for arrays in zip(*split))
        return limits, rests

    def logarithm(self, variable: Variable) -> Array | None:
        """Logarithm of a variable that is a softmax at every choice."""
        if not free_times(variable) & self.choices[0].keys():
            return self.under.logarithm(variable)
        found = [self.under.logarithm(instantiate(variable, dict(choice))) for choice in self.choices]
        logarithms = [array for array in found if array is not None]
        axes = len(self.under.batch) + variable.rank
        return self._lined_up(logarithms, axes) if len(logarithms) == len(found) else None

    def derivative(self, node: Tensor) -> Array:
        """Value of a derivative at every choice; within a step all of them take one pass."""
        if node not in self.known and not isinstance(node, Total) and self._in_one_pass(node):
            self.known[node] = held_fixed(node, self)
        return self._stacked(node, self.under.derivative)

    def instants(self, choices: Sequence[Mapping[Any, int]]) -> Instants:
        """Return the same at several choices of further symbols."""
        return Instants(self, choices)

    def _stacked(self, node: Tensor, each: Callable[[Any], Array]) -> Array:
        if node not in self.known:
            if not free_times(node) & self.choices[0].keys():
                return each(node)
            axes = len(self.under.batch) + node.rank
            arrays = [each(instantiate(node, dict(choice))) for choice in self.choices]
            self.known[node] = self._lined_up(arrays, axes)
        return self.known[node]

    def _lined_up(self, arrays: Sequence[Array], axes: int) -> Array:
        """Stack arrays that may lack leading axes, or have them of length 1."""
        full = [np.reshape(a, (1,) * (axes - a.ndim) + a.shape) for a in arrays]
        return np.stack(full)

    def _in_one_pass(self, node: Tensor) -> bool:
        """Whether a derivative within a step is the same expression of the times at every choice.

        It is not where a variable meets the one it is differentiated by at some choices only (s_k, s_3), nor
        where an equation is missing at some of them: the states at 0 are given.
        """
        of, wrt = node.args
        same = [v for v in of.variables() if not isinstance(node, Partial) or v.name == wrt.name]
        if any(v.time is None or not (v.time - wrt.time).is_Integer for v in same if wrt.time is not None):
            return False
        if isinstance(node, Partial):
            return True
        steps = {of.time.xreplace(choice) for choice in self.choices} if of.time is not None else set()
        return all(isinstance(step, int | Integer) and step >= 1 for step in steps)


def value(tensor: Tensor, at: Point, times: Mapping[Any, int] | None = None) -> Array:
    """Value of an expression at a point.

    Parameters
    ----------
    tensor : Tensor
        Free time symbols are taken from ``times``; ``T`` is the number of steps of the network.
    at : Point
    times : mapping of SymPy symbol to int, optional

    Returns
    -------
    ndarray, shape as ``tensor.shape`` with the sizes of the point
    """
    everything = {HORIZON: at.network.steps, **(times or {})}
    if free_times(tensor):
        tensor = instantiate(tensor, everything)
    return interpret(tensor, at)


def values(tensor: Tensor, at: Point, choices: Sequence[Mapping[Any, int]]) -> Array:
    """Values of an expression at several choices of its times, as ``value`` gives them one at a time.

    Returns
    -------
    ndarray, shape ``(len(choices), *tensor.shape)``
    """
    shape = (len(choices), *size(tensor.shape, at))
    symbols = set().union(*choices)
    if len(choices) < 2 or not fixed_ranges(tensor, symbols):
        return np.reshape([value(tensor, at, choice) for choice in choices], shape)
    tensor = instantiate(tensor, {HORIZON: at.network.steps})
    return np.broadcast_to(interpret(tensor, at.instants(choices)), shape)


def sizes(
    tensor: Tensor,
    at: Point,
    choices: Sequence[Mapping[Any, int]],
    *,
    exact: bool = True,
    moved: bool = False,
) -> Array:
    """Sizes of what is added to make each entry of an expression, at several choices of its times.

    Those of derivatives are as large as they move with the given numbers, if ``moved``; see ``deviations``.

    Returns
    -------
    ndarray, shape ``(len(choices), *tensor.shape)``
    """
    shape = (len(choices), *size(tensor.shape, at))
    tensor = instantiate(tensor, {HORIZON: at.network.steps}) if free_times(tensor) else tensor
    near = at.near if moved else None
    if len(choices) > 1 and fixed_ranges(tensor, set().union(*choices)):
        beside = None if near is None else near.instants(choices)
        return np.broadcast_to(sizes_of(tensor, at.instants(choices), exact, beside), shape)
    here = (instantiate(tensor, dict(times)) if free_times(tensor) else tensor for times in choices)
    found = [np.broadcast_to(sizes_of(one, at, exact, near), shape[1:]) for one in here]
    return np.array(found).reshape(shape)


class _Elsewhere(Lookup):
    """Values that come from elsewhere: what an argument is worth is asked there too, if it is known there."""

    def __init__(self, lookup: Callable[[Variable], Array], at: Point) -> None:
        super().__init__(lookup, at)
        self.function = at.function

    def parts(self, variable: Variable) -> Parts | None:
        """Limit and rest of a variable that saturates."""
        function = self.function(variable)
        split = None if function is None else TABLE[function.function].parts
        argument = None if split is None or function is None else self._known(function.argument)
        if split is None or argument is None:
            return None
        (limit, rest), y = split(np.real(argument)), self.variable(variable)
        return limit, rest + 1j * y.imag if np.iscomplexobj(y) else rest

    def logarithm(self, variable: Variable) -> Array | None:
        """Logarithm of a variable that is a softmax."""
        function = self.function(variable)
        is_softmax = function is not None and function.function == "softmax"
        argument = self._known(function.argument) if function is not None and is_softmax else None
        if argument is None:
            return None
        found, y = np.real(log_softmax(argument)), self.variable(variable)
        return found + 1j * moved_logarithm(argument, y) if np.iscomplexobj(y) else found

    def _known(self, tensor: Tensor) -> Array | None:
        try:
            return interpret(tensor, self)
        except KeyError:
            return None


def evaluate(tensor: Tensor, variable: Callable[[Variable], Array], at: Point) -> Array:
    """Value of an expression whose variables are looked up elsewhere."""
    return interpret(tensor, _Elsewhere(variable, at))
