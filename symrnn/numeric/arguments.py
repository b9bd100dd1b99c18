"""What callers hand to the numeric interface, checked, and brought into the shapes of generated code.

Generated code has a batch axis behind the time axis everywhere, and a last axis of length 1 for numbers.
Callers may leave the batch out; what they get back has the axes of what they gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symrnn.model import Cell
from symrnn.numeric.codegen.names import start
from symrnn.tensor import Shape, ShapeError
from symrnn.witness import Array

Given = Mapping[str, npt.ArrayLike]


@dataclass(frozen=True)
class Arguments:
    """Arrays in the shapes of generated code.

    Attributes
    ----------
    cell : Cell
    sizes : dict of axis to int
    parameters : dict of str to ndarray
        In the order of the cell; numbers have shape (1,).
    x : ndarray, shape (T, B, n)
    initial : dict of state to ndarray, shape (B, d)
    batch : tuple of int
        (B,), or () where the caller gave one sequence.
    """

    cell: Cell
    sizes: dict[str, int]
    parameters: dict[str, Array]
    x: Array
    initial: dict[str, Array]
    batch: tuple[int, ...]

    @property
    def steps(self) -> int:
        """T."""
        return len(self.x)

    @property
    def width(self) -> int:
        """B."""
        return self.x.shape[1]

    def targets(self, targets: npt.ArrayLike) -> Array:
        """Return target vectors, shape (T, B, m); class indices become one-hot vectors.

        Raises
        ------
        ShapeError
            If a shape or a class does not fit, or there is one class only.
        """
        if why := self.cell.single_class(self.sizes):
            raise ShapeError(f"{self.cell.name}: {why}")
        array, lead = np.asarray(targets), (self.steps, *self.batch)
        classes = self.size(self.cell.signals[self.cell.roles.target])
        if array.dtype.kind in "iu":
            if array.shape != lead:
                raise ShapeError(f"class indices have shape {array.shape}; accepted: {lead}")
            if array.size and not 0 <= array.min() <= array.max() < classes:
                raise ShapeError(f"a target class lies outside 0 to {classes - 1}")
            array = np.eye(classes)[array]
        floats = _floats("targets", array)
        if floats.shape != (*lead, classes):
            raise ShapeError(f"target vectors have shape {floats.shape}; accepted: {(*lead, classes)}")
        return floats.reshape((self.steps, self.width, classes))

    def weights(self, mask: npt.ArrayLike | None) -> Array:
        """Return the weight of every loss, shape (T, B), ones by default.

        Raises
        ------
        ShapeError
            If the mask fits neither the steps nor the steps and the batch.
        """
        lead = (self.steps, *self.batch)
        weights = np.ones(lead) if mask is None else _floats("the mask", mask)
        if weights.shape == (self.steps,) and self.batch:
            weights = np.broadcast_to(weights[:, None], lead)
        if weights.shape != lead:
            raise ShapeError(f"the mask has shape {weights.shape}; accepted: {(self.steps,)} or {lead}")
        return np.ascontiguousarray(weights.reshape((self.steps, self.width)))

    def size(self, shape: Shape) -> int:
        """Length of the last axis; 1 for a number."""
        return self.sizes[shape[-1]] if shape else 1

    def natural(self, gradients: Mapping[str, Array]) -> dict[str, Array]:
        """Return gradients with the axes of what they belong to."""
        shapes = {name: array.shape for name, array in self.parameters.items()}
        for name, shape in self.cell.parameters.items():
            shapes[name] = tuple(self.sizes[axis] for axis in shape)
        for state in self.cell.states:
            shapes[start(state)] = (*self.batch, *(self.sizes[axis] for axis in self.cell.signals[state]))
        shapes[self.cell.roles.input] = (self.steps, *self.batch, self.x.shape[-1])
        return {name: np.array(array).reshape(shapes[name]) for name, array in gradients.items()}


def read_arguments(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, initial: Given | None = None
) -> Arguments:
    """Check and arrange parameters, inputs and initial states; shapes as in ``symrnn.gradients``.

    Raises
    ------
    ShapeError
        If a name, a shape or a number does not fit.
    """
    arrays = _parameters(cell, parameters)
    sizes = _sizes(cell, arrays)
    x, (axis,) = _floats("inputs", inputs), cell.input_shape
    wanted = sizes.setdefault(axis, x.shape[-1] if x.ndim else 0)
    if x.ndim not in (2, 3) or x.shape[-1] != wanted or not len(x):
        raise ShapeError(f"inputs have shape {x.shape}; accepted: (T, {wanted}) or (T, batch, {wanted})")
    batch = x.shape[1:-1]
    x = np.ascontiguousarray(x.reshape((len(x), *(batch or (1,)), wanted)))
    values = {name: array if array.ndim else array.reshape(1) for name, array in arrays.items()}
    return Arguments(cell, sizes, values, x, _initial(cell, sizes, initial, batch), batch)


def _floats(what: str, array: npt.ArrayLike) -> Array:
    floats = np.asarray(array, dtype=float)
    if not np.isfinite(floats).all():
        raise ShapeError(f"{what} hold a number that is not finite")
    return floats


def _parameters(cell: Cell, parameters: Given) -> dict[str, Array]:
    for name in parameters:
        if name not in cell.parameters:
            accepted = ", ".join(cell.parameters)
            raise ShapeError(f"{cell.name} has no parameter {name!r}; it has {accepted}")
    arrays = {}
    for name, shape in cell.parameters.items():
        if name not in parameters:
            raise ShapeError(f"the parameter {name} is missing; its axes are {shape}")
        arrays[name] = np.ascontiguousarray(_floats(f"the parameter {name}", parameters[name]))
        arrays[name] = arrays[name].reshape(np.shape(parameters[name]))  # numbers would have got an axis
        if arrays[name].ndim != len(shape):
            raise ShapeError(f"the parameter {name} has shape {arrays[name].shape}; its axes are {shape}")
    return arrays


def _sizes(cell: Cell, arrays: Mapping[str, Array]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for name, shape in cell.parameters.items():
        for axis, size in zip(shape, arrays[name].shape):
            if sizes.setdefault(axis, size) != size:
                raise ShapeError(
                    f"the parameter {name} has shape {arrays[name].shape}; axis {axis} was {sizes[axis]}"
                )
    return sizes


def _initial(
    cell: Cell, sizes: dict[str, int], initial: Given | None, batch: tuple[int, ...]
) -> dict[str, Array]:
    given = dict(initial or {})
    for name in given:
        if name not in cell.states:
            raise ShapeError(f"{cell.name} has no state {name!r}; it has {', '.join(cell.states)}")
    states = {}
    for name in cell.states:
        axes = cell.signals[name]
        array = _floats(f"the initial state {name}", given[name]) if name in given else None
        for axis in axes:  # a state that no parameter touches has the size of what is given
            if axis not in sizes:
                if array is None or not array.ndim:
                    raise ShapeError(f"the size of {axis} is not known; give the initial state {name}")
                sizes[axis] = array.shape[-1]
        shape = tuple(sizes[axis] for axis in axes)
        array = np.zeros(shape) if array is None else array
        if array.shape not in (shape, (*batch, *shape)):
            raise ShapeError(
                f"the initial state {name} has shape {array.shape}; accepted: {(*batch, *shape)}"
            )
        full = np.broadcast_to(array, (*batch, *shape)).reshape((*(batch or (1,)), *(shape or (1,))))
        states[name] = np.ascontiguousarray(full)
    return states
