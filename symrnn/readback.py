"""The ink witness: printed LaTeX, read back and evaluated, independently of the printer.

The reader knows the notation on paper, nothing of the layout trees that it was printed from; neither this
module nor ``symrnn.ink`` imports the views or the typesetter. This is what makes the ink a witness: a lost
bracket, a lost ⊤ or swapped factors change the value, or leave none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from symrnn.evaluate import Array, Point
from symrnn.ink.parser import read
from symrnn.ink.reading import evaluate, evaluate_sides
from symrnn.ink.syntax import ReadbackError

__all__ = ["ReadbackError", "ink_sides", "ink_value"]


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
    >>> from symrnn.cell import Cell
    >>> from symrnn.evaluate import random_point
    >>> at = random_point(Cell.load("elman").unroll(2))
    >>> ink_value(r"s_{1}^{\top} \, W \, s_{1}", at).shape
    ()
    >>> ink_value(r"s_{1} \, W", at)
    Traceback (most recent call last):
    symrnn.ink.syntax.ReadbackError: a column (3) stands in front of a matrix (3 × 3), in 's_{1} \\, W'
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


@contextmanager
def _where(source: str) -> Iterator[None]:
    """Add the place to the message of an error."""
    try:
        yield
    except ReadbackError as error:
        raise ReadbackError(f"{error!s:.300}, in {source[:200]!r}{'…' * (len(source) > 200)}") from None
