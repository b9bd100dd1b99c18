"""The data of a job: its sequence as vectors, its parameters and initial states as arrays, checked."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from symrnn.model import Cell, FileError, Preset, check_keys, check_text, finite_numbers, read_file
from symrnn.witness import Array

MAX_SIZE = 8  # numbers are printed as matrices
USUAL_SIZE = 3  # of an axis that nobody gives a size
MAX_STEPS = 8  # paths are printed one by one; beyond this nobody reads them
MOST_BYTES = 4_000_000  # of an archive of parameters
MOST_HEADER = 20_000  # of what precedes an array in it, and of the array
LEFT_OUT: tuple[Any, ...] = ("", [])  # in place of a target whose loss does not count
ACCEPTED = "accepted: an .npz file, as numpy.savez writes it"


class JobError(FileError):
    """A job file that cannot be used."""


@dataclass(frozen=True)
class SequenceTable:
    """What a job says of its sequence: for each step an input, a target and the weight of its loss.

    Where the weight is 0 the target may be left out: ``""`` or ``[]``.
    """

    inputs: list[Any]
    targets: list[Any]
    vocabulary: list[Any] | None = None
    inputs_vocabulary: list[Any] | None = None
    targets_vocabulary: list[Any] | None = None
    mask: list[Any] | None = None


@dataclass(frozen=True)
class Sequence:
    """A sequence, step by step.

    Attributes
    ----------
    inputs, targets : tuple of ndarray
        One vector per step; where a target is left out one that does no harm, and that nothing prints.
    weights : tuple of float
        The mask.
    inputs_vocabulary, targets_vocabulary : tuple of str
        The words that inputs and targets may be, one for each of their entries, or empty.
    labels : tuple of pair of str
        How input and target of each step are called.
    left_out : frozenset of int
        Steps without a target.
    """

    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    weights: tuple[float, ...]
    inputs_vocabulary: tuple[str, ...]
    targets_vocabulary: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    left_out: frozenset[int]


def read_sequence(place: str, said: SequenceTable, cell: Cell) -> Sequence:
    """Read the table ``[sequence]`` of a job.

    Raises
    ------
    FileError
        If a step cannot be read or is not one input, one target, one weight; ``place`` begins the message.
    """
    words, classes = _vocabularies(place, said)
    finite_numbers(f"{place}, inputs", said.inputs)
    finite_numbers(f"{place}, targets", said.targets)
    inputs = tuple(_vectors(f"{place}, inputs", dict(enumerate(said.inputs, start=1)), words, None))
    left_out = frozenset(step for step, item in enumerate(said.targets, start=1) if item in LEFT_OUT)
    targets = _targets(f"{place}, targets", said.targets, classes, cell, left_out)
    steps = len(inputs)
    if not 1 <= steps <= MAX_STEPS:
        raise JobError(f"{place}: inputs has {steps} steps; accepted: 1 to {MAX_STEPS}")
    if len(targets) != steps:
        raise JobError(f"{place}: {steps} inputs but {len(targets)} targets; accepted: one target per input")
    mask = [int(t not in left_out) for t in range(1, steps + 1)] if said.mask is None else said.mask
    finite_numbers(f"{place}, mask", mask)
    if len(mask) != steps or not all(isinstance(w, int | float) for w in mask) or not any(mask):
        raise JobError(f"{place}: mask is {mask!r:.60}; accepted: {steps} numbers, not all zero")
    for step in (step for step in sorted(left_out) if mask[step - 1]):
        raise JobError(
            f"{place}, targets, step {step}: the target is left out, but mask gives the loss of this step the"
            f" weight {mask[step - 1]!r:.60}; accepted: a target, or the weight 0"
        )
    labels = tuple(
        (str(x) if isinstance(x, str) else "", str(y) if isinstance(y, str | int) else "")
        for x, y in zip(said.inputs, said.targets)
    )
    weights = tuple(float(weight) for weight in mask)
    return Sequence(inputs, targets, weights, words, classes, labels, left_out)


def _vocabularies(place: str, said: SequenceTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of inputs and of targets: one list serves both, or each has its own."""
    own = {"inputs_vocabulary": said.inputs_vocabulary, "targets_vocabulary": said.targets_vocabulary}
    if said.vocabulary is not None and (beside := [key for key, words in own.items() if words is not None]):
        raise JobError(
            f"{place}: vocabulary serves inputs and targets, and {beside[0]} stands beside it; accepted:"
            f" vocabulary alone, or {' and '.join(own)}"
        )
    if said.vocabulary is not None:
        both = _vocabulary(place, "vocabulary", said.vocabulary)
        return both, both
    of_inputs, of_targets = (_vocabulary(place, key, words or []) for key, words in own.items())
    return of_inputs, of_targets


def _vocabulary(place: str, key: str, words: list[Any]) -> tuple[str, ...]:
    """Check the words that inputs or targets may be."""
    if not all(isinstance(word, str) and 0 < len(word) <= 20 for word in words):
        raise JobError(f"{place}: {key} is {words!r:.80}; accepted: a list of short texts")
    for word in words:
        check_text(place, f"a word of the {key.replace('_', ' ')}", word, 20)
    if len(set(words)) != len(words):
        raise JobError(f"{place}: {key} names a word twice: {words!r:.80}; accepted: each once")
    return tuple(words)


def _targets(
    place: str, items: list[Any], vocabulary: tuple[str, ...], cell: Cell, left_out: frozenset[int]
) -> tuple[Array, ...]:
    """Read the targets; one that is left out becomes the uniform distribution, or nought."""
    given = {step: item for step, item in enumerate(items, start=1) if step not in left_out}
    if items and not given:
        raise JobError(f"{place}: found none, all are left out; accepted: a target for one step at least")
    found = dict(zip(given, _vectors(place, given, vocabulary, cell)))
    size = max(map(len, found.values()), default=1)
    harmless = np.full(size, 1 / size if cell.distribution else 0.0)
    return tuple(found.get(step, harmless) for step in range(1, len(items) + 1))


def _vectors(
    place: str, items: dict[int, Any], vocabulary: tuple[str, ...], cell: Cell | None
) -> Iterator[Array]:
    """Yield one vector per step, all of one length; targets are told by the cell whose loss reads them."""
    length = 0
    for step, item in items.items():
        where = f"{place}, step {step}"
        found = _vector(where, item, vocabulary, cell is not None)
        if cell is not None:
            _check_target(where, found, vocabulary, cell)
        length = length or len(found)
        if len(found) != length:
            raise JobError(f"{where}: {len(found)} entries; accepted: {length}, as before")
        yield found


def _vector(where: str, item: Any, vocabulary: tuple[str, ...], classes: bool) -> Array:
    """Read a word of the vocabulary, the index of a class where there are classes, or numbers."""
    match item:
        case str():
            if item not in vocabulary:
                accepted = ", ".join(vocabulary) if vocabulary else "numbers, since there is no vocabulary"
                raise JobError(f"{where}: {item!r:.60} is no word; accepted: {accepted}")
            return np.eye(len(vocabulary))[vocabulary.index(item)]
        case int() if classes and not isinstance(item, bool):
            if not 0 <= item < len(vocabulary):
                some = f"0 to {len(vocabulary) - 1}"
                accepted = some if vocabulary else "a vocabulary that says how many classes"
                raise JobError(f"{where}: class {item!r:.60} does not exist; accepted: {accepted}")
            return np.eye(len(vocabulary))[item]
        case [_, *_] if all(map(_is_number, item)):
            return np.array(item, dtype=float)
    accepted = "a word of the vocabulary, a class index or" if classes else "a word of the vocabulary or"
    raise JobError(f"{where}: found {item!r:.60}; accepted: {accepted} a list of numbers")


def _check_target(where: str, target: Array, vocabulary: tuple[str, ...], cell: Cell) -> None:
    """Check that a target has an entry for each class, and is a distribution where the loss asks for one."""
    if vocabulary and len(target) != len(vocabulary):
        raise JobError(f"{where}: {len(target)} entries; accepted: {len(vocabulary)}, one a word")
    if cell.distribution and not np.isclose(target.sum(), 1, atol=1e-9):
        raise JobError(f"{where}: the entries add up to {target.sum():g}; accepted with {cell.loss}: 1")


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def sizes_of(
    where: str, cell: Cell, notation: Preset, state: int | None, said: dict[str, Any], sequence: Sequence
) -> dict[str, int]:
    """Return the size of every axis: of inputs and targets as given, of others as said, else the state's.

    Raises
    ------
    JobError
        If an axis gets two sizes or there is no such axis, or a size is out of bounds.
    """
    axis_x, axis_y = cell.input_shape[0], cell.signals[cell.roles.target][0]
    read, aimed = len(sequence.inputs[0]), len(sequence.targets[0])
    if axis_x == axis_y and read != aimed:
        raise JobError(
            f"{where}: inputs have {read} entries, targets {aimed}, on one axis {axis_x}; accepted: as many"
        )
    by_data = {axis_x: read, axis_y: aimed}
    shapes = (*cell.parameters.values(), *cell.signals.values())
    free = [a for a in dict.fromkeys(axis for shape in shapes for axis in shape) if a not in by_data]
    chosen = _chosen_sizes(f"{where}, [sizes]", said, notation, by_data, free)
    for axis in (axis for name in cell.states for axis in cell.signals[name]):
        if state is not None and axis not in by_data and chosen.get(axis, state) != state:
            raise JobError(
                f"{where}: state is {state!r:.60}, but {axis} is {chosen[axis]} under [sizes]; accepted: one"
                " of the two"
            )
    sizes = by_data | {axis: chosen.get(axis, USUAL_SIZE if state is None else state) for axis in free}
    for axis, size in sizes.items():
        if not 1 <= size <= MAX_SIZE:
            raise JobError(f"{where}: axis {axis} has size {size!r:.60}; accepted: 1 to {MAX_SIZE}")
    if why := cell.single_class(sizes):
        raise JobError(f"{where}: {why}")
    return sizes


def _chosen_sizes(
    place: str, said: dict[str, Any], notation: Preset, by_data: dict[str, int], free: list[str]
) -> dict[str, int]:
    """Check the table ``[sizes]``; an axis goes by the name of the notation, or by the cell's own."""
    chosen: dict[str, int] = {}
    for key, size in said.items():
        axis = key if key in (*by_data, *free) else notation.axes.get(key, key)
        if axis not in (*by_data, *free):
            raise JobError(f"{place}: there is no axis {key!r:.60}; accepted: {', '.join(free) or 'none'}")
        if type(size) is not int:
            raise JobError(f"{place}: {key} is {size!r:.60}; accepted: a whole number, 1 to {MAX_SIZE}")
        if axis in chosen:
            raise JobError(f"{place}: {key} and {axis} are one axis; accepted: one of them")
        if by_data.get(axis, size) != size:
            raise JobError(
                f"{place}: {key} is {size!r:.60}, but [sequence] has {by_data[axis]} entries there; accepted:"
                f" {by_data[axis]}, or nothing for {key}"
            )
        chosen[axis] = size
    return chosen


def drawn_parameters(
    cell: Cell, sizes: dict[str, int], seed: int, attempt: int, short: bool
) -> dict[str, Array]:
    """Draw every parameter; each attempt draws others, the same ones for the same seed.

    ``short`` numbers have two decimals: what a sheet prints of them is all there is to know.
    """
    rng = np.random.default_rng([seed, attempt] if attempt else seed)
    shapes = _shapes(cell, sizes)
    values = {name: rng.normal(scale=0.8, size=shape) for name, shape in shapes.items()}
    values |= {name: np.exp(values[name]) for name in cell.parameters if name in cell.positive}
    return {name: array.round(2) + 0.0 if short else array for name, array in values.items()}


def read_parameters(where: str, path: Path, cell: Cell, sizes: dict[str, int]) -> dict[str, Array]:
    """Read every parameter from an ``.npz`` file.

    Raises
    ------
    JobError
        If the file cannot be read, or does not hold exactly the parameters, finite and of the right shapes.
    """
    shapes = _shapes(cell, sizes)
    content = read_file(path, MOST_BYTES, ACCEPTED, f"{where}: parameters {path}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            if sorted(names) != sorted(shapes):
                raise JobError(
                    f"{where}: {path} holds {', '.join(names):.200}; accepted: exactly {', '.join(shapes)}"
                )
            found = {name: _array(archive, name, shape) for name, shape in shapes.items()}
    except JobError:
        raise
    except _WrongArray as error:
        raise JobError(f"{where}: {path}: {error}") from None
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for archives that are damaged
        why = " ".join(str(error).split()) or type(error).__name__
        raise JobError(f"{where}: parameters {path}: cannot be read ({why:.120}); {ACCEPTED}") from None
    for name in (name for name in found if name in cell.positive and not (found[name] > 0).all()):
        raise JobError(
            f"{where}: {path}: {name} holds {found[name].min():g}; accepted: positive numbers, says the cell"
        )
    return found


class _WrongArray(ValueError):
    """An array that is not what a parameter has to be."""


def _array(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> Array:
    """Return an array of an archive; no more is unpacked than an array of this shape can need."""
    with archive.open(f"{name}.npy") as stream:
        header = io.BytesIO(stream.read(MOST_HEADER))
        version = np.lib.format.read_magic(header)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        found, by_columns, kind = read[version](header)
        if found != shape or kind.kind not in "fiu":
            raise _WrongArray(
                f"{name} has shape {found!s:.60}, type {kind!s:.20}; accepted: finite numbers, shape {shape}"
            )
        rest = header.read() + stream.read(MOST_HEADER)
    array = np.frombuffer(rest, kind, math.prod(shape)).reshape(shape, order="F" if by_columns else "C")
    if not np.isfinite(numbers := np.array(array, dtype=float)).all():
        raise _WrongArray(f"{name} is not finite; accepted: finite numbers, shape {shape}")
    return numbers


def _shapes(cell: Cell, sizes: dict[str, int]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(sizes[axis] for axis in shape) for name, shape in cell.parameters.items()}


def initial_states(
    place: str, said: dict[str, Any], cell: Cell, notation: Preset, sizes: dict[str, int]
) -> dict[str, Array]:
    """Return the initial states under names such as ``s0``, zero unless given."""
    given: dict[str, Any] = {}
    for key, numbers in said.items():
        name = notation.state(key, cell)
        if name in given:
            raise JobError(f"{place}: {key} and {name} are one name; accepted: one of them")
        given[name] = numbers
    check_keys(place, given, {}, dict.fromkeys(cell.states, list))
    values = {}
    for state in cell.states:
        size = sizes[cell.signals[state][0]]
        numbers = given.get(state, [0.0] * size)
        finite_numbers(f"{place}, {state}", numbers)
        if len(numbers) != size or not all(map(_is_number, numbers)):
            raise JobError(f"{place}: {state} is {numbers!r:.60}; accepted: {size} numbers")
        values[f"{state}0"] = np.array(numbers, dtype=float)
    return values
