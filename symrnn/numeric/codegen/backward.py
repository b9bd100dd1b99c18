"""The backward sweep as statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symrnn.derivation import Sweep, adjoint
from symrnn.model import STEP
from symrnn.notation import layout, text
from symrnn.numeric.codegen.adjoints import Adjoint, BackwardPlan, is_adjoint, signal_of
from symrnn.numeric.codegen.arrays import Arrays, Blocks, shown
from symrnn.numeric.codegen.collect import Collector
from symrnn.numeric.codegen.names import Names
from symrnn.numeric.codegen.plan import Map, Stack
from symrnn.numeric.codegen.rows import varies
from symrnn.numeric.codegen.statements import (
    BlockLoop,
    Joined,
    Lead,
    Let,
    Like,
    Order,
    Ref,
    Rows,
    Statement,
    Zeros,
)
from symrnn.numeric.codegen.terms import Term, matrix_terms, product_of_factors, sum_of, terms_of
from symrnn.numeric.codegen.writer import BlockWriter, StepWriter, Writer
from symrnn.tensor import Contraction, Tensor, Variable


class Backward:
    """Writes the statements of the backward sweep.

    Parameters
    ----------
    plan : BackwardPlan
    gradients : mapping of parameter to Tensor
        What one step adds to each.
    stacks : mapping of Stack to its maps and their names
        As the forward pass arranged them.
    arrays : Arrays
        Of what the forward pass left; the adjoints are entered here.
    names : Names
    swept : Sweep
        For the equations beside the statements.
    """

    def __init__(
        self,
        plan: BackwardPlan,
        gradients: Mapping[str, Tensor],
        stacks: Mapping[Stack, Mapping[Map, str]],
        arrays: Arrays,
        names: Names,
        swept: Sweep,
    ) -> None:
        self.plan, self.gradients, self.arrays, self.names, self.swept = plan, gradients, arrays, names, swept
        self.in_loop = {a.name for a in plan.of_phase("loop")}
        self.maps = {s: maps for s, maps in stacks.items()
                     if all(adjoint(v).name in self.in_loop for v in s.members)}  # fmt: skip
        self.stacked = {adjoint(v) for stack in self.maps for v in stack.members}
        self.stacks = {stack: names.new("gates_bar") for stack in self.maps}
        self.blocks = Blocks(self.stacks, arrays, names)
        self.all = Writer(names, arrays.memory, arrays.whole, arrays.width)
        self.part = BlockWriter(names, arrays.memory, arrays.part, arrays.width)
        self.loop = StepWriter(names, arrays.memory, self.row, arrays.width)
        self.buffers: set[str] = set()
        self.hoisted: dict[Tensor, Variable] = {}
        self.joined: set[str] = set()
        self.carried: dict[str, Ref] = {}

    def row(self, v: Variable) -> tuple[str, str, Rows]:
        """Local name, array and row of a variable inside the loop."""
        if v.name in self.buffers:
            return self.arrays.name[v.name], self.arrays.name[v.name], Rows.ALL
        return self.arrays.row(v)

    def write(self) -> tuple[Statement, ...]:
        """Return the statements; ``arrays`` and ``carried`` say afterwards where the gradients are."""
        self.place()
        for a in self.plan.of_phase("before"):
            self.all_steps(a)
        loop = self.plan.of_phase("loop")
        for a in loop:
            self.prepare(a)
        for a in loop:
            self.one(a)
        for a in loop:
            self.carry(a)
        self.all.do(*(self.walk() if loop else ()))
        for a in self.plan.of_phase("after"):
            self.all_steps(a)
        Collector(self.all, self.blocks, self.arrays, self.names, self.swept).write(self.gradients, self.maps)
        joined = [
            Let(name, Joined(tuple(Ref(self.arrays.name[m.name]) for m in found.matrices)))
            for maps in self.maps.values()
            for found, name in maps.items()
            if name in self.joined
        ]
        return (*joined, *self.all.statements)

    def walk(self) -> list[Statement]:
        """Return the loop from the last step to the first; in blocks if factors are prepared for it."""
        if not self.part.statements:
            return [*self.loop.before, self.loop.loop(Order.BACKWARD)]
        body = (*self.part.statements, self.loop.loop(Order.BACKWARD_IN_BLOCK))
        return [*self.loop.before, BlockLoop(next(iter(self.arrays.sizes.values())), body)]

    def place(self) -> None:
        """Decide in which array each adjoint lives."""
        arrays = self.arrays
        for stack, name in self.stacks.items():
            arrays.memory.new(name, Lead.STEPS, arrays.columns(stack.members))
            for v in stack.members:
                arrays.name[adjoint(v).name] = self.names.new(adjoint(v).name)
                self.blocks.enter(stack, (v,), arrays.name[adjoint(v).name])
        for a in self.plan.adjoints:
            if a.variable in self.stacked:
                continue
            arrays.name[a.name] = self.names.new(a.name)
            if a.name in self.in_loop and a.name not in self.plan.needed_as_array and not self.early(a):
                self.buffers.add(a.name)
                arrays.memory.new(arrays.name[a.name], Lead.STEP, arrays.width(a.variable.shape))
            elif a.name != self.plan.of_input:
                arrays.make(a.variable)

    def says(self, a: Adjoint) -> list[str]:
        """Return the equations of an adjoint, those that were put into it first, in plain text."""
        equations = {e.target.name: e for e in self.swept.equations.values()}
        return [shown(e.target, e.expression) for e in (equations[n] for n in (*a.inside, a.name))]

    def early(self, a: Adjoint) -> list[Term]:
        """Terms of an adjoint of the loop that hold no adjoint of the loop."""
        if a.variable in self.stacked:
            return []
        return [t for t in a.own if not any(v.name in self.in_loop for v in t.variables())]

    def filled(self, a: Adjoint) -> Tensor | None:
        """Return what an adjoint is a multiple of, where its array may hold that at first."""
        is_array = a.variable in self.stacked or a.name not in self.buffers
        if not is_array or a.later or self.early(a) or len(a.own) != 1:
            return None
        (term,) = a.own
        if term.number != 1 or not isinstance(term.core, Variable) or not term.factors:
            return None
        product = product_of_factors(term)
        return product if product.shape == a.variable.shape else None

    def prepare(self, a: Adjoint) -> None:
        """Fill in what an adjoint of the loop takes from outside it."""
        name, shape, early = self.arrays.name[a.name], a.variable.shape, self.early(a)
        if a.later:
            self.carried[a.of] = Ref(self.names.new(f"{name}_carried"))
            self.all.do(Let(self.carried[a.of].name, Zeros(self.arrays.width(shape))))
        if early:
            self.all.say(f"{text(layout(a.variable))}, as far as it does not wait for step t + 1")
            self.all.assign(Ref(name), shape, self.over_stacks(early), add=False)
        factor = self.filled(a)
        if factor is not None:
            source = a.own[0].core
            assert source is not None  # filled() says so
            self.part.say(f"factor of {text(layout(source))} in {text(layout(a.variable))}")
            self.part.assign(self.arrays.part(a.variable), shape, matrix_terms(factor), add=False)

    def one(self, a: Adjoint) -> None:
        """Compute one adjoint of a step."""
        early = self.early(a)
        late = [t for t in a.own if t not in early]
        if not late and not a.later:
            return
        for words in self.says(a):
            self.loop.say(words)
        out = self.loop.of(a.variable)
        if self.filled(a) is not None:
            source = late[0].core
            assert isinstance(source, Variable)  # filled() says so
            self.loop.call("multiply", out, self.loop.of(source), out=out)
            self.balance(a, self.loop, out)
            return
        terms = self.over_stacks([self.lifted(t, a.variable, "") for t in late])
        contiguous = a.variable not in self.stacked
        if terms or not early:
            self.loop.assign(out, a.variable.shape, terms, add=bool(early), whole_rows=contiguous)
        if a.later:
            self.loop.call("add", out, self.carried[a.of], out=out)
        self.balance(a, self.loop, out)

    def carry(self, a: Adjoint) -> None:
        """Compute what a step passes back to a state of the step before."""
        if not a.later:
            return
        self.loop.say(f"for step t - 1: what of {text(layout(a.variable.at(STEP - 1)))} comes from step t")
        terms = self.over_stacks([self.lifted(t, a.variable, "before") for t in a.later])
        self.loop.assign(self.carried[a.of], a.variable.shape, terms, add=False)

    def lifted(self, term: Term, target: Variable, when: str) -> Term:
        """Return a term whose factors are one array, computed for all steps before the loop."""
        core = term.core
        if isinstance(core, Contraction):
            core = Contraction(*(self._lifted_operand(part, target, when) for part in core.factors))
        if not term.factors or (len(term.factors) == 1 and isinstance(term.factors[0], Variable)):
            return replace(term, core=core)
        product = product_of_factors(term)
        return replace(term, core=core, factors=(self.array_of(product, core, target, when),))

    def _lifted_operand(self, part: Tensor, target: Variable, when: str) -> Tensor:
        if isinstance(part, Variable) or not varies(part):
            return part
        if not is_adjoint(part):
            return self.array_of(part, part, target, when)
        return sum_of([self.lifted(t, target, when) for t in terms_of(part, is_adjoint)])

    def array_of(self, product: Tensor, core: Tensor | None, target: Variable, when: str) -> Variable:
        """Return an array for factors that the forward pass alone decides."""
        if product not in self.hoisted:
            linear = core.variables() if core is not None else set()
            source = next((signal_of(v) for v in linear if is_adjoint(v)), self.swept.network.roles.loss)
            stem = f"{source}_by_{signal_of(target)}"
            made = Variable(f"hoisted_{len(self.hoisted)}", product.shape, STEP)
            self.arrays.name[made.name] = self.names.new(f"{stem}_{when}" if when else stem)
            self.hoisted[product] = made
            self.arrays.make(made)
            self.part.assign(self.arrays.part(made), product.shape, matrix_terms(product), add=False)
        return self.hoisted[product]

    def over_stacks(self, terms: Sequence[Term]) -> list[Term]:
        """Write products with all matrices of a map as one product with the matrices over one another."""
        left = list(terms)
        for number, (stack, maps) in enumerate(self.maps.items()):
            for place, (found, name) in enumerate(maps.items()):
                wanted = [Contraction(adjoint(v), m) for v, m in zip(found.members, found.matrices)]
                plain = {t.core for t in left if not t.factors and t.number == 1}
                if not set(wanted) <= plain:
                    continue
                self.joined.add(name)
                rows = Variable(f"run_{number}_{place}", ("stack",), STEP)
                self.arrays.name[rows.name] = self.blocks.of(
                    stack, found.members, f"{self.stacks[stack]}_part"
                )
                matrix = Variable(f"map_{number}_{place}", ("stack", found.operand.shape[0]))
                self.arrays.name[matrix.name] = name
                left = [t for t in left if t.core not in wanted]
                left.insert(0, Term(1, Contraction(rows, matrix), ()))
        return left

    def all_steps(self, a: Adjoint) -> None:
        """Compute an adjoint for all steps at once."""
        for words in self.says(a):
            self.all.say(words)
        out = Ref(self.arrays.name[a.name])
        if a.name == self.plan.of_input:  # it is handed out, so it gets memory of its own
            self.all.do(
                Let(out.name, Like(Ref(self.arrays.name[self.swept.network.roles.input]), zeros=False))
            )
        self.all.assign(out, a.variable.shape, self.over_stacks(a.own), add=False)
        self.balance(a, self.all, out)

    def balance(self, a: Adjoint, writer: Writer, out: Ref) -> None:
        """Let the entries of an adjoint add up to 0 where it is that of the argument of a softmax."""
        if a.softmax is not None:
            writer.call("balanced", writer.of(a.softmax), out=out)
