"""The adjoint equations of one step, taken apart: what waits for the loop, and what is only scaled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from symrnn.derivation import ADJOINT, Sweep
from symrnn.model import STEP
from symrnn.numeric.codegen.plan import Phase
from symrnn.numeric.codegen.rows import LOG_SOFTMAX, Signal, row_form, with_names
from symrnn.numeric.codegen.terms import Term, like_cores, terms_of
from symrnn.tensor import Apply, Plus, Tensor, Variable


@dataclass(frozen=True)
class Adjoint:
    """The equation of one adjoint: terms of its own step, and, for a state, terms of the step after."""

    variable: Variable
    own: tuple[Term, ...]
    later: tuple[Term, ...]
    inside: tuple[str, ...] = ()  # adjoints that were put into the terms
    softmax: Variable | None = None  # of what it is the adjoint of, if nothing else reads that

    @property
    def name(self) -> str:
        """Name of the adjoint."""
        return self.variable.name

    @property
    def of(self) -> str:
        """Name of the signal that it is the adjoint of."""
        return signal_of(self.variable)


@dataclass(frozen=True)
class BackwardPlan:
    """The adjoint equations of one step, in the order of the sweep."""

    adjoints: tuple[Adjoint, ...]
    asked: frozenset[str]  # adjoints that parameter gradients or a caller need at every step
    of_input: str  # name of the adjoint of the input, which is handed out

    @cached_property
    def phases(self) -> dict[str, Phase]:
        """When each adjoint is computed."""
        names = {a.name for a in self.adjoints}
        recurrent: set[str] = set()
        for a in self.adjoints:
            if a.later or any(v.name in recurrent for t in a.own for v in t.variables()):
                recurrent.add(a.name)
        feeding = {v.name for a in self.adjoints for t in a.later for v in t.variables()} & names
        for a in reversed(self.adjoints):
            if a.name in feeding or a.later:
                feeding |= {v.name for t in a.own for v in t.variables()} & names
        return {
            a.name: "before"
            if a.name not in recurrent
            else "loop"
            if a.name in feeding or a.later
            else "after"
            for a in self.adjoints
        }

    def of_phase(self, phase: Phase) -> list[Adjoint]:
        """Adjoints of a phase, in order."""
        return [a for a in self.adjoints if self.phases[a.name] == phase]

    @cached_property
    def uses(self) -> frozenset[str]:
        """Everything that the adjoints are computed from."""
        found = {v.name for a in self.adjoints for t in (*a.own, *a.later) for v in t.variables()}
        return frozenset(found | {a.softmax.name for a in self.adjoints if a.softmax})

    @cached_property
    def needed_as_array(self) -> frozenset[str]:
        """Adjoints whose values at all steps are needed after the loop."""
        after = {v.name for a in self.of_phase("after") for t in a.own for v in t.variables()}
        return self.asked | after


def fused(adjoints: Sequence[Adjoint], keep: Callable[[str], bool]) -> tuple[Adjoint, ...]:
    """Put an adjoint that is used once, and only scaled, into its use."""
    made = {a.name: a for a in adjoints}
    for name in list(made):
        a = made[name]  # what was put into it before is part of it
        uses = [(b, t) for b in made.values() for t in (*b.own, *b.later) if a.variable in t.variables()]
        if keep(name) or a.later or len(a.own) != 1 or len(uses) != 1:
            continue
        (user, term), (inner,) = uses[0], a.own
        if term.core != a.variable or term not in user.own:
            continue
        merged = Term(term.number * inner.number, inner.core, (*inner.factors, *term.factors))
        own = tuple(merged if t == term else t for t in user.own)
        made[user.name] = replace(user, own=own, inside=(*user.inside, *a.inside, name))
        del made[name]
    return tuple(made.values())


def signal_of(adjoint: Variable) -> str:
    """Return the name of the signal that an adjoint belongs to."""
    return adjoint.name.removesuffix(ADJOINT)


def is_adjoint(tensor: Tensor) -> bool:
    """Whether an expression holds an adjoint; every adjoint equation is linear in them."""
    return any(v.name.endswith(ADJOINT) for v in tensor.variables())


def backward_plan(swept: Sweep, signals: Sequence[Signal], asked: frozenset[str]) -> BackwardPlan:
    """Return the adjoint equations taken apart, in the order of the sweep."""
    adjoints, x = [], swept.network.roles.input
    for name, equation in swept.equations.items():
        if name not in {x, *(s.name for s in signals), *swept.network.states}:
            continue  # the adjoint of a target or a weight
        own, later = (
            [t for part in parts for t in terms_of(with_names(part, signals, when), is_adjoint)]
            for when, parts in _by_step(row_form(equation.expression)).items()
        )
        shifted = [t.shifted({STEP: STEP - 1}) for t in later]
        parts = tuple(like_cores(own)), tuple(like_cores(shifted))
        adjoints.append(Adjoint(equation.target, *parts, softmax=_softmax_alone(name, signals)))
    of_input = x + ADJOINT
    kept = {of_input, *asked, *(a.name for a in adjoints if a.softmax)}
    return BackwardPlan(fused(adjoints, kept.__contains__), asked, of_input)


def _softmax_alone(name: str, signals: Sequence[Signal]) -> Variable | None:
    """Return the softmax of a signal that nothing but its softmax reads, and the logarithm of that."""
    users = [s for s in signals if any(v.name == name for v in s.uses)]
    functions = {s.expression.function: s.variable for s in users if isinstance(s.expression, Apply)}
    alone = len(users) == len(functions) and {"softmax"} <= functions.keys() <= {"softmax", LOG_SOFTMAX}
    named = alone and all(isinstance(s.expression.args[1], Variable) for s in users)
    return functions["softmax"] if named else None


def _by_step(expression: Tensor) -> dict[Any, list[Tensor]]:
    """Return the terms of a sum by the step of their adjoints: this one, and the next."""
    terms = expression.args if isinstance(expression, Plus) else (expression,)
    ahead = [any(is_adjoint(v) and v.time == STEP + 1 for v in term.variables()) for term in terms]
    return {
        STEP: [term for term, later in zip(terms, ahead) if not later],
        STEP + 1: [term for term, later in zip(terms, ahead) if later],
    }


def gradient_terms(swept: Sweep, signals: Sequence[Signal]) -> dict[str, Tensor]:
    """Return what one step adds to the gradient of each parameter, in row form."""
    return {name: with_names(term, signals) for name, term in swept.terms.items()}
