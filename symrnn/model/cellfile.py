"""A cell file: found by name or path, read within limits, checked, and turned into the equations of a step.

Every message names the file, the place, what was found and what would be accepted. A name must be one that
paper can carry: a plain symbol that is no mark of the notation (such as δ), and that stays distinguishable
from the others with a time behind it (``s_{1}`` is s at step 1, so nothing else is called s_1). Signals are
numbers or vectors: derivatives of matrices by matrices are not derived to the end.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symrnn.model.equation import STEP, WEIGHT, Equation
from symrnn.model.parse import ParseError, parse
from symrnn.model.toml import FileError, check_keys, check_text, short_texts
from symrnn.tensor import Shape, ShapeError, Variable

HERE = Path(__file__).parent
DEFAULT_AXES = {"x": ("n",), "y": ("m",)}
NAME = re.compile(r"[A-Za-z]{1,12}(_[A-Za-z0-9]{1,8}){0,2}")
NOTATION = ("sigma", "t", "T", "L", "yhat", "e", WEIGHT)  # what stands in every network or formula
MARKS = ("delta", "I", "partial", "loss", "top", "ones")  # symbols with a meaning of their own on paper
TIMES_AND_INDICES = ("t", "T", "i", "j", "k", "p", "q", "r")  # these letters are no axes
MOST_NAMES = 200
MOST_TEXT = 300
MOST_NAME = 60  # it stands at the head of every page
REQUIRED = {"name": str, "source": str, "states": list, "parameters": dict, "equations": dict}
OPTIONAL = {"description": str, "signals": dict, "meanings": dict}


class CellError(FileError):
    """A cell file that cannot be used; the message names file, equation, piece and what is accepted."""


@dataclasses.dataclass(frozen=True)
class Definition:
    """What a cell file says, one step up to the logits z; attributes as in ``symrnn.model.cell.Cell``."""

    name: str
    source: str
    description: str
    states: tuple[str, ...]
    parameters: Mapping[str, Shape]
    signals: Mapping[str, Shape]
    step: tuple[Equation, ...]
    meanings: Mapping[str, str]


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
        f"there is no cell {str(name)!r:.60}; built-in: {', '.join(builtin_cells())};"
        f" or give the path of a .toml file{hint}"
    )


def define(where: str, data: dict[str, Any], activation: str) -> Definition:
    """Turn the data of a cell file into a definition; ``where`` begins every message."""
    check_keys(where, data, REQUIRED, OPTIONAL)
    check_texts(where, data)
    for table in ("parameters", "equations"):
        if not 1 <= len(data[table]) <= MOST_NAMES:
            raise CellError(f"{where}: [{table}] has {len(data[table])} entries; accepted: 1 to {MOST_NAMES}")
    states = tuple(data["states"])
    for name in (*states, *data["equations"]):
        _check_name(where, name)
    if len(set(states)) != len(states) or not states:
        raise CellError(f"{where}: states {data['states']!r:.60} must be one or more different names")
    parameters = _shapes(f"{where}, [parameters]", data["parameters"], most=2)
    declared = _shapes(f"{where}, [signals]", data.get("signals", {}), most=1)
    signals = {**DEFAULT_AXES, **{name: ("d",) for name in states}, **declared}
    named = signals.keys() | data["equations"].keys()
    for name in sorted(parameters.keys() & named):
        raise CellError(f"{where}: {name} is a parameter and a signal; give one of them another name")
    _check_paper(where, named, parameters.keys() | named)
    for name in DEFAULT_AXES.keys() & data["equations"].keys():
        raise CellError(f"{where}: {name} is given, it has no equation; give yours another name")
    for name in declared.keys() - DEFAULT_AXES.keys() - data["equations"].keys():
        raise CellError(f"{where}, [signals]: there is no equation for {name}; accepted: x, y or a signal")
    if "z" not in data["equations"]:
        raise CellError(f"{where}: the loss reads the logits z; add an equation z, such as V @ s[t] + c")
    step: list[Equation] = []
    for name, text in data["equations"].items():
        step.append(
            equation(f"{where}, equation {name!r}", name, text, parameters, signals, step, states, activation)
        )
        signals[name] = step[-1].target.shape
    for state in states:
        if state not in data["equations"]:
            raise CellError(f"{where}: the state {state} has no equation")
    if signals["z"] != signals["y"]:
        raise CellError(
            f"{where}: the logits z have the axes {signals['z']}, the targets y {signals['y']}; accepted: the"
            " same, y may be given others under [signals]"
        )
    used = {v.name for e in step for v in e.expression.variables()}
    if unused := [name for name in parameters if name not in used]:
        raise CellError(f"{where}: the parameter {unused[0]} occurs in no equation")
    if "x" not in used:
        raise CellError(f"{where}: no equation reads the input x; accepted: one that does, such as U @ x[t]")
    described = data["name"], data["source"], data.get("description", "")
    meanings = short_texts(f"{where}, [meanings]", data.get("meanings", {}), (*parameters, *signals))
    return Definition(*described, states, parameters, signals, tuple(step), meanings)


def equation(
    place: str,
    name: str,
    text: Any,
    parameters: Mapping[str, Shape],
    signals: Mapping[str, Shape],
    before: Sequence[Equation],
    states: Sequence[str],
    activation: str,
) -> Equation:
    """Read one equation; what it uses must be given, defined before it, or a state of the step before."""
    if not isinstance(text, str):
        raise CellError(f'{place}: found {text!r:.60}; accepted: text such as "tanh(a[t])"')
    try:
        expression = parse(text, parameters, signals, activation)
        made = Equation(Variable(name, signals.get(name, expression.shape), STEP), expression)
    except (ParseError, ShapeError) as error:
        raise CellError(f"{place}: {error}") from None
    if expression.rank > 1:
        raise CellError(
            f"{place}: it has the axes {expression.shape}; accepted: a number or a vector, since derivatives"
            " of a matrix-valued signal are not derived to the end"
        )
    defined = {e.target for e in before}
    for variable in expression.variables():
        if variable.name in DEFAULT_AXES or variable.time is None:
            if variable.time == STEP - 1:
                raise CellError(f"{place}: {variable} is not available; accepted: {variable.name}[t]")
        elif variable.time == STEP and variable not in defined:
            raise CellError(
                f"{place}: it uses {variable} before its definition (a cycle, or equations out of order);"
                f" accepted: {variable.name}[t-1], or an equation for {variable.name} further up"
            )
        elif variable.time == STEP - 1 and variable.name not in states:
            raise CellError(
                f"{place}: it uses {variable}, but only states are carried over; states = {list(states)}"
            )
    return made


def check_texts(where: str, data: Mapping[str, Any]) -> None:
    """Check what is said of a cell: it stands in messages and reports."""
    for key in ("name", "source", "description"):
        check_text(where, key, data.get(key, "-"), MOST_NAME if key == "name" else MOST_TEXT)


def _check_name(where: str, name: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise CellError(
            f"{where}: the name {name!r:.60} is not a plain symbol; accepted: such as W, s or b_hn"
        )
    if name in (*NOTATION, *MARKS):
        raise CellError(f"{where}: the name {name} is taken; reserved: {', '.join((*NOTATION, *MARKS))}")
    if name.endswith("_bar"):
        raise CellError(f"{where}: the name {name} is that of an adjoint; accepted: one without _bar")


def _check_paper(where: str, signals: Any, names: Any) -> None:
    """Refuse a name that looks like another one with its time: s_1 beside s is s at step 1."""
    for name in sorted(names):
        base, _, last = name.rpartition("_")
        if base in signals and (last.isdecimal() or last in ("t", "k", "j")):
            raise CellError(
                f"{where}: on paper {name} looks like {base} at step {last}; give one of them another name"
            )


def _shapes(where: str, table: Mapping[str, Any], most: int) -> dict[str, Shape]:
    shapes = {}
    for name, axes in table.items():
        _check_name(where, name)
        plain = isinstance(axes, list) and all(isinstance(a, str) and NAME.fullmatch(a) for a in axes)
        if not plain or len(axes) > most:
            such = '["d", "n"] or ["d"]' if most > 1 else '["d"], one axis at most'
            raise CellError(f"{where}: the shape of {name} is {axes!r:.60}; accepted: such as {such}")
        for axis in axes:
            if axis in TIMES_AND_INDICES:
                raise CellError(
                    f"{where}: the axis {axis} of {name} is the letter of a time or an index; accepted: other"
                    f" names than {', '.join(TIMES_AND_INDICES)}"
                )
        shapes[name] = tuple(axes)
    return shapes
