"""Second part of the reference: the paths, for the loss of one step and for any step."""

from __future__ import annotations

from itertools import pairwise

from symrnn.algebra import contract
from symrnn.calculus import Immediate, TimeSum, Total, bound
from symrnn.derivation import Line as Claim
from symrnn.document import Block, Display, Gallery, Heading, Prose, Result, Styled, Table, Text
from symrnn.kinds.blocks import braced, prose, result, steps
from symrnn.kinds.material import Material
from symrnn.kinds.notation_part import explicit_remark, explicit_sign
from symrnn.network import OrderedNetwork
from symrnn.rules import listed
from symrnn.rules.paths import edge_of
from symrnn.tensor import Plus, Tensor, Variable
from symrnn.typeset.tree import Number, Operator, Symbol, row, separated
from symrnn.views.graph import SMALL, terms, unrolled
from symrnn.views.matrix import layout
from symrnn.views.symbols import variable

LAST_COUNTED = 5  # steps of the table of path counts


def two_kinds(material: Material) -> list[Block]:
    """Explicit and implicit dependence, on the last step of the expansion."""
    w, claim = material.main, material.one_back.lines()[:1]
    if not claim or not isinstance(claim[0].rhs, Plus):
        return []
    v = claim[0].lhs.args[0]
    explicit, *implicit = claim[0].rhs.args
    before = [term.args[-1].args[0] for term in implicit]
    labels = ["implicit"] if len(before) == 1 else [f"through {u.name}" for u in before]
    plural = len(before) > 1
    gates = material.edgewise
    stations = (
        ""
        if not gates
        else " Gates and pre-activations are part of the equation of their state here, so they are not held fixed."
    )
    start = [material.network[state, 0] for state in material.network.states]
    return [
        Heading(("Two kinds of dependence",)),
        Prose(
            prose(
                "In the equation of ", v, " the matrix " if w.rank == 2 else " the parameter ", w,
                " appears twice: openly, " if not gates else " appears twice: openly in its own step, ",
                "and hidden inside ", *listed(before), ", which were themselves" if plural else ", which was itself", " computed with ", w,
                ". Write ", *explicit_sign(v, w),
                " for the ", Styled("explicit", "explicit"), " (immediate) derivative, which holds ", *listed(before),
                f" fixed.{stations} ", *explicit_remark(v, w), " Then",
            )
        ),
        Display((braced(claim[0], [(explicit, "explicit"), *zip(implicit, labels)]),)),
        Prose(
            prose(
                f"The explicit part is finished. The implicit {'parts ask' if plural else 'part asks'} the same question one step earlier, and so on, back to ",
                *listed(start), ".",
            )
        ),
    ]  # fmt: skip


def derivation(material: Material) -> list[Block]:
    """The path expansion, its result, and one small graph for each term."""
    w, found = material.main, material.main_paths
    of = found.goal.args[0]
    asked = prose(
        "The question is how ", of, " varies with ", w, ". Each row applies one rule to the row above."
    )
    if of != material.job.of:
        asked = (
            *more_paths(material),
            *prose("How does ", of, " vary with ", w, "? Each row applies one rule to the row above."),
        )
    blocks: list[Block] = [
        Heading(("The derivation, one rule at a time",)),
        Prose(asked),
        steps(found),
        *boxed(material),
    ]  # fmt: skip
    if int(of.time) > 1:
        blocks += [gallery(material)]
    return blocks if material.chain else [*blocks, *counted(material)]


def more_paths(material: Material) -> Text:
    """Say why the expansion stops at an earlier step than that of the job."""
    counts = material.stations.path_counts(material.main)
    of = material.job.of
    return prose(
        Total(of, material.main),
        f" has {counts[of]} terms, one for each path, too many to write down; the pattern shows on fewer. ",
    )


def boxed(material: Material) -> list[Result]:
    """The result of a chain in a box, with a brace and words under its two factors."""
    found = material.main_paths
    if not material.chain:
        return []  # the last row says it already
    remark = f"from steps 1 to {len(found.lines())}"
    sums = list(found.result.atoms(TimeSum))
    if not sums:
        return [result(found, "Result", remark)]
    travels, acts = sums[0].instance(bound("k")).args
    t = found.goal.args[0].time
    labels = [(travels, f"how the effect\ntravels to step {t}"), (acts, "what the use\nat step k does")]
    claim = found.lines()[-1]
    whole = Claim(found.goal, "=", found.result, claim.rule, claim.reason)
    return [Result(braced(whole, labels), "Result", remark)]


def gallery(material: Material) -> Gallery:
    """One small graph for each path, its term below."""
    w, of = material.main, material.main_paths.goal.args[0]
    network = material.job.network if material.chain else material.job.cell.unroll(int(of.time))
    items = []
    for term in sorted(terms(material.stations, w, of), key=lambda term: -int(term.path[0].time)):
        first, last = term.path[0], term.path[-2]
        k = row(Symbol("k"), Operator("="), Number(str(first.time)), Operator("colon"), Operator("quad"))
        if material.chain:
            travels: list[Tensor] = [] if first == last else [Total(last, first)]
        else:
            travels = [edge_of(v, u, material.stations) for u, v in pairwise(term.path[:-1])][::-1]
        product = contract(Total(of, last), *travels, Immediate(first, w))
        items.append((unrolled(network, term, SMALL), (row(k, layout(product)),)))
    per = "One path for each use of " if material.chain else "One path for each term, by the use of "
    caption = prose(
        per, w, ". ", Styled("Dashed", "explicit"), ": the use at step ", Symbol("k"), ". ", Styled("Thick", "implicit"),
        ": the way of its effect to ", of, ".",
    )  # fmt: skip
    return Gallery(tuple(items), caption, 2, unrolled(network))


def counted(material: Material) -> list[Block]:
    """How many paths there are to the loss of each step, and how many edges they consist of."""
    network = material.job.cell.unroll(LAST_COUNTED)
    stations = network.condense({*network.states, "L"})
    losses = [network["L", t] for t in range(1, LAST_COUNTED + 1)]
    sequences: dict[tuple[int, ...], list[Variable]] = {}
    for v in material.job.wrt:
        if v.time in (None, 0):
            counts = stations.path_counts(v)
            listed_paths = [len(stations.paths(v, loss)) for loss in losses]
            found = [counts.get(loss, 0) for loss in losses]
            material.ledger.admit_number(
                f"number of paths from {v}",
                float(max(abs(a - b) for a, b in zip(found, listed_paths))),
                "list",
            )
            sequences.setdefault(tuple(found), []).append(v)
    header: tuple[Text, ...] = (("paths from",), *(prose(loss) for loss in losses))
    rows = [(listed_text(names), *((str(n),) for n in found)) for found, names in sequences.items()]
    edges = [(str(len(walked(stations, material.main, loss))),) for loss in losses]
    rows.append((prose("edges on the paths from ", material.main), *edges))
    return [
        Prose(
            prose(
                "How many terms would the other losses have? Every state adds the paths of its predecessors, so one walk counts them; up to ",
                losses[-1], " they were listed one by one as well. The paths multiply from step to step, the edges they consist of do not: this is why the backward sweep below "
                "walks edges, not paths.",
            )
        ),
        Table((), header, tuple(rows), "l" + "r" * len(losses), rules=(len(rows) - 1,)),
    ]  # fmt: skip


def listed_text(names: list[Variable]) -> Text:
    """Return names with commas between them."""
    return prose(separated([variable(v) for v in names], "comma"))


def walked(stations: OrderedNetwork, source: Variable, target: Variable) -> set[tuple[Variable, Variable]]:
    """Return the edges of all paths from source to target."""
    edges, todo = set(), [target]
    while todo:
        v = todo.pop()
        for u in stations.parents(v):
            if (u, v) not in edges and stations.depends(u, source):
                edges.add((u, v))
                todo.append(u)
    return edges


def general(material: Material) -> list[Block]:
    """The statement for any t, by induction."""
    found, t = material.general, Symbol("t")
    first = row(t, Operator("="), Number("1"))
    return [
        Heading(("Any number of steps",)),
        Prose(
            prose(
                "Nothing depended on the number of steps. For ", first, " the claim below has one term and is the base case above. ",
                "Assume it for ", row(t, Operator("-"), Number("1")), "; then it holds for ", t, ":",
            )
        ),
        steps(found),
        result(found, "For every step", "by induction"),
    ]  # fmt: skip


def section(material: Material) -> list[Block]:
    """Return the blocks of this part."""
    blocks = two_kinds(material) + derivation(material)
    if material.chain and isinstance(material.general.steps[0].after, Plus):
        blocks += general(material)
    return blocks
