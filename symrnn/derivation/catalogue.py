"""The catalogue: everything that is derived of a network, each derivation made once.

Documents print out of it, ``verify`` and the tests certify all of it; so what is verified of a cell is what a
report of it prints. A report hands over the derivation to ``admit`` before anything is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

from symrnn.derivation.budget import longest_readable
from symrnn.derivation.entries import EntryDerivation, derive_entry
from symrnn.derivation.onestep import K, OneStep
from symrnn.derivation.steps import Derivation, claim, derive
from symrnn.derivation.strategies import (
    CONTRACTED,
    COUNTED,
    COUNTED_ONLY,
    FULL,
    ONE_BACK,
    OUTPUT_IN_SHORT,
    PRODUCT,
    RECURSION,
    REORDERED,
    Strategy,
)
from symrnn.derivation.sweep import Sweep, derive_sweep
from symrnn.model import HORIZON, STEP, OrderedNetwork
from symrnn.tensor import Immediate, JacobianProduct, Total, Variable, time_symbol

J = time_symbol("j")
MOST_COUNTED = 3  # losses, up to which the terms of each are written out
MOST_PRINTED = 8  # paths of an expansion in a report, each with its picture

Made = TypeVar("Made", Derivation, EntryDerivation)


def entry_by_entry(matrix: Derivation) -> EntryDerivation:
    """Return a derivation within a step, entry by entry."""
    letters = matrix.network.letters.entries[: matrix.goal.rank]
    return derive_entry(matrix.goal, letters, matrix.network, matrix=matrix)


class Catalogue:
    """Derivations of one network.

    Parameters
    ----------
    network : OrderedNetwork
    of : Variable, optional
        The loss that is expanded along its paths; default: that of the last step.
    wrt : sequence of Variable, optional
        What derivatives are taken by; default: every parameter, the initial states, and an input.
    admit : callable, optional
        Called with each derivation when it is made; it returns the derivation.
    """

    def __init__(
        self,
        network: OrderedNetwork,
        of: Variable | None = None,
        wrt: Sequence[Variable] | None = None,
        admit: Callable[[Any], Any] | None = None,
    ) -> None:
        self.network = network
        self.of = network.loss(network.steps) if of is None else of
        self.wrt = tuple(_everything_given(network) if wrt is None else wrt)
        self._admit = admit

    def admit(self, derivation: Made) -> Made:
        """Hand a derivation over, and return it."""
        if self._admit is not None:
            self._admit(derivation)
        return derivation

    def _derived(
        self, goal: Any, network: OrderedNetwork | None = None, strategy: Strategy | None = None, **more: Any
    ) -> Derivation:
        return self.admit(derive(goal, network or self.network, strategy, **more))

    @cached_property
    def condensed(self) -> OrderedNetwork:
        """The network of states and losses."""
        return self.network.condensed

    @cached_property
    def with_logits(self) -> OrderedNetwork:
        """The network of states, logits and losses."""
        roles = self.network.roles
        return self.network.condense({*self.network.states, roles.logits, roles.loss})

    @cached_property
    def step(self) -> OneStep:
        """One step, derivative by derivative."""
        return OneStep(self.network)

    @property
    def chain(self) -> bool:
        """Whether there is one state, a vector, so that one path leads from each use to the loss."""
        return self.network.chain

    @property
    def edgewise(self) -> bool:
        """Whether a step is told edge by edge: it has gates, or several states."""
        return self.network.branches or not self.chain

    def state(self, time: object) -> Variable:
        """The state that the story is about, at a time: the main parameter stands in its equation."""
        users = self.users(self.main, 1)
        return self.network[users[0].name if users else self.network.states[0], time]

    def users(self, wrt: Variable, time: object) -> list[Variable]:
        """The states in whose equation a parameter or an input stands, at a time."""
        x = wrt if wrt.time is None else wrt.at(1)
        network, condensed = self.network, self.condensed
        return [network[s, time] for s in network.states if x in condensed.parents(network[s, 1])]

    @cached_property
    def seen_states(self) -> list[Variable]:
        """The states that the loss of a step sees through the logits, at symbolic t: of that step, if any."""
        z = self.with_logits.parents(self.network.logits(STEP))
        seen = [v for v in z if v.name in self.network.states]
        return [v for v in seen if v.time == STEP] or seen

    @cached_property
    def main(self) -> Variable:
        """The parameter whose story is told in full: the first one asked for that acts through the states."""
        acting = self.network.reaching(self.of)
        through = [v for v in self.wrt if v in acting]
        matrices = [v for v in through if v.rank == 2]
        return (matrices or through or acting or [v for v in self.network.given if v.time is None])[0]

    def paths(self, wrt: Variable) -> Derivation:
        """∂L_t/∂wrt along its paths, at the latest step up to that of the question where they can be read."""
        most = self.of if wrt == self.main else self.main_paths.goal.args[0]
        of = longest_readable(most, wrt, self.network, MOST_PRINTED) or most
        return self._derived(Total(of, wrt))

    @cached_property
    def main_paths(self) -> Derivation:
        """∂L_t/∂W along its paths."""
        return self.paths(self.main)

    @cached_property
    def one_back(self) -> Derivation:
        """∂s_t/∂W at the last step of the main expansion: explicit, and through the step before."""
        time = self.main_paths.goal.args[0].time
        return self._derived(Total(self.state(time), self.main), self.condensed, ONE_BACK)

    @cached_property
    def general(self) -> Derivation:
        """∂s_t/∂W for any t, by induction."""
        (found,) = claim(self.condensed, self.main)
        return self.admit(found)

    @cached_property
    def output(self) -> Derivation:
        """∂L_t/∂z_t."""
        goal = Total(self.network.loss(STEP), self.network.logits(STEP))
        return self._derived(goal, self.network, OUTPUT_IN_SHORT if self.edgewise else None)

    def from_loss(self, wrt: Variable) -> Derivation:
        """∂L_t by the state of its step, or by a parameter of the output, through the logits."""
        goal = Total(self.network.loss(STEP), wrt)
        return self._derived(goal, self.with_logits, FULL, lemmas=(self.output,))

    @cached_property
    def edges(self) -> list[Derivation]:
        """Along each edge of one step."""
        return [self.admit(found) for found in self.step.edges.values()]

    @cached_property
    def explicit(self) -> list[Derivation]:
        """From state to state, the other states held fixed, where gates carry a part of it."""
        return [self.admit(found) for found in self.step.explicit.values()]

    def jacobians(self, of_states: bool, by: Variable) -> list[Derivation]:
        """Along all paths of one step, by a state of the step before: of states, or of the other signals."""
        states = self.network.states
        return [
            self.admit(found)
            for goal, found in self.step.jacobians.items()
            if goal.args[1] == by and (goal.args[0].name in states) == of_states
        ]

    @cached_property
    def direct(self) -> list[Derivation]:
        """The product of the edges of a state to itself, over any number of steps."""
        found = []
        for goal, held in self.step.held.items():
            v, u = (w.xreplace({K: J}) for w in goal.args)
            if v.name == u.name:
                product = JacobianProduct(goal.func(v, u), J, K + 1, STEP)
                times = (0, HORIZON)
                found.append(self._derived(product, self.network.whole, PRODUCT, lemmas=(held,), times=times))
        return found

    @cached_property
    def jacobian(self) -> EntryDerivation:
        """∂s_j/∂s_{j−1}, entry by entry."""
        goal = Total(self.state(J), self.state(J - 1))
        p, _, r = self.network.letters.entries
        return self.admit(derive_entry(goal, (p, r), self.network))

    @cached_property
    def jacobian_matrix(self) -> Derivation:
        """∂s_j/∂s_{j−1} as a matrix."""
        return self.admit(self.jacobian.matrix)

    @cached_property
    def product(self) -> Derivation:
        """∂s_t/∂s_k as the ordered product of one-step Jacobians."""
        goal, lemmas = Total(self.state(STEP), self.state(K)), (self.jacobian_matrix,)
        return self._derived(goal, self.condensed, PRODUCT, lemmas=lemmas, times=(0, HORIZON))

    def immediate(self, wrt: Variable, state: Variable | None = None) -> Derivation:
        """∂⁺s_k/∂wrt at matrix level."""
        return self.admit(self.step.immediate(state or self.state(K), wrt))

    @cached_property
    def main_immediate(self) -> Derivation:
        """∂⁺s_k/∂W at matrix level."""
        return self.immediate(self.main)

    def entries(self, matrix: Derivation) -> EntryDerivation:
        """A derivation within a step, entry by entry."""
        return self.admit(entry_by_entry(matrix))

    @cached_property
    def contracted(self) -> Derivation:
        """∂L_t/∂W as a sum of outer products."""
        lemmas = (self.main_paths, self.main_immediate)
        return self._derived(Total(self.of, self.main), self.condensed, CONTRACTED, lemmas=lemmas)

    @cached_property
    def recursion(self) -> Derivation:
        """∂L/∂s_k from ∂L/∂s_{k+1}."""
        goal = Total(self.network.total_loss, self.state(K))
        return self._derived(goal, self.condensed, RECURSION, times=(1, HORIZON - 1))

    @cached_property
    def reordered(self) -> Derivation:
        """∂L/∂W: the double sum, and its other order."""
        goal = Total(self.network.total_loss, self.main)
        return self._derived(goal, self.condensed, REORDERED, lemmas=(self.general,))

    @property
    def few_count(self) -> bool:
        """Whether some losses do not count, and the others are few."""
        weights = self.network.weights
        return 0 in weights and sum(map(bool, weights)) <= MOST_COUNTED

    @cached_property
    def counted(self) -> list[Derivation]:
        """∂L/∂θ by each parameter asked for, the main one first: the losses that count, and no others."""
        if not self.few_count:
            return []
        parameters = [v for v in self.wrt if v.time is None and self.network.matters(v.name)]
        return [self._counted(v) for v in sorted(parameters, key=lambda v: v != self.main)]

    def _counted(self, wrt: Variable) -> Derivation:
        through = bool(self.users(wrt, K))
        openly = wrt in self.condensed.parents(self.network.loss(STEP))
        lemmas = (claim(self.condensed, wrt) if not openly else ()) if through else (self.from_loss(wrt),)
        strategy = COUNTED if through and lemmas else COUNTED_ONLY
        return self._derived(Total(self.network.total_loss, wrt), self.condensed, strategy, lemmas=lemmas)

    @cached_property
    def sweep(self) -> Sweep:
        """The backward sweep."""
        found = derive_sweep(self.network, tuple(self.step.edges.values()) if self.edgewise else ())
        for derivation in (*found.signals.values(), *found.parameters.values()):
            self.admit(derivation)
        return found

    def everything(self) -> list[Derivation | EntryDerivation]:
        """Return all of it; what is asked for twice once, and no question that no rule answers."""
        found = dict.fromkeys((*self._expansions(), *self._factors(), *self._of_the_total_loss()))
        return [made for made in found if isinstance(made, EntryDerivation) or made.steps]

    def _expansions(self) -> Iterator[Derivation]:
        """Yield losses of a step along their paths, and what a document tells of them."""
        for v in self.wrt:
            if longest_readable(self.of, v, self.network, MOST_PRINTED) is not None:
                yield self.paths(v)
        if self.users(self.main, 1):
            yield self.one_back
            if self.chain:
                yield self.contracted

    def _factors(self) -> Iterator[Derivation | EntryDerivation]:
        """Yield what the terms of the expansions consist of, and the entries of it that are shown."""
        given = [v for v in self.wrt if v.time is None]
        parts = {found.goal: (found, words) for v in self.wrt for found, words in factors(self.step, v)}
        for found, words in parts.values():
            yield found
            if found.goal.args[0].rank and (
                words or not self.network.branches or found.goal.args[1] in given
            ):
                yield entry_by_entry(found)
        outputs = [v for v in given if self.network.matters(v.name) and not self.users(v, K)]
        for v in (*self.seen_states, *outputs):
            yield self.from_loss(v)
        yield self.output
        yield from self.direct
        if not self.edgewise and self.network.whole.depends(self.state(K), self.state(K - 1)):
            yield from (self.jacobian, self.jacobian_matrix, self.product)

    def _of_the_total_loss(self) -> Iterator[Derivation]:
        """Yield the double sums and the recursion of a chain, and the sweep of any network."""
        total = self.network.total_loss
        for v in (v for v in self.wrt if v.time is None):
            if lemmas := claim(self.condensed, v):
                yield from lemmas
                yield derive(Total(total, v), self.condensed, REORDERED, lemmas)
            elif self.chain:
                yield derive(Total(total, v), self.network)
        if self.chain and self.network.steps > 1:
            yield self.recursion
        yield from self.counted
        yield from (self.sweep.output, *self.sweep.signals.values(), *self.sweep.parameters.values())


def _everything_given(network: OrderedNetwork) -> list[Variable]:
    """Return the parameters, the initial states, and the input in the middle."""
    middle, roles = max(1, network.steps // 2), network.roles
    inputs = [v for v in network.given if v.name == roles.input and v.time == middle]
    parameters = [v for v in network.given if v.time is None]
    return [*parameters, *(network[state, 0] for state in network.states), *inputs]


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
    return Catalogue(network).everything()
