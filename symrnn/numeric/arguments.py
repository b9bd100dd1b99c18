"""What callers hand to the numeric interface, checked, and brought into the shapes of generated code.

Generated code has a batch axis behind the time axis everywhere, and a last axis of length 1 for numbers.
Callers may leave the batch out; what they get back has the axes of what they gave. Everything is computed in
one type: float32 if all arrays of floats among the parameters, the inputs and the initial states have it (or
a shorter one), else float64. Targets and masks do not decide, nor do lists, plain numbers and integers.
Complex numbers are refused, and so are masked entries: which losses count is said by the mask alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symrnn.model import Cell
from symrnn.numeric.codegen.names import start
from symrnn.tensor import InputError, Shape, ShapeError, Variable
from symrnn.witness import Array

Given = Mapping[str, npt.ArrayLike]
SUM_TOLERANCE = 1e-6  # of a distribution: entries in float32 add up to 1 within 1e-7


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
    def dtype(self) -> np.dtype[Any]:
        """In which everything is computed and returned."""
        return self.x.dtype

    @property
    def steps(self) -> int:
        """T."""
        return len(self.x)

    @property
    def width(self) -> int:
        """B."""
        return self.x.shape[1]

    def targets(self, targets: npt.ArrayLike, weights: Array | None = None) -> Array:
        """Return target vectors, shape (T, B, m); class indices become one-hot vectors.

        Parameters
        ----------
        targets : array
        weights : array, shape (T, B), optional
            Of the losses. Where one is 0, the target need not be a distribution, as behind the end of a
            shorter sequence.

        Raises
        ------
        ShapeError
            If a shape or a class does not fit, there is one class only, or a target is no distribution where
            the loss asks for one.
        """
        if why := self.cell.single_class(self.sizes):
            raise ShapeError(f"{self.cell.name}: {why}")
        array, lead = _numbers("targets", targets), (self.steps, *self.batch)
        classes = self.size(self.cell.signals[self.cell.roles.target])
        if array.dtype.kind in "iu":
            if array.shape != lead:
                raise ShapeError(f"class indices have shape {array.shape}; accepted: {lead}")
            if array.size and not 0 <= array.min() <= array.max() < classes:
                raise ShapeError(
                    f"a target class lies outside 0 to {classes - 1}; accepted: class indices from 0"
                )
            array = np.eye(classes)[array]
        floats = _floats("targets", array, self.dtype)
        if floats.shape != (*lead, classes):
            raise ShapeError(f"target vectors have shape {floats.shape}; accepted: {(*lead, classes)}")
        y = floats.reshape((self.steps, self.width, classes))
        if self.cell.distribution:
            self._check_distributions(y, np.ones(y.shape[:2]) if weights is None else weights)
        return y

    def _check_distributions(self, y: Array, weights: Array) -> None:
        sums = y.sum(axis=-1, dtype=float)
        wrong = np.argwhere((weights != 0) & (np.abs(sums - 1) > SUM_TOLERANCE))
        if len(wrong):
            row, sequence = wrong[0]
            place = f"{row}, {sequence}" if self.batch else f"{row}"
            raise ShapeError(
                f"the entries of targets[{place}] add up to {sums[row, sequence]:.6g}; accepted for the loss"
                f" {self.cell.loss}: 1, for it takes a target for a distribution"
            )

    def blank_targets(self) -> Array:
        """Return zeros in place of targets, shape (T, B, m)."""
        classes = self.size(self.cell.signals[self.cell.roles.target])
        return np.zeros((self.steps, self.width, classes), self.dtype)

    def weights(self, mask: npt.ArrayLike | None) -> Array:
        """Return the weight of every loss, shape (T, B), ones by default.

        Raises
        ------
        ShapeError
            If the mask fits neither the steps nor the steps and the batch.
        """
        lead = (self.steps, *self.batch)
        weights = np.ones(lead, self.dtype) if mask is None else _floats("the mask", mask, self.dtype)
        if weights.shape == (self.steps,) and self.batch:
            weights = np.broadcast_to(weights[:, None], lead)
        if weights.shape != lead:
            accepted = f"{(self.steps,)} or {lead}" if self.batch else f"{lead}"
            raise ShapeError(f"the mask has shape {weights.shape}; accepted: {accepted}")
        return np.ascontiguousarray(weights.reshape((self.steps, self.width)))

    def size(self, shape: Shape) -> int:
        """Length of the last axis; 1 for a number."""
        return self.sizes[shape[-1]] if shape else 1

    def lengths(self, shape: Shape) -> tuple[int, ...]:
        """Lengths of axes."""
        return tuple(self.sizes[axis] for axis in shape)

    def signal(self, signal: Variable, array: Array) -> Array:
        """Return a copy of a signal's values with the axes that the caller knows."""
        rows = self.steps + (signal.name in self.cell.states)
        full = np.broadcast_to(array, (rows, self.width, self.size(signal.shape)))
        return np.array(full).reshape((rows, *self.batch, *self.lengths(signal.shape)))

    def states_from(self, signal: Variable, array: Array) -> Array:
        """Return the values of a signal from step 1 on; a state has its initial one before."""
        return array[1:] if signal.name in self.cell.states else array

    def zeros(self) -> dict[str, Array]:
        """Return zeros in the place of gradients by parameters, initial states (``h0``) and the input."""
        of = {**self.parameters, **{start(state): array for state, array in self.initial.items()}}
        return {name: np.zeros_like(array) for name, array in {**of, self.cell.roles.input: self.x}.items()}

    def natural(self, gradients: Mapping[str, Array]) -> dict[str, Array]:
        """Return gradients with the axes of what they belong to."""
        shapes = {name: array.shape for name, array in self.parameters.items()}
        for name, shape in self.cell.parameters.items():
            shapes[name] = self.lengths(shape)
        for state in self.cell.states:
            shapes[start(state)] = (*self.batch, *self.lengths(self.cell.signals[state]))
        shapes[self.cell.roles.input] = (self.steps, *self.batch, self.x.shape[-1])
        return {name: np.array(array).reshape(shapes[name]) for name, array in gradients.items()}


def read_arguments(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, initial: Given | None = None
) -> Arguments:
    """Check and arrange parameters, inputs and initial states; shapes as in ``symrnn.gradients``.

    Raises
    ------
    InputError
        If the cell is no cell, or what has names no mapping.
    ShapeError
        If a name, a shape or a number does not fit.
    """
    if not isinstance(cell, Cell):
        raise InputError(
            f"{cell!r:.80} is no cell; accepted: a loaded one, such as symrnn.Cell.load('elman')"
        )
    for what, given, example in (
        ("parameters", parameters, "W"),
        ("initial", {} if initial is None else initial, "s"),
    ):
        if not isinstance(given, Mapping):
            raise InputError(
                f"{what} are no mapping; accepted: arrays by name, such as {{{example!r}: array}}"
            )
    dtype = _common_type(*parameters.values(), inputs, *(initial or {}).values())
    arrays = _parameters(cell, parameters, dtype)
    sizes = _sizes(cell, arrays)
    x, (axis,) = _floats("inputs", inputs, dtype), cell.input_shape
    wanted = sizes.setdefault(axis, x.shape[-1] if x.ndim else 0)
    if x.ndim not in (2, 3) or x.shape[-1] != wanted or not len(x):
        raise ShapeError(f"inputs have shape {x.shape}; accepted: (T, {wanted}) or (T, batch, {wanted})")
    batch = x.shape[1:-1]
    x = np.ascontiguousarray(x.reshape((len(x), *(batch or (1,)), wanted)))
    values = {name: array if array.ndim else array.reshape(1) for name, array in arrays.items()}
    return Arguments(cell, sizes, values, x, _initial(cell, sizes, initial, batch, dtype), batch)


def _common_type(*given: npt.ArrayLike) -> np.dtype[Any]:
    """Return float32 if the arrays of floats have it or a shorter type, else float64."""
    types = [dtype for dtype in (getattr(array, "dtype", None) for array in given) if dtype is not None]
    floats = [np.dtype(dtype) for dtype in types if np.dtype(dtype).kind == "f"]
    single = np.dtype(np.float32)
    return single if floats and all(np.can_cast(dtype, single) for dtype in floats) else np.dtype(float)


def _numbers(what: str, given: npt.ArrayLike) -> Array:
    """Return an array of real numbers."""
    if np.ma.is_masked(given):
        raise ShapeError(f"{what} have masked entries; accepted: plain arrays, and weights as ``mask``")
    try:
        array = np.asarray(given)
        if array.dtype.kind in "mM":
            raise TypeError("they are dates or times")
        if array.dtype.kind not in "biufc":
            array = array.astype(float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ShapeError(f"{what} are no array of numbers ({error}); accepted: real numbers") from None
    if array.dtype.kind == "c":
        raise ShapeError(f"{what} hold complex numbers; accepted: real ones")
    return array


def _floats(what: str, given: npt.ArrayLike, dtype: np.dtype[Any]) -> Array:
    floats = _numbers(what, given).astype(dtype)
    if not np.isfinite(floats).all():
        raise ShapeError(f"{what} hold a number that is not finite; accepted: finite numbers")
    return floats


def _parameters(cell: Cell, parameters: Given, dtype: np.dtype[Any]) -> dict[str, Array]:
    for name in parameters:
        if name not in cell.parameters:
            accepted = ", ".join(cell.parameters)
            raise ShapeError(f"{cell.name} has no parameter {name!r}; accepted: {accepted}")
    arrays = {}
    for name, shape in cell.parameters.items():
        if name not in parameters:
            raise ShapeError(f"the parameter {name} is missing; accepted: an array with the axes {shape}")
        arrays[name] = np.ascontiguousarray(_floats(f"the parameter {name}", parameters[name], dtype))
        arrays[name] = arrays[name].reshape(np.shape(parameters[name]))  # numbers would have got an axis
        if arrays[name].ndim != len(shape):
            raise ShapeError(
                f"the parameter {name} has shape {arrays[name].shape}; accepted: one with the axes {shape}"
            )
        if name in cell.positive and not (arrays[name] > 0).all():
            raise ShapeError(
                f"the parameter {name} holds {arrays[name].min():g}; accepted: positive numbers, as the cell"
                " says"
            )
    return arrays


def _sizes(cell: Cell, arrays: Mapping[str, Array]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for name, shape in cell.parameters.items():
        for axis, size in zip(shape, arrays[name].shape):
            if sizes.setdefault(axis, size) != size:
                raise ShapeError(
                    f"the parameter {name} has shape {arrays[name].shape}; accepted: {sizes[axis]} for axis"
                    f" {axis}, as in the parameters before it"
                )
    return sizes


def _initial(
    cell: Cell,
    sizes: dict[str, int],
    initial: Given | None,
    batch: tuple[int, ...],
    dtype: np.dtype[Any],
) -> dict[str, Array]:
    given = dict(initial or {})
    for name in given:
        if name not in cell.states:
            raise ShapeError(f"{cell.name} has no state {name!r}; accepted: {', '.join(cell.states)}")
    states = {}
    for name in cell.states:
        axes = cell.signals[name]
        array = _floats(f"the initial state {name}", given[name], dtype) if name in given else None
        for axis in axes:  # a state that no parameter touches has the size of what is given
            if axis not in sizes:
                if array is None or not array.ndim:
                    raise ShapeError(f"the size of {axis} is not known; give the initial state {name}")
                sizes[axis] = array.shape[-1]
        shape = tuple(sizes[axis] for axis in axes)
        array = np.zeros(shape, dtype) if array is None else array
        if array.shape not in (shape, (*batch, *shape)):
            raise ShapeError(
                f"the initial state {name} has shape {array.shape}; accepted: {(*batch, *shape)}"
            )
        full = np.broadcast_to(array, (*batch, *shape)).reshape((*(batch or (1,)), *(shape or (1,))))
        states[name] = np.ascontiguousarray(full)
    return states


def check_parameter(cell: Cell, name: str) -> None:
    """Refuse what is not the name of a parameter."""
    if not isinstance(name, str) or name not in cell.parameters:
        raise ShapeError(f"there is no parameter {name!r}; accepted: {', '.join(cell.parameters)}")


def single(given: Arguments) -> Arguments:
    """Refuse a batch."""
    if given.batch:
        raise ShapeError("inputs have a batch axis; accepted here: (T, n), one sequence")
    return given
