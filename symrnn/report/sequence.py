"""The data of a job: its sequence as vectors, its parameters and initial states as arrays, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from symrnn.model import Cell, FileError, check_keys, check_text, finite_numbers
from symrnn.witness import Array

MAX_SIZE = 8  # numbers are printed as matrices


class JobError(FileError):
    """A job file that cannot be used."""


def vocabulary_of(place: str, words: list[Any]) -> tuple[str, ...]:
    """Check the names of the classes."""
    if not all(isinstance(word, str) and 0 < len(word) <= 20 for word in words):
        raise JobError(f"{place}: vocabulary is {words!r:.80}; accepted: a list of short texts")
    for word in words:
        check_text(place, "a word of the vocabulary", word, 20)
    if len(set(words)) != len(words):
        raise JobError(f"{place}: vocabulary names a word twice: {words!r:.80}")
    return tuple(words)


def vectors(place: str, items: list[Any], vocabulary: Sequence[str], cell: Cell | None) -> list[Array]:
    """One vector per step: a word of the vocabulary, a class index (targets only), or numbers."""
    finite_numbers(place, items)
    found = []
    for step, item in enumerate(items, start=1):
        if isinstance(item, str):
            if item not in vocabulary:
                accepted = ", ".join(vocabulary) if vocabulary else "numbers, since there is no vocabulary"
                raise JobError(f"{place}, step {step}: {item!r:.60} is no word; accepted: {accepted}")
            found.append(np.eye(len(vocabulary))[vocabulary.index(item)])
        elif isinstance(item, int) and not isinstance(item, bool) and cell is not None:
            if not vocabulary or not 0 <= item < len(vocabulary):
                accepted = (
                    f"0 to {len(vocabulary) - 1}" if vocabulary else "a vocabulary that says how many classes"
                )
                raise JobError(f"{place}, step {step}: class {item} does not exist; accepted: {accepted}")
            found.append(np.eye(len(vocabulary))[item])
        elif isinstance(item, list) and item and all(_is_number(x) for x in item):
            found.append(np.array(item, dtype=float))
            if cell is not None and vocabulary and len(item) != len(vocabulary):
                raise JobError(
                    f"{place}, step {step}: {len(item)} entries; accepted: {len(vocabulary)}, one a word"
                )
            if cell is not None and cell.distribution and not np.isclose(found[-1].sum(), 1, atol=1e-9):
                total = found[-1].sum()
                raise JobError(
                    f"{place}, step {step}: the entries add up to {total:g}; accepted with {cell.loss}: 1"
                )
        else:
            accepted = "a word of the vocabulary, a class index or a list of numbers"
            raise JobError(f"{place}, step {step}: found {item!r:.60}; accepted: {accepted}")
        if len(found[-1]) != len(found[0]):
            raise JobError(
                f"{place}, step {step}: {len(found[-1])} entries; accepted: {len(found[0])}, as before"
            )
    return found


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def renamed_keys(place: str, table: dict[str, Any], read: Callable[[str], str]) -> dict[str, Any]:
    """Return a table with each key as the notation of the job writes it; none may be there twice."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = read(key)
        if name in found:
            raise JobError(f"{place}: {key} and {name} are one name; accepted: one of them")
        found[name] = value
    return found


def sizes_of(where: str, cell: Cell, state: int, inputs: list[Array], targets: list[Array]) -> dict[str, int]:
    """Return the size of every axis: those of inputs and targets as given, all others as the state."""
    axis_x, axis_y = cell.input_shape[0], cell.signals["y"][0]
    sizes = {axis_x: len(inputs[0]), axis_y: len(targets[0])}
    if sizes[axis_x] != len(inputs[0]):
        raise JobError(
            f"{where}: inputs have {len(inputs[0])} entries, targets {len(targets[0])}, on one axis {axis_x}"
        )
    for axis in (axis for shape in (*cell.parameters.values(), *cell.signals.values()) for axis in shape):
        sizes.setdefault(axis, state)
    for axis, size in sizes.items():
        if not 1 <= size <= MAX_SIZE:
            raise JobError(f"{where}: axis {axis} has size {size}; accepted: 1 to {MAX_SIZE}")
    return sizes


def numbers_of(
    where: str, file: Path, data: dict[str, Any], cell: Cell, sizes: dict[str, int], seed: int, short: bool
) -> dict[str, Array]:
    """Parameters, drawn or read, and initial states, zero unless given.

    ``short`` numbers are drawn with two decimals: what a sheet prints of them is all there is to know.
    """
    rng = np.random.default_rng(seed)
    shapes = {name: tuple(sizes[axis] for axis in shape) for name, shape in cell.parameters.items()}
    if "parameters" in data:
        values = _load(where, file.parent / data["parameters"], shapes)
    else:
        values = {name: rng.normal(scale=0.8, size=shape) for name, shape in shapes.items()}
        values = {name: array.round(2) + 0.0 if short else array for name, array in values.items()}
    initial = data.get("initial", {})
    place = f"{where}, [initial]"
    check_keys(place, initial, {}, {name: list for name in cell.states})
    for state in cell.states:
        size = sizes[cell.signals[state][0]]
        numbers = initial.get(state, [0.0] * size)
        finite_numbers(f"{place}, {state}", numbers)
        if len(numbers) != size or not all(_is_number(x) for x in numbers):
            raise JobError(f"{place}: {state} is {numbers!r:.60}; accepted: {size} numbers")
        values[f"{state}0"] = np.array(numbers, dtype=float)
    return values


def _load(where: str, path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, Array]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, BadZipFile) as error:
        raise JobError(
            f"{where}: parameters {path}: cannot be read ({error}); accepted: an .npz file"
        ) from None
    if found.keys() != shapes.keys():
        raise JobError(f"{where}: {path} holds {', '.join(found)}; accepted: exactly {', '.join(shapes)}")
    for name, shape in shapes.items():
        array = found[name]
        if array.shape != shape or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise JobError(
                f"{where}: {path}: {name} has shape {array.shape}; accepted: finite numbers, shape {shape}"
            )
    return {name: np.asarray(found[name], dtype=float) for name in shapes}
