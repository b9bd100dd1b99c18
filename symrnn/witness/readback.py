"""The ink witness: printed LaTeX, read back and evaluated, independently of the printer.

The reader knows the notation on paper, nothing of the layout trees that it was printed from; neither this
module nor ``ink`` imports the notation that prints. This is what makes the ink a witness: a lost
bracket, a lost ⊤ or swapped factors change the value, or leave none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from symrnn.witness.ink.parser import read
from symrnn.witness.ink.reading import evaluate, evaluate_sides
from symrnn.witness.ink.syntax import ReadbackError
from symrnn.witness.point import Array, Point

__all__ = ["ReadbackError", "ink_or_none", "ink_sides", "ink_value"]


def ink_value(
    source: str,
    at: Point,
    times: Mapping[Any, int] | None = None,
    indices: Mapping[str, int] | None = None,
) -> Array:
    r"""Value of printed LaTeX at a point.

    Parameters
    ----------
    source : str
        One side of an equation, for math mode.
    at : Point
    times : mapping of SymPy symbol or letter to int, optional
        Free times; ``T`` is the number of steps of the network.
    indices : mapping of letter to int, optional
        Free indices of entries, from 1 as on paper.

    Returns
    -------
    ndarray
        Derivatives in numerator layout. A 0 that stands for zeros of any shape has no axes.

    Raises
    ------
    ReadbackError
        If the text is not in the notation, or has no meaning at this point.

    Examples
    --------
    >>> from symrnn.model import Cell
    >>> from symrnn.witness import random_point
    >>> at = random_point(Cell.load("elman").unroll(2))
    >>> ink_value(r"s_{1}^{\top} \, W \, s_{1}", at).shape
    ()
    >>> ink_value("s_1 W", at)
    Traceback (most recent call last):
    symrnn.witness.ink.syntax.ReadbackError: a column (3) stands in front of a matrix (3 × 3), in 's_1 W'
    """
    with _where(source):
        return evaluate(read(source), at, _letters(times), dict(indices or {}))


def ink_sides(
    lhs: str, rhs: str, at: Point, choices: Iterable[tuple[Mapping[Any, int], Mapping[str, int]]]
) -> list[tuple[Array, Array]]:
    r"""Value of the left side of a printed equation, and of left minus right, at each choice.

    A choice is one of times and one of indices, as ``ink_value`` takes them. Both sides are read alone, so a
    bracket of one cannot be closed in the other; what they are worth must be of one kind, a row beside a
    column is none.

    Raises
    ------
    ReadbackError
        As ``ink_value``, and if the sides are no equation.
    """
    with _where(f"{lhs} = {rhs}"):
        letters = ((_letters(times), dict(indices)) for times, indices in choices)
        return list(evaluate_sides(read(lhs), read(rhs), at, letters))


def _letters(times: Mapping[Any, int] | None) -> dict[str, int]:
    return {str(letter): int(time) for letter, time in (times or {}).items()}


def ink_or_none(
    sources: tuple[str, str], at: Point, choices: Iterable[tuple[Mapping[Any, int], Mapping[str, int]]]
) -> list[tuple[Array, Array]] | None:
    """Return a printed left side and left minus right, read back at each choice of times and of indices.

    None if the sides are no equation at some of them.
    """
    try:
        return ink_sides(*sources, at, choices)
    except ReadbackError:
        return None


@contextmanager
def _where(source: str) -> Iterator[None]:
    """Add the place to the message of an error."""
    try:
        yield
    except ReadbackError as error:
        raise ReadbackError(f"{error!s:.300}, in {source[:200]!r}{'…' * (len(source) > 200)}") from None
