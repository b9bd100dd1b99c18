"""What an exercise hides, how many points it gives and whose it is: the table ``[exercise]``, checked.

``results`` hides the right side of every step, the result and the final gradient, ``rules`` the rule and the
reason beside each step, ``numbers`` every number that follows from the given ones; a number hides one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symrnn.jobdata import JobError
from symrnn.tomlfile import check_keys

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


def read_exercise(place: str, table: dict[str, Any]) -> Exercise:
    """Read the table ``[exercise]`` of a job.

    Raises
    ------
    FileError
        If a key, a part or a number is none; ``place`` begins the message.
    """
    check_keys(place, table, {}, {"hide": list, "points": dict, "name": bool})
    hide = table.get("hide", ["results", "numbers"])
    accepted = f"a list of {', '.join(PARTS)} and numbers of steps"
    for item in hide:
        if item not in PARTS and not (type(item) is int and 1 <= item <= MOST_STEPS):
            raise JobError(f"{place}: hide names {item!r:.60}; accepted: {accepted}")
    if not hide:
        raise JobError(f"{place}: hide is empty; accepted: {accepted}")
    points = table.get("points", {})
    check_keys(f"{place}, points", points, {}, dict.fromkeys(PARTS, int))
    for part, number in points.items():
        if not 0 <= number <= MOST_POINTS:
            raise JobError(f"{place}, points: {part} is {number}; accepted: 0 to {MOST_POINTS}")
    return Exercise(frozenset(hide), tuple(points.items()), table.get("name", False))
