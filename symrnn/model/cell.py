"""A cell is data: the equations of one time step, read from a file, together with a loss.

``Cell.load`` reads a built-in name or a path; the loss entry continues the cell's equations from its
logits z. ``unroll`` copies the step T times into an ordered network. Unless the file says otherwise under
``[signals]``, an input x has the axis n, a target y the axis m and a state the axis d; a file may also
compose other cells as layers (``symrnn.model.layers``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from sympy.core.numbers import Integer, Rational

from symrnn.model.cellfile import DEFAULT_AXES, HERE, CellError, builtin_cells, equation, find
from symrnn.model.equation import WEIGHT, Equation, NetworkError
from symrnn.model.layers import read_definition
from symrnn.model.network import OrderedNetwork
from symrnn.model.roles import ROLES, Roles
from symrnn.model.sigma import with_one_sigma
from symrnn.model.toml import read_toml
from symrnn.tensor import ACTIVATIONS, Apply, Shape, Variable, plus, scale

__all__ = ["HERE", "Cell", "CellError", "builtin_cells", "losses", "picked"]


def losses() -> dict[str, Any]:
    """Entries of the table of losses."""
    return read_toml(HERE / "losses.toml")


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
        What was picked; no activation ("") where the file leaves no function open.
    distribution : bool
        Whether the loss asks for targets whose entries sum to one.
    meanings : mapping of name to str
        What a signal or a parameter is, where the file says so.
    """

    name: str
    source: str
    description: str
    states: tuple[str, ...]
    parameters: Mapping[str, Shape]
    signals: Mapping[str, Shape]
    step: tuple[Equation, ...]
    activation: str
    loss: str
    distribution: bool
    meanings: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cell) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

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
        return Cell.read(find(name), activation, loss)

    @staticmethod
    def read(path: str | Path, activation: str = "tanh", loss: str = "cross_entropy") -> Cell:
        """Read a cell file; see ``load``."""
        if activation not in ACTIVATIONS:
            raise CellError(f"there is no activation {activation!r}; accepted: {', '.join(ACTIVATIONS)}")
        if loss not in losses():
            raise CellError(f"there is no loss {loss!r}; accepted: {', '.join(losses())}")
        entry = losses()[loss]
        try:
            said = read_definition(Path(path), activation)
        except CellError:
            raise
        except ValueError as error:
            raise CellError(str(error)) from None
        step, signals = list(said.step), dict(said.signals)
        for name, text in entry["equations"].items():
            step.append(equation(f"the loss {loss}", name, text, {}, signals, step, said.states, activation))
            signals[name] = step[-1].target.shape
        used = {v.name for e in step for v in e.expression.variables()} | {*said.states, step[-1].target.name}
        functions = [node for e in step for node in e.expression.atoms(Apply)]
        return Cell(
            name=said.name,
            source=said.source,
            description=said.description,
            states=said.states,
            parameters=said.parameters,
            signals={name: shape for name, shape in signals.items() if name in used},
            step=with_one_sigma(step),
            activation=activation if any(node.symbol == "sigma" for node in functions) else "",
            loss=loss,
            distribution=entry["targets"] == "distribution",
            meanings=said.meanings,
        )

    @property
    def roles(self) -> Roles:
        """What input, target, logits, prediction and loss are called."""
        return ROLES

    @property
    def input_shape(self) -> Shape:
        """Axes of the input, whether some equation reads it or not: it says how many steps there are."""
        return self.signals.get(self.roles.input, DEFAULT_AXES[self.roles.input])

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
        if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
            raise NetworkError(
                f"cannot unroll {self.name} to {steps} steps; accepted: a whole number, at least 1"
            )
        weights = [1] * steps if mask is None else list(mask)
        if len(weights) != steps or not any(weights):
            raise NetworkError(f"the mask {weights} needs {steps} weights, not all zero")
        if not all(abs(float(w)) < float("inf") for w in weights):
            raise NetworkError(f"the mask {weights} holds a number that is not finite")
        loss = self.step[-1].target
        equations = [equation.at(Integer(t)) for t in range(1, steps + 1) for equation in self.step]
        total = plus(
            scale(Rational(str(float(weights[t - 1]))), loss.at(t))
            for t in range(1, steps + 1)
            if weights[t - 1]
        )
        defined = {equation.target.name for equation in self.step}
        given = [Variable(name, shape) for name, shape in self.parameters.items()]
        given += [
            Variable(name, shape, t)
            for name, shape in self.signals.items()
            if name not in defined
            for t in range(1, steps + 1)
        ]
        given += [Variable(name, self.signals[name], 0) for name in self.states]
        weighted = any(weight != 1 for weight in weights)
        given += [Variable(WEIGHT, (), t) for t in range(1, steps + 1) if weighted]
        return OrderedNetwork(
            name=self.name,
            equations=(*equations, Equation(Variable(loss.name), total)),
            step=self.step,
            given=tuple(given),
            states=self.states,
            steps=steps,
            distribution=self.roles.target if self.distribution else "",
            weights=tuple(float(weight) for weight in weights) if weighted else (),
            roles=self.roles,
        )


def picked(name: str | Path, activation: str | None, loss: str | None) -> Cell:
    """Load a cell with what a person picked, None where nothing was; a pick without effect is an error.

    Raises
    ------
    CellError
        Also if there is an activation for a cell that leaves no function open.
    """
    cell = Cell.load(name, activation or "tanh", loss or "cross_entropy")
    if activation is not None and not cell.activation:
        raise CellError(
            f"activation is {activation!r}, but the cell {cell.name} leaves no function open (none is called"
            " sigma); accepted: no activation"
        )
    return cell
