"""The gradients of parameters, collected over all steps and sequences in one product each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symrnn.derivation import ADJOINT, Sweep, adjoint
from symrnn.notation import layout, text
from symrnn.numeric.codegen.arrays import Arrays, Blocks
from symrnn.numeric.codegen.names import Names
from symrnn.numeric.codegen.plan import Map, Stack
from symrnn.numeric.codegen.statements import (
    Gathered,
    Lead,
    Let,
    OuterProduct,
    Part,
    Ref,
    Scaled,
    Sum,
    Summed,
    Value,
)
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
                    operand = self.arrays.whole(found.operand)
                    self._together(stack, found.members, list(outers), name + ADJOINT, operand)
                    waiting = {n: g for n, g in waiting.items() if n not in outers}
            biases = {v: n for v in stack.members for n, g in waiting.items() if g == adjoint(v)}
            if len(biases) == len(stack.members):
                names = list(biases.values())
                self._together(stack, stack.members, names, f"sum_of_{self.blocks.stacks[stack]}")
                waiting = {n: g for n, g in waiting.items() if n not in names}
        for name, gradient in waiting.items():
            made = self._named(name)
            self.says(name)
            self.all.do(Let(made, self.gathered(gradient)))

    def says(self, parameter: str) -> None:
        """Say what a gradient collects."""
        target, term = adjoint(Variable(parameter)), self.swept.terms[parameter]
        self.all.say(f"{text(layout(target))} = Σ_t {text(layout(term))}")

    def _named(self, parameter: str) -> str:
        """Return the name of the gradient of a parameter, which is new."""
        self.arrays.name[parameter + ADJOINT] = self.names.new(parameter + ADJOINT)
        return self.arrays.name[parameter + ADJOINT]

    def _together(
        self,
        stack: Stack,
        members: tuple[Variable, ...],
        parameters: Sequence[str],
        name: str,
        operand: Ref | None = None,
    ) -> None:
        """Collect the gradients of parameters that belong to neighbouring blocks by one product.

        ``operand`` is what their matrices multiply; biases have none.
        """
        made = self.names.new(name)
        for parameter in parameters:
            self.says(parameter)
        name = self.blocks.of(stack, members, f"{self.blocks.stacks[stack]}_part")
        part = self.arrays.memory.ref(name)
        self.all.do(Let(made, Summed(part) if operand is None else Gathered(part, operand)))
        for member, parameter in zip(members, parameters):
            entries = self.arrays.block((member,), members)
            self.all.do(Let(self._named(parameter), Part(Ref(made), entries)))

    def gathered(self, gradient: Tensor) -> Value:
        """Return the sum over steps and sequences of an expression."""
        match gradient:
            case Plus():
                return Sum(tuple(self.gathered(term) for term in gradient.args))
            case Scale(factor, inner):
                return Scaled(float(factor), self.gathered(inner))
            case Outer(left, Variable() as right) if right.rank == 1 and self.arrays.is_fixed(right):
                return OuterProduct(Summed(self.value(left)), Ref(self.arrays.name[right.name]))
            case Outer(left, right) if left.rank == right.rank == 1:
                return Gathered(self.value(left), self.value(right))
            case Outer(left, Outer(u, v)) if not left.rank:
                return Gathered(self.value(outer(left, u)), self.value(v))
        return Summed(self.value(gradient))

    def value(self, tensor: Tensor) -> Ref:
        """Return an expression at all steps, computed into an array of its own if compound."""
        if isinstance(tensor, Variable):
            return self.arrays.whole(tensor)
        width = self.arrays.width(tensor.shape)
        made = Ref(self.arrays.memory.new(self.names.new("collected"), Lead.STEPS, width))
        self.all.assign(made, tensor.shape, matrix_terms(tensor), add=False)
        return made
