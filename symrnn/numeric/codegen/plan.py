"""What is computed where: before the loop over time, inside it, or after it; and what is computed together.

Only what one step needs from another has to wait for the loop. Everything else is done for all steps in one
call: input projections before it, outputs, losses and parameter gradients after it. Inside the loop,
matrices that multiply the same vector are stacked over one another and become one product, and
pre-activations that share a product share an array, their functions applied in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from symrnn.model import STEP
from symrnn.numeric.codegen.rows import Signal
from symrnn.numeric.codegen.slopes import ODDS
from symrnn.numeric.codegen.terms import Term, matrix_terms
from symrnn.tensor import TABLE, Apply, Contraction, Variable

Phase = Literal["static", "before", "loop", "after"]
DIFFERENTIABLE = tuple(name for name, row in TABLE.items() if row.derivative is not None)


@dataclass(frozen=True)
class Map:
    """Matrices over one another that multiply one vector: rows for each of ``members``, in their order."""

    operand: Variable
    members: tuple[Variable, ...]
    matrices: tuple[Variable, ...]


@dataclass(frozen=True)
class Stack:
    """Pre-activations that share an array, side by side in their order."""

    members: tuple[Variable, ...]
    maps: tuple[Map, ...]

    def run(self, some: Iterable[Variable]) -> bool:
        """Whether some members stand side by side in the order of the stack."""
        places = [self.members.index(v) for v in some]
        return places == list(range(places[0], places[0] + len(places)))


def product_of(term: Term) -> tuple[Variable, Variable] | None:
    """Return matrix and vector of a term that is a matrix times a variable and nothing else."""
    match term:
        case Term(1, Contraction(factors=(Variable() as matrix, Variable() as v)), ()) if matrix.rank == 2:
            return matrix, v
    return None


@dataclass(frozen=True)
class ForwardPlan:
    """The forward pass of one step, in the order of computation."""

    signals: tuple[Signal, ...]
    states: tuple[str, ...]
    kept: frozenset[str]  # signals that something outside asks for by name; they are not overwritten

    @cached_property
    def by_name(self) -> Mapping[str, Signal]:
        """Signals by name."""
        return {signal.name: signal for signal in self.signals}

    @cached_property
    def phases(self) -> dict[str, Phase]:
        """When each signal is computed."""
        varying: set[str] = set()
        recurrent: set[str] = set()
        for signal in self.signals:
            if any(v.time is not None and (v.name not in self.by_name or v.name in varying | set(self.states))
                   for v in signal.uses):  # fmt: skip
                varying.add(signal.name)
            if any(v.time == STEP - 1 or v.name in recurrent for v in signal.uses):
                recurrent.add(signal.name)
        carried = {v.name for s in self.signals for v in s.uses if v.time == STEP - 1}
        feeding = set(carried)
        for signal in reversed(self.signals):
            if signal.name in feeding:
                feeding |= {v.name for v in signal.uses if v.time == STEP}
        phases: dict[str, Phase] = {}
        for signal in self.signals:
            if signal.name not in recurrent:
                fixed = signal.name not in varying and signal.name not in self.states
                phases[signal.name] = "static" if fixed else "before"
            else:
                phases[signal.name] = "loop" if signal.name in feeding else "after"
        return phases

    def of_phase(self, phase: Phase) -> list[Signal]:
        """Signals of a phase, in order."""
        return [s for s in self.signals if self.phases[s.name] == phase]

    def in_loop(self, v: Variable) -> bool:
        """Whether a value arises only inside the loop."""
        return v.time == STEP - 1 or self.phases.get(v.name) == "loop"

    @cached_property
    def _products(self) -> dict[Variable, list[tuple[Variable, Variable]]]:
        """For each vector that arises in the loop: the signals of the loop it enters, by which matrix."""
        found: dict[Variable, list[tuple[Variable, Variable]]] = {}
        for signal in self.of_phase("loop"):
            for term in matrix_terms(signal.expression):
                pair = product_of(term)
                if pair is not None:
                    entries = found.setdefault(pair[1], [])
                    if signal.variable not in [target for target, _ in entries]:
                        entries.append((signal.variable, pair[0]))
        return found

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Pre-activations that share an array."""
        stacks: list[Stack] = []
        housed: set[Variable] = set()
        for operand, entries in self._products.items():
            free = [v for v, _ in entries if v not in housed and v.name not in self.states]
            if len(free) > 1 and self.in_loop(operand):
                members = tuple(sorted(free, key=self._batch_number))
                housed.update(members)
                stacks.append(self._with_maps(members))
        return tuple(stacks)

    def _with_maps(self, members: tuple[Variable, ...]) -> Stack:
        maps = []
        for operand, entries in self._products.items():
            matrices = dict(entries)
            run = tuple(v for v in members if v in matrices)
            if len(run) > 1 and Stack(members, ()).run(run):
                maps.append(Map(operand, run, tuple(matrices[v] for v in run)))
        return Stack(members, tuple(maps))

    def _batch_number(self, member: Variable) -> tuple[int, bool]:
        """Place of a pre-activation: by when its function is applied; those that read an input first."""
        number = next((n for n, batch in enumerate(self.batches)
                       for s in batch if applied_to(s) == member), len(self.batches))  # fmt: skip
        used = self.by_name[member.name].uses
        return number, all(v.time is None or self.in_loop(v) for v in used)

    @cached_property
    def batches(self) -> list[list[Signal]]:
        """The signals of the loop in an order of computation; functions of one kind together."""
        left = self.of_phase("loop")
        names, done = {s.name for s in left}, set[str]()
        batches: list[list[Signal]] = []

        def ready(signal: Signal) -> bool:
            return all(v.time != STEP or v.name not in names or v.name in done for v in signal.uses)

        while left:
            now = [s for s in left if ready(s)]
            plain = [s for s in now if applied_to(s) is None]
            if plain:
                batch = plain[:1]
            else:
                kinds = [(s.expression.args[0], s.name in self.states) for s in now]
                batch = [s for s, kind in zip(now, kinds) if kind == kinds[0]]
            batches.append(batch)
            done |= {s.name for s in batch}
            left = [s for s in left if s.name not in done]
        return batches

    def in_place(self, signal: Signal) -> bool:
        """Whether a function may be written over its argument: nothing else needs that."""
        argument = applied_to(signal)
        if argument is None or argument.time != STEP or signal.name in self.states:
            return False
        if argument.name not in self.by_name or argument.name in (*self.states, *self.kept):
            return False
        function = signal.expression.args[0].name
        if function not in (ODDS, *DIFFERENTIABLE) or self.phases[argument.name] != self.phases[signal.name]:
            return False
        return all(argument not in other.uses for other in self.signals if other != signal)


def applied_to(signal: Signal) -> Variable | None:
    """Return the variable that a signal is a function of, and nothing else."""
    match signal.expression:
        case Apply(_, Variable() as argument, 0):
            return argument
    return None
