"""The gradients of parameters, collected over all steps and sequences in one product each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symrnn.derivation import ADJOINT, Sweep, adjoint
from symrnn.numeric.codegen.arrays import Arrays, Blocks, block, shown
from symrnn.numeric.codegen.names import Names
from symrnn.numeric.codegen.plan import Map, Stack
from symrnn.numeric.codegen.terms import matrix_terms
from symrnn.numeric.codegen.writer import Writer
from symrnn.tensor import Outer, Plus, Scale, Tensor, Variable, outer


@dataclass(frozen=True)
class Collector:
    """Writes the statements behind the loop; ``arrays`` says afterwards where the gradients are."""

    all: Writer
    blocks: Blocks
    arrays: Arrays
    names: Names
    swept: Sweep

    def write(self, gradients: Mapping[str, Tensor], stacks: Mapping[Stack, Mapping[Map, str]]) -> None:
        """Write the statements.

        Parameters
        ----------
        gradients : mapping of parameter to Tensor
            What one step adds to each, in row form.
        stacks : mapping of Stack to its maps and their names
            Adjoints that share an array.
        """
        waiting = dict(gradients)
        for stack, maps in stacks.items():
            for found, name in maps.items():
                outers = {
                    m.name: Outer(adjoint(v), found.operand) for v, m in zip(found.members, found.matrices)
                }
                if all(waiting.get(n) == product for n, product in outers.items()):
                    words = f"gathered({{}}, {self.whole(found.operand)})"
                    self._together(stack, found.members, list(outers), f"{name}_bar", words)
                    waiting = {n: g for n, g in waiting.items() if n not in outers}
            biases = {v: n for v in stack.members for n, g in waiting.items() if g == adjoint(v)}
            if len(biases) == len(stack.members):
                names = list(biases.values())
                self._together(
                    stack, stack.members, names, f"sum_of_{self.blocks.stacks[stack]}", "summed({})"
                )
                waiting = {n: g for n, g in waiting.items() if n not in names}
        for name, gradient in waiting.items():
            self.arrays.name[name + ADJOINT] = self.names.new(name + ADJOINT)
            self.collects(name)
            words = self.gathered(gradient)
            self.all.do(f"{self.arrays.name[name + ADJOINT]} = {words}")

    def collects(self, parameter: str) -> None:
        """Say what a gradient collects."""
        target = adjoint(Variable(parameter))
        self.all.say(shown(target, self.swept.terms[parameter]).replace(" = ", " = Σ_t ", 1))

    def _together(
        self, stack: Stack, members: tuple[Variable, ...], parameters: list[str], name: str, words: str
    ) -> None:
        """Collect the gradients of parameters that belong to neighbouring blocks by one product."""
        made = self.names.new(name)
        for parameter in parameters:
            self.collects(parameter)
        array = self.blocks.of(stack, members, f"{self.blocks.stacks[stack]}_part")
        self.all.do(f"{made} = {words.format(self.all.contiguous(array))}")
        for member, parameter in zip(members, parameters):
            self.arrays.name[parameter + ADJOINT] = self.names.new(parameter + ADJOINT)
            rows = block((member,), members, self.arrays)
            self.all.do(f"{self.arrays.name[parameter + ADJOINT]} = {made}[{rows}]")

    def gathered(self, gradient: Tensor) -> str:
        """Return the sum over steps and sequences of an expression, as text."""
        match gradient:
            case Plus():
                return " + ".join(self.gathered(term) for term in gradient.args)
            case Scale(factor, inner):
                return f"{float(factor)} * ({self.gathered(inner)})"
            case Outer(left, Variable() as right) if right.rank == 1 and self.is_fixed(right):
                return f"np.outer(summed({self.value(left)}), {self.arrays.name[right.name]})"
            case Outer(left, right) if left.rank == right.rank == 1:
                return f"gathered({self.value(left)}, {self.value(right)})"
            case Outer(left, Outer(u, v)) if not left.rank:
                return f"gathered({self.value(outer(left, u))}, {self.value(v)})"
        return f"summed({self.value(gradient)})"

    def is_fixed(self, v: Variable) -> bool:
        """Whether a variable is one vector for all steps and sequences."""
        return v.time is None or v.name in self.arrays.fixed

    def whole(self, v: Variable) -> str:
        """Return the text of a variable at all steps, as an array whose rows can be taken together."""
        return self.all.contiguous(self.arrays.whole(v))

    def value(self, tensor: Tensor) -> str:
        """Return the name of an expression at all steps, computed into an array of its own if compound."""
        if isinstance(tensor, Variable):
            return self.whole(tensor)
        name = self.arrays.memory.new(self.names.new("collected"), self.arrays.shape(tensor.shape))
        self.all.assign(name, tensor.shape, matrix_terms(tensor), add=False)
        return name
