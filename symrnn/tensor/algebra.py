"""How expressions are put together: the functions that drop zeros and identities, and nothing else.

Rules, the cell parser and the reader of printed formulas all build through these five functions, so an
expression has one form wherever it comes from. Each of them keeps the author's order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symrnn.tensor.nodes import (
    Contraction,
    Eye,
    Hadamard,
    Ones,
    Outer,
    Plus,
    Scale,
    Shape,
    Tensor,
    Zeros,
)


def plus(terms: Iterable[Tensor], shape: Shape = ()) -> Tensor:
    """Sum of terms, flattened, without zeros; ``Zeros(shape)`` if none is left."""
    kept: list[Tensor] = []
    for term in terms:
        shape = term.shape
        if isinstance(term, Plus):
            kept.extend(term.args)
        elif not isinstance(term, Zeros):
            kept.append(term)
    if not kept:
        return Zeros(shape)
    return kept[0] if len(kept) == 1 else Plus(*kept)


def scale(factor: Any, tensor: Tensor) -> Tensor:
    """A number times a tensor."""
    if isinstance(tensor, Scale):
        return scale(factor * tensor.factor, tensor.tensor)
    if factor == 0 or isinstance(tensor, Zeros):
        return Zeros(tensor.shape)
    return tensor if factor == 1 else Scale(factor, tensor)


def contract(*factors: Tensor, joined: int = 1) -> Tensor:
    """Chain product A B C …: numbers in front, identities dropped, zero if a factor is.

    Parameters
    ----------
    factors : Tensor
    joined : int
        How many axes neighbours share: the rank of the variable in between.

    Examples
    --------
    >>> from symrnn.tensor import Variable
    >>> W, s = Variable("W", ("d", "d")), Variable("s", ("d",), time=2)
    >>> contract(W, s).shape
    ('d',)
    >>> contract(s, Variable("x", ("n",)))
    Traceback (most recent call last):
    symrnn.tensor.nodes.ShapeError: cannot contract ('d',) with ('n',)
    """
    product = factors[0]
    for factor in factors[1:]:
        product = _contract_two(product, factor, joined)
    return product


def _contract_two(left: Tensor, right: Tensor, joined: int) -> Tensor:
    """One contraction of two factors."""
    if isinstance(left, Scale):
        return scale(left.factor, _contract_two(left.tensor, right, joined))
    if isinstance(right, Scale):
        return scale(right.factor, _contract_two(left, right.tensor, joined))
    product = Contraction(left, right, joined=joined)  # checks the shapes
    if isinstance(left, Zeros) or isinstance(right, Zeros):
        return Zeros(product.shape)
    if isinstance(left, Eye) and left.rank == 2 * joined:
        return right
    if isinstance(right, Eye) and right.rank == 2 * joined:
        return left
    return Contraction(*_chain(left, -1, joined), *_chain(right, 0, joined), joined=joined)


def _chain(tensor: Tensor, end: int, joined: int) -> Sequence[Tensor]:
    """Factors of a product that may be continued at ``end``: not past a vector, which closes its axis."""
    same = isinstance(tensor, Contraction) and tensor.joined == joined
    return tensor.factors if same and tensor.factors[end].rank >= 2 * joined else (tensor,)


def through(outer_part: Tensor, inner: Tensor, rank: int) -> Tensor:
    """Chain rule product (∂y/∂u)(∂u/∂x) for a ``u`` of a rank: 0 for a number, 1 for a vector."""
    return contract(outer_part, inner, joined=rank) if rank else outer(outer_part, inner)


def outer(left: Tensor, right: Tensor) -> Tensor:
    """Outer product; a factor 1 is dropped, zero stays zero, numbers go in front."""
    if isinstance(left, Scale):
        return scale(left.factor, outer(left.tensor, right))
    if isinstance(right, Scale):
        return scale(right.factor, outer(left, right.tensor))
    if isinstance(left, Zeros) or isinstance(right, Zeros):
        return Zeros(left.shape + right.shape)
    if is_one(left):
        return right
    return left if is_one(right) else Outer(left, right)


def is_one(tensor: Tensor) -> bool:
    """Whether a tensor is the number 1."""
    return isinstance(tensor, Ones | Eye) and tensor.rank == 0


def hadamard(left: Tensor, right: Tensor) -> Tensor:
    """Entrywise product; ones are dropped, zero stays zero, numbers go in front."""
    if isinstance(left, Scale):
        return scale(left.factor, hadamard(left.tensor, right))
    if isinstance(right, Scale):
        return scale(right.factor, hadamard(left, right.tensor))
    product = Hadamard(left, right)  # checks the shapes
    if isinstance(left, Zeros) or isinstance(right, Zeros):
        return Zeros(product.shape)
    if isinstance(left, Ones):
        return right
    return left if isinstance(right, Ones) else product
