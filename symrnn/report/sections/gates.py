"""One step of a cell with gates, edge by edge, and what leads from state to state.

Gates held fixed and all paths are told apart: ∂c_t/∂c_{t−1} = diag(f_t) is the first, and what a lecture
often prints for the second.
"""

from __future__ import annotations

from symrnn.derivation import K
from symrnn.document import Block, Heading, Prose, words
from symrnn.notation import Symbol
from symrnn.report.compose import display, fits, one_row_each, result, steps
from symrnn.report.forms import alike, results
from symrnn.report.material import Material
from symrnn.report.sections.factors import contraction, explicitly, from_loss, other_gradients, through_scores
from symrnn.report.wording import listing, say


def edges(material: Material) -> list[Block]:
    """The derivative along every edge of one step, one of each form in full."""
    return [
        Heading(say("gates.edges")),
        Prose(say("gates.stations", k=K_SYMBOL)),
        *alike(material.edges),
    ]


def from_state(material: Material) -> list[Block]:
    """From one step to the next: the gates held fixed, all paths, and the direct path over many steps."""
    held = list(material.step.held.values())
    network = material.network
    blocks: list[Block] = [Heading(say("gates.next"))]
    if held:
        edges = listing([found.goal for found in held])
        key = "gates.held_edge" if len(held) == 1 else "gates.held_edges"
        blocks += [
            Prose(say(key, edges=edges, k=K_SYMBOL)),
            *(result(found, words("gates.held"), words("gates.one_edge")) for found in held),
            Prose(say("gates.all_paths")),
        ]
    boxed = {(found.goal.args[0].name, found.goal.args[1].name) for found in held}
    for state in network.states:
        by = network[state, K - 1]
        blocks += [Heading(say("factors.by", W=by), level=2), *alike(material.jacobians(False, by))]
        for found in material.jacobians(True, by):
            blocks.append(steps(found))
            if (found.goal.args[0].name, state) in boxed:
                blocks.append(result(found, words("gates.all"), words("gates.every_way")))
    return blocks + direct(material)


def direct(material: Material) -> list[Block]:
    """Over many steps: the direct path, on which no weight matrix stands."""
    if not material.direct:
        return []
    blocks: list[Block] = [
        Heading(say("gates.many_steps")),
        Prose(say("gates.direct", k=K_SYMBOL, t=Symbol("t"))),
    ]
    return [*blocks, *(steps(found) for found in material.direct)]


def uses(material: Material) -> list[Block]:
    """∂⁺s_k/∂θ of the main parameter down to its entries, and the results of all others."""
    made = [
        material.immediate(wrt, state)
        for wrt in material.job.wrt
        if wrt.time is None
        for state in material.users(wrt, K)
        if (wrt, state) != (material.main, material.state(K))
    ]
    more: list[Block] = [Prose(say("gates.same_way")), *results(made)] if made else []
    return [*explicitly(material), *more]


def others(material: Material) -> list[Block]:
    """Gradients by what does not act through the states, and by the initial states."""
    blocks = other_gradients()
    outputs = [v for v in material.job.wrt if v.time is None and not material.users(v, K)]
    if outputs:
        blocks += [through_scores(material), one_row_each([material.from_loss(v) for v in outputs])]
    given = [material.paths(wrt) for wrt in material.job.wrt if wrt.time is not None]
    if given:
        last = [found.lines()[-1] for found in given]
        of = given[0].goal.args[0]
        blocks.append(Prose(say("gates.given", loss=of)))
        blocks += [display((line.lhs, line.rhs)) for line in last]
    return blocks


K_SYMBOL = Symbol("k")


def section(material: Material) -> list[Block]:
    """Return the blocks of this section."""
    blocks = from_loss(material) + edges(material) + from_state(material) + uses(material)
    if material.chain and fits(steps(material.contracted)):
        blocks += contraction(material)
    return blocks + others(material)
