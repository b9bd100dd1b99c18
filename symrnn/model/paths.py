"""The graph that ordered equations make: what is computed from what, and along which paths.

The order of the equations is the order of computation, so every question about dependence is a walk over the
list. A graph keeps some of its variables as nodes; ``condense`` narrows that choice. The others are named
intermediates, which paths pass through without a stop. What a derivative means does not depend on the choice:
``acting`` is what reaches a variable while the states are held fixed, whatever the nodes are.

Beside the unrolled equations there are those of one symbolic step, which define ``s[k]`` for any k; a local
derivative is taken once for symbolic k and then instantiated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self

from sympy.core.numbers import Integer

from symrnn.model.equation import STEP, Equation, NetworkError, is_symbolic
from symrnn.tensor import Tensor, Variable


@dataclass(frozen=True, eq=False)
class Graph:
    """Equations in order, and which of their variables are nodes.

    Attributes
    ----------
    name : str
        Of the cell, for messages.
    equations : tuple of Equation
        Unrolled, each target after everything it uses; the loss is computed last.
    step : tuple of Equation
        The equations of one symbolic step, at time ``STEP``.
    given : tuple of Variable
        Inputs, targets, parameters and initial states: variables without an equation.
    states : tuple of str
        In the order of the cell.
    kept : frozenset of str
        Names of the variables that are nodes; by default all that have an equation.
    also : frozenset of Variable
        Single variables that are nodes as well, such as a gate at one step.
    """

    name: str
    equations: tuple[Equation, ...]
    step: tuple[Equation, ...]
    given: tuple[Variable, ...]
    states: tuple[str, ...]
    kept: frozenset[str] = field(default=frozenset(), kw_only=True)
    also: frozenset[Variable] = field(default=frozenset(), kw_only=True)

    def __post_init__(self) -> None:
        known = set(self.given)
        for number, equation in enumerate(self.equations, start=1):
            if equation.target in known:
                raise NetworkError(f"equation {number}: {equation.target} is defined twice; accepted: once")
            for variable in equation.used:
                if variable not in known:
                    raise NetworkError(
                        f"equation {number}: {equation.target} uses {variable} before its definition;"
                        " accepted: equations in order"
                    )
            known.add(equation.target)
        if not self.kept:
            object.__setattr__(self, "kept", self._computed)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: the fields, and none of the tables that follow from them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def _computed(self) -> frozenset[str]:
        """Names of everything that has an equation."""
        return frozenset(e.target.name for e in self.equations)

    @cached_property
    def by_target(self) -> dict[Variable, Equation]:
        """Equations by what they define."""
        return {equation.target: equation for equation in self.equations}

    @cached_property
    def by_name(self) -> dict[str, Equation]:
        """Equations of the symbolic step by the name of what they define."""
        return {equation.target.name: equation for equation in self.step}

    @property
    def order(self) -> tuple[Variable, ...]:
        """The order of computation."""
        return tuple(equation.target for equation in self.equations)

    def equation(self, variable: Variable) -> Equation | None:
        """Return the equation that defines a variable; None for what is given."""
        found = self.by_target.get(variable)
        if found is None and variable.time is not None and not variable.time.is_Integer:
            template = self.by_name.get(variable.name)
            return None if template is None else template.at(variable.time)
        return found

    def intermediates(self, variable: Variable) -> list[Variable]:
        """Return the named intermediates that stand in the equation of a variable."""
        equation = self.equation(variable)
        used = [] if equation is None else equation.used
        return [u for u in used if not self.is_node(u) and self.equation(u) is not None]

    def written_out(self, expression: Tensor) -> Tensor:
        """Return an expression with every named intermediate replaced by its equation; kept nodes stay."""
        replaced = {}
        for v in expression.variables():
            equation = self.equation(v)
            if equation is not None and not self.is_node(v):
                replaced[v] = self.written_out(equation.expression)
        return expression.xreplace(replaced) if replaced else expression

    def is_node(self, variable: Variable) -> bool:
        """Whether a computed variable is a node."""
        return variable.name in self.kept or variable in self.also

    def condense(self, keep: Iterable[str], also: Iterable[Variable] = ()) -> Self:
        """Return the same equations with fewer nodes; the other variables become named intermediates.

        Nodes are the variables of the names in ``keep``, at every time, and those in ``also``.

        Raises
        ------
        NetworkError
            If a name has no equation.
        """
        kept = frozenset(keep)
        if unknown := kept - self._computed:
            raise NetworkError(f"cell {self.name!r} computes no {', '.join(sorted(unknown))}")
        return self._keeping(kept, frozenset(also))

    @cached_property
    def whole(self) -> Self:
        """The same equations with every computed variable as a node."""
        return self if self.kept == self._computed else self._keeping(self._computed, frozenset())

    def _keeping(self, kept: frozenset[str], also: frozenset[Variable]) -> Self:
        """Return a copy with other nodes; it shares every table but that of the parents."""
        other = object.__new__(type(self))
        vars(other).update(vars(self), kept=kept, also=also)
        vars(other).pop("_parents", None)
        return other

    @cached_property
    def _parents(self) -> dict[Variable, list[Variable]]:
        """The parents found so far: they depend on the nodes that are kept."""
        return {}

    def parents(self, variable: Variable) -> list[Variable]:
        """Return what a variable is computed from: nodes and given variables, through intermediates."""
        if variable not in self._parents:
            equation = self.equation(variable)
            found: dict[Variable, None] = {}
            transparent = self.intermediates(variable)
            for used in [] if equation is None else equation.used:
                found.update(dict.fromkeys(self.parents(used) if used in transparent else [used]))
            self._parents[variable] = list(found)
        return self._parents[variable]

    @cached_property
    def _acting(self) -> dict[Variable, frozenset[Variable]]:
        """What was found to act so far."""
        return {}

    def acting(self, variable: Variable) -> frozenset[Variable]:
        """Return what a variable varies with while every other state is held fixed."""
        if variable not in self._acting:
            equation = self.equation(variable)
            used = frozenset(() if equation is None else equation.used)
            self._acting[variable] = used.union(*(self.acting(u) for u in used if u.name not in self.states))
        return self._acting[variable]

    def carriers(self, variable: Variable, x: Variable) -> list[Variable]:
        """Return the signals in the equation of a variable that carry ``x``, every state held fixed."""
        equation = self.equation(variable)
        signals = (u for u in (equation.used if equation else ()) if u.name not in self.states)
        return [u for u in signals if u != x and x in self.acting(u)]

    def depends(self, variable: Variable, on: Variable) -> bool:
        """Whether some path leads from ``on`` to ``variable`` (a variable depends on itself)."""
        if variable == on:
            return True
        if not self._comes_before(on, variable) or on.name not in self._ancestors[variable.name]:
            return False
        apart = None if variable.time is None or on.time is None else variable.time - on.time
        if (is_symbolic(variable) or is_symbolic(on)) and not isinstance(apart, Integer):
            return True
        seen, stack = {variable}, [variable]
        while stack:
            for parent in self.parents(stack.pop()):
                if parent == on:
                    return True
                if parent not in seen and self._comes_before(on, parent):
                    seen.add(parent)
                    stack.append(parent)
        return False

    @staticmethod
    def _comes_before(early: Variable, late: Variable) -> bool:
        """Whether time allows a path; symbolic times in doubt do."""
        if early.time is None or late.time is None:
            return True
        return not (late.time - early.time).is_negative

    @cached_property
    def _ancestors(self) -> dict[str, set[str]]:
        """Names that a name is computed from, over any number of steps."""
        direct = {v.name: {v.name} for v in self.given}
        for equation in (*self.step, self.equations[-1]) if self.step else self.equations:
            direct.setdefault(equation.target.name, {equation.target.name}).update(
                v.name for v in equation.expression.variables()
            )
        while True:
            wider = {name: set().union(*(direct[u] for u in used)) for name, used in direct.items()}
            if wider == direct:
                return direct
            direct = wider

    def matters(self, name: str) -> bool:
        """Whether the loss depends on a name at all."""
        return name in self._ancestors[self.equations[-1].target.name]

    def successors(self, variable: Variable) -> list[Variable]:
        """Return the nodes on the way to the loss that a signal enters, at its own step and at the next."""
        found = [
            equation.target.at(variable.time + (STEP - parent.time))
            for equation in self.step
            if equation.target.name in self.kept and self.matters(equation.target.name)
            for parent in self.parents(equation.target)
            if parent.name == variable.name
        ]
        found = [u for u in found if is_symbolic(u) or u in self.by_target]  # not before the first step
        return sorted(found, key=lambda u: int(u.time - variable.time))

    def edge_is_only_path(self, source: Variable, target: Variable) -> bool:
        """Whether the one way from ``source`` to ``target`` is the edge between them."""
        parents = self.parents(target)
        return source in parents and not any(p != source and self.depends(p, source) for p in parents)

    def depends_through_state(self, variable: Variable, on: Variable) -> bool:
        """Whether some path from ``on`` to ``variable`` passes a state in between."""
        nodes = self.condense({*self.states, variable.name})
        return any(u != on and u.name in self.states and self.depends(u, on) for u in nodes.parents(variable))

    @cached_property
    def branches(self) -> bool:
        """Whether some state reaches the next step on more than one path: whether the cell has gates."""
        counts = [self.whole.path_counts(v) for v in self.given if v.name in self.states]
        after = [v for v in self.order if v.name in self.states and v.time == 1]
        return any(found.get(v, 0) > 1 for found in counts for v in after)

    def path_counts(self, source: Variable) -> dict[Variable, int]:
        """Return the number of paths from ``source`` to each node behind it, in one walk along the equations.

        Examples
        --------
        >>> from symrnn.model import Cell
        >>> network = Cell.load("lstm").unroll(5).condensed
        >>> counts = network.path_counts(network["W_f"])
        >>> [counts[network.loss(t)] for t in range(1, 6)]
        [1, 4, 12, 33, 88]
        """
        counts = {source: 1}
        for equation in self.equations:
            v = equation.target
            if self.is_node(v) and v != source:
                found = sum(counts.get(parent, 0) for parent in self.parents(v))
                if found:
                    counts[v] = found
        return counts

    def longest_paths(self, source: Variable) -> dict[Variable, int]:
        """Return the number of edges of the longest path from ``source`` to each node behind it."""
        lengths = {source: 0}
        for equation in self.equations:
            v = equation.target
            if self.is_node(v) and v != source:
                found = [lengths[parent] for parent in self.parents(v) if parent in lengths]
                if found:
                    lengths[v] = 1 + max(found)
        return lengths

    def paths(self, source: Variable, target: Variable) -> list[tuple[Variable, ...]]:
        """All paths between two nodes, each from source to target; ``path_counts`` says how many."""
        if source == target:
            return [(target,)]
        return [
            (*path, target)
            for parent in self.parents(target)
            if self.depends(parent, source)
            for path in self.paths(source, parent)
        ]
