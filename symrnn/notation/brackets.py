"""Brackets and ⊤, as tables: how tightly a node holds together, and how tightly the place it stands in asks.

A node is bracketed where it holds together less tightly than its place asks. Two things are no question of
order and stand in the table of places: products of one kind associate, and a Σ takes in all that follows it
in its term, so it is open at the end of one. No other place decides, and a row that is too loose is caught
when what was printed is read back.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import NamedTuple

from symrnn.model import in_force
from symrnn.notation.tree import Group, Script, Tree
from symrnn.tensor import Contraction, Derivative, Scale, Tensor, TimeSum


class Strength(IntEnum):
    """How tightly something holds together, what falls apart first in front."""

    SUM = auto()
    SIGNED = auto()
    SCALED = auto()
    PRODUCT = auto()
    CHAIN = auto()  # matrices and vectors side by side
    ENTRYWISE = auto()
    REACHING = auto()  # Σ
    FACTOR = auto()  # one piece to the eye
    CALL = auto()
    NAME = auto()
    ENCLOSED = auto()  # in brackets already


STRENGTHS = {
    "Plus": Strength.SUM,
    "negative Scale": Strength.SIGNED,
    "Scale": Strength.SCALED,
    "Outer": Strength.PRODUCT,
    "JacobianProduct": Strength.PRODUCT,
    "Contraction that ends in Σ": Strength.PRODUCT,
    "Contraction": Strength.CHAIN,
    "Hadamard": Strength.ENTRYWISE,
    "TimeSum": Strength.REACHING,
    "Zeros": Strength.FACTOR,
    "Ones": Strength.FACTOR,
    "Eye": Strength.FACTOR,
    "Diagonal": Strength.FACTOR,
    "Partial": Strength.FACTOR,
    "Direct": Strength.FACTOR,
    "Immediate": Strength.FACTOR,
    "Total": Strength.FACTOR,
    "Apply": Strength.CALL,
    "Variable": Strength.NAME,
}


class Place(NamedTuple):
    """What stands open in a place: whatever holds together as tightly as ``least``, and one strength more."""

    least: Strength
    also: Strength | None = None
    square: bool = True  # whether brackets of sums that hold derivatives are square


PLACES = {
    "term": Place(Strength.SIGNED, square=False),  # behind a sign: a term has lost its own
    "body of Σ": Place(Strength.SCALED),
    "behind a number": Place(Strength.PRODUCT),
    "factor": Place(Strength.FACTOR),
    "last factor": Place(Strength.FACTOR, also=Strength.REACHING),
    "side of u vᵀ": Place(Strength.FACTOR, also=Strength.CHAIN),
    "left of ⊙": Place(Strength.FACTOR, also=Strength.ENTRYWISE),
    "right of ⊙": Place(Strength.FACTOR),
    "side of ⊗": Place(Strength.FACTOR),
    "end of ⋯": Place(Strength.FACTOR),
    "under ∂": Place(Strength.CALL, square=False),
    "under ᵀ": Place(Strength.NAME, square=False),
    "argument": Place(Strength.ENCLOSED, square=False),
}

SYMMETRIC = {"Diagonal", "Eye", "Zeros"}  # needs no ⊤: its own transpose, or a 0 that stands for any shape


def written_last(product: Contraction) -> int:
    """Return which factor of a product stands at its end: the first one where rows are multiplied."""
    return 0 if in_force().mirrored else len(product.factors) - 1


def kind(tensor: Tensor) -> str:
    """Return the row of a node: its type, or what stands at an end of it."""
    match tensor:
        case Scale(factor, _) if factor < 0:
            return "negative Scale"
        case Contraction() if isinstance(tensor.factors[written_last(tensor)], TimeSum):
            return "Contraction that ends in Σ"
    return type(tensor).__name__


def is_symmetric(tensor: Tensor) -> bool:
    """Whether a node needs no ⊤."""
    return kind(tensor) in SYMMETRIC


def strength(tensor: Tensor, tree: Tree) -> Strength:
    """Return how tightly a node holds together that is printed as ``tree``; with a ⊤ it is one factor."""
    if kind(tensor) not in STRENGTHS:
        raise NotImplementedError(f"no strength for {type(tensor).__name__}")
    alone = STRENGTHS[kind(tensor)]
    return max(alone, Strength.FACTOR) if isinstance(tree, Script) else alone


def bracketed(tree: Tree, tensor: Tensor, place: str) -> Tree:
    """Return what is printed of a node in a place, in brackets if it needs them there."""
    held, (least, also, square) = strength(tensor, tree), PLACES[place]
    if held >= least or held == also:
        return tree
    angular = square and held <= Strength.SCALED and tensor.has(Derivative)
    return Group(tree, "[" if angular else "(")
