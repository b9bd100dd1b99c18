"""Running text: in plain words, and how much room it takes."""

from __future__ import annotations

from symrnn.document.blocks import Bar, Blank, Line, Piece, Styled, Text
from symrnn.notation import EM, HIDDEN, Operator, Tree, text, width


def plain(value: object) -> str:
    """Return text, trees, lines and sequences of them in plain Unicode, for titles and alternative texts."""
    match value:
        case str():
            return value
        case Tree():
            return text(value)
        case Styled(words, _):
            return words
        case Blank():
            return HIDDEN
        case Line(lhs, relation, rhs):
            left = [] if lhs is None else [text(lhs)]
            return " ".join((*left, text(Operator(relation)), *map(text, rhs)))
        case tuple() if value and all(isinstance(item, Line) for item in value):
            return "; ".join(map(plain, value))
        case tuple():
            return "".join(map(plain, value))
    raise TypeError(f"no plain text for {value!r}")


def room_of(pieces: Text) -> float:
    """Return the width of running text: all that a page says of what it does not show."""

    def ems(piece: Piece) -> float:
        if isinstance(piece, Tree):
            return width(piece) / EM
        return 5.0 * piece.fraction if isinstance(piece, Bar) else 0.5 * len(plain(piece))

    return sum(map(ems, pieces))
