"""Replacing a node: what stands above it is built again, so zeros and identities disappear on the way up."""

from __future__ import annotations

from symrnn.tensor.algebra import contract, hadamard, outer, plus, scale
from symrnn.tensor.calculus import Direct, Immediate, JacobianProduct, Partial, TimeSum, Total
from symrnn.tensor.nodes import (
    Apply,
    Constant,
    Contraction,
    Diagonal,
    Eye,
    Hadamard,
    Outer,
    Plus,
    Scale,
    Tensor,
    Variable,
)


def rebuild(node: Tensor) -> Tensor:
    """Build a node again from its arguments, through the functions that drop zeros and identities."""
    match node:
        case Plus():
            return plus(node.args)
        case Contraction():
            return contract(*node.factors, joined=node.joined)
        case Scale(factor, tensor):
            return scale(factor, tensor)
        case Outer(left, right):
            return outer(left, right)
        case Hadamard(left, right):
            return hadamard(left, right)
        case Total(v, x) if v == x:
            return Eye(x.shape)
        case Variable() | Constant() | Diagonal() | Apply():
            return node
        case Partial() | Direct() | Immediate() | Total() | TimeSum() | JacobianProduct():
            return node
    raise NotImplementedError(f"no way to build {type(node).__name__} again")


def replace_node(expression: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Replace every occurrence of a node, and let zeros and identities on the way up disappear."""
    if expression == old:
        return new
    args = [replace_node(arg, old, new) if isinstance(arg, Tensor) else arg for arg in expression.args]
    if all(arg is before for arg, before in zip(args, expression.args)):
        return expression
    return rebuild(expression.func(*_consistent(expression, args)))


def _consistent(expression: Tensor, args: list[Tensor]) -> list[Tensor]:
    """Flatten a product whose factor became a product, so that it can be built."""
    if isinstance(expression, Contraction):
        product = contract(*args[:-1], joined=expression.joined)
        return list(product.args) if isinstance(product, Contraction) else [product]
    return args
