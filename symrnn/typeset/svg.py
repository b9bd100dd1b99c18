"""The SVG serialiser: a scene as one self-contained picture with labels in plain text.

The colours are those of the printed documents. Nothing refers to anything outside the picture.
"""

from __future__ import annotations

from html import escape

from symrnn.typeset.scene import WIDTHS, Scene, SceneEdge, SceneNode, Side, Style, arrowhead, beside
from symrnn.typeset.text import text

INK, QUIET, FAINT, HAIR = "#1F2937", "#56606E", "#8A93A0", "#D5DAE1"
EXPLICIT, IMPLICIT, PANEL = "#1D4ED8", "#B4430B", "#F6F8FA"
LINES: dict[Style, str] = {"plain": QUIET, "path": IMPLICIT, "use": EXPLICIT, "faded": HAIR}
TEXTS: dict[Style, str] = {"plain": QUIET, "path": QUIET, "use": EXPLICIT, "faded": FAINT}
ANCHORS: dict[Side, tuple[str, float]] = {
    "above": ("middle", -0.4),
    "below": ("middle", 2.6),
    "left": ("end", 1.1),
    "right": ("start", 1.1),
}  # text-anchor, and how far the baseline stands below the point


def svg(scene: Scene) -> str:
    """Write a scene as an SVG document, in millimetres."""
    width, height = f"{scene.width:g}", f"{scene.height:g}"
    size = f'viewBox="0 0 {width} {height}" width="{width}mm" height="{height}mm"'
    font = 'font-family="Palatino, Georgia, serif" font-size="3.9"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} {font}>',
        f"<title>{escape(scene.description)}</title>",
        *(line for edge in scene.edges for line in _edge(edge)),
        *(line for node in scene.nodes for line in _node(node)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _edge(edge: SceneEdge) -> list[str]:
    (x, y), *head = arrowhead(edge)
    colour, dash = LINES[edge.style], ' stroke-dasharray="1.2 0.8"' if edge.style == "use" else ""
    corners = " ".join(f"{px:g},{py:g}" for px, py in head)
    shaft = f'x1="{edge.x1:g}" y1="{edge.y1:g}" x2="{x:g}" y2="{y:g}"'
    lines = [
        f'<line {shaft} stroke="{colour}" stroke-width="{WIDTHS[edge.style]:g}"{dash}/>',
        f'<polygon points="{corners}" fill="{colour}"/>',
    ]
    if edge.label is not None:
        lines.append(_text(*beside(edge, "label"), text(edge.label), TEXTS[edge.style], "italic"))
    if edge.note:
        lines.append(_text(*beside(edge, "note"), edge.note, TEXTS[edge.style], "normal"))
    return lines


def _text(x: float, y: float, side: Side, words: str, colour: str, style: str) -> str:
    anchor, drop = ANCHORS[side]
    look = f'fill="{colour}" font-style="{style}" font-size="3.3" text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y + drop:g}" {look}>{escape(words)}</text>'


def _node(node: SceneNode) -> list[str]:
    line = INK if node.style == "plain" and node.shape == "circle" else LINES[node.style]
    dash = ' stroke-dasharray="1.2 0.8"' if node.style == "use" else ""
    strong = node.style in ("path", "use")
    stroke = f'stroke="{line}" stroke-width="{0.46 if strong else 0.23:g}"{dash}'
    half, ink = node.size / 2, FAINT if node.style == "faded" else INK
    if node.shape == "circle":
        shape = f'<circle cx="{node.x:g}" cy="{node.y:g}" r="{half:g}" fill="{PANEL}" {stroke}/>'
    else:
        corner = f'x="{node.x - half:g}" y="{node.y - half:g}" width="{node.size:g}" height="{node.size:g}"'
        shape = f'<rect {corner} rx="1" fill="white" {stroke}/>'
    label = (
        f'<text x="{node.x:g}" y="{node.y + 1.2:g}" fill="{ink}" font-style="italic" text-anchor="middle">'
    )
    base, _, index = text(node.label).partition("_")
    lowered = f'<tspan dy="0.9" font-size="2.7">{escape(index.strip("{}"))}</tspan>' if index else ""
    return [shape, f"{label}{escape(base)}{lowered}</text>"]
