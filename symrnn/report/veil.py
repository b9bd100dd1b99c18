"""The veil over a document: what an exercise hides, and what its hints show again.

A builder makes one document and draws every answer through the veil. What the veil hides keeps its size, so
an exercise and its solution break their pages alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from symrnn.document import Bar, Blank, Line, Piece, Prose, Result, StepRow, Steps, Table, Text
from symrnn.notation import Fraction, Hidden, Operator, Row, Tree, Underbrace, pieces, row


@dataclass(frozen=True)
class Veil:
    """What is hidden: parts and numbers of steps; ``hints`` shows the rule or the first factor again.

    The veil that hides nothing is that of handouts and solutions.
    """

    hide: frozenset[str | int] = frozenset()
    hints: bool = False

    def hides(self, part: str) -> bool:
        """Whether a part is hidden altogether."""
        return part in self.hide

    def hides_step(self, number: int) -> bool:
        """Whether the right side of a step is hidden."""
        return bool(self.hide & {"results", number})

    def tree(self, tree: Tree) -> Tree:
        """Return a hidden formula; hints show its first factor, where no hidden rule is shown instead."""
        first = _first_factor(tree) if self.hints and not self.hides("rules") else 0
        if not first or not isinstance(tree, Row):
            return Hidden(tree)
        return row(*tree.items[:first], Hidden(row(*tree.items[first:])))

    def steps(self, block: Steps) -> Steps:
        """Steps with their right sides, or rules and reasons, hidden."""
        rows: list[StepRow] = []
        for number, step in enumerate(block.rows, start=block.first):
            line = self.line(step.line) if self.hides_step(number) else step.line
            rows.append(replace(step, line=line, blank=self.hides("rules") and not self.hints))
        return replace(block, rows=tuple(rows))

    def line(self, line: Line) -> Line:
        """Return a line with its right side hidden; where terms have braces and words, only the terms."""
        first, *later = line.rhs
        if any(isinstance(piece, Underbrace) for piece in pieces(first)):
            return replace(line, rhs=tuple(_under_braces(tree) for tree in line.rhs))
        return replace(line, rhs=(self.tree(first), *map(Hidden, later)))

    def result(self, block: Result, last: int) -> Result:
        """Return the result that ``last`` step comes to."""
        return replace(block, line=self.line(block.line)) if self.hides_step(last) else block

    def answer(self, line: Line) -> Line:
        """Return a line that states a result of its own."""
        return self.line(line) if self.hides("results") else line

    def prose(self, text: Text, part: str = "results") -> Prose:
        """Return a paragraph that gives a part away."""
        return Prose(text, blank=self.hides(part))

    def table(self, table: Table, given: Collection[int]) -> Table:
        """Return a table with its numbers hidden, but for the columns that are ``given``."""
        if not self.hides("numbers"):
            return table
        rows = (_blanked(cells, given) for cells in table.rows)
        return replace(table, rows=tuple(rows))


def _blanked(cells: Sequence[Text], given: Collection[int]) -> tuple[Text, ...]:
    return tuple(
        cell if number in given or not cell else (Blank(tuple(map(_full, cell))),)
        for number, cell in enumerate(cells)
    )


def _full(piece: Piece) -> Piece:
    return Bar(1.0) if isinstance(piece, Bar) else piece  # its length would tell the number


def _under_braces(tree: Tree) -> Tree:
    """Hide what stands over braces."""
    if isinstance(tree, Underbrace):
        return replace(tree, body=Hidden(tree.body))
    return row(*map(_under_braces, tree.items)) if isinstance(tree, Row) else tree


def _first_factor(tree: Tree) -> int:
    """Return how many items make the first factor of a formula, 0 if it has only one."""
    if not isinstance(tree, Row):
        return 0
    for number, item in enumerate(tree.items):
        ends = isinstance(item, Operator) and item.name in ("thin", "+", "-", "=") and number > 0
        if ends or any(isinstance(piece, Fraction) for piece in pieces(item)):
            return number + (0 if ends else 1) if number + 1 < len(tree.items) else 0
    return 0
