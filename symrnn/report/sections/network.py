"""The network: its equations, its shapes, its graph, and the total loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy.core.numbers import Integer

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
from symrnn.model import IN_LAYER, STEP, WEIGHT, Equation, in_force, part_of
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
from symrnn.report.wording import listing, prose, say, sentences
from symrnn.tensor import TABLE, Apply, Shape, TimeSum, Total, Variable, bound, outer

IN_A_ROW = 28.0  # millimetres of symbols of one meaning, without their time
MANY_PARAMETERS = 6  # from here on the same sentence is not repeated for each
LOSS = {  # by whether the losses of the steps have weights, and whether there is a logarithm
    (False, False): "network.loss",
    (True, False): "network.loss_weighted",
    (False, True): "network.loss_natural",
    (True, True): "network.loss_weighted_natural",
}

MEANINGS = {  # of a part of a cell
    "input": "meaning.input",
    "target": "meaning.target",
    "scores": "meaning.scores",
    "outputs": "meaning.outputs",
    "probabilities": "meaning.probabilities",
    "error": "meaning.error",
    "state": "meaning.state",
    "gate": "meaning.gate",
    "candidate": "meaning.candidate",
    "pre_activation": "meaning.pre_activation",
    "signal": "meaning.signal",
    "output_weights": "meaning.output_weights",
    "recurrent_weights": "meaning.recurrent_weights",
    "input_weights": "meaning.input_weights",
    "peephole_weights": "meaning.peephole_weights",
    "weights": "meaning.weights",
    "output_bias": "meaning.output_bias",
    "bias": "meaning.bias",
    "parameter": "meaning.parameter",
}


def meaning(job: Job, name: str) -> str:
    """Return what a symbol is, in a few words: what the cell file says, or its place in the equations."""
    if name in job.cell.meanings:
        return said_by_cell(job.cell.meanings[name])
    return words(MEANINGS[part_of(job.cell, name)])


def said_by_cell(meaning: str) -> str:
    """Return what a cell file says of a symbol, translated if the catalogue knows it."""
    own, in_layer, number = meaning.rpartition(IN_LAYER)
    if in_layer and number.isdecimal():
        return words("meaning.in_layer", meaning=language().translated("terms", own), n=number)
    return language().translated("terms", meaning)


def shape_tree(shape: Shape) -> Tree:
    """Return a shape such as d × n."""
    return separated([variable_symbol(axis) for axis in shape], "times") if shape else Number("1")


def shape_tables(job: Job) -> tuple[Table, Table]:
    """Symbols with their meaning and shape, signals and parameters, equal rows joined."""
    cell, roles = job.cell, job.cell.roles
    computed = [e.target.name for e in cell.step if e.target.name != roles.loss]
    signals: dict[tuple[str, Shape], list[str]] = {}
    for name in dict.fromkeys((roles.input, *computed, roles.target)):
        signals.setdefault((meaning(job, name), cell.signals[name]), []).append(name)
    parameters: dict[tuple[str, Shape], list[str]] = {}
    for name, shape in cell.parameters.items():
        said = meaning(job, name)
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
    compared = [t for t in job.counted if t < job.steps]
    shifted = all(np.array_equal(job.inputs[t], job.targets[t - 1]) for t in compared)
    if job.reads_words and job.inputs_vocabulary == job.targets_vocabulary and compared and shifted:
        return say("network.reads_symbols", times=times, n=n)
    if job.reads_words:
        return say("network.tags_symbols" if m else "network.reads_one_symbol", times=times, n=n, m=m)
    return say("network.tags" if m else "network.reads", times=times, m=m)


def ignored(job: Job) -> Text:
    """Say which losses count, where not all of them do."""
    if len(job.counted) == job.steps:
        return ()
    losses = [job.network.loss(t) for t in job.counted]
    return say("network.some_count" if losses[1:] else "network.one_counts", losses=listing(losses))


def weights(job: Job, times: Tree) -> Text:
    """Say what the weights of the losses are, where not all of them are 1."""
    if not job.network.weights:
        return ()
    numbers: list[Tree] = [Number(np.format_float_positional(weight, trim="-")) for weight in job.weights]
    omega = job.network[WEIGHT, STEP]
    return say("network.weights", times=times, omega=omega, numbers=separated(numbers, "comma"))


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
        t = bound("t")
        term = outer(job.network[WEIGHT, t], job.network.loss(t))
        whole = Equation(loss, TimeSum(term, t, 1, Integer(job.steps)))
        ledger.admit_equation(whole, job.network)
        (summed,) = display((loss, whole.expression)).lines
        return Display((Line(summed.lhs, "=", (row(*summed.rhs, Operator("="), *lines[0].rhs),)),))
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
    after = merged((*sentences(ignored(job), shared, given), *activation_sentence(job)))
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
                weights(job, times),
                axes_of_derivatives(
                    Total(job.network.loss(STEP), material.seen_states[0]), job.network.letters
                ),
            )
        ),
        total_loss(material, ledger),
    ]
