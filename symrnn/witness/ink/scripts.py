"""Times and indices as they stand in scripts: their numbers, and how far two factors lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from symrnn.witness.ink.symbols import Symbols
from symrnn.witness.ink.syntax import BigSum, Dots, Letter, Node, ReadbackError


def number_of(text: tuple[str, ...], letters: Mapping[str, int]) -> int:
    """Return the value of a time or an index such as ``4``, ``k`` or ``t - 1``."""
    if len(text) == 1 and text[0] in letters:
        return letters[text[0]]
    if len(text) % 2 == 0 or any(sign not in "+-" for sign in text[1::2]):
        raise ReadbackError(f"the script {' '.join(text)!r} is no time or index")
    total = 0
    for sign, piece in zip(("+", *text[1::2]), text[::2]):
        if piece not in letters and not piece.isdecimal():
            raise ReadbackError(f"the letter {piece!r} in a script is bound to nothing that may stand there")
        total += (1 if sign == "+" else -1) * (letters[piece] if piece in letters else int(piece))
    return total


def is_time(text: tuple[str, ...]) -> bool:
    """Whether a script has the form of a time, such as ``4`` or ``t - k``."""
    pieces, signs = text[::2], text[1::2]
    return len(text) % 2 == 1 and all(p.isalnum() for p in pieces) and all(s in ("+", "-") for s in signs)


def times_apart(first: Any, last: Any, symbols: Symbols, times: Mapping[str, int]) -> Iterator[int]:
    """Yield by how many steps each time in ``first`` is later; all else must be equal."""
    if isinstance(first, Letter) and isinstance(last, Letter):
        upper, lower = symbols.resolve(first), symbols.resolve(last)
        if upper is not None and lower is not None and upper[::2] == lower[::2]:
            if upper[1] is not None and lower[1] is not None:
                yield number_of(upper[1], times) - number_of(lower[1], times)
            return
    elif type(first) is type(last) and isinstance(first, Node) and not isinstance(first, BigSum | Dots):
        for one in fields(first):
            yield from times_apart(getattr(first, one.name), getattr(last, one.name), symbols, times)
        return
    elif isinstance(first, tuple) and isinstance(last, tuple) and len(first) == len(last):
        for left, right in zip(first, last):
            yield from times_apart(left, right, symbols, times)
        return
    if first != last:
        raise ReadbackError("the factors at ⋯ are not one expression at two times")
