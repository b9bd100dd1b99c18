"""Which array holds which signal, and how its rows and blocks are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symrnn.model import STEP
from symrnn.notation import layout, text
from symrnn.numeric.codegen.names import Memory, Names
from symrnn.numeric.codegen.plan import Map, Stack
from symrnn.tensor import Shape, Tensor, Variable

CACHED = 2**15  # numbers, in 256 kB


def shown(target: Variable, expression: Tensor) -> str:
    """Return an equation in plain text."""
    return f"{text(layout(target))} = {text(layout(expression))}"


@dataclass
class Arrays:
    """The arrays of one function.

    Attributes
    ----------
    states : tuple of str
        Their arrays have one more row: row 0 is the initial state.
    sizes : mapping of axis to text
    memory : Memory
        Arrays that the function fills.
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

    @property
    def length(self) -> str:
        """Number of steps whose values fit into a cache of 256 kB, as text."""
        return f"max(1, {CACHED} // (B * {next(iter(self.sizes.values()))}))"

    def size(self, shape: Shape) -> str:
        """Length of the last axis, as text."""
        return self.sizes[shape[-1]] if shape else "1"

    def shape(self, shape: Shape) -> str:
        """Shape of an array over all steps, as text."""
        return f"(T, B, {self.size(shape)})"

    def make(self, v: Variable) -> str:
        """Enter an array over all steps for a signal; returns its name."""
        rows = "T + 1" if v.name in self.states else "T"
        return self.memory.new(self.name[v.name], f"({rows}, B, {self.size(v.shape)})")

    def whole(self, v: Variable) -> str:
        """Text of a variable at all steps."""
        array = self.name[v.name]
        if v.name not in self.states:
            return array
        return f"{array}[1:]" if v.time == STEP else f"{array}[:-1]"

    def part(self, v: Variable) -> str:
        """Text of a variable at the steps from ``first`` to ``last``."""
        array = self.name[v.name]
        if v.time is None or v.name in self.fixed:
            return array
        shift = v.name in self.states and v.time == STEP
        return f"{array}[first + 1:last + 1]" if shift else f"{array}[first:last]"

    def row(self, v: Variable) -> tuple[str, str, str]:
        """Local name, array and row of a variable inside the loop."""
        array = self.name[v.name]
        if v.time is None or v.name in self.fixed:
            return array, array, ""
        if v.name not in self.states:
            return f"{array}_t", array, "t"
        return (f"{array}_t", array, "t + 1") if v.time == STEP else (f"{array}_before", array, "t")


def columns(members: Sequence[Variable], arrays: Arrays) -> str:
    """Return the number of columns that members take together, as text."""
    counts: dict[str, int] = {}
    for member in members:
        size = arrays.size(member.shape)
        counts[size] = counts.get(size, 0) + 1
    return " + ".join(size if n == 1 else f"{n} * {size}" for size, n in counts.items()) or "0"


def block(run: Sequence[Variable], members: Sequence[Variable], arrays: Arrays) -> str:
    """Return the columns of members that stand side by side, as a slice."""
    first = list(members).index(run[0])
    start, stop = (columns(members[:n], arrays) for n in (first, first + len(run)))
    return f"{'' if first == 0 else start}:{'' if first + len(run) == len(members) else stop}"


def map_name(found: Map, names: Names) -> str:
    """Return a name for matrices over one another: W_h for W_i, W_f, … that multiply h."""
    stems = {matrix.name.split("_")[0] for matrix in found.matrices}
    stem = stems.pop() if len(stems) == 1 else "M"
    return names.new(f"{stem}_{found.operand.name}")


def over_one_another(parts: Iterable[str]) -> str:
    """Return the text that joins arrays along their first axis."""
    return f"np.concatenate(({', '.join(parts)}))"


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
            self.made[array, run] = self.names.new(wanted)
            self.enter(stack, run)
        return self.made[array, run]

    def enter(self, stack: Stack, run: tuple[Variable, ...]) -> None:
        """Make the view whose name was decided."""
        name, array = self.made[self.stacks[stack], run], self.stacks[stack]
        self.arrays.memory.view(name, f"{array}[:, :, {block(run, stack.members, self.arrays)}]")
