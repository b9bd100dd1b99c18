"""Fourth part of the reference: all losses at once, one sweep backwards, and what was checked."""

from __future__ import annotations

from symrnn.certificate import TOLERANCE
from symrnn.derivation import BOOK, K, Sentence
from symrnn.document import Block, Heading, Prose, Styled, Table, Text, words
from symrnn.model import STEP
from symrnn.notation import Number, Operator, Symbol, Tree, row
from symrnn.report.compose import prose, steps
from symrnn.report.forms import alike, families, results
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.phrases import listing, say
from symrnn.report.wording import named, worded
from symrnn.tensor import Total, Variable
from symrnn.witness import bound_of


def section(material: Material) -> list[Block]:
    """Return the blocks of this part."""
    blocks: list[Block] = [Heading(say("sweep.title"))]
    in_order = [Prose(say("sweep.edges", loss=material.network.total_loss))]
    blocks += as_double_sum(material) if material.chain else in_order
    blocks += in_short(material) if material.edgewise else in_full(material)
    return [*blocks, Prose(say("sweep.nothing_larger", W=material.main))]


def in_full(material: Material) -> list[Block]:
    """The adjoint of each signal, and of each form of parameter, one rule in a row."""
    blocks: list[Block] = []
    for name, derivation in material.sweep.signals.items():
        signal = derivation.goal.args[1]
        blocks += [Heading(say("sweep.adjoint", signal=signal), level=2), steps(derivation)]
        blocks += ends(material, [signal] if name in material.network.states else [])
    blocks.append(Heading(say("sweep.parameters"), level=2))
    for family in families(material.sweep.parameters.values()):
        blocks += [steps(family[0]), *results(family[1:])]
    return blocks


def in_short(material: Material) -> list[Block]:
    """The adjoints in the order of the walk, each in one row with its rules."""
    return [
        *alike(list(material.sweep.signals.values())),
        *ends(material, [material.network[state, STEP] for state in material.network.states]),
        Heading(say("sweep.parameters"), level=2),
        *alike(list(material.sweep.parameters.values())),
    ]


def as_double_sum(material: Material) -> list[Block]:
    """For a chain of states: the double sum, its other order, and the recursion."""
    loss, state = material.network.total_loss, material.state(K)
    return [
        Prose(say("sweep.pairs", t=Symbol("t"), k=Symbol("k"))),
        steps(material.reordered),
        Prose(say("sweep.recursion")),
        steps(material.recursion),
        Prose(say("sweep.reads", derivative=Total(loss, state))),
    ]


def ends(material: Material, signals: list[Variable]) -> list[Block]:
    """What the adjoint of a state is at the last step, and at the first."""
    if not signals:
        return []
    after = row(Symbol("T"), Operator("+"), Number("1"))
    start = listing([material.network[v.name, 0] for v in signals])
    return [Prose(say("sweep.end" if material.chain else "sweep.ends", after=after, start=start))]


def small_number(number: float) -> Tree:
    """Return a deviation as one digit times a power of ten."""
    return Number(f"{number:.0e}".replace("e-0", "e-"))


def checks(ledger: Ledger) -> list[Block]:
    """What was checked, how, and how well it held."""
    worst = {
        w: max((d for c in ledger.certificates if (d := c.of(w)) is not None), default=0.0) for w in WITNESSES
    }
    counts = {
        w: sum(check.witness == w for c in ledger.certificates for check in c.checks) for w in WITNESSES
    }
    rows: list[tuple[Text, ...]] = [
        (say(name), say(does), (str(counts[w]),), prose(Operator("<"), small_number(bound_of(worst[w]))))
        for w, (name, does) in WITNESSES.items()
        if counts[w]
    ]
    used = dict.fromkeys(check.rule for c in ledger.certificates for check in c.checks)
    rules: list[tuple[Text, ...]] = [
        ((Styled(named(name), "strong"),), worded((Sentence(BOOK[name].statement),)))
        for name in used
        if name in BOOK
    ]
    header = say("checks.witness"), say("checks.does"), say("checks.count"), say("checks.deviation")
    return [
        Heading(say("checks.title")),
        Prose(say("checks.points", points=points(ledger), tolerance=small_number(TOLERANCE))),
        Table((), header, tuple(rows), "llrr"),
        Prose(say("checks.rules")),
        Table((), (say("checks.rule"), say("checks.statement")), tuple(rules), "ll"),
    ]


WITNESSES = {  # as certificates call them: what a report calls them, and what they do
    "object": ("checks.object", "checks.object_does"),
    "ink": ("checks.ink", "checks.ink_does"),
    "list": ("checks.list", "checks.list_does"),
    "SymPy": ("checks.sympy", "checks.sympy_does"),
}


def points(ledger: Ledger) -> str:
    """Return the points where everything was checked."""
    found = []
    for p in ledger.described:
        sizes = ", ".join(f"{axis} = {n}" for axis, n in sorted(p["sizes"].items()))
        drawn = p["seed"] is not None
        found.append(
            words("checks.drawn", seed=p["seed"], sizes=sizes)
            if drawn
            else words("checks.given", sizes=sizes)
        )
    return "; ".join(found)


def foot(ledger: Ledger) -> Text:
    """One line for the foot of every page."""
    found = []
    for p in ledger.described:
        sizes = "/".join(map(str, p["sizes"].values()))
        drawn = p["seed"] is not None
        found.append(
            words("checks.foot_drawn", seed=p["seed"], sizes=sizes) if drawn else words("checks.foot_given")
        )
    return say(
        "checks.foot",
        deviation=small_number(bound_of(ledger.deviation)),
        tolerance=small_number(TOLERANCE),
        points="; ".join(found),
    )


def foot_of_variant(shared: Ledger, ledger: Ledger) -> Text:
    """One line for the foot of a variant: its derivation was certified once for all, its numbers here."""
    drawn = shared.described[-1]
    return say(
        "checks.foot_of_variant",
        seed=drawn["seed"],
        sizes="/".join(map(str, drawn["sizes"].values())),
        deviation=small_number(bound_of(max(shared.deviation, ledger.deviation))),
        tolerance=small_number(TOLERANCE),
    )
