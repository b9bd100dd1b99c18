"""The Typst serialiser: a scene as a box of placed lines, shapes and labels.

The document defines the colours and the three functions that place a shaft with its head, a node and a text.
"""

from __future__ import annotations

from symrnn.notation.emitters.typst import Typst, quoted, typst
from symrnn.notation.scene import WIDTHS, Scene, SceneEdge, SceneNode, Side, Style, arrowhead, beside

LINES: dict[Style, str] = {"plain": "quiet", "path": "impl", "use": "expl", "faded": "hair"}
TEXTS: dict[Style, str] = {"plain": "quiet", "path": "quiet", "use": "expl", "faded": "faint"}
FILLS = {"circle": "panel", "box": "white"}
ANCHORS: dict[Side, str] = {
    "above": "center + bottom",
    "below": "center + top",
    "left": "right + horizon",
    "right": "left + horizon",
}


def scene_typst(scene: Scene) -> Typst:
    """Write a scene as a Typst expression in markup: ``#scene(width, height, description, …)``."""
    parts = [
        *(part for edge in scene.edges for part in _edge(edge)),
        *(_node(node) for node in scene.nodes),
    ]
    size = f"{scene.width:g}mm, {scene.height:g}mm, {quoted(scene.description)}"
    return Typst(f"#scene({size}, {{\n" + "\n".join(parts) + "\n})")


def _point(point: tuple[float, float]) -> str:
    return f"({point[0]:g}mm, {point[1]:g}mm)"


def _edge(edge: SceneEdge) -> list[str]:
    notch, *head = arrowhead(edge)
    dash = ', dash: "densely-dashed"' if edge.style == "use" else ""
    stroke = f"(paint: {LINES[edge.style]}, thickness: {WIDTHS[edge.style]:g}mm{dash})"
    start, triangle = _point((edge.x1, edge.y1)), ", ".join(map(_point, head))
    parts = [f"arrowline({start}, {_point(notch)}, ({triangle}), {stroke})"]
    if edge.label is not None:
        x, y, side = beside(edge, "label")
        label = f"${typst(edge.label)}$"
        parts.append(f"beside({x:g}mm, {y:g}mm, {ANCHORS[side]}, text(9.5pt, {TEXTS[edge.style]}, {label}))")
    if edge.note:
        x, y, side = beside(edge, "note")
        words = quoted(edge.note)
        parts.append(f"beside({x:g}mm, {y:g}mm, {ANCHORS[side]}, text(9pt, {TEXTS[edge.style]}, {words}))")
    return parts


def _node(node: SceneNode) -> str:
    line = "ink" if node.style == "plain" and node.shape == "circle" else LINES[node.style]
    dash = ', dash: "densely-dashed"' if node.style == "use" else ""
    thickness = 0.46 if node.style in ("path", "use") else 0.23
    radius = "50%" if node.shape == "circle" else "1mm"
    stroke = f"(paint: {line}, thickness: {thickness:g}mm{dash})"
    ink = "faint" if node.style == "faded" else "ink"
    look = f"{radius}, {FILLS[node.shape]}, {stroke}, text({ink}, ${typst(node.label)}$)"
    return f"node({node.x:g}mm, {node.y:g}mm, {node.size:g}mm, {look})"
