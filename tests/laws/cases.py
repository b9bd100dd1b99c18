"""On what the laws run: built-in cells, cell files of the tests, the starting cell, in a few combinations.

The fast cases of a cell cover both losses, both sequences, and every activation that a built-in cell leaves
open; the wider ones, for ``make deep``, every loss with every sequence. What takes long is asked of a share
of the derivations of each fast case, so that the cases of a cell cover all of them, and in ``make deep`` of
all. A new cell file needs no new test.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

from symrnn.derivation import Derivation, EntryDerivation, derivations
from symrnn.model import Cell, OrderedNetwork, builtin_cells
from symrnn.model.newcell import STARTING
from symrnn.tensor import ACTIVATIONS
from symrnn.witness import Point, random_point
from tests import ROOT

FILES = [*sorted((ROOT / "tests" / "cells").glob("*.toml")), STARTING]
CELLS = {**{name: name for name in builtin_cells()}, **{file.stem: file for file in FILES}}
LOSSES = ("cross_entropy", "squared_error")
SEQUENCES = {"T4": (4, None), "T5-masked": (5, (1, 0, 0.5, 1, 1))}
CORNERS = tuple(product(LOSSES, SEQUENCES))
SEED = 3
WIDER_SEED = 29


@dataclass(frozen=True)
class Case:
    """A cell with an activation, a loss and a sequence, at a random point."""

    cell: str
    activation: str
    loss: str
    sequence: str
    seed: int = SEED
    lot: tuple[int, int] = (0, 1)  # which case of a cell it is, of how many

    def __str__(self) -> str:
        return "-".join((self.cell, self.activation, self.loss, self.sequence))

    @cached_property
    def network(self) -> OrderedNetwork:
        """The unrolled network."""
        return Cell.load(CELLS[self.cell], self.activation, self.loss).unroll(*SEQUENCES[self.sequence])

    @cached_property
    def at(self) -> Point:
        """A point whose sizes are pairwise different: no lucky transposes."""
        at = random_point(self.network, self.seed)
        sizes = list(at.sizes.values())
        assert len(set(sizes)) == len(sizes) and min(sizes) > 1
        return at

    @cached_property
    def derivations(self) -> list[Derivation | EntryDerivation]:
        """Everything that symrnn derives of the network."""
        return derivations(self.network)

    @property
    def share(self) -> list[Derivation | EntryDerivation]:
        """The derivations that fall to this case."""
        first, stride = self.lot
        return self.derivations[first::stride]


def open_to(cell: str) -> tuple[str, ...]:
    """Return the activations to try: of a built-in cell all that make a difference, of others at most two."""
    if not Cell.load(CELLS[cell]).activation:
        return ACTIVATIONS[:1]
    return ACTIVATIONS if cell in builtin_cells() else ACTIVATIONS[:2]


def fast(cell: str) -> list[Case]:
    """Return one case for each activation, at least two: opposite corners of losses and sequences first."""
    activations = open_to(cell)
    corners = (CORNERS[0], CORNERS[3], CORNERS[1], CORNERS[2])
    count = max(2, len(activations))
    return [
        Case(cell, activations[n % len(activations)], *corners[n % 4], lot=(n, count)) for n in range(count)
    ]


def wider(cell: str) -> list[Case]:
    """Return the other corners, with the activations one further."""
    activations, done = open_to(cell), {str(case) for case in fast(cell)}
    found = [
        Case(cell, activations[(n + 1) % len(activations)], *corner, WIDER_SEED)
        for n, corner in enumerate((CORNERS[0], CORNERS[3], CORNERS[1], CORNERS[2]))
    ]
    return [case for case in found if str(case) not in done]


FAST = [case for cell in CELLS for case in fast(cell)]
WIDER = [case for cell in CELLS for case in wider(cell)]
