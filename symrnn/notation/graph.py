"""The graph view: the unrolled network as a scene, with the way of one term highlighted.

States stand in rows, one column per step; inputs below, predictions and losses above. An edge carries the
name of the one matrix that multiplies its source, or of the gate that does so entry by entry. For one term
of ∂L_t/∂θ the arrow where θ acts is dashed (``use``) and the path from there to the loss is thick (``path``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from symrnn.model import OrderedNetwork
from symrnn.notation.scene import Scene, SceneEdge, SceneNode, Style
from symrnn.notation.symbols import variable
from symrnn.notation.tree import Tree
from symrnn.tensor import Contraction, Hadamard, Variable

Place = dict[Variable, tuple[float, float, float]]  # centre and size


@dataclass(frozen=True)
class Sizes:
    """Lengths in millimetres."""

    column: float = 33
    row: float = 15.5
    state: float = 10.5
    box: float = 8.5
    margin: float = 1

    named: float = 20  # length from which on an arrow between two rows of states has a name

    @property
    def aside(self) -> float:
        """How far a row of states is moved against the next one, so that no arrow hides behind a state."""
        return self.state


SMALL = Sizes(column=15.5, row=11.5, state=8, box=6.5)


@dataclass(frozen=True)
class Term:
    """The term to highlight: ``wrt``, and the path of its effect, from the state it makes to the loss."""

    wrt: Variable
    path: tuple[Variable, ...]


def straight_term(network: OrderedNetwork, wrt: Variable, k: int, t: int) -> Term:
    """Return the term of the use at step k whose path to L_t bends least, and passes most gates.

    Where no use at step k reaches L_t, it is one of the latest step from which one does.
    """
    condensed, loss = network.condensed, network.loss(t)
    users = ([network[s, time] for s in network.states] for time in (k, *range(t, 0, -1)))
    acting = ([v for v in step if wrt in condensed.parents(v)] for step in users)
    found = ([path for v in step for path in condensed.paths(v, loss)] for step in acting)
    paths = next(filter(None, found))

    def bends(path: tuple[Variable, ...]) -> tuple[int, int]:
        edges = list(pairwise(path))
        gates = sum(gate_between(u, v, network) is not None for u, v in edges)
        return sum(u.name != v.name for u, v in edges), -gates

    return Term(wrt, min(paths, key=bends))


def terms(network: OrderedNetwork, wrt: Variable, loss: Variable) -> Iterator[Term]:
    """Yield one term for each path from ``wrt`` to a loss."""
    for path in network.condensed.paths(wrt, loss):
        yield Term(wrt, path[1:])


def matrices_between(source: Variable, target: Variable, network: OrderedNetwork) -> list[Variable]:
    """Return the parameters that multiply ``source`` in the written-out equation of ``target``."""
    equation = network.equation(target)
    if equation is None:
        return []
    found: dict[Variable, None] = {}
    for product in network.written_out(equation.expression).atoms(Contraction):
        *_, matrix, vector = product.factors
        if vector == source and isinstance(matrix, Variable) and matrix.time is None:
            found[matrix] = None
    return sorted(found, key=str)


def gate_between(source: Variable, target: Variable, network: OrderedNetwork) -> Variable | None:
    """Return the signal that multiplies ``source`` entry by entry in the equation of ``target``."""
    equation = network.equation(target)
    for product in () if equation is None else equation.expression.atoms(Hadamard):
        for factor, other in (product.args, product.args[::-1]):
            if factor == source and isinstance(other, Variable):
                return other
    return None


def unrolled(
    network: OrderedNetwork,
    term: Term | None = None,
    sizes: Sizes | None = None,
    note: str = "",
    description: str = "",
) -> Scene:
    """Return the scene of an unrolled network.

    Parameters
    ----------
    network : OrderedNetwork
        With losses; drawn are inputs, states and losses, and for one state predictions.
    term : Term, optional
        What to highlight.
    sizes : Sizes, optional
        Default: as wide as the text allows.
    note : str
        Stands at a long arrow where the parameter of the term acts.
    description : str
        What the picture shows, for those who do not see it.
    """
    low = 12.5 if len(network.states) > 1 else Sizes.row
    sizes = sizes or Sizes(column=min(33.0, 154.0 / max(network.steps, 1)), row=low)
    roles = network.roles
    output = roles.prediction if roles.prediction in network.by_name else roles.logits
    tops = [roles.loss] if len(network.states) > 1 else [roles.loss, output]
    drawn = network.condense({*network.states, *tops})
    place = _places(drawn, tops, sizes)
    path = () if term is None else _drawn_path(term, drawn, place)
    nodes = [
        SceneNode(
            x,
            y,
            size,
            variable(v),
            "circle" if v.name in drawn.states else "box",
            "path" if v in path else _plain_style(v, drawn),
        )
        for v, (x, y, size) in place.items()
    ]
    edges = [
        _edge(source, target, place, drawn, term, path, sizes, note)
        for target in place
        for source in drawn.parents(target)
        if source in place
    ]
    width = max(x for x, _, _ in place.values()) + sizes.state / 2 + sizes.margin
    height = max(y + size / 2 for _, y, size in place.values()) + sizes.margin
    return Scene(width, height, tuple(nodes), tuple(edges), description)


def _places(network: OrderedNetwork, tops: list[str], sizes: Sizes) -> Place:
    """Centre and size of every node; outputs and inputs stand in the column of the first state."""
    left, top = sizes.margin + sizes.state / 2, sizes.margin + sizes.box / 2
    last = len(network.states) - 1
    states_at = {
        state: ((last - n) * sizes.aside, top + (len(tops) + n) * sizes.row + n * 2)
        for n, state in enumerate(network.states)
    }
    bottom = max(y for _, y in states_at.values()) + sizes.row + 1.5
    place = {}
    for t in range(network.steps + 1):
        x = left + t * sizes.column
        for state, (aside, y) in states_at.items():
            place[network[state, t]] = (x + aside, y, sizes.state)
        if t:
            x += last * sizes.aside
            for n, name in reversed(list(enumerate(tops))):
                place[network[name, t]] = (x, top + n * (sizes.row - 0.5), sizes.box)
            place[network[network.roles.input, t]] = (x, bottom, sizes.box)
    return place


def _drawn_path(term: Term, drawn: OrderedNetwork, place: Place) -> tuple[Variable, ...]:
    """Return the path with what is drawn between its last state and the loss."""
    *states, loss = term.path
    found = drawn.paths(states[-1], loss) if states else []
    return (*states[:-1], *min(found, key=len, default=(loss,)))


def _plain_style(v: Variable, network: OrderedNetwork) -> Style:
    weights = network.weights
    unused = weights and v.name not in (*network.states, network.roles.input) and not weights[int(v.time) - 1]
    return "faded" if unused else "plain"


def _edge(
    source: Variable,
    target: Variable,
    place: Place,
    network: OrderedNetwork,
    term: Term | None,
    path: tuple[Variable, ...],
    sizes: Sizes,
    note: str,
) -> SceneEdge:
    (x1, y1, size1), (x2, y2, size2) = place[source], place[target]
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-9)
    along = (x2 - x1) / length, (y2 - y1) / length
    matrices = matrices_between(source, target, network)
    style: Style = "plain"
    if term is not None and target == path[0] and term.wrt in (*matrices, source):
        style = "use"
    elif (source, target) in pairwise(path):
        style = "path"
    elif _plain_style(target, network) == "faded":
        style = "faded"
    several = len(network.states) > 1  # arrows would cross the names of matrices
    between = matrices[0] if len(matrices) == 1 and not several else None
    if several and length > sizes.named:
        between = gate_between(source, target, network)
    label: Tree | None = None if between is None else variable(between)
    return SceneEdge(
        x1 + along[0] * size1 / 2,
        y1 + along[1] * size1 / 2,
        x2 - along[0] * size2 / 2,
        y2 - along[1] * size2 / 2,
        label,
        style,
        note if style == "use" and length > 25 and not several else "",
    )
