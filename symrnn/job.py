"""A job: a cell, a sequence, numbers, and what to derive of them, read from a TOML file.

Everything a job says is checked here, before any work starts: one message names the file, the place, what was found
and what would be accepted. Text of a job reaches paper only as text; names reach it only if they are plain symbols.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from symrnn.cell import Cell
from symrnn.evaluate import Array, Point
from symrnn.network import WEIGHT, NetworkError, OrderedNetwork
from symrnn.tensor import Variable
from symrnn.tomlfile import FileError, check_keys, finite_numbers, read_toml

KINDS = ("derivation",)
MAX_STEPS = 8  # paths are printed one by one; beyond this nobody reads them
MAX_SIZE = 12  # numbers are printed as matrices
MAX_TEXT = 300
REQUIRED = {"title": str, "cell": str, "sequence": dict}
OPTIONAL = {
    "kind": str,
    "activation": str,
    "loss": str,
    "state": int,
    "seed": int,
    "parameters": str,
    "initial": dict,
    "course": str,
    "derive": dict,
}


class JobError(FileError):
    """A job file that cannot be used."""


@dataclass(frozen=True, eq=False)
class Job:
    """A job, checked.

    Attributes
    ----------
    title, kind, course : str
    cell : Cell
    vocabulary : tuple of str
        Names of the classes, or empty.
    inputs, targets : tuple of ndarray
        One vector per step.
    labels : tuple of pair of str
        How input and target of each step are called.
    weights : tuple of float
        The mask.
    values : dict of str to ndarray
        Parameters and initial states (``s0``).
    of : Variable
        The loss to differentiate, such as L[4].
    wrt : tuple of Variable
    seed : int
        Of the parameters, and of the random point of the certificates.
    digest : str
        SHA-256 of the job file.
    """

    title: str
    kind: str
    course: str
    cell: Cell
    vocabulary: tuple[str, ...]
    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    labels: tuple[tuple[str, str], ...]
    weights: tuple[float, ...]
    sizes: dict[str, int]
    values: dict[str, Array]
    seed: int
    drawn: bool
    network: OrderedNetwork
    of: Variable
    wrt: tuple[Variable, ...]
    digest: str

    @property
    def steps(self) -> int:
        """T."""
        return len(self.inputs)

    @cached_property
    def point(self) -> Point:
        """The numbers of the job, as a point of its network."""
        values: dict[Variable, Array] = {}
        for v in self.network.given:
            time = 0 if v.time is None else int(v.time)
            if v.time is None:
                values[v] = self.values[v.name]
            elif v.name == "x":
                values[v] = self.inputs[time - 1]
            elif v.name == "y":
                values[v] = self.targets[time - 1]
            elif v.name == WEIGHT:
                values[v] = np.asarray(self.weights[time - 1])
            else:
                values[v] = self.values[f"{v.name}0"]
        return Point(self.network, values, self.sizes)


def read_job(path: str | Path, seed: int | None = None) -> Job:
    """Read and check a job file.

    Parameters
    ----------
    path : path
    seed : int, optional
        Instead of the one in the file.

    Raises
    ------
    FileError
        If the file, the cell file it names, or anything in them cannot be used.
    """
    file = Path(path)
    data = read_toml(file)
    where = f"job file {file}"
    try:
        check_keys(where, data, REQUIRED, OPTIONAL)
        return _job(where, file, data, seed)
    except JobError:
        raise
    except NetworkError as error:
        raise JobError(f"{where}: {error}") from None


def _job(where: str, file: Path, data: dict[str, Any], seed: int | None) -> Job:
    for key in ("title", "course"):
        if len(data.get(key, "")) > MAX_TEXT:
            raise JobError(f"{where}: {key} has {len(data[key])} characters; at most {MAX_TEXT} are set")
    kind = data.get("kind", "derivation")
    if kind not in KINDS:
        raise JobError(f"{where}: there is no kind {kind!r}; accepted: {', '.join(KINDS)}")
    name = data["cell"]
    cell = _cell(where, file, name, data)
    sequence = data["sequence"]
    place = f"{where}, [sequence]"
    check_keys(place, sequence, {"inputs": list, "targets": list}, {"vocabulary": list, "mask": list})
    vocabulary = _vocabulary(place, sequence.get("vocabulary", []))
    inputs = _vectors(f"{place}, inputs", sequence["inputs"], vocabulary, None)
    targets = _vectors(f"{place}, targets", sequence["targets"], vocabulary, cell)
    steps = len(inputs)
    if steps < 1 or steps > MAX_STEPS:
        raise JobError(f"{place}: inputs has {steps} steps; accepted: 1 to {MAX_STEPS}")
    if len(targets) != steps:
        raise JobError(f"{place}: {steps} inputs but {len(targets)} targets; accepted: one target per input")
    mask = sequence.get("mask", [1] * steps)
    finite_numbers(f"{place}, mask", mask)
    if len(mask) != steps or not all(isinstance(w, int | float) for w in mask) or not any(mask):
        raise JobError(f"{place}: mask is {mask!r:.60}; accepted: {steps} numbers, not all zero")
    sizes = _sizes(where, cell, data.get("state", 3), inputs, targets)
    seed = _seed(where, data, seed)
    network = cell.unroll(steps, mask)
    of, wrt = _goals(f"{where}, [derive]", network, cell, data.get("derive", {}))
    return Job(
        title=data["title"],
        kind=kind,
        course=data.get("course", "Recurrent networks"),
        cell=cell,
        vocabulary=vocabulary,
        inputs=tuple(inputs),
        targets=tuple(targets),
        labels=tuple(
            (str(x) if isinstance(x, str) else "", str(y) if isinstance(y, str | int) else "")
            for x, y in zip(sequence["inputs"], sequence["targets"])
        ),
        weights=tuple(float(w) for w in mask),
        sizes=sizes,
        values=_values(where, file, data, cell, sizes, seed),
        seed=seed,
        drawn="parameters" not in data,
        network=network,
        of=of,
        wrt=wrt,
        digest=hashlib.sha256(file.read_bytes()).hexdigest(),
    )


def _cell(where: str, file: Path, name: str, data: dict[str, Any]) -> Cell:
    """Load a built-in cell, or a cell file relative to the job."""
    target = str(file.parent / name) if name.endswith(".toml") else name
    try:
        return Cell.load(target, data.get("activation", "tanh"), data.get("loss", "cross_entropy"))
    except FileError as error:
        message = str(error)
        raise JobError(message if message.startswith("cell file") else f"{where}: {message}") from None


def _vocabulary(place: str, words: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(word, str) and 0 < len(word) <= 20 for word in words):
        raise JobError(f"{place}: vocabulary is {words!r:.80}; accepted: a list of short texts")
    if len(set(words)) != len(words):
        raise JobError(f"{place}: vocabulary names a word twice: {words!r:.80}")
    return tuple(words)


def _vectors(place: str, items: list[Any], vocabulary: Sequence[str], cell: Cell | None) -> list[Array]:
    """One vector per step: a word of the vocabulary, a class index (targets only), or numbers."""
    finite_numbers(place, items)
    vectors = []
    for step, item in enumerate(items, start=1):
        if isinstance(item, str):
            if item not in vocabulary:
                accepted = ", ".join(vocabulary) if vocabulary else "numbers, since there is no vocabulary"
                raise JobError(f"{place}, step {step}: {item!r:.60} is no word; accepted: {accepted}")
            vectors.append(np.eye(len(vocabulary))[vocabulary.index(item)])
        elif isinstance(item, int) and not isinstance(item, bool) and cell is not None:
            if not vocabulary or not 0 <= item < len(vocabulary):
                accepted = (
                    f"0 to {len(vocabulary) - 1}" if vocabulary else "a vocabulary that says how many classes"
                )
                raise JobError(f"{place}, step {step}: class {item} does not exist; accepted: {accepted}")
            vectors.append(np.eye(len(vocabulary))[item])
        elif isinstance(item, list) and item and all(_is_number(x) for x in item):
            vectors.append(np.array(item, dtype=float))
            if cell is not None and cell.distribution and not np.isclose(vectors[-1].sum(), 1, atol=1e-9):
                total = vectors[-1].sum()
                raise JobError(
                    f"{place}, step {step}: the entries add up to {total:g}; accepted with {cell.loss}: a sum of 1"
                )
        else:
            accepted = "a word of the vocabulary, a class index or a list of numbers"
            raise JobError(f"{place}, step {step}: found {item!r:.60}; accepted: {accepted}")
        if len(vectors[-1]) != len(vectors[0]):
            raise JobError(
                f"{place}, step {step}: {len(vectors[-1])} entries; accepted: {len(vectors[0])}, as before"
            )
    return vectors


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def _sizes(where: str, cell: Cell, state: int, inputs: list[Array], targets: list[Array]) -> dict[str, int]:
    axis_x, axis_y = cell.signals["x"][0], cell.signals["y"][0]
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


def _seed(where: str, data: dict[str, Any], seed: int | None) -> int:
    chosen = data.get("seed", 0) if seed is None else seed
    if not 0 <= chosen < 2**32:
        raise JobError(f"{where}: seed is {chosen}; accepted: 0 to {2**32 - 1}")
    return int(chosen)


def _values(
    where: str, file: Path, data: dict[str, Any], cell: Cell, sizes: dict[str, int], seed: int
) -> dict[str, Array]:
    """Parameters, drawn or read, and initial states, zero unless given."""
    rng = np.random.default_rng(seed)
    shapes = {name: tuple(sizes[axis] for axis in shape) for name, shape in cell.parameters.items()}
    if "parameters" in data:
        values = _load(where, file.parent / data["parameters"], shapes)
    else:
        values = {name: rng.normal(scale=0.8, size=shape) for name, shape in shapes.items()}
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
        with np.load(path, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError) as error:
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


def _goals(
    place: str, network: OrderedNetwork, cell: Cell, table: dict[str, Any]
) -> tuple[Variable, tuple[Variable, ...]]:
    """Read what to derive: the last weighted loss by every parameter and initial state, unless said otherwise."""
    check_keys(place, table, {}, {"of": str, "wrt": list})
    last = max(t for t in range(1, network.steps + 1) if not network.weights or network.weights[t - 1])
    of = network.lookup(table.get("of", f"L[{last}]"))
    if of.name != "L" or of.time is None:
        raise JobError(
            f"{place}: of is {table['of']!r}; accepted: the loss of a step, such as L[{network.steps}]"
        )
    default = [*cell.parameters, *(f"{state}0" for state in cell.states)]
    names = table.get("wrt", default)
    if not names or not all(isinstance(name, str) for name in names):
        raise JobError(f"{place}: wrt is {names!r:.60}; accepted: a list of names such as {default}")
    wrt = tuple(network.lookup(name) for name in names)
    for name, v in zip(names, wrt):
        if network.equation(v) is not None or v.name in ("y", WEIGHT):
            raise JobError(
                f"{place}: wrt names {name!r}; accepted: {', '.join(default)} or an input such as x2"
            )
        if v.time is not None and v.time > of.time:
            raise JobError(f"{place}: {of} does not depend on {v}; accepted: a step up to {of.time}")
    if len(set(wrt)) != len(wrt):
        raise JobError(f"{place}: wrt names something twice: {names!r:.80}")
    return of, wrt
