"""The TikZ serialiser: a scene as a picture whose styles the LaTeX document defines.

Every coordinate is written out, in millimetres; TikZ lays nothing out.
"""

from __future__ import annotations

from symrnn.notation.emitters.latex import Latex, escape, latex
from symrnn.notation.scene import Scene, SceneEdge, SceneNode, Style, beside

EDGES: dict[Style, str] = {"plain": "edge", "path": "path edge", "use": "use edge", "faded": "faded edge"}
NODES: dict[Style, str] = {"plain": "", "path": ", path node", "use": ", use node", "faded": ", faded node"}
TEXTS: dict[Style, str] = {"plain": "quiet", "path": "quiet", "use": "expl", "faded": "faint"}


def tikz(scene: Scene) -> Latex:
    """Write a scene as a ``tikzpicture``."""
    lines = [
        r"\begin{tikzpicture}[x=1mm,y=-1mm]",
        rf"\useasboundingbox (0,0) rectangle ({scene.width:g},{scene.height:g});",
        *(line for edge in scene.edges for line in _edge(edge)),
        *(_node(node) for node in scene.nodes),
        r"\end{tikzpicture}",
    ]
    return Latex("\n".join(lines))


def _edge(edge: SceneEdge) -> list[str]:
    lines = [rf"\draw[{EDGES[edge.style]}] ({edge.x1:g},{edge.y1:g}) -- ({edge.x2:g},{edge.y2:g});"]
    if edge.label is not None:
        x, y, side = beside(edge, "label")
        label = latex(edge.label)
        lines.append(rf"\node[label text={TEXTS[edge.style]},{side}] at ({x:g},{y:g}) {{${label}$}};")
    if edge.note:
        x, y, side = beside(edge, "note")
        lines.append(
            rf"\node[note text={TEXTS[edge.style]},{side}] at ({x:g},{y:g}) {{{escape(edge.note)}}};"
        )
    return lines


def _node(node: SceneNode) -> str:
    style = f"{node.shape} node{NODES[node.style]},minimum size={node.size:g}mm"
    return rf"\node[{style}] at ({node.x:g},{node.y:g}) {{${latex(node.label)}$}};"
