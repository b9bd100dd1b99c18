"""The network: its equations, its shapes, its graph, and the total loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symrnn.document import (
    Block,
    Columns,
    Display,
    Figure,
    Heading,
    Line,
    Panel,
    Prose,
    Table,
    Text,
    language,
    merged,
    words,
)
from symrnn.model import STEP, Equation, in_force, losses
from symrnn.notation import (
    BigSum,
    Number,
    Operator,
    Script,
    Symbol,
    Tree,
    layout,
    row,
    separated,
    straight_term,
    variable,
    variable_symbol,
    width,
)
from symrnn.report.compose import display, drawn
from symrnn.report.job import Job
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.sections.notation import axes_of_derivatives, rows_or_columns, stated
from symrnn.report.sections.roles import meaning
from symrnn.report.wording import listing, prose, say, sentences
from symrnn.tensor import TABLE, Apply, Shape, Total, Variable

IN_A_ROW = 28.0  # millimetres of symbols of one meaning, without their time
MANY_PARAMETERS = 6  # from here on the same sentence is not repeated for each
LOSS = {  # by whether the losses of the steps have weights, and whether there is a logarithm
    (False, False): "network.loss",
    (True, False): "network.loss_weighted",
    (False, True): "network.loss_natural",
    (True, True): "network.loss_weighted_natural",
}


def shape_tree(shape: Shape) -> Tree:
    """Return a shape such as d × n."""
    return separated([variable_symbol(axis) for axis in shape], "times") if shape else Number("1")


def shape_tables(job: Job) -> tuple[Table, Table]:
    """Symbols with their meaning and shape, signals and parameters, equal rows joined."""
    cell, roles = job.cell, job.cell.roles
    within_loss = losses()[cell.loss]["equations"].keys() - {roles.prediction}
    computed = [e.target.name for e in cell.step if e.target.name not in within_loss]
    signals: dict[tuple[str, Shape], list[str]] = {}
    for name in dict.fromkeys((roles.input, *computed, roles.target)):
        signals.setdefault((meaning(cell, name), cell.signals[name]), []).append(name)
    parameters: dict[tuple[str, Shape], list[str]] = {}
    for name, shape in cell.parameters.items():
        said = meaning(cell, name)
        said = words("meaning.positive", meaning=said) if name in cell.positive else said
        parameters.setdefault((said, shape), []).append(name)
    return _symbols(signals, STEP), _symbols(parameters, None)


def _symbols(kinds: dict[tuple[str, Shape], list[str]], time: Any) -> Table:
    rows: list[tuple[Text, ...]] = []
    for (said, shape), names in kinds.items():
        packed = ([Variable(name, shape, time) for name in some] for some in _packed(names))
        axes = shape_tree(shape[::-1] if in_force().mirrored else shape)
        first, *more = (separated(list(map(variable, some)), "comma") for some in packed)
        rows.append((prose(first), (said,), prose(axes)))
        rows += [(prose(tree), (), ()) for tree in more]
    return Table((), (), tuple(rows), "lll")


def _packed(names: Sequence[str]) -> list[list[str]]:
    """Return names in rows, as many in each as have room."""
    rows: list[list[str]] = [[]]
    for name in names:
        longer = separated([variable_symbol(one) for one in (*rows[-1], name)], "comma")
        if rows[-1] and width(longer) > IN_A_ROW:
            rows.append([])
        rows[-1].append(name)
    return rows


def introduced(job: Job, intro: Text, after: Text) -> list[Block]:
    """The equations and the meaning of their symbols: side by side where they are few."""
    signals, parameters = shape_tables(job)
    text: tuple[Block, ...] = (Prose(intro), equations(job), Prose(after))
    if len(job.cell.parameters) <= MANY_PARAMETERS:
        one = Table((), (), (*signals.rows, *parameters.rows), signals.align)
        return [Columns(text, (Panel((one,)),), left=0.57)]
    return [*text, Columns((Panel((signals,)),), (Panel((parameters,)),))]


def reads(job: Job, times: Tree) -> Text:
    """Say what the network reads and predicts at each step, symbols or numbers."""
    n, m = len(job.inputs_vocabulary), len(job.targets_vocabulary)
    shifted = all(np.array_equal(x, y) for x, y in zip(job.inputs[1:], job.targets))
    if job.reads_words and job.inputs_vocabulary == job.targets_vocabulary and shifted:
        return say("network.reads_symbols", times=times, n=n)
    if job.reads_words:
        return say("network.tags_symbols" if m else "network.reads_one_symbol", times=times, n=n, m=m)
    return say("network.tags" if m else "network.reads", times=times, m=m)


def operands(letter: str) -> tuple[Tree, Tree]:
    """Return what a matrix acts on, as a column and as a row."""
    u, turned = Symbol(letter), Script(Symbol(letter), sup=Symbol("top"))
    return (turned, u) if in_force().mirrored else (u, turned)


def conventions(job: Job) -> Table:
    """Both layouts of the weights side by side."""
    rows: list[tuple[Text, ...]] = []
    for name, shape in job.cell.parameters.items():
        if len(shape) == 2:
            turned = shape[::-1]
            w = variable_symbol(name)
            column, line = operands(job.network.letters.vectors[0])
            rows.append(
                (
                    prose(w),
                    prose(shape_tree(shape)),
                    prose(row(w, Operator("thin"), column)),
                    prose(shape_tree(turned)),
                    prose(row(line, Operator("thin"), w)),
                )
            )
    acts = say("network.acts_as")
    header = ((), say("network.operator_layout"), acts, say("network.row_layout"), acts)
    return Table((), header, tuple(rows), "lllll")


def equations(job: Job) -> Display:
    """The equations of one step, two columns, the state at the start last."""
    claims = [(e.target, e.expression) for e in job.cell.step]
    of_step = display(*claims, columns=2)
    zeros = tuple(
        Line(variable(Variable(state, job.cell.signals[state], 0)), "=", (Number("0"),))
        for state in job.cell.states
        if not job.values[f"{state}0"].any()
    )
    return Display((*of_step.lines, *zeros), 2)


def activation_sentence(job: Job) -> Text:
    """What σ stands for, and how steep it can be."""
    sigma = [a for e in job.cell.step for a in e.expression.atoms(Apply) if a.symbol == "sigma"]
    if not sigma:
        return ()
    row_of = TABLE[sigma[0].function]
    function = language().translated("terms", row_of.meaning)
    places: dict[str, Any] = {"sigma": Symbol("sigma"), "function": function}
    if row_of.slope is None:
        return merged((" ", *say("network.activation", **places)))
    return merged((" ", *say("network.activation_with_slope", slope=f"{row_of.slope:g}", **places)))


def total_loss(material: Material, ledger: Ledger) -> Display:
    """The total loss as a sum over the steps; weighted where the mask says so."""
    job = material.job
    loss = job.network.total_loss
    equation = Equation(loss, job.network.by_target[loss].expression)
    ledger.admit_equation(equation, job.network)
    lines = display((equation.target, equation.expression)).lines
    if job.network.weights:
        return Display(lines)
    compact = row(
        BigSum(row(Symbol("t"), Operator("="), Number("1")), Number(str(job.steps))),
        layout(job.network.loss(STEP)),
    )
    return Display((Line(lines[0].lhs, "=", (row(compact, Operator("="), lines[0].rhs[0]),)),))


def section(material: Material) -> list[Block]:
    """Return the blocks of this section."""
    job, ledger = material.job, material.ledger
    ledger.admit_equations(job.network)
    last = job.steps
    k = max(1, min(2, int(job.of.time) - 1))
    term = straight_term(job.network, material.main, k, int(job.of.time))
    read = separated([Symbol("t"), row(Number("1"))], "=")
    times = row(read, Operator("comma"), Operator("dots"), Operator("comma"), Number(str(last)))
    names = [variable_symbol(name) for name in job.cell.parameters]
    many = len(names) > MANY_PARAMETERS
    listed = separated(names, "comma")
    shared = say("network.all_shared") if many else say("network.shared", parameters=listed)
    start = [job.network[state, 0] for state in job.cell.states]
    given = say("network.starts" if len(start) > 1 else "network.start", start=listing(start))
    after = merged((*sentences(shared, given), *activation_sentence(job)))
    caption = say(
        "network.figure" if material.chain else "network.figure_of_path",
        cell=job.cell.name,
        steps=last,
        k=row(Symbol("k"), Operator("="), Number(str(term.path[0].time))),
        W=material.main,
        state=term.path[0],
        loss=job.of,
    )
    return [
        Heading(say("network.title")),
        *stated(job),
        *introduced(job, reads(job, times), after),
        Figure(drawn(job.network, term), caption),
        Prose(rows_or_columns("CS7015" in job.cell.source)),
        *([] if many else [conventions(job)]),
        Prose(
            sentences(
                say("network.loss_title"),
                say(LOSS[bool(job.network.weights), job.cell.loss == "cross_entropy"]),
                axes_of_derivatives(
                    Total(job.network.loss(STEP), material.seen_states[0]), job.network.letters
                ),
            )
        ),
        total_loss(material, ledger),
    ]
