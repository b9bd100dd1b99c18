"""The SVG serialiser: a scene as a picture inside a page, its labels in MathML.

The style sheet of the page defines what ``plain``, ``path``, ``use`` and ``faded`` look like. Nothing refers
to anything outside the picture. Where a stage shows one path at a time, each piece names the paths it is on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symrnn.notation.emitters.mathml import Html, escape, mathml
from symrnn.notation.scene import Scene, SceneEdge, SceneNode, Style, arrowhead, beside
from symrnn.notation.tree import Tree

Put = Callable[[float, float, str, Tree | str], str]  # a label or a note: its point, its side, what it says

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
    size = f'{view(scene)} style="--width: {scene.width:g}mm"'
    title = f"<title>{escape(scene.description)}</title>"
    return Html("\n".join((f'<svg role="img" {size}>', title, *pieces(scene, _inside, paths), "</svg>")))


def view(scene: Scene) -> str:
    """Return the attribute that says how large a picture is, in its own units."""
    return f'viewBox="0 0 {scene.width * UNIT:g} {scene.height * UNIT:g}"'


def pieces(scene: Scene, put: Put, paths: Sequence[Scene] = ()) -> list[str]:
    """Return the elements of a picture, arrows first; ``put`` writes labels and notes."""
    edges = [
        _edge(edge, put, _marks([path.edges[n].style for path in paths]))
        for n, edge in enumerate(scene.edges)
    ]
    nodes = [
        _node(node, put, _marks([path.nodes[n].style for path in paths]))
        for n, node in enumerate(scene.nodes)
    ]
    return edges + nodes


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


def _edge(edge: SceneEdge, put: Put, marks: str) -> str:
    (x, y), *head = arrowhead(edge)
    corners = " ".join(f"{at(px)},{at(py)}" for px, py in head)
    shaft = f'x1="{at(edge.x1)}" y1="{at(edge.y1)}" x2="{at(x)}" y2="{at(y)}"'
    parts = [f"<line {shaft}/>", f'<polygon points="{corners}"/>']
    if edge.label is not None:
        parts.append(put(*beside(edge, "label"), edge.label))
    if edge.note:
        parts.append(put(*beside(edge, "note"), edge.note))
    return f'<g class="edge {edge.style}"{marks}>{"".join(parts)}</g>'


def _node(node: SceneNode, put: Put, marks: str) -> str:
    if node.shape == "circle":
        shape = f'<circle cx="{at(node.x)}" cy="{at(node.y)}" r="{at(node.size / 2)}"/>'
    else:
        corner = f'x="{at(node.x - node.size / 2)}" y="{at(node.y - node.size / 2)}"'
        shape = f'<rect {corner} width="{at(node.size)}" height="{at(node.size)}" rx="{UNIT}"/>'
    label = put(node.x, node.y, "on", node.label)
    return f'<g class="node {node.shape} {node.style}"{marks}>{shape}{label}</g>'


def at(millimetres: float) -> str:
    """Return a length in the units of the picture."""
    return f"{round(millimetres * UNIT, 2):g}"


def _inside(x: float, y: float, side: str, what: Tree | str) -> str:
    """Place words or MathML round a point; the style sheet puts it on its side of the point."""
    content = escape(what) if isinstance(what, str) else f"<math>{mathml(what)}</math>"
    box = f'x="{at(x - REACH)}" y="{at(y - REACH)}" width="{at(2 * REACH)}" height="{at(2 * REACH)}"'
    return f'<foreignObject {box}><div class="{side}">{content}</div></foreignObject>'
