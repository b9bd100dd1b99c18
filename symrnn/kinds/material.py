"""What a report derives: each derivation made once, certified, and kept for every section."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symrnn.adjoint import Sweep, sweep
from symrnn.calculus import Immediate, Total
from symrnn.derivation import Derivation, claim, derive
from symrnn.entrywise import EntryDerivation, derive_entry
from symrnn.equation import HORIZON, STEP
from symrnn.job import Job
from symrnn.kinds.ledger import Ledger
from symrnn.network import OrderedNetwork
from symrnn.strategies import CONTRACTED, FULL, PRODUCT, RECURSION, REORDERED
from symrnn.tensor import Variable, time_symbol

K, J = time_symbol("k"), time_symbol("j")


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
    def stations(self) -> OrderedNetwork:
        """The network of states and losses."""
        return self.network.condense({*self.network.states, "L"})

    @cached_property
    def with_logits(self) -> OrderedNetwork:
        """The network of states, logits and losses."""
        return self.network.condense({*self.network.states, "z", "L"})

    def state(self, time: object) -> Variable:
        """The state at a time."""
        return self.network[self.network.states[0], time]

    @cached_property
    def main(self) -> Variable:
        """The parameter whose story is told in full: the first one asked for that acts through the states."""
        first = self.state(1)
        through = [v for v in self.job.wrt if v.time is None and self.network.depends(first, v)]
        matrices = [v for v in through if v.rank == 2]
        return (matrices or through or [self.network[next(iter(self.job.cell.parameters))]])[0]

    def paths(self, wrt: Variable) -> Derivation:
        """∂L_t/∂wrt along its paths."""
        return self.ledger.admit(derive(Total(self.job.of, wrt), self.network))

    @cached_property
    def main_paths(self) -> Derivation:
        """∂L_t/∂W along its paths."""
        return self.paths(self.main)

    @cached_property
    def general(self) -> Derivation:
        """∂s_t/∂W for any t, by induction."""
        return self.ledger.admit(*claim(self.stations, self.main))

    @cached_property
    def output(self) -> Derivation:
        """∂L_t/∂z_t."""
        return self.ledger.admit(
            derive(Total(self.network["L", STEP], self.network["z", STEP]), self.network)
        )

    def from_loss(self, wrt: Variable) -> Derivation:
        """∂L_t by the state of its step, or by a parameter of the output, through the logits."""
        goal = Total(self.network["L", STEP], wrt)
        return self.ledger.admit(derive(goal, self.with_logits, FULL, (self.output,)))

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
            derive(goal, self.stations, PRODUCT, (self.jacobian_matrix,), times=(0, HORIZON))
        )

    def immediate(self, wrt: Variable) -> Derivation:
        """∂⁺s_k/∂wrt at matrix level."""
        return self.ledger.admit(derive(Immediate(self.state(K), wrt), self.network))

    @cached_property
    def main_immediate(self) -> Derivation:
        """∂⁺s_k/∂W at matrix level."""
        return self.immediate(self.main)

    def entries(self, wrt: Variable) -> EntryDerivation:
        """∂⁺s_k/∂wrt, entry by entry."""
        letters = ("p", "q", "r")[: 1 + wrt.rank]
        return self.ledger.admit(derive_entry(Immediate(self.state(K), wrt), letters, self.network))

    @cached_property
    def contracted(self) -> Derivation:
        """∂L_t/∂W as a sum of outer products."""
        goal = Total(self.job.of, self.main)
        lemmas = (self.main_paths, self.main_immediate)
        return self.ledger.admit(derive(goal, self.stations, CONTRACTED, lemmas))

    @cached_property
    def recursion(self) -> Derivation:
        """∂L/∂s_k from ∂L/∂s_{k+1}."""
        goal = Total(self.network["L"], self.state(K))
        return self.ledger.admit(derive(goal, self.stations, RECURSION, times=(1, HORIZON - 1)))

    @cached_property
    def reordered(self) -> Derivation:
        """∂L/∂W: the double sum, and its other order."""
        goal = Total(self.network["L"], self.main)
        return self.ledger.admit(derive(goal, self.stations, REORDERED, (self.general,)))

    @cached_property
    def sweep(self) -> Sweep:
        """The backward sweep."""
        found = sweep(self.network)
        for derivation in (*found.signals.values(), *found.parameters.values()):
            self.ledger.admit(derivation)
        return found
