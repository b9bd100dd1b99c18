"""Gradients with paths cut short: over windows of the sequence, in each of which some losses count.

Random truncation has no windows, for there each loss of each sequence has a reach of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from symrnn.model import Cell
from symrnn.numeric.arguments import Arguments, Given, read_arguments
from symrnn.numeric.codegen.names import start
from symrnn.numeric.execution import program
from symrnn.numeric.finite import checked
from symrnn.numeric.survival import drawn_reaches, reached_gradients
from symrnn.tensor import InputError
from symrnn.witness import Array

Kind = Literal["lag", "chunk", "k1k2", "random"]
ACCEPTED = {
    "lag": "a whole number, at least 0",
    "chunk": "a whole number, at least 1",
    "k1k2": "a pair (k1, k2) of whole numbers, each at least 1",
    "random": "a survival rate, above 0 and at most 1",
}


class Window(NamedTuple):
    """Steps that are swept back together: from ``first`` to ``last``, where losses from ``counted`` on count.

    The gradient by the initial state is taken if ``from_start``.
    """

    first: int
    last: int
    counted: int
    from_start: bool


def truncated_gradients(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    truncation: int | tuple[int, int] | float,
    kind: Kind = "lag",
    seed: int = 0,
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
) -> dict[str, Array]:
    """Gradient with paths cut short.

    A path leads from a loss at t to a use at k, over t − k Jacobian factors; the initial state is used at
    k = 0. ``lag`` keeps the paths with t − k ≤ τ. ``chunk`` cuts the sequence every τ steps and lets no path
    cross a cut. ``k1k2`` takes the losses in blocks of k1 steps, the last of which ends at T and may be
    shorter; a block that ends at step e keeps the paths to k ≥ e − k2 + 1, and a loss whose own step lies
    before that counts for nothing, its use of the output weights included. All three are biased: none of them
    is the derivative of the loss.

    ``random`` lets each loss of each sequence reach back at random, a lag of l or more with the probability
    q^l, and gives what it reaches the weight 1/q^(t − k): the mean over the draws is the full gradient.
    The variance grows fast as q falls.

    Parameters
    ----------
    truncation : int, pair of int, or float
        For ``lag`` τ ≥ 0 and for ``chunk`` τ ≥ 1, a whole number (no float); for ``k1k2`` the pair (k1, k2),
        each at least 1; for ``random`` the survival rate q, in (0, 1]. (1, τ + 1) is a lag of τ; (τ, τ) is
        chunks of τ where they fill the sequence, but for the initial state, one factor further away.
    kind : "lag", "chunk", "k1k2" or "random"
    seed : int
        Of the draws of ``random``; at least 0.
    cell, parameters, inputs, targets, initial, mask
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        As in ``gradients``. The path from a loss at t to the initial state has t factors; ``chunk`` keeps it
        in the first chunk.

    Raises
    ------
    InputError
        If there is no such kind, truncation or seed, or a gradient overflows.
    ShapeError
        As in ``gradients``.

    References
    ----------
    Williams & Peng (1990), An efficient gradient-based algorithm for on-line training of recurrent network
    trajectories, Neural Computation 2(4), 490-501 (``k1k2``: h = k2, h' = k1).
    Tallec & Ollivier (2017), Unbiasing truncated backpropagation through time, arXiv:1705.08209 (``random``;
    there the cuts are drawn for all losses together).
    """
    _check(kind, truncation, seed)
    given = read_arguments(cell, parameters, inputs, initial)
    weights = given.weights(mask)
    y = given.targets(targets, weights)
    if not given.width:  # no sequence
        return given.natural(given.zeros())
    if kind == "random":
        rate: Any = truncation
        reaches = drawn_reaches(float(rate), given.steps, given.width, int(seed))
        total = reached_gradients(given, y, weights, reaches, float(rate))
    else:
        total = _over_windows(given, y, weights, _windows(kind, truncation, given.steps))
    return checked(given, y, given.natural(total))


def _check(kind: Any, truncation: Any, seed: Any) -> None:
    """Refuse a kind, a truncation or a seed that there is not."""
    if not isinstance(kind, str) or kind not in ACCEPTED:
        raise InputError(f"there is no truncation {kind!r}; accepted: {', '.join(map(repr, ACCEPTED))}")
    if kind == "random":
        real = isinstance(truncation, Real) and not isinstance(truncation, bool)
        fits = real and 0 < float(truncation) <= 1
    elif kind == "k1k2":
        fits = isinstance(truncation, tuple | list) and len(truncation) == 2
        fits = fits and all(_is_whole(length, 1) for length in truncation)
    else:
        fits = _is_whole(truncation, int(kind == "chunk"))
    if not fits:
        raise InputError(f"truncation {truncation!r:.80}: accepted for {kind}: {ACCEPTED[kind]}")
    if not _is_whole(seed, 0):
        raise InputError(f"seed {seed!r:.80}: accepted: a whole number, at least 0")


def _is_whole(number: Any, least: int) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool) and int(number) >= least


def _windows(kind: str, truncation: Any, steps: int) -> Iterator[Window]:
    """Yield the windows of a truncation over steps 1 to T."""
    if kind == "chunk":
        for k in range(1, steps + 1, length := int(truncation)):
            yield Window(k, min(k + length - 1, steps), k, k == 1)
        return
    block, reach = (1, int(truncation) + 1) if kind == "lag" else map(int, truncation)
    for begin in range(1, steps + 1, block):
        end = min(begin + block - 1, steps)
        yield Window(max(1, end - reach + 1), end, begin, end < reach)


def _over_windows(given: Arguments, y: Array, weights: Array, windows: Iterator[Window]) -> dict[str, Array]:
    """Return the sum of the gradients over windows, each of which starts from the states before it."""
    total, roles, code = given.zeros(), given.cell.roles, program(given.cell)
    values = code.forward(given.parameters, {roles.input: given.x, roles.target: y}, given.initial)
    states = {state: values[state].copy() for state in given.cell.states}  # the next call overwrites them
    starts = {start(state) for state in states}
    for first, last, counted, from_start in windows:
        window = slice(first - 1, last)
        counting = weights[window] * (np.arange(first, last + 1)[:, None] >= counted)
        before = {state: values[first - 1] for state, values in states.items()}
        found = code.run(given.parameters, given.x[window], y[window], before, counting)[1]
        total[roles.input][window] += found.pop(roles.input)
        for name, array in found.items():
            if from_start or name not in starts:
                total[name] += array
    return total
