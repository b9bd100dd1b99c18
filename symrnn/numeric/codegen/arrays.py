"""Which array holds which signal, and how its rows and blocks are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symrnn.model import STEP
from symrnn.notation import layout, text
from symrnn.numeric.codegen.names import Names
from symrnn.numeric.codegen.plan import Map, Stack
from symrnn.numeric.codegen.slopes import Complement
from symrnn.numeric.codegen.statements import Columns, Lead, New, Ref, Rows, View, Width
from symrnn.tensor import Ones, Shape, Tensor, Variable, plus, replace_node, scale


def shown(target: Variable, expression: Tensor) -> str:
    """Return an equation in plain text, as the cell has it."""
    for node in expression.atoms(Complement):
        expression = replace_node(expression, node, plus((Ones(node.shape), scale(-1, node.value))))
    return f"{text(layout(target))} = {text(layout(expression))}"


class Memory:
    """Arrays that a function fills: made once, used again for every call with the same sizes.

    Attributes
    ----------
    made : dict of name to New or View
        How each array is made.
    rows : dict of name to name
        Arrays whose rows a loop visits, and what the rows are called.
    outside : set of str
        Arrays that a function is given: they have no list of rows.
    """

    def __init__(self, outside: Iterable[str]) -> None:
        self.made: dict[str, New | View] = {}
        self.rows: dict[str, str] = {}
        self.outside = set(outside)

    def new(self, name: str, lead: Lead, width: Width) -> str:
        """Enter an array; returns its name."""
        self.made[name] = New(lead, width)
        return name

    def ref(self, name: str, rows: Rows = Rows.ALL) -> Ref:
        """Return rows of an array."""
        return Ref(name, rows, isinstance(self.made.get(name), View))


@dataclass
class Arrays:
    """The arrays of one function.

    Attributes
    ----------
    states : tuple of str
        Their arrays have one more row: row 0 is the initial state.
    sizes : mapping of axis to name
        What the length of each axis is called.
    memory : Memory
        Arrays that the functions fill.
    name : dict of str to str
        Array of each signal or parameter.
    fixed : set of str
        Signals without a time axis: they depend on parameters alone.
    """

    states: tuple[str, ...]
    sizes: Mapping[str, str]
    memory: Memory
    name: dict[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)

    def width(self, *shapes: Shape) -> Width:
        """Length of the last axes of some shapes together."""
        counts: dict[str, int] = {}
        for shape in shapes:
            size = self.sizes[shape[-1]] if shape else ""
            counts[size] = counts.get(size, 0) + 1
        return Width(tuple(counts.items()))

    def columns(self, members: Iterable[Variable]) -> Width:
        """Return the number of columns that members take together."""
        return self.width(*(member.shape for member in members))

    def block(self, run: Sequence[Variable], members: Sequence[Variable]) -> Columns:
        """Return the columns of members that stand side by side."""
        start = list(members).index(run[0])
        stop = start + len(run)
        return Columns(
            self.columns(members[:start]) if start else None,
            self.columns(members[:stop]) if stop < len(members) else None,
        )

    def make(self, v: Variable) -> str:
        """Enter an array over all steps for a signal; returns its name."""
        lead = Lead.STATES if v.name in self.states else Lead.STEPS
        return self.memory.new(self.name[v.name], lead, self.width(v.shape))

    def whole(self, v: Variable) -> Ref:
        """Return a variable at all steps."""
        rows = Rows.ALL
        if v.name in self.states:
            rows = Rows.AFTER if v.time == STEP else Rows.BEFORE
        return self.memory.ref(self.name[v.name], rows)

    def part(self, v: Variable) -> Ref:
        """Return a variable at the steps of a block."""
        rows = Rows.BLOCK_AFTER if v.name in self.states and v.time == STEP else Rows.BLOCK
        return self.memory.ref(self.name[v.name], Rows.ALL if self.is_fixed(v) else rows)

    def row(self, v: Variable) -> tuple[str, str, Rows]:
        """Local name, array and row of a variable inside the loop; all rows where it has no time."""
        array = self.name[v.name]
        if self.is_fixed(v):
            return array, array, Rows.ALL
        if v.name not in self.states:
            return f"{array}_t", array, Rows.HERE
        return (f"{array}_t", array, Rows.NEXT) if v.time == STEP else (f"{array}_before", array, Rows.HERE)

    def is_fixed(self, v: Variable) -> bool:
        """Whether a variable is one vector for all steps and sequences."""
        return v.time is None or v.name in self.fixed


def map_name(found: Map, names: Names) -> str:
    """Return a name for matrices over one another: W_h for W_i, W_f, … that multiply h."""
    stems = {matrix.name.split("_")[0] for matrix in found.matrices}
    stem = stems.pop() if len(stems) == 1 else "M"
    return names.new(f"{stem}_{found.operand.name}")


class Blocks:
    """Views of neighbouring blocks of stacks, each made once."""

    def __init__(self, stacks: Mapping[Stack, str], arrays: Arrays, names: Names) -> None:
        self.stacks, self.arrays, self.names = stacks, arrays, names
        self.made: dict[tuple[str, tuple[Variable, ...]], str] = {}

    def of(self, stack: Stack, run: tuple[Variable, ...], wanted: str) -> str:
        """Return the name of the array with these blocks."""
        array = self.stacks[stack]
        if run == stack.members:
            return array
        if (array, run) not in self.made:
            self.enter(stack, run, self.names.new(wanted))
        return self.made[array, run]

    def enter(self, stack: Stack, run: tuple[Variable, ...], name: str) -> None:
        """Make a view under a name."""
        array = self.stacks[stack]
        self.made[array, run] = name
        self.arrays.memory.made[name] = View(array, self.arrays.block(run, stack.members))
