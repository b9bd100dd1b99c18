"""The SVG serialiser: a scene as a picture inside a page, or as a file of its own.

Shapes are the same in both, labels are not. Inside a page they are MathML, and the style sheet of the page
defines what ``plain``, ``path``, ``use`` and ``faded`` look like; where a stage shows one path at a time,
each piece names the paths it is on. A file is for places that show a picture but no page and know no MathML:
its labels are plain text, its looks are inside, and its background is white, so that it can be read on a
dark page. Nothing refers to anything outside the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symrnn.notation.emitters.mathml import Html, escape, mathml
from symrnn.notation.emitters.text import text
from symrnn.notation.scene import Scene, SceneEdge, SceneNode, Style, arrowhead, beside
from symrnn.notation.tree import Accent, Row, Script, Symbol, Tree

Put = Callable[[float, float, str, Tree | str], str]  # a label or a note: its point, its side, what it says

UNIT = 4  # per millimetre: browsers set type of a few units badly
REACH = 20  # millimetres round a point that a label may take, inside a page
SIZE = 3.4 * UNIT  # of the letters
SMALL, DROP = 0.72, 0.25  # an index: its size, and how far below it stands, in letters
ANCHORS = {"left": "end", "right": "start"}
FEET = {"above": -0.05, "below": 0.75}  # where letters stand, in letters below the point
STYLE = f"""
text {{ font: {SIZE:g}px "STIX Two Text", "Times New Roman", serif; fill: #56606E; }}
.symbol {{ font-style: italic; }}
line, rect, circle {{ stroke: #56606E; stroke-width: 0.8; fill: none; }}
polygon {{ fill: #56606E; }}
.circle circle {{ fill: #F6F8FA; stroke: #1F2937; }}
.node text {{ fill: #1F2937; }}
.path line {{ stroke: #B4430B; stroke-width: 2.1; }}
.path circle, .path rect {{ stroke: #B4430B; stroke-width: 1.9; }}
.path polygon {{ fill: #B4430B; }}
.use line {{ stroke: #1D4ED8; stroke-width: 1.7; stroke-dasharray: 5 3; }}
.use circle, .use rect {{ stroke: #1D4ED8; stroke-width: 1.9; stroke-dasharray: 5 3; }}
.use polygon, .edge.use text {{ fill: #1D4ED8; }}
.faded line, .faded circle, .faded rect {{ stroke: #D5DAE1; }}
.faded polygon {{ fill: #D5DAE1; }}
.faded text {{ fill: #8A93A0; }}
"""


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
    size = f'{_view(scene)} style="--width: {scene.width:g}mm"'
    title = f"<title>{escape(scene.description)}</title>"
    return Html("\n".join((f'<svg role="img" {size}>', title, *_pieces(scene, _in_page, paths), "</svg>")))


def picture(scene: Scene) -> str:
    """Write a scene as an SVG file."""
    size = f'{_view(scene)} width="{scene.width:g}mm" height="{scene.height:g}mm"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
            f"<title>{escape(scene.description)}</title>",
            f"<style>{STYLE}</style>",
            '<rect width="100%" height="100%" style="fill: white; stroke: none"/>',
            *_pieces(scene, _in_file),
            "</svg>",
        )
    )


def _view(scene: Scene) -> str:
    """Return the attribute that says how large a picture is, in its own units."""
    return f'viewBox="0 0 {scene.width * UNIT:g} {scene.height * UNIT:g}"'


def _pieces(scene: Scene, put: Put, paths: Sequence[Scene] = ()) -> list[str]:
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
    corners = " ".join(f"{_at(px)},{_at(py)}" for px, py in head)
    shaft = f'x1="{_at(edge.x1)}" y1="{_at(edge.y1)}" x2="{_at(x)}" y2="{_at(y)}"'
    parts = [f"<line {shaft}/>", f'<polygon points="{corners}"/>']
    if edge.label is not None:
        parts.append(put(*beside(edge, "label"), edge.label))
    if edge.note:
        parts.append(put(*beside(edge, "note"), edge.note))
    return f'<g class="edge {edge.style}"{marks}>{"".join(parts)}</g>'


def _node(node: SceneNode, put: Put, marks: str) -> str:
    if node.shape == "circle":
        shape = f'<circle cx="{_at(node.x)}" cy="{_at(node.y)}" r="{_at(node.size / 2)}"/>'
    else:
        corner = f'x="{_at(node.x - node.size / 2)}" y="{_at(node.y - node.size / 2)}"'
        shape = f'<rect {corner} width="{_at(node.size)}" height="{_at(node.size)}" rx="{UNIT}"/>'
    label = put(node.x, node.y, "on", node.label)
    return f'<g class="node {node.shape} {node.style}"{marks}>{shape}{label}</g>'


def _at(millimetres: float) -> str:
    """Return a length in the units of the picture."""
    return f"{round(millimetres * UNIT, 2):g}"


def _in_page(x: float, y: float, side: str, what: Tree | str) -> str:
    """Place words or MathML round a point; the style sheet puts it on its side of the point."""
    content = escape(what) if isinstance(what, str) else f"<math>{mathml(what)}</math>"
    box = f'x="{_at(x - REACH)}" y="{_at(y - REACH)}" width="{_at(2 * REACH)}" height="{_at(2 * REACH)}"'
    return f'<foreignObject {box}><div class="{side}">{content}</div></foreignObject>'


def _in_file(x: float, y: float, side: str, what: Tree | str) -> str:
    """Place words beside a point."""
    content = str(escape(what)) if isinstance(what, str) else _label(what)
    foot = _at(y + FEET.get(side, 0.33) * SIZE / UNIT)
    return f'<text x="{_at(x)}" y="{foot}" text-anchor="{ANCHORS.get(side, "middle")}">{content}</text>'


def _label(tree: Tree) -> str:
    match tree:
        case Symbol("loss"):
            return "ℒ"
        case Symbol(name) if len(text(tree)) == 1 and not name.isdecimal():
            return f'<tspan class="symbol">{escape(text(tree))}</tspan>'
        case Accent():
            return f'<tspan class="symbol">{escape(text(tree))}</tspan>'
        case Row(items):
            return "".join(map(_label, items))
        case Script(base, Tree() as sub, None):
            shift = f'dy="{DROP * SIZE:g}" font-size="{SMALL * SIZE:g}"'
            return f"{_label(base)}<tspan {shift}>{_label(sub)}</tspan>"
    return str(escape(text(tree)))
