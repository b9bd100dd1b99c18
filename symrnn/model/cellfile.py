"""A cell file: found by name or path, read within limits, checked, and turned into the equations of a step.

Every message names the file, the place, what was found and what would be accepted. A name must be one that
paper can carry: a plain symbol that is no mark of the notation (such as δ), and that stays distinguishable
from the others with a time behind it (``s_{1}`` is s at step 1, so nothing else is called s_1). Signals are
numbers or vectors: derivatives of matrices by matrices are not derived to the end.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from symrnn.model.cell import DEFAULT_AXES, Cell, CellError
from symrnn.model.equation import STEP, WEIGHT, Equation
from symrnn.model.parse import ParseError, parse
from symrnn.model.roles import ROLES
from symrnn.model.toml import NO_LINES, Lines, Text, line_of, read_table, short_texts
from symrnn.tensor import Apply, Shape, ShapeError, Variable

HERE = Path(__file__).parent
NAME = re.compile(r"[A-Za-z]{1,12}(_[A-Za-z0-9]{1,8}){0,2}")
NOTATION = ("sigma", "t", "T", ROLES.loss, ROLES.prediction, "e", WEIGHT)  # in every network or formula
MARKS = ("delta", "I", "partial", "loss", "top", "ones")  # symbols with a meaning of their own on paper
TIMES, INDICES = ("t", "T", "j", "k"), ("i", "p", "q", "r")  # these letters are no axes
POSITIVE = "positive"  # what may be said of the domain of a parameter
MOST_NAMES = 200
MOST_TEXT = 300
MOST_NAME = 60  # it stands at the head of every page


@dataclass(frozen=True)
class CellFile:
    """What a cell file says."""

    name: Annotated[str, Text(MOST_NAME)]
    source: Annotated[str, Text(MOST_TEXT)]
    states: list[Any]
    parameters: dict[str, Any]
    equations: dict[str, Any]
    description: Annotated[str, Text(MOST_TEXT)] = ""
    signals: dict[str, Any] = field(default_factory=dict)
    meanings: dict[str, Any] = field(default_factory=dict)
    domains: dict[str, Any] = field(default_factory=dict)


def builtin_cells() -> list[str]:
    """Names of the cells that come with symrnn."""
    return sorted(path.stem for path in (HERE / "cells").glob("*.toml"))


def find(name: str | Path, folder: Path | None = None) -> Path:
    """Return the file of a built-in cell by name, or a path, relative to a folder if one is given.

    Raises
    ------
    CellError
        If it is neither.
    """
    if str(name) in builtin_cells():
        return HERE / "cells" / f"{name}.toml"
    path = Path(name) if folder is None else folder / name
    if path.suffix == ".toml" or path.exists():
        return path
    near = difflib.get_close_matches(str(name), builtin_cells(), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise CellError(
        f"there is no cell {str(name)!r:.60}; accepted: {', '.join(builtin_cells())}, or the path of a .toml"
        f" file{hint}"
    )


def define(where: str, data: Mapping[str, Any], activation: str, lines: Lines = NO_LINES) -> Cell:
    """Turn the data of a cell file into a cell up to its logits.

    ``where`` begins every message; ``lines`` says in which line of the file a key stands.
    """
    said = read_table(where, data, CellFile)
    parameters, signals = _names(where, said, lines)
    start = Cell(said.name, said.source, said.description, tuple(said.states), parameters, signals, ())
    cell = continued(start, where, said.equations, activation, lines)
    _check_use(where, cell, lines)
    applied = {node for equation in cell.step for node in equation.expression.atoms(Apply)}
    return replace(
        cell,
        activation=activation if any(node.symbol == "sigma" for node in applied) else "",
        meanings=short_texts(f"{where}, [meanings]", said.meanings, (*parameters, *cell.signals)),
        positive=_positive(f"{where}, [domains]", said.domains, parameters),
    )


def _positive(where: str, table: Mapping[str, Any], parameters: Collection[str]) -> frozenset[str]:
    """Return the parameters that a file says are positive."""
    for name, domain in table.items():
        if name not in parameters:
            accepted = ", ".join(parameters)
            raise CellError(f"{where}: there is no parameter {name!r:.60}; accepted: {accepted}")
        if domain != POSITIVE:
            raise CellError(
                f"{where}: {name} is {domain!r:.60}; accepted: {POSITIVE!r}, or no entry for {name}"
            )
    return frozenset(table)


def _names(where: str, said: CellFile, lines: Lines) -> tuple[dict[str, Shape], dict[str, Shape]]:
    """Return parameters and signals with their shapes: every name plain, and each the name of one thing."""
    for table, names in (("parameters", said.parameters), ("equations", said.equations)):
        if not 1 <= len(names) <= MOST_NAMES:
            raise CellError(f"{where}: [{table}] has {len(names)} entries; accepted: 1 to {MOST_NAMES}")
    for name in (*said.states, *said.equations):
        _check_name(where, name)
    if len(set(said.states)) != len(said.states) or not said.states:
        raise CellError(f"{where}: states {said.states!r:.60} must be one or more different names")
    parameters = _shapes(where, "parameters", said.parameters, lines, most=2)
    declared = _shapes(where, "signals", said.signals, lines, most=1)
    signals = {**DEFAULT_AXES, **{name: ("d",) for name in said.states}, **declared}
    named = signals.keys() | said.equations.keys()
    for name in sorted(parameters.keys() & named):
        raise CellError(f"{where}: {name} is a parameter and a signal; give one of them another name")
    for name in sorted(parameters.keys() | named):
        if looks := like_a_time(name, named):
            raise CellError(f"{where}: on paper {name} {looks}; give one of them another name")
    for name in DEFAULT_AXES.keys() & said.equations.keys():
        raise CellError(f"{where}: {name} is given, it has no equation; give yours another name")
    for name in declared.keys() - DEFAULT_AXES.keys() - said.equations.keys():
        given = ", ".join(DEFAULT_AXES)
        raise CellError(f"{where}, [signals]: there is no equation for {name}; accepted: {given} or a signal")
    if ROLES.logits not in said.equations:
        z = ROLES.logits
        raise CellError(f"{where}: the loss reads the logits {z}; add an equation {z}, such as V @ s[t] + c")
    return parameters, signals


def _check_use(where: str, cell: Cell, lines: Lines) -> None:
    """Check that states have equations, what is given is read, and logits have the axes of targets."""
    x, y, z = ROLES.input, ROLES.target, ROLES.logits
    computed = {equation.target.name for equation in cell.step}
    for state in cell.states:
        if state not in computed:
            raise CellError(f"{where}: the state {state} has no equation; add an equation {state}")
    if not cell.signals[z] or not cell.signals[y]:
        number = z if not cell.signals[z] else y
        raise CellError(
            f"{where}: {number} is a number, but the loss adds over the entries of {z} and {y}; accepted: an"
            f' axis for both, of size 1 if need be, such as V = ["m", "d"] in {z} = V @ s[t]'
        )
    if cell.signals[z] != cell.signals[y]:
        raise CellError(
            f"{where}: the logits {z} have the axes {cell.signals[z]}, the targets {y} {cell.signals[y]};"
            f" accepted: the same, {y} may be given others under [signals]"
        )
    used = {v.name for equation in cell.step for v in equation.used}
    if unused := [name for name in cell.parameters if name not in used]:
        place = f"{where}{line_of(lines, 'parameters', unused[0])}"
        raise CellError(f"{place}: the parameter {unused[0]} occurs in no equation; accepted: one that does")
    if x not in used:
        raise CellError(
            f"{where}: no equation reads the input {x}; accepted: one that does, such as U @ {x}[t]"
        )


def continued(
    cell: Cell, where: str, equations: Mapping[str, Any], activation: str = "", lines: Lines = NO_LINES
) -> Cell:
    """Return a cell with further equations; each uses what is given, what it follows, or a state before."""
    for name, text in equations.items():
        place = f"{where}{line_of(lines, 'equations', name)}, equation {name!r}"
        made = _equation(place, name, text, cell, activation)
        signals = {**cell.signals, name: made.target.shape}
        cell = replace(cell, step=(*cell.step, made), signals=signals)
    return cell


def _equation(place: str, name: str, text: Any, cell: Cell, activation: str) -> Equation:
    """Read the equation that comes next in a cell."""
    if not isinstance(text, str):
        raise CellError(f'{place}: found {text!r:.60}; accepted: text such as "tanh(a[t])"')
    try:
        expression = parse(text, cell.parameters, cell.signals, activation)
        made = Equation(Variable(name, cell.signals.get(name, expression.shape), STEP), expression)
    except (ParseError, ShapeError) as error:
        raise CellError(f"{place}: {error}") from None
    if expression.rank > 1:
        raise CellError(
            f"{place}: it has the axes {expression.shape}; accepted: a number or a vector, since derivatives"
            " of a matrix-valued signal are not derived to the end"
        )
    defined = {equation.target for equation in cell.step}
    for variable in made.used:
        if variable.name in DEFAULT_AXES or variable.time is None:
            if variable.time == STEP - 1:
                raise CellError(f"{place}: {variable} is not available; accepted: {variable.name}[t]")
        elif variable.time == STEP and variable not in defined:
            raise CellError(
                f"{place}: it uses {variable} before its definition (a cycle, or equations out of order);"
                f" accepted: {variable.name}[t-1], or an equation for {variable.name} further up"
            )
        elif variable.time == STEP - 1 and variable.name not in cell.states:
            raise CellError(
                f"{place}: it uses {variable}, but only states are carried over; states ="
                f" {list(cell.states)};"
                f" accepted: {variable.name}[t], or {variable.name} among the states"
            )
    return made


def _check_name(where: str, name: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise CellError(
            f"{where}: the name {name!r:.60} is not a plain symbol; accepted: such as W, s or b_hn"
        )
    if name in (*NOTATION, *MARKS):
        raise CellError(
            f"{where}: the name {name} is taken; accepted: none of {', '.join((*NOTATION, *MARKS))}"
        )
    if name.endswith("_bar"):
        raise CellError(f"{where}: the name {name} is that of an adjoint; accepted: one without _bar")


def like_a_time(name: str, signals: Collection[str]) -> str:
    """Say what a name looks like on paper if it looks like a signal at some time; else nothing."""
    base, _, last = name.rpartition("_")
    timed = base in signals and (last.isdecimal() or last in TIMES)
    return f"looks like {base} at step {last}" if timed else ""


def _shapes(file: str, key: str, table: Mapping[str, Any], lines: Lines, most: int) -> dict[str, Shape]:
    shapes = {}
    for name, axes in table.items():
        where = f"{file}{line_of(lines, key, name)}, [{key}]"
        _check_name(where, name)
        plain = isinstance(axes, list) and all(isinstance(a, str) and NAME.fullmatch(a) for a in axes)
        if not plain or len(axes) > most:
            such = '["d", "n"] or ["d"]' if most > 1 else '["d"], one axis at most'
            raise CellError(f"{where}: the shape of {name} is {axes!r:.60}; accepted: such as {such}")
        for axis in axes:
            if axis in (*TIMES, *INDICES):
                raise CellError(
                    f"{where}: the axis {axis} of {name} is the letter of a time or an index; accepted: other"
                    f" names than {', '.join((*TIMES, *INDICES))}"
                )
        shapes[name] = tuple(axes)
    return shapes
