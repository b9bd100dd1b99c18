"""Running text: made of a sentence with places, in plain words, and how much room it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any, get_args, get_type_hints

from symrnn.document.blocks import Bar, Blank, Line, Piece, Styled, Text
from symrnn.notation import EM, HIDDEN, Operator, Tree, text, width

STYLES = get_args(get_type_hints(Styled)["style"])


def fill(template: str, /, **places: Piece | Text | int) -> Text:
    """Return running text: a template with every place filled.

    Raises
    ------
    KeyError
        If a place has no filling.

    Examples
    --------
    >>> fill("{emph:Nothing} is lost in {n} steps.", n=4)
    (Styled(text='Nothing', style='emph'), ' is lost in 4 steps.')
    """
    return merged(str(piece) if isinstance(piece, int) else piece for piece in parts(template, places))


def parts(template: str, places: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the words of a template and what fills its places, one after the other."""
    for before, place, spec, _ in Formatter().parse(template):
        if before:
            yield before
        if place in STYLES and spec:
            yield Styled(spec, place)  # type: ignore[arg-type]  # one of the styles
        elif place is not None:
            filling = places[place]
            yield from filling if isinstance(filling, tuple) else (filling,)


def merged(pieces: Iterable[Piece]) -> Text:
    """Return running text without empty pieces, neighbouring words in one."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return tuple(found)


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
