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
from symrnn.notation.brackets import bracketed, is_symmetric, written_last
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
    Direct,
    Eye,
    Hadamard,
    Immediate,
    JacobianProduct,
    Ones,
    Outer,
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
MARKS = {"Immediate": Operator("+"), "Direct": Operator("circ")}  # what ∂ carries, where it does
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
        case Contraction() | Scale() | Outer() | TimeSum():
            return _natural(tensor, as_)
        case Plus() if any(orientation(term) == as_ for term in tensor.args):
            return _natural(tensor, as_)
        case Hadamard() if as_ == "column":
            return _natural(tensor, as_)
    return _transposed(tensor)


def _placed(tensor: Tensor, place: str, as_: Orientation | None = None) -> Tree:
    """Return the layout of a part, in brackets if its place needs them."""
    return bracketed(layout(tensor, as_), tensor, place)


def _transposed(tensor: Tensor) -> Tree:
    """Return a layout with ⊤, unless it is its own transpose."""
    if is_symmetric(tensor):
        return layout(tensor)
    inner = bracketed(_natural(tensor), tensor, "under ᵀ")
    return Script(inner.base, inner.sub, TOP) if isinstance(inner, Script) else Script(inner, sup=TOP)


def _natural(tensor: Tensor, as_: Orientation | None = None) -> Tree:
    """Return the layout of a node; ``as_`` is asked for where it hands that on to its parts."""
    match tensor:
        case Variable():
            return variable(tensor)
        case Zeros():
            return Number("0")
        case Ones() | Eye():
            return _constant(tensor)
        case Plus():
            return _sum(tensor, as_ or (orientation(tensor) if tensor.rank == 1 else None))
        case Scale(factor, inner):
            return _scaled(factor, _placed(inner, "behind a number", as_))
        case Contraction(joined=1):
            return _chain(tensor, as_ or orientation(tensor))
        case Hadamard(left, right):
            whole = as_ or orientation(tensor)
            return row(
                _placed(left, "left of ⊙", whole), Operator("odot"), _placed(right, "right of ⊙", whole)
            )
        case Outer(left, right):
            return _outer(left, right, as_)
        case Diagonal(vector):
            return row(Name("diag"), _placed(vector, "argument", "column"))
        case Apply():
            return _apply(tensor)
        case Partial() | Direct() | Immediate() | Total():
            return derivative(tensor)
        case TimeSum():
            body, letter = _opened(tensor)
            limits = BigSum(row(letter, Operator("="), time(tensor.low)), time(tensor.high))
            return row(limits, _placed(body, "body of Σ", as_))
        case JacobianProduct(body, index, low, high) if not body.has(index):
            return _power(body, high - low + 1)
        case JacobianProduct():
            ends = [_placed(tensor.instance(j), "end of ⋯") for j in (tensor.high, tensor.low)]
            return _product([ends[0], Operator("cdots"), ends[1]])
    raise NotImplementedError(f"no layout for {type(tensor).__name__}")


def _power(body: Tensor, exponent: Any) -> Tree:
    """Return a matrix times itself: no time in it would tell the factors of a dotted product apart."""
    base = bracketed(layout(body), body, "under ᵀ")
    sub, above = (base.sub, base.sup) if isinstance(base, Script) else (None, None)
    if above is not None:
        return Script(Group(base), sup=time(exponent))
    return Script(base.base if isinstance(base, Script) else base, sub, time(exponent))


def _constant(tensor: Ones | Eye) -> Tree:
    if not tensor.rank:
        return Number("1")
    if isinstance(tensor, Ones):
        return Script(Symbol("ones"), sub=_size(tensor.shape))
    return Script(Symbol("I"), sub=_size(tensor.shape[: tensor.rank // 2]))


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
        ones = isinstance(body, Ones) and body.rank
        pieces.append(Number("1") if ones else _placed(body, "term", as_))
    return row(*pieces)


def _scaled(factor: Any, tree: Tree) -> Tree:
    sign = (Operator("-"),) if factor < 0 else ()
    if tree == Number("1"):
        return row(*sign, number_tree(abs(factor)))
    return row(*sign, tree) if factor == -1 else row(*sign, number_tree(abs(factor)), THIN, tree)


def _chain(product: Contraction, whole: Orientation) -> Tree:
    """Factors side by side; a vector at the wrong end turns the product, factor by factor."""
    first, *others = product.factors
    if product.rank == 1 and whole != ("row" if first.rank == 1 else "column") and turns(product):
        turned = [_turned(factor, "row") for factor in reversed(others)]
        return _product([*turned, _turned(first, "column")])
    end = written_last(product)
    lead = _placed(first, "last factor" if end == 0 and first.rank > 1 else "factor", "row")
    rest = enumerate(others, start=1)
    return _product([lead, *(_placed(f, "last factor" if n == end else "factor", "column") for n, f in rest)])


def _turned(factor: Tensor, as_: Orientation) -> Tree:
    """Return a factor of a product that is written backwards."""
    return _placed(factor, "factor", as_) if factor.rank == 1 else _transposed(factor)


def _outer(left: Tensor, right: Tensor, as_: Orientation | None) -> Tree:
    """A number scales; two vectors are a column and a row; beyond matrices there is a sign."""
    if not left.rank or not right.rank:
        number, rest = (left, right) if not left.rank else (right, left)
        return row(_placed(number, "factor"), THIN, _placed(rest, "last factor", as_ or orientation(rest)))
    if left.rank == right.rank == 1:
        return _product([_placed(left, "side of u vᵀ", "column"), _placed(right, "side of u vᵀ", "row")])
    sides = [_placed(left, "side of ⊗"), _placed(right, "side of ⊗", "column")]
    first, second = reversed(sides) if in_force().mirrored else sides
    return row(first, Operator("otimes"), second)


def _product(factors: list[Tree]) -> Tree:
    """Return factors side by side, from the other end where rows are multiplied."""
    out: list[Tree] = []
    for factor in reversed(factors) if in_force().mirrored else factors:
        out.extend((THIN, factor) if out else (factor,))
    return row(*out)


def _apply(tensor: Apply) -> Tree:
    if tensor.function == "log" and tensor.order == 1:
        return Fraction(Number("1"), layout(tensor.argument, "column"))
    symbol = Symbol("sigma") if tensor.symbol == "sigma" else Name(tensor.symbol)
    primes = (Operator("prime"),) * tensor.order
    return row(symbol, *primes, _placed(tensor.argument, "argument", "column"))


def _opened(tensor: TimeSum) -> tuple[Tensor, Symbol]:
    """Return the body of a sum with a letter that no free time of the body uses."""
    free = {s.name for s in tensor.body.atoms(TimeSymbol) if s != tensor.index}
    free |= {s.name for bound in (tensor.low, tensor.high) for s in bound.free_symbols}
    letter = next(name for name in (tensor.index.name, *LETTERS) if name not in free)
    return tensor.instance(TimeSymbol(letter, integer=True, positive=True)), Symbol(letter)


def sign_of(kind: str) -> Tree:
    """Return the ∂ of a kind of derivative, by the name of its node in any case."""
    mark = MARKS.get(kind.capitalize())
    return PARTIAL if mark is None else Script(PARTIAL, sup=mark)


def derivative(tensor: Tensor) -> Tree:
    """Layout of a derivative node, in the colour of its role."""
    of, wrt = tensor.args
    copied = isinstance(tensor, Immediate) and wrt.time is None and in_force().copies
    sign = PARTIAL if copied else sign_of(type(tensor).__name__)
    below = copy_of(variable(wrt), of.time) if copied else variable(wrt)
    fraction = Fraction(row(sign, _placed(of, "under ∂", "column")), row(PARTIAL, below))
    role = derivative_role(tensor)
    return fraction if role is None else Coloured(fraction, role)


def derivative_role(tensor: Tensor) -> Role | None:
    """Blue where a parameter or an input acts, orange where the effect travels from one time to another."""
    of, wrt = tensor.args
    timed = isinstance(of, Variable) and of.rank and of.time is not None and wrt.time is not None
    if timed and of.time != wrt.time:
        return "implicit"
    return "explicit" if isinstance(tensor, Immediate | Direct) else None


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


def in_latex(tensor: Tensor) -> str:
    """Return an expression in LaTeX without colours: what nodes answer to SymPy and to notebooks."""
    return latex(uncoloured(layout(tensor)))
