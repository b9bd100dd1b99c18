"""The words of a report: entries of the catalogue in force, with formulas in their places.

Rules speak English, and of the usual orientation, in which later steps stand on the left and p counts rows.
Where a document states another orientation, or is written in another language, the catalogue in force has the
sentence that stands for theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symrnn.derivation import Reason, Sentence, listed
from symrnn.document import Piece, Text, fill, language, merged
from symrnn.model import in_force
from symrnn.notation import inline
from symrnn.tensor import Tensor


def prose(*pieces: Piece | Tensor) -> Text:
    """Return running text with mathematics in it."""
    return tuple(map(_laid_out, pieces))


def say(key: str, /, **places: Piece | Tensor | Text | int) -> Text:
    """Return an entry of the catalogue, such as ``network.reads``, as running text.

    >>> say("factors.put_in", explicit="that")
    ('Put in what was found for that:',)
    """
    return fill(language()[key], **{place: _laid_out(filling) for place, filling in places.items()})


def _laid_out(filling: Any) -> Any:
    """Return what fills a place, a tensor as its formula."""
    return inline(filling) if isinstance(filling, Tensor) else filling


def listing(names: Sequence[Tensor]) -> Text:
    """Return names with commas between them, the last one after "and", in the language in force."""
    between = language()
    return prose(*listed(names, between["list.comma"], between["list.last"]))


def sentences(*several: Text) -> Text:
    """Return sentences one after the other; an empty one leaves no trace."""
    found: list[Piece] = []
    for one in filter(None, several):
        found += [" ", *one] if found else one
    return merged(found)


def worded(reason: Reason) -> Text:
    """Return a reason, or the statement of a rule, as running text."""
    return sentences(*map(_in_force, reason))


def named(*rules: str) -> str:
    """Return the names of rules with commas between them, the first letter a capital."""
    names = ", ".join(language().translated("rules", name) for name in rules)
    return names[:1].upper() + names[1:]


def _in_force(sentence: Sentence) -> Text:
    """Return a sentence of a rule in the words of the document, with the same places."""
    places = {k: inline(v) if isinstance(v, Tensor) else listing(v) for k, v in sentence.places}
    return fill(_words(sentence), **places)


def _words(sentence: Sentence) -> str:
    how, catalogue = in_force(), language()
    tables = ["mirrored"] if how.mirrored else []
    tables += ["any_order"] if how.mirrored or how.layout == "gradient" else []
    for table in tables:
        if sentence.words in catalogue.tables[table]:
            return catalogue.tables[table][sentence.words]
    return catalogue.translated("sentences", sentence.words)
