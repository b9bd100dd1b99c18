"""The forward pass as statements."""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.numeric.codegen.arrays import Arrays, Blocks, map_name, shown
from symrnn.numeric.codegen.names import Names, start
from symrnn.numeric.codegen.plan import ForwardPlan, Map, Stack, applied_to, product_of
from symrnn.numeric.codegen.rows import LOG_SOFTMAX, Signal
from symrnn.numeric.codegen.slopes import LOGISTIC, ODDS, SHARE
from symrnn.numeric.codegen.statements import (
    Call,
    Joined,
    Lead,
    Let,
    Negative,
    Number,
    Order,
    Put,
    Ref,
    Rows,
    Statement,
    Value,
    View,
)
from symrnn.numeric.codegen.terms import Term, matrix_terms
from symrnn.numeric.codegen.writer import FixedWriter, StepWriter, Writer
from symrnn.tensor import Apply, Variable


class Forward:
    """Writes the statements of the forward pass; ``arrays`` says afterwards where everything is."""

    def __init__(self, plan: ForwardPlan, arrays: Arrays, names: Names) -> None:
        self.plan, self.arrays, self.names = plan, arrays, names
        self.all = Writer(names, arrays.memory, arrays.whole, arrays.width)
        self.loop = StepWriter(names, arrays.memory, arrays.row, arrays.width)
        self.stacks = {stack: names.new("gates") for stack in plan.stacks}
        self.maps = {found: map_name(found, names) for stack in plan.stacks for found in stack.maps}
        self.blocks = Blocks(self.stacks, arrays, names)
        self.negated: set[Variable] = set()
        self.shared: dict[str, tuple[Stack, tuple[Variable, ...], str]] = {}
        self.applied: set[Map] = set()
        self.done: set[str] = set()

    def write(self) -> tuple[Statement, ...]:
        """Return the statements."""
        plan = self.plan
        self.place()
        for signal in (*plan.of_phase("static"), *plan.of_phase("before")):
            self.all_steps(signal)
        for stack in self.stacks:
            self.prepare_stack(stack)
        for signal in plan.of_phase("loop"):
            self.prepare(signal)
        for batch in plan.batches:
            self.batch(batch)
        if plan.batches:
            self.all.do(*self.loop.before, self.loop.loop(Order.FORWARD))
        for signal in plan.of_phase("after"):
            self.all_steps(signal)
        return tuple(self.all.statements)

    def place(self) -> None:
        """Decide in which array each signal lives."""
        arrays, names = self.arrays, self.names
        housed = {v.name: stack for stack in self.stacks for v in stack.members}
        in_place = {s.expression.args[1].name: s for s in self.plan.signals if self.plan.in_place(s)}
        for stack, name in self.stacks.items():
            arrays.memory.new(name, Lead.STEPS, arrays.columns(stack.members))
        for batch in self.plan.batches:
            self.share(batch)
        for signal in self.plan.signals:
            if self.plan.phases[signal.name] == "static":
                arrays.fixed.add(signal.name)
            if signal.name in arrays.name:
                continue
            last = in_place.get(signal.name)
            array = names.new(last.name if last else signal.name)
            arrays.name[signal.name] = array
            if last:
                arrays.name[last.name] = array
            if signal.name in arrays.fixed:
                continue
            if signal.name in housed:
                self.blocks.enter(housed[signal.name], (signal.variable,), array)
            else:
                arrays.make(signal.variable)

    def share(self, batch: Sequence[Signal]) -> None:
        """Give logistic functions whose odds stand side by side in a stack an array of the same columns."""
        arrays, by_name = self.arrays, self.plan.by_name
        if any(s.name in self.plan.states or function_of(s) != SHARE for s in batch):
            return
        odds = [by_name[s.expression.args[1].name] for s in batch]
        values = {applied_to(o): s.name for s, o in zip(batch, odds)}
        for stack, name in self.stacks.items():
            members = self.run_of(odds, stack)
            if len(members) > 1:
                array = self.names.new(f"open_{name}")
                arrays.memory.new(array, Lead.STEPS, arrays.columns(members))
                for v in members:
                    made = arrays.name[values[v]] = self.names.new(values[v])
                    arrays.memory.made[made] = View(array, arrays.block((v,), members))
                self.shared[batch[0].name] = stack, members, array

    def say(self, writer: Writer, signal: Signal, besides: str = "") -> None:
        """Put the equation beside its statements."""
        source = signal.source.expression if signal.source else signal.expression
        writer.say(shown(signal.variable, source) + besides)

    def start_state(self, signal: Signal) -> None:
        """Put the initial state into the first row of a state."""
        if signal.name in self.arrays.states:
            name, initial = self.arrays.name[signal.name], self.arrays.name[start(signal.name)]
            self.all.do(Put(Ref(name, Rows.FIRST), Ref(initial)))

    def all_steps(self, signal: Signal) -> None:
        """Compute a signal for all steps at once."""
        if signal.name in self.done:
            return
        self.say(self.all, signal)
        self.start_state(signal)
        out, expression = self.arrays.whole(signal.variable), signal.expression
        if signal.name in self.arrays.fixed:
            self.fixed(signal)
        elif isinstance(expression, Apply):
            partner = self.partner(signal)
            if partner is None:
                self.all.apply(expression, out)
                return
            self.done.add(partner.name)
            with self.all.operand(expression.argument) as argument:
                self.all.do(Call("softmax_and_log", (argument,), out, self.arrays.whole(partner.variable)))
        else:
            self.all.assign(out, signal.variable.shape, matrix_terms(expression), add=False)

    def partner(self, signal: Signal) -> Signal | None:
        """Return the logarithm of a softmax, if it is computed at the same place."""
        logarithm = Apply(LOG_SOFTMAX, signal.expression.args[1])
        for other in self.plan.signals:
            if other.expression == logarithm and signal.expression.args[0].name == "softmax":
                return other if self.plan.phases[other.name] == self.plan.phases[signal.name] else None
        return None

    def fixed(self, signal: Signal) -> None:
        """Compute a signal that depends on parameters alone: one row, no time axis."""
        name, shape = self.arrays.name[signal.name], signal.variable.shape
        self.arrays.memory.new(name, Lead.NONE, self.arrays.width(shape))
        row = FixedWriter(self.names, self.arrays.memory, self.arrays.row, self.arrays.width)
        if isinstance(signal.expression, Apply):
            row.apply(signal.expression, Ref(name))
        else:
            row.assign(Ref(name), shape, matrix_terms(signal.expression), add=False)
        self.all.do(*row.before, *row.statements)

    def split(self, signal: Signal) -> tuple[list[Term], list[Term]]:
        """Return the terms of a signal that can be computed for all steps, and those that cannot."""
        terms = matrix_terms(signal.expression)
        late = [t for t in terms if any(self.plan.in_loop(v) for v in t.variables())]
        return [t for t in terms if t not in late], late

    def prepare(self, signal: Signal) -> None:
        """Fill in what a signal of the loop takes from outside it."""
        self.start_state(signal)
        if isinstance(signal.expression, Apply) or any(signal.variable in s.members for s in self.stacks):
            return
        early, _ = self.split(signal)
        if early:
            self.say(self.all, signal, ": what does not wait for the step before")
            self.all.assign(self.arrays.whole(signal.variable), signal.variable.shape, early, add=False)

    def prepare_stack(self, stack: Stack) -> None:
        """Fill the array of a stack with what its members take from outside the loop."""
        out = Ref(self.stacks[stack])
        rest = {v: self.split(self.plan.by_name[v.name])[0] for v in stack.members}
        outer = [found for found in stack.maps if not self.plan.in_loop(found.operand)]
        for found in outer:
            pairs = dict(zip(found.members, found.matrices))
            rest = {v: [t for t in terms if product_of(t) != (pairs.get(v), found.operand)]
                    for v, terms in rest.items()}  # fmt: skip
        biases = [bias_of(terms) for terms in rest.values()]
        negated = self.negative(stack, rest, biases)
        for found, map_ in self.maps.items():
            if found in stack.maps:
                parts = [self.signed(m.name, v in negated) for v, m in zip(found.members, found.matrices)]
                self.all.do(Let(map_, Joined(tuple(parts))))
        bias: Value | None = None
        if all(biases):
            bias = Joined(tuple(self.signed(b, v in negated) for v, b in zip(stack.members, biases) if b))
            rest = {}
        if outer and outer[0].members == stack.members:
            self.project(outer.pop(0), out)
            if bias is not None:
                self.all.call("add", out, bias, out=out)
        else:
            self.all.do(Put(out, Number(0.0) if bias is None else bias))
        for found in outer:
            run = self.block(stack, found.members, f"{out.name}_of_{found.operand.name}")
            with self.all.scratch(self.arrays.columns(found.members)) as scratch:
                self.project(found, scratch)
                self.all.call("add", run, scratch, out=run)
        for v, terms in rest.items():
            if terms:
                self.all.assign(self.block(stack, (v,), v.name), v.shape, terms, add=True)

    def block(self, stack: Stack, run: tuple[Variable, ...], wanted: str) -> Ref:
        """Return members of a stack that stand side by side, at all steps."""
        return self.arrays.memory.ref(self.blocks.of(stack, run, wanted))

    def project(self, found: Map, out: Ref) -> None:
        """Write the product of a map with what it multiplies, at all steps."""
        self.all.project(self.arrays.whole(found.operand), Ref(self.maps[found]), True, out)

    def signed(self, parameter: str, negated: bool) -> Value:
        """Return a parameter, negated where its row goes into a logistic function."""
        whole = Ref(self.arrays.name[parameter])
        return Negative(whole) if negated else whole

    def negative(
        self, stack: Stack, rest: dict[Variable, list[Term]], biases: Sequence[str]
    ) -> set[Variable]:
        """Return the members that hold -a in place of a: the odds of a logistic function are exp(-a).

        Only where every term of a member comes from the stacked products and biases.
        """
        found = set()
        for v in stack.members if all(biases) else ():
            signal = self.plan.by_name[v.name]
            stacked = {(m, f.operand) for f in stack.maps for w, m in zip(f.members, f.matrices) if w == v}
            lone = [t for t in self.split(signal)[1] if product_of(t) not in stacked]
            functions = [s.expression.args[0].name for s in self.plan.signals
                         if self.plan.in_place(s) and applied_to(s) == v]  # fmt: skip
            if functions == [ODDS] and not lone:
                found.add(v)
        self.negated |= found
        return found

    def batch(self, batch: Sequence[Signal]) -> None:
        """Compute signals that belong together."""
        function = function_of(batch[0])
        for stack, name in self.stacks.items():
            members = self.run_of(batch, stack)
            negated = set(members) <= self.negated
            if not members or (len(members) < 2 and not negated):
                continue
            for signal in batch:
                self.say(self.loop, signal)
            local = self.here(self.blocks.of(stack, members, f"{function}_{name}"))
            if function == ODDS and negated:
                self.loop.call("exp", local, out=local)
            elif function == ODDS:
                self.loop.do(*LOGISTIC[ODDS](local, local))
            else:
                self.loop.call(function, local, out=local)
            return
        if batch[0].name in self.shared:
            stack, members, out = self.shared[batch[0].name]
            for signal in batch:
                self.say(self.loop, signal)
            odds = self.here(self.blocks.of(stack, members, f"odds_{self.stacks[stack]}"))
            self.loop.do(*LOGISTIC[SHARE](odds, self.here(out)))
            return
        for signal in batch:
            self.one(signal)

    def here(self, array: str) -> Ref:
        """Return the row of an array at the step of the loop."""
        return self.loop.row(f"{array}_t", array, Rows.HERE)

    def run_of(self, batch: Sequence[Signal], stack: Stack) -> tuple[Variable, ...]:
        """Return the members that a batch is written over, if they stand side by side; else nothing."""
        members = [applied_to(s) for s in batch if self.plan.in_place(s)]
        if not members or len(members) != len(batch) or not set(members) <= set(stack.members):
            return ()
        run = tuple(sorted((v for v in members if v is not None), key=stack.members.index))
        return run if stack.run(run) else ()

    def one(self, signal: Signal) -> None:
        """Compute one signal of a step."""
        expression = signal.expression
        if isinstance(expression, Apply):
            self.say(self.loop, signal)
            self.loop.apply(expression, self.loop.of(signal.variable))
            return
        early, late = self.split(signal)
        in_stack = any(signal.variable in stack.members for stack in self.stacks)
        rest = [t for t in late if not self.in_map(signal, t)]
        if rest or not in_stack:
            self.say(self.loop, signal)
            shape, out = signal.variable.shape, self.loop.of(signal.variable)
            self.loop.assign(out, shape, rest, add=bool(early or in_stack), whole_rows=not in_stack)

    def in_map(self, signal: Signal, term: Term) -> bool:
        """Whether a term is part of a stacked product; adds the product to the stack when first met."""
        for stack, name in self.stacks.items():
            for found in stack.maps:
                pairs = dict(zip(found.members, found.matrices))
                if product_of(term) != (pairs.get(signal.variable), found.operand):
                    continue
                if found not in self.applied:
                    self.applied.add(found)
                    for member in found.members:
                        self.say(self.loop, self.plan.by_name[member.name])
                    local = self.here(self.blocks.of(stack, found.members, f"{name}_of_{found.operand.name}"))
                    with self.loop.scratch(self.arrays.columns(found.members)) as scratch:
                        self.loop.project(self.loop.of(found.operand), Ref(self.maps[found]), True, scratch)
                        self.loop.call("add", local, scratch, out=local)
                return True
        return False


def function_of(signal: Signal) -> str:
    """Return the name of the function that a signal is, or nothing."""
    return signal.expression.function if isinstance(signal.expression, Apply) else ""


def bias_of(terms: Sequence[Term]) -> str:
    """Return the name of the parameter vector that is the only term, or nothing."""
    match terms:
        case [Term(1, None, (Variable() as v,))] if v.time is None and v.rank == 1:
            return v.name
    return ""
