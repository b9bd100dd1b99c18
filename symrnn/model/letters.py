"""Letters of indices: handed out here and nowhere else, and none of them is a letter of the network.

An index p beside a parameter p_i, or a sum over i beside an input gate i, is a trap for a reader; so a letter
that a name of the network, a script of it or an axis uses is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ENTRIES = (*"pqruvwlghmsxyzabcdefno", "mu", "nu", "rho")  # of an entry, the usual ones first
SUMS = (*"ijlouvwaeghbcfxyz", "alpha", "beta", "gamma", "mu", "nu", "rho")  # bound by a sum
VECTORS = (*"uvw", "xi", "eta", "zeta", *"abcdefghmnopqrsxyz")  # of a statement about any two vectors
MOST_AXES = 3  # of a derivative whose entries are printed
TIMES = ("t", "T", "j", "k")


@dataclass(frozen=True)
class Letters:
    """Letters that a reader can take for nothing but an index.

    Attributes
    ----------
    entries : tuple of str
        One for each axis of a derivative of a vector by a matrix.
    sums : tuple of str
        In the order in which sums take them.
    vectors : tuple of str
        For a statement about any two vectors.
    """

    entries: tuple[str, ...] = ENTRIES[:MOST_AXES]
    sums: tuple[str, ...] = SUMS
    vectors: tuple[str, ...] = VECTORS[:2]

    @classmethod
    def beside(cls, names: Iterable[str]) -> Letters:
        """Return the letters that are free beside names of variables and axes."""
        taken = {part for name in names for part in name.split("_")}
        entries = [letter for letter in ENTRIES if letter not in {*taken, *TIMES}][:MOST_AXES]
        sums = [letter for letter in SUMS if letter not in {*taken, *entries}]
        vectors = [letter for letter in VECTORS if letter not in {*taken, *entries}][:2]
        return cls(tuple(entries), tuple(sums), tuple(vectors))
