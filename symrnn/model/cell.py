"""A cell is data: the equations of one time step, read from a file, together with a loss.

``Cell.load`` reads a built-in name or a path; a loss continues the cell's equations from its logits.
``unroll`` copies the step T times into an ordered network. Unless the file says otherwise under
``[signals]``, an input x has the axis n, a target y the axis m and a state the axis d; a file may also
compose other cells as layers (``symrnn.model.layers``).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any

from sympy.core.numbers import Integer, Rational

from symrnn.model.equation import WEIGHT, Equation, NetworkError, in_latex
from symrnn.model.files import FileError
from symrnn.model.network import OrderedNetwork
from symrnn.model.roles import ROLES, Roles
from symrnn.tensor import Apply, Shape, Variable, plus, scale

DEFAULT_AXES = {ROLES.input: ("n",), ROLES.target: ("m",)}


class CellError(FileError):
    """A cell file that cannot be used; the message names file, equation, piece and what is accepted."""


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """One step of a recurrent network; cells that say the same are equal.

    Attributes
    ----------
    name, source, description : str
        For reports.
    states : tuple of str
        Names, in the order in which they are stacked.
    parameters : mapping of name to shape
        Operator layout, e.g. ``{"U": ("d", "n")}``.
    signals : mapping of name to shape
        Everything with a time: inputs, targets, states and intermediates.
    step : tuple of Equation
        At the symbolic time ``STEP``, loss included.
    activation, loss : str
        What was picked; no activation ("") where the file leaves no function open, no loss before
        one continues the equations.
    distribution : bool
        Whether the loss asks for targets whose entries sum to one.
    meanings : mapping of name to str
        What a signal or a parameter is, where the file says so.
    positive : frozenset of str
        Parameters whose entries are positive numbers: they are drawn so, and nothing else is accepted.
    """

    name: str
    source: str
    description: str
    states: tuple[str, ...]
    parameters: Mapping[str, Shape]
    signals: Mapping[str, Shape]
    step: tuple[Equation, ...]
    activation: str = ""
    loss: str = ""
    distribution: bool = False
    meanings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    positive: frozenset[str] = frozenset()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cell) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

    def __repr__(self) -> str:
        picked = ", ".join(word for word in (self.activation, self.loss) if word)
        axes = (f"{name} ({', '.join(shape)})" for name, shape in self.parameters.items())
        return f"Cell({self.name}, {picked}; states {', '.join(self.states)}; parameters {', '.join(axes)})"

    def _repr_latex_(self) -> str:
        return f"$$\\displaystyle {in_latex(self.step)}$$"

    @cached_property
    def _told(self) -> tuple[Any, ...]:
        """Everything that the cell says, mappings in the order in which they say it."""
        values = (getattr(self, field.name) for field in dataclasses.fields(self))
        return tuple(tuple(v.items()) if isinstance(v, Mapping) else v for v in values)

    @staticmethod
    def load(name: str | Path, activation: str = "tanh", loss: str = "cross_entropy") -> Cell:
        """Read a built-in cell by name, or a cell file by path.

        Parameters
        ----------
        name : str or path
        activation : str
            What ``sigma`` stands for; ignored by a cell that writes out all its functions.
        loss : str

        Raises
        ------
        CellError
            If there is no such cell, activation or loss, or the file is not a cell.

        Examples
        --------
        >>> Cell.load("elman").states
        ('s',)
        """
        from symrnn.model.reading import load  # a reader makes cells, so it comes after them

        return load(name, activation, loss)

    @property
    def roles(self) -> Roles:
        """What input, target, logits, prediction and loss are called."""
        return ROLES

    @property
    def input_shape(self) -> Shape:
        """Axes of the input, whether some equation reads it or not: it says how many steps there are."""
        return self.signals.get(self.roles.input, DEFAULT_AXES[self.roles.input])

    def single_class(self, sizes: Mapping[str, int]) -> str:
        """Return why these sizes leave nothing to learn, a softmax over one class; "" where they do not."""
        applied = {node for e in self.step for node in e.expression.atoms(Apply) if node.rank}
        axes = {node.shape[-1] for node in applied if node.function == "softmax"}
        single = next((axis for axis in sorted(axes) if sizes.get(axis) == 1), None)
        if single is None:
            return ""
        return (
            f"softmax over one class (axis {single} has size 1) is 1 whatever it is given, so every gradient"
            f" is 0; accepted: two classes or more, or loss = squared_error"
        )

    def unroll(self, steps: int, mask: Sequence[float] | None = None) -> OrderedNetwork:
        """Copy the step ``steps`` times.

        Parameters
        ----------
        steps : int
            T ≥ 1.
        mask : sequence of T numbers, optional
            Weight of each step's loss in the total loss; 0 leaves the step out. Default: all 1.

        Returns
        -------
        OrderedNetwork
            With the total loss ``L`` as its last equation.

        Raises
        ------
        NetworkError
            If T < 1 or the mask does not fit.
        """
        if not isinstance(steps, Integral) or isinstance(steps, bool) or steps < 1:
            raise NetworkError(
                f"cannot unroll {self.name} to {steps} steps; accepted: a whole number, at least 1"
            )
        steps = int(steps)
        weights = _weights(mask, steps)
        weighted = any(weight != 1 for weight in weights)
        times = range(1, steps + 1)
        loss = Variable(self.roles.loss, ())
        total = plus(scale(Rational(str(w)), Variable(loss.name, (), t)) for t, w in zip(times, weights) if w)
        return OrderedNetwork(
            name=self.name,
            equations=(*(e.at(Integer(t)) for t in times for e in self.step), Equation(loss, total)),
            step=self.step,
            given=(*self._given(times), *(Variable(WEIGHT, (), t) for t in times if weighted)),
            states=self.states,
            steps=steps,
            distribution=self.roles.target if self.distribution else "",
            weights=weights if weighted else (),
            positive=self.positive,
            roles=self.roles,
        )

    def _given(self, times: range) -> Iterator[Variable]:
        """Yield what has no equation: parameters, inputs and targets, initial states."""
        defined = {equation.target.name for equation in self.step}
        yield from (Variable(name, shape) for name, shape in self.parameters.items())
        for name, shape in self.signals.items():
            if name not in defined:
                yield from (Variable(name, shape, t) for t in times)
        yield from (Variable(name, self.signals[name], 0) for name in self.states)


def _weights(mask: Sequence[float] | None, steps: int) -> tuple[float, ...]:
    """Return a weight for each step, checked."""
    try:
        weights = [1.0] * steps if mask is None else [float(weight) for weight in mask]
    except (TypeError, ValueError, OverflowError):
        weights = []
    if len(weights) != steps or not any(weights) or not all(map(math.isfinite, weights)):
        raise NetworkError(
            f"the mask {mask!r:.80} does not fit; accepted: {steps} finite numbers, not all zero"
        )
    return tuple(weights)
