"""The numbers behind an example: forward values, probabilities, losses, gradients, contributions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from symrnn.derivation import K, adjoint, backward
from symrnn.document import Bar, Block, Columns, Display, Line, Prose, Styled, Table, Text, cut, words
from symrnn.model import STEP, Cell, in_force, part_of
from symrnn.notation import (
    Matrix,
    Number,
    Operator,
    Script,
    Symbol,
    Tree,
    layout,
    row,
    separated,
    variable,
    variable_symbol,
    width,
)
from symrnn.numeric import contributions, gradients
from symrnn.report.compose import DISPLAY_WIDTH
from symrnn.report.job import Job
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.wording import prose, say, sentences
from symrnn.tensor import Apply, Diagonal, Ones, Tensor, Total, Variable, free_times, plus, scale
from symrnn.witness import Array, sizes, value

BETWEEN = 16.0  # millimetres round the relation and between two equations side by side


def decimals(number: float, digits: int = 4) -> Number:
    """Return a number with a fixed count of decimals; no minus sign in front of zero."""
    text = f"{number:.{digits}f}"
    return Number(text[1:] if float(text) == 0 and text.startswith("-") else text)


def entry_symbol(v: Variable, *indices: int) -> Tree:
    """Entry of a variable with numbers for indices."""
    written = indices[::-1] if in_force().mirrored else indices
    tree, places = variable(v), row(*(Number(str(i)) for i in written))
    if isinstance(tree, Script) and tree.sub is not None:
        return Script(tree.base, sub=row(tree.sub, Operator("comma"), places))
    return Script(tree, sub=places)


def label(word: str) -> Text:
    """A word of the vocabulary, as it is."""
    return (Styled(word, "code"),) if word else ()


def signal_table(job: Job, names: Sequence[str], title: str, first: int) -> Table:
    """Entries of signals, step by step, from step ``first``."""
    signals = [Variable(name, job.cell.signals[name], STEP) for name in names]
    entries = [(v, i) for v in signals for i in range(job.sizes[v.shape[0]])]
    header: tuple[Text, ...] = (
        prose(Symbol("t")),
        say("numbers.input"),
        *(prose(entry_symbol(v, i + 1)) for v, i in entries),
    )
    rows: list[tuple[Text, ...]] = []
    for t in range(first, job.steps + 1):
        values = [float(job.point.variable(job.network[v.name, t])[i]) for v, i in entries]
        word = label(job.labels[t - 1][0]) if t else ()
        rows.append((prose(Number(str(t))), word, *(prose(decimals(x)) for x in values)))
    rules = (1,) if first == 0 else ()
    if not any(word for word, _ in job.labels):
        header, rows = (header[0], *header[2:]), [(r[0], *r[2:]) for r in rows]
    align = "c" + "l" * (len(header) - 1 - len(entries)) + "r" * len(entries)
    return Table((title,), header, tuple(rows), align, rules=rules)


def forward_tables(job: Job) -> list[Table]:
    """States, and in a cell with gates what the activations make of the pre-activations."""
    tables = [signal_table(job, job.cell.states, words("numbers.states"), 0)]
    gates = [
        e.target.name
        for e in job.cell.step
        if isinstance(e.expression, Apply)
        and e.target.name not in (*job.cell.states, job.cell.roles.prediction)
    ]
    gated = any(part_of(job.cell, name) == "gate" for name in gates)
    title = words("numbers.gates" if gated else "numbers.within")
    return [*tables, signal_table(job, gates, title, 1)] if gates else tables


def prediction_table(job: Job) -> Table:
    """Outputs and losses, step by step; with cross entropy the probability of the truth is bold.

    A step whose loss does not count has neither truth nor loss.
    """
    likely = job.cell.loss == "cross_entropy"
    roles = job.cell.roles
    shape = job.cell.signals[roles.target]
    output = Variable(roles.prediction if likely else roles.logits, shape, STEP)
    target = Variable(roles.target, shape, STEP)
    size = job.sizes[shape[0]]
    classes = job.targets_vocabulary
    short = classes if sum(map(len, classes)) <= 30 else ()
    names = [label(word) for word in short] or [prose(entry_symbol(output, i + 1)) for i in range(size)]
    labelled = any(truth for _, truth in job.labels)
    truths: list[Text] = (
        [say("numbers.truth")] if labelled else [prose(entry_symbol(target, i + 1)) for i in range(size)]
    )
    loss = job.network.loss(STEP)
    header: tuple[Text, ...] = (prose(Symbol("t")), *names, *truths, prose(loss))
    rows: list[tuple[Text, ...]] = []
    for t in range(1, job.steps + 1):
        values, truth = job.point.variable(output.at(t)), job.targets[t - 1]
        cells: list[Text] = [prose(Number(str(t)))]
        for number, share in zip(values, truth):
            rounded = decimals(number, 3)
            bold = likely and job.told(t) and share == truth.max()
            cells.append((Styled(rounded.mantissa, "strong"),) if bold else prose(rounded))
        if job.told(t):
            cells += [label(job.labels[t - 1][1])] if labelled else [prose(decimals(x, 3)) for x in truth]
            rows.append((*cells, prose(decimals(float(job.point.variable(loss.at(t)))))))
        else:
            rows.append((*cells, *((),) * (len(header) - len(cells))))
    total = float(job.point.variable(job.network.total_loss))
    rows.append((say("numbers.total"), *((),) * (len(header) - 2), prose(decimals(total))))
    note = sentences(
        say("numbers.bold", loss=loss) if likely else (),
        say("numbers.weighted") if set(job.weights) - {0, 1} else (),
        say("numbers.ignored") if not all(map(job.told, range(1, job.steps + 1))) else (),
    )
    title = say("numbers.predictions" if likely else "numbers.outputs")
    align = "c" + "r" * size + ("l" if labelled else "r" * size) + "r"
    return Table(title, header, tuple(rows), align, note, rules=(job.steps,))


def numeric_matrix(array: Array) -> Matrix:
    """Numbers in brackets, a vector as states are written: a column, or a row in the row convention."""
    rows = array if array.ndim == 2 else array[:, None]
    rows = rows.T if in_force().mirrored else rows
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
        engine="numpy",  # the same digits wherever a report is made
    )
    loss, swept = job.network.total_loss, backward(job.network)
    groups: dict[tuple[bool, int, int], list[Line]] = {}
    for name in [*job.cell.parameters, *(f"{state}0" for state in job.cell.states)]:
        v = job.network.lookup(name)
        equation = swept.equation(adjoint(v))
        added = None if equation is None else sizes(equation.expression, job.point.of(swept), [{}])[0]
        ledger.admit_array(f"gradient by {name}", found[name], Total(loss, v), job.point, added)
        numbers = numeric_matrix(found[name])
        line = Line(layout(Total(loss, v), "column"), "=", (numbers,))
        groups.setdefault((v.rank == 1, len(numbers.rows), len(numbers.rows[0])), []).append(line)
    in_order = [lines for _, lines in sorted(groups.items(), key=lambda group: group[0][0])]
    return [Display(tuple(lines), columns=side_by_side(lines)) for lines in joined(in_order)]


def joined(groups: list[list[Line]]) -> list[list[Line]]:
    """Put neighbouring groups that fit on one line into one."""
    out: list[list[Line]] = []
    for lines in groups:
        if out and side_by_side([*out[-1], *lines]) == len(out[-1]) + len(lines):
            out[-1] = [*out[-1], *lines]
        else:
            out.append(list(lines))
    return out


def side_by_side(lines: Sequence[Line]) -> int:
    """Return how many equations fit next to each other."""
    widest = max(width(line.lhs) + width(line.rhs[0]) + BETWEEN for line in lines if line.lhs is not None)
    return max(1, min(len(lines), int((DISPLAY_WIDTH + BETWEEN) / widest)))


def contribution_table(job: Job, name: str, ledger: Ledger) -> Table:
    """What each use of a parameter contributed to the derivative of the chosen loss, adding up as printed."""
    parameters = {parameter: job.values[parameter] for parameter in job.cell.parameters}
    initial = {state: job.values[f"{state}0"] for state in job.cell.states}
    steps = job.steps if job.all_losses else int(job.of.time)
    pairs = contributions(
        job.cell, parameters, np.array(job.inputs), np.array(job.targets), name, initial=initial
    )
    of_all = np.tensordot(np.array(job.weights), pairs, axes=1)
    parts = (of_all if job.all_losses else pairs[steps - 1])[:steps]
    v = job.network[name]
    goal = Total(job.goal, v)
    ledger.admit_array(f"contributions to ∂{job.goal}/∂{name}", parts.sum(axis=0), goal, job.point)
    truth = value(goal, job.point)
    entry = np.unravel_index(int(np.abs(truth).argmax()), truth.shape)
    column = np.array([part[entry] for part in parts])
    sizes = [float(np.linalg.norm(part)) for part in parts]
    least = max(4, 2 - int(np.floor(np.log10(max(sizes))))) if max(sizes) > 0 else 4
    digits = adding_up(column, least)
    rows: list[tuple[Text, ...]] = [
        (
            prose(Number(str(k))),
            prose(decimals(sizes[k - 1], least)),
            (Bar(sizes[k - 1] / (max(sizes) or 1.0)),),
            prose(decimals(column[k - 1], digits)),
        )
        for k in range(steps, 0, -1)
    ]
    rows.append((say("numbers.sum"), (), (), prose(decimals(float(truth[entry]), digits))))
    heading = say("numbers.contributions", derivative=Total(job.goal, v))
    header: tuple[Text, ...] = (
        prose(Symbol("k")),
        say("numbers.size"),
        (),
        say("numbers.entry", entry=entry_symbol(v, *(int(i) + 1 for i in entry))),
    )
    note = say("numbers.frobenius", k=Symbol("k"))
    return Table(heading, header, tuple(rows), "crlr", note, rules=(steps,))


def reading(material: Material) -> Text:
    """Say what the contributions show, and what they do not prove."""
    if material.edgewise:
        return say("numbers.reading_of_paths")
    jacobian, job = Total(material.state(STEP), material.state(STEP - 1)), material.job
    steps = range(2, (job.steps if job.all_losses else int(job.of.time)) + 1)
    norms = [float(np.linalg.norm(value(jacobian, job.point, {STEP: t}), 2)) for t in steps]
    if not norms:
        return say("numbers.reading", jacobian=jacobian)
    places = {"least": decimals(min(norms), 2), "most": decimals(max(norms), 2)}
    key = "numbers.reading_fading" if max(norms) < 1 else "numbers.reading_open"
    return say(key, jacobian=jacobian, **places)


def remaining(material: Material) -> list[Block]:
    """How much of an early state is left at the last one: along the direct path, and along all paths."""
    job = material.job
    blocks: list[Block] = []
    last = int(job.of.time)
    for found in material.direct:
        body = found.result.body  # a product over time of diagonal matrices
        state, at = found.goal.body.args[0], job.point.of(material.network.whole)
        v = material.network[state.name, last]
        size = job.sizes[v.shape[0]]
        rows: list[tuple[Text, ...]] = []
        for k in range(last - 1, -1, -1):
            direct = value(found.result, at, {STEP: last, K: k})
            every = value(Total(v, v.at(k)), at)
            numbers = [*np.diag(direct), np.linalg.norm(direct, 2), np.linalg.norm(every, 2)]
            rows.append((prose(Number(str(k))), *(prose(decimals(float(x))) for x in numbers)))
        entries = [say("numbers.entry", entry=Number(str(p + 1))) for p in range(size)]
        norms = say("numbers.norm_direct"), say("numbers.norm_all")
        header: tuple[Text, ...] = (prose(Symbol("k")), *entries, *norms)
        factor = body.vector if isinstance(body, Diagonal) else body
        gate = factor.xreplace({time: K + 1 for time in free_times(body)})
        heading = say("numbers.left", early=v.at(K), late=v)
        note = say("numbers.diagonal")
        said = say(words_of_kept(job.cell, body), state=v.at(K), gate=gate)
        table = Table(heading, header, tuple(rows), "c" + "r" * (size + 2), note)
        beside = size <= 2
        blocks += [Columns((table,), (Prose(said),), left=0.55)] if beside else [table, Prose(said)]
    return blocks


def words_of_kept(cell: Cell, body: Tensor) -> str:
    """Return which words are true of the factor of a direct path, such as diag(f_j)."""
    if not isinstance(body, Diagonal):
        return "numbers.kept_by_matrix"
    of_step = body.vector.xreplace({time: STEP for time in free_times(body)})
    gates = [v for v in (e.target for e in cell.step) if part_of(cell, v.name) == "gate"]
    fractions = [f for v in gates for f in (v, plus((Ones(v.shape), scale(-1, v))))]
    return "numbers.kept" if of_step in fractions else "numbers.kept_by_factor"


def adding_up(column: Array, least: int = 4) -> int:
    """Return the smallest count of decimals at which the rounded rows add up to the rounded sum."""
    for digits in range(least, 10):
        if round(sum(round(float(x), digits) for x in column), digits) == round(float(column.sum()), digits):
            return digits
    return 9


def section(material: Material) -> list[Block]:
    """Return the blocks of the section, without its heading."""
    job, ledger = material.job, material.ledger
    blocks: list[Block] = []
    sizes = [
        row(variable_symbol(axis), Operator("="), Number(str(n))) for axis, n in sorted(job.sizes.items())
    ]
    of_sizes = separated(sizes, "comma")
    key = (
        "numbers.from_file" if not job.draws else "numbers.drawn" if job.draws == 1 else "numbers.drawn_again"
    )
    blocks.append(Prose(say(key, sizes=of_sizes, seed=job.seed, n=job.draws)))
    states, *gates = forward_tables(job)
    predictions = prediction_table(job)
    beside = len(states.header) <= 5 and len(predictions.header) <= 7
    separate = [*cut(states), *cut(predictions)]
    blocks += [Columns((states,), (predictions,), left=0.42)] if beside else separate
    blocks += chain.from_iterable(map(cut, gates))
    wrt = next((v.name for v in job.wrt if v.time is None and v.rank == 2), None)
    if wrt is not None:
        table = contribution_table(job, wrt, ledger)
        blocks.append(Columns((table,), (Prose(reading(material)),), left=0.52))
    blocks += remaining(material)
    blocks.append(Prose(say("numbers.gradient" if material.chain else "numbers.gradient_of_states")))
    blocks += gradient_blocks(job, ledger)
    return blocks
