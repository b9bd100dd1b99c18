"""All losses at once: one sweep backwards, adjoint by adjoint."""

from __future__ import annotations

from symrnn.derivation import K
from symrnn.document import Block, Heading, Prose
from symrnn.model import STEP
from symrnn.notation import Number, Operator, Symbol, row
from symrnn.report.compose import steps
from symrnn.report.forms import alike, families, results
from symrnn.report.material import Material
from symrnn.report.wording import listing, say
from symrnn.tensor import Total, Variable


def section(material: Material) -> list[Block]:
    """Return the blocks of this section."""
    blocks = [*counted(material), Heading(say("sweep.title"))]
    in_order = [Prose(say("sweep.edges", loss=material.network.total_loss))]
    blocks += as_double_sum(material) if material.chain else in_order
    blocks += in_short(material) if material.edgewise else in_full(material)
    return [*blocks, Prose(say("sweep.nothing_larger", W=material.main))]


def counted(material: Material) -> list[Block]:
    """The gradients of the total loss where few losses count: one term for each of them."""
    if not material.counted:
        return []
    blocks: list[Block] = [Heading(say("sweep.counted")), Prose(say("sweep.few_count"))]
    for family in families(material.counted):
        blocks += [steps(family[0]), *results(family[1:])]
    return [*blocks, Prose(say("sweep.terms_counted", t=Symbol("t")))]


def in_full(material: Material) -> list[Block]:
    """The adjoint of each signal, and of each form of parameter, one rule in a row."""
    blocks: list[Block] = []
    for name, derivation in material.sweep.signals.items():
        signal = derivation.goal.args[1]
        blocks += [Heading(say("sweep.adjoint", signal=signal), level=2), steps(derivation)]
        blocks += ends(material, [signal] if name in material.network.states else [])
    blocks.append(Heading(say("sweep.parameters"), level=2))
    for family in families(material.sweep.parameters.values()):
        blocks += [steps(family[0]), *results(family[1:])]
    return blocks


def in_short(material: Material) -> list[Block]:
    """The adjoints in the order of the walk, each in one row with its rules."""
    return [
        *alike(list(material.sweep.signals.values())),
        *ends(material, [material.network[state, STEP] for state in material.network.states]),
        Heading(say("sweep.parameters"), level=2),
        *alike(list(material.sweep.parameters.values())),
    ]


def as_double_sum(material: Material) -> list[Block]:
    """For a chain of states: the double sum, its other order, and the recursion."""
    loss, state = material.network.total_loss, material.state(K)
    return [
        Prose(say("sweep.pairs", t=Symbol("t"), k=Symbol("k"))),
        steps(material.reordered),
        Prose(say("sweep.recursion")),
        steps(material.recursion),
        Prose(say("sweep.reads", derivative=Total(loss, state))),
    ]


def ends(material: Material, signals: list[Variable]) -> list[Block]:
    """What the adjoint of a state is at the last step, and at the first."""
    if not signals:
        return []
    after = row(Symbol("T"), Operator("+"), Number("1"))
    start = listing([material.network[v.name, 0] for v in signals])
    return [Prose(say("sweep.end" if material.chain else "sweep.ends", after=after, start=start))]
