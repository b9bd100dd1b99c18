"""The scene of a graph: nodes and arrows at fixed places, in millimetres, before any backend has been chosen.

``graph`` computes a scene once; the serialisers (TikZ, Typst, SVG) only write it down. The origin is the top
left corner, y grows downwards. Highlights have a colour *and* a line style, so they survive a black-and-white
printer: ``path`` is thick, ``use`` is dashed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import Literal

from symrnn.notation.tree import Tree

Style = Literal["plain", "path", "use", "faded"]


@dataclass(frozen=True)
class SceneNode:
    """A circle (state) or a rounded box (anything else) round (x, y); ``size`` is its diameter or side."""

    x: float
    y: float
    size: float
    label: Tree
    shape: Literal["circle", "box"] = "box"
    style: Style = "plain"


@dataclass(frozen=True)
class SceneEdge:
    """An arrow from border to border, with an optional label beside its middle.

    ``note`` is a word or two of plain text on the other side of the arrow, such as "used here".
    """

    x1: float
    y1: float
    x2: float
    y2: float
    label: Tree | None = None
    style: Style = "plain"
    note: str = ""


@dataclass(frozen=True)
class Scene:
    """A picture of ``width`` by ``height`` millimetres; ``description`` says in words what it shows."""

    width: float
    height: float
    nodes: tuple[SceneNode, ...]
    edges: tuple[SceneEdge, ...]
    description: str


Side = Literal["above", "below", "left", "right"]

GAP = 1.2  # millimetres between an arrow and its label
WIDTHS: dict[Style, float] = {
    "plain": 0.2,
    "path": 0.53,
    "use": 0.42,
    "faded": 0.2,
}  # of lines, in millimetres


def beside(edge: SceneEdge, what: Literal["label", "note"]) -> tuple[float, float, Side]:
    """Return where a text beside the middle of an arrow starts, and on which side of that point it stands.

    A text would touch a slanted arrow with its corner, so a slanted arrow keeps it further away.
    """
    x, y = (edge.x1 + edge.x2) / 2, (edge.y1 + edge.y2) / 2
    across, down = abs(edge.x2 - edge.x1), abs(edge.y2 - edge.y1)
    sign = -1 if what == "label" else 1
    if across >= down:
        half_width = 1.8 if what == "label" else 0.75 * len(edge.note)
        return (
            round(x, 3),
            round(y + sign * (GAP + half_width * down / across), 3),
            "above" if sign < 0 else "below",
        )
    return round(x - sign * (GAP + 1.6 * across / down), 3), round(y, 3), "right" if sign < 0 else "left"


def arrowhead(edge: SceneEdge) -> tuple[tuple[float, float], ...]:
    """Return the notch, where the shaft ends, and then the tip and the two barbs of an arrow."""
    length = hypot(edge.x2 - edge.x1, edge.y2 - edge.y1) or 1.0
    ux, uy = (edge.x2 - edge.x1) / length, (edge.y2 - edge.y1) / length
    size, half = (2.5, 1.05) if edge.style in ("path", "use") else (2.0, 0.8)
    along = ((size * 0.75, 0.0), (0.0, 0.0), (size, half), (size, -half))
    return tuple(
        (round(edge.x2 - back * ux - out * uy, 3), round(edge.y2 - back * uy + out * ux, 3))
        for back, out in along
    )
