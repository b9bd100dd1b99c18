"""The picture file: a scene as an SVG of its own, its labels in plain text, its looks inside.

It is for places that show a picture but no page: they know neither our style sheet nor MathML. The background
is white, so that it can be read on a dark page.
"""

from __future__ import annotations

from symrnn.notation.emitters.mathml import escape
from symrnn.notation.emitters.svg import UNIT, at, pieces, view
from symrnn.notation.emitters.text import text
from symrnn.notation.scene import Scene
from symrnn.notation.tree import Accent, Row, Script, Symbol, Tree

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


def picture(scene: Scene) -> str:
    """Write a scene as an SVG file."""
    size = f'{view(scene)} width="{scene.width:g}mm" height="{scene.height:g}mm"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
            f"<title>{escape(scene.description)}</title>",
            f"<style>{STYLE}</style>",
            '<rect width="100%" height="100%" style="fill: white; stroke: none"/>',
            *pieces(scene, _put),
            "</svg>",
        )
    )


def _put(x: float, y: float, side: str, what: Tree | str) -> str:
    """Place words beside a point."""
    content = str(escape(what)) if isinstance(what, str) else _label(what)
    foot = at(y + FEET.get(side, 0.33) * SIZE / UNIT)
    return f'<text x="{at(x)}" y="{foot}" text-anchor="{ANCHORS.get(side, "middle")}">{content}</text>'


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
