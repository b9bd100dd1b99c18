"""Ordered networks: a list of equations, each defining one new variable from earlier ones.

The order of the equations is the order of computation, so every question about dependence is a walk over the
list. A network keeps some of its variables as nodes; ``condense`` narrows that choice. The others are named
intermediates: to the immediate derivative ∂⁺ they are transparent, the kept variables are held fixed. Keeping
only the states makes ∂⁺s_k/∂W the lecture's "s_{k-1} treated as a constant".

Beside the unrolled equations a network holds those of one symbolic step, which define ``s[k]`` for any k; a
local derivative is taken once for symbolic k and then instantiated.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from sympy.core.expr import Expr
from sympy.core.numbers import Integer

from symrnn.model.equation import STEP, Equation, NetworkError, is_symbolic
from symrnn.model.roles import ROLES, Roles
from symrnn.tensor import Shape, Tensor, Variable


@dataclass(frozen=True)
class OrderedNetwork:
    """Equations in order, with what they compute from.

    Attributes
    ----------
    name : str
    equations : tuple of Equation
        Unrolled, each target after everything it uses.
    step : tuple of Equation
        The equations of one symbolic step, at time ``STEP``.
    given : tuple of Variable
        Inputs, targets, parameters and initial states: variables without an equation.
    states : tuple of str
        In the order of the cell.
    steps : int
    kept : frozenset of str
        Names of the variables that are nodes; the other targets are named intermediates.
    distribution : str
        Name of the target signal whose entries sum to one, or "".
    weights : tuple of float
        Weight of each step's loss where not all are 1; else empty.
    roles : Roles
        What input, target, logits, prediction and loss are called.

    Two networks are equal if they compute the same by the same equations and keep the same nodes.
    """

    name: str
    equations: tuple[Equation, ...]
    step: tuple[Equation, ...]
    given: tuple[Variable, ...]
    states: tuple[str, ...]
    steps: int
    kept: frozenset[str] = field(default=frozenset())
    distribution: str = ""
    weights: tuple[float, ...] = ()
    roles: Roles = ROLES

    def __post_init__(self) -> None:
        known = set(self.given)
        for number, equation in enumerate(self.equations, start=1):
            if equation.target in known:
                raise NetworkError(f"equation {number}: {equation.target} is defined twice")
            for variable in equation.used:
                if variable not in known:
                    raise NetworkError(
                        f"equation {number}: {equation.target} uses {variable} before its definition"
                    )
            known.add(equation.target)
        if not self.kept:
            object.__setattr__(self, "kept", frozenset(e.target.name for e in self.equations))

    def __hash__(self) -> int:
        return hash((self._identity, self.kept))

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: the fields, and none of the tables that follow from them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def _identity(self) -> int:
        """A number that tells networks apart, whatever nodes they keep; computed once for all of those."""
        return hash((self.name, self.equations, self.step, self.given, self.weights))

    def computes_as(self, other: OrderedNetwork) -> bool:
        """Whether another network has the same equations, whatever nodes the two keep."""
        return self is other or (self._identity, *self._told) == (other._identity, *other._told)

    @property
    def _told(self) -> tuple[Any, ...]:
        return self.name, self.equations, self.step, self.given, self.weights

    @property
    def total_loss(self) -> Variable:
        """The weighted sum of the losses."""
        return self[self.roles.loss]

    def is_total_loss(self, v: Tensor) -> bool:
        """Whether this is the weighted sum of the losses."""
        return isinstance(v, Variable) and v.name == self.roles.loss and v.time is None

    def is_loss(self, v: Tensor) -> bool:
        """Whether this is the loss of a step."""
        return isinstance(v, Variable) and v.name == self.roles.loss and v.time is not None

    def loss(self, time: Any) -> Variable:
        """Return the loss of a step."""
        return self[self.roles.loss, time]

    def logits(self, time: Any) -> Variable:
        """Return the logits of a step."""
        return self[self.roles.logits, time]

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

    def __getitem__(self, key: str | tuple[str, Any]) -> Variable:
        """``network["W"]``, ``network["s", 3]``, ``network["s", k - 1]``: a variable by name and time."""
        name, time = key if isinstance(key, tuple) else (key, None)
        variable = self._find(name, time)
        remembering = Variable(variable.name, variable.shape, variable.time)
        remembering.network = self
        return remembering

    @cached_property
    def _known(self) -> dict[str, dict[Any, Variable]]:
        """Every variable, by name and time."""
        known: dict[str, dict[Any, Variable]] = {}
        for v in (*self.given, *self.order):
            known.setdefault(v.name, {})[v.time] = v
        return known

    def times_of(self, name: str) -> list[Variable]:
        """Return a variable at every time that it exists at."""
        return list(self._known[name].values())

    def shape(self, name: str) -> Shape:
        """Shape of a variable by name."""
        return next(iter(self._known[name].values())).shape

    def _find(self, name: str, time: Any) -> Variable:
        if name not in self._known:
            raise NetworkError(f"cell {self.name!r} has no signal {name!r}; it has {', '.join(self._known)}")
        at = self._known[name]
        if time in at:
            return at[time]
        if time is None:
            raise NetworkError(f"{name} needs a time, such as {name}[{self.steps}]")
        some = next(iter(at.values()))
        if isinstance(time, Expr) and not time.is_Integer and some.time is not None:
            return some.at(time)
        times = sorted(int(t) for t in at if t is not None)
        said = f"it exists at the steps {times[0]} to {times[-1]}" if times else f"write {name}"
        raise NetworkError(f"{name} has no value at step {time}; {said}")

    def lookup(self, text: str) -> Variable:
        """Return a variable from text such as ``W``, ``L[4]``, ``s[0]`` or ``s0``.

        Raises
        ------
        NetworkError
            If the network has no such variable.
        """
        match = re.fullmatch(r"([A-Za-z_]\w*)(?:\[(\d{1,9})\])?", text.strip())
        if match is None:
            raise NetworkError(
                f"cannot read {text!r}; write a name such as W, or one with a time such as L[4]"
            )
        name, time = match.groups()
        for cut in range(len(name) - 1, 0, -1):  # the longest name: h_10 is h_1 at 0
            if name not in self._known and name[cut:].isdecimal() and name[:cut] in self._known:
                name, time = name[:cut], name[cut:][:9]
        return self[name, int(time)] if time else self[name]

    def equation(self, variable: Variable) -> Equation | None:
        """Return the equation that defines a variable; None for what is given."""
        found = self.by_target.get(variable)
        if found is None and variable.time is not None and not variable.time.is_Integer:
            template = self.by_name.get(variable.name)
            return None if template is None else template.at(variable.time)
        return found

    def named(self, expression: Tensor) -> Variable | None:
        """Return the variable that is defined as exactly this expression."""
        for template in self.step:
            if isinstance(expression, template.expression.func):
                for time in {v.time for v in expression.variables() if v.time is not None}:
                    equation = template.at(time)
                    if equation.expression == expression:
                        return equation.target
        return None

    def intermediates(self, variable: Variable) -> list[Variable]:
        """Return the named intermediates that stand in the equation of a variable."""
        equation = self.equation(variable)
        used = [] if equation is None else equation.used
        return [u for u in used if u.name not in self.kept and self.equation(u) is not None]

    def written_out(self, expression: Tensor) -> Tensor:
        """Return an expression with every named intermediate replaced by its equation; kept nodes stay."""
        replaced = {}
        for v in expression.variables():
            equation = self.equation(v)
            if equation is not None and v.name not in self.kept:
                replaced[v] = self.written_out(equation.expression)
        return expression.xreplace(replaced) if replaced else expression

    def condense(self, keep: Iterable[str]) -> OrderedNetwork:
        """Return the same network with fewer nodes; the other variables become named intermediates."""
        kept = frozenset(keep)
        unknown = kept - {e.target.name for e in self.equations}
        if unknown:
            raise NetworkError(f"cell {self.name!r} computes no {', '.join(sorted(unknown))}")
        return self._keeping(kept)

    def _keeping(self, kept: frozenset[str]) -> OrderedNetwork:
        """Return a copy with other nodes; the equations were checked once, their tables are shared."""
        other = copy.copy(self)
        object.__setattr__(other, "kept", kept)
        vars(other).pop("_parents", None)
        return other

    @cached_property
    def _parents(self) -> dict[Variable, list[Variable]]:
        """What is known of the parents, which depend on the nodes that are kept."""
        return {}

    @property
    def condensed(self) -> OrderedNetwork:
        """The same network with the states and the losses as its only nodes."""
        return self.condense({*self.states, self.roles.loss})

    @cached_property
    def whole(self) -> OrderedNetwork:
        """The same network with every computed variable as a node."""
        everything = frozenset(e.target.name for e in self.equations)
        return self if self.kept == everything else self._keeping(everything)

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
        return name in self._ancestors[self.roles.loss]

    def successors(self, variable: Variable) -> list[Variable]:
        """Return the nodes on the way to the loss that a signal enters, at its own step and at the next."""
        found = [
            equation.target.at(variable.time + (STEP - parent.time))
            for equation in self.step
            if equation.target.name in self.kept and self.matters(equation.target.name)
            for parent in self.parents(equation.target)
            if parent.name == variable.name
        ]
        return sorted(found, key=lambda u: int(u.time - variable.time))

    def edge_is_only_path(self, source: Variable, target: Variable) -> bool:
        """Whether the one way from ``source`` to ``target`` is the edge between them."""
        parents = self.parents(target)
        return source in parents and not any(p != source and self.depends(p, source) for p in parents)

    def depends_through_state(self, variable: Variable, on: Variable) -> bool:
        """Whether some path from ``on`` to ``variable`` passes a state in between."""
        parents = self.condense({*self.states, variable.name}).parents(variable)
        return any(u != on and u.name in self.states and self.depends(u, on) for u in parents)

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
            if v.name in self.kept and v != source:
                found = sum(counts.get(parent, 0) for parent in self.parents(v))
                if found:
                    counts[v] = found
        return counts

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
