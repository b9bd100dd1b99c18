"""Drawing points: numbers at which every equation can be evaluated, and every derivative measured.

Sizes are pairwise different and nothing is zero. A draw that leaves the domain of a function, or comes next
to a kink or a limit, is an ``Obstacle`` and is drawn again; a point says how many draws it took.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from symrnn.model import WEIGHT, OrderedNetwork
from symrnn.tensor import TABLE, Apply, Total, Variable
from symrnn.witness.interpret import Array
from symrnn.witness.point import Point, PointError, value

KINK_DISTANCE = 0.05
LEAST_PROBABILITY = 1e-20  # below, the loss of a step loses digits of its imaginary part
LARGE = 1e6  # beyond, rounding alone comes near the tolerance, and derivatives may be no numbers any more
MOST_DRAWS = 1000
DEFAULT_SIZES = {"n": 2, "d": 3, "m": 4}


def random_point(network: OrderedNetwork, seed: int = 0, sizes: Mapping[str, int] | None = None) -> Point:
    """Draw a point: sizes pairwise different, nothing zero, away from kinks, every equation can be evaluated.

    Points are drawn until one fits; the point says how many it took.

    Raises
    ------
    PointError
        If none of many fits; the message names the equation that was in the way most often.
    """
    names = dict.fromkeys(axis for v in network.given for axis in v.shape)
    chosen = dict(DEFAULT_SIZES) if sizes is None else dict(sizes)
    for axis in names:
        chosen.setdefault(axis, max(chosen.values()) + 1)
    met: list[Obstacle] = []
    for attempt in range(MOST_DRAWS):
        point = Point(network, _drawn(network, [seed, attempt], chosen), chosen, seed, attempt + 1)
        found = obstacle(point) or _blur(point)
        if found is None:
            return point
        met.append(found)
    raise undrawable(network.name, met)


def undrawable(name: str, met: Sequence[Obstacle]) -> PointError:
    """Return what to say where no draw fits: the equation that was in the way most often."""
    (most, _), *_ = Counter(found.target.name for found in met).most_common()
    found = next(found for found in met if found.target.name == most)
    return PointError(
        f"{name}: of {MOST_DRAWS} draws of its numbers none can be used; {found}; accepted: equations that"
        f" can be evaluated at numbers around 0, or a cell file that says which parameters are positive, such"
        f' as [domains] tau = "positive"'
    )


def _drawn(network: OrderedNetwork, seed: Sequence[int], sizes: Mapping[str, int]) -> dict[Variable, Array]:
    """Draw everything that is given."""
    rng = np.random.default_rng(seed)
    values = {}
    for variable in network.given:
        array = rng.normal(scale=0.8, size=tuple(sizes[axis] for axis in variable.shape))
        if variable.name == WEIGHT:
            array = np.asarray(network.weights[int(variable.time) - 1])
        if variable.name == network.distribution:
            array = np.exp(array) / np.exp(array).sum()
        if variable.name in network.positive:
            array = np.exp(array)
        values[variable] = array
    return values


@dataclass(frozen=True)
class Obstacle:
    """Why an equation cannot be evaluated at a point, or not with all digits."""

    target: Variable
    why: str

    def __str__(self) -> str:
        return f"the equation of {self.target} {self.why}"


def obstacle(point: Point) -> Obstacle | None:
    """Return the first equation that cannot be evaluated at a point, or has no slope there; else nothing."""
    largest = 0.0
    with np.errstate(all="ignore"):
        for equation in point.network.equations:
            for node in equation.expression.atoms(Apply):
                if why := _outside(node, point):
                    return Obstacle(equation.target, why)
            try:
                found = np.max(np.abs(point.variable(equation.target)), initial=0.0)
            except PointError:
                return Obstacle(equation.target, "has no finite value")
            largest = max(largest, float(found))
        return _too_steep(point, np.inf) if largest > LARGE else None


def _too_steep(point: Point, bound: float) -> Obstacle | None:
    """Return the loss if some derivative of it is not below a bound."""
    loss = point.network.equations[-1].target
    for v in (v for v in point.network.given if v.time in (None, 0)):
        if not np.all(np.abs(value(Total(loss, v), point)) < bound):
            return Obstacle(loss, f"has a derivative by {v} that is no number below {bound:g}")
    return None


def _outside(node: Apply, point: Point) -> str:
    """Say which number outside its domain a function is asked for; "" where there is none."""
    low, high = TABLE[node.function].domain
    if (low, high) == (-np.inf, np.inf):
        return ""
    of = node.argument
    if node.function == "log" and isinstance(of, Variable) and point.logarithm(of) is not None:
        return ""  # evaluated in one piece with its softmax, where a probability rounds to 0 as well
    asked = np.ravel(value(node.argument, point))
    outside = asked[~((low < asked) & (asked < high))]
    if not outside.size:
        return ""
    return f"asks for {node.function}({outside[0]:.3g}); it is known between {low:g} and {high:g}"


def _blur(point: Point) -> Obstacle | None:
    """Return where the complex step loses digits: next to a kink, or where a probability is next to zero."""
    for equation in point.network.equations:
        for node in equation.expression.atoms(Apply):
            for kink in TABLE[node.function].kinks:
                if not np.min(np.abs(value(node.argument, point) - kink)) > KINK_DISTANCE:
                    return Obstacle(
                        equation.target, f"is within {KINK_DISTANCE} of a kink of {node.function}"
                    )
            if node.function == "softmax" and not np.min(value(node, point)) > LEAST_PROBABILITY:
                return Obstacle(equation.target, f"has a probability below {LEAST_PROBABILITY}")
    return _too_steep(point, LARGE) if _is_curved(point.network) else None


def _is_curved(network: OrderedNetwork) -> bool:
    """Whether some function of the step is steeper the larger its argument, such as the exponential."""
    applied = {node.function for e in network.step for node in e.expression.atoms(Apply)}
    return any(TABLE[name].grows for name in applied)
