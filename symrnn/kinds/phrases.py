"""Sentences with mathematics in them: one string with named places, filled with formulas.

The words of a kind of report stand together in one module, so that another language replaces that module
alone. A place ``{W}`` takes a formula, a number or text; ``{emph:these words}`` styles the words in it.
"""

from __future__ import annotations

from string import Formatter
from typing import Any, get_args, get_type_hints

from symrnn.document import Piece, Styled, Text
from symrnn.tensor import Tensor
from symrnn.views.matrix import inline

STYLES = get_args(get_type_hints(Styled)["style"])


def fill(words: str, /, **places: Piece | Tensor | Text | int) -> Text:
    """Return running text: the words, with every place filled.

    Raises
    ------
    KeyError
        If a place of the words has no filling.

    Examples
    --------
    >>> fill("{emph:Nothing} is lost in {n} steps.", n=4)
    (Styled(text='Nothing', style='emph'), ' is lost in 4 steps.')
    """
    found: list[Piece] = []
    for before, place, spec, _ in Formatter().parse(words):
        pieces: tuple[Any, ...] = (before,)
        if place in STYLES and spec:
            pieces += (Styled(spec, place),)  # type: ignore[arg-type]  # one of the styles
        elif place is not None:
            pieces += _pieces(places[place])
        for piece in pieces:
            if isinstance(piece, str) and found and isinstance(found[-1], str):
                found[-1] += piece
            elif piece != "":
                found.append(piece)
    return tuple(found)


def _pieces(filling: Any) -> tuple[Any, ...]:
    if isinstance(filling, tuple):
        return filling
    if isinstance(filling, int):
        return (str(filling),)
    return (inline(filling) if isinstance(filling, Tensor) else filling,)
