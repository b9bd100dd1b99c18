"""The matrix view: an expression as it stands on paper, as a layout tree.

Vectors have no orientation in the language, on paper they have one. A vector is a column by nature, the
derivative of a number by a vector is a row, and a product is what its factors make it. ``layout`` prints
an expression in the orientation asked for: a column asked for as a row gets a ⊤, a product of the wrong
orientation is transposed factor by factor, so a gradient may be read as ``(ŷ − y)⊤ V`` or as ``V⊤ (ŷ −
y)``.

Brackets go wherever the reader would otherwise have to guess; the letter of a bound index gives way to a
free one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy.core.symbol import Symbol as TimeSymbol

from symrnn.model import Conventions, in_force
from symrnn.notation.emitters.latex import latex
from symrnn.notation.orientation import Orientation, orientation, turns
from symrnn.notation.symbols import copy_of, number_tree, time, variable, variable_symbol
from symrnn.notation.tree import (
    BigSum,
    Coloured,
    Fraction,
    Group,
    Name,
    Number,
    Operator,
    Role,
    Script,
    Symbol,
    Tree,
    row,
    separated,
    uncoloured,
)
from symrnn.tensor import (
    Apply,
    Contraction,
    Derivative,
    Diagonal,
    Eye,
    Hadamard,
    Immediate,
    JacobianProduct,
    Ones,
    Outer,
    OverTime,
    Partial,
    Plus,
    Scale,
    Tensor,
    TimeSum,
    Total,
    Variable,
    Zeros,
    scale,
)

TOP = Symbol("top")
PARTIAL = Symbol("partial")
THIN = Operator("thin")
LETTERS = ("k", "j", "i", "l", "q", "r")


def layout(tensor: Tensor, as_: Orientation | None = None) -> Tree:
    """Return the layout tree of an expression.

    Parameters
    ----------
    tensor : Tensor
    as_ : "row" or "column", optional
        Orientation of a vector on paper; ignored for other ranks. Default: its nature.
    """
    return _layout(tensor, as_, in_force())


@lru_cache(maxsize=16384)
def _layout(tensor: Tensor, as_: Orientation | None, how: Conventions) -> Tree:
    """Return the layout tree of an expression as ``how``, which is in force, has it."""
    if tensor.rank != 1 or as_ is None or orientation(tensor) == as_:
        return _natural(tensor)
    match tensor:
        case Contraction():
            return _natural(tensor, as_)
        case Scale(factor, inner):
            return _scaled(factor, inner, as_)
        case Plus() if any(orientation(term) == as_ for term in tensor.args):
            return _sum(tensor, as_)
        case Hadamard() if as_ == "row":
            return _transposed(tensor)
        case Hadamard() | Outer() | TimeSum():
            return _natural(tensor, as_)
    return _transposed(tensor)


def _transposed(factor: Tensor) -> Tree:
    """Return a factor with ⊤, unless it is symmetric or zero."""
    if isinstance(factor, Diagonal | Eye | Zeros):
        return layout(factor)
    if isinstance(factor, Variable):
        inner = variable(factor)
        return Script(inner.base, inner.sub, TOP) if isinstance(inner, Script) else Script(inner, sup=TOP)
    return Script(Group(_natural(factor)), sup=TOP)


def _reversed(factor: Tensor, first: bool) -> Tree:
    """Return a factor of a product that is written backwards: its row becomes a column, its column a row."""
    if factor.rank == 1:
        return _closed(layout(factor, "column" if first else "row"), factor)
    return _transposed(factor)


def _natural(tensor: Tensor, as_: Orientation | None = None) -> Tree:
    match tensor:
        case Variable():
            return variable(tensor)
        case Zeros():
            return Number("0")
        case Ones():
            return Number("1") if not tensor.rank else Script(Symbol("ones"), sub=_size(tensor.shape))
        case Eye():
            return (
                Number("1")
                if not tensor.rank
                else Script(Symbol("I"), sub=_size(tensor.shape[: tensor.rank // 2]))
            )
        case Plus():
            return _sum(tensor, as_ or (orientation(tensor) if tensor.rank == 1 else None))
        case Scale(factor, inner):
            return _scaled(factor, inner, as_)
        case Contraction():
            first, final = tensor.args[0], _written_last(tensor)
            leads = "row" if first.rank == 1 else "column"
            if tensor.rank == 1 and (as_ or orientation(tensor)) != leads and turns(tensor):
                return _product([_reversed(part, part is first) for part in reversed(tensor.args)])
            front = layout(first, "row") if first.rank == 1 else None
            rest = tensor.args if front is None else tensor.args[1:]
            closed = [] if front is None else [_closed(front, first)]
            return _product([*closed, *(_factor(f, last=f is final) for f in rest)])
        case Hadamard(left, right):
            whole = as_ or orientation(tensor)
            first = layout(left, whole)
            return row(
                first if isinstance(left, Hadamard) else _closed(first, left),
                Operator("odot"),
                _closed(layout(right, whole), right),
            )
        case Outer(left, right) if not left.rank or not right.rank:
            number, rest = (left, right) if not left.rank else (right, left)
            return row(
                _closed(layout(number), number), THIN, _factor(rest, last=True, as_=as_ or orientation(rest))
            )
        case Outer(left, right) if left.rank == right.rank == 1:
            column, across = layout(left, "column"), layout(right, "row")
            return _product([_inner(column, left), _inner(across, right)])
        case Outer(left, right):
            sides = _closed(layout(left), left), _closed(layout(right, "column"), right)
            return row(sides[in_force().mirrored], Operator("otimes"), sides[not in_force().mirrored])
        case Diagonal(vector):
            return row(Name("diag"), Group(layout(vector, "column")))
        case Apply():
            return _apply(tensor)
        case Partial() | Immediate() | Total():
            return derivative(tensor)
        case TimeSum():
            body, letter = _opened(tensor)
            term = layout(body, as_)
            limits = BigSum(row(letter, Operator("="), time(tensor.low)), time(tensor.high))
            signed = isinstance(body, Plus) or (isinstance(body, Scale) and body.factor < 0)
            return row(limits, _bracket(term, body) if signed else term)
        case JacobianProduct():
            ends = (tensor.low, tensor.high) if in_force().mirrored else (tensor.high, tensor.low)
            first, last = (_bracketed(tensor.instance(j)) for j in ends)
            return row(first, THIN, Operator("cdots"), THIN, last)
    raise NotImplementedError(f"no layout for {type(tensor).__name__}")


def derivative(tensor: Tensor) -> Tree:
    """Layout of a derivative node, in the colour of its role."""
    of, wrt = tensor.args
    copied = isinstance(tensor, Immediate) and wrt.time is None and in_force().copies
    signed = isinstance(tensor, Immediate) and not copied
    sign: Tree = Script(PARTIAL, sup=Operator("+")) if signed else PARTIAL
    below = copy_of(variable(wrt), of.time) if copied else variable(wrt)
    top = layout(of, "column") if isinstance(of, Variable | Apply) else Group(layout(of, "column"))
    fraction = Fraction(row(sign, top), row(PARTIAL, below))
    role = derivative_role(tensor)
    return fraction if role is None else Coloured(fraction, role)


def derivative_role(tensor: Tensor) -> Role | None:
    """Blue where a parameter or an input acts, orange where the effect travels from one time to another."""
    of, wrt = tensor.args
    timed = isinstance(of, Variable) and of.rank and of.time is not None and wrt.time is not None
    if timed and of.time != wrt.time:
        return "implicit"
    return "explicit" if isinstance(tensor, Immediate) else None


def _apply(tensor: Apply) -> Tree:
    argument = layout(tensor.argument, "column")
    if tensor.function == "log" and tensor.order == 1:
        return Fraction(Number("1"), argument)
    symbol = Symbol("sigma") if tensor.symbol == "sigma" else Name(tensor.symbol)
    primes = (Operator("prime"),) * tensor.order
    return row(symbol, *primes, Group(argument))


def _size(shape: tuple[str, ...]) -> Tree:
    shown = reversed(shape) if in_force().mirrored else shape
    return separated([variable_symbol(axis) for axis in shown], "times")


def _sum(tensor: Plus, as_: Orientation | None) -> Tree:
    """Terms with their signs; a sum of columns asked for as a row is bracketed and gets one ⊤."""
    pieces: list[Tree] = []
    for term in tensor.args:
        negative = isinstance(term, Scale) and term.factor < 0
        body = scale(-term.factor, term.tensor) if negative else term
        if pieces or negative:
            pieces.append(Operator("-" if negative else "+"))
        if isinstance(body, Ones) and body.rank:
            pieces.append(Number("1"))
        else:
            shown_body = layout(body, as_)
            pieces.append(Group(shown_body) if isinstance(body, Plus) else shown_body)
    return row(*pieces)


def _scaled(factor: Any, inner: Tensor, as_: Orientation | None) -> Tree:
    tree = layout(inner, as_)
    if isinstance(inner, Plus | Scale) and not isinstance(tree, Script):
        tree = _bracket(tree, inner)
    if factor == -1:
        return row(Operator("-"), tree)
    number = number_tree(abs(factor))
    sign = (Operator("-"),) if factor < 0 else ()
    return row(*sign, number, THIN, tree)


def _factor(tensor: Tensor, last: bool, as_: Orientation | None = None) -> Tree:
    """Return a factor of a product: sums and other products in brackets, a final Σ open."""
    tree = layout(tensor, as_ or ("column" if tensor.rank == 1 else None))
    return tree if isinstance(tensor, TimeSum) and last else _closed(tree, tensor)


def _inner(tree: Tree, tensor: Tensor) -> Tree:
    """Return one side of an outer product: a chain product stays open, all else and a final Σ are closed."""
    chain = isinstance(tensor, Contraction) and not isinstance(_written_last(tensor), TimeSum)
    return tree if chain else _closed(tree, tensor)


def _closed(tree: Tree, tensor: Tensor) -> Tree:
    """Bracket what is not one factor; a sum that was transposed is closed already."""
    if isinstance(tree, Script):
        return tree
    if isinstance(tensor, Plus):
        return _bracket(tree, tensor)
    open_ = isinstance(tensor, Scale | Contraction | Hadamard | Outer | OverTime)
    return Group(tree) if open_ else tree


def _bracket(tree: Tree, tensor: Tensor) -> Tree:
    """Square brackets round what holds derivatives, round ones round the rest."""
    return Group(tree, "[" if tensor.has(Derivative) else "(")


def _bracketed(tensor: Tensor) -> Tree:
    return _closed(layout(tensor), tensor)


def _written_last(product: Contraction) -> Tensor:
    """Return the factor of a product that is written at its end."""
    return product.args[0 if in_force().mirrored else -1]


def _product(factors: list[Tree]) -> Tree:
    """Return factors side by side, from the other end where rows are multiplied."""
    out: list[Tree] = []
    for factor in reversed(factors) if in_force().mirrored else factors:
        out.extend((THIN, factor) if out else (factor,))
    return row(*out)


def _opened(tensor: TimeSum) -> tuple[Tensor, Symbol]:
    """Return the body of a sum with a letter that no free time of the body uses."""
    free = {s.name for s in tensor.body.atoms(TimeSymbol) if s != tensor.index}
    free |= {s.name for bound in (tensor.low, tensor.high) for s in bound.free_symbols}
    letter = next(name for name in (tensor.index.name, *LETTERS) if name not in free)
    return tensor.instance(TimeSymbol(letter, integer=True, positive=True)), Symbol(letter)


def line(lhs: Tensor, rhs: Tensor) -> tuple[Tree, Tree]:
    """Both sides of an equation in one orientation, that of the left side."""
    side = orientation(lhs) if lhs.rank == 1 else None
    return layout(lhs, side), layout(rhs, side)


def inline(tensor: Tensor) -> Tree:
    """Layout for running text: a derivative with a slash instead of a bar."""
    if not isinstance(tensor, Derivative):
        return layout(tensor)
    fraction = derivative(tensor)
    fraction = fraction.body if isinstance(fraction, Coloured) else fraction
    assert isinstance(fraction, Fraction)  # what derivative() makes
    return row(fraction.top, Operator("slash"), fraction.bottom)


Tensor.typesetter = lambda tensor: latex(uncoloured(layout(tensor)))
