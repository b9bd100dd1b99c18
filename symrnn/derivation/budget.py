"""How many paths a reader can follow: the budget of a path expansion.

The terms of an expansion are the paths of the network. Their number is known before the first of them is
written, by one walk along the equations, and in a cell with several states it grows without bound.
"""

from __future__ import annotations

from symrnn.model import OrderedNetwork, is_symbolic
from symrnn.tensor import Derivative, InputError, Variable

MOST_PATHS = 12  # terms of an expansion that can still be read


class DerivationError(InputError):
    """A goal that cannot be derived as asked; the message says what would work."""


def limit(v: Variable, most: int = MOST_PATHS) -> int:
    """Return how many paths may lead to ``v``: a chain has one for each step, and they collect into a sum."""
    return max(most, int(v.time))


def check_paths(goal: Derivative, network: OrderedNetwork) -> None:
    """Refuse to expand a derivative into more paths than can be read.

    Raises
    ------
    DerivationError
        Names the number of paths, the latest step that is expanded, and the sweep.
    """
    v, x = goal.args
    if is_symbolic(v) or is_symbolic(x):
        return
    counts = network.path_counts(x)
    if v not in counts or counts[v] <= limit(v):
        return
    shorter = [u for u in map(v.at, range(int(v.time))) if 0 < counts.get(u, 0) <= limit(u)]
    expanded = f"{shorter[-1]} by {x} has {counts[shorter[-1]]} and is expanded; " if shorter else ""
    raise DerivationError(
        f"the derivative of {v} by {x} has {counts[v]} paths, at most {limit(v)} can be read; {expanded}"
        f"the backward sweep (view sweep) takes every step, with one term for each edge"
    )


def longest_readable(
    v: Variable, x: Variable, network: OrderedNetwork, most: int = MOST_PATHS
) -> Variable | None:
    """Return ``v`` at the latest step up to its own where ∂v/∂x has at most ``most`` paths, but some."""
    counts = network.condense({*network.states, v.name}, {x} - set(network.given)).path_counts(x)
    times = (v.at(t) for t in range(1, int(v.time) + 1))
    readable = [u for u in times if 0 < counts.get(u, 0) <= limit(u, most)]
    return readable[-1] if readable else None
