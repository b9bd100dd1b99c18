"""The paths of an effect, for the loss of one step and for any step."""

from __future__ import annotations

from itertools import pairwise

from symrnn.derivation import Line as Claim, edge_of
from symrnn.document import Block, Display, Gallery, Heading, Prose, Result, Table, Text, words
from symrnn.model import Equation, OrderedNetwork
from symrnn.notation import SMALL, Number, Operator, Symbol, layout, row, separated, terms, variable
from symrnn.report.compose import braced, display, drawn, result, steps
from symrnn.report.material import Material
from symrnn.report.sections.notation import explicit_remark, explicit_sign
from symrnn.report.wording import listing, prose, say, sentences
from symrnn.tensor import Immediate, Plus, Tensor, TimeSum, Total, Variable, bound, contract

LAST_COUNTED = 5  # steps of the table of path counts


def two_kinds(material: Material) -> list[Block]:
    """Explicit and implicit dependence, on the last step of the expansion."""
    w, claim = material.main, material.one_back.lines()[:1]
    if not claim or not isinstance(claim[0].rhs, Plus):
        return []
    v = claim[0].lhs.args[0]
    explicit, *implicit = claim[0].rhs.args
    before = [term.factors[-1].args[0] for term in implicit]
    several = len(before) > 1
    labels = [words("paths.through", name=u.name) if several else words("paths.implicit") for u in before]
    gates = material.edgewise
    forms = TWICE_IN_SEVERAL if several else TWICE_GATED if gates else TWICE
    start = listing([material.network[state, 0] for state in material.network.states])
    claimed = [(explicit, words("paths.explicit")), *zip(implicit, labels)]
    return [
        Heading(say("paths.two_kinds")),
        *put_in(material, v),
        Prose(
            sentences(
                say(forms[w.rank == 2], v=v, W=w, before=listing(before)),
                say("paths.sign", sign=explicit_sign(v, w), before=listing(before)),
                say("paths.gates") if gates else (),
                explicit_remark(v, w),
                say("paths.then"),
            )
        ),
        Display((braced(claim[0], claimed),)),
        Prose(say("paths.parts_left" if several else "paths.part_left", start=start)),
    ]


def put_in(material: Material, v: Variable) -> list[Block]:
    """The equation of a state with those put in that hold the main parameter, such as a in s = σ(a)."""
    network, w = material.network, material.main
    equation = network.equation(v)
    if equation is None or w in equation.used:
        return []
    beside = {e.target.name for e in network.step if w not in material.condensed.parents(e.target)}
    written = network.condense({*network.states, *beside}).written_out(equation.expression)
    material.ledger.admit_equation(Equation(v, written), network)
    return [Prose(say("paths.put_in", v=v, W=w)), display((v, written))]


# how a parameter appears twice: one that is no matrix, one that is
TWICE = "paths.parameter_twice", "paths.matrix_twice"
TWICE_GATED = "paths.parameter_twice_gated", "paths.matrix_twice_gated"
TWICE_IN_SEVERAL = "paths.parameter_twice_in_several", "paths.matrix_twice_in_several"


def derivation(material: Material) -> list[Block]:
    """The path expansion, its result, and one small graph for each term."""
    w, found = material.main, material.main_paths
    of = found.goal.args[0]
    asked = say("paths.question", loss=of, W=w) if of == material.job.of else more_paths(material)
    blocks: list[Block] = [
        Heading(say("paths.derivation")),
        Prose(sentences(one_of_them(material), asked)),
        steps(found),
        *boxed(material),
    ]
    if int(of.time) > 1:
        blocks += [gallery(material)]
    return blocks if material.chain else [*blocks, *counted(material)]


def one_of_them(material: Material) -> Text:
    """Say which loss is taken where all are asked for."""
    job = material.job
    if not job.all_losses:
        return ()
    return say("paths.one_of_them", total=job.goal, loss=job.of)


def more_paths(material: Material) -> Text:
    """Say why the expansion stops at an earlier step than that of the job, and ask its question."""
    counts = material.condensed.path_counts(material.main)
    of = material.job.of
    return say(
        "paths.fewer",
        derivative=Total(of, material.main),
        count=counts[of],
        loss=material.main_paths.goal.args[0],
        W=material.main,
    )


def boxed(material: Material) -> list[Result]:
    """The result of a chain in a box, with a brace and words under its two factors."""
    found = material.main_paths
    if not material.chain:
        return []  # the last row says it already
    title, remark = words("result.title"), words("result.from_steps", last=len(found.lines()))
    sums = list(found.result.atoms(TimeSum))
    if not sums:
        return [result(found, title, remark)]
    travels, acts = sums[0].instance(bound("k")).factors
    t = found.goal.args[0].time
    labels = [(travels, words("result.travels", t=str(t))), (acts, words("result.use"))]
    claim = found.lines()[-1]
    whole = Claim(found.goal, "=", found.result, claim.rule, claim.reason)
    return [Result(braced(whole, labels), title, remark)]


def gallery(material: Material) -> Gallery:
    """One small graph for each path, its term below."""
    w, of = material.main, material.main_paths.goal.args[0]
    network = material.job.network if material.chain else material.job.cell.unroll(int(of.time))
    items = []
    for term in sorted(terms(material.condensed, w, of), key=lambda term: -int(term.path[0].time)):
        first, last = term.path[0], term.path[-2]
        k = row(Symbol("k"), Operator("="), Number(str(first.time)), Operator("colon"), Operator("quad"))
        if material.chain:
            travels: list[Tensor] = [] if first == last else [Total(last, first)]
        else:
            travels = [edge_of(v, u, material.condensed) for u, v in pairwise(term.path[:-1])][::-1]
        product = contract(Total(of, last), *travels, Immediate(first, w))
        items.append((drawn(network, term, SMALL), (row(k, layout(product)),)))
    per = "paths.path_for_use" if material.chain else "paths.path_for_term"
    caption = say(per, W=w, k=Symbol("k"), loss=of)
    return Gallery(tuple(items), caption, 2, drawn(network))


def counted(material: Material) -> list[Block]:
    """How many paths there are to the loss of each step, and how many edges they consist of."""
    network = material.job.cell.unroll(LAST_COUNTED)
    condensed = network.condensed
    losses = [network.loss(t) for t in range(1, LAST_COUNTED + 1)]
    sequences: dict[tuple[int, ...], list[Variable]] = {}
    for v in material.job.wrt:
        if v.time in (None, 0):
            counts = condensed.path_counts(v)
            listed_paths = [len(condensed.paths(v, loss)) for loss in losses]
            found = [counts.get(loss, 0) for loss in losses]
            material.ledger.admit_number(
                f"number of paths from {v}",
                float(max(abs(a - b) for a, b in zip(found, listed_paths))),
                "list",
            )
            sequences.setdefault(tuple(found), []).append(v)
    header: tuple[Text, ...] = (say("paths.paths_from"), *(prose(loss) for loss in losses))
    rows = [(listed_text(names), *((str(n),) for n in found)) for found, names in sequences.items()]
    edges = [(str(len(walked(condensed, material.main, loss))),) for loss in losses]
    rows.append((say("paths.edges_from", W=material.main), *edges))
    return [
        Prose(say("paths.counted", loss=losses[-1])),
        Table((), header, tuple(rows), "l" + "r" * len(losses), rules=(len(rows) - 1,)),
    ]


def listed_text(names: list[Variable]) -> Text:
    """Return names with commas between them."""
    return prose(separated([variable(v) for v in names], "comma"))


def walked(network: OrderedNetwork, source: Variable, target: Variable) -> set[tuple[Variable, Variable]]:
    """Return the edges of all paths from source to target."""
    edges, todo = set(), [target]
    while todo:
        v = todo.pop()
        for u in network.parents(v):
            if (u, v) not in edges and network.depends(u, source):
                edges.add((u, v))
                todo.append(u)
    return edges


def general(material: Material) -> list[Block]:
    """The statement for any t, by induction."""
    found, t = material.general, Symbol("t")
    first, before = row(t, Operator("="), Number("1")), row(t, Operator("-"), Number("1"))
    return [
        Heading(say("paths.any_number")),
        Prose(say("paths.induction", first=first, before=before, t=t)),
        steps(found),
        result(found, words("paths.every_step"), words("paths.by_induction")),
    ]


def section(material: Material) -> list[Block]:
    """Return the blocks of this section."""
    blocks = two_kinds(material) + derivation(material)
    if material.chain and isinstance(material.general.steps[0].after, Plus):
        blocks += general(material)
    return blocks
