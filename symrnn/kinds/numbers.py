"""The numbers behind an example: forward values, probabilities, losses, gradients, contributions."""

from __future__ import annotations

import numpy as np

from symrnn.calculus import Total
from symrnn.document import Bar, Block, Columns, Display, Line, Prose, Styled, Table, Text
from symrnn.equation import STEP
from symrnn.evaluate import Array, value
from symrnn.job import Job
from symrnn.kinds.blocks import prose
from symrnn.kinds.ledger import Ledger
from symrnn.numeric import contributions, gradients
from symrnn.tensor import Variable
from symrnn.typeset.tree import Group, Matrix, Number, Operator, Script, Symbol, Tree, row, separated
from symrnn.views.matrix import layout
from symrnn.views.symbols import variable
from symrnn.witnesses import deviation


def decimals(number: float, digits: int = 4) -> Number:
    """Return a number with a fixed count of decimals; no minus sign in front of zero."""
    text = f"{number:.{digits}f}"
    return Number(text[1:] if float(text) == 0 and text.startswith("-") else text)


def entry_symbol(v: Variable, *indices: int) -> Tree:
    """Entry of a variable with numbers for indices."""
    tree = variable(v)
    places: list[Tree] = [Number(str(i)) for i in indices]
    if isinstance(tree, Script) and tree.sub is not None:
        comma = Operator("comma")
        return Script(tree.base, sub=row(tree.sub, *(x for place in places for x in (comma, place))))
    return Script(tree, sub=row(*places))


def label(word: str) -> Text:
    """A word of the vocabulary, as it is."""
    return (Styled(word, "code"),) if word else ()


def forward_table(job: Job) -> Table:
    """States step by step."""
    state = job.cell.states[0]
    size = job.sizes[job.cell.signals[state][0]]
    first = Variable(state, job.cell.signals[state], STEP)
    header: tuple[Text, ...] = (
        prose(Symbol("t")),
        ("input",),
        *(prose(entry_symbol(first, i + 1)) for i in range(size)),
    )
    rows: list[tuple[Text, ...]] = []
    for t in range(job.steps + 1):
        values = job.point.variable(job.network[state, t])
        word = label(job.labels[t - 1][0]) if t else ()
        rows.append((prose(Number(str(t))), word, *(prose(decimals(x)) for x in values)))
    return Table(("States",), header, tuple(rows), "cl" + "r" * size, rules=(1,))


def prediction_table(job: Job) -> Table:
    """Outputs and losses, step by step; with cross entropy the probability of the truth is bold."""
    likely = job.cell.loss == "cross_entropy"
    output = Variable("yhat" if likely else "z", job.cell.signals["y"], STEP)
    size = job.sizes[job.cell.signals["y"][0]]
    short = job.vocabulary if sum(map(len, job.vocabulary)) <= 30 else ()
    names = [label(word) for word in short] or [prose(entry_symbol(output, i + 1)) for i in range(size)]
    loss = Variable("L", (), STEP)
    header: tuple[Text, ...] = (prose(Symbol("t")), *names, ("truth",), prose(loss))
    rows: list[tuple[Text, ...]] = []
    for t in range(1, job.steps + 1):
        values, target = job.point.variable(output.at(t)), job.targets[t - 1]
        cells: list[Text] = [prose(Number(str(t)))]
        for number, share in zip(values, target):
            shown = decimals(number, 3)
            bold = likely and share == target.max()
            cells.append((Styled(shown.text, "strong"),) if bold else prose(shown))
        cells += [label(job.labels[t - 1][1]), prose(decimals(float(job.point.variable(loss.at(t)))))]
        rows.append(tuple(cells))
    total = float(job.point.variable(Variable("L")))
    rows.append((("total",), *((),) * (size + 1), prose(decimals(total))))
    note: Text = ()
    if likely:
        note = (
            "Bold: the probability given to the truth. ",
            *prose(loss),
            " is minus its natural logarithm where the truth is one symbol.",
            " The total is weighted." if job.network.weights else "",
        )
    title = "Predictions" if likely else "Outputs"
    return Table((title,), header, tuple(rows), "c" + "r" * size + "lr", note, rules=(job.steps,))


def numeric_matrix(array: Array) -> Tree:
    """Numbers in brackets; a vector as a column."""
    rows = array if array.ndim == 2 else array[:, None]
    return Matrix(tuple(tuple(decimals(x) for x in line) for line in rows))


def gradient_blocks(job: Job, ledger: Ledger) -> list[Block]:
    """The gradient of the total loss by everything, from the sweep, checked by complex step."""
    parameters = {name: job.values[name] for name in job.cell.parameters}
    initial = {state: job.values[f"{state}0"] for state in job.cell.states}
    found = gradients(
        job.cell,
        parameters,
        np.array(job.inputs),
        np.array(job.targets),
        initial=initial,
        mask=np.array(job.weights),
    )
    loss = job.network["L"]
    lines = []
    for name in [*job.cell.parameters, *(f"{state}0" for state in job.cell.states)]:
        v = job.network.lookup(name)
        truth = value(Total(loss, v), job.point)
        ledger.admit_number(f"gradient by {name}", deviation(found[name], truth), "object")
        tree = layout(Total(loss, v))
        tree = Script(Group(tree), sup=Symbol("top")) if v.rank == 1 else tree
        lines.append(Line(tree, "=", (numeric_matrix(found[name]),)))
    lines.sort(key=lambda line: isinstance(line.lhs, Script))
    matrices = tuple(line for line in lines if not isinstance(line.lhs, Script))
    vectors = tuple(line for line in lines if isinstance(line.lhs, Script))
    return [Display(matrices), Display(vectors, columns=len(vectors))]


def contribution_table(job: Job, name: str, ledger: Ledger) -> Table:
    """What each use of a parameter contributed to the derivative of the chosen loss, adding up as printed."""
    parameters = {parameter: job.values[parameter] for parameter in job.cell.parameters}
    initial = {state: job.values[f"{state}0"] for state in job.cell.states}
    steps = int(job.of.time)
    parts = contributions(
        job.cell, parameters, np.array(job.inputs), np.array(job.targets), name, initial=initial
    )[steps - 1, :steps]
    v = job.network[name]
    truth = value(Total(job.of, v), job.point)
    ledger.admit_number(f"contributions to ∂{job.of}/∂{name}", deviation(parts.sum(axis=0), truth), "object")
    entry = np.unravel_index(int(np.abs(truth).argmax()), truth.shape)
    column = np.array([part[entry] for part in parts])
    digits = adding_up(column)
    sizes = [float(np.linalg.norm(part)) for part in parts]
    rows: list[tuple[Text, ...]] = [
        (
            prose(Number(str(k))),
            prose(decimals(sizes[k - 1])),
            (Bar(sizes[k - 1] / max(sizes)),),
            prose(decimals(column[k - 1], digits)),
        )
        for k in range(steps, 0, -1)
    ]
    rows.append((("sum",), (), (), prose(decimals(float(truth[entry]), digits))))
    places = row(*(Number(str(int(i) + 1)) for i in entry))
    heading = ("Who contributes to ", *prose(Total(job.of, v)), "?")
    header: tuple[Text, ...] = (
        prose(Symbol("k")),
        ("size",),
        (),
        ("entry ", *prose(Script(variable(v), sub=places))),
    )
    note = (
        "Size: the Frobenius norm of the term of step ",
        Symbol("k"),
        ". The complex step gives the same sum.",
    )
    return Table(heading, header, tuple(rows), "crlr", note, rules=(steps,))


def reading(job: Job) -> Text:
    """Say what the contributions show, and what they do not prove."""
    state = Variable(job.cell.states[0], job.cell.signals[job.cell.states[0]], STEP)
    words = prose(
        "The further back the use, the more Jacobians ",
        Total(state, state.at(STEP - 1)),
        " its effect passes through. Where their norms stay below one, ",
    )
    return (
        *words,
        "far uses fade: the vanishing gradient. What fades are the far terms, not the gradient itself, whose "
        "last term contains no Jacobian. The chain of norms is an upper bound: it can prove that terms "
        "vanish, never that they explode.",
    )


def adding_up(column: Array) -> int:
    """Return the smallest count of decimals, from 4, at which the rounded rows add up to the rounded sum."""
    for digits in range(4, 10):
        if round(sum(round(float(x), digits) for x in column), digits) == round(float(column.sum()), digits):
            return digits
    return 9


def section(job: Job, ledger: Ledger) -> list[Block]:
    """Return the blocks of the section, without its heading."""
    blocks: list[Block] = []
    source = f"drawn with seed {job.seed}" if job.drawn else "read from the file that the job names"
    sizes = [row(Symbol(axis), Operator("="), Number(str(n))) for axis, n in sorted(job.sizes.items())]
    blocks.append(Prose(("The sizes are ", separated(sizes, "comma"), f"; the parameters were {source}.")))
    tables = forward_table(job), prediction_table(job)
    side_by_side = sum(len(table.header) for table in tables) <= 14
    blocks += [Columns(tables[:1], tables[1:], left=0.42)] if side_by_side else tables
    wrt = next((v.name for v in job.wrt if v.time is None and v.rank == 2), None)
    if wrt is not None:
        blocks.append(Columns((contribution_table(job, wrt, ledger),), (Prose(reading(job)),), left=0.52))
    blocks.append(
        Prose(prose("The gradient of the total loss by every parameter, and by the initial state:"))
    )
    blocks += gradient_blocks(job, ledger)
    return blocks
