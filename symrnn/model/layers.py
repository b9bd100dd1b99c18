"""Layers: a cell composed of cells, without new equations.

A file with ``layers = ["lstm", "gru"]`` stacks them: each layer reads what the logits of the layer below
read, in place of x; only the last layer has logits. Names get the number of their layer as a suffix
(``W_i_1``, ``h_2``), and so do axes, except those of the input and the targets. What follows a cell file,
derivations, sweep, reports, does not know that a cell has layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from symrnn.model.cell import DEFAULT_AXES, Cell, CellError
from symrnn.model.cellfile import MOST_NAME, MOST_TEXT, define, find
from symrnn.model.equation import STEP
from symrnn.model.files import FileError
from symrnn.model.renaming import renamed, renamed_cell
from symrnn.model.roles import ROLES
from symrnn.model.toml import Text, key_lines, read_table, read_toml
from symrnn.tensor import Shape, Variable

IN_LAYER = ", layer "  # between what a symbol means in its layer, and the number of the layer
MOST_LAYERS = 9  # one digit behind a name


@dataclass(frozen=True)
class StackFile:
    """What a file of layers says."""

    name: Annotated[str, Text(MOST_NAME)]
    source: Annotated[str, Text(MOST_TEXT)]
    layers: list[Any]
    description: Annotated[str, Text(MOST_TEXT)] = ""


def read_equations(file: Path, activation: str) -> Cell:
    """Read a cell file, of one cell or of layers, up to the logits.

    Raises
    ------
    FileError
        If it is not one; the message says what would be accepted.
    """
    where, data = f"cell file {file}", read_toml(file)
    if "layers" not in data:
        return define(where, data, activation, key_lines(file))
    said = read_table(where, data, StackFile)
    if not 2 <= len(said.layers) <= MOST_LAYERS or not all(isinstance(name, str) for name in said.layers):
        raise CellError(
            f"{where}: layers is {said.layers!r:.60}; accepted: 2 to {MOST_LAYERS} cells, such as"
            ' ["lstm", "gru"]'
        )
    return stack(where, said, [_read_layer(where, file.parent, name, activation) for name in said.layers])


def _read_layer(where: str, folder: Path, name: str, activation: str) -> Cell:
    try:
        file = find(name, folder)
        data = read_toml(file)
    except FileError as error:
        raise CellError(f"{where}, layer {name!r:.60}: {error}") from None
    if "layers" in data:
        raise CellError(f"{where}: the layer {name!r:.60} has layers itself; accepted: cells without layers")
    return define(f"cell file {file}", data, activation, key_lines(file))


def stack(where: str, said: StackFile, parts: list[Cell]) -> Cell:
    """Compose cells: the first one reads the input, the last one gives the logits."""
    layers = list(_layers(where, parts))
    return Cell(
        said.name,
        said.source,
        said.description,
        states=tuple(state for layer in layers for state in layer.states),
        parameters={name: shape for layer in layers for name, shape in layer.parameters.items()},
        signals={name: shape for layer in layers for name, shape in layer.signals.items()},
        step=tuple(equation for layer in layers for equation in layer.step),
        activation=next((layer.activation for layer in layers if layer.activation), ""),
        meanings={
            name: f"{words}{IN_LAYER}{number}"
            for number, layer in enumerate(layers, start=1)
            for name, words in layer.meanings.items()
        },
        positive=frozenset(name for layer in layers for name in layer.positive),
    )


def _layers(where: str, parts: list[Cell]) -> Iterator[Cell]:
    """Yield each cell under the names of its layer, reading what the one below hands on."""
    outside = parts[0].signals[ROLES.input]
    below = Variable(ROLES.input, outside, STEP)
    for number, part in enumerate(parts, start=1):
        place = f"{where}: layer {number} ({part.name})"
        if len(read := part.signals[ROLES.input]) != 1:
            raise CellError(f"{place}: its x has the axes {read}; accepted: one axis")
        top = number == len(parts)
        output = Variable(ROLES.logits, part.signals[ROLES.logits], STEP) if top else _output(place, part)
        layer = part if top else _without_logits(place, part, output)
        if number > 1:  # its input is what the layer below says it is
            layer = replace(layer, meanings={n: m for n, m in layer.meanings.items() if n != ROLES.input})
        names, axes = _numbered(layer, number, below, outside if top else None)
        yield renamed_cell(layer, names, axes)
        below = renamed(output, names, axes)


def _numbered(
    part: Cell, number: int, below: Variable, outside: Shape | None
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return names and axes with the number of a layer behind them, those of the input from the layer below.

    The last layer, which knows the axes of the input from ``outside``, keeps target and logits as they are.
    """
    shapes = (*part.parameters.values(), *part.signals.values())
    names: dict[str, tuple[str, ...]] = {
        name: (f"{name}_{number}",) for name in (*part.parameters, *part.signals)
    }
    axes = {axis: f"{axis}_{number}" for shape in shapes for axis in shape}
    if outside is not None:
        names |= {name: (name,) for name in (ROLES.target, ROLES.logits)}
        axes |= {axis: axis for axis in part.signals[ROLES.target] if axis not in outside}
    names[ROLES.input] = (below.name,)
    return names, axes | dict(zip(part.signals[ROLES.input], below.shape))


def _output(place: str, part: Cell) -> Variable:
    """Return the signal that a layer hands to the next: the one its logits read."""
    logits = next(e.expression for e in part.step if e.target.name == ROLES.logits)
    read = sorted((v for v in logits.variables() if v.time is not None), key=str)
    if len(read) != 1 or read[0].time != STEP or read[0].rank != 1 or read[0].name in DEFAULT_AXES:
        found = ", ".join(map(str, read)) or "no signal"
        raise CellError(
            f"{place}: its z reads {found}; accepted: a cell whose z reads one vector signal of"
            " the same step, the input of the next layer"
        )
    return read[0]


def _without_logits(place: str, part: Cell, output: Variable) -> Cell:
    """Return a layer without what neither its states nor its output need: the logits and their parameters."""
    needed = {output.name, *part.states}
    for equation in reversed(part.step):
        if equation.target.name in needed:
            needed |= {v.name for v in equation.expression.variables()}
    if ROLES.target in needed:
        raise CellError(f"{place}: it reads the targets y; accepted: only the last layer does")
    return replace(
        part,
        step=tuple(equation for equation in part.step if equation.target.name in needed),
        parameters={name: shape for name, shape in part.parameters.items() if name in needed},
        signals={
            name: shape for name, shape in part.signals.items() if name in needed or name == ROLES.input
        },
        meanings={name: words for name, words in part.meanings.items() if name in needed},
        positive=part.positive & needed,
    )
