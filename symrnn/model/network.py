"""Ordered networks: a list of equations, each defining one new variable from earlier ones.

A network is the graph that its equations make (``Graph``), with an identity, names and times to find its
variables by, and the roles that some of them have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy.core.expr import Expr
from sympy.core.traversal import preorder_traversal

from symrnn.model.equation import STEP, NetworkError, in_latex
from symrnn.model.letters import Letters
from symrnn.model.paths import Graph
from symrnn.model.roles import ROLES, Roles
from symrnn.tensor import Contraction, Shape, Tensor, Variable


@dataclass(frozen=True)
class OrderedNetwork(Graph):
    """A cell, unrolled; two are equal if they compute the same by the same equations and keep the same nodes.

    Attributes
    ----------
    name, equations, step, given, states, kept
        As in ``Graph``.
    steps : int
    distribution : str
        Name of the target signal whose entries sum to one, or "".
    weights : tuple of float
        Weight of each step's loss where not all are 1; else empty.
    positive : frozenset of str
        Parameters whose entries are positive.
    roles : Roles
        What input, target, logits, prediction and loss are called.
    """

    steps: int
    distribution: str = ""
    weights: tuple[float, ...] = ()
    positive: frozenset[str] = frozenset()
    roles: Roles = ROLES

    def __repr__(self) -> str:
        return f"OrderedNetwork({self.name}, {self.steps} steps, {len(self.equations)} equations)"

    def _repr_latex_(self) -> str:
        times = f"t = 1, \\dots, {self.steps}"
        return f"$$\\displaystyle {in_latex(self.step)} \\qquad {times}$$"

    def __hash__(self) -> int:
        return hash((self._identity, self.kept, self.also))

    @cached_property
    def _identity(self) -> int:
        """A number that tells networks apart, whatever nodes they keep; computed once for all of those."""
        return hash((self.name, self.equations, self.step, self.given, self.weights))

    def computes_as(self, other: OrderedNetwork) -> bool:
        """Whether another network has the same equations, whatever nodes the two keep."""
        return self is other or (self._identity, *self._told) == (other._identity, *other._told)

    @property
    def _told(self) -> tuple[Any, ...]:
        return self.name, self.equations, self.step, self.given, self.weights, self.positive

    @cached_property
    def condensed(self) -> OrderedNetwork:
        """The same network with the states and the losses as its only nodes."""
        return self.condense({*self.states, self.roles.loss})

    @cached_property
    def letters(self) -> Letters:
        """The letters that indices have in formulas of this network."""
        known = (*self.given, *self.order)
        return Letters.beside({v.name for v in known} | {axis for v in known for axis in v.shape})

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

    @property
    def chain(self) -> bool:
        """Whether there is one state, a vector: its Jacobians multiply, and telescope."""
        return len(self.states) == 1 and self[self.states[0], 0].rank == 1

    @property
    def shows_its_state(self) -> bool:
        """Whether the loss of a step reads a state of the same step."""
        return any(v.name in self.states and v.time == STEP for v in self.condensed.parents(self.loss(STEP)))

    @property
    def remembers(self) -> bool:
        """Whether the loss of a step depends on a state of the step before."""
        loss = self.loss(STEP)
        return any(self.whole.depends(loss, self[state, STEP - 1]) for state in self.states)

    def reaching(self, loss: Variable) -> list[Variable]:
        """Return the parameters that reach the loss of a step through a state, in order."""
        states = [self[state, 1] for state in self.states]
        given = [v for v in self.given if v.time is None]
        users = [v for v in given if any(v in self.condensed.parents(state) for state in states)]
        return [v for v in users if self.condensed.path_counts(v).get(loss)]

    @property
    def recurrent_matrices(self) -> list[str]:
        """Names of the matrices that multiply what comes from the step before, in order."""
        given = {v for v in self.given if v.time is None and v.rank == 2}
        nodes = (node for e in self.step for node in preorder_traversal(e.expression))
        products = (node.factors for node in nodes if isinstance(node, Contraction))
        found = [
            m.name
            for m, *v in products
            if m in given and STEP - 1 in {u.time for f in v for u in f.variables()}
        ]
        return list(dict.fromkeys(found))

    def __getitem__(self, key: str | tuple[str, Any]) -> Variable:
        """``network["W"]``, ``network["s", 3]``, ``network["s", k - 1]``: a variable by name and time."""
        pair = key if isinstance(key, tuple) else (key, None)
        if len(pair) != 2 or not isinstance(pair[0], str) or isinstance(pair[1], slice | list | dict | set):
            raise NetworkError(
                f"{key!r:.80} names no variable of {self.name}; accepted: a name, or a name and a step, such"
                f" as network['s', {self.steps}]"
            )
        variable = self._find(*pair)
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

    def has(self, name: str) -> bool:
        """Whether there is a variable of this name."""
        return name in self._known

    def shape(self, name: str) -> Shape:
        """Shape of a variable by name."""
        return next(iter(self._known[name].values())).shape

    def _find(self, name: str, time: Any) -> Variable:
        if name not in self._known:
            raise NetworkError(
                f"cell {self.name!r} has no signal {name!r}; accepted: {', '.join(self._known)}"
            )
        at = self._known[name]
        if time in at:
            return at[time]
        if time is None:
            raise NetworkError(f"{name} needs a time; accepted: one such as {name}[{self.steps}]")
        some = next(iter(at.values()))
        if isinstance(time, Expr) and not time.is_Integer and some.time is not None:
            return some.at(time)
        times = sorted(int(t) for t in at if t is not None)
        said = f"the steps {times[0]} to {times[-1]}" if times[1:] else f"step {times[0]}" if times else ""
        raise NetworkError(
            f"{name} has no value at step {time}; accepted: {said or f'{name} without a step'}"
        )

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

    def named(self, expression: Tensor) -> Variable | None:
        """Return the variable that is defined as exactly this expression."""
        for template in self.step:
            if isinstance(expression, template.expression.func):
                for time in {v.time for v in expression.variables() if v.time is not None}:
                    equation = template.at(time)
                    if equation.expression == expression:
                        return equation.target
        return None
