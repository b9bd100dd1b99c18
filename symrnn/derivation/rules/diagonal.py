"""Rules for diagonal matrices: they scale entry by entry, so they multiply, add and act entry by entry.

Gates make many of them. A product of two is one again, which keeps the formulas of a gated cell short.
"""

from __future__ import annotations

from functools import reduce

from symrnn.derivation.rules import rule
from symrnn.model import OrderedNetwork
from symrnn.tensor import (
    Contraction,
    Diagonal,
    Hadamard,
    Plus,
    Scale,
    Tensor,
    contract,
    hadamard,
    plus,
    scale,
)

MEANING = "definition of diag"


@rule(
    "diagonal product",
    "Multiplying by a diagonal matrix multiplies entry by entry.",
    source=MEANING,
    because="A diagonal matrix scales each entry on its own.",
    together=True,
)
def diagonal_product(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """g diag(v) = g ⊙ v."""
    match node:
        case Contraction(factors=(*front, Diagonal(v))) if front and front[0].rank == 1:
            return hadamard(contract(*front), v)
    return None


@rule(
    "product of diagonals",
    "The product of two diagonal matrices is the diagonal matrix of the entrywise product.",
    source=MEANING,
    because="Diagonal matrices multiply entry by entry.",
    together=True,
)
def diagonal_factors(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """diag(u) diag(v) = diag(u ⊙ v)."""
    match node:
        case Contraction():
            for i, pair in enumerate(zip(node.factors, node.factors[1:])):
                match pair:
                    case Diagonal(u), Diagonal(v):
                        both = Diagonal(reduce(hadamard, (*_entrywise(u), *_entrywise(v))))
                        return contract(*node.factors[:i], both, *node.factors[i + 2 :])
    return None


def _entrywise(vector: Tensor) -> tuple[Tensor, ...]:
    """Return the factors of an entrywise product, which needs no brackets."""
    match vector:
        case Hadamard(u, v):
            return (*_entrywise(u), *_entrywise(v))
    return (vector,)


@rule(
    "sum of diagonals",
    "The sum of diagonal matrices is the diagonal matrix of the sum.",
    source=MEANING,
    because="Diagonal matrices add entry by entry.",
    together=True,
)
def diagonal_terms(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """diag(u) + diag(v) = diag(u + v)."""
    match node:
        case Plus():
            vectors = [_on_diagonal(term) for term in node.args]
            found = [v for v in vectors if v is not None]
            return Diagonal(plus(found)) if len(found) == len(vectors) else None
    return None


def _on_diagonal(term: Tensor) -> Tensor | None:
    """Return the vector on the diagonal of c diag(v), or None."""
    match term:
        case Diagonal(v):
            return v
        case Scale(factor, Diagonal(v)):
            return scale(factor, v)
    return None
