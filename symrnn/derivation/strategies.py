"""Strategies: which rules, in which order, lead from a goal to the form a reader wants.

A strategy is a list of phases; in each, a few rules are applied until none of them applies. What
derivative nodes a strategy may leave standing it says itself: one-step Jacobians and immediate
derivatives are the answer of the path strategy, and the question of the local one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symrnn.derivation.rules import Rule, arrange, diagonal, paths, sweep
from symrnn.derivation.rules.local import LOCAL, intermediate_rule
from symrnn.model import NetworkError, OrderedNetwork
from symrnn.tensor import Derivative, Direct, Immediate, Partial, Total

SHOWN = ("shown above", "The results for its factors.")
MOST_NESTED = 4  # brackets inside brackets that still fit on a line, and into a head


@dataclass(frozen=True)
class Phase:
    """Rules that are applied together, until none of them applies.

    ``once`` stops after one step; ``latest_first`` follows the network backwards instead of the line from
    left to right: of all derivatives that a rule applies to, the one of the latest variable has its turn.
    Earlier results (lemmas) are used before any rule, unless ``shown`` is False.
    """

    rules: tuple[Rule, ...]
    once: bool = False
    latest_first: bool = False
    shown: bool = True


@dataclass(frozen=True)
class Strategy:
    """Phases in order, and the kinds of derivative that the result may still hold.

    ``factored`` says that a front factor no later step touches is printed in the first line only;
    ``folded`` names rules that this strategy treats as routine; ``joined`` those whose neighbouring uses
    make one line, with the reason to print there ("" for all their reasons). An ``open_ended`` strategy only
    asks: total derivatives by parameters may be left.
    """

    name: str
    phases: tuple[Phase, ...]
    leaves: tuple[type[Derivative], ...] = ()
    factored: bool = False
    folded: frozenset[str] = frozenset()
    joined: tuple[tuple[str, str], ...] = ()
    open_ended: bool = False


# one equation after another, to the end
FULL = Strategy(
    "local",
    (
        Phase((*LOCAL, paths.chain_rule, paths.explicit_implicit)),
        Phase((arrange.contract_outer,)),
        Phase(
            (
                arrange.like_terms,
                arrange.positive_first,
                diagonal.diagonal_terms,
                diagonal.diagonal_factors,
            )
        ),
    ),
)
# from a loss to its logits: softmax and cross entropy cancel
OUTPUT = Strategy(
    "output",
    (
        Phase((*LOCAL, paths.chain_rule, paths.explicit_implicit)),
        Phase((arrange.multiply_out,)),
        Phase((arrange.reciprocal,)),
        Phase((arrange.contract_outer, arrange.target_sum)),
        Phase((arrange.positive_first, arrange.like_terms, diagonal.diagonal_factors)),
    ),
)
# the same in short, for readers who want to see gates
OUTPUT_IN_SHORT = replace(
    OUTPUT,
    folded=frozenset({"scalar product", "entrywise function", "contract the outer product", "reorder"}),
)
# ∂⁺ from earlier results about the signals of the step: first the paths, then what each factor is
IMMEDIATE = Strategy(
    "immediate",
    (
        Phase((intermediate_rule,), shown=False),
        Phase(()),
        Phase((diagonal.diagonal_factors,)),
        *FULL.phases,
    ),
    folded=frozenset({"product of diagonals"}),
    joined=((intermediate_rule.name, ""), SHOWN),
)
# from state to state in one step
STEP_JACOBIAN = Strategy(
    "one step",
    (
        Phase((paths.chain_rule, paths.explicit_implicit), once=True),
        Phase(()),
        Phase((arrange.multiply_out,)),
        Phase((diagonal.diagonal_factors,)),
    ),
    leaves=(Total,),
    folded=frozenset({"multiply out", "product of diagonals"}),
    joined=(SHOWN,),
)
# explicit + implicit, as in the lecture
PATHS = Strategy(
    "paths",
    (
        Phase((paths.chain_rule,)),
        Phase((paths.explicit_implicit,), once=True),
        Phase((paths.one_step_back, paths.chain_rule)),
        Phase((paths.base_case,)),
        Phase((arrange.distribute,)),
        Phase((paths.telescope,)),
        Phase((arrange.collect,)),
    ),
    leaves=(Immediate, Total),
    factored=True,
)
# the same for many steps: brackets are multiplied out as they arise, so that every line can be broken
LONG_PATHS = Strategy(
    "long paths",
    (
        *PATHS.phases[:2],
        Phase((arrange.distribute, paths.one_step_back, paths.chain_rule)),
        *PATHS.phases[3:],
    ),
    leaves=(Immediate, Total),
    factored=True,
    folded=frozenset({"distribute"}),
)
# from one state, or a loss, to an earlier state: the product written out
CHAIN = Strategy("chain", PATHS.phases[:5], leaves=(Immediate, Total))
# the same through several states: each variable has its turn once, the latest first
SEVERAL = Strategy(
    "paths through several states",
    (
        Phase((paths.chain_rule,), once=True),
        Phase((arrange.distribute, paths.explicit_implicit, paths.chain_rule), latest_first=True),
        Phase((paths.base_case,)),
    ),
    leaves=(Immediate, Total),
    factored=True,
    folded=frozenset({"distribute"}),
)
EXPANDING = (PATHS, LONG_PATHS, CHAIN, SEVERAL)  # their terms are paths
# the first question of every expansion: what is explicit, what comes through the step before
ONE_BACK = Strategy(
    "one step back",
    (Phase((paths.explicit_implicit,), once=True),),
    leaves=(Immediate, Total),
    open_ended=True,
)
# the claim of the path strategy for symbolic t, by induction
INDUCTION = Strategy(
    "induction",
    (
        Phase((paths.explicit_implicit,), once=True),
        Phase((paths.induction_hypothesis,), once=True),
        Phase((arrange.into_sum,)),
        Phase((paths.telescope,)),
        Phase((arrange.join_last,)),
    ),
    leaves=(Immediate, Total),
)
# the total loss: every step t and every use k; the claim for ∂s_t/∂x comes as a lemma
DOUBLE_SUM = Strategy(
    "double sum",
    (
        Phase((paths.loss_sum,), once=True),
        Phase((paths.chain_rule, paths.explicit_implicit, paths.base_case), once=True),
        Phase((arrange.into_sum,)),
    ),
    leaves=(Immediate, Total),
)
# the same where few losses count: one term for each of them
COUNTED = Strategy(
    "losses that count",
    (
        Phase((paths.loss_sum,), once=True, shown=False),
        Phase((paths.weight_zero,), once=True, shown=False),
        Phase((paths.chain_rule, paths.base_case), shown=False),
        Phase(()),
        Phase((arrange.into_sum,)),
    ),
    leaves=(Immediate, Total),
    joined=((paths.chain_rule.name, ""), SHOWN, (arrange.into_sum.name, arrange.ORDER)),
)
# the same, the derivatives of the losses left as they are, or as they were found
COUNTED_ONLY = replace(COUNTED, phases=(*COUNTED.phases[:2], Phase(())), open_ended=True)
# the double sum in the other order: one factor ∂L/∂s_k for each use
REORDERED = Strategy(
    "reordered double sum",
    (
        *DOUBLE_SUM.phases,
        Phase((arrange.swap_sums,), once=True),
        Phase((arrange.out_of_sum,), once=True),
        Phase((paths.fold_losses,)),
    ),
    leaves=(Immediate, Total),
)
# ∂L/∂s_k from ∂L/∂s_{k+1}: the backward recursion
RECURSION = Strategy(
    "recursion",
    (
        Phase((paths.loss_sum,), once=True),
        Phase((paths.chain_rule,), once=True),
        Phase((arrange.split_first,), once=True),
        Phase((paths.insert_next,), once=True),
        Phase((arrange.out_of_sum,)),
        Phase((paths.fold_losses,)),
    ),
    leaves=(Immediate, Total),
)
# ∂s_t/∂s_k as a product; known: the one-step Jacobian
PRODUCT = Strategy("product", (Phase((paths.written_product,), once=True), Phase(())), leaves=(Total,))
# put known results in, then pull the outer product out
CONTRACTED = Strategy(
    "outer products",
    (Phase((arrange.into_sum,)), Phase((arrange.contract_outer,))),
    leaves=(Immediate, Total),
)
# one adjoint from later ones; known: ∂L_t/∂z_t
SWEEP = Strategy(
    "sweep",
    (
        Phase((sweep.successors_rule, sweep.uses_rule), once=True),
        Phase((sweep.weight_rule,)),
        Phase(LOCAL),
        Phase((arrange.contract_outer,)),
        Phase((diagonal.diagonal_product,)),
    ),
    leaves=(Total,),
    joined=(SHOWN,),
)


def choose(goal: Derivative, network: OrderedNetwork) -> tuple[Strategy, OrderedNetwork]:
    """Choose a strategy and the nodes to keep, by what is differentiated and by what.

    Within a step: local rules. A loss by its logits: also the cancellation of softmax. A total derivative
    that runs through states: their paths. Where there is no path: the base case.
    """
    v, x = goal.args
    condensed = network.condensed
    if isinstance(goal, Direct | Immediate):
        return FULL, condensed
    if isinstance(goal, Partial) or v == x:
        return FULL, network
    if network.equation(v) is None:
        raise NetworkError(f"{v} is given, it has no equation to differentiate")
    if not network.depends(v, x):
        return CHAIN, network  # its base case is zero
    if network.is_total_loss(v):
        as_pairs = network.chain and (x.time is None or x.name in network.states)
        return (DOUBLE_SUM, condensed) if as_pairs else (SWEEP, signals(network))
    same_step = v.time is not None and x.time is not None and v.time - x.time in (0, 1)
    both_states = {v.name, x.name} <= set(network.states)
    if same_step and (both_states or not network.depends_through_state(v, x)):
        return OUTPUT, network
    between_nodes = network.equation(x) is not None or x.time == 0
    nodes = network.condense(condensed.kept, {v, x} - set(network.given))
    if not network.chain:
        return SEVERAL, nodes
    if between_nodes:
        return CHAIN, nodes
    nested = v.time is not None and v.time.is_Integer and int(v.time) <= MOST_NESTED
    return PATHS if nested else LONG_PATHS, nodes


def signals(network: OrderedNetwork) -> OrderedNetwork:
    """Return the network of all signals of the cell, and the losses: the nodes of the backward sweep."""
    return network.condense({*of_the_cell(network), network.roles.loss})


def of_the_cell(network: OrderedNetwork) -> list[str]:
    """Return the names of the signals of the cell in order, up to the logits and the last state.

    Raises
    ------
    NetworkError
        If there are no logits.
    """
    names = [equation.target.name for equation in network.step]
    logits = network.roles.logits
    if logits not in names:
        raise NetworkError(f"{network.name} has no logits {logits} to start the sweep from")
    return names[: max(names.index(name) for name in (logits, *network.states)) + 1]
