"""Sentences with mathematics in them: entries of the catalogue in force, formulas in their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symrnn.derivation import Sentence, listed
from symrnn.document import Piece, Text, fill, language, merged
from symrnn.notation import inline
from symrnn.tensor import Tensor


def say(key: str, /, **places: Piece | Tensor | Text | int) -> Text:
    """Return an entry of the catalogue, such as ``network.reads``, as running text.

    >>> say("factors.put_in", explicit="that")
    ('Put in what was found for that:',)
    """
    return fill(language()[key], **{place: printed(filling) for place, filling in places.items()})


def said(sentence: Sentence, words: str) -> Text:
    """Return a sentence of a rule in other words with the same places."""
    places = {k: inline(v) if isinstance(v, Tensor) else listing(v) for k, v in sentence.places}
    return fill(words, **places)


def printed(filling: Any) -> Any:
    """Return what fills a place, tensors laid out."""
    return inline(filling) if isinstance(filling, Tensor) else filling


def listing(names: Sequence[Tensor]) -> Text:
    """Return names with commas between them, the last one after "and", in the language in force."""
    between = language()
    return tuple(map(printed, listed(names, between["list.comma"], between["list.last"])))


def sentences(*several: Text) -> Text:
    """Return sentences one after the other; an empty one leaves no trace."""
    found: list[Piece] = []
    for one in filter(None, several):
        found += [" ", *one] if found else one
    return merged(found)
