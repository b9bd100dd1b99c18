"""Layers: a cell composed of cells, without new equations.

A file with ``layers = ["lstm", "gru"]`` stacks them: each layer reads what the logits of the layer below
read, in place of x; only the last layer has logits. Names get the number of their layer as a suffix
(``W_i_1``, ``h_2``), and so do axes, except those of the input and the targets. What follows a cell file,
derivations, sweep, reports, does not know that a cell has layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from symrnn.model.cellfile import CellError, Definition, check_texts, define, find
from symrnn.model.equation import STEP, Equation
from symrnn.model.toml import FileError, check_keys, read_toml
from symrnn.tensor import Constant, Shape, Tensor, Variable, plain

REQUIRED = {"name": str, "source": str, "layers": list}
OPTIONAL = {"description": str}
IN_LAYER = ", layer "  # between what a symbol means in its layer, and the number of the layer
MOST_LAYERS = 9  # one digit behind a name


def read_definition(file: Path, activation: str) -> Definition:
    """Read a cell file, of one cell or of layers.

    Raises
    ------
    CellError
        If it is not one; the message says what would be accepted.
    """
    where, data = f"cell file {file}", read_toml(file)
    if "layers" not in data:
        return define(where, data, activation)
    check_keys(where, data, REQUIRED, OPTIONAL)
    check_texts(where, data)
    names = data["layers"]
    if not 2 <= len(names) <= MOST_LAYERS or not all(isinstance(name, str) for name in names):
        raise CellError(
            f'{where}: layers is {names!r:.60}; accepted: 2 to {MOST_LAYERS} cells, such as ["lstm", "gru"]'
        )
    return stack(where, data, [_layer(where, file.parent, name, activation) for name in names])


def _layer(where: str, folder: Path, name: str, activation: str) -> Definition:
    try:
        file = find(name, folder)
        data = read_toml(file)
    except FileError as error:
        raise CellError(f"{where}, layer {name!r:.60}: {error}") from None
    if "layers" in data:
        raise CellError(f"{where}: the layer {name!r:.60} has layers itself; accepted: cells without layers")
    return define(f"cell file {file}", data, activation)


def stack(where: str, said: Mapping[str, Any], parts: list[Definition]) -> Definition:
    """Compose definitions: the first one reads the input, the last one gives the logits."""
    outside = parts[0].signals["x"]
    below, layers = Variable("x", outside, STEP), []
    for number, part in enumerate(parts, start=1):
        place = f"{where}: layer {number} ({part.name})"
        if len(part.signals["x"]) != 1:
            raise CellError(f"{place}: its x has the axes {part.signals['x']}; accepted: one axis")
        top = number == len(parts)
        output = Variable("z", part.signals["z"], STEP) if top else _output(place, part)
        part = part if top else _without_logits(place, part, output)
        kept = {axis: axis for axis in part.signals["y"] if axis not in outside} if top else {}
        axes = kept | dict(zip(part.signals["x"], below.shape))
        for axis in (a for shape in (*part.parameters.values(), *part.signals.values()) for a in shape):
            axes.setdefault(axis, f"{axis}_{number}")
        names = {name: f"{name}_{number}" for name in (*part.parameters, *part.signals)} | {"x": below.name}
        names |= {"y": "y", "z": "z"} if top else {}
        layers.append(_relabelled_cell(part, names, axes))
        below = relabelled(output, names, axes)
    return Definition(
        said["name"],
        said["source"],
        said.get("description", ""),
        states=tuple(state for layer in layers for state in layer.states),
        parameters={name: shape for layer in layers for name, shape in layer.parameters.items()},
        signals={name: shape for layer in layers for name, shape in layer.signals.items()},
        step=tuple(equation for layer in layers for equation in layer.step),
        meanings={
            name: f"{words}{IN_LAYER}{number}"
            for number, layer in enumerate(layers, start=1)
            for name, words in layer.meanings.items()
        },
    )


def _output(place: str, part: Definition) -> Variable:
    """Return the signal that a layer hands to the next: the one its logits read."""
    logits = next(e.expression for e in part.step if e.target.name == "z")
    read = sorted((v for v in logits.variables() if v.time is not None), key=str)
    if len(read) != 1 or read[0].time != STEP or read[0].rank != 1 or read[0].name in ("x", "y"):
        found = ", ".join(map(str, read)) or "no signal"
        raise CellError(
            f"{place}: its z reads {found}; accepted: a cell whose z reads one vector signal of"
            " the same step, the input of the next layer"
        )
    return read[0]


def _without_logits(place: str, part: Definition, output: Variable) -> Definition:
    """Return a layer without what neither its states nor its output need: the logits and their parameters."""
    needed = {output.name, *part.states}
    for equation in reversed(part.step):
        if equation.target.name in needed:
            needed |= {v.name for v in equation.expression.variables()}
    if "y" in needed:
        raise CellError(f"{place}: it reads the targets y; accepted: only the last layer does")
    return replace(
        part,
        step=tuple(equation for equation in part.step if equation.target.name in needed),
        parameters={name: shape for name, shape in part.parameters.items() if name in needed},
        signals={name: shape for name, shape in part.signals.items() if name in needed or name == "x"},
        meanings={name: words for name, words in part.meanings.items() if name in needed},
    )


def _relabelled_cell(part: Definition, names: Mapping[str, str], axes: Mapping[str, str]) -> Definition:
    def shapes(table: Mapping[str, Shape]) -> dict[str, Shape]:
        return {names[name]: tuple(axes[axis] for axis in shape) for name, shape in table.items()}

    return replace(
        part,
        states=tuple(names[state] for state in part.states),
        parameters=shapes(part.parameters),
        signals=shapes(part.signals),
        step=tuple(
            Equation(*(relabelled(side, names, axes) for side in (e.target, e.expression))) for e in part.step
        ),
        meanings={names[n]: words for n, words in part.meanings.items() if n != "x" or names["x"] == "x"},
    )


def relabelled(tensor: Any, names: Mapping[str, str], axes: Mapping[str, str]) -> Any:
    """Return an expression with other names of variables and axes."""
    match tensor:
        case Variable():
            return Variable(names[tensor.name], [axes[axis] for axis in tensor.shape], tensor.time)
        case Constant():
            return tensor.func([axes[plain(axis)] for axis in tensor.args[0]])
        case Tensor():
            return tensor.func(*(relabelled(part, names, axes) for part in tensor.args))
    return tensor
