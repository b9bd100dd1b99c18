"""Statements that write into arrays and allocate nothing: for one step inside a loop, or for all steps.

Sums are computed into their place, through scratch arrays where there is more than one term. Inside a loop
every value of the step is a row, bound to a name at the head of the body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from symrnn.numeric.codegen.arrays import Memory
from symrnn.numeric.codegen.names import Names
from symrnn.numeric.codegen.rows import CompileError
from symrnn.numeric.codegen.slopes import LOGISTIC, SLOPES, Complement, Slope, complement
from symrnn.numeric.codegen.statements import (
    ONE,
    Call,
    Comment,
    Lead,
    Let,
    Loop,
    Negative,
    Number,
    Operand,
    Order,
    Project,
    Put,
    Ref,
    Row,
    Rows,
    RowSums,
    Statement,
    Transposed,
    Value,
    Width,
)
from symrnn.numeric.codegen.terms import Term, factors_of, matrix_terms
from symrnn.tensor import (
    Apply,
    Contraction,
    Hadamard,
    Ones,
    Outer,
    Plus,
    Scale,
    Shape,
    Tensor,
    Variable,
)


class Writer:
    """Statements for all steps at once.

    Parameters
    ----------
    names : Names
        Of the function.
    memory : Memory
        Where scratch arrays come from.
    of : callable, Variable -> Ref
        Where a variable is.
    width : callable, Shape -> Width
        Length of the last axis.
    """

    lead = Lead.STEPS
    scratch_rows = Rows.ALL

    def __init__(
        self, names: Names, memory: Memory, of: Callable[[Variable], Ref], width: Callable[[Shape], Width]
    ) -> None:
        self.names, self.memory, self.width = names, memory, width
        self.of = of
        self.statements: list[Statement] = []
        self.free: dict[Width, list[str]] = {}

    def say(self, words: str) -> None:
        """Add a comment."""
        self.do(Comment(words))

    def do(self, *statements: Statement) -> None:
        """Add statements."""
        self.statements += statements

    def call(self, function: str, *arguments: Value, out: Ref) -> None:
        """Write a function of values into an array."""
        self.do(Call(function, arguments, out))

    @contextmanager
    def scratch(self, width: Width) -> Iterator[Ref]:
        """Lend a scratch array with that last axis."""
        pool = self.free.setdefault(width, [])
        name = pool.pop() if pool else self.memory.new(self.names.new("scratch"), self.lead, width)
        yield Ref(name, self.scratch_rows)
        pool.append(name)

    def project(self, vectors: Ref, matrix: Ref, transposed: bool, out: Ref) -> None:
        """Write the product of every vector with a matrix."""
        self.do(Project(vectors, Transposed(matrix) if transposed else matrix, out, every_step=True))

    def assign(
        self, out: Ref, shape: Shape, terms: Sequence[Term], *, add: bool, whole_rows: bool = True
    ) -> None:
        """Compute a sum into ``out``, or add it to what is there.

        ``whole_rows`` says that ``out`` is contiguous, so that a product may be written into it.
        """
        current: Operand | None = out if add else None
        ordered = sorted(terms, key=lambda t: (bool(t.number < 0), not isinstance(t.core, Contraction)))
        for term in ordered:
            minus = bool(term.number < 0)
            if current is None and (whole_rows or not isinstance(term.core, Contraction)):
                current = self.product(term, out, shape)
                if minus:
                    self.call("negative", current, out=out)
                    current = out
                continue
            with self.scratch(self.width(shape)) as scratch:
                value = self.product(term, scratch, shape)
                if current is None:
                    self.do(Put(out, Negative(value) if minus else value))
                else:
                    self.call("subtract" if minus else "add", current, value, out=out)
                current = out
        if current is None:
            self.do(Put(out, Number(0.0)))
        elif current != out:
            self.do(Put(out, current))

    def product(self, term: Term, into: Ref, shape: Shape) -> Operand:
        """Compute a term without its sign; returns where it is: ``into``, or what needed no computing."""
        core, factors = term.core, list(term.factors)
        if core is not None and shape and not core.rank:
            factors, core = [core, *factors], None
        parts: list[Operand] = [] if core is None else [self.core(core, into)]
        if core is None:  # one compound factor may be computed in place
            first = next(
                (f for f in factors if not isinstance(f, Variable | Ones) and f.shape == shape), None
            )
            if first is not None:
                factors.remove(first)
                self.compute(first, into)
                parts = [into]
        with self.operands(factors) as others:
            parts += others
            if abs(term.number) != 1:
                parts.insert(1 if parts and parts[0] == into else 0, Number(float(abs(term.number))))
            if len(parts) < 2:
                return parts[0] if parts else ONE
            if parts[0] != into:
                self.call("multiply", *parts[:2], out=into)
                parts[:2] = [into]
            for part in parts[1:]:
                self.call("multiply", into, part, out=into)
        return into

    @contextmanager
    def operands(self, factors: Sequence[Tensor]) -> Iterator[list[Operand]]:
        """Lend the places of factors."""
        if not factors:
            yield []
            return
        with self.operands(factors[1:]) as others, self.operand(factors[0]) as first:
            yield [first, *others]

    @contextmanager
    def operand(self, tensor: Tensor) -> Iterator[Operand]:
        """Lend the place of a vector or a number, computed into a scratch array if it is compound."""
        if isinstance(tensor, Variable):
            yield self.of(tensor)
        elif isinstance(tensor, Ones):
            yield ONE
        else:
            with self.scratch(self.width(tensor.shape)) as scratch:
                self.compute(tensor, scratch)
                yield scratch

    @contextmanager
    def vectors(self, tensor: Tensor) -> Iterator[Ref]:
        """Lend the place of a vector that is in an array.

        Raises
        ------
        CompileError
            If it is in none: a vector of ones.
        """
        with self.operand(tensor) as place:
            if not isinstance(place, Ref):
                raise CompileError(f"no code for a product of a matrix with {tensor}")
            yield place

    def compute(self, tensor: Tensor, into: Ref) -> None:
        """Compute a compound expression."""
        match tensor:
            case Contraction():
                self.core(tensor, into)
            case Slope(function, value, beside):
                with self.operand(value) as y, self.operand(beside) as other:
                    self.do(*SLOPES[function](y, other, into))
            case Complement(value, odds):
                with self.operand(value) as y, self.operand(odds) as other:
                    self.do(*complement(y, other, into))
            case Apply():
                self.apply(tensor, into)
            case Plus() | Scale():
                self.assign(into, tensor.shape, matrix_terms(tensor), add=False)
            case Hadamard() | Outer():
                made = self.product(Term(1, None, tuple(factors_of(tensor))), into, tensor.shape)
                if made != into:
                    self.do(Put(into, made))
            case _:
                raise CompileError(f"no code for {tensor}")

    def core(self, core: Tensor, into: Ref) -> Ref:
        """Compute the linear part of a term into an array of its shape; returns where it is."""
        match core:
            case Variable():
                return self.of(core)
            case Contraction(factors=(Variable() as matrix, vector)) if matrix.rank == 2:
                with self.vectors(vector) as v:
                    self.project(v, self.of(matrix), True, into)
                return into
            case Contraction(factors=(vector, Variable() as matrix)) if matrix.rank == 2:
                with self.vectors(vector) as v:
                    self.project(v, self.of(matrix), False, into)
                return into
            case Contraction(factors=(left, right)):
                with self.operand(left) as u, self.operand(right) as v_:
                    factors = tuple(factor for factor in (u, v_) if factor != ONE)
                    self.do(Put(into, RowSums(factors or (ONE,))))
                return into
        raise CompileError(f"no code for {core}")

    def apply(self, function: Apply, out: Ref) -> None:
        """Apply a function of the table to an expression, written into ``out``."""
        with self.operand(function.argument) as argument:
            if function.function in LOGISTIC:
                self.do(*LOGISTIC[function.function](argument, out))
            else:
                self.call(function.function, argument, out=out)


class BlockWriter(Writer):
    """Statements for a block of steps that the cache holds."""

    lead = Lead.BLOCK
    scratch_rows = Rows.AS_BLOCK


class StepWriter(Writer):
    """Statements of one step.

    Parameters
    ----------
    names, memory, width
        As for every writer.
    place : callable, Variable -> (name, array, rows)
        The local name of a variable in the loop, and which row of which array it is; all rows for what is
        no array over time.
    """

    lead = Lead.STEP

    def __init__(
        self,
        names: Names,
        memory: Memory,
        place: Callable[[Variable], tuple[str, str, Rows]],
        width: Callable[[Shape], Width],
    ) -> None:
        super().__init__(names, memory, lambda v: self.row(*place(v)), width)
        self.before: list[Statement] = []
        self.bound: dict[tuple[str, Rows], str] = {}
        self.transposed: dict[Ref, str] = {}

    def row(self, wanted: str, array: str, rows: Rows) -> Ref:
        """Return a row of an array under its local name, bound at the head of the body."""
        if rows is Rows.ALL:
            return Ref(array)
        if (array, rows) not in self.bound:
            self.bound[array, rows] = self.names.new(wanted)
        return Ref(self.bound[array, rows])

    def project(self, vectors: Ref, matrix: Ref, transposed: bool, out: Ref) -> None:
        """Write a product; a transposed matrix is made before the loop."""
        if transposed and matrix not in self.transposed:
            self.transposed[matrix] = self.names.new(f"{matrix.name}_T")
            self.before.append(Let(self.transposed[matrix], Transposed(matrix, copied=True)))
        factor = Ref(self.transposed[matrix]) if transposed else matrix
        self.do(Project(vectors, factor, out, every_step=False))

    def loop(self, order: Order) -> Loop:
        """Return the loop over the steps; what it needs besides is in ``before``."""
        return Loop(
            order,
            tuple(Row(name, self._among(array), rows) for (array, rows), name in self.bound.items()),
            tuple(self.statements),
        )

    def _among(self, array: str) -> str:
        """Return what the rows of an array are called."""
        if array in self.memory.outside:
            return array
        if array not in self.memory.rows:
            self.memory.rows[array] = self.names.new(f"{array}_rows")
        return self.memory.rows[array]


class FixedWriter(StepWriter):
    """Statements for what depends on parameters alone: vectors without time and batch."""

    lead = Lead.NONE
