"""Renaming: the same expression, or the same cell, with other names of variables and axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from symrnn.model.cell import Cell
from symrnn.model.equation import Equation
from symrnn.tensor import Constant, Plus, Shape, Tensor, Variable, plain, plus

Names = Mapping[str, tuple[str, ...]]


def renamed(tensor: Any, names: Names, axes: Mapping[str, str]) -> Any:
    """Return an expression with other names; a variable of several names becomes their sum.

    What ``names`` and ``axes`` do not mention stays as it is.
    """
    match tensor:
        case Variable():
            new, shape = names.get(tensor.name, (tensor.name,)), _renamed_shape(tensor.shape, axes)
            return plus(Variable(name, shape, tensor.time) for name in new)
        case Constant():
            return tensor.func(_renamed_shape(map(plain, tensor.args[0]), axes))
        case Plus():
            return plus(renamed(part, names, axes) for part in tensor.args)
        case Tensor():
            return tensor.func(*(renamed(part, names, axes) for part in tensor.args))
    return tensor


def renamed_cell(cell: Cell, names: Names, axes: Mapping[str, str]) -> Cell:
    """Return a cell with other names, each in every place where the cell says it."""

    def table(old: Mapping[str, Any]) -> dict[str, Any]:
        return {new: entry for name, entry in old.items() for new in names.get(name, (name,))}

    def shapes(old: Mapping[str, Shape]) -> dict[str, Shape]:
        return {name: _renamed_shape(shape, axes) for name, shape in table(old).items()}

    return replace(
        cell,
        states=tuple(table(dict.fromkeys(cell.states))),
        parameters=shapes(cell.parameters),
        signals=shapes(cell.signals),
        step=tuple(
            Equation(renamed(e.target, names, axes), renamed(e.expression, names, axes)) for e in cell.step
        ),
        meanings=table(cell.meanings),
        positive=frozenset(table(dict.fromkeys(cell.positive))),
    )


def _renamed_shape(shape: Iterable[str], axes: Mapping[str, str]) -> Shape:
    return tuple(axes.get(axis, axis) for axis in shape)
