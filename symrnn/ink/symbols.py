"""What symbols mean: names with their scripts, resolved against the network of a point.

A script may hold the rest of a name, a time and the indices of an entry, in this order: ``b_{hn}`` is the
parameter b_hn, ``h_{n,t}`` the signal h_n at time t, ``s_{k-1,r}`` entry r of s[k-1]. The longest name that
fits is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import copy
from functools import lru_cache
from weakref import WeakKeyDictionary

from symrnn.calculus import Immediate, Total
from symrnn.evaluate import Array, Point, value
from symrnn.ink.syntax import Letter, ReadbackError, Script
from symrnn.tensor import Apply, Shape, Variable

Key = tuple[str, int | None]  # name and time of a variable
Resolved = tuple[str, tuple[str, ...] | None, Script]  # name, time and entries as they are written


class Symbols:
    """What the symbols of a network mean at one point; what was looked up once is remembered."""

    def __init__(self, at: Point) -> None:
        network = at.network
        self.point, self.sizes = (
            copy(at),
            at.sizes,
        )  # a copy shares all values, but does not keep ``at`` alive
        known = (*network.given, *network.order)
        self.variables: dict[Key, Variable] = {
            (v.name, None if v.time is None else int(v.time)): v for v in known
        }
        self.shapes: dict[tuple[str, bool], Shape] = {(v.name, v.time is not None): v.shape for v in known}
        applied = {node for equation in network.step for node in equation.expression.atoms(Apply)}
        self.activation = next((node.function for node in applied if node.symbol == "sigma"), "")
        self.resolved: dict[tuple[Letter, frozenset[str]], Resolved | None] = {}
        self.arrays: dict[Key, Array] = {}
        self.slopes: dict[tuple[bool, Key, Key], Array] = {}

    def variable(self, key: Key) -> Variable:
        """Return a variable of the network."""
        if key not in self.variables:
            raise ReadbackError(f"there is no {key[0]} at step {key[1]}")
        return self.variables[key]

    def array(self, key: Key) -> Array:
        """Value of a variable."""
        if key not in self.arrays:
            self.arrays[key] = self.point.variable(self.variable(key))
        return self.arrays[key]

    def slope(self, immediate: bool, of: Key, wrt: Key) -> Array:
        """Value of a derivative of a variable by a variable."""
        place = immediate, of, wrt
        if place not in self.slopes:
            node = (Immediate if immediate else Total)(self.variable(of), self.variable(wrt))
            self.slopes[place] = value(node, self.point)
        return self.slopes[place]

    def resolve(self, node: Letter, indices: Collection[str] = ()) -> Resolved | None:
        """Return name, time and entries of a variable, as written; None if the network has none such.

        Where a name b_i and an entry i of b are both possible, a letter that is an index here is an index.
        """
        letters = frozenset(part[0] for part in node.sub if len(part) == 1 and part[0] in indices)
        if (node, letters) not in self.resolved:
            readings = list(self._readings(node))
            entries = [r for r in readings if not letters & set(r[0].split("_")[1:])]
            self.resolved[node, letters] = next(iter(entries or readings), None)
        return self.resolved[node, letters]

    def _readings(self, node: Letter) -> Iterator[Resolved]:
        """Yield every reading of a symbol, the one with the longest name first."""
        bar = ("bar",) if node.bar else ()
        for cut in range(len(node.sub), -1, -1):
            name = "_".join((node.base, *("".join(part) for part in node.sub[:cut]), *bar))
            rest = node.sub[cut:]
            if rest and (name, True) in self.shapes and fits(rest[1:], self.shapes[name, True]):
                yield name, rest[0], rest[1:]
            if (name, False) in self.shapes and fits(rest, self.shapes[name, False]):
                yield name, None, rest


_symbols: WeakKeyDictionary[Point, Symbols] = WeakKeyDictionary()


def symbols_at(at: Point) -> Symbols:
    """Return what the symbols mean at a point; the answer lives as long as the point."""
    if at not in _symbols:
        _symbols[at] = Symbols(at)
    return _symbols[at]


def fits(script: Script, shape: Shape) -> bool:
    """Whether a script could be the entry of a tensor, or asks for none."""
    return not script or split_entries(script, len(shape)) is not None


@lru_cache(maxsize=4096)
def split_entries(script: Script, rank: int) -> tuple[str, ...] | None:
    """Cut ``qr``, ``q,r`` or ``12`` into one index for each axis; None if that does not come out."""
    pieces = [piece for part in script for piece in part]
    if len(pieces) != rank:
        pieces = [digit for piece in pieces for digit in (piece if piece.isdecimal() else (piece,))]
    return tuple(pieces) if len(pieces) == rank and all(piece.isalnum() for piece in pieces) else None
