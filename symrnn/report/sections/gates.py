"""One step of a cell with gates, edge by edge, and what leads from state to state.

Three derivatives are told apart: with the gates held fixed (∂°), with the other states held fixed (∂⁺), and
along all paths (∂). ∂c_t/∂c_{t−1} = diag(f_t) is the first, and what a lecture often prints for the last.
"""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.derivation import K
from symrnn.document import Block, Heading, Prose, Text, words
from symrnn.notation import Symbol, sign_of
from symrnn.report.compose import display, fits, one_row_each, result, steps
from symrnn.report.forms import alike, results
from symrnn.report.material import Material
from symrnn.report.sections import stacked
from symrnn.report.sections.factors import contraction, explicitly, from_loss, other_gradients, through_scores
from symrnn.report.wording import listing, say, sentences
from symrnn.tensor import Apply, Derivative, Diagonal, Direct, Tensor


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
        circled = any(isinstance(found.goal, Direct) for found in held)
        all_paths = "gates.all_paths" if circled else "gates.all_paths_two_signs"
        blocks += [
            Prose(held_fixed([found.goal for found in held])),
            *(result(found, words("gates.held"), words("gates.one_edge")) for found in held),
            *gates_moving(material),
            Prose(say(all_paths, **SIGNS)),
        ]
    boxed = {(found.goal.args[0].name, found.goal.args[1].name) for found in held}
    for state in network.states:
        by = network[state, K - 1]
        inner, outer = material.jacobians(False, by), material.jacobians(True, by)
        blocks += [Heading(say("factors.by", W=by), level=2)] if inner or outer else []
        blocks += alike(inner)
        for found in outer:
            blocks.append(steps(found))
            if (found.goal.args[0].name, state) in boxed:
                blocks.append(result(found, words("gates.all"), words("gates.every_way")))
    return [*blocks, *stacked.section(material), *direct(material)]


def held_fixed(goals: list[Derivative]) -> Text:
    """Say which edges lead from state to state, and what the sign at their ∂ holds fixed."""
    circled = [goal for goal in goals if isinstance(goal, Direct)]
    others = [goal.args[1] for goal in goals if goal not in circled]
    return sentences(
        say("gates.held_edge" if len(goals) == 1 else "gates.held_edges", edges=listing(goals)),
        say("gates.circle", sign=sign_of("direct"), k=K_SYMBOL) if circled else (),
        say("gates.no_circle", u=listing(others), k=K_SYMBOL, sign=sign_of("immediate")) if others else (),
    )


def gates_moving(material: Material) -> list[Block]:
    """From state to state with the other states held fixed, where gates carry a part of it."""
    found = material.explicit
    if not found:
        return []
    goals = listing([derivation.goal for derivation in found])
    return [Prose(say("gates.moving", factors=goals, sign=sign_of("immediate"))), *map(steps, found)]


def direct(material: Material) -> list[Block]:
    """Over many steps: the direct path."""
    if not material.direct:
        return []
    blocks: list[Block] = [
        Heading(say("gates.many_steps")),
        Prose(
            say(words_of_factors([found.result.body for found in material.direct]), k=K_SYMBOL, t=Symbol("t"))
        ),
    ]
    return [*blocks, *(steps(found) for found in material.direct)]


def words_of_factors(factors: Sequence[Tensor]) -> str:
    """Return which words are true of the factors of the direct paths."""
    if not all(isinstance(factor, Diagonal) for factor in factors):
        return "gates.direct_with_weights"
    slopes = any(node.order for factor in factors for node in factor.atoms(Apply))
    return "gates.direct_with_slopes" if slopes else "gates.direct"


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
SIGNS = {kind: sign_of(kind) for kind in ("direct", "immediate", "total")}


def section(material: Material) -> list[Block]:
    """Return the blocks of this section."""
    blocks = from_loss(material) + edges(material) + from_state(material) + uses(material)
    if material.chain and fits(steps(material.contracted)):
        blocks += contraction(material)
    return blocks + others(material)
