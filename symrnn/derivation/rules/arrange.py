"""Arranging rules: the same value in another order, products of matrices never commuted.

Multiply out brackets, move a factor into a sum over time, collect terms into one, contract an outer product.
Each is associativity, distributivity or the meaning of a symbol; none of them differentiates.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sympy.core.numbers import Integer

from symrnn.derivation.rules import rule, sentence
from symrnn.model import OrderedNetwork
from symrnn.tensor import (
    Apply,
    Contraction,
    Diagonal,
    Eye,
    Ones,
    Outer,
    Plus,
    Scale,
    Tensor,
    TimeSum,
    Total,
    Variable,
    bound,
    contract,
    outer,
    plus,
    replace_node,
    scale,
)

ORDER = "Matrix products do not commute: later steps stay on the left."


def _multiplied_out(node: Tensor) -> Iterator[Tensor]:
    """Terms of a sum with all brackets inside its products multiplied out."""
    match node:
        case Plus():
            for term in node.args:
                yield from _multiplied_out(term)
        case Scale(factor, tensor):
            yield from (scale(factor, term) for term in _multiplied_out(tensor))
        case Contraction():
            for choice in product(*(list(_multiplied_out(factor)) for factor in node.factors)):
                yield contract(*choice, joined=node.joined)
        case _:
            yield node


@rule(
    "distribute",
    "Brackets are multiplied out, the factors of each product keep their order.",
    source="distributive law",
    because=ORDER,
)
def distribute(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """A [B + C] = A B + A C inside a sum, all nested brackets at once."""
    match node:
        case Plus():
            return plus(_multiplied_out(node))
    return None


@rule(
    "multiply out",
    "A product with a sum is the sum of the products.",
    source="distributive law",
    because="Multiply both terms by what stands on their left.",
)
def multiply_out(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """A [B + C] = A B + A C."""
    match node:
        case Scale(_, Contraction() as product) | (Contraction() as product):
            if any(isinstance(factor, Plus) for factor in product.factors):
                return plus(_multiplied_out(node))
    return None


def _term_at(term: Tensor, old: object, new: object) -> Tensor:
    """Move one time of a term; derivatives of a variable by itself become identities."""
    moved = {v: v.at(new) for v in term.variables() if v.time == old}
    return normal(term.xreplace(moved))


def normal(term: Tensor) -> Tensor:
    """Return the term with ∂v/∂v written as the identity."""
    for node in term.atoms(Total):
        if node.args[0] == node.args[1]:
            term = replace_node(term, node, Eye(node.args[1].shape))
    return term


@rule(
    "collect",
    "Terms that differ in one time only are written as one sum over that time.",
    source="definition of Σ; an empty product of Jacobians is the identity",
    because="One term for each use; the last one has the empty product, the identity.",
)
def collect(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """f(4) + f(3) + … + f(1) = Σ_k f(k), in either order of writing."""
    match node:
        case Plus():
            count = len(node.args)
            for terms in (node.args, node.args[::-1]):
                low, high = terms[-1], count
                for letter in ("k", "t"):
                    if (body := _general_term(low, terms, letter, network)) is not None:
                        return TimeSum(body, bound(letter), 1, high)
    return None


def _general_term(
    first: Tensor, terms: tuple[Tensor, ...], letter: str, network: OrderedNetwork
) -> Tensor | None:
    """Return a term with its time 1 made general, if it gives every term of a descending list."""
    index, count = bound(letter), len(terms)
    uses_loss = any(network.is_loss(v) for v in first.variables())
    if uses_loss != (letter == "t"):
        return None
    general = first.xreplace({v: v.at(index) for v in first.variables() if v.time == 1})
    at = (normal(general.xreplace({index: Integer(count - i)})) for i in range(count))
    return general if all(a == b for a, b in zip(at, terms)) else None


@rule(
    "into the sum",
    "A factor in front of a sum may be moved in front of each of its terms.",
    source="distributive law",
    because=ORDER,
)
def into_sum(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """A Σ_k B_k = Σ_k A B_k."""
    match node:
        case Contraction(factors=(*front, TimeSum(body, index, low, high)), joined=r) if front:
            return TimeSum(contract(*front, body, joined=r), index, low, high)
        case Outer(weight, TimeSum(body, index, low, high)) if not weight.rank:
            return TimeSum(outer(weight, body), index, low, high)
    return None


@rule(
    "out of the sum",
    "A factor that does not depend on the summation index may be taken out of the sum.",
    source="distributive law",
    because="The last factor does not depend on the summation index.",
)
def out_of_sum(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Σ_t A_t B = (Σ_t A_t) B."""
    match node:
        case TimeSum(Contraction() as product, index, low, high):
            weight: Tensor = Ones(())
        case TimeSum(Outer(weight, Contraction() as product), index, low, high):
            pass
        case _:
            return None
    *front, last = product.factors
    if last.has(index):
        return None
    rest = outer(weight, contract(*front, joined=product.joined))
    return contract(TimeSum(rest, index, low, high), last, joined=product.joined)

    return None


@rule(
    "join the last term",
    "A term that continues a sum over time is taken into it.",
    source="definition of Σ; an empty product of Jacobians is the identity",
    because="For the last k the product of Jacobians is empty: the identity.",
)
def join_last(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """f(t) + Σ_{k=1}^{t−1} f(k) = Σ_{k=1}^{t} f(k)."""
    match node:
        case Plus(args=(last, TimeSum(body, index, low, high))) if (
            normal(body.xreplace({index: high + 1})) == last
        ):
            return TimeSum(body, index, low, high + 1)
    return None


@rule(
    "split off the first term",
    "A sum over time is its first term plus the rest.",
    source="definition of Σ; an empty product of Jacobians is the identity",
    because="For the first t the product of Jacobians is empty: the identity.",
)
def split_first(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Σ_{t=k}^{T} f(t) = f(k) + Σ_{t=k+1}^{T} f(t)."""
    match node:
        case TimeSum(body, index, low, high):
            return plus((normal(body.xreplace({index: low})), TimeSum(body, index, low + 1, high)))
    return None


@rule(
    "swap the sums",
    "A sum over all pairs k ≤ t may be taken in either order.",
    source="finite sums",
    because="Both orders visit every pair (t, k) with k ≤ t once.",
)
def swap_sums(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Σ_{t=1}^{T} Σ_{k=1}^{t} f = Σ_{k=1}^{T} Σ_{t=k}^{T} f."""
    match node:
        case TimeSum(TimeSum(body, k, low, upper), t, first, last) if upper == t and low == first:
            return TimeSum(TimeSum(body, t, k, last), k, low, last)
    return None


@rule(
    "contract the outer product",
    "A product with an outer product touches its left factor only.",
    source="associativity: the sum runs over the first axis of the left factor",
    because="The sum meets the left factor only; the right one stays outside.",
)
def contract_outer(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """g (A ⊗ v) = (g A) ⊗ v."""
    match node:
        case Contraction(factors=(*front, Outer(left, right)), joined=r) if front and left.rank >= r:
            return outer(contract(*front, left, joined=r), right)
    return None


@rule(
    "reciprocal cancels",
    "Dividing by a vector entry by entry undoes multiplying by it.",
    source="u_p · (1/u_p) = 1",
    because="The probabilities cancel entry by entry.",
    together=True,
)
def reciprocal(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """diag(1/u) diag(u) = I and diag(1/u) (u ⊗ v) = 1 ⊗ v."""
    match node:
        case Contraction():
            for i, (left, right) in enumerate(zip(node.factors, node.factors[1:])):
                match left, right:
                    case Diagonal(Apply("log", u, 1)), Diagonal(v) if u == v:
                        return contract(*node.factors[:i], Eye(u.shape), *node.factors[i + 2 :])
                    case Diagonal(Apply("log", u, 1)), Outer(v, w) if u == v:
                        return contract(*node.factors[:i], outer(Ones(u.shape), w), *node.factors[i + 2 :])
    return None


@rule(
    "targets sum to one",
    "The entries of a target distribution, one-hot or not, add up to one.",
    source="definition of a probability distribution",
    because=lambda node, network: sentence("The entries of {y} add up to one.", y=node.factors[0]),
)
def target_sum(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """y·1 = 1 for a target distribution."""
    match node:
        case Contraction(factors=(Variable() as y, Ones())) if y.name == network.distribution:
            return Ones(())
    return None


@rule(
    "reorder",
    "The terms of a sum may change places; the positive one goes first.",
    source="commutative law of addition",
)
def positive_first(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """−u + v = v − u."""
    match node:
        case Plus(args=(Scale(Integer(p=-1)) as u, v)) if not isinstance(v, Scale):
            return plus((v, u))
    return None


@rule(
    "like terms",
    "Equal terms are counted.",
    source="distributive law",
)
def like_terms(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """u + u = 2 u."""
    match node:
        case Plus() if len(set(node.args)) == 1:
            return scale(Integer(len(node.args)), node.args[0])
    return None
