"""Slides: one rule revealed at a time, then one path marked for each term, at the end the handout's result.

They tell the facts of the handout in fewer words. A heading opens a frame; what does not fit on one frame
goes on the next, and the numbers of the steps go on with it.
"""

from __future__ import annotations

from dataclasses import replace

from symrnn.document import (
    Block,
    Columns,
    Display,
    Document,
    Figure,
    Gallery,
    Heading,
    Line,
    Panel,
    Prose,
    Steps,
    Table,
    language,
    words,
)
from symrnn.notation import Sizes, Symbol, height, line, sign_of, straight_term
from symrnn.report.compose import display, drawn
from symrnn.report.job import Job
from symrnn.report.kinds.handout import Facts, boxed, derived, numbered, reading
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.sections import checks, network as network_section, numbers, paths as paths_section
from symrnn.report.sections.notation import stated
from symrnn.report.sections.program import program
from symrnn.report.wording import say
from symrnn.tensor import Total

ROOM = 58.0  # millimetres of steps that a frame holds
BETWEEN = 5.2  # millimetres round the line of a step
LEAST = 15.0  # millimetres of a step whose reason takes three lines
SHRUNK = 10 / 11  # formulas are measured at 11 pt


def build(job: Job, ledger: Ledger) -> Document:
    """Derive, certify and compose the slides of a job."""
    facts = derived(Material(job, ledger))
    blocks = (
        *network(facts),
        *dependence(facts),
        *derivation(facts),
        Heading(say("slides.paths")),
        paths(facts),
        *factors(facts),
        *contributions(facts),
        Heading(say("slides.result")),
        boxed(facts),
        Prose(reading(facts)),
    )
    return Document(
        title=(job.title,),
        lead=say("lead.slides", loss=job.of, W=facts.material.main),
        blocks=blocks,
        running_head=job.course,
        label=words("label.slides", cell=job.cell.name),
        foot=checks.foot(ledger),
        language=language().code,
        layout="slides",
        program=program(job),
    )


def sizes(facts: Facts) -> Sizes:
    """Lengths of a graph that leaves room for a line below it."""
    return Sizes(column=min(30.0, 128.0 / facts.material.job.steps), row=11.5, state=9.0, box=7.5)


def network(facts: Facts) -> list[Block]:
    """Equations with what their symbols mean, and the graph."""
    job = facts.material.job
    equations = replace(network_section.equations(job), columns=1)
    left: tuple[Block, ...] = (equations, Prose(network_section.activation_sentence(job)))
    signals, parameters = network_section.shape_tables(job)
    symbols = Table((), (), (*signals.rows, *parameters.rows), signals.align)
    return [
        Heading(say("network.title")),
        *stated(job),
        Columns(left, (Panel((symbols,)),), left=0.46),
        Heading(say("slides.unrolled", T=job.steps)),
        Figure(drawn(job.network, sizes=sizes(facts)), network_section.ignored(job)),
    ]


def dependence(facts: Facts) -> list[Block]:
    """Explicit and implicit, in three sentences."""
    material = facts.material
    t = int(material.job.of.time)
    state, before = material.state(t), material.state(t - 1)
    braced = [block for block in paths_section.two_kinds(material) if isinstance(block, Display)]
    return [
        Heading(say("paths.two_kinds")),
        Prose(say("slides.openly", W=material.main, state=state, before=before)),
        *braced,
        Prose(say("slides.sign", sign=sign_of("immediate"), before=before)),
        Prose(say("slides.earlier")),
    ]


def derivation(facts: Facts) -> list[Block]:
    """The steps, as many frames as they need."""
    heading = Heading(say("paths.derivation"))
    return [block for steps in balanced(numbered(facts)) for block in (heading, steps)]


def balanced(steps: Steps) -> list[Steps]:
    """Cut steps into as few parts as fit on frames, none of them much shorter than the others."""
    fewest, room = len(parts(steps, ROOM)), ROOM
    while len(parts(steps, room - 1)) == fewest:
        room -= 1
    return parts(steps, room)


def parts(steps: Steps, room: float) -> list[Steps]:
    """Cut steps into parts that fit; every part says its left side."""
    found: list[Steps] = []
    left, lhs = 0.0, None
    for number, row in enumerate(steps.rows, start=steps.first):
        needed = max(LEAST, SHRUNK * sum(sum(height(tree)) for tree in row.line.rhs) + BETWEEN)
        lhs = row.line.lhs or lhs
        if not found or needed > left:
            found.append(Steps((), number))
            row, left = replace(row, line=replace(row.line, lhs=lhs)), room
        found[-1] = replace(found[-1], rows=(*found[-1].rows, row))
        left -= needed
    return found


def paths(facts: Facts) -> Gallery:
    """The graph once for each term, with its path marked."""
    material = facts.material
    gallery = paths_section.gallery(material)
    network, t = material.network, int(material.job.of.time)
    items = tuple(
        (drawn(network, straight_term(network, material.main, k, t), sizes(facts)), formula)
        for k, (_, formula) in zip(range(t, 0, -1), gallery.items)
    )
    caption = say("slides.caption", W=material.main, k=Symbol("k"), loss=material.job.of)
    return Gallery(items, caption, 2, drawn(network, sizes=sizes(facts)))


def factors(facts: Facts) -> list[Block]:
    """What each factor is, and what becomes of them together."""
    explicit = facts.entries.matrix
    claims = [(found.goal, found.result) for found in (facts.to_state, explicit, facts.together)]
    jacobian = line(facts.material.jacobian.goal, facts.material.jacobian.matrix.result)
    to_state, *later = display(*claims).lines
    return [
        Heading(say("handout.factors")),
        Display((to_state, Line(jacobian[0], "=", (jacobian[1],)), *later)),
    ]


def contributions(facts: Facts) -> list[Block]:
    """Who contributes how much."""
    material, job = facts.material, facts.material.job
    table = numbers.contribution_table(job, material.main.name, material.ledger)
    jacobian = Total(*material.jacobian.goal.args)
    return [Heading(say("slides.numbers")), table, Prose(say("slides.reading", jacobian=jacobian))]
