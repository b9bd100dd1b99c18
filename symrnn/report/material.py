"""What a report derives: each derivation made once, certified, and kept for every section."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symrnn.derivation import (
    CONTRACTED,
    FULL,
    ONE_BACK,
    OUTPUT_IN_SHORT,
    PRODUCT,
    RECURSION,
    REORDERED,
    Derivation,
    EntryDerivation,
    K,
    OneStep,
    Sweep,
    claim,
    derive,
    derive_entry,
    derive_sweep,
    entry_by_entry,
    longest_readable,
)
from symrnn.model import HORIZON, STEP, OrderedNetwork
from symrnn.report.job import Job
from symrnn.report.ledger import Ledger
from symrnn.tensor import JacobianProduct, Total, Variable, time_symbol

J = time_symbol("j")
MOST_PRINTED = 8  # paths of an expansion in a report, each with its picture


@dataclass(frozen=True, eq=False)
class Material:
    """Derivations of one job; every one of them has passed the ledger.

    Attributes
    ----------
    job : Job
    ledger : Ledger
    """

    job: Job
    ledger: Ledger

    @property
    def network(self) -> OrderedNetwork:
        """The unrolled network."""
        return self.job.network

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
        """The states that the loss of a step sees through the logits, at symbolic t."""
        z = self.with_logits.parents(self.network.logits(STEP))
        return [v for v in z if v.name in self.network.states]

    @cached_property
    def main(self) -> Variable:
        """The parameter whose story is told in full: the first one asked for that acts through the states."""
        acting = self.network.reaching(self.job.of)
        through = [v for v in self.job.wrt if v in acting]
        matrices = [v for v in through if v.rank == 2]
        return (matrices or through or acting)[0]

    def paths(self, wrt: Variable) -> Derivation:
        """∂L_t/∂wrt along its paths, at the latest step up to that of the job where they can be read."""
        most = self.job.of if wrt == self.main else self.main_paths.goal.args[0]
        of = longest_readable(most, wrt, self.network, MOST_PRINTED) or most
        return self.ledger.admit(derive(Total(of, wrt), self.network))

    @cached_property
    def main_paths(self) -> Derivation:
        """∂L_t/∂W along its paths."""
        return self.paths(self.main)

    @cached_property
    def one_back(self) -> Derivation:
        """∂s_t/∂W at the last step of the main expansion: explicit, and through the step before."""
        time = self.main_paths.goal.args[0].time
        return self.ledger.admit(derive(Total(self.state(time), self.main), self.condensed, ONE_BACK))

    @cached_property
    def general(self) -> Derivation:
        """∂s_t/∂W for any t, by induction."""
        return self.ledger.admit(*claim(self.condensed, self.main))

    @cached_property
    def output(self) -> Derivation:
        """∂L_t/∂z_t."""
        goal = Total(self.network.loss(STEP), self.network.logits(STEP))
        strategy = OUTPUT_IN_SHORT if self.edgewise else None
        return self.ledger.admit(derive(goal, self.network, strategy))

    def from_loss(self, wrt: Variable) -> Derivation:
        """∂L_t by the state of its step, or by a parameter of the output, through the logits."""
        goal = Total(self.network.loss(STEP), wrt)
        return self.ledger.admit(derive(goal, self.with_logits, FULL, (self.output,)))

    @cached_property
    def edges(self) -> list[Derivation]:
        """Along each edge of one step."""
        return [self.ledger.admit(found) for found in self.step.edges.values()]

    @cached_property
    def explicit(self) -> list[Derivation]:
        """From state to state, the other states held fixed, where gates carry a part of it."""
        return [self.ledger.admit(found) for found in self.step.explicit.values()]

    def jacobians(self, of_states: bool, by: Variable) -> list[Derivation]:
        """Along all paths of one step, by a state of the step before: of states, or of the other signals."""
        states = self.network.states
        return [
            self.ledger.admit(found)
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
                made = derive(product, self.network.whole, PRODUCT, (held,), times=(0, HORIZON))
                found.append(self.ledger.admit(made))
        return found

    @cached_property
    def jacobian(self) -> EntryDerivation:
        """∂s_j/∂s_{j−1}, entry by entry."""
        goal = Total(self.state(J), self.state(J - 1))
        return self.ledger.admit(derive_entry(goal, ("p", "r"), self.network))

    @cached_property
    def jacobian_matrix(self) -> Derivation:
        """∂s_j/∂s_{j−1} as a matrix."""
        return self.ledger.admit(self.jacobian.matrix)

    @cached_property
    def product(self) -> Derivation:
        """∂s_t/∂s_k as the ordered product of one-step Jacobians."""
        goal = Total(self.state(STEP), self.state(K))
        return self.ledger.admit(
            derive(goal, self.condensed, PRODUCT, (self.jacobian_matrix,), times=(0, HORIZON))
        )

    def immediate(self, wrt: Variable, state: Variable | None = None) -> Derivation:
        """∂⁺s_k/∂wrt at matrix level."""
        return self.ledger.admit(self.step.immediate(state or self.state(K), wrt))

    @cached_property
    def main_immediate(self) -> Derivation:
        """∂⁺s_k/∂W at matrix level."""
        return self.immediate(self.main)

    def entries(self, matrix: Derivation) -> EntryDerivation:
        """A derivation within a step, entry by entry."""
        return self.ledger.admit(entry_by_entry(matrix))

    @cached_property
    def contracted(self) -> Derivation:
        """∂L_t/∂W as a sum of outer products."""
        goal = Total(self.job.of, self.main)
        lemmas = (self.main_paths, self.main_immediate)
        return self.ledger.admit(derive(goal, self.condensed, CONTRACTED, lemmas))

    @cached_property
    def recursion(self) -> Derivation:
        """∂L/∂s_k from ∂L/∂s_{k+1}."""
        goal = Total(self.network.total_loss, self.state(K))
        return self.ledger.admit(derive(goal, self.condensed, RECURSION, times=(1, HORIZON - 1)))

    @cached_property
    def reordered(self) -> Derivation:
        """∂L/∂W: the double sum, and its other order."""
        goal = Total(self.network.total_loss, self.main)
        return self.ledger.admit(derive(goal, self.condensed, REORDERED, (self.general,)))

    @cached_property
    def sweep(self) -> Sweep:
        """The backward sweep."""
        lemmas = self.step.edges.values() if self.edgewise else ()
        found = derive_sweep(self.network, tuple(lemmas))
        for derivation in (*found.signals.values(), *found.parameters.values()):
            self.ledger.admit(derivation)
        return found
