"""The numbers of a sheet: what is given, what follows, who contributes; certified as they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from symrnn.derivation import Derivation
from symrnn.document import Block, Columns, Display, Heading, Line, Prose, Text, cut, table_width, words
from symrnn.notation import Matrix, Number, Operator, Tree, row, separated, variable, variable_symbol, width
from symrnn.report.job import Job
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.sections import numbers
from symrnn.report.veil import Veil
from symrnn.report.wording import say, sentences
from symrnn.tensor import Total
from symrnn.witness import Array, value

BETWEEN, ACROSS = 10.0, 160.0  # millimetres: between two matrices side by side, and of all of them
ROOM_BESIDE = 94.0  # millimetres, of a table beside another; estimates are some 5 % more than it takes
MOST_DIGITS = 4


def headed(key: str, points: int) -> Heading:
    """Return a heading, with the points that its section gives."""
    if not points:
        return Heading(say(key))
    worth = "exercise.one_point" if points == 1 else "exercise.several_points"
    return Heading(say(worth, section=words(key), n=points))


def with_numbers(
    material: Material,
    checked: Sequence[Derivation],
    job: Job,
    ledger: Ledger,
    veil: Veil,
    asks: bool,
) -> list[Block]:
    """Return the section with the numbers of ``job``.

    The results of ``checked`` and the contributions are compared with the complex step at these numbers.

    Raises
    ------
    CertificateError
        If they differ.
    """
    for found in checked:
        here = job.point.of(found.network)
        derived = value(found.result, here)
        ledger.admit_array(f"{found.goal} as derived, in numbers", derived, found.goal, here)
    outputs = numbers.prediction_table(job)
    targets = range(1 + job.sizes[job.cell.signals[job.cell.roles.target][0]], len(outputs.header) - 1)
    predictions = veil.table(outputs, (0, *targets))
    contributions = veil.table(numbers.contribution_table(job, material.main.name, ledger), (0,))
    beside = table_width(outputs) <= ROOM_BESIDE
    jacobian = Total(*material.jacobian.goal.args)
    return [
        headed("numbers.title", job.exercise.points_of("numbers")),
        *given(job),
        *([Prose(say("handout.compute"))] if asks else []),
        *(
            [Columns((predictions,), (contributions,), left=0.55)]
            if beside
            else [*cut(predictions, like=outputs), contributions]
        ),
        Prose(say("handout.reading_numbers", W=material.main, jacobian=jacobian)),
    ]


def given(job: Job) -> list[Block]:
    """Every given array in brackets, as many side by side as fit; inputs only where they have no names."""
    start = variable(job.network[job.cell.states[0], 0])
    arrays = {variable_symbol(name): job.values[name] for name in job.cell.parameters}
    arrays[start] = job.values[f"{job.cell.states[0]}0"]
    inputs: Text = ()
    if job.reads_words:
        read = _listed([word for word, _ in job.labels])
        inputs = say("handout.inputs", inputs=read, vocabulary=_listed(job.inputs_vocabulary))
    else:
        name = job.cell.roles.input
        arrays |= {variable(job.network[name, t]): x for t, x in enumerate(job.inputs, start=1)}
    digits = next((d for d in range(1, MOST_DIGITS) if _exact(arrays.values(), d)), MOST_DIGITS)
    exact = _exact(arrays.values(), digits)
    sizes = [
        row(variable_symbol(axis), Operator("="), Number(str(n))) for axis, n in sorted(job.sizes.items())
    ]
    places = {"start": start, "sizes": separated(sizes, "comma")}
    rounded = say("handout.given_rounded", digits=digits, **places)
    said = sentences(say("handout.given_exactly", **places) if exact else rounded, inputs)
    lines = [Line(symbol, "=", (_brackets(array, digits),)) for symbol, array in arrays.items()]
    named = len(job.cell.parameters) + 1  # after them, the inputs in the order of their steps
    rows: list[list[Line]] = [[]]
    for one in (*sorted(lines[:named], key=lambda one: -_room(one)), *lines[named:]):
        if rows[-1] and sum(map(_room, rows[-1])) + _room(one) > ACROSS:
            rows.append([])
        rows[-1].append(one)
    return [Prose(said), *(Display(tuple(several), columns=len(several)) for several in rows)]


def _exact(arrays: Iterable[Array], digits: int) -> bool:
    return all((array == array.round(digits)).all() for array in arrays)


def _listed(names: Sequence[str]) -> Text:
    """Return words of the vocabulary with commas between them."""
    return tuple(
        chain.from_iterable((*((", ",) if n else ()), *numbers.label(x)) for n, x in enumerate(names))
    )


def _brackets(array: Array, digits: int) -> Tree:
    rows = array if array.ndim == 2 else array[:, None]
    return Matrix(tuple(tuple(numbers.decimals(x, digits) for x in line) for line in rows))


def _room(one: Line) -> float:
    return sum(width(tree) for tree in (one.lhs, *one.rhs) if tree is not None) + BETWEEN
