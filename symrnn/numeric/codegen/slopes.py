"""The slope of each function, f'(u), computed from its value y = f(u): tanh'(u) = 1 - y².

The forward pass keeps the values, not the arguments: a function may be written over its argument. A function
of the table that has a derivative has a row here. ``Slope`` is the one node that is not of the language: it
stands in row form alone, and no other interpreter meets it.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy.core.symbol import Str

from symrnn.numeric.codegen.statements import ONE, Call, Operand, Positive, Put, Ref, Statement
from symrnn.tensor import Tensor, build, plain


class Slope(Tensor):
    """f'(u) for a row f of the function table, as a function of the value y = f(u)."""

    __slots__ = ()
    __match_args__ = ("function", "value")

    def __new__(cls, function: object, value: Tensor) -> Slope:
        """The shape is the shape of the value."""
        return build(cls, value.shape, Str(plain(function)), value)

    function = property(lambda self: self.args[0].name)
    value = property(lambda self: self.args[1])


SLOPES: dict[str, Callable[[Operand, Ref], tuple[Statement, ...]]] = {
    "tanh": lambda y, out: (Call("multiply", (y, y), out), Call("subtract", (ONE, out), out)),
    "sigmoid": lambda y, out: (Call("subtract", (ONE, y), out), Call("multiply", (out, y), out)),
    "relu": lambda y, out: (Put(out, Positive(y)),),
    "identity": lambda y, out: (Put(out, ONE),),
    "exp": lambda y, out: (Put(out, y),),
    "log": lambda y, out: (Call("negative", (y,), out), Call("exp", (out,), out)),
}
