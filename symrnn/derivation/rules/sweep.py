"""Sweep rules: the chain rule read backwards, from the total loss to what it was computed from.

The path rules ask what a variable is computed from, the sweep rules ask what is computed from it. Each
adjoint ∂L/∂v is the sum over the successors of v, so one walk against the order of computation meets
every edge once.
"""

from __future__ import annotations

from symrnn.derivation.rules import Sentence, rule, sentence
from symrnn.derivation.rules.paths import edge_of, explicit
from symrnn.model import HORIZON, STEP, WEIGHT, OrderedNetwork
from symrnn.tensor import Ones, Tensor, TimeSum, Total, Variable, bound, plus, scale, through

REVERSE = "reverse accumulation: Werbos 1990; Griewank & Walther 2008, chapter 3"


def _successor_reason(node: Tensor, network: OrderedNetwork) -> Sentence:
    v = node.args[1]
    return sentence("{v} is used by {later}.", v=v, later=network.successors(v))


@rule(
    "chain rule, backwards",
    "The total loss varies with a signal through everything that is computed from it.",
    source=REVERSE,
    because=_successor_reason,
)
def successors_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂L/∂v = Σ_u (∂L/∂u)(∂u/∂v) over the successors u of v."""
    match node:
        case Total(loss, v) if network.is_total_loss(loss) and v.time is not None and not network.is_loss(v):
            later = network.successors(v)
            return (
                plus(through(Total(loss, u), edge_of(u, v, network), u.rank) for u in later)
                if later
                else None
            )
    return None


@rule(
    "weight of a loss",
    "The total loss is the weighted sum of the losses of the steps.",
    source="definition of the total loss",
    because="The total loss is a sum; each step's loss enters with its weight.",
    routine=True,
)
def weight_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂L/∂L_t = ω_t."""
    match node:
        case Total(loss, v) if network.is_total_loss(loss) and network.is_loss(v):
            return Variable(WEIGHT, (), v.time) if network.weights else Ones(())
    return None


@rule(
    "sum over the uses",
    "A parameter acts at every step; its gradient collects all of them.",
    source=REVERSE,
    because=lambda node, network: sentence("{x} is used at every step, in the same place.", x=node.args[1]),
)
def uses_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂L/∂θ = Σ_t Σ_u (∂L/∂u_t)(∂⁺u_t/∂θ) over the signals u that use θ."""
    match node:
        case Total(loss, x) if network.is_total_loss(loss) and x.time is None:
            t = bound("t")
            users = [
                e.target
                for e in network.step
                if e.target.name in network.kept
                and network.matters(e.target.name)
                and x in network.parents(e.target)
            ]
            terms = [through(Total(loss, u), explicit(u, x, network), u.rank) for u in users]
            return TimeSum(plus(terms).xreplace({STEP: t}), t, 1, HORIZON) if terms else scale(0, node)
    return None
