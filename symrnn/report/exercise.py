"""What a sheet asks, what it hides, how many points it gives and whose it is.

Handouts and exercises ask one question: how one matrix of the recurrence reaches a late loss. The table
``[exercise]`` is checked here: ``results`` hides the right side of every step, the result and the final
gradient, ``rules`` the rule and the reason beside each step, ``numbers`` every number that follows from the
given ones; a number hides one step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symrnn.model import OrderedNetwork, check_keys
from symrnn.report.sequence import JobError
from symrnn.tensor import Variable

PARTS = ("results", "rules", "numbers")
MOST_STEPS, MOST_POINTS = 99, 1000


@dataclass(frozen=True)
class Exercise:
    """What is hidden and asked.

    Attributes
    ----------
    hide : frozenset of str and int
        Parts, and numbers of steps.
    points : tuple of pair of str and int
        Points for a part.
    name : bool
        Whether there is a place for name and date.
    student : str
        The name in its place.
    """

    hide: frozenset[str | int] = frozenset({"results", "numbers"})
    points: tuple[tuple[str, int], ...] = ()
    name: bool = False
    student: str = ""

    def points_of(self, *parts: str) -> int:
        """Return the points of some parts together."""
        return sum(number for part, number in self.points if part in parts)


@dataclass(frozen=True)
class ExerciseTable:
    """What a job says of its exercise."""

    hide: list[Any] = field(default_factory=lambda: ["results", "numbers"])
    points: dict[str, Any] = field(default_factory=dict)
    name: bool = False


def read_exercise(place: str, said: ExerciseTable) -> Exercise:
    """Read the table ``[exercise]`` of a job.

    Raises
    ------
    FileError
        If a part or a number is none; ``place`` begins the message.
    """
    accepted = f"a list of {', '.join(PARTS)} and numbers of steps"
    for item in said.hide:
        if item not in PARTS and not (type(item) is int and 1 <= item <= MOST_STEPS):
            raise JobError(f"{place}: hide names {item!r:.60}; accepted: {accepted}")
    if not said.hide:
        raise JobError(f"{place}: hide is empty; accepted: {accepted}")
    check_keys(f"{place}, points", said.points, {}, dict.fromkeys(PARTS, int))
    for part, number in said.points.items():
        if not 0 <= number <= MOST_POINTS:
            raise JobError(f"{place}, points: {part} is {number!r:.60}; accepted: 0 to {MOST_POINTS}")
    return Exercise(frozenset(said.hide), tuple(said.points.items()), said.name)


def recurrent_matrices(network: OrderedNetwork) -> list[Variable]:
    """Return the matrices that act on the loss through the states."""
    state = network[network.states[0], 1]
    return [v for v in network.given if v.time is None and v.rank == 2 and network.depends(state, v)]


def one_question(
    place: str, kind: str, network: OrderedNetwork, of: Variable, wrt: tuple[Variable, ...]
) -> None:
    """Check that a job asks how one matrix of the recurrence reaches a late loss."""
    if int(of.time) < 2:
        raise JobError(
            f"{place}: of is {of}; kind {kind!r} tells how an effect travels; accepted: {of.name}[2] or later"
        )
    if len(network.states) > 1 or network.branches:
        raise JobError(
            f"{place}: kind {kind!r} tells one path for each use; {network.name} has several;"
            f" accepted: a cell with one state and no gates, or kind 'derivation'"
        )
    acting = recurrent_matrices(network)
    if len(wrt) != 1 or wrt[0] not in acting:
        named, accepted = (", ".join(str(v) for v in several) for several in (wrt, acting))
        raise JobError(
            f"{place}: wrt names {named}; kind {kind!r} asks one question; accepted: one of {accepted}"
        )
