"""The generated functions of a cell: their statements, and what goes into them and comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from symrnn.derivation import ADJOINT, Sweep
from symrnn.model import WEIGHT, Cell
from symrnn.numeric.codegen.adjoints import BackwardPlan, backward_plan, gradient_terms, is_adjoint
from symrnn.numeric.codegen.arrays import Arrays, Memory
from symrnn.numeric.codegen.backward import Backward
from symrnn.numeric.codegen.forward import Forward
from symrnn.numeric.codegen.names import Names, start
from symrnn.numeric.codegen.plan import ForwardPlan
from symrnn.numeric.codegen.rows import Signal, computed, named_signals
from symrnn.numeric.codegen.statements import Like, New, Ref, Rows, Size, Statement, Value, View
from symrnn.tensor import Shape

WEIGHTS = "weights"  # the argument of the backward pass


@dataclass(frozen=True)
class Signature:
    """What goes into the generated functions of a cell and comes out, in order.

    Attributes
    ----------
    cell : Cell
    shapes : mapping of name to shape
        Of everything that goes in or out.
    local : mapping of name to name
        What parameters, given signals and initial states (``h0``) are called in the code: the same, unless
        that name means something there.
    sizes : mapping of axis to name
        What the length of each axis is called.
    given : tuple of str
        Signals from outside that the forward pass reads: the input, the target.
    results : tuple of str
        Signals that the forward pass returns, the loss first.
    reads : tuple of str
        Of the given signals: what the backward pass reads, and the input.
    adjoints : tuple of str
        Signals whose adjoints the backward pass returns behind the gradients.
    """

    cell: Cell
    shapes: Mapping[str, Shape]
    local: Mapping[str, str]
    sizes: Mapping[str, str]
    given: tuple[str, ...]
    results: tuple[str, ...]
    reads: tuple[str, ...]
    adjoints: tuple[str, ...]

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The initial states, such as ``h0``."""
        return tuple(map(start, self.cell.states))

    @cached_property
    def gradients(self) -> tuple[str, ...]:
        """What the backward pass returns first: by parameters, by initial states, then by the input."""
        return (*self.cell.parameters, *self.starts, self.cell.roles.input)

    @cached_property
    def input(self) -> str:
        """What the input is called in the code."""
        return self.local[self.cell.roles.input]

    @cached_property
    def forward(self) -> tuple[str, ...]:
        """Arguments of the forward pass, in order."""
        named = (*self.given, *self.starts, *self.cell.parameters)
        return (*(self.local[name] for name in named), "memory")

    @cached_property
    def backward(self) -> tuple[str, ...]:
        """Arguments of the backward pass, in order."""
        return (WEIGHTS, *(self.local[name] for name in (*self.reads, *self.cell.parameters)), "memory")

    def size(self, axis: str) -> Size:
        """Where the length of an axis is read."""
        for name, shape in self.cell.parameters.items():
            if axis in shape:
                return Size(name, shape.index(axis))
        for state in self.cell.states:
            if axis in self.cell.signals[state]:
                return Size(start(state), -1)
        return Size(self.cell.roles.input, -1)


@dataclass(frozen=True)
class Function:
    """The statements of a function, and what it returns."""

    statements: tuple[Statement, ...]
    returns: tuple[Value, ...]


@dataclass(frozen=True)
class Generated:
    """The generated functions of a cell.

    Attributes
    ----------
    signature : Signature
    arrays : mapping of name to New or View
        How the arrays are made that the functions fill.
    rows : mapping of name to name
        Arrays whose rows a loop visits, and what the rows are called.
    states : mapping of str to str
        Arrays that hold the states, the initial one in row 0.
    forward, backward : Function
    """

    signature: Signature
    arrays: Mapping[str, New | View]
    rows: Mapping[str, str]
    states: Mapping[str, str]
    forward: Function
    backward: Function


def generate(cell: Cell, swept: Sweep, every_signal: bool = False) -> Generated:
    """Return the generated functions of a cell.

    Parameters
    ----------
    cell : Cell
    swept : Sweep
        Its derived backward sweep, with weights and without the assumption that targets add up to one.
    every_signal : bool
        Whether they return all signals and all adjoints of the sweep, and not only those that the gradients
        are computed from. Nothing is overwritten then.

    Raises
    ------
    CompileError
        If an equation has no row form.
    """
    signals = named_signals(cell.step, cell.states)
    gradients = gradient_terms(swept, signals)
    asked = frozenset(v.name for g in gradients.values() for v in g.variables() if is_adjoint(v))
    if every_signal:
        asked |= {e.target.name + ADJOINT for e in cell.step}
    adjoints = backward_plan(swept, signals, asked)
    terms = (*gradients.values(), *swept.terms.values())
    used = adjoints.uses | {v.name for term in terms for v in term.variables()}
    if every_signal:
        used |= {equation.target.name for equation in cell.step}
    names, signals = Names(), computed(signals)
    signature = _signature(cell, signals, adjoints, used, names)
    memory = Memory(outside=(*signature.local.values(), WEIGHTS))

    plan = ForwardPlan(tuple(signals), cell.states, frozenset((*used, *signature.results)))
    arrays = Arrays(cell.states, signature.sizes, memory, dict(signature.local))
    ahead = Forward(plan, arrays, names)
    statements = ahead.write()
    results = {name: arrays.name[name] for name in signature.results}
    forward = Function(statements, tuple(map(Ref, results.values())))

    names = Names((*signature.local.values(), *memory.made, *memory.rows.values(), *signature.sizes.values()))
    known = {**signature.local, **results, WEIGHT: WEIGHTS}
    arrays = Arrays(cell.states, signature.sizes, memory, known, arrays.fixed)
    stacks = {stack: {m: names.new(ahead.maps[m]) for m in stack.maps} for stack in plan.stacks}
    back = Backward(adjoints, gradients, stacks, arrays, names, swept)
    backward = Function(back.write(), tuple(_returned(signature, back)))
    states = {state: results[state] for state in cell.states}
    return Generated(signature, memory.made, memory.rows, states, forward, backward)


def _signature(
    cell: Cell, signals: Sequence[Signal], adjoints: BackwardPlan, used: frozenset[str], names: Names
) -> Signature:
    """Decide what goes in and comes out; ``used`` holds the names that the way back reads."""
    roles, defined = cell.roles, {s.name for s in signals}
    read = {v.name for s in signals for v in s.uses}
    shapes = {**cell.parameters, roles.input: cell.input_shape, **cell.signals}
    given = tuple(n for n in cell.signals if n in read and n not in defined)
    given = given if roles.input in given else (roles.input, *given)
    kept = (s.name for s in signals if s.name in used and s.name not in (*cell.states, roles.loss))
    named = (*cell.parameters, *given, *map(start, cell.states))
    axes = dict.fromkeys(a for s in (*cell.parameters.values(), *cell.signals.values()) for a in s)
    return Signature(
        cell,
        shapes | {s.name: s.variable.shape for s in signals},
        {name: names.new(name) for name in named},
        {axis: names.new(axis) for axis in axes},
        given,
        (roles.loss, *cell.states, *kept),
        tuple(n for n in given if n in used or n == roles.input),
        tuple(a.of for a in adjoints.adjoints if a.name in adjoints.asked),
    )


def _returned(signature: Signature, back: Backward) -> Iterator[Value]:
    """Yield gradients and adjoints where the backward pass left them; what nothing depends on is zero."""
    found = {name: Ref(array) for name, array in back.arrays.name.items()}
    for parameter in signature.cell.parameters:
        yield found.get(parameter + ADJOINT, Like(found[parameter], zeros=True))
    for state in signature.cell.states:
        first = Ref(back.arrays.name[state], Rows.FIRST)
        yield back.carried.get(state, Like(first, zeros=True))
    x = signature.cell.roles.input
    yield found.get(x + ADJOINT, Like(found[x], zeros=True))
    for name in signature.adjoints:
        yield found[name + ADJOINT]
