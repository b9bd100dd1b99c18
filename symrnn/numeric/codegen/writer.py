"""Statements that write into arrays and allocate nothing: for one step inside a loop, or for all steps.

Sums are computed by NumPy's functions into their place, through scratch arrays where there is more than one
term. Inside a loop every value of the step is a view, bound to a name at the head of the body.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from symrnn.numeric.codegen.names import Memory, Names, number_text
from symrnn.numeric.codegen.rows import LOG_SOFTMAX, SLOPE, CompileError
from symrnn.numeric.codegen.terms import Term, factors_of, matrix_terms
from symrnn.tensor import (
    TABLE,
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

WIDTH, LINE = 100, 110  # of a comment or a body, of a line


class Writer:
    """Statements for all steps at once; ``Loop`` writes those of one step.

    Parameters
    ----------
    names : Names
        Of the function.
    memory : Memory
        Where scratch arrays come from.
    of : callable, Variable -> str
        Text of a variable.
    size : callable, Shape -> str
        Length of the last axis, as text.
    """

    lead = "(T, B, {})"
    extent = ""

    def __init__(
        self, names: Names, memory: Memory, of: Callable[[Variable], str], size: Callable[[Shape], str]
    ) -> None:
        self.names, self.memory, self.size = names, memory, size
        self.of = of
        self.lines: list[str] = []
        self.free: dict[str, list[str]] = {}

    def say(self, words: str) -> None:
        """Add a comment, broken where it is long."""
        self.lines += [f"# {line}" for line in textwrap.wrap(words, WIDTH)]

    def do(self, statement: str) -> None:
        """Add a statement."""
        self.lines.append(statement)

    def put(self, out: str, value: str) -> None:
        """Write a value into an array."""
        self.do(f"{out} = {value}" if out.endswith("]") else f"{out}[:] = {value}")

    @contextmanager
    def scratch(self, size: str) -> Iterator[str]:
        """Lend a scratch array with that last axis."""
        pool = self.free.setdefault(size, [])
        name = pool.pop() if pool else self.memory.new(self.names.new("scratch"), self.lead.format(size))
        yield name + self.extent
        pool.append(name)

    def dot(self, vector: str, matrix: str, transposed: bool, into: str) -> None:
        """Write the product of every row with a matrix."""
        self.do(f"project({self.contiguous(vector)}, {matrix}{'.T' if transposed else ''}, {into})")

    def contiguous(self, array: str) -> str:
        """Return the text of an array whose rows can be taken together."""
        return f"np.ascontiguousarray({array})" if array in self.memory.blocks else array

    def assign(
        self, out: str, shape: Shape, terms: Sequence[Term], *, add: bool, whole_rows: bool = True
    ) -> None:
        """Compute a sum into ``out``, or add it to what is there.

        ``whole_rows`` says that ``out`` is contiguous, so that a product may be written into it.
        """
        current = out if add else ""
        ordered = sorted(terms, key=lambda t: (bool(t.number < 0), not isinstance(t.core, Contraction)))
        for term in ordered:
            minus = bool(term.number < 0)
            if not current and (whole_rows or not isinstance(term.core, Contraction)):
                current = self.product(term, out, shape)
                if minus:
                    self.do(f"np.negative({current}, {out})")
                    current = out
                continue
            with self.scratch(self.size(shape)) as scratch:
                value = self.product(term, scratch, shape)
                if not current:
                    self.put(out, f"{'-' if minus else ''}{value}")
                elif current == out:
                    self.do(f"{out} {'-' if minus else '+'}= {value}")
                else:
                    self.do(f"np.{'subtract' if minus else 'add'}({current}, {value}, {out})")
                current = out
        if not terms and not add:
            self.put(out, "0.0")
        elif current != out:
            self.put(out, current)

    def product(self, term: Term, into: str, shape: Shape) -> str:
        """Compute a term without its sign; returns its name, ``into`` unless nothing had to be computed."""
        core, factors = term.core, list(term.factors)
        if core is not None and shape and not core.rank:
            factors, core = [core, *factors], None
        texts = [] if core is None else [self.core(core, into)]
        if core is None:  # one compound factor may be computed in place
            first = next(
                (f for f in factors if not isinstance(f, Variable | Ones) and f.shape == shape), None
            )
            if first is not None:
                factors.remove(first)
                self.compute(first, into)
                texts = [into]
        with self.operands(factors) as others:
            texts += others
            if abs(term.number) != 1:
                texts.insert(1 if texts and texts[0] == into else 0, number_text(abs(term.number)))
            if len(texts) < 2:
                return texts[0] if texts else "ONE"
            if texts[0] != into:
                self.do(f"np.multiply({texts[0]}, {texts[1]}, {into})")
                texts = [into, *texts[2:]]
            for text in texts[1:]:
                self.do(f"{into} *= {text}")
        return into

    @contextmanager
    def operands(self, factors: Sequence[Tensor]) -> Iterator[list[str]]:
        """Lend the names of factors."""
        if not factors:
            yield []
            return
        with self.operands(factors[1:]) as others, self.operand(factors[0]) as first:
            yield [first, *others]

    @contextmanager
    def operand(self, tensor: Tensor) -> Iterator[str]:
        """Lend the name of a vector or a number, computed into a scratch array if it is compound."""
        if isinstance(tensor, Variable):
            yield self.of(tensor)
        elif isinstance(tensor, Ones):
            yield "ONE"
        else:
            with self.scratch(self.size(tensor.shape)) as scratch:
                self.compute(tensor, scratch)
                yield scratch

    def compute(self, tensor: Tensor, into: str) -> None:
        """Compute a compound expression."""
        match tensor:
            case Contraction():
                self.core(tensor, into)
            case Apply(function, argument, 0) if function.startswith(SLOPE):
                with self.operand(argument) as y:
                    for line in TABLE[function.removeprefix(SLOPE)].slope_code.split("; "):
                        self.do(line.format(y=y, out=into))
            case Apply():
                self.apply(tensor, into)
            case Plus() | Scale():
                self.assign(into, tensor.shape, matrix_terms(tensor), add=False)
            case Hadamard() | Outer():
                value = self.product(Term(1, None, tuple(factors_of(tensor))), into, tensor.shape)
                if value != into:
                    self.put(into, value)
            case _:
                raise CompileError(f"no code for {tensor}")

    def core(self, core: Tensor, into: str) -> str:
        """Compute the linear part of a term into an array of its shape; returns its name."""
        match core:
            case Variable():
                return self.of(core)
            case Contraction(args=(Variable() as matrix, vector)) if matrix.rank == 2:
                with self.operand(vector) as v:
                    self.dot(v, self.of(matrix), True, into)
                return into
            case Contraction(args=(vector, Variable() as matrix)) if matrix.rank == 2:
                with self.operand(vector) as v:
                    self.dot(v, self.of(matrix), False, into)
                return into
            case Contraction(args=(left, right)):
                with self.operand(left) as u, self.operand(right) as v:
                    inside = v if u == "ONE" else u if v == "ONE" else f"{u} * {v}"
                    self.put(into, f"row_sums({inside})")
                return into
        raise CompileError(f"no code for {core}")

    def apply(self, function: Apply, out: str) -> None:
        """Apply a function of the table to an expression, written into ``out``."""
        name = function.function
        code = name if name == LOG_SOFTMAX else TABLE[name].code
        with self.operand(function.argument) as argument:
            self.do(f"{code}({argument}, {out})")


class Part(Writer):
    """Statements for a block of steps that the cache holds, from ``first`` to ``last`` (excluded)."""

    lead = "(length, B, {})"
    extent = "[:last - first]"


class Loop(Writer):
    """Statements of one step.

    Parameters
    ----------
    view : callable, Variable -> (name, array, index)
        The local name of a variable in the loop, and which row of which array it is; index "" for
        what is no array over time.
    """

    lead = "(B, {})"

    def __init__(
        self,
        names: Names,
        memory: Memory,
        view: Callable[[Variable], tuple[str, str, str]],
        size: Callable[[Shape], str],
    ) -> None:
        super().__init__(names, memory, self._row_of, size)
        self.view = view
        self.before: list[str] = []
        self.bound: dict[tuple[str, str], str] = {}
        self.transposed: dict[str, str] = {}

    def _row_of(self, v: Variable) -> str:
        wanted, array, index = self.view(v)
        return self.row(array, index, wanted)

    def row(self, array: str, index: str, wanted: str) -> str:
        """Return the local name of a row of an array, bound at the head of the body."""
        if not index:
            return array
        if (array, index) not in self.bound:
            self.bound[array, index] = self.names.new(wanted)
        return self.bound[array, index]

    def dot(self, vector: str, matrix: str, transposed: bool, into: str) -> None:
        """Write a product; a transposed matrix is made before the loop."""
        if transposed and matrix not in self.transposed:
            self.transposed[matrix] = self.names.new(f"{matrix}_T")
            self.before.append(f"{self.transposed[matrix]} = np.ascontiguousarray({matrix}.T)")
        self.do(f"np.dot({vector}, {self.transposed[matrix] if transposed else matrix}, {into})")

    def written(self, head: str) -> list[str]:
        """Return the whole loop, and before it what is made for it."""
        lines: list[str] = []
        names: list[str] = []
        values: list[str] = []
        for (array, index), name in self.bound.items():
            if array not in self.memory.outside:
                if array not in self.memory.rows:
                    self.memory.rows[array] = self.names.new(f"{array}_rows")
                array = self.memory.rows[array]
            if len("".join((*names, *values))) + len(name) + len(array) > WIDTH - 30:
                lines.append(f"{', '.join(names)} = {', '.join(values)}")
                names, values = [], []
            names.append(name)
            values.append(f"{array}[{index}]")
        if names:
            lines.append(f"{', '.join(names)} = {', '.join(values)}")
        return [*self.before, head, *inside([*lines, *self.lines])]


class Fixed(Loop):
    """Statements for what depends on parameters alone: vectors without time and batch."""

    lead = "({},)"


def inside(lines: Sequence[str]) -> list[str]:
    """Return lines, indented."""
    return [" " * 4 + line if line else line for line in lines]


def wrapped(start: str, items: Sequence[str], end: str = "") -> list[str]:
    """Return items in brackets, broken over lines where they are long; ``start`` ends with the bracket."""
    one = f"{start}{', '.join(items)}{end}"
    if len(one) < LINE - 8:
        return [one]
    lines = textwrap.wrap(", ".join(items) + ",", LINE - 12)
    return [start, *inside(lines), end.removeprefix(",")]
