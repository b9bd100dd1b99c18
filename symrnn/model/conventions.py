"""Conventions: what a document states about its formulas, and what printer and reader of ink both obey.

Formulas are made in one orientation (numerator layout, operator convention, ∂⁺ for the immediate derivative).
What a document states instead is one value, in force inside ``with under(…)``; the views print by it, and
the ink witness reads by it, each in its own way. Nothing that is derived depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Layout = Literal["numerator", "gradient"]
Convention = Literal["operator", "row"]


@dataclass(frozen=True)
class Conventions:
    """What a document states about its formulas.

    Attributes
    ----------
    copies : bool
        ∂⁺v_k/∂W is written ∂v_k/∂W^(k): W^(k) is a copy of W that is used at step k and nowhere else
        (Goodfellow, Bengio & Courville 2016, section 10.2.2).
    layout : "numerator" or "gradient"
        The derivative of a number by a vector is a row, or a column like the vector. Jacobians are J[p, i] =
        ∂s_p/∂s'_i in both, so in a chain that ends in a column they carry a ⊤.
    convention : "operator" or "row"
        s = σ(U x + W s' + b) with columns, or s = σ(x U + s' W + b) with rows. The second is the mirror image
        of the first: every tensor has its axes in the opposite order (U is n × d), every product is written
        from the other end, what was a column is a row, J[i, p] = ∂s_p/∂s'_i.
    """

    copies: bool = False
    layout: Layout = "numerator"
    convention: Convention = "operator"

    @property
    def mirrored(self) -> bool:
        """Whether every product is written the other way round."""
        return self.convention == "row"


USUAL = Conventions()
_in_force: ContextVar[Conventions] = ContextVar("conventions", default=USUAL)


def in_force() -> Conventions:
    """Return the conventions that are in force here."""
    return _in_force.get()


@contextmanager
def under(how: Conventions) -> Iterator[None]:
    """Print, and read ink, as stated."""
    before = _in_force.set(how)
    try:
        yield
    finally:
        _in_force.reset(before)
