"""A job: a cell, a sequence, numbers, and what to derive of them, read from a TOML file.

Everything a job says is checked here, before any work starts: one message names the file, the place, what
was found and what would be accepted. Text of a job reaches paper only as text; names reach it only if
they are plain symbols.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from symrnn.document import ORIGINAL, catalogue, languages
from symrnn.model import (
    CHOICES,
    USUAL,
    WEIGHT,
    Cell,
    Conventions,
    FileError,
    NetworkError,
    OrderedNetwork,
    Preset,
    check_keys,
    check_text,
    find,
    finite_numbers,
    picked,
    read_preset,
    read_toml,
)
from symrnn.report.exercise import Exercise, one_question, read_exercise
from symrnn.report.sequence import JobError, numbers_of, renamed_keys, sizes_of, vectors, vocabulary_of
from symrnn.tensor import Variable
from symrnn.witness import Array, Point

KINDS = ("derivation", "handout", "exercise", "solution", "hints", "slides")
ONE_QUESTION = KINDS[1:]  # about one matrix of the recurrence
WITH_EXERCISE = ("exercise", "solution", "hints")
MAX_STEPS = 8  # paths are printed one by one; beyond this nobody reads them
MAX_TEXT = 300
MAX_COURSE = 60  # it stands at the head of every page
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
    "exercise": dict,
    "notation": str,
    "layout": str,
    "convention": str,
    "language": str,
}


@dataclass(frozen=True, eq=False)
class Job:
    """A job, checked.

    Attributes
    ----------
    title, kind, course : str
    language : str
        Of the document: the code of a catalogue.
    notation : Preset
        Whose names the cell goes by; empty where the job chooses none.
    conventions : Conventions
        Layout and convention of the printed formulas.
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
    exercise : Exercise
        What is hidden, where the kind hides something.
    cell_file : Path
        Where the cell was read.
    """

    title: str
    kind: str
    course: str
    language: str
    notation: Preset
    conventions: Conventions
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
    exercise: Exercise
    cell_file: Path

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
    check_text(where, "title", data["title"], MAX_TEXT)
    check_text(where, "course", data.get("course", ""), MAX_COURSE, least=0)
    kind = data.get("kind", "derivation")
    if kind not in KINDS:
        raise JobError(f"{where}: there is no kind {kind!r}; accepted: {', '.join(KINDS)}")
    language = data.get("language", ORIGINAL)
    if language not in languages():
        raise JobError(f"{where}: language is {language!r:.60}; accepted: {', '.join(languages())}")
    exercise = read_exercise(f"{where}, [exercise]", data.get("exercise", {}))
    if "exercise" in data and kind not in WITH_EXERCISE:
        raise JobError(
            f"{where}: kind {kind!r} hides nothing; [exercise] is accepted with {', '.join(WITH_EXERCISE)}"
        )
    name = data["cell"]
    cell, notation = _cell(where, file, name, data)
    sequence = data["sequence"]
    place = f"{where}, [sequence]"
    check_keys(place, sequence, {"inputs": list, "targets": list}, {"vocabulary": list, "mask": list})
    vocabulary = vocabulary_of(place, sequence.get("vocabulary", []))
    inputs = vectors(f"{place}, inputs", sequence["inputs"], vocabulary, None)
    targets = vectors(f"{place}, targets", sequence["targets"], vocabulary, cell)
    steps = len(inputs)
    if steps < 1 or steps > MAX_STEPS:
        raise JobError(f"{place}: inputs has {steps} steps; accepted: 1 to {MAX_STEPS}")
    if len(targets) != steps:
        raise JobError(f"{place}: {steps} inputs but {len(targets)} targets; accepted: one target per input")
    mask = sequence.get("mask", [1] * steps)
    finite_numbers(f"{place}, mask", mask)
    if len(mask) != steps or not all(isinstance(w, int | float) for w in mask) or not any(mask):
        raise JobError(f"{place}: mask is {mask!r:.60}; accepted: {steps} numbers, not all zero")
    sizes = sizes_of(where, cell, data.get("state", 3), inputs, targets)
    seed = _seed(where, data, seed)
    network = cell.unroll(steps, mask)
    of, wrt = _goals(f"{where}, [derive]", network, cell, notation, data.get("derive", {}))
    if kind in ONE_QUESTION:
        one_question(f"{where}, [derive]", kind, network, of, wrt)
    initial = renamed_keys(
        f"{where}, [initial]", data.get("initial", {}), lambda key: notation.state(key, cell)
    )
    return Job(
        title=" ".join(data["title"].split()),  # one line, also in the properties of a PDF
        kind=kind,
        course=data.get("course", catalogue(language)["page.course"]),
        language=language,
        notation=notation,
        conventions=_conventions(where, kind, notation, data),
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
        values=numbers_of(where, file, {**data, "initial": initial}, cell, sizes, seed, kind != "derivation"),
        seed=seed,
        drawn="parameters" not in data,
        network=network,
        of=of,
        wrt=wrt,
        digest=hashlib.sha256(file.read_bytes()).hexdigest(),
        exercise=exercise,
        cell_file=find(_target(file, name)),
    )


def _cell(where: str, file: Path, name: str, data: dict[str, Any]) -> tuple[Cell, Preset]:
    """Load a built-in cell, or a cell file relative to the job, under the names of the notation chosen."""
    try:
        cell = picked(_target(file, name), data.get("activation"), data.get("loss"))
        chosen = data.get("notation")
        notation = Preset() if chosen is None else read_preset(chosen, name, cell, file.parent)
        return notation.cell(cell), notation
    except FileError as error:
        message = str(error)
        known = message.startswith(("cell file", "notation file"))
        raise JobError(message if known else f"{where}: {message}") from None


def _conventions(where: str, kind: str, notation: Preset, data: dict[str, Any]) -> Conventions:
    """Read how formulas are to stand on paper; the words of one kind follow them everywhere."""
    chosen = {}
    for key, accepted in CHOICES.items():
        chosen[key] = data.get(key, accepted[0])
        if chosen[key] not in accepted:
            raise JobError(f"{where}: {key} is {chosen[key]!r:.60}; accepted: {', '.join(accepted)}")
    found = Conventions(notation.copies, **chosen)
    if kind != "derivation" and found != USUAL:
        raise JobError(
            f"{where}: the words of kind {kind!r} are those of the numerator layout and the operator"
            " convention, without copies; accepted with any other: kind = derivation"
        )
    return found


def _target(file: Path, name: str) -> str:
    """Return the name of a built-in cell as it is, the path of a cell file seen from the job."""
    return str(file.parent / name) if name.endswith(".toml") else name


def _seed(where: str, data: dict[str, Any], seed: int | None) -> int:
    chosen = data.get("seed", 0) if seed is None else seed
    if not 0 <= chosen < 2**32:
        raise JobError(f"{where}: seed is {chosen}; accepted: 0 to {2**32 - 1}")
    return int(chosen)


def _goals(
    place: str, network: OrderedNetwork, cell: Cell, notation: Preset, table: dict[str, Any]
) -> tuple[Variable, tuple[Variable, ...]]:
    """Read what to derive; by default the last weighted loss by every parameter and initial state."""
    check_keys(place, table, {}, {"of": str, "wrt": list})
    last = max(t for t in range(1, network.steps + 1) if not network.weights or network.weights[t - 1])
    of = network.lookup(notation.read([table.get("of", f"L[{last}]")], cell)[0])
    if of.name != "L" or of.time is None:
        raise JobError(
            f"{place}: of is {table['of']!r}; accepted: the loss of a step, such as L[{network.steps}]"
        )
    default = [*cell.parameters, *(f"{state}0" for state in cell.states)]
    names = table.get("wrt", default)
    if not names or not all(isinstance(name, str) for name in names):
        raise JobError(f"{place}: wrt is {names!r:.60}; accepted: a list of names such as {default}")
    names = notation.read(names, cell)
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
