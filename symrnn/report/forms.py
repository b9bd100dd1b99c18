"""Derivations of one form: the same rules on formulas that differ in names and times only.

The gates of a cell are alike, and nobody reads one derivation four times. A report shows the first of each
form in full and the results of the others, which were derived and certified like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from symrnn.derivation import Derivation
from symrnn.document import Block, Display, Prose
from symrnn.report.compose import columns_of, display, one_row_each
from symrnn.report.wording import say

MOST_ROWS = 6  # of a display

NODE = re.compile(r"[A-Z][a-z]+(?=\()")  # how the language calls its nodes, as in Contraction(…)
TIME = re.compile(r"\[[^\]]*\]")
NAME = re.compile(r"\b[A-Za-z]\w*")


def form(derivation: Derivation) -> tuple[object, ...]:
    """Return what derivations of one form have in common: rules, and goal and result without their names."""
    written = f"{derivation.goal} = {derivation.result}"
    nodes = set(NODE.findall(written))
    blank = NAME.sub(lambda name: name.group() if name.group() in nodes else "_", TIME.sub("", written))
    return tuple(line.rule.name for line in derivation.lines()), blank


def families(derivations: Iterable[Derivation]) -> list[list[Derivation]]:
    """Group derivations by their form, in order of first appearance."""
    found: dict[tuple[object, ...], list[Derivation]] = {}
    for derivation in derivations:
        found.setdefault(form(derivation), []).append(derivation)
    return list(found.values())


def results(derivations: Sequence[Derivation]) -> list[Display]:
    """Results side by side, in displays of a few rows, so that pages can break between them."""
    if not derivations:
        return []
    claims = [(found.goal, found.result) for found in derivations]
    columns = columns_of(claims)
    size = columns * MOST_ROWS
    return [display(*claims[n : n + size], columns=columns) for n in range(0, len(claims), size)]


def alike(derivations: Sequence[Derivation]) -> list[Block]:
    """One row for the first of each form, and the results of the others."""
    groups = families(derivations)
    others = [found for group in groups for found in group[1:]]
    of_these = say("forms.of_one_form" if len(groups) == 1 else "forms.of_several_forms")
    return [
        one_row_each([group[0] for group in groups]),
        *([Prose(of_these)] if others else []),
        *results(others),
    ]
