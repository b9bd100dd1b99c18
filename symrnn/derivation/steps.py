"""Derivations: a goal and the steps that lead from it, each made by one rule.

``derive`` walks through the phases of a strategy. In a phase, the first of its rules that applies anywhere
rewrites the first node it applies to (outermost, leftmost), until none applies. What a strategy may leave
standing it says itself, so a derivation knows whether it is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from sympy.core.traversal import preorder_traversal

from symrnn.derivation import strategies
from symrnn.derivation.budget import DerivationError, check_paths
from symrnn.derivation.rules import Reason, Rule, Sentence, of_all, sentence
from symrnn.derivation.search import first_applicable, latest_applicable
from symrnn.derivation.strategies import Strategy
from symrnn.model import HORIZON, STEP, OrderedNetwork, is_symbolic
from symrnn.notation import latex, line, text, uncoloured
from symrnn.tensor import (
    Contraction,
    Derivative,
    Partial,
    Tensor,
    Total,
    Variable,
    free_times,
    replace_node,
)

__all__ = ["Derivation", "DerivationError", "Line", "Step", "claim", "derive"]

MAX_STEPS = 500
INSERT, PUT_BACK = "insert", Sentence("Put back the factor in front.")  # of a last line: the whole again
LONGEST_SHOWN = 100  # characters of a result where a derivation is shown in one line


@dataclass(frozen=True)
class Step:
    """One rewriting: ``rule`` turned the node ``focus`` into ``replacement``, the line into ``after``."""

    rule: Rule
    focus: Tensor
    replacement: Tensor
    after: Tensor
    reason: Reason


@dataclass(frozen=True)
class Line:
    """One line as it is printed: lhs relation rhs, made by one rule (routine steps folded in)."""

    lhs: Tensor
    relation: str
    rhs: Tensor
    rule: Rule
    reason: Reason


@dataclass(frozen=True, eq=False)
class Derivation:
    """A goal, the steps from it, and the network in which its derivatives are meant.

    ``goal`` may hold one symbolic time; the derivation then holds for every value of it in ``times``, the
    first and the last one. Two derivations are equal if they say the same; of a lemma it counts what it
    claims (lemmas share lemmas: how each came about would be compared again and again).
    """

    goal: Tensor
    steps: tuple[Step, ...]
    network: OrderedNetwork
    strategy: Strategy
    lemmas: tuple[Derivation, ...] = ()
    times: tuple[Any, Any] = (1, HORIZON)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Derivation) and self._told == other._told

    def __hash__(self) -> int:
        return hash((self.goal, self.result, self.times))

    def __repr__(self) -> str:
        lhs, rhs = (text(uncoloured(tree)) for tree in line(self.goal, self.result))
        rhs = rhs if len(rhs) <= LONGEST_SHOWN else rhs[: LONGEST_SHOWN - 2] + " …"
        return f"Derivation({lhs} = {rhs}, {len(self.steps)} steps)"

    @property
    def _told(self) -> tuple[Any, ...]:
        claims = tuple((lemma.goal, lemma.result) for lemma in self.lemmas)
        return self.goal, self.steps, self.strategy, self.times, claims, self.network

    @property
    def result(self) -> Tensor:
        """The last line."""
        return self.steps[-1].after if self.steps else self.goal

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left that the strategy had to remove."""
        return not any(
            not isinstance(node, self.strategy.leaves)
            or (
                isinstance(node, Total)
                and not self.strategy.open_ended
                and not (self.network.is_node(node.args[1]) or node.args[1].time == 0)
            )
            for node in self.result.atoms(Derivative)
        )

    @cached_property
    def leaves_out(self) -> bool:
        """Whether the lines go on without a front factor, so that the last one does not say the result."""
        return bool(self.steps) and self.lines()[-1].lhs != self.goal

    def lines(self, fold: bool = True) -> list[Line]:
        """Return the lines to print.

        Routine steps are folded into the step before them (``fold``), and a front factor that no later step
        touches is left out: after ``∂L/∂W = (∂L/∂s)(∂s/∂W)`` the lines go on with ``∂s/∂W = …``.
        """
        lines: list[Line] = []
        lhs = self.goal
        joined = dict(self.strategy.joined)
        for step in self.steps:
            made = Line(lhs, step.rule.relation, step.after, step.rule, step.reason)
            same = bool(lines) and step.rule.name == lines[-1].rule.name
            routine = step.rule.routine or step.rule.name in self.strategy.folded
            if fold and same and step.rule.name in joined:
                shared = Sentence(joined[step.rule.name]) if joined[step.rule.name] else None
                reason = (shared,) if shared else (*lines[-1].reason, *step.reason)
                lines[-1] = replace(lines[-1], rhs=step.after, reason=reason)
            elif fold and lines and (routine or (same and step.rule.together)):
                told = lines[-1].reason if routine else of_all(lines[-1].reason, step.reason)
                lines[-1] = replace(lines[-1], rhs=step.after, reason=told)
            else:
                lines.append(made)
        return self._shortened(lines) if self.strategy.factored else lines

    def latex(self) -> str:
        """Return the lines as an ``aligned`` environment, the rule behind each, and the result."""
        rows, before = [], ""
        said = [(claim.lhs, claim.rhs, claim.rule.name) for claim in self.lines()]
        for left, right, rule in [*said, *([(self.goal, self.result, INSERT)] if self.leaves_out else [])]:
            lhs, rhs = (latex(uncoloured(tree)) for tree in line(left, right))
            rows.append(rf"{'' if lhs == before else lhs} &= {rhs} && \text{{{rule}}}")
            before = lhs
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$$\\displaystyle {self.latex()}$$"

    def _shortened(self, lines: list[Line]) -> list[Line]:
        """Drop a common front factor from the second line on."""
        if len(lines) < 3 or not all(isinstance(claim.rhs, Contraction) for claim in lines[:2]):
            return lines
        front: list[Tensor] = []
        for factors in zip(*(_factors(claim.rhs) for claim in lines)):
            if len(set(factors)) > 1 or factors[0].has(Partial):
                break
            front.append(factors[0])
        n = len(front)
        if n == 0 or any(len(_factors(claim.rhs)) != n + 1 for claim in lines):
            return lines
        inner = _factors(lines[0].rhs)[n]
        return [lines[0], *(replace(claim, lhs=inner, rhs=_factors(claim.rhs)[n]) for claim in lines[1:])]


def _factors(tensor: Tensor) -> tuple[Tensor, ...]:
    return tensor.factors if isinstance(tensor, Contraction) else (tensor,)


def derive(
    goal: Tensor,
    network: OrderedNetwork | None = None,
    strategy: Strategy | None = None,
    lemmas: Sequence[Derivation] = (),
    times: tuple[Any, Any] | None = None,
) -> Derivation:
    """Derive a goal by named rules.

    Parameters
    ----------
    goal : Total, Immediate, Direct or Partial
        ``Total(L_4, W)`` is expanded along its paths, ``Immediate(s_k, W)`` and ``Direct(s_k, a_k)`` are
        derived to the end. The time may be symbolic. With a strategy: any expression that holds derivatives.
    network : OrderedNetwork, optional
        Default: the network in which the variables of the goal were looked up.
    strategy : Strategy, optional
        Default: by the goal.
    lemmas : sequence of Derivation
        Results that may be used as "shown above"; they are certified with the derivation that uses them.
    times : pair, optional
        First and last value of a symbolic time of the goal; default: every step that makes sense.

    Returns
    -------
    Derivation

    Raises
    ------
    DerivationError
        If goal or network are something else, no network is known, the goal is no derivative, or it has more
        paths than can be read.

    Examples
    --------
    >>> from symrnn.model import Cell
    >>> network = Cell.load("elman").unroll(steps=2)
    >>> derive(Total(network["L", 2], network["c"]), network).result
    Immediate(L[2], c)
    """
    check_expression(goal, network)
    network = _network_of(goal, network)
    if not isinstance(goal, Derivative) and (strategy is None or not goal.atoms(Derivative)):
        raise DerivationError(
            f"{goal} is no derivative; accepted: Total(v, x), Immediate(v, x), Direct(v, x) or Partial(e, x)"
        )
    if strategy is None:
        strategy, network = strategies.choose(goal, network)
        if strategy is strategies.DOUBLE_SUM and not lemmas:
            lemmas = claim(network, goal.args[1])
    if strategy in strategies.EXPANDING:
        check_paths(goal, network)
    book = tuple(_shown_above(lemma) for lemma in lemmas)
    steps: list[Step] = []
    expression: Tensor = goal
    for phase in strategy.phases:
        find = latest_applicable if phase.latest_first else first_applicable
        known = (*book, *phase.rules) if phase.shown else phase.rules
        while (found := find(expression, known, network)) is not None:
            focus, rule, replacement = found
            expression = replace_node(expression, focus, replacement)
            steps.append(Step(rule, focus, replacement, expression, (rule.because(focus, network),)))
            if len(steps) > MAX_STEPS:
                raise DerivationError(
                    f"{goal} needs more than {MAX_STEPS} steps; the backward sweep (view sweep) is linear"
                )
            if phase.once:
                break
    return Derivation(
        goal, tuple(steps), network, strategy, tuple(lemmas), times or (_first_time(goal, network), HORIZON)
    )


def check_expression(tensor: object, network: object) -> None:
    """Refuse what is no expression, and what is no network.

    Raises
    ------
    DerivationError
        It says what to write instead.
    """
    if not isinstance(tensor, Tensor):
        raise DerivationError(
            f"{tensor!r:.80} is no expression; accepted: one of nodes, such as"
            f" symrnn.Total(network['L', 4], network['W']) with network = cell.unroll(4)"
        )
    if network is not None:
        check_network(network)


def check_network(network: object) -> None:
    """Refuse what is no network.

    Raises
    ------
    DerivationError
        It says what to write instead.
    """
    if not isinstance(network, OrderedNetwork):
        raise DerivationError(
            f"{network!r:.80} is no network; accepted: an unrolled cell, such as cell.unroll(4)"
        )


def _network_of(goal: Tensor, network: OrderedNetwork | None) -> OrderedNetwork:
    """Return the network that a goal is about: the one that is said, or where its variables were looked up.

    Raises
    ------
    DerivationError
        If there is none, or there are two that compute differently.
    """
    looked_up = (v for v in preorder_traversal(goal) if isinstance(v, Variable) and v.network is not None)
    for v in looked_up:
        network = network or v.network
        if not v.network.computes_as(network):
            raise DerivationError(
                f"{goal}: {v} was looked up in another network than the rest (other equations, steps or"
                f" weights of the losses); accepted: variables of one network"
            )
    if network is None:
        raise DerivationError(
            f"{goal}: say in which network, or take the variables from one: network['s', 3]"
        )
    return network


def _first_time(goal: Tensor, network: OrderedNetwork) -> int:
    """Return 2 where a path passes another state of the step before: at step 1 that state is given."""
    v, x = goal.args
    if not isinstance(goal, Total) or not isinstance(v, Variable) or v.time == x.time:
        return 1
    if x.name not in network.states or not is_symbolic(x):
        return 1
    beside = (network[name, x.time] for name in network.states if name != x.name)
    return 2 if any(network.whole.depends(u, x) for u in beside) else 1


def claim(network: OrderedNetwork, x: Variable) -> tuple[Derivation, ...]:
    """Return the lecture's claim ∂s_t/∂x = Σ_k (∂s_t/∂s_k)(∂⁺s_k/∂x), derived by induction over symbolic t.

    Empty if no state depends on ``x``, or if the states are no chain.
    """
    if not network.chain or x.time is not None:
        return ()
    state = network[network.states[0], STEP]
    if not network.depends(state, x):
        return ()
    return (derive(Total(state, x), network, strategies.INDUCTION),)


def _shown_above(lemma: Derivation) -> Rule:
    """Return the rule that an earlier derivation is: its goal, at any time, may be replaced by its result."""
    return Rule(
        "shown above",
        "A result that was derived before.",
        "an earlier derivation of this document",
        partial(_result_of, lemma),
        _named_result,
    )


def _result_of(lemma: Derivation, node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Return the result of an earlier derivation if its goal, at some time, is this node."""
    goal = lemma.goal
    if node.func is not goal.func or _names(node) != _names(goal):
        return None
    times = _match(goal, node)
    return None if times is None else lemma.result.xreplace(times)


def _named_result(node: Tensor, network: OrderedNetwork) -> Sentence:
    return sentence("The result for {derivative}.", derivative=node)


def _names(derivative: Tensor) -> list[str | None]:
    return [getattr(part, "name", None) for part in derivative.args]


def _match(pattern: Tensor, node: Tensor) -> dict[Any, Any] | None:
    """Times that turn a goal with at most one symbolic time into a node."""
    symbols = free_times(pattern)
    if not symbols:
        return {} if pattern == node else None
    (symbol,) = symbols
    of, found = pattern.args[0], node.args[0]
    if not isinstance(found, Variable) or found.time is None or of.time is None:
        return None
    times = {symbol: found.time - (of.time - symbol)}
    return times if pattern.xreplace(times) == node else None
