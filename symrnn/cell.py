"""A cell is data: the equations of one time step, read from a file, together with a loss.

``Cell.load`` reads a built-in name or a path; the loss entry continues the cell's equations from its
logits z. ``unroll`` copies the step T times into an ordered network. Unless the file says otherwise under
``[signals]``, an input x has the axis n, a target y the axis m and a state the axis d.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sympy.core.numbers import Integer, Rational

from symrnn.algebra import plus, scale
from symrnn.equation import STEP, WEIGHT, Equation, NetworkError
from symrnn.functions import ACTIVATIONS
from symrnn.network import OrderedNetwork
from symrnn.notation import with_one_sigma
from symrnn.parse import ParseError, parse
from symrnn.tensor import PLAIN_NAME, Apply, Shape, ShapeError, Variable
from symrnn.tomlfile import FileError, check_keys, read_toml

HERE = Path(__file__).parent
DEFAULT_AXES = {"x": ("n",), "y": ("m",)}
RESERVED = ("sigma", "t", "T", "L", "yhat", WEIGHT)
REQUIRED = {"name": str, "source": str, "states": list, "parameters": dict, "equations": dict}
OPTIONAL = {"description": str, "signals": dict}


class CellError(FileError):
    """A cell file that cannot be used; the message names file, equation, piece and what is accepted."""


def builtin_cells() -> list[str]:
    """Names of the cells that come with symrnn."""
    return sorted(path.stem for path in (HERE / "cells").glob("*.toml"))


def losses() -> dict[str, Any]:
    """Entries of the table of losses."""
    return read_toml(HERE / "losses.toml")


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """One step of a recurrent network.

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
        if str(name) in builtin_cells():
            return Cell.read(HERE / "cells" / f"{name}.toml", activation, loss)
        if Path(name).suffix == ".toml" or Path(name).exists():
            return Cell.read(Path(name), activation, loss)
        near = difflib.get_close_matches(str(name), builtin_cells(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CellError(
            f"there is no cell {str(name)!r}; built-in: {', '.join(builtin_cells())};"
            f" or give the path of a .toml file{hint}"
        )

    @staticmethod
    def read(path: str | Path, activation: str = "tanh", loss: str = "cross_entropy") -> Cell:
        """Read a cell file; see ``load``."""
        file = Path(path)
        if activation not in ACTIVATIONS:
            raise CellError(f"there is no activation {activation!r}; accepted: {', '.join(ACTIVATIONS)}")
        if loss not in losses():
            raise CellError(f"there is no loss {loss!r}; accepted: {', '.join(losses())}")
        try:
            return _read(file, read_toml(file), activation, loss)
        except CellError:
            raise
        except ValueError as error:
            raise CellError(str(error)) from None

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
            distribution="y" if self.distribution else "",
            weights=tuple(float(weight) for weight in weights) if weighted else (),
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


def _read(file: Path, data: dict[str, Any], activation: str, loss: str) -> Cell:
    where = f"cell file {file}"
    check_keys(where, data, REQUIRED, OPTIONAL)
    entry = losses()[loss]
    parameters = _shapes(f"{where}, [parameters]", data["parameters"])
    states = tuple(data["states"])
    for name in (*states, *data["equations"]):
        _check_name(where, name)
    if len(set(states)) != len(states) or not states:
        raise CellError(f"{where}: states {list(states)} must be one or more different names")
    declared = _shapes(f"{where}, [signals]", data.get("signals", {}))
    signals = {**DEFAULT_AXES, **{name: ("d",) for name in states}, **declared}
    for name in parameters.keys() & (signals.keys() | data["equations"].keys()):
        raise CellError(f"{where}: {name} is a parameter and a signal; give one of them another name")
    if "z" not in data["equations"]:
        raise CellError(
            f"{where}: the loss {loss} reads the logits z; add an equation z, such as V @ s[t] + c"
        )
    step: list[Equation] = []
    for name, text in {**data["equations"], **entry["equations"]}.items():
        place = f"{where}, equation {name!r}"
        if not isinstance(text, str):
            raise CellError(f'{place}: found {text!r:.60}; accepted: text such as "tanh(a[t])"')
        step.append(_equation(place, name, text, parameters, signals, step, states, activation))
        signals[name] = step[-1].target.shape
    for state in states:
        if state not in data["equations"]:
            raise CellError(f"{where}: the state {state} has no equation")
    used = {v.name for e in step for v in e.expression.variables()}
    if unused := [name for name in parameters if name not in used]:
        raise CellError(f"{where}: the parameter {unused[0]} occurs in no equation")
    return Cell(
        name=data["name"],
        source=data["source"],
        description=data.get("description", ""),
        states=states,
        parameters=parameters,
        signals={
            name: shape for name, shape in signals.items() if name in used or name in states or name == "L"
        },
        step=with_one_sigma(step),
        activation=activation
        if any(a.symbol == "sigma" for e in step for a in e.expression.atoms(Apply))
        else "",
        loss=loss,
        distribution=entry["targets"] == "distribution",
    )


def _equation(
    place: str,
    name: str,
    text: str,
    parameters: Mapping[str, Shape],
    signals: Mapping[str, Shape],
    step: Sequence[Equation],
    states: Sequence[str],
    activation: str,
) -> Equation:
    try:
        expression = parse(text, parameters, signals, activation)
        equation = Equation(Variable(name, signals.get(name, expression.shape), STEP), expression)
    except (ParseError, ShapeError) as error:
        raise CellError(f"{place}: {error}") from None
    defined = {e.target for e in step}
    for variable in expression.variables():
        if variable.name in DEFAULT_AXES or variable.time is None:
            if variable.time == STEP - 1:
                raise CellError(f"{place}: {variable} is not available; accepted: {variable.name}[t]")
            continue
        if variable.time == STEP and variable not in defined:
            raise CellError(
                f"{place}: it uses {variable} before its definition (a cycle, or equations out of order);"
                f" accepted: {variable.name}[t-1], or an equation for {variable.name} further up"
            )
        if variable.time == STEP - 1 and variable.name not in states:
            raise CellError(
                f"{place}: it uses {variable}, but only states are carried over; states = {list(states)}"
            )
    return equation


def _check_name(where: str, name: Any) -> None:
    if not isinstance(name, str) or not PLAIN_NAME.fullmatch(name):
        raise CellError(
            f"{where}: the name {name!r:.60} is not a plain symbol; accepted: such as W, s or b_hn"
        )
    if name in RESERVED:
        raise CellError(f"{where}: the name {name} is taken; reserved: {', '.join(RESERVED)}")


def _shapes(where: str, table: Mapping[str, Any]) -> dict[str, Shape]:
    shapes = {}
    for name, axes in table.items():
        _check_name(where, name)
        plain = isinstance(axes, list) and all(isinstance(a, str) and PLAIN_NAME.fullmatch(a) for a in axes)
        if not plain or len(axes) > 2:
            raise CellError(
                f'{where}: the shape of {name} is {axes!r:.60}; accepted: such as ["d", "n"] or ["d"]'
            )
        shapes[name] = tuple(axes)
    return shapes
