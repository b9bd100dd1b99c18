"""A sum taken apart: numbers, factors and one linear part for each term.

Every equation that code is written for is a sum. A term is a number times entrywise factors times at most
one *core*: the part that changes inside the loop and that everything else only scales. In a forward equation
a core is a product with a matrix; in an adjoint equation, which is linear in the adjoints, it is the
adjoint or its product with a matrix. The factors beside it depend on the forward pass alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy.core.numbers import Integer

from symrnn.tensor import (
    Contraction,
    Hadamard,
    Ones,
    Outer,
    Plus,
    Scale,
    Shape,
    Tensor,
    Variable,
    hadamard,
    outer,
    plus,
    scale,
)


@dataclass(frozen=True)
class Term:
    """number · core ⊙ factor ⊙ factor …; the core is None where no part is linear."""

    number: Any
    core: Tensor | None
    factors: tuple[Tensor, ...]

    @property
    def shape(self) -> Shape:
        """Shape of the product."""
        return max((t.shape for t in self.tensors), key=len, default=())

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Core and factors."""
        return self.factors if self.core is None else (self.core, *self.factors)

    def shifted(self, times: dict[Any, Any]) -> Term:
        """Return the term at other times."""
        core = None if self.core is None else self.core.xreplace(times)
        return Term(self.number, core, tuple(f.xreplace(times) for f in self.factors))

    def variables(self) -> set[Variable]:
        """Every variable of the term."""
        return set().union(*(t.variables() for t in self.tensors)) if self.tensors else set()


def terms_of(tensor: Tensor, is_core: Callable[[Tensor], bool]) -> Iterator[Term]:
    """Take a sum in row form apart.

    Parameters
    ----------
    tensor : Tensor
    is_core : callable
        Whether a node holds what the sum is linear in; sums and multiples of such nodes are taken apart.
    """
    match tensor:
        case Plus():
            for part in tensor.args:
                yield from terms_of(part, is_core)
        case Scale(factor, inner):
            for term in terms_of(inner, is_core):
                yield replace(term, number=term.number * factor)
        case Hadamard(left, right) | Outer(left, right) if is_core(left) != is_core(right):
            linear, factor = (left, right) if is_core(left) else (right, left)
            for term in terms_of(linear, is_core):
                yield replace(term, factors=(*term.factors, *factors_of(factor)))
        case Contraction(factors=(left, right)) if is_core(tensor) and (is_core(left) or is_core(right)):
            yield from _opened(left, right, is_core)
        case _ if is_core(tensor):
            yield Term(Integer(1), tensor, ())
        case _:
            yield Term(Integer(1), None, tuple(factors_of(tensor)))


def _opened(left: Tensor, right: Tensor, is_core: Callable[[Tensor], bool]) -> Iterator[Term]:
    """Draw sums, numbers and number-valued parts out of a product with a matrix or a vector."""
    linear, other = (left, right) if is_core(left) else (right, left)
    for term in terms_of(linear, is_core):
        scalars = tuple(f for f in term.factors if not f.rank) if linear.rank else ()
        inner = term.core
        assert inner is not None  # is_core holds for the linear side
        for factor in (f for f in term.factors if f not in scalars):
            inner = Hadamard(inner, factor) if inner.rank else outer(inner, factor)
        core = Contraction(inner, other) if linear is left else Contraction(other, inner)
        yield Term(term.number, core, scalars)


def matrix_terms(expression: Tensor) -> list[Term]:
    """Return the terms of a sum; products with a matrix are their cores."""

    def is_core(tensor: Tensor) -> bool:
        return isinstance(tensor, Contraction) and max(a.rank for a in tensor.factors) == 2

    return list(terms_of(expression, is_core))


def factors_of(tensor: Tensor) -> Iterator[Tensor]:
    """Yield the entrywise factors of a product."""
    match tensor:
        case Hadamard(left, right):
            yield from factors_of(left)
            yield from factors_of(right)
        case Outer(left, right) if not left.rank or not right.rank:
            yield from factors_of(left)
            yield from factors_of(right)
        case Ones():
            return
        case _:
            yield tensor


def like_cores(terms: Sequence[Term]) -> list[Term]:
    """Join terms with the same core: c u + c v = c (u + v)."""
    joined: list[Term] = []
    for term in terms:
        same = [t for t in terms if t.core == term.core and t.core is not None and t.factors]
        if not term.factors or len(same) < 2:
            joined.append(term)
        elif term is same[0]:
            total = plus(scale(t.number, product_of_factors(t)) for t in same)
            joined.append(Term(Integer(1), term.core, (total,)))
    return joined


def product_of_factors(term: Term) -> Tensor:
    """Return the factors of a term as one expression, without the number and the core."""
    product: Tensor = Ones(())
    for factor in term.factors:
        both = product.rank and factor.rank
        product = Hadamard(product, factor) if both else outer(product, factor)
    return product


def sum_of(terms: Sequence[Term]) -> Tensor:
    """Return terms as one expression again."""
    parts = []
    for term in terms:
        product = product_of_factors(term)
        if term.core is None:
            whole = product
        else:
            whole = (hadamard if term.core.rank and product.rank else outer)(term.core, product)
        parts.append(scale(term.number, whole))
    return plus(parts)
