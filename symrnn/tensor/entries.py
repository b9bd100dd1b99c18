"""The index view: one entry of an expression as a SymPy expression, dimensions symbolic.

Sums are explicit and their bound indices are ``Dummy``, because the Einstein convention cannot carry an
entrywise product (σ' makes a triple index) and SymPy's own substitution captures equal names. A sum that
holds a Kronecker delta of its index is carried out by substitution, at once. Activations appear as
functions named as on paper; ``doit()`` puts tanh, exp and the rest in their place, and SymPy's ``diff``
may then be asked for a second opinion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sympy
from sympy import Dummy, Expr, Indexed, IndexedBase, KroneckerDelta, Sum
from sympy.core.symbol import Str

from symrnn.tensor.calculus import Direct, Immediate, Partial, TimeSum, Total
from symrnn.tensor.functions import TABLE
from symrnn.tensor.nodes import (
    Apply,
    Contraction,
    Diagonal,
    Eye,
    Hadamard,
    Ones,
    Outer,
    Plus,
    Scale,
    ShapeError,
    Tensor,
    Variable,
    Zeros,
)

Index = Any  # a SymPy integer expression, counted from 1


class TimedBase(IndexedBase):
    """The base of a signal: its first index is the time."""


def split_time(place: Any) -> tuple[Any, tuple[Any, ...]]:
    """Time (or None) and indices of an entry."""
    timed = isinstance(place.base, TimedBase)
    return (place.indices[0], place.indices[1:]) if timed else (None, place.indices)


class EntryDerivative(Expr):
    """Derivative of a scalar expression of entries by one entry; ``kind`` is that of the tensor."""

    def __new__(cls, kind: Any, of: Expr, wrt: Expr) -> EntryDerivative:
        """Arguments are kept as they are."""
        return Expr.__new__(cls, Str(str(kind)), of, wrt)

    kind = property(lambda self: str(self.args[0]))
    of = property(lambda self: self.args[1])
    wrt = property(lambda self: self.args[2])


@cache
def function(row: str, symbol: str, order: int) -> Any:
    """Return a SymPy function class, ``symbol`` with ``order`` primes, that ``doit`` makes concrete."""

    def doit(self: Any, **hints: Any) -> Any:
        argument = self.args[0].doit(**hints) if hints.get("deep", True) else self.args[0]
        u = Dummy("u", real=True)
        element = TABLE[row].element
        assert element is not None  # only functions of one entry get here
        return sympy.diff(element(u), u, order).xreplace({u: argument})

    def fdiff(self: Any, argindex: int = 1) -> Any:
        return function(row, symbol, order + 1)(self.args[0])

    def reduced(self: Any, protocol: int) -> Any:
        return _applied, (row, symbol, order, self.args[0])

    methods = {"doit": doit, "fdiff": fdiff, "row": row, "symbol": symbol, "order": order, "nargs": 1}
    methods["__reduce_ex__"] = reduced  # the class is made here, so a pickle could not find it by name
    return type(symbol + "'" * order, (sympy.Function,), methods)


def _applied(row: str, symbol: str, order: int, argument: Any) -> Any:
    return function(row, symbol, order)(argument)


def concrete(expression: Any, sizes: Mapping[str, int] | None = None) -> Any:
    """Return an index expression with tanh, exp and so on, and with sums of known length written out.

    SymPy's own ``doit`` would also search closed forms for symbolic sums, which is far slower.
    """
    if not expression.args or isinstance(expression, Indexed):
        return expression
    if isinstance(expression, Sum):
        i, low, high = expression.limits[0]
        body = expression.function
        if sizes is not None and high.is_Symbol and high.name in sizes:
            terms = (body.xreplace({i: sympy.Integer(j)}) for j in range(int(low), sizes[high.name] + 1))
            return sympy.Add(*(concrete(term, sizes) for term in terms))
        return Sum(concrete(body, sizes), expression.limits[0])
    args = [concrete(arg, sizes) for arg in expression.args]
    if hasattr(expression, "row"):
        return expression.func(*args).doit(deep=False)
    return expression.func(*args)


def factors_of(product: Any) -> tuple[Any, ...]:
    """Return the factors of a product, a positive integer power as repeated factors."""
    found: list[Any] = []
    for factor in sympy.Mul.make_args(product):
        base, exponent = factor.as_base_exp()
        repeated = exponent.is_Integer and exponent > 1 and not base.is_Number
        found += [base] * int(exponent) if repeated else [factor]
    return tuple(found)


def size(axis: str) -> Expr:
    """Return the symbolic size of an axis."""
    return sympy.Symbol(axis, integer=True, positive=True)


def index(name: str | int | Expr) -> Any:
    """Return an index letter or number as SymPy knows it.

    Raises
    ------
    ShapeError
        If it is a number that counts no entry: entries are counted from 1.
    """
    if isinstance(name, str):
        return sympy.Symbol(name, integer=True)
    number = sympy.sympify(name, strict=True)
    if not isinstance(number, Expr) or (number.is_number and not (number.is_Integer and number >= 1)):
        raise ShapeError(f"there is no entry {name}; accepted: a letter, or a whole number counted from 1")
    return number


def entry(v: Variable, at: Sequence[Index]) -> Expr:
    """Return one entry of a variable; the time stands in front of the indices."""
    if len(at) != v.rank:
        raise ShapeError(f"{v} has {v.rank} axes, not {len(at)}")
    if v.time is not None:
        return Indexed(TimedBase(v.name), v.time, *at)
    return Indexed(IndexedBase(v.name), *at) if at else sympy.Symbol(v.name)


def entry_of(tensor: Tensor, at: Sequence[str | int | Expr]) -> Expr:
    """Return one entry of an expression.

    Parameters
    ----------
    tensor : Tensor
        Derivative nodes stay standing, as derivatives of entries.
    at : sequence
        One index per axis: a letter, a number counted from 1, or a SymPy expression.

    Raises
    ------
    ShapeError
        If the number of indices is not the rank, or one counts no entry.

    Examples
    --------
    >>> W, s = Variable("W", ("d", "d")), Variable("s", ("d",), 2)
    >>> entry_of(Outer(Diagonal(s), s), ("p", "q", "r"))
    KroneckerDelta(p, q)*s[2, p]*s[2, r]
    """
    if len(at) != tensor.rank:
        raise ShapeError(
            f"shape {tensor.shape} has no entry {tuple(map(str, at))}; accepted: {tensor.rank} indices"
        )
    return _entry(tensor, tuple(index(name) for name in at))


def _entry(tensor: Tensor, at: tuple[Index, ...]) -> Any:
    match tensor:
        case Variable():
            return entry(tensor, at)
        case Zeros():
            return sympy.S.Zero
        case Ones():
            return sympy.S.One
        case Eye():
            half = tensor.rank // 2
            return sympy.Mul(*(KroneckerDelta(p, q) for p, q in zip(at[:half], at[half:])))
        case Plus():
            return sympy.Add(*(_entry(term, at) for term in tensor.args))
        case Scale(factor, inner):
            return factor * _entry(inner, at)
        case Contraction():
            return _contraction(tensor.factors, tensor.joined, at)
        case Hadamard(left, right):
            return _entry(left, at) * _entry(right, at)
        case Outer(left, right):
            return _entry(left, at[: left.rank]) * _entry(right, at[left.rank :])
        case Diagonal(vector):
            return KroneckerDelta(*at) * _entry(vector, at[:1])
        case Apply("softmax", argument, 0):
            summed = _summed(
                sympy.exp(_entry(argument, (i := Dummy("i", integer=True),))), i, tensor.shape[0]
            )
            return sympy.exp(_entry(argument, at)) / summed
        case Apply(name, argument, order):
            return function(name, tensor.symbol, order)(_entry(argument, at))
        case Partial(of, wrt) | Direct(of, wrt) | Immediate(of, wrt) | Total(of, wrt):
            kind = type(tensor).__name__.lower()
            return EntryDerivative(kind, _entry(of, at[: of.rank]), entry(wrt, at[of.rank :]))
        case TimeSum(body, time, low, high):
            return Sum(_entry(body, at), (time, low, high))
    raise NotImplementedError(f"no entry of {type(tensor).__name__}")


def _contraction(factors: Sequence[Tensor], joined: int, at: tuple[Index, ...]) -> Any:
    """Entry of a product: fresh bound indices for each joint, the last axes taken from the right."""
    *front, last = factors
    if not front:
        return _entry(last, at)
    bound = tuple(Dummy("i", integer=True) for _ in range(joined))
    cut = len(at) - (last.rank - joined)
    term = _contraction(front, joined, (*at[:cut], *bound)) * _entry(last, (*bound, *at[cut:]))
    for i, axis in zip(bound, last.shape):
        term = sift(term, i, axis)
    return term


def sift(term: Any, i: Any, axis: str) -> Any:
    """Sum a term over an index; a Kronecker delta of the index puts its partner in instead.

    δ_ij f(i) summed over i is f(j): valid because every index runs over the whole axis.
    """
    for factor in sympy.Mul.make_args(term):
        if isinstance(factor, KroneckerDelta) and factor.has(i):
            partner = factor.args[1] if factor.args[0] == i else factor.args[0]
            return (term / factor).xreplace({i: partner})
    return _summed(term, i, axis)


def _summed(term: Any, i: Any, axis: str) -> Any:
    return Sum(term, (i, 1, size(axis)))
