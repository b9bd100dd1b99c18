"""The language: a small closed set of tensor nodes whose axes have names.

A shape is a tuple of axis names such as ``("d", "n")``. The derivative of ``y`` by ``x`` has shape
``y.shape + x.shape`` (numerator layout), and a contraction joins the last axis of its left factor with
the first axis of its right factor, so the chain rule is a product at every rank. Vectors have rank 1:
there are no row and column arrays; only the typesetter knows about transposes.

Every node is a SymPy ``Basic``: immutable, hashable, ``node.func(*node.args) == node``, and ``xreplace``
instantiates symbolic times. Order is the author's order. The functions ``plus``, ``contract``, ``scale``,
``outer`` and ``hadamard`` drop zeros and identities, flatten, and move numbers to the front; they do
nothing else. The nodes of differentiation and of time live in ``symrnn.tensor.calculus``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from sympy.core.basic import Basic
from sympy.core.containers import Tuple
from sympy.core.numbers import Integer
from sympy.core.symbol import Str, Symbol
from sympy.core.sympify import sympify

from symrnn.tensor.errors import InputError

Shape = tuple[str, ...]
Time = Any  # an int or a SymPy expression
Node = TypeVar("Node", bound="Tensor")

# a name with up to two parts below, then the number of a layer, then the mark of an adjoint
PLAIN_NAME = re.compile(r"[A-Za-z]{1,12}(_[A-Za-z0-9]{1,8}){0,4}")


class ShapeError(InputError):
    """Two shapes do not fit; the message names both."""


class Tensor(Basic):
    """A node of the language; subclasses fix ``shape``, a tuple of axis names, at construction."""

    __slots__ = ("shape",)
    shape: Shape

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def variables(self) -> set[Variable]:
        """Every variable that occurs in the expression."""
        return self.atoms(Variable)

    def _latex(self, printer: object) -> str:
        """Answer SymPy's printers, and so notebooks, which ask a node and nobody else.

        How formulas look is decided above this package. The package root, which is loaded wherever a node
        comes from, hands that out on demand.
        """
        import symrnn

        return symrnn.in_latex(self)

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({', '.join(str(argument) for argument in self.args)})"

    _sympyrepr = _sympystr


def build(cls: type[Node], shape: Iterable[Any], *args: Any) -> Node:
    """Make a node of class ``cls`` with SymPy arguments ``args`` and remember its shape."""
    node = Basic.__new__(cls, *args)
    node.shape = tuple(plain(axis) for axis in shape)
    return node


def axes(names: Iterable[Any]) -> Tuple:
    """Axis names as a SymPy tuple."""
    return Tuple(*(Str(plain(name)) for name in names))


def plain(name: Any) -> str:
    """Text of a SymPy ``Str`` or of anything else; ``str`` of a ``Str`` would start SymPy's printer."""
    return name.name if isinstance(name, Str) else str(name)


def time_symbol(name: str) -> Symbol:
    """Return a free time index, such as the k in ``s[k-1]``."""
    return Symbol(name, integer=True)


class Variable(Tensor):
    r"""A named tensor, optionally at a time: ``W``, ``s[3]``, ``s[k-1]``.

    Examples
    --------
    >>> Variable("s", ("d",), 3)
    s[3]
    >>> Variable(r"\\input{x}", ("d",))
    Traceback (most recent call last):
    symrnn.tensor.errors.InputError: the name '\\\\input{x}' is not a plain symbol such as W, s or b_hn
    """

    __slots__ = ("key", "network")
    key: tuple[
        Any, ...
    ]  # name, shape and time: what it is equal by, quicker than SymPy's walk over arguments
    network: Any  # where it was looked up, or None: ``derive`` asks it; no part of what it is equal by

    def __new__(cls, name: Any, shape: Iterable[Any] = (), time: Time | None = None) -> Variable:
        """Check the name: it reaches paper."""
        if not PLAIN_NAME.fullmatch(plain(name)):
            raise InputError(f"the name {plain(name)!r} is not a plain symbol such as W, s or b_hn")
        names = axes(shape)
        times = () if time is None else (sympify(time, strict=True),)
        node = build(cls, names, Str(plain(name)), names, *times)
        integers = (int(t) if t.is_Integer else t for t in times)
        node.key = (plain(name), node.shape, *integers)
        node.network = None
        return node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variable) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def name(self) -> str:
        """The plain name."""
        return self.args[0].name

    @property
    def time(self) -> Any:
        """The time index, an integer or a symbolic expression; None for parameters."""
        return self.args[2] if len(self.args) == 3 else None

    def at(self, time: Time) -> Variable:
        """Return the same signal at another time."""
        return Variable(self.name, self.shape, time)

    def _sympystr(self, printer: Any) -> str:
        return self.name if self.time is None else f"{self.name}[{self.time}]"

    _sympyrepr = _sympystr


class Constant(Tensor):
    """A tensor given by its shape alone."""

    __slots__ = ()

    def __new__(cls, shape: Iterable[Any]) -> Constant:
        """Take the shape as axis names."""
        return build(cls, cls.full_shape(tuple(shape)), axes(shape))

    @staticmethod
    def full_shape(shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the shape of the node from the shape it was made with."""
        return shape


class Zeros(Constant):
    """The zero tensor of a shape."""

    __slots__ = ()


class Ones(Constant):
    """The tensor of ones of a shape; ``Ones(())`` is the number 1."""

    __slots__ = ()


class Eye(Constant):
    """The identity ∂x/∂x on tensors of a shape; its own shape is that shape twice."""

    __slots__ = ()

    @staticmethod
    def full_shape(shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the shape twice."""
        return shape + shape


class Plus(Tensor):
    """u + v + …, in the order written."""

    __slots__ = ()

    def __new__(cls, *terms: Tensor) -> Plus:
        """All terms have one shape."""
        for term in terms[1:]:
            if term.shape != terms[0].shape:
                raise ShapeError(f"cannot add {terms[0].shape} and {term.shape}")
        return build(cls, terms[0].shape, *terms)


class Scale(Tensor):
    """A number times a tensor; ``Scale(-1, u)`` is −u."""

    __slots__ = ()
    __match_args__ = ("factor", "tensor")

    def __new__(cls, factor: Any, tensor: Tensor) -> Scale:
        """The factor is a SymPy number."""
        return build(cls, tensor.shape, sympify(factor, strict=True), tensor)

    @property
    def factor(self) -> Any:
        """The number."""
        return self.args[0]

    @property
    def tensor(self) -> Tensor:
        """What is scaled."""
        return self.args[1]


class Contraction(Tensor):
    """A B C …: the last r axes of each factor are joined with the first r of the next one, in order.

    ``joined`` is r, the rank of the variable in between: 1 for vectors. It stands in the node and is never
    inferred from shapes. All factors but the outer two have at least 2 r axes, which makes the product
    associative.
    """

    __slots__ = ()
    __match_args__ = ("factors", "joined")

    def __new__(cls, *parts: Any, joined: int = 1) -> Contraction:
        """Neighbours agree in the axes they share; r may stand behind the factors, as it does in ``args``."""
        *factors, last = parts
        if isinstance(last, Tensor):
            factors.append(last)
        else:
            joined = int(last)
        for left, right in zip(factors, factors[1:], strict=False):
            shared = left.shape[-joined:], right.shape[:joined]
            if shared[0] != shared[1] or len(shared[0]) != joined:
                raise ShapeError(f"cannot contract {left.shape} with {right.shape}")
        if any(factor.rank < 2 * joined for factor in factors[1:-1]):
            raise ShapeError(f"a vector cannot stand inside a product: {[f.shape for f in factors]}")
        shape = factors[0].shape[:-joined]
        shape += tuple(a for f in factors[1:-1] for a in f.shape[joined:-joined])
        return build(cls, shape + factors[-1].shape[joined:], *factors, Integer(joined))

    factors = property(lambda self: self.args[:-1])
    joined = property(lambda self: int(self.args[-1]))

    def _sympystr(self, printer: Any) -> str:
        shown = self.args[: -1 if self.joined == 1 else None]
        return f"Contraction({', '.join(map(str, shown))})"

    _sympyrepr = _sympystr


class Hadamard(Tensor):
    """u ⊙ v, entry by entry."""

    __slots__ = ()
    __match_args__ = ("left", "right")

    def __new__(cls, left: Tensor, right: Tensor) -> Hadamard:
        """Both have one shape."""
        if left.shape != right.shape:
            raise ShapeError(f"cannot multiply {left.shape} and {right.shape} entrywise")
        return build(cls, left.shape, left, right)

    left = property(lambda self: self.args[0])
    right = property(lambda self: self.args[1])


class Outer(Tensor):
    """u ⊗ v: all axes of u, then all axes of v. A rank-0 factor scales the other one."""

    __slots__ = ()
    __match_args__ = ("left", "right")

    def __new__(cls, left: Tensor, right: Tensor) -> Outer:
        """Shapes are joined."""
        return build(cls, left.shape + right.shape, left, right)

    left = property(lambda self: self.args[0])
    right = property(lambda self: self.args[1])
    factors = property(lambda self: self.args)


class Diagonal(Tensor):
    """diag(v): the matrix with the vector v on its diagonal."""

    __slots__ = ()
    __match_args__ = ("vector",)

    def __new__(cls, vector: Tensor) -> Diagonal:
        """Only a vector has a diagonal matrix."""
        if vector.rank != 1:
            raise ShapeError(f"diag needs a vector, not shape {vector.shape}")
        return build(cls, vector.shape * 2, vector)

    vector = property(lambda self: self.args[0])


class Apply(Tensor):
    """f(u) for a row f of the function table, or its ``order``-th derivative, entry by entry.

    ``symbol`` is how the function is written: a cell says ``sigma`` where the job picks ``tanh``.
    """

    __slots__ = ()
    __match_args__ = ("function", "argument", "order")

    def __new__(cls, function: Any, argument: Tensor, order: Any = 0, symbol: Any = None) -> Apply:
        """The shape is the shape of the argument."""
        shown = Str(plain(function if symbol is None else symbol))
        return build(cls, argument.shape, Str(plain(function)), argument, Integer(order), shown)

    function = property(lambda self: self.args[0].name)
    argument = property(lambda self: self.args[1])
    order = property(lambda self: int(self.args[2]))
    symbol = property(lambda self: self.args[3].name)

    def prime(self) -> Apply:
        """f'(u), entry by entry."""
        return Apply(self.function, self.argument, self.order + 1, self.symbol)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.symbol}{chr(39) * self.order}({self.argument})"

    _sympyrepr = _sympystr
