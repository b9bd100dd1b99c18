"""What a symbol of a cell is, by its place in the equations and never by its spelling.

A parameter is known by what it multiplies or is added to, and by where that leads within the step: output
weights reach the logits and no state. A signal is known by what computes it and what it enters: a gate is a
number between 0 and 1 that something is multiplied by, a pre-activation stands inside a function only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from symrnn.model.cell import Cell
from symrnn.model.equation import STEP
from symrnn.tensor import TABLE, Apply, Contraction, Hadamard, Outer, Plus, Scale, Tensor, Variable

Part = Literal[
    "input",
    "target",
    "scores",
    "outputs",
    "probabilities",
    "error",
    "state",
    "gate",
    "candidate",
    "pre_activation",
    "signal",
    "output_weights",
    "recurrent_weights",
    "input_weights",
    "peephole_weights",
    "weights",
    "output_bias",
    "bias",
    "parameter",
]


def part_of(cell: Cell, name: str) -> Part:
    """Return what a signal or a parameter of a cell is.

    Examples
    --------
    >>> cell = Cell.load("lstm-peephole")
    >>> [part_of(cell, name) for name in ("U_i", "W_i", "p_i", "b_i", "V", "c_out", "a_i", "i", "g", "c")]
    ['input_weights', 'recurrent_weights', 'peephole_weights', 'bias', 'output_weights', 'output_bias',
     'pre_activation', 'gate', 'candidate', 'state']
    """
    places = _Places(cell)
    return places.parameter(name) if name in cell.parameters else places.signal(name)


class _Places:
    """Where the symbols of a cell stand, and where they lead within a step."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.roles = cell, cell.roles
        self.by_name = {equation.target.name: equation.expression for equation in cell.step}
        needed = {self.roles.logits, *cell.states}
        for name, e in reversed(self.by_name.items()):
            if name in needed:
                needed |= {v.name for v in e.variables()}
        self.within = {name: e for name, e in self.by_name.items() if name in needed}  # without the loss
        self.nodes = [node for e in self.within.values() for node in _nodes(e)]
        outputs, alias = {self.roles.logits}, self.by_name[self.roles.logits]
        while isinstance(alias, Variable) and alias.time == STEP and alias.name in self.by_name:
            outputs.add(alias.name)
            alias = self.by_name[alias.name]
        self.outputs = outputs  # the logits, and what they only copy

    def signal(self, name: str) -> Part:
        """Return what a signal is."""
        cell, roles = self.cell, self.roles
        fixed: dict[str, Part] = {
            roles.input: "input",
            roles.target: "target",
            roles.logits: "scores" if roles.prediction in self.by_name else "outputs",
            roles.prediction: "probabilities",
        }
        if name in fixed:
            return fixed[name]
        if name in cell.states:
            return "state"
        expression = self.by_name[name]
        if name not in self.within:
            return "error" if roles.target in {v.name for v in expression.variables()} else "signal"
        if self.is_gate(name):
            return "gate"
        if self.is_inside_functions(name):
            return "pre_activation"
        return "candidate" if self.is_candidate(name) else "signal"

    def is_gate(self, name: str) -> bool:
        """Whether a signal lies between 0 and 1 by its own equation, and something is multiplied by it."""
        e = self.by_name[name]
        return _is_fraction(e) and any(name in _open(side) for sides in self.products() for side in sides)

    def is_candidate(self, name: str) -> bool:
        """Whether a signal is a function of something, and a gate says how much of it comes in."""
        if not isinstance(self.by_name[name], Apply):
            return False
        for left, right in self.products():
            for own, other in ((left, right), (right, left)):
                gates = [n for n in _open(other) if n in self.by_name and _is_fraction(self.by_name[n])]
                if name in _open(own) and gates:
                    return True
        return False

    def is_inside_functions(self, name: str) -> bool:
        """Whether a signal that is a sum or a product stands nowhere but as the argument of a function."""
        if isinstance(self.by_name[name], Apply):
            return False
        v = Variable(name, self.cell.signals[name], STEP)
        every = sum(_count(e, v) for e in self.within.values())
        inside = sum(node.argument == v for node in self.nodes if isinstance(node, Apply))
        return 0 < inside == every

    def products(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield both sides of every product entry by entry."""
        return ((node.left, node.right) for node in self.nodes if isinstance(node, Hadamard))

    def parameter(self, name: str) -> Part:
        """Return what a parameter is."""
        parameter = Variable(name, self.cell.parameters[name])
        factors = [other for node in self.nodes for other in _beside(node, parameter)]
        output = self.is_of_output(parameter)
        if factors:
            if output:
                return "output_weights"
            carried = set[Variable]().union(*(self.carried(factor) for factor in factors))
            if parameter.rank == 1 and self.feeds_gate(parameter) and any(v in self.memory for v in carried):
                return "peephole_weights"
            if any(v.time == STEP - 1 for v in carried):
                return "recurrent_weights"
            return "input_weights" if carried and all(map(self.comes_in, carried)) else "weights"
        if any(isinstance(node, Plus) and parameter in _terms(node) for node in self.nodes):
            return "output_bias" if output else "bias"
        return "parameter"

    def is_of_output(self, parameter: Variable) -> bool:
        """Whether the logits depend on a parameter within the step, and no state does.

        Where the logits are a state, as in a Jordan network, its own equation is that of the logits.
        """
        own = [e for name, e in self.within.items() if name in self.outputs]
        if any(name in self.cell.states for name in self.outputs):
            return any(parameter in e.variables() for e in own)
        reached = self.reached(parameter)
        return self.roles.logits in reached and not reached & set(self.cell.states)

    def reached(self, v: Variable) -> set[str]:
        """Return the names of what depends on a variable within the step."""
        found = {name for name, e in self.within.items() if v in e.variables()}
        for name, e in self.within.items():  # in the order of computation
            if any(u.time == STEP and u.name in found for u in e.variables()):
                found.add(name)
        return found

    def carried(self, tensor: Tensor) -> set[Variable]:
        """Return what a factor brings along: through sums and products entry by entry, gates left out."""
        found = set[Variable]()
        for v in _open_variables(tensor):
            e = self.within.get(v.name) if v.time == STEP and v.name not in self.cell.states else None
            opens = isinstance(e, Hadamard | Plus | Scale | Variable)
            found |= self.carried(e) if opens and e is not None else {v}
        brought = {v for v in found if v.time is not None and not self.is_gate_at(v)}
        return brought or found

    def is_gate_at(self, v: Variable) -> bool:
        """Whether a variable is a gate of this step: it says how much comes through, not what."""
        computed = v.time == STEP and v.name in self.within and v.name not in self.cell.states
        return computed and self.is_gate(v.name)

    @property
    def memory(self) -> set[Variable]:
        """The states that no matrix multiplies within a step: what a peephole looks at."""
        multiplied = {
            u
            for node in self.nodes
            if isinstance(node, Contraction) and node.factors[0].rank == 2
            for u in node.factors[-1].variables()
        }
        seen = {
            Variable(s, self.cell.signals[s], time) for s in self.cell.states for time in (STEP, STEP - 1)
        }
        return seen - multiplied

    def feeds_gate(self, parameter: Variable) -> bool:
        """Whether a parameter stands in what a gate is a function of."""
        for name, e in self.within.items():
            if name not in self.cell.states and self.is_gate(name):
                inside = {parameter} & e.variables()
                direct = (self.by_name[v.name] for v in e.variables() if v.name in self.within)
                if inside or any(parameter in d.variables() for d in direct):
                    return True
        return False

    def comes_in(self, v: Variable) -> bool:
        """Whether a variable is the input of the network, or of a layer: a state of the same step."""
        return v.name == self.roles.input or (v.time == STEP and v.name in self.cell.states)


def _nodes(tensor: Tensor) -> Iterator[Tensor]:
    yield tensor
    for part in tensor.args:
        if isinstance(part, Tensor):
            yield from _nodes(part)


def _count(tensor: Tensor, v: Variable) -> int:
    return sum(node == v for node in _nodes(tensor))


def _is_fraction(tensor: Tensor) -> bool:
    """Whether a signal is a function whose values lie between 0 and 1."""
    return isinstance(tensor, Apply) and TABLE[tensor.function].fraction


def _open_variables(tensor: Tensor) -> set[Variable]:
    """Return the variables of a sum or a product entry by entry, without those inside other nodes."""
    match tensor:
        case Variable():
            return {tensor}
        case Plus() | Hadamard() | Outer():
            return set[Variable]().union(*(_open_variables(part) for part in tensor.args))
        case Scale():
            return _open_variables(tensor.args[1])
    return set()


def _open(tensor: Tensor) -> set[str]:
    """Return the names of the variables of this step in a sum or a product entry by entry."""
    return {v.name for v in _open_variables(tensor) if v.time == STEP}


def _terms(node: Plus) -> list[Tensor]:
    """Return the terms of a sum, without the numbers in front of them."""
    return [term.args[1] if isinstance(term, Scale) else term for term in node.args]


def _beside(node: Tensor, parameter: Variable) -> Iterator[Tensor]:
    """Yield what a parameter multiplies in a node."""
    match node:
        case Contraction(factors=(first, *rest)):
            if first == parameter:
                yield rest[-1]
            elif rest[-1] == parameter and first.rank == 1:
                yield first
        case Hadamard(left, right) | Outer(left, right):
            if left == parameter:
                yield right
            if right == parameter:
                yield left
