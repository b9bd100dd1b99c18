"""What ink means: the value of a syntax tree, with the kinds of things deciding what a product means.

Derivatives of variables are evaluated by ``symrnn.witness.value``, derivatives of written expressions by a
complex step through this module: neither uses the rules or the printer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np

from symrnn.tensor import TABLE
from symrnn.witness.ink.oriented import ZERO, Value, add, divide, entrywise, juxtapose, outer, transpose
from symrnn.witness.ink.scripts import number_of, times_apart
from symrnn.witness.ink.symbols import Key, Symbols, split_entries, symbols_at
from symrnn.witness.ink.syntax import (
    Between,
    BigSum,
    Bracket,
    Cases,
    Dots,
    Fraction,
    Function,
    Letter,
    Node,
    Numeral,
    Power,
    Product,
    ReadbackError,
    Script,
    Slope,
    Sum,
    Transpose,
)
from symrnn.witness.point import STEP_LENGTH, Array, Point

MAX_TERMS = 100_000  # terms of all sums and dotted products of one formula together
REMEMBERED = (Letter, Slope, Function, BigSum)
BETWEEN = {r"\odot": entrywise, r"\otimes": outer}


def evaluate(node: Node, at: Point, times: dict[str, int], indices: dict[str, int]) -> Array:
    """Value of a syntax tree at a point; see ``symrnn.witness.readback.ink_value``."""
    with np.errstate(all="ignore"):
        reader = Reader(symbols_at(at), {"T": at.network.steps, **times}, indices)
        return reader.array(reader.value(node))


def evaluate_sides(
    left: Node, right: Node, at: Point, choices: Iterable[tuple[dict[str, int], dict[str, int]]]
) -> Iterator[tuple[Array, Array]]:
    """Yield the left side of an equation, and left minus right; see ``symrnn.witness.readback.ink_sides``."""
    known: dict[Any, Value] = {}
    for times, indices in choices:
        reader = Reader(symbols_at(at), {"T": at.network.steps, **times}, indices, known=known)
        with np.errstate(all="ignore"):
            alone = reader.value(left)
            difference = add(((1, alone, left == Numeral(1.0)), (-1, reader.value(right), False)))
        yield reader.array(alone), reader.array(difference)


@dataclass(frozen=True)
class Reader:
    """Where a formula is read: symbols, values of letters, and what is perturbed for a complex step."""

    symbols: Symbols
    times: dict[str, int]
    indices: dict[str, int]
    shift: int = 0  # added to every time, for the factors between the dots of a product
    summed: frozenset[str] = frozenset()
    perturbed: tuple[Key, Array] | None = None
    work: list[int] = field(default_factory=lambda: [0])
    known: dict[Any, Value] = field(default_factory=dict)

    def value(self, node: Node) -> Value:
        """Return what a piece of a formula is worth; symbols, derivatives and sums are remembered."""
        if not isinstance(node, REMEMBERED) or self.shift or self.perturbed is not None:
            return self.worked_out(node)
        key = id(node), *map(self.times.get, node.letters), *map(self.indices.get, node.letters)
        if key not in self.known:
            self.known[key] = self.worked_out(node)
        return self.known[key]

    def worked_out(self, node: Node) -> Value:
        """Return what a piece of a formula is worth, from what its pieces are worth."""
        match node:
            case Letter():
                return self.letter(node)
            case Power(body, exponent):
                return self.power(self.value(body), number_of(exponent, self.times))
            case Product(factors):
                return reduce(juxtapose, map(self.value, factors))
            case Numeral(number):
                return Value(np.asarray(number)) if number else ZERO
            case Bracket(body, entry):
                inner = self.value(body)
                return self.entry(inner.array, entry) if entry else inner
            case Sum(terms) if any(apart := [self.limit(term) for _, term in terms]):
                return self.sum_of_limits(terms, apart)
            case Sum(terms):
                return add((sign, self.value(term), term == Numeral(1.0)) for sign, term in terms)
            case Function("log", 0, Letter() as letter) if (found := self.logarithm(letter)) is not None:
                return found
            case Function(name, primes, argument):
                return self.function(name, primes, self.value(argument))
            case Fraction(top, bottom):
                return divide(self.value(top), self.value(bottom), one=top == Numeral(1.0))
            case Slope(_, of, wrt):
                return self.slope(node, of, wrt)
            case Transpose(body):
                return transpose(self.value(body))
            case Between(sign, operands):
                return reduce(BETWEEN[sign], (self.one_factor(operand) for operand in operands))
            case Dots(first, last):
                return self.dots(first, last)
            case BigSum():
                return add((1, inner.value(node.body), False) for inner in self.ranged(node))
            case Cases(rows):
                for body, conditions in rows:
                    if all(self.agree(*sides) for sides in conditions):
                        return self.value(body)
                raise ReadbackError("no case applies")
        raise NotImplementedError(f"no value for {type(node).__name__}")

    @property
    def mirrored(self) -> bool:
        """Whether vectors are rows, and every tensor has its axes in the opposite order."""
        return self.symbols.conventions.mirrored

    def array(self, value: Value) -> Array:
        """Return the array that a value on paper stands for; it must be finite."""
        if not np.isfinite(value.array).all():
            raise ReadbackError("the value is not finite")
        return value.array.T if self.mirrored else value.array

    def shown(self, array: Array, lying: bool = False) -> Value:
        """Return how an array stands on paper; ``lying`` marks a row of the operator convention."""
        return Value(np.asarray(array.T if self.mirrored else array), row=lying is not self.mirrored)

    def agree(self, left: tuple[str, ...], right: tuple[str, ...]) -> bool:
        """Whether two indices, or two times, are equal."""
        letters = self.indices if {*left, *right} & self.indices.keys() else self.times
        return number_of(left, letters) == number_of(right, letters)

    def ranged(self, node: BigSum) -> Iterator[Reader]:
        """Yield a reader for each value of the letter of a sum."""
        letter, axis = node.letter, self.symbols.sizes.get(node.high[0]) if len(node.high) == 1 else None
        if letter in self.summed:
            raise ReadbackError(f"the letter {letter!r} is used by two sums, one inside the other")
        low = number_of(node.low, self.times)
        high = number_of(node.high, self.times) if axis is None else axis
        if axis is not None and low != 1:
            raise ReadbackError(f"the index {letter!r} runs from {low}; entries are counted from 1")
        times = {name: time for name, time in self.times.items() if name != letter}
        indices = {name: index for name, index in self.indices.items() if name != letter}
        for number in range(low, high + 1):
            self.count()
            (times if axis is None else indices)[letter] = number
            yield replace(self, times=times, indices=indices, summed=self.summed | {letter})

    def count(self) -> None:
        """Stop ink that would keep the machine busy for ever."""
        self.work[0] += 1
        if self.work[0] > MAX_TERMS:
            raise ReadbackError(f"the formula has more than {MAX_TERMS} terms")

    def variable(self, node: Letter) -> tuple[Key, Script]:
        """Return the variable that a letter stands for, and the entries asked for."""
        found = self.symbols.resolve(node, self.indices)
        if found is None:
            raise ReadbackError(f"{node.base}{list(map(''.join, node.sub))} is no symbol of this network")
        name, time, entries = found
        return (name, None if time is None else number_of(time, self.times) + self.shift), entries

    def letter(self, node: Letter) -> Value:
        """Return what a symbol is worth: δ, I and the ones, or a variable of the network."""
        if node.base in ("delta", "I", "1") and self.symbols.resolve(node) is None:
            return self.constant(node)
        key, entries = self.variable(node)
        if node.copy:
            raise ReadbackError(f"a copy of {key[0]} stands outside a derivative")
        array = self.symbols.array(key)
        if self.perturbed is not None and key == self.perturbed[0]:
            array = self.perturbed[1]
        value = self.shown(array)
        return self.entry(value.array, entries) if entries else value

    def limit(self, node: Node) -> tuple[Value, Array] | None:
        """Return what a letter is next to, and the rest of its value; None if it does not saturate."""
        if not isinstance(node, Letter) or node.copy or self.symbols.resolve(node, self.indices) is None:
            return None
        key, entries = self.variable(node)
        parts = self.symbols.point.parts(self.symbols.variable(key))
        if parts is None:
            return None
        limit, rest = parts
        if self.perturbed is not None and key == self.perturbed[0]:
            rest = rest + 1j * self.perturbed[1].imag
        of, left = self.shown(limit), self.shown(rest)
        if not entries:
            return of, left.array
        return self.entry(of.array, entries), self.entry(left.array, entries).array

    def sum_of_limits(
        self, terms: Iterable[tuple[int, Node]], apart: Iterable[tuple[Value, Array] | None]
    ) -> Value:
        """Return a sum whose limits are added before the rests: 1 - u loses nothing where u is next to 1."""
        limits, rests = [], []
        for (sign, term), found in zip(terms, apart):
            limits.append((sign, self.value(term) if found is None else found[0], term == Numeral(1.0)))
            rests += [] if found is None else [sign * found[1]]
        total = add(limits)
        return total._replace(array=reduce(np.add, rests, total.array))

    def logarithm(self, node: Letter) -> Value | None:
        """Return the logarithm of a letter that is a softmax, from its argument; None for any other."""
        if self.symbols.resolve(node, self.indices) is None or node.copy:
            return None
        key, entries = self.variable(node)
        if self.perturbed is not None and key == self.perturbed[0]:
            return None
        found = self.symbols.point.logarithm(self.symbols.variable(key))
        if found is None:
            return None
        value = self.shown(found)
        return self.entry(value.array, entries) if entries else value

    def constant(self, node: Letter) -> Value:
        """Return a Kronecker delta, an identity matrix or a vector of ones."""
        pair = split_entries(node.sub, 2)
        if node.base == "delta" and pair is not None:
            left, right = pair
            return Value(np.asarray(float(self.agree((left,), (right,)))))
        pieces = node.sub[0] if len(node.sub) == 1 else ()
        shape = tuple(self.symbols.sizes.get(axis, 0) for axis in pieces[::2])
        if node.base != "delta" and len(pieces) % 2 and all(shape) and set(pieces[1::2]) <= {r"\times"}:
            eye = np.eye(int(np.prod(shape))).reshape(shape + shape)
            return Value(eye) if node.base == "I" else self.shown(np.ones(shape))
        raise ReadbackError(f"{node.base}{list(map(''.join, node.sub))} is no symbol of this network")

    def entry(self, array: Array, script: Script) -> Value:
        """Return an entry of an array."""
        return Value(np.asarray(array[self.places(script, array.shape)]))

    def places(self, script: Script, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the place of an entry in an array; indices on paper count from 1."""
        pieces = split_entries(script, len(shape))
        if pieces is None:
            raise ReadbackError(f"the indices {list(map(''.join, script))} do not fit the shape {shape}")
        found = [number_of((piece,), self.indices) for piece in pieces]
        if any(not 1 <= index <= size for index, size in zip(found, shape)):
            raise ReadbackError(f"the indices {found} are outside the shape {shape}")
        return tuple(index - 1 for index in found)

    def function(self, name: str, primes: int, argument: Value) -> Value:
        """Return a function of the table entry by entry, or diag."""
        if name == "diag" and not primes:
            if argument.array.ndim != 1 or argument.row is not self.mirrored:
                raise ReadbackError(f"diag needs a vector as the states are written, not {argument}")
            return Value(np.diag(argument.array))
        row = TABLE.get(self.symbols.activation if name == "sigma" else name)
        call = None if row is None or primes > 1 else (row.numpy, row.derivative)[primes]
        if call is None:
            raise ReadbackError(f"there is no function {name}{chr(39) * primes}")
        if name == "softmax" and argument.array.ndim != 1:
            raise ReadbackError(f"softmax needs a vector, not {argument}")
        return Value(np.asarray(call(argument.array)), argument.row)

    def slope(self, node: Slope, of: Node, wrt: Letter) -> Value:
        """Return a derivative, or entries of one; that of a number by a vector is a row."""
        if self.perturbed is not None:
            raise ReadbackError("a derivative stands inside ∂(…)")
        key, lower = self.variable(wrt)
        if node.mark == "+" and key[1] is None and self.symbols.conventions.copies:
            raise ReadbackError(f"∂⁺ by {key[0]}, where copies are stated; accepted: ∂ by a copy")
        shape = self.symbols.array(key).shape
        below = self.places_of(lower, shape) if lower else None
        if isinstance(of, Letter):
            other, upper = self.variable(of)
            if wrt.copy:
                array = self.copy_slope(node, other, key)
            else:
                array = self.symbols.slope(node.mark, other, key)
            rank = array.ndim - len(shape)
            if upper:
                array, rank = array[self.places_of(upper, array.shape[:rank])], 0
            if below is not None:
                array = array[(slice(None),) * rank + below]
        elif node.mark or wrt.copy:
            raise ReadbackError("∂⁺, ∂°, or a copy, at an expression; all are defined for variables")
        else:
            array = self.complex_step(of, key, below)
            rank = array.ndim - (len(shape) if below is None else 0)
        lying = self.symbols.conventions.layout == "numerator"
        return self.shown(array, rank == 0 and array.ndim == 1 and lying)

    def places_of(self, script: Script, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the place of an entry in an array, from its indices as they stand on paper."""
        return self.places(script, shape[::-1])[::-1] if self.mirrored else self.places(script, shape)

    def copy_slope(self, node: Slope, of: Key, wrt: Key) -> Array:
        """Return a derivative by a copy, which has a meaning only where the document says so."""
        if not self.symbols.conventions.copies:
            raise ReadbackError(f"∂ by a copy of {wrt[0]}, where no copies are stated")
        return self.symbols.copy_slope(of, wrt, number_of(node.wrt.copy, self.times) + self.shift)

    def complex_step(self, of: Node, key: Key, place: tuple[int, ...] | None) -> Array:
        """Differentiate a written expression by a variable, or by one entry of it, all else held fixed."""
        base = self.symbols.array(key)
        columns = []
        for entry in np.ndindex(base.shape) if place is None else (place,):
            array = np.array(base, dtype=complex)
            array[entry] += 1j * STEP_LENGTH
            result = replace(self, perturbed=(key, array)).value(of)
            if result.array.ndim == 1 and result.row is not self.mirrored:
                raise ReadbackError(f"∂ of {result}; accepted: a vector as the states are written")
            columns.append((result.array.T if self.mirrored else result.array).imag / STEP_LENGTH)
        return np.stack(columns, axis=-1).reshape(columns[0].shape + (base.shape if place is None else ()))

    def one_factor(self, operand: Node) -> Value:
        """Return an operand of ⊙ or ⊗, which a reader must not be able to split in two ways."""
        factors = operand.factors if isinstance(operand, Product) else (operand,)
        values = [self.value(factor) for factor in factors]
        if isinstance(operand, Dots) or sum(v.array.ndim > 0 for v in values) > 1:
            raise ReadbackError("a product stands without brackets beside ⊙ or ⊗")
        return reduce(juxtapose, values)

    def power(self, base: Value, exponent: int) -> Value:
        """Return the product of so many equal matrices."""
        if base.array.ndim != 2 or base.array.shape[0] != base.array.shape[1] or exponent < 0:
            raise ReadbackError(f"{base} to the power {exponent}; accepted: a square matrix, 0 or more")
        return base._replace(array=np.linalg.matrix_power(base.array, exponent))

    def dots(self, first: Node, last: Node) -> Value:
        """Return the product of a factor at all times from the first written one down to the last."""
        towards = -1 if self.mirrored else 1  # later factors on the left, or on the right
        shifts = {towards * shift for shift in times_apart(first, last, self.symbols, self.times)}
        if len(shifts) != 1 or min(shifts) < -1:
            raise ReadbackError(f"the factors at ⋯ differ in time by {sorted(shifts)}, not by one step count")
        length = shifts.pop() + 1
        if length:
            others = (replace(self, shift=self.shift - towards * back) for back in range(length))
            return reduce(juxtapose, (reader.value(first) for reader in others))
        try:
            size = self.value(first).array.shape
        except ReadbackError:  # the factor behind the end of the range need not exist
            size = self.value(last).array.shape
        if len(size) != 2 or size[0] != size[1]:
            raise ReadbackError("an empty product of factors that are no square matrices")
        return Value(np.eye(size[0]))
