"""Equations in row form: what generated code computes with, one row of an array for each vector.

A vector signal is an array whose last axis is the vector, a number one whose last axis has length 1. In row
form an expression consists of sums, multiples, entrywise products, functions, products of a vector and a
parameter matrix, and scalar products: everything that the derived equations hold besides (diagonal
matrices, outer products under a contraction) is multiplied out here. Functions inside an expression, and
compound vectors that a matrix multiplies, get names of their own, so that their values are kept for the
way back.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any

from sympy.core.traversal import preorder_traversal

from symrnn.model import STEP, Equation
from symrnn.numeric.codegen.slopes import ODDS, SHARE, Complement, Slope
from symrnn.tensor import (
    PLAIN_NAME,
    Apply,
    Contraction,
    Diagonal,
    Eye,
    Hadamard,
    InputError,
    Ones,
    Outer,
    Plus,
    Scale,
    Shape,
    Tensor,
    Variable,
    Zeros,
    hadamard,
    outer,
    plus,
    scale,
)

LOG_SOFTMAX = "log_softmax"  # log(softmax(u)) in one piece: finite where softmax underflows


class CompileError(InputError):
    """An equation that has no row form; the message shows it."""


@dataclass(frozen=True)
class Signal:
    """One signal: its equation in row form, and the equation of the cell file it belongs to.

    Attributes
    ----------
    variable : Variable
        At the symbolic step.
    expression : Tensor
        In row form, nonlinear parts named.
    source : Equation or None
        As the file has it; None for parts that were named here.
    odds : Variable or None
        Of a logistic function: what its odds are called.
    """

    variable: Variable
    expression: Tensor
    source: Equation | None = None
    odds: Variable | None = None

    @property
    def name(self) -> str:
        """Name of the signal."""
        return self.variable.name

    @cached_property
    def uses(self) -> frozenset[Variable]:
        """Variables of the expression."""
        return frozenset(self.expression.variables())


def row_form(tensor: Tensor) -> Tensor:
    """Return an expression in row form."""
    match tensor:
        case Variable() | Ones() | Zeros():
            return tensor
        case Eye() if not tensor.rank:
            return Ones(())
        case Plus():
            return plus(row_form(term) for term in tensor.args)
        case Scale(factor, inner):
            return scale(factor, row_form(inner))
        case Hadamard(left, right):
            return hadamard(row_form(left), row_form(right))
        case Outer(left, right) if left.rank <= 1 and right.rank <= 1:
            return outer(row_form(left), row_form(right))
        case Outer(Outer(a, b), c) if not a.rank:
            return outer(outer(row_form(a), row_form(b)), row_form(c))
        case Outer(a, Outer(b, c)) if not a.rank:
            return outer(outer(row_form(a), row_form(b)), row_form(c))
        case Apply(function, argument, order):
            return Apply(function, row_form(argument), order)  # not as it is written, but as it is computed
        case Contraction(joined=1):
            first, *rest = tensor.factors
            if first.rank == 1:
                return reduce(_from_left, rest, row_form(first))
            if rest[-1].rank == 1:
                return reduce(lambda v, m: _from_right(m, v), tensor.factors[-2::-1], row_form(rest[-1]))
    raise CompileError(f"no code for {tensor}")


def _from_left(v: Tensor, matrix: Tensor) -> Tensor:
    """Return v A for a row v; A may be a vector."""
    match matrix:
        case Diagonal(u):
            return hadamard(v, row_form(u))
        case Plus():
            return plus(_from_left(v, term) for term in matrix.args)
        case Scale(factor, inner):
            return scale(factor, _from_left(v, inner))
        case Outer(p, q) if p.rank == q.rank == 1:
            return outer(Contraction(v, row_form(p)), row_form(q))
        case Outer(p, q) if p.rank == 2 and q.rank == 1:
            return outer(_from_left(v, p), row_form(q))
        case Contraction():
            return reduce(_from_left, matrix.factors, v)
        case Eye():
            return v
        case Variable():
            return Contraction(v, matrix)
        case _ if matrix.rank == 1:
            return Contraction(v, row_form(matrix))
    raise CompileError(f"no code for a product with {matrix}")


def _from_right(matrix: Tensor, v: Tensor) -> Tensor:
    """Return A v for a column v."""
    match matrix:
        case Diagonal(u):
            return hadamard(row_form(u), v)
        case Plus():
            return plus(_from_right(term, v) for term in matrix.args)
        case Scale(factor, inner):
            return scale(factor, _from_right(inner, v))
        case Outer(p, q) if p.rank == q.rank == 1:
            return outer(Contraction(row_form(q), v), row_form(p))
        case Contraction():
            return reduce(lambda u, m: _from_right(m, u), matrix.factors[::-1], v)
        case Eye():
            return v
        case Variable():
            return Contraction(matrix, v)
    raise CompileError(f"no code for a product with {matrix}")


def named_signals(step: Iterable[Equation], states: Collection[str]) -> list[Signal]:
    """Return the equations of a step in row form, with names for nested functions and compound operands.

    What depends on parameters alone is named as well; a state that does is a copy of it, for a state has
    another value before the first step.
    """
    signals: list[Signal] = []
    known: dict[Tensor, Variable] = {}
    fixed: set[Variable] = set()
    equations = list(step)
    taken = {e.target.name for e in equations} | {v.name for e in equations for v in e.expression.variables()}

    def new(stem: str, shape: Shape) -> Variable:
        stem = stem if PLAIN_NAME.fullmatch(stem) else stem.split("_")[0]
        found = next(n for n in numbered(stem) if n not in taken)
        taken.add(found)
        return Variable(found, shape, STEP)

    def signal(variable: Variable, expression: Tensor, source: Equation | None = None) -> Signal:
        logistic = isinstance(expression, Apply) and expression.function == "sigmoid"
        odds = new(f"{variable.name}_odds", variable.shape) if logistic else None
        return Signal(variable, expression, source, odds)

    def name(expression: Tensor, stem: str) -> Variable:
        if expression not in known:
            known[expression] = new(stem, expression.shape)
            signals.append(signal(known[expression], expression))
            if not varies(expression, fixed):
                fixed.add(known[expression])
        return known[expression]

    def open_up(tensor: Tensor, top: bool) -> Tensor:
        match tensor:
            case Variable() | Ones() | Zeros():
                return tensor
            case _ if not top and tensor.variables() and not varies(tensor, fixed):
                return name(open_up(tensor, True), "fixed")
            case Apply("log", Variable() as u, 0) if (inner := _softmax_of(u, signals)) is not None:
                made: Tensor = Apply(LOG_SOFTMAX, inner)
                return made if top else name(made, f"log_{u.name}")
            case Apply(function, argument, order):
                inside = open_up(argument, False)
                if function == "tanh" and not isinstance(inside, Variable) and varies(inside, fixed):
                    inside = name(inside, "inside")  # its slope reads it
                made = Apply(function, inside, order)
                stem = f"{function}_{inside.name}" if isinstance(inside, Variable) else function
                return made if top else name(made, stem)
            case Contraction(factors=(left, right)):
                parts = [part if part.rank > 1 else open_up(part, False) for part in (left, right)]
                if left.rank > 1 or right.rank > 1:
                    operand = parts[1] if left.rank > 1 else parts[0]
                    if not isinstance(operand, Variable) and varies(operand):
                        parts[parts.index(operand)] = name(operand, "operand")
                return Contraction(*parts)
        return type(tensor)(*(open_up(a, False) if isinstance(a, Tensor) else a for a in tensor.args))

    for equation in equations:
        is_fixed, is_state = not varies(equation.expression, fixed), equation.target.name in states
        expression = open_up(row_form(equation.expression), not (is_fixed and is_state))
        if not is_state:
            known.setdefault(expression, equation.target)
            fixed |= {equation.target} if is_fixed else set()
        signals.append(signal(equation.target, expression, equation))
    return signals


def computed(signals: Iterable[Signal]) -> list[Signal]:
    """Return signals as they are computed: a logistic function by its odds, 1 less its value too."""
    signals = list(signals)
    odds = {s.variable: s.odds for s in signals if s.odds is not None}
    found = []
    for one in signals:
        source = one.source or Equation(one.variable, one.expression)
        if one.odds is None:
            found.append(replace(one, expression=_complements(one.expression, odds)))
            continue
        argument = one.expression.args[1]
        shown = Equation(one.odds, Apply("exp", scale(-1, argument)))
        found.append(Signal(one.odds, Apply(ODDS, _complements(argument, odds)), shown))
        found.append(Signal(one.variable, Apply(SHARE, one.odds), source))
    return found


def _complements(tensor: Tensor, odds: Mapping[Variable, Variable]) -> Tensor:
    """Write 1 - y, and y - 1, of values of the logistic function as one node."""
    if isinstance(tensor, Variable | Ones | Zeros | Slope):
        return tensor
    args: list[Any] = [_complements(a, odds) if isinstance(a, Tensor) else a for a in tensor.args]
    if isinstance(tensor, Plus):
        for y in (v for v in tensor.variables() if v in odds):
            for sign in (1, -1):
                one, value = scale(sign, Ones(y.shape)), scale(-sign, y)
                if one in args and value in args:
                    args.remove(value)
                    args[args.index(one)] = scale(sign, Complement(y, odds[y]))
        return plus(args)
    made: Tensor = tensor.func(*args)
    return made


def numbered(stem: str) -> Iterator[str]:
    """Yield a name, then the same with numbers behind it."""
    yield stem
    yield from (f"{stem}_{n}" for n in itertools.count(2))


def _softmax_of(u: Variable, signals: Iterable[Signal]) -> Tensor | None:
    """Return the argument of softmax if u is a softmax."""
    for signal in signals:
        match signal.expression:
            case Apply("softmax", argument, 0) if signal.variable == u:
                return argument
    return None


def varies(tensor: Tensor, fixed: Collection[Variable] = ()) -> bool:
    """Whether a tensor holds anything that has a time, but for what has one value for all times."""
    return any(v.time is not None and v not in fixed for v in tensor.variables())


def with_names(tensor: Tensor, signals: Iterable[Signal], when: Any = STEP) -> Tensor:
    """Return a derived expression in row form, values that the forward pass keeps put in by their names.

    A slope f'(u) becomes a function of the value y = f(u) and one more, see ``Slope``. ``when`` is the step
    whose equations the expression was derived from, ``STEP`` or the one after. Only signals of that step may
    stand in: another one may have the same value, but a state has it from the first step on only.
    """
    found: list[tuple[Tensor, Variable, bool]] = []  # what is kept, its name, whether the cell file names it
    fixed: dict[Tensor, Variable] = {}  # signals with one value for all times, at any of them
    for signal in signals:
        if isinstance(signal.expression, Variable):  # a copy, of which a state has another initial value
            continue
        lasting, v = not varies(signal.expression, fixed), signal.variable.at(when)
        if lasting:
            fixed[v] = signal.variable
        if lasting or signal.source is None or isinstance(signal.expression, Apply | Hadamard | Plus):
            moved = signal.expression.xreplace({STEP: when}).xreplace(fixed)
            found.append((moved, fixed.get(v, v), signal.source is not None))
    parts: dict[Tensor, Variable] = {}  # those without a name in the cell file; equations hold their names
    named: dict[Tensor, Variable] = {}
    found.sort(
        key=lambda one: (one[2], sum(1 for _ in preorder_traversal(one[0])))
    )  # a part before its whole
    for expression, v, in_file in found:
        known = _in_parts(expression, parts)
        if not isinstance(known, Variable):
            (named if in_file else parts).setdefault(known, v)
    written = _in_parts(row_form(tensor).xreplace(fixed), parts)
    odds = {s.variable.at(when): s.odds.at(when) for s in signals if s.odds is not None}
    odds |= {fixed[v]: s.odds for s in signals if s.odds is not None and (v := s.variable.at(when)) in fixed}
    return _complements(_in_names(written, {**named, **parts}, odds), odds)


def _in_parts(tensor: Tensor, table: Mapping[Tensor, Variable]) -> Tensor:
    if isinstance(tensor, Variable | Ones | Zeros):
        return tensor
    args: list[Any] = [_in_parts(a, table) if isinstance(a, Tensor) else a for a in tensor.args]
    made: Tensor = tensor.func(*args)
    return table.get(made, made)


def _in_names(tensor: Tensor, table: Mapping[Tensor, Variable], odds: Mapping[Variable, Variable]) -> Tensor:
    if tensor in table:
        return table[tensor]
    match tensor:
        case Variable() | Ones() | Zeros():
            return tensor
        case Apply(function, argument, 1):
            y = table[Apply(function, argument)]
            beside = odds[y] if y in odds else _in_names(argument, table, odds) if function == "tanh" else y
            return Slope(function, y, beside)
    args: list[Any] = [_in_names(a, table, odds) if isinstance(a, Tensor) else a for a in tensor.args]
    made: Tensor = tensor.func(*args)
    return made
