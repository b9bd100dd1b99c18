"""Arrays with an orientation, and the rules of matrices on paper.

The language of tensors has no rows and columns, paper has: the kinds of two neighbours decide what their
juxtaposition means. Row by column is a number, column by row a matrix, a matrix or a tensor joins its last
axis with the first axis of what follows (numerator layout), a number scales. Whatever paper leaves
undefined, such as two columns side by side or a row plus a column, is a ``ReadbackError``: ink that lost a
bracket or a ⊤ must not have a value by luck.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from symrnn.witness.ink.syntax import ReadbackError
from symrnn.witness.point import Array


class Value(NamedTuple):
    """An array with its orientation on paper.

    ``row`` is True for a row, False for a column, None for a vector that a product with a tensor left open;
    with two axes or more it says whether a row leads the product. ``any_shape`` marks the 0 that stands for
    zeros.
    """

    array: Array
    row: bool | None = False
    any_shape: bool = False

    def __str__(self) -> str:
        """Say what a reader would call it."""
        word = {0: "number", 1: "row" if self.row else "column", 2: "matrix"}.get(self.array.ndim, "tensor")
        return f"a {word}" + (f" ({' × '.join(map(str, self.array.shape))})" if self.array.ndim else "")


ZERO = Value(np.zeros(()), any_shape=True)


def juxtapose(u: Value, v: Value) -> Value:
    """Return what two neighbours mean."""
    left, right = u.array.ndim, v.array.ndim
    if u.any_shape or v.any_shape:
        return ZERO
    if not left or not right:
        return Value(u.array * v.array, v.row if right else u.row)
    lying = left == 1 and u.row is not False  # can be read as a row
    standing = right == 1 and not v.row  # can be read as a column
    if left == right == 1 and u.row is not v.row and not (lying and standing):
        return Value(np.multiply.outer(u.array, v.array))
    if (left == 1 and not lying) or (right == 1 and not standing) or (left == right == 1 and u.row is v.row):
        raise ReadbackError(f"{u} stands in front of {v}")
    if u.array.shape[-1] != v.array.shape[0]:
        raise ReadbackError(f"{u} stands in front of {v}, and the sizes differ")
    product = (
        np.tensordot(u.array, v.array, axes=1) if max(left, right) > 2 else np.asarray(u.array @ v.array)
    )
    if right > 1:
        return Value(product, u.row if left > 1 else True)
    return Value(product, None if left == 2 and u.row else False)


def merged(u: Value, v: Value, sign: str) -> bool | None:
    """Return the orientation of two things that must be of one kind."""
    if u.array.shape != v.array.shape or (u.array.ndim == 1 and {u.row, v.row} == {True, False}):
        raise ReadbackError(f"{u} {sign} {v}")
    return u.row if v.row is None else v.row


def add(terms: Iterable[tuple[int, Value, bool]]) -> Value:
    """Return a sum of signed terms; a literal 1 beside a vector stands for ones."""
    kept = [(sign, term, one) for sign, term, one in terms if not term.any_shape]
    vector = next((term for _, term, one in kept if not one and term.array.ndim == 1), None)
    total: Value | None = None
    for sign, term, one in kept:
        if one and vector is not None:
            term = Value(np.ones(vector.array.shape), None)
        row = term.row if total is None else merged(total, term, "+")
        total = Value(sign * term.array if total is None else total.array + sign * term.array, row)
    return ZERO if total is None else total


def transpose(u: Value) -> Value:
    """Return what ⊤ makes of a vector or a matrix."""
    if u.any_shape:
        return u
    if u.array.ndim not in (1, 2):
        raise ReadbackError(f"⊤ stands at {u}")
    return Value(u.array.T, None if u.row is None else not u.row if u.array.ndim == 1 else False)


def divide(u: Value, v: Value, one: bool) -> Value:
    """Return a fraction of numbers, or the entrywise reciprocal of a vector below a literal 1."""
    if one and v.array.ndim == 1:
        return Value(1 / v.array, v.row)
    if u.array.ndim or v.array.ndim:
        raise ReadbackError(f"{u} is divided by {v}")
    return Value(u.array / v.array)


def entrywise(u: Value, v: Value) -> Value:
    """Return u ⊙ v."""
    return ZERO if u.any_shape or v.any_shape else Value(u.array * v.array, merged(u, v, "⊙"))


def outer(u: Value, v: Value) -> Value:
    """Return u ⊗ v: all axes of u, then all axes of v."""
    if u.any_shape or v.any_shape:
        return ZERO
    if not u.array.ndim or not v.array.ndim:
        raise ReadbackError(f"{u} ⊗ {v}")
    return Value(np.multiply.outer(u.array, v.array))
