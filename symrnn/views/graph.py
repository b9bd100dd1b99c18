"""The graph view: the unrolled network as a scene, with the way of one term highlighted.

States stand in a row, one column per step; inputs below, predictions and losses above. An edge carries
the name of the matrix that multiplies its source. For the term k of ∂L_t/∂θ the arrow where θ acts is
dashed (``use``) and the path from the state s_k to the loss is thick (``path``).
"""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.network import OrderedNetwork
from symrnn.tensor import Contraction, Variable
from symrnn.typeset.scene import Scene, SceneEdge, SceneNode, Style
from symrnn.typeset.tree import Tree
from symrnn.views.entries import written_out
from symrnn.views.symbols import variable


@dataclass(frozen=True)
class Sizes:
    """Lengths in millimetres."""

    column: float = 33
    row: float = 15.5
    state: float = 10.5
    box: float = 8.5
    margin: float = 1


SMALL = Sizes(column=15.5, row=11.5, state=8, box=6.5)


@dataclass(frozen=True)
class Term:
    """The term to highlight: ``wrt``, used at step ``k``, on its way to the loss at ``t``."""

    wrt: Variable
    k: int
    t: int


def matrix_between(source: Variable, target: Variable, network: OrderedNetwork) -> Variable | None:
    """Return the parameter that multiplies ``source`` in the written-out equation of ``target``."""
    equation = network.equation(target)
    if equation is None:
        return None
    for product in written_out(equation.expression, network).atoms(Contraction):
        *_, matrix, vector = product.args
        if vector == source and isinstance(matrix, Variable) and matrix.time is None:
            return matrix
    return None


def unrolled(network: OrderedNetwork, term: Term | None = None, sizes: Sizes | None = None) -> Scene:
    """Return the scene of an unrolled network.

    Parameters
    ----------
    network : OrderedNetwork
        With losses; drawn are inputs, states, predictions and losses.
    term : Term, optional
        What to highlight.
    sizes : Sizes, optional
        Default: as wide as the text allows.
    """
    sizes = sizes or Sizes(column=min(33.0, 154.0 / max(network.steps, 1)))
    output = "yhat" if any(e.target.name == "yhat" for e in network.step) else "z"
    drawn = network.condense({*network.states, output, "L"})
    place = _places(drawn, output, sizes)
    nodes = [
        SceneNode(
            x,
            y,
            size,
            variable(v),
            "circle" if v.name in drawn.states else "box",
            _node_style(v, term, drawn),
        )
        for v, (x, y, size) in place.items()
    ]
    edges = [
        _edge(source, target, place, drawn, term)
        for target in place
        for source in drawn.parents(target)
        if source in place
    ]
    width = max(x for x, _, _ in place.values()) + sizes.state / 2 + sizes.margin
    height = max(y + size / 2 for _, y, size in place.values()) + sizes.margin
    return Scene(width, height, tuple(nodes), tuple(edges), _description(network, term))


def _places(network: OrderedNetwork, output: str, sizes: Sizes) -> dict[Variable, tuple[float, float, float]]:
    """Centre and size of every node that is drawn."""
    left, top = sizes.margin + sizes.state / 2, sizes.margin + sizes.box / 2
    states_at = {state: top + (2 + n) * sizes.row + n * 2 for n, state in enumerate(network.states)}
    bottom = max(states_at.values()) + sizes.row + 1.5
    place = {}
    for t in range(network.steps + 1):
        x = left + t * sizes.column
        for state, y in states_at.items():
            place[network[state, t]] = (x, y, sizes.state)
        if t:
            place[network[output, t]] = (x, top + sizes.row - 0.5, sizes.box)
            place[network["L", t]] = (x, top, sizes.box)
            place[network["x", t]] = (x, bottom, sizes.box)
    return place


def _on_path(v: Variable, term: Term, network: OrderedNetwork) -> bool:
    """Whether a node lies between the use at step k and the loss at step t."""
    loss, start = network["L", term.t], network[network.states[0], term.k]
    return network.depends(loss, v) and network.depends(v, start)


def _node_style(v: Variable, term: Term | None, network: OrderedNetwork) -> Style:
    weights = network.weights
    if weights and v.name not in (*network.states, "x") and not weights[int(v.time) - 1]:
        return "faded"
    return "path" if term is not None and _on_path(v, term, network) else "plain"


def _edge(
    source: Variable,
    target: Variable,
    place: dict[Variable, tuple[float, float, float]],
    network: OrderedNetwork,
    term: Term | None,
) -> SceneEdge:
    (x1, y1, size1), (x2, y2, size2) = place[source], place[target]
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-9)
    along = (x2 - x1) / length, (y2 - y1) / length
    matrix = matrix_between(source, target, network)
    style: Style = "plain"
    if term is not None and target == network[network.states[0], term.k] and term.wrt in (matrix, source):
        style = "use"
    elif term is not None and _on_path(source, term, network) and _on_path(target, term, network):
        style = "path"
    elif _node_style(target, None, network) == "faded":
        style = "faded"
    label: Tree | None = None if matrix is None else variable(matrix)
    return SceneEdge(
        x1 + along[0] * size1 / 2,
        y1 + along[1] * size1 / 2,
        x2 - along[0] * size2 / 2,
        y2 - along[1] * size2 / 2,
        label,
        style,
        "used here" if style == "use" and length > 25 else "",
    )


def _description(network: OrderedNetwork, term: Term | None) -> str:
    state = network.states[0]
    words = f"The network unrolled for {network.steps} steps: states {state}, inputs below, losses above."
    if term is not None:
        words += (
            f" Highlighted: the use of {term.wrt.name} that makes {state} {term.k}, dashed, and the path"
            f" from there through the states up to step {term.t} to its loss, thick."
        )
    return words
