"""A job: a cell, a sequence, numbers, and what to derive of them, read from a TOML file.

Everything a job says is checked here, before any work starts: one message names the file, the place, what
was found and what would be accepted. Text of a job reaches paper only as text; names reach it only if
they are plain symbols.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np

from symrnn.document import ORIGINAL, catalogue, languages
from symrnn.model import (
    USUAL,
    WEIGHT,
    Cell,
    Convention,
    Conventions,
    FileError,
    Layout,
    NetworkError,
    OrderedNetwork,
    Preset,
    Text,
    check_choice,
    files_read,
    find,
    picked,
    read_preset,
    read_table,
    read_toml,
)
from symrnn.report.exercise import Exercise, ExerciseTable, one_question, read_exercise
from symrnn.report.sequence import (
    JobError,
    SequenceTable,
    drawn_parameters,
    initial_states,
    read_parameters,
    read_sequence,
    sizes_of,
)
from symrnn.tensor import Variable
from symrnn.witness import MOST_DRAWS, Array, Obstacle, Point, obstacle, undrawable

Kind = Literal["derivation", "handout", "exercise", "solution", "hints", "slides"]
KINDS = get_args(Kind)
ONE_QUESTION = KINDS[1:]  # about one matrix of the recurrence
WITH_EXERCISE = ("exercise", "solution", "hints")
MOST_SEED = 2**32 - 1
MAX_TEXT = 300
MAX_COURSE = 60  # it stands at the head of every page


@dataclass(frozen=True)
class DeriveTable:
    """What to derive: a loss, by default the last one that counts, by parameters, states or inputs."""

    of: str | None = None
    wrt: list[Any] | None = None


@dataclass(frozen=True)
class JobFile:
    """What a job file says."""

    title: Annotated[str, Text(MAX_TEXT)]
    cell: str
    sequence: SequenceTable
    kind: Kind = "derivation"
    activation: str | None = None
    loss: str | None = None
    state: int | None = None
    sizes: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    parameters: str | None = None
    initial: dict[str, Any] = field(default_factory=dict)
    course: Annotated[str | None, Text(MAX_COURSE, least=0)] = None
    derive: DeriveTable = DeriveTable()
    exercise: ExerciseTable | None = None
    notation: str | None = None
    layout: Layout = "numerator"
    convention: Convention = "operator"
    language: str = ORIGINAL


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
    inputs_vocabulary, targets_vocabulary : tuple of str
        The words that inputs and targets may be, or empty.
    inputs, targets : tuple of ndarray
        One vector per step.
    labels : tuple of pair of str
        How input and target of each step are called.
    weights : tuple of float
        The mask.
    values : dict of str to ndarray
        Parameters and initial states (``s0``).
    of : Variable
        The loss to differentiate, such as L[4]; where all of them are asked for, the one that is told.
    all_losses : bool
        Whether the total loss is asked for.
    wrt : tuple of Variable
    seed : int
        Of the parameters, and of the random point of the certificates.
    read : tuple of pair of str
        What was read: the name of each file, the job itself by that word, and the SHA-256 of its bytes.
    draws : int
        How often the parameters were drawn until every equation could be evaluated; 0 where they were read.
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
    inputs_vocabulary: tuple[str, ...]
    targets_vocabulary: tuple[str, ...]
    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    labels: tuple[tuple[str, str], ...]
    weights: tuple[float, ...]
    sizes: dict[str, int]
    values: dict[str, Array]
    seed: int
    draws: int
    network: OrderedNetwork
    of: Variable
    all_losses: bool
    wrt: tuple[Variable, ...]
    read: tuple[tuple[str, str], ...]
    exercise: Exercise
    cell_file: Path

    @property
    def steps(self) -> int:
        """T."""
        return len(self.inputs)

    @property
    def goal(self) -> Variable:
        """What is differentiated: the loss of a step, or the total loss."""
        return self.network.total_loss if self.all_losses else self.of

    @property
    def counted(self) -> tuple[int, ...]:
        """The steps whose losses count in the total loss."""
        return tuple(t for t, weight in enumerate(self.weights, start=1) if weight)

    def told(self, t: int) -> bool:
        """Whether the loss of a step matters: it counts, or the job asks about it."""
        return t in self.counted or t == self.of.time

    @property
    def reads_words(self) -> bool:
        """Whether every input is a word of a vocabulary."""
        return all(word for word, _ in self.labels)

    @cached_property
    def point(self) -> Point:
        """The numbers of the job, as a point of its network."""
        values: dict[Variable, Array] = {}
        roles = self.network.roles
        for v in self.network.given:
            time = 0 if v.time is None else int(v.time)
            if v.time is None:
                values[v] = self.values[v.name]
            elif v.name == roles.input:
                values[v] = self.inputs[time - 1]
            elif v.name == roles.target:
                values[v] = self.targets[time - 1]
            elif v.name == WEIGHT:
                values[v] = np.asarray(self.weights[time - 1])
            else:
                values[v] = self.values[f"{v.name}0"]
        return Point(self.network, values, self.sizes, draws=self.draws)


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
    with files_read() as noted:
        where, data = f"job file {file}", read_toml(file)
        try:
            job = _job(where, file, read_table(where, data, JobFile), seed)
        except NetworkError as error:
            raise JobError(f"{where}: {error}") from None
    (_, found), *others = noted.items()
    return replace(job, read=(("job", found), *((other.name, digest) for other, digest in others)))


def _job(where: str, file: Path, said: JobFile, seed: int | None) -> Job:
    check_choice(where, "language", said.language, languages())
    exercise = read_exercise(f"{where}, [exercise]", said.exercise or ExerciseTable())
    if said.exercise is not None and said.kind not in WITH_EXERCISE:
        accepted = ", ".join(WITH_EXERCISE)
        raise JobError(f"{where}: kind {said.kind!r} hides nothing; [exercise] is accepted with {accepted}")
    seed = said.seed if seed is None else seed
    if not 0 <= seed <= MOST_SEED:
        raise JobError(f"{where}: seed is {seed!r:.60}; accepted: 0 to {MOST_SEED}")
    cell, notation = _cell(where, file, said)
    sequence = read_sequence(f"{where}, [sequence]", said.sequence, cell)
    network = cell.unroll(len(sequence.inputs), sequence.weights)
    _check_told(where, network)
    of, wrt = _goals(f"{where}, [derive]", network, cell, notation, said.derive)
    all_losses = network.is_total_loss(of)
    if all_losses and said.kind in ONE_QUESTION:
        raise JobError(
            f"{where}, [derive]: of is {of}, the total loss; kind {said.kind!r} tells how an effect travels"
            f" to the loss of one step; accepted: one such as {_last(network)}, or kind 'derivation'"
        )
    of = _last(network) if all_losses else of
    if of.time in sequence.left_out:
        raise JobError(
            f"{where}, [derive]: of is {of}, but the target of step {of.time} is left out; accepted: a loss"
            f" whose target is given, such as {_last(network)}"
        )
    _check_reached(f"{where}, [derive]", network, of)
    if said.kind in ONE_QUESTION:
        one_question(f"{where}, [derive]", said.kind, network, of, wrt)
    sizes = sizes_of(where, cell, notation, said.state, said.sizes, sequence)
    initial = initial_states(f"{where}, [initial]", said.initial, cell, notation, sizes)
    parameters = {}
    if said.parameters is not None:
        parameters = read_parameters(where, file.parent / said.parameters, cell, sizes)
    job = Job(
        title=" ".join(said.title.split()),  # one line, also in the properties of a PDF
        kind=said.kind,
        course=catalogue(said.language)["page.course"] if said.course is None else said.course,
        language=said.language,
        notation=notation,
        conventions=_conventions(where, notation, said),
        cell=cell,
        inputs_vocabulary=sequence.inputs_vocabulary,
        targets_vocabulary=sequence.targets_vocabulary,
        inputs=sequence.inputs,
        targets=sequence.targets,
        labels=sequence.labels,
        weights=sequence.weights,
        sizes=sizes,
        values=parameters | initial,
        seed=seed,
        draws=0,
        network=network,
        of=of,
        all_losses=all_losses,
        wrt=wrt,
        read=(),
        exercise=exercise,
        cell_file=find(_target(file, said.cell)),
    )
    return _with_numbers(where, job, said.parameters is None)


def _with_numbers(where: str, job: Job, draw: bool) -> Job:
    """Return a job at whose numbers every equation can be evaluated; parameters are drawn until it can."""
    found: list[Obstacle] = []
    for attempt in range(MOST_DRAWS if draw else 1):
        if draw:
            short = job.kind != "derivation"
            drawn = drawn_parameters(job.cell, job.sizes, job.seed, attempt, short)
            job = replace(job, values=job.values | drawn, draws=attempt + 1)
        met = obstacle(job.point)
        if met is None:
            return job
        found.append(met)
    if draw:
        raise JobError(f"{where}: {undrawable(job.cell.name, found)}")
    raise JobError(f"{where}: with the numbers given {found[0]}; accepted: others")


def _last(network: OrderedNetwork) -> Variable:
    """Return the last loss that counts."""
    times = range(1, network.steps + 1)
    return network.loss(max(t for t in times if not network.weights or network.weights[t - 1]))


def _check_reached(place: str, network: OrderedNetwork, of: Variable) -> None:
    """Check that some use of a parameter reaches a loss through the states."""
    if network.reaching(of):
        return
    later = [loss for loss in map(of.at, range(1, network.steps + 1)) if network.reaching(loss)]
    accepted = f"a later one, such as {later[0]}" if later else "a longer sequence, and its last loss"
    raise JobError(
        f"{place}: no use of a parameter of {network.name} reaches {of} through the states, and a document"
        f" tells how an effect travels; accepted: {accepted}"
    )


def _check_told(where: str, network: OrderedNetwork) -> None:
    """Check that a document can tell how the effect of a parameter travels through a cell."""
    name = network.name
    numbers = [state for state in network.states if not network[state, 0].rank]
    if numbers:
        raise JobError(
            f"{where}: the state {numbers[0]} of {name} is a number, and a document shows states as vectors;"
            f" accepted: states with an axis (symrnn derive and verify take this cell as it is)"
        )
    if not network.remembers:
        raise JobError(
            f"{where}: no loss of {name} depends on a state of the step before, and a document tells how"
            f" an effect travels; accepted: a cell with a recurrence (symrnn derive shows single derivatives)"
        )
    if network.chain and not network.shows_its_state:
        (state,) = network.states
        raise JobError(
            f"{where}: the output of {name} reads {state}[t-1] alone, and a document follows the state of the"
            f" same step; accepted: an output that reads {state}[t] (symrnn derive and verify take this cell)"
        )


def _cell(where: str, file: Path, said: JobFile) -> tuple[Cell, Preset]:
    """Load a built-in cell, or a cell file relative to the job, under the names of the notation chosen."""
    try:
        cell = picked(_target(file, said.cell), said.activation, said.loss)
        if said.notation is None:
            return cell, Preset()
        notation = read_preset(said.notation, said.cell, cell, file.parent)
        return notation.cell(cell), notation
    except FileError as error:
        message = str(error)
        known = message.startswith(("cell file", "notation file"))
        raise JobError(message if known else f"{where}: {message}") from None


def _conventions(where: str, notation: Preset, said: JobFile) -> Conventions:
    """Return how formulas are to stand on paper; the words of one kind follow them everywhere."""
    found = Conventions(notation.copies, said.layout, said.convention)
    if said.kind != "derivation" and found != USUAL:
        raise JobError(
            f"{where}: the words of kind {said.kind!r} are those of the numerator layout and the operator"
            " convention, without copies; accepted with any other: kind = derivation"
        )
    return found


def _target(file: Path, name: str) -> str:
    """Return the name of a built-in cell as it is, the path of a cell file seen from the job."""
    return str(file.parent / name) if name.endswith(".toml") else name


def _goals(
    place: str, network: OrderedNetwork, cell: Cell, notation: Preset, said: DeriveTable
) -> tuple[Variable, tuple[Variable, ...]]:
    """Read what to derive; by default the last weighted loss by every parameter and initial state."""
    asked = str(_last(network)) if said.of is None else said.of
    of = network.lookup(notation.read([asked], cell)[0])
    if of.name != network.roles.loss:
        raise JobError(
            f"{place}: of is {asked!r}; accepted: the loss of a step, such as {network.loss(network.steps)},"
            f" or {network.total_loss}, the total loss"
        )
    default = [*cell.parameters, *(f"{state}0" for state in cell.states)]
    names = default if said.wrt is None else said.wrt
    if not names or not all(isinstance(name, str) for name in names):
        raise JobError(f"{place}: wrt is {names!r:.60}; accepted: a list of names such as {default}")
    names = notation.read(names, cell)
    wrt = tuple(network.lookup(name) for name in names)
    for name, v in zip(names, wrt):
        if network.equation(v) is not None or v.name in (network.roles.target, WEIGHT):
            x2 = f"{network.roles.input}2"
            raise JobError(
                f"{place}: wrt names {name!r}; accepted: {', '.join(default)} or an input such as {x2}"
            )
        if v.time is not None and of.time is not None and v.time > of.time:
            raise JobError(f"{place}: {of} does not depend on {v}; accepted: a step up to {of.time}")
    if len(set(wrt)) != len(wrt):
        raise JobError(f"{place}: wrt names something twice: {names!r:.80}; accepted: each once")
    return of, wrt
