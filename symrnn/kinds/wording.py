"""Words that hold in any layout: what is said of left and right where products are written the other way.

Rules speak of the usual orientation, in which later steps stand on the left. Where a document states another
one, their sentences are replaced by those here.
"""

from __future__ import annotations

from dataclasses import replace

from symrnn.rules import Pieces, Reason
from symrnn.tensor import Tensor
from symrnn.writing import writing

ANY_ORDER = {
    "Matrix products do not commute: later steps stay on the left.": (
        "Matrix products do not commute: the factors of a path keep their order."
    ),
    "Multiply both terms by what stands on their left.": "Multiply both terms by the factor of the bracket.",
    "A product with an outer product touches its left factor only.": (
        "A product with an outer product touches one of its factors only."
    ),
    "The sum over p meets the left factor only; the right one stays outside.": (
        "The sum over p meets one factor only; the other one stays outside."
    ),
    "Along a chain of states one-step Jacobians multiply, later ones on the left.": (
        "Along a chain of states one-step Jacobians multiply, in the order of the steps."
    ),
    "One factor for each step; later steps stand on the left.": (
        "One factor for each step, in the order of the steps."
    ),
}
MIRRORED = {
    "Row p of {A} meets only entry p of the product, where it multiplies {u}.": (
        "Column p of {A} meets only entry p of the product, where it multiplies {u}."
    )
}


def worded(reason: Reason) -> Pieces:
    """Return a reason, or the statement of a rule, in words that fit how formulas are written here."""
    how = writing()
    words = ANY_ORDER if how.mirrored or how.layout == "gradient" else {}
    words = words | MIRRORED if how.mirrored else words
    pieces: list[str | Tensor] = []
    for one in reason:
        pieces += [" "] if pieces else []
        pieces += replace(one, words=words.get(one.words, one.words)).pieces()
    return tuple(pieces)
