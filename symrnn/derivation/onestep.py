"""One step of a cell, derivative by derivative: edges between signals, and Jacobians from state to state.

Every signal is a node here, gates and pre-activations too. So ∂°v/∂u, along the edge from u to v, holds the
gates fixed, ∂⁺v/∂u holds the other states fixed and lets the gates move, and ∂v/∂u follows every path of the
step: three readings of ∂c_t/∂c_{t−1} that a lecture on gated cells must keep apart. Where two of them agree,
the one that holds fewest fixed is written. Jacobians are accumulated forwards, each from those of the signals
before it, and what was shown is used by name: no pre-activation is ever written out inside another formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from symrnn.derivation.rules.paths import edge_of
from symrnn.derivation.steps import Derivation, derive
from symrnn.derivation.strategies import FULL, IMMEDIATE, STEP_JACOBIAN, of_the_cell
from symrnn.model import OrderedNetwork
from symrnn.tensor import Derivative, Immediate, Total, Variable, time_symbol

K = time_symbol("k")


@dataclass(frozen=True)
class OneStep:
    """Derivatives within step k of a network, and from step k − 1 to step k.

    Attributes
    ----------
    network : OrderedNetwork
    """

    network: OrderedNetwork

    @cached_property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals of a step in order of computation, up to the last state."""
        names = [equation.target.name for equation in self.network.step]
        return tuple(names[: max(names.index(state) for state in self.network.states) + 1])

    @cached_property
    def edges(self) -> dict[Derivative, Derivation]:
        """Along each edge of the step but those of the loss: from signals, earlier states, and inputs."""
        whole, made = self.network.whole, {}
        for name in of_the_cell(self.network):
            v = self.network[name, K]
            for u in whole.parents(v):
                if u.time is not None:
                    goal = edge_of(v, u, whole)
                    made[goal] = derive(goal, whole, FULL)
        return made

    @cached_property
    def held(self) -> dict[Derivative, Derivation]:
        """The edges that lead from state to state over a step, one of several paths: gates held fixed."""
        return {
            goal: found
            for goal, found in self.edges.items()
            if not isinstance(goal, Total) and self._is_state_by_state(goal)
        }

    def immediate(self, v: Variable, x: Variable) -> Derivation:
        """Return ∂⁺v/∂x, the other states held fixed and the gates not, from the edges on the way."""
        if not self.network.branches:
            return derive(Immediate(v, x), self.network.condensed)
        lone = [found for goal, found in self.edges.items() if isinstance(goal, Total)]
        return derive(Immediate(v, x), self.network.condensed, IMMEDIATE, lone)

    @cached_property
    def explicit(self) -> dict[Derivative, Derivation]:
        """From state to state over a step, the other states held fixed, where gates carry a part of it.

        These are factors of the paths through several states; where no gate takes part an edge says it.
        """
        condensed = self.network.condensed
        pairs = [(v, u) for v, u in self.states() if u in condensed.parents(v)]
        goals = [edge_of(v, u, condensed) for v, u in pairs]
        wanted = [goal for goal in goals if isinstance(goal, Immediate) and goal not in self.edges]
        return {goal: self.immediate(*goal.args) for goal in wanted}

    @cached_property
    def jacobians(self) -> dict[Derivative, Derivation]:
        """Along all paths: every signal of the step by each state of the step before, and within the step.

        What leads from state to state is left by name where a later one needs it, unless the gates are held
        fixed; all else is put in.
        """
        made: dict[Derivative, Derivation] = {}
        states = set(self.network.states)
        for goal in self._goals():
            shown = [
                found
                for known, found in (*self.edges.items(), *made.items())
                if not isinstance(known, Total) or not {v.name for v in known.args} <= states
            ]
            if goal not in self.edges:
                made[goal] = derive(goal, self.network.whole, STEP_JACOBIAN, shown)
        return made

    def _goals(self) -> Iterator[Derivative]:
        """Yield ∂v/∂u in an order in which each needs earlier ones only."""
        whole = self.network.whole
        for state in self.network.states:
            for time in (K, K - 1):
                u = self.network[state, time]
                for name in self.signals:
                    v = self.network[name, K]
                    if v != u and whole.depends(v, u):
                        yield Total(v, u)

    def _is_state_by_state(self, goal: Derivative) -> bool:
        """Whether a goal differentiates a state by a state of the step before."""
        v, u = goal.args
        return {v.name, u.name} <= set(self.network.states) and v.time != u.time

    def states(self) -> Iterator[tuple[Variable, Variable]]:
        """Yield the pairs of states v_k, u_{k−1} of which the first depends on the second."""
        for goal in self._goals():
            if self._is_state_by_state(goal):
                yield goal.args
