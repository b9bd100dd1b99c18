"""Everything that is derived of a network: what ``verify`` certifies, and what the views are made of."""

from __future__ import annotations

from symrnn.derivation.budget import longest_readable
from symrnn.derivation.entries import EntryDerivation, derive_entry
from symrnn.derivation.onestep import K, OneStep
from symrnn.derivation.steps import Derivation, claim, derive
from symrnn.derivation.strategies import RECURSION, REORDERED
from symrnn.derivation.sweep import derive_sweep
from symrnn.model import HORIZON, STEP, OrderedNetwork
from symrnn.tensor import Immediate, Total, Variable


def entry_by_entry(matrix: Derivation) -> EntryDerivation:
    """Return a derivation within a step, entry by entry."""
    return derive_entry(matrix.goal, ("p", "q", "r")[: matrix.goal.rank], matrix.network, matrix=matrix)


def factors(step: OneStep, wrt: Variable, every_signal: bool = True) -> list[tuple[Derivation, str]]:
    """Return the derivatives within a step that ∂L/∂wrt consists of, at symbolic times, and what each is.

    Where a state reaches the next step on one path only, that is its Jacobian. In a cell with gates it is
    every edge of the step, and the Jacobians along all paths; ``every_signal`` False leaves gates and
    pre-activations out.
    """
    network = step.network
    loss, z, condensed = network.loss(STEP), network.logits(STEP), network.condensed
    x = wrt if wrt.time is None else wrt.at(K)
    uses = [v for v in (network[state, K] for state in network.states) if x in condensed.parents(v)]
    between = jacobians(step, every_signal) if uses or wrt.name in network.states else []
    immediate = [(step.immediate(v, x), "") for v in uses if wrt.name not in network.states]
    if not between:
        immediate = [(derive(Immediate(z.at(K), x), network), "")]
    made = between + immediate if network.branches else immediate + between  # edges, then what uses them
    return [*made, (derive(Total(loss, z), network), "")]


def jacobians(step: OneStep, every_signal: bool = True) -> list[tuple[Derivation, str]]:
    """Return the derivatives from state to state: with the gates held fixed, and along all paths."""
    if not step.network.branches:
        return [(derive(Total(v, u), step.network), "") for v, u in step.states()]
    states = set(step.network.states)
    made = [(found, "gates held fixed" if goal in step.held else "") for goal, found in step.edges.items()]
    made += [(found, "other states held fixed") for found in step.explicit.values()]
    made += [
        (found, "all paths" if {v.name for v in goal.args} <= states else "")
        for goal, found in step.jacobians.items()
    ]
    return made if every_signal else [pair for pair in made if pair[1]]


def derivations(network: OrderedNetwork) -> list[Derivation | EntryDerivation]:
    """Return every derivation that symrnn makes of a network."""
    condensed, last, total = network.condensed, network.steps, network.total_loss
    given = [v for v in network.given if v.time is None]
    initial = [network[state, 0] for state in network.states]
    inputs = [v for v in network.given if v.name == network.roles.input and v.time == max(1, last // 2)]
    wrt = [*given, *initial, *inputs]
    losses = (longest_readable(network.loss(last), v, network) for v in wrt)
    made: list[Derivation | EntryDerivation] = [
        derive(Total(loss, v), network) for loss, v in zip(losses, wrt) if loss is not None
    ]
    step = OneStep(network)
    parts = {found.goal: (found, words) for v in wrt for found, words in factors(step, v)}
    for found, words in parts.values():
        made.append(found)
        if found.goal.args[0].rank and (words or not network.branches or found.goal.args[1] in given):
            made.append(entry_by_entry(found))
    for v in given:
        lemma = claim(condensed, v)
        if lemma:
            made += [*lemma, derive(Total(total, v), condensed, REORDERED, lemma)]
        elif network.chain:
            made.append(derive(Total(total, v), network))
    if network.chain and last > 1:
        at_k = network[network.states[0], K]
        made.append(derive(Total(total, at_k), condensed, RECURSION, times=(1, HORIZON - 1)))
    swept = derive_sweep(network)
    return [*made, swept.output, *swept.signals.values(), *swept.parameters.values()]
