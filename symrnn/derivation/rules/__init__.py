"""The book of rules: each rewrites one node into an equal expression, and can say why.

A rule has a name (what a student would call it), a statement in words, a source, and two functions:
``rewrite`` returns an equal expression of the same shape, or None where the rule does not apply;
``because`` gives the reason for this very step, a whole sentence with places for tensors, so that another
language can put them elsewhere. A rule does one thing and never recurses. Zero comes only from a rule that
says so, never from "I do not know". ``routine`` marks housekeeping that reports fold into the step before;
``together`` marks rules whose uses at several places of one line are printed as one step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from string import Formatter
from typing import Any

from symrnn.model import OrderedNetwork
from symrnn.tensor import Tensor

Pieces = tuple[str | Tensor, ...]
Rewrite = Callable[[Tensor, OrderedNetwork], Tensor | None]

BOOK: dict[str, Rule] = {}


@dataclass(frozen=True)
class Sentence:
    """English words with places such as ``{v}``, and the tensor, or the list of tensors, for each of them."""

    words: str
    places: tuple[tuple[str, Tensor | tuple[Tensor, ...]], ...] = ()

    def pieces(self) -> Pieces:
        """Return the words in English, with the tensors in their places."""
        found: list[str | Tensor] = []
        places = dict(self.places)
        for before, place, _, _ in Formatter().parse(self.words):
            found += [before] if before else []
            if place is not None:
                filling = places[place]
                found += [filling] if isinstance(filling, Tensor) else listed(filling)
        return tuple(found)


Reason = tuple[Sentence, ...]
Because = Callable[[Tensor, OrderedNetwork], Sentence]


def sentence(words: str, /, **places: Tensor | Sequence[Tensor]) -> Sentence:
    """Return a sentence with tensors, or lists of them, in its places."""
    return Sentence(words, tuple((k, v if isinstance(v, Tensor) else tuple(v)) for k, v in places.items()))


def of_all(before: Reason, more: Reason) -> Reason:
    """Return the reason of steps that make one line: the same words once, with lists where they differ.

    >>> from symrnn.tensor import Variable
    >>> a, b = (Variable(name, ("d",)) for name in "ab")
    >>> of_all((sentence("Insert {v}.", v=a),), (sentence("Insert {v}.", v=b),))[0].pieces()
    ('Insert ', a, ' and ', b, '.')
    """
    found = list(before)
    for one in more:
        for place, other in enumerate(found):
            if (joined := _joined(other, one)) is not None:
                found[place] = joined
                break
        else:
            found.append(one)
    return tuple(found)


def _joined(one: Sentence, other: Sentence) -> Sentence | None:
    """Return one sentence for two that differ in one place at most, or nothing."""
    here, there = (
        {key: (v,) if isinstance(v, Tensor) else v for key, v in said.places} for said in (one, other)
    )
    if one.words != other.words or here.keys() != there.keys():
        return None
    apart = [key for key in here if not set(there[key]) <= set(here[key])]
    if len(apart) > 1 or (apart and any(here[key] != there[key] for key in here if key not in apart)):
        return None
    return sentence(one.words, **{key: tuple(dict.fromkeys((*here[key], *there[key]))) for key in here})


@dataclass(frozen=True)
class Rule:
    """One rule; see the module.

    Attributes
    ----------
    name, statement, source : str
        Statement and source in words, for any output format.
    rewrite : callable (node, network) -> Tensor or None
    because : callable (node, network) -> Sentence
        Asked only where ``rewrite`` applied.
    routine, together : bool
    relation : str
        "=" or, for truncation, "~".
    """

    name: str
    statement: str
    source: str
    rewrite: Rewrite = field(compare=False)
    because: Because = field(compare=False)
    routine: bool = False
    together: bool = False
    relation: str = "="

    def __call__(self, node: Tensor, network: OrderedNetwork) -> Tensor | None:
        """Rewrite a node, or return None."""
        result = self.rewrite(node, network)
        return None if result is None or result == node else result

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a rule of the book by its name, any other as it is."""
        if BOOK.get(self.name) is self:
            return named_rule, (self.rewrite.__module__, self.name)
        return Rule, tuple(getattr(self, part.name) for part in fields(self))

    def with_rewrite(self, rewrite: Rewrite) -> Rule:
        """Return the same rule with another rewriting, for negative controls."""
        return replace(self, rewrite=rewrite)


def named_rule(module: str, name: str) -> Rule:
    """Return a rule of the book, entered by a module that may not have been imported yet."""
    import_module(module)
    return BOOK[name]


def listed(names: Sequence[Tensor], comma: str = ", ", last: str = " and ") -> Pieces:
    """Return names with commas between them, the last one after "and"."""
    words: list[str | Tensor] = []
    for n, name in enumerate(names):
        words += [last if n == len(names) - 1 else comma] if n else []
        words.append(name)
    return tuple(words)


def rule(
    name: str,
    statement: str,
    *,
    source: str,
    because: str | Because = "",
    routine: bool = False,
    together: bool = False,
) -> Callable[[Rewrite], Rule]:
    """Enter a rewriting into the book; ``because`` is a text, or a function that names variables."""

    def enter(rewrite: Rewrite) -> Rule:
        given = because or statement
        reason: Because = (lambda node, network: Sentence(given)) if isinstance(given, str) else given
        if name in BOOK:
            raise ValueError(f"there are two rules {name!r}; each needs a name of its own")
        BOOK[name] = Rule(name, statement, source, rewrite, reason, routine, together)
        return BOOK[name]

    return enter
