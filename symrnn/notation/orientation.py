"""Which way a vector stands on paper: the one place where layouts decide.

The language has no rows and columns. A vector is a column by nature; the derivative of a number by a vector
is a row in the numerator layout and a column in the gradient layout; a product is what its factors make it.
The words are those of the operator convention. The row convention is its mirror image: products are written
from the other end, and what is called a column here is printed as a row.
"""

from __future__ import annotations

from typing import Literal

from symrnn.model import in_force
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
)

Orientation = Literal["row", "column"]


def orientation(tensor: Tensor) -> Orientation:
    """Return the orientation a vector has by nature."""
    match tensor:
        case Partial(of, wrt) | Direct(of, wrt) | Immediate(of, wrt) | Total(of, wrt) if (
            of.rank == 0 and wrt.rank == 1
        ):
            return _of_gradients()
        case Contraction() if tensor.factors[0].rank == 1:
            return _of_gradients() if turns(tensor) else "row"
        case Scale(_, inner) | Outer(_, inner) if inner.rank == 1:
            return orientation(inner)
        case Outer(inner, _) if inner.rank == 1:
            return orientation(inner)
        case Plus():
            return "row" if all(orientation(term) == "row" for term in tensor.args) else "column"
        case Hadamard(left, right):
            return "row" if "row" in (orientation(left), orientation(right)) else "column"
        case TimeSum(body):
            return orientation(body)
        case Variable() | Zeros() | Ones() | Eye() | Diagonal() | Apply():
            return "column"
        case Derivative() | Scale() | Contraction() | Outer() | JacobianProduct():
            return "column"  # where no vector is differentiated, scaled or in front
    raise NotImplementedError(f"no orientation for {type(tensor).__name__}")


def _of_gradients() -> Orientation:
    """Return how the derivative of a number by a vector stands."""
    return "column" if in_force().layout == "gradient" else "row"


def turns(product: Contraction) -> bool:
    """Whether a product can be written backwards: a tensor has no ⊤, what it leaves has no orientation."""
    return all(part.rank <= 2 for part in product.factors)
