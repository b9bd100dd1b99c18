"""The slope of each function, f'(u), and 1 - σ(u), such that no digits are lost where a function saturates.

A slope is computed from the value y = f(u) where that says everything: exp'(u) = y. Next to its limits it
does not: 1 - y² of a y that rounded to 1 is 0. So the logistic function goes by its odds e = exp(-u), which
the forward pass keeps: y = 1/(1 + e), 1 - y = e y, y' = e y y, without a difference. Odds beyond all numbers
are infinite; then y is 0, and the product of both, which is no number, stands for the 1 that it tends to. The
hyperbolic tangent keeps u and takes it where 1 - y² has lost digits.

``Slope`` and ``Complement`` are not of the language: they stand in row form alone, and no other interpreter
meets them. A function of the table that has a derivative has a row in ``SLOPES``.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy.core.symbol import Str

from symrnn.numeric.codegen.statements import ONE, Call, Operand, Positive, Put, Ref, Statement
from symrnn.tensor import Tensor, build, plain

ODDS, SHARE = "odds", "share"  # exp(-u), and 1/(1 + e) of it: together the logistic function


class Slope(Tensor):
    """f'(u) for a row f of the function table, by the value y = f(u) and one more: the odds, or u itself."""

    __slots__ = ()
    __match_args__ = ("function", "value", "beside")

    def __new__(cls, function: object, value: Tensor, beside: Tensor) -> Slope:
        """The shape is the shape of the value."""
        return build(cls, value.shape, Str(plain(function)), value, beside)

    function = property(lambda self: self.args[0].name)
    value = property(lambda self: self.args[1])
    beside = property(lambda self: self.args[2])


class Complement(Tensor):
    """1 - y for a value y of the logistic function, by its odds."""

    __slots__ = ()
    __match_args__ = ("value", "odds")

    def __new__(cls, value: Tensor, odds: Tensor) -> Complement:
        """The shape is the shape of the value."""
        return build(cls, value.shape, value, odds)

    value = property(lambda self: self.args[0])
    odds = property(lambda self: self.args[1])


def complement(y: Operand, odds: Operand, out: Ref) -> tuple[Statement, ...]:
    """Return the statements that write 1 - y: where the odds are infinite, the smaller of no number and 1."""
    return Call("multiply", (odds, y), out), Call("smaller", (out, ONE), out)


SLOPES: dict[str, Callable[[Operand, Operand, Ref], tuple[Statement, ...]]] = {
    "tanh": lambda y, u, out: (Call("tanh_slope", (u, y), out),),
    "sigmoid": lambda y, odds, out: (*complement(y, odds, out), Call("multiply", (out, y), out)),
    "relu": lambda y, _, out: (Put(out, Positive(y)),),
    "identity": lambda y, _, out: (Put(out, ONE),),
    "exp": lambda y, _, out: (Put(out, y),),
    "log": lambda y, _, out: (Call("negative", (y,), out), Call("exp", (out,), out)),
}
LOGISTIC: dict[str, Callable[[Operand, Ref], tuple[Statement, ...]]] = {
    ODDS: lambda u, out: (Call("negative", (u,), out), Call("exp", (out,), out)),
    SHARE: lambda odds, out: (Call("add", (odds, ONE), out), Call("divide", (ONE, out), out)),
}
