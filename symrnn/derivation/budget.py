"""How many paths a reader can follow: the budget of a path expansion.

The terms of an expansion are the paths of the network. Their number is known before the first of them is
written, by one walk along the equations, and in a cell with several states it grows without bound. So is the
length of the longest of them, which a chain of states has to be cut by: nobody reads 500 factors.
"""

from __future__ import annotations

from symrnn.model import OrderedNetwork, is_symbolic
from symrnn.tensor import Derivative, InputError, Variable

MOST_PATHS = 12  # terms of an expansion that can still be read
MOST_STEPS = 20  # of a chain, whose terms are alike
MOST_EDGES = MOST_STEPS + 1  # of one path, from its use to the loss
MILLION = 10**6


class DerivationError(InputError):
    """A goal that cannot be derived as asked; the message says what would work."""


def limit(v: Variable, most: int = MOST_PATHS) -> int:
    """Return how many paths may lead to ``v``: a chain has one for each step, and they collect into a sum."""
    return max(most, min(int(v.time), MOST_STEPS))


def check_paths(goal: Derivative, network: OrderedNetwork) -> None:
    """Refuse to expand a derivative into more paths, or longer ones, than can be read.

    Raises
    ------
    DerivationError
        Names the number of paths or of steps, the latest step that is expanded, and the sweep.
    """
    v, x = goal.args
    if is_symbolic(v) or is_symbolic(x):
        return
    counts = network.path_counts(x)
    lengths = network.longest_paths(x)
    if v not in counts or _readable(v, counts, lengths):
        return
    count, most = counts[v], limit(v)
    too_many = f"has {amount(count)} paths, at most {most} can be read"
    too_long = f"has a path of {lengths[v]} edges, at most {MOST_EDGES} can be read"
    shorter = [u for u in map(v.at, range(int(v.time))) if u in counts and _readable(u, counts, lengths)]
    expanded = f"{shorter[-1]} by {x} has {counts[shorter[-1]]} and is expanded; " if shorter else ""
    raise DerivationError(
        f"the derivative of {v} by {x} {too_many if count > most else too_long}; {expanded}"
        f"the backward sweep (view sweep) takes every step, with one term for each edge"
    )


def amount(count: int) -> str:
    """Return a number of paths in as many digits as one reads."""
    return f"{count}" if count < MILLION else "more than a million"


def _readable(v: Variable, counts: dict[Variable, int], lengths: dict[Variable, int]) -> bool:
    """Whether the paths to ``v`` can be read, one by one."""
    return counts[v] <= limit(v) and lengths[v] <= MOST_EDGES


def longest_readable(
    v: Variable, x: Variable, network: OrderedNetwork, most: int = MOST_PATHS
) -> Variable | None:
    """Return ``v`` at the latest step up to its own where ∂v/∂x has at most ``most`` paths, but some."""
    condensed = network.condense({*network.states, v.name}, {x} - set(network.given))
    counts, lengths = condensed.path_counts(x), condensed.longest_paths(x)
    times = (v.at(t) for t in range(1, int(v.time) + 1))
    readable = [u for u in times if 0 < counts.get(u, 0) <= limit(u, most) and lengths[u] <= MOST_EDGES]
    return readable[-1] if readable else None
