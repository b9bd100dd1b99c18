"""Third part of the reference, for a cell with gates: one step edge by edge, and from state to state.

Gates held fixed and all paths are told apart: ∂c_t/∂c_{t−1} = diag(f_t) is the first, and what a lecture
often prints for the second.
"""

from __future__ import annotations

from symrnn.document import Block, Heading, Prose, Styled
from symrnn.kinds.blocks import display, facts, fits, prose, result, steps
from symrnn.kinds.factors_part import contraction, explicitly, from_loss, other_gradients, through_scores
from symrnn.kinds.forms import alike, results
from symrnn.kinds.material import Material
from symrnn.onestep import K
from symrnn.rules import listed
from symrnn.typeset.tree import Symbol


def edges(material: Material) -> list[Block]:
    """The derivative along every edge of one step, one of each form in full."""
    return [
        Heading(("One step, edge by edge",)),
        Prose(
            prose(
                "Now every signal of step ", K_SYMBOL, " is a station, gates and pre-activations too. Where one signal stands in the equation of another there is an edge, "
                "and the derivative along it needs that one equation only. Everything below is made of these pieces. One of each form, with its rules:",
            )
        ),
        *alike(material.edges),
    ]  # fmt: skip


def from_state(material: Material) -> list[Block]:
    """From one step to the next: the gates held fixed, all paths, and the direct path over many steps."""
    held = list(material.step.held.values())
    network = material.network
    blocks: list[Block] = [Heading(("From one step to the next",))]
    if held:
        names = [found.goal for found in held]
        blocks += [
            Prose(
                prose(
                    Styled("Gates held fixed.", "strong"), " Of the edges above, ", *listed(names),
                    f" {'leads' if len(held) == 1 else 'lead'} straight from one step to the next. The plus sign says that all else is held fixed, the gates of step ", K_SYMBOL, " included:",
                )
            ),
            *(result(found, "Gates held fixed", "one edge") for found in held),
            Prose(
                prose(
                    Styled("All paths.", "strong"), " The gates were computed from the step before. The total derivative follows those ways as well, "
                    "so the two differ, and a formula must say which one it is. The total one, signal after signal; what leads from state to state keeps its name:",
                )
            ),
        ]  # fmt: skip
    boxed = {(found.goal.args[0].name, found.goal.args[1].name) for found in held}
    for state in network.states:
        by = network[state, K - 1]
        blocks += [Heading(prose("By ", by), level=2), *alike(material.jacobians(False, by))]
        for found in material.jacobians(True, by):
            blocks.append(steps(found))
            if (found.goal.args[0].name, state) in boxed:
                blocks.append(result(found, "All paths", "every way from one step to the next"))
    return blocks + direct(material)


def direct(material: Material) -> list[Block]:
    """Over many steps: the direct path, on which no weight matrix stands."""
    if not material.direct:
        return []
    blocks: list[Block] = [
        Heading(("Many steps: the direct path",)),
        Prose(
            prose(
                "From step ", K_SYMBOL, " to step ", Symbol("t"), " there is one path that stays on the edges with the gates held fixed. "
                "Along it the factors are diagonal, and no weight matrix and no slope of an activation occurs:",
            )
        ),
    ]  # fmt: skip
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
    words = "In the same way, by the same rules, for every other parameter that acts through the states:"
    more: list[Block] = [Prose(prose(words)), *results(made)] if made else []
    return [*explicitly(material), *more]


def others(material: Material) -> list[Block]:
    """Gradients by what does not act through the states, and by the initial states."""
    blocks = other_gradients()
    outputs = [v for v in material.job.wrt if v.time is None and not material.users(v, K)]
    if outputs:
        blocks += [through_scores(material), facts([material.from_loss(v) for v in outputs])]
    given = [material.paths(wrt) for wrt in material.job.wrt if wrt.time is not None]
    if given:
        last = [found.lines()[-1] for found in given]
        of = given[0].goal.args[0]
        blocks.append(
            Prose(
                prose(
                    "What is given at the start, or as an input, is reached along paths as before, for ",
                    of,
                    " for example:",
                )
            )
        )
        blocks += [display((line.lhs, line.rhs)) for line in last]
    return blocks


K_SYMBOL = Symbol("k")


def section(material: Material) -> list[Block]:
    """Return the blocks of this part."""
    blocks = from_loss(material) + edges(material) + from_state(material) + uses(material)
    if material.chain and fits(steps(material.contracted)):
        blocks += contraction(material)
    return blocks + others(material)
