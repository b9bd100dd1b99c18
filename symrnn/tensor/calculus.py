"""Derivatives and time as nodes: what stands on paper while a derivation is under way.

Four derivatives are kept apart because their difference is the subject; they differ in what is held fixed.
``Partial(e, x)``: every other variable of the expression in front of you. ``Direct(v, x)`` (∂°): everything
but the equation of ``v`` as it is written, so it is the derivative along one edge. ``Immediate(v, x)`` (∂⁺,
Pascanu et al. 2013): every other state, of the step before and of the same step; gates and pre-activations
are put in. ``Total(v, x)`` (∂): nothing, it follows every path. (Werbos 1990 writes ∂⁺ for the total one.)
None of them depends on which variables a network keeps as nodes, so each has one value at a point.

``TimeSum`` and ``JacobianProduct`` range over time. Their bound index is a symbol of its own kind
(``bound``), different from every free time symbol of the same name, so instantiating a free index can
capture nothing.
"""

from __future__ import annotations

from typing import Any

from sympy.core.expr import Expr
from sympy.core.symbol import Symbol
from sympy.core.sympify import sympify

from symrnn.tensor.errors import InputError
from symrnn.tensor.nodes import ShapeError, Tensor, Time, Variable, build


class Derivative(Tensor):
    """∂ of something by a variable; shape is the shape of both, joined."""

    __slots__ = ()
    __match_args__ = ("of", "wrt")

    def __new__(cls, of: Tensor, wrt: Variable) -> Derivative:
        """Numerator layout."""
        if not isinstance(of, Tensor) or not isinstance(wrt, Variable):
            raise InputError(
                f"cannot differentiate {of!r:.80} by {wrt!r:.80}; accepted: an expression by a variable,"
                f" such as network['s', 3] by network['W']"
            )
        return build(cls, of.shape + wrt.shape, of, wrt)

    of = property(lambda self: self.args[0])
    wrt = property(lambda self: self.args[1])


class Partial(Derivative):
    """Derivative of an expression, every other variable in it held fixed."""

    __slots__ = ()


class Direct(Derivative):
    """∂°v/∂x: derivative of the equation of ``v`` as it is written, everything else in it held fixed."""

    __slots__ = ()


class Immediate(Derivative):
    """∂⁺v/∂x: every state but ``v`` held fixed; what is computed on the way is put in."""

    __slots__ = ()


class Total(Derivative):
    """∂v/∂x along every path of the network."""

    __slots__ = ()


def bound(letter: str) -> Symbol:
    """Return a bound time index: equal to no free index, whatever its letter."""
    return Symbol(letter, integer=True, positive=True)


class OverTime(Tensor):
    """A node with a bound time index: ``body`` for ``index`` from ``low`` to ``high``."""

    __slots__ = ()
    __match_args__ = ("body", "index", "low", "high")

    body = property(lambda self: self.args[0])
    index = property(lambda self: self.args[1])
    low = property(lambda self: self.args[2])
    high = property(lambda self: self.args[3])

    def __new__(cls, body: Tensor, index: Symbol, low: Time, high: Time) -> OverTime:
        """The index is renamed to a bound one; nested ranges need different letters."""
        letter = bound(index.name)
        if index != letter:
            body = body.xreplace({index: letter})
        if any(inner.index == letter for inner in body.atoms(OverTime)):
            raise InputError(f"the index {letter} is used twice, one range inside the other")
        cls.check(body)
        return build(cls, body.shape, body, letter, sympify(low, strict=True), sympify(high, strict=True))

    @staticmethod
    def check(body: Tensor) -> None:
        """Raise if the body cannot be ranged over."""

    def instance(self, time: Time) -> Tensor:
        """Return the body at one value of the index."""
        return self.body.xreplace({self.index: sympify(time, strict=True)})

    def times(self) -> range:
        """Return the range as integers; both ends must be instantiated."""
        return range(int(self.low), int(self.high) + 1)


class TimeSum(OverTime):
    """Σ over a time index."""

    __slots__ = ()


class JacobianProduct(OverTime):
    """Product over a time index, later factors on the left; the empty product is the identity."""

    __slots__ = ()

    @staticmethod
    def check(body: Tensor) -> None:
        """Only square matrices have a product of any length."""
        if body.rank != 2 or body.shape[0] != body.shape[1]:
            raise ShapeError(f"a product over time needs square matrices, not shape {body.shape}")


def free_times(tensor: Tensor) -> set[Any]:
    """Time symbols that an instantiation would have to fix."""
    indices = {node.index for node in tensor.atoms(OverTime)}
    return {s for s in tensor.atoms(Symbol) if s not in indices}


def instantiate(tensor: Tensor, times: dict[Expr, Any]) -> Tensor:
    """Replace free time symbols by numbers."""
    return tensor.xreplace({s: sympify(value, strict=True) for s, value in times.items()})
