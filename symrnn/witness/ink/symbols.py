"""What symbols mean: names with their scripts, resolved against the network of a point.

A script may hold the rest of a name, a time and the indices of an entry, in this order: ``b_{hn}`` is the
parameter b_hn, ``h_{n,t}`` the signal h_n at time t, ``s_{k-1,r}`` entry r of s[k-1]. The longest name that
fits is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import replace
from functools import lru_cache
from weakref import WeakKeyDictionary

from symrnn.model import Conventions, Equation, in_force
from symrnn.tensor import Apply, Derivative, Direct, Immediate, Shape, Total, Variable
from symrnn.witness.ink.syntax import MARKS, Letter, ReadbackError, Script
from symrnn.witness.point import Array, Point, value

Key = tuple[str, int | None]  # name and time of a variable
MEANT: dict[str, type[Derivative]] = dict(zip(MARKS, (Total, Immediate, Direct)))
Resolved = tuple[str, tuple[str, ...] | None, Script]  # name, time and entries as they are written


class Symbols:
    """What the symbols of a network mean at one point; what was looked up once is remembered."""

    def __init__(self, at: Point, how: Conventions) -> None:
        network, self.conventions = at.network, how
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
        self.slopes: dict[tuple[str, Key, Key], Array] = {}
        self.by_copy: dict[tuple[str, int], Point] = {}

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

    def slope(self, mark: str, of: Key, wrt: Key) -> Array:
        """Value of a derivative of a variable by a variable; ``mark`` is what its ∂ carries."""
        place = mark, of, wrt
        if place not in self.slopes:
            self.slopes[place] = self.point.derivative(MEANT[mark](self.variable(of), self.variable(wrt)))
        return self.slopes[place]

    def copy_slope(self, of: Key, wrt: Key, step: int) -> Array:
        """Value of a derivative by the copy of a parameter that stands in the equations of one step only.

        Along every path: what the copy did at its step travels on, all other uses of the parameter do not.
        """
        if wrt[1] is not None or not 1 <= step <= self.point.network.steps:
            raise ReadbackError(f"there is no copy of {wrt[0]} for step {step}")
        parameter = self.variable(wrt)
        copied = Variable(f"copy_{parameter.name}", parameter.shape)
        if (wrt[0], step) not in self.by_copy:
            network = self.point.network
            equations = tuple(
                Equation(e.target, e.expression.xreplace({parameter: copied})) if e.target.time == step else e
                for e in network.equations
            )
            other = replace(network, equations=equations, given=(*network.given, copied))
            values_ = {**self.point.given, copied: self.array(wrt)}
            self.by_copy[wrt[0], step] = Point(other, values_, self.sizes)
        return value(Total(self.variable(of), copied), self.by_copy[wrt[0], step])

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


_symbols: WeakKeyDictionary[Point, dict[Conventions, Symbols]] = WeakKeyDictionary()


def symbols_at(at: Point) -> Symbols:
    """Return what the symbols mean at a point, as stated; the answer lives as long as the point."""
    known = _symbols.setdefault(at, {})
    if in_force() not in known:
        known[in_force()] = Symbols(at, in_force())
    return known[in_force()]


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
