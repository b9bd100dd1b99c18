"""Certificates: the measured evidence that every step of a derivation holds.

A derivation claims goal = step 1 = … = result, for every time it is stated for. A certificate evaluates
each of them at a point. Three witnesses share nothing with the rules: the *object*, derivative nodes
taken by complex step through the forward equations; *SymPy*, whose own ``diff`` is asked on the index or
the scalar view; and the *ink*, the printed LaTeX of both sides, read back and evaluated. Whoever makes a
rule, a printer or a cell a little wrong is told the step, the rule and the deviation.

Each witness is asked at every time that the claim is stated for and in every entry; but the ink of a line
of entries, which is read for one entry at a time, in up to ``MOST_ENTRIES`` of them, spread over the times.
SymPy is asked for the goal, not for each line, and at the last point only. Where a line is beyond floats at
given numbers, 1/ŷ for a ŷ of 1e-400, or SymPy's numbers are, a random point is taken for it. A fourth
witness, the *list*, counts: the number of paths that a table states is compared with the paths written out
one by one.
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np

from symrnn.derivation import Derivation, EntryDerivation, derivations
from symrnn.model import HORIZON, Cell, Conventions, OrderedNetwork, in_force
from symrnn.notation import entry_line, latex, layout, line, text
from symrnn.tensor import InputError, Tensor, free_times
from symrnn.witness import (
    MOVE,
    Point,
    bound_of,
    deviation,
    entry_value,
    ink_or_none,
    largest_deviation,
    random_point,
    sizes,
    substituted,
    sympy_values,
    value,
    values,
)

TOLERANCE = 1e-10
MOST_ENTRIES = 30


class CertificateError(InputError):
    """A step that does not hold; the message names step, rule, deviation and both lines."""

    longest = 5_000


@dataclass(frozen=True)
class Check:
    """One deviation: which line, made by which rule, seen by which witness."""

    step: int
    rule: str
    witness: str  # "object", "ink", "SymPy" or "list"
    deviation: float
    lhs: str
    rhs: str


@dataclass(frozen=True)
class Certificate:
    """What was measured for one derivation.

    Attributes
    ----------
    goal : str
    closed : bool
        Whether the derivation came to its end.
    checks : tuple of Check
        Largest deviation over all times, for each line and witness: |a − b| of an entry, against the size of
        what was added to make it.
    tolerance : float
    points : tuple of dict
        Seed and sizes of each point, and how often it was drawn where that was more than once; seed None
        stands for given numbers.
    """

    goal: str
    closed: bool
    checks: tuple[Check, ...]
    tolerance: float
    points: tuple[dict[str, Any], ...]

    @property
    def deviation(self) -> float:
        """Return the largest deviation of all."""
        return max((check.deviation for check in self.checks), default=0.0, key=_nan_is_worst)

    @property
    def first_failure(self) -> Check | None:
        """The first line that does not hold, or None."""
        return next((check for check in self.checks if not check.deviation <= self.tolerance), None)

    @property
    def holds(self) -> bool:
        """Whether the derivation is closed and every line holds."""
        return self.closed and self.first_failure is None

    def of(self, witness: str) -> float | None:
        """Return the largest deviation that one witness saw, or None if it was not asked."""
        seen = [check.deviation for check in self.checks if check.witness == witness]
        return max(seen, key=_nan_is_worst) if seen else None

    def require(self) -> Certificate:
        """Return the certificate, or raise.

        Raises
        ------
        CertificateError
            If a line does not hold or the derivation is not closed.
        """
        failure = self.first_failure
        if failure is not None:
            raise CertificateError(
                f'{self.goal}: step {failure.step}, rule "{failure.rule}": deviation {failure.deviation:.1e}'
                f" ({failure.witness}) exceeds {self.tolerance:.0e}\n  {failure.lhs}\n  = {failure.rhs}"
            )
        if not self.closed:
            raise CertificateError(
                f"{self.goal}: the derivation is not closed, derivatives are left in its result"
            )
        return self

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; deviations by what they stay below, the same on every machine."""
        checks = tuple(asdict(check) | {"deviation": bound_of(check.deviation)} for check in self.checks)
        worst = bound_of(self.deviation)
        return {**asdict(self), "checks": checks, "deviation": worst, "holds": self.holds}

    def __str__(self) -> str:
        state = "holds" if self.holds else "DOES NOT HOLD"
        witnesses = ", ".join(
            f"{w} {d:.1e}" for w in ("object", "SymPy", "ink") if (d := self.of(w)) is not None
        )
        points = "; ".join(f"seed {p['seed']}, sizes {p['sizes']}" for p in self.points)
        return (
            f"{self.goal}: {state}, largest deviation {witnesses} (tolerance {self.tolerance:.0e}; {points})"
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{c.step}</td><td>{html.escape(c.rule)}</td><td>{c.witness}</td><td>{c.deviation:.1e}</td></tr>"
            for c in self.checks
        )
        head = "<tr><th>step</th><th>rule</th><th>witness</th><th>deviation</th></tr>"
        return f"<p>{html.escape(str(self))}</p><table>{head}{rows}</table>"


def _nan_is_worst(deviation: float) -> float:
    return np.inf if np.isnan(deviation) else deviation


def certify(
    derivation: Derivation | EntryDerivation,
    at: Point | Sequence[Point] | None = None,
    *,
    seed: int = 0,
    tolerance: float = TOLERANCE,
) -> Certificate:
    """Check every step of a derivation and every line as it is printed.

    Parameters
    ----------
    derivation : Derivation or EntryDerivation
    at : Point or sequence of Point, optional
        Default: one random point, sizes pairwise different. SymPy is asked at the last one.
    seed : int
    tolerance : float
        Largest deviation that holds. Rounding is about 1e-15, a wrong formula is rarely better than 1e-3.

    Returns
    -------
    Certificate

    Raises
    ------
    InputError
        If it is no derivation.
    """
    if not isinstance(derivation, Derivation | EntryDerivation):
        raise InputError(
            f"{derivation!r:.80} is no derivation; accepted: what derive returns, as in"
            f" certify(derive(goal, network))"
        )
    network = (derivation.matrix if isinstance(derivation, EntryDerivation) else derivation).network
    _check_options(at, seed, tolerance)
    points = [random_point(network, seed)] if at is None else [at] if isinstance(at, Point) else list(at)
    measured = [_measured(derivation, point) for point in points]
    found = [checks for checks, _ in measured]
    taken = [point for _, used in measured for point in used]
    second = _second_opinion(derivation, points[-1].of(network))
    merged = tuple(max(same, key=lambda c: _nan_is_worst(c.deviation)) for same in zip(*found))
    return Certificate(
        text(layout(derivation.goal)),
        derivation.is_closed,
        (*merged, *second),
        tolerance,
        tuple(point.described for point in taken),
    )


def _check_options(at: Any, seed: Any, tolerance: Any) -> None:
    """Refuse what is no point, no seed or no tolerance."""
    several = isinstance(at, Sequence) and bool(at) and all(isinstance(point, Point) for point in at)
    if not (at is None or isinstance(at, Point) or several):
        raise InputError(f"at is {at!r:.80}; accepted: a point of the network, several in a list, or none")
    if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
        raise InputError(f"seed is {seed!r:.80}; accepted: a whole number, at least 0")
    if not isinstance(tolerance, Real) or not 0 < float(tolerance) < 1:
        raise InputError(f"tolerance is {tolerance!r:.80}; accepted: a number between 0 and 1")


def _measured(derivation: Derivation | EntryDerivation, at: Point) -> tuple[list[Check], list[Point]]:
    """Measure every line, and say where; one that floats cannot hold at given numbers at a random point."""
    network = (derivation.matrix if isinstance(derivation, EntryDerivation) else derivation).network
    with np.errstate(all="ignore"):  # a deviation that is no number says it
        found = _checks(derivation, at.of(network))
    if at.seed is not None or all(np.isfinite(check.deviation) for check in found):
        return found, [at]
    drawn = random_point(network)
    others = _checks(derivation, drawn)
    held = [check if np.isfinite(check.deviation) else other for check, other in zip(found, others)]
    return held, [at, drawn]


def _checks(derivation: Derivation | EntryDerivation, at: Point) -> list[Check]:
    """Check every step and every line; what seems to fail once more, beside what rounding moves."""
    found = _all_checks(derivation, at, False)
    return found if all(c.deviation <= TOLERANCE for c in found) else _all_checks(derivation, at, True)


def _all_checks(derivation: Derivation | EntryDerivation, at: Point, moved: bool) -> list[Check]:
    if isinstance(derivation, EntryDerivation):
        return _entry_checks(derivation, at, moved)
    return _line_checks(derivation, at, moved)


def _line_checks(derivation: Derivation, at: Point, moved: bool) -> list[Check]:
    network, goal = derivation.network, derivation.goal
    choices = list(assignments(free_times(goal), derivation.times, network))
    checks = []
    truth = values(goal, at, choices)
    ends = sizes(derivation.result, at, choices, moved=moved)
    for number, step in enumerate(derivation.steps, start=1):
        added = np.maximum(ends, sizes(step.after, at, choices, moved=moved))
        worst = largest_deviation(values(step.after, at, choices), truth, added)
        checks.append(Check(number, step.rule.name, "object", worst, *_texts(goal, step.after)))
    for number, printed in enumerate(derivation.lines(), start=1):
        checks.append(check_ink(number, printed.rule.name, printed.lhs, printed.rhs, at, choices, moved))
    return checks


def assignments(
    symbols: set[Any], times: tuple[Any, Any], network: OrderedNetwork
) -> Iterator[dict[Any, int]]:
    """Yield every choice of the symbolic times; several of them grow in alphabetical order (k ≤ t)."""
    free = sorted(symbols - {HORIZON}, key=str)
    low, high = (int(_number(bound, network)) for bound in times)
    for choice in itertools.combinations_with_replacement(range(low, high + 1), len(free)):
        yield dict(zip(free, choice))


def _number(bound: Any, network: OrderedNetwork) -> Any:
    return bound.xreplace({HORIZON: network.steps}) if hasattr(bound, "xreplace") else bound


def _second_opinion(derivation: Derivation | EntryDerivation, at: Point) -> tuple[Check, ...]:
    """Ask SymPy for the value of the goal; nothing if the goal is not for SymPy, or has no steps."""
    if isinstance(derivation, EntryDerivation) or not derivation.steps:
        return ()
    try:
        worst = _by_sympy(derivation, at)
    except ArithmeticError:
        worst = np.inf
    if worst is not None and not np.isfinite(worst):  # beyond what Python's floats hold: exp(1e4), 1/0
        worst = _by_sympy(derivation, random_point(derivation.network))
    if worst is None:
        return ()
    sides = _texts(derivation.goal, derivation.result)
    return (Check(len(derivation.steps), derivation.steps[-1].rule.name, "SymPy", worst, *sides),)


def _by_sympy(derivation: Derivation, at: Point) -> float | None:
    """Return how far SymPy's derivative lies from the goal, against the largest entry or 1.

    It says 1 - tanh² and loses the digits that such a difference loses, so small entries cannot be compared.
    """
    goal, network = derivation.goal, derivation.network
    choices = list(assignments(free_times(goal), derivation.times, network))
    with np.errstate(all="ignore"):
        found = sympy_values(goal, network, at, choices)
    if found is None:
        return None
    pairs = [(value(goal, at, t), other) for t, other in found]
    return max(deviation(a, b, np.full(np.shape(b), max(1.0, np.abs(b).max()))) for a, b in pairs)


def check_ink(
    number: int,
    rule: str,
    lhs: Tensor,
    rhs: Tensor,
    at: Point,
    choices: Sequence[Mapping[Any, int]],
    moved: bool = False,
) -> Check:
    """Read both printed sides of a line back; they agree, and the left one has its value."""
    read = ink_or_none(_sources(lhs, rhs, in_force()), at, ((times, {}) for times in choices))
    worst = float("inf") if read is None else 0.0
    added = np.maximum(*(sizes(side, at, choices, exact=False, moved=moved) for side in (lhs, rhs)))
    for (alone, difference), expected, size in zip(read or (), values(lhs, at, choices), added):
        zero = not alone.ndim and not alone  # a printed 0 stands for zeros of any shape
        found = np.zeros(expected.shape) if zero else alone
        worst = max(worst, deviation(found, expected, size))
        if found.shape == expected.shape:
            apart = np.broadcast_to(difference, expected.shape)
            worst = max(worst, deviation(apart, 0 * expected, np.maximum(size, np.abs(expected))))
    return Check(number, rule, "ink", worst, *_texts(lhs, rhs))


@lru_cache(maxsize=4096)
def _sources(lhs: Tensor, rhs: Tensor, how: Conventions) -> tuple[str, str]:
    left, right = line(lhs, rhs)
    return latex(left), latex(right)


def _texts(lhs: Tensor, rhs: Tensor) -> tuple[str, str]:
    return _texts_under(lhs, rhs, in_force())


@lru_cache(maxsize=4096)
def _texts_under(lhs: Tensor, rhs: Tensor, how: Conventions) -> tuple[str, str]:
    left, right = line(lhs, rhs)
    return text(left), text(right)


def _entry_checks(derivation: EntryDerivation, at: Point, moved: bool) -> list[Check]:
    goal, matrix = derivation.goal, derivation.matrix
    every = list(assignments(free_times(goal), matrix.times, matrix.network))
    grid = np.indices(tuple(at.sizes[axis] for axis in goal.shape)) + 1
    symbols = [{**times, **dict(zip(derivation.indices, grid))} for times in every]
    names = [str(letter) for letter in derivation.indices]
    places = [dict(zip(names, map(int, place))) for place in grid.reshape(len(grid), -1).T]
    places = places[:: -(-len(places) // MOST_ENTRIES)]
    asked = [(every[n % len(every)], places[n % len(places)]) for n in range(max(len(every), len(places)))]
    checks, added = [], sizes(matrix.result, at, every, exact=False, moved=moved)
    added = np.maximum(added, sizes(goal, at, every, moved=True)) if moved else added
    for number, step in enumerate(derivation.lines, start=1):
        trees = entry_line(step.lhs, step.rhs, derivation.letters)
        sources = latex(trees[0]), latex(trees[1])
        read = ink_or_none(sources, at, asked)
        worst = float("inf") if read is None else 0.0
        for (alone, apart), (times, place) in zip(read or (), asked):
            size = added[every.index(times)][tuple(place[name] - 1 for name in names)]
            worst = max(worst, deviation(apart, np.zeros(np.shape(apart)), np.maximum(size, np.abs(alone))))
        sides = text(trees[0]), text(trees[1])
        entries = max(_entries_apart(step.lhs, step.rhs, at, here, moved) for here in symbols)
        checks.append(Check(number, step.rule, "object", entries, *sides))
        checks.append(Check(number, step.rule, "ink", worst, *sides))
    whole = values(goal, at, every)
    result = [entry_value(derivation.result, at, here) for here in symbols]
    known = added if moved else itertools.repeat(None)
    last = max(deviation(np.broadcast_to(a, b.shape), b, size) for a, b, size in zip(result, whole, known))
    ends = entry_line(derivation.lines[0].lhs, derivation.result, derivation.letters)
    sides = text(ends[0]), text(ends[1])
    rule = derivation.lines[-1].rule
    return [*checks, Check(len(derivation.lines), rule, "object", last, *sides)]


def _entries_apart(lhs: Any, rhs: Any, at: Point, symbols: Mapping[Any, Any], moved: bool) -> float:
    """Return how far two index expressions lie apart, over all entries."""
    expected, found = np.broadcast_arrays(*(entry_value(side, at, symbols) for side in (lhs, rhs)))
    if not moved:
        return deviation(found, expected)
    moves = np.abs(entry_value(lhs, at.near, symbols) - expected) / MOVE
    return deviation(found, expected, np.maximum(moves, np.abs(expected)))


def certify_equations(network: OrderedNetwork, at: Point) -> Certificate:
    """Check the printed forward equations: each right-hand side, read back, gives its variable."""
    at = at.of(network)
    choices = [
        {free: t for free in free_times(e.target)}
        for e in network.step[:1]
        for t in range(1, network.steps + 1)
    ]
    checks = [
        check_ink(n, "definition", e.target, e.expression, at, choices)
        for n, e in enumerate(network.step, start=1)
    ]
    return Certificate("forward equations", True, tuple(checks), TOLERANCE, (at.described,))


def certify_substituted(derivation: Derivation, at: Point) -> Certificate:
    """Check a derivation of a loss by a parameter against SymPy's ``diff`` of the loss written out."""
    found = substituted(derivation.goal.args[0], derivation.goal.args[1], derivation.network, at)
    expected = value(derivation.result, at.of(derivation.network))
    goal = text(layout(derivation.goal))
    check = Check(
        len(derivation.steps), "substitution", "SymPy", deviation(found, expected), goal, "one expression"
    )
    title = f"{goal} of the substituted loss"
    return Certificate(title, derivation.is_closed, (check,), TOLERANCE, (at.described,))


def certify_cell(
    cell: Cell, seed: int = 0, progress: Callable[[str], None] = lambda words: None, steps: int = 4
) -> list[Certificate]:
    """Certify everything that is derived of a cell, at a random point.

    Returns
    -------
    list of Certificate
        Of the forward equations; for each parameter, the state and an input: paths, local and entry
        derivations; the backward sweep and its equality with the double sum.
    """
    network = cell.unroll(steps)
    at = random_point(network, seed)
    progress("forward equations")
    found = [certify_equations(network, at)]
    for derivation in derivations(network):
        progress(str(derivation.goal))
        found.append(certify(derivation, at))
    return found
