"""The SVG serialiser: a scene as a picture inside a page, its labels in MathML.

The style sheet of the page defines what ``plain``, ``path``, ``use`` and ``faded`` look like. Nothing refers
to anything outside the picture. Where a stage shows one path at a time, each piece names the paths it is on.
"""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.typeset.mathml import Html, escape, mathml
from symrnn.typeset.scene import Scene, SceneEdge, SceneNode, Side, Style, arrowhead, beside
from symrnn.typeset.tree import Tree

UNIT = 4  # per millimetre: browsers set type of a few units badly
REACH = 20  # millimetres round a point that a label may take


def svg(scene: Scene, paths: Sequence[Scene] = ()) -> Html:
    """Write a scene as an SVG element.

    Parameters
    ----------
    scene : Scene
    paths : sequence of Scene
        The same graph with one path marked in each: the number of a path, from 1, is written to the
        ``data-path`` of every node and arrow that is on it, and to the ``data-use`` of the arrow where it
        starts.

    Raises
    ------
    ValueError
        If a path is marked in another graph.
    """
    for other in paths:
        if _graph(other) != _graph(scene):
            raise ValueError("a path is marked in another graph than the one that shows it")
    width, height = scene.width * UNIT, scene.height * UNIT
    edges = [
        _edge(edge, _marks([path.edges[n].style for path in paths])) for n, edge in enumerate(scene.edges)
    ]
    nodes = [
        _node(node, _marks([path.nodes[n].style for path in paths])) for n, node in enumerate(scene.nodes)
    ]
    size = f'viewBox="0 0 {width:g} {height:g}" style="--width: {scene.width:g}mm"'
    title = f"<title>{escape(scene.description)}</title>"
    return Html("\n".join((f'<svg role="img" {size}>', title, *edges, *nodes, "</svg>")))


def _graph(scene: Scene) -> tuple[list[Tree], int]:
    """Return what two pictures of one graph share; small ones leave the names of some arrows out."""
    return [node.label for node in scene.nodes], len(scene.edges)


def _marks(styles: list[Style]) -> str:
    """Return the numbers of the paths that a piece is on, as attributes."""
    marks = {
        name: " ".join(str(n) for n, style in enumerate(styles, start=1) if style == name)
        for name in ("path", "use")
    }
    return "".join(f' data-{name}="{numbers}"' for name, numbers in marks.items() if numbers)


def _edge(edge: SceneEdge, marks: str) -> str:
    (x, y), *head = arrowhead(edge)
    corners = " ".join(f"{_at(px)},{_at(py)}" for px, py in head)
    shaft = f'x1="{_at(edge.x1)}" y1="{_at(edge.y1)}" x2="{_at(x)}" y2="{_at(y)}"'
    parts = [f"<line {shaft}/>", f'<polygon points="{corners}"/>']
    if edge.label is not None:
        parts.append(_text(*beside(edge, "label"), f"<math>{mathml(edge.label)}</math>"))
    if edge.note:
        parts.append(_text(*beside(edge, "note"), escape(edge.note)))
    return f'<g class="edge {edge.style}"{marks}>{"".join(parts)}</g>'


def _node(node: SceneNode, marks: str) -> str:
    if node.shape == "circle":
        shape = f'<circle cx="{_at(node.x)}" cy="{_at(node.y)}" r="{_at(node.size / 2)}"/>'
    else:
        corner = f'x="{_at(node.x - node.size / 2)}" y="{_at(node.y - node.size / 2)}"'
        shape = f'<rect {corner} width="{_at(node.size)}" height="{_at(node.size)}" rx="{UNIT}"/>'
    label = _text(node.x, node.y, "on", f"<math>{mathml(node.label)}</math>")
    return f'<g class="node {node.shape} {node.style}"{marks}>{shape}{label}</g>'


def _at(millimetres: float) -> str:
    return f"{round(millimetres * UNIT, 2):g}"


def _text(x: float, y: float, side: Side | str, content: str) -> str:
    """Place content round a point; the style sheet puts it on its side of the point."""
    box = f'x="{_at(x - REACH)}" y="{_at(y - REACH)}" width="{_at(2 * REACH)}" height="{_at(2 * REACH)}"'
    return f'<foreignObject {box}><div class="{side}">{content}</div></foreignObject>'
