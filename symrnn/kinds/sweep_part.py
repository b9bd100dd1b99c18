"""Fourth part of the reference: all losses at once, one sweep backwards, and what was checked."""

from __future__ import annotations

from symrnn.calculus import Total
from symrnn.certificate import TOLERANCE
from symrnn.document import Block, Heading, Prose, Styled, Table, Text
from symrnn.equation import STEP
from symrnn.kinds.blocks import prose, steps
from symrnn.kinds.forms import alike, families, results
from symrnn.kinds.ledger import Ledger
from symrnn.kinds.material import Material
from symrnn.kinds.wording import worded
from symrnn.onestep import K
from symrnn.rules import BOOK, Sentence, listed
from symrnn.tensor import Variable
from symrnn.typeset.tree import Number, Operator, Symbol, Tree, row


def section(material: Material) -> list[Block]:
    """Return the blocks of this part."""
    blocks: list[Block] = [Heading(("All losses at once: the backward sweep",))]
    blocks += as_double_sum(material) if material.chain else [
        Prose(
            prose(
                "The total loss has as many terms as there are paths to all losses. Nobody needs them one by one: what ", material.network["L"],
                " owes to a signal is the sum over what uses that signal, so one walk against the order of computation meets every edge once. Signal by signal, in the order of the walk:",
            )
        )
    ]  # fmt: skip
    blocks += in_short(material) if material.edgewise else in_full(material)
    w = material.main
    blocks.append(
        Prose(
            prose("With one product per step for ", w, ", nothing larger than ", w, " itself is ever stored.")
        )
    )
    return blocks


def in_full(material: Material) -> list[Block]:
    """The adjoint of each signal, and of each form of parameter, one rule in a row."""
    blocks: list[Block] = []
    for name, derivation in material.sweep.signals.items():
        signal = derivation.goal.args[1]
        blocks += [Heading(prose("The adjoint of ", signal), level=2), steps(derivation)]
        blocks += ends(material, [signal] if name in material.network.states else [])
    blocks.append(Heading(("The parameters collect one term per step",), level=2))
    for family in families(material.sweep.parameters.values()):
        blocks += [steps(family[0]), *results(family[1:])]
    return blocks


def in_short(material: Material) -> list[Block]:
    """The adjoints in the order of the walk, each in one row with its rules."""
    return [
        *alike(list(material.sweep.signals.values())),
        *ends(material, [material.network[state, STEP] for state in material.network.states]),
        Heading(("The parameters collect one term per step",), level=2),
        *alike(list(material.sweep.parameters.values())),
    ]


def as_double_sum(material: Material) -> list[Block]:
    """For a chain of states: the double sum, its other order, and the recursion."""
    loss, state = material.network["L"], material.state(K)
    return [
        Prose(
            prose(
                "The total loss needs every pair of a loss at ", Symbol("t"), " and a use at ", Symbol("k"),
                ". Summed in the other order, all losses share one factor per use:",
            )
        ),
        steps(material.reordered),
        Prose(
            prose(
                "That factor follows from its successor, so one walk from the last step to the first computes them all. The "
                "double sum has T(T + 1)/2 terms, the sweep T steps, and they are equal:",
            )
        ),
        steps(material.recursion),
        Prose(
            prose(
                "Here ", Total(loss, state), " is the total derivative of all losses, not that of one loss as in the sections "
                "before. Signal by signal, the sweep reads:",
            )
        ),
    ]  # fmt: skip


def ends(material: Material, signals: list[Variable]) -> list[Block]:
    """What the adjoint of a state is at the last step, and at the first."""
    if not signals:
        return []
    after = row(Symbol("T"), Operator("+"), Number("1"))
    start = [material.network[v.name, 0] for v in signals]
    terms = "term" if material.chain else "terms"
    only = "only the term" if material.chain else "only the terms"
    are = "is" if material.chain else "are"
    return [
        Prose(
            prose(f"At the last step nothing follows: the {terms} of step ", after, f" {are} absent. For ", *listed(start),
                  f" {only} of step 1 {are} there.")
        )
    ]  # fmt: skip


def small_number(number: float) -> Tree:
    """Return a deviation as one digit times a power of ten."""
    return Number(f"{number:.0e}".replace("e-0", "e-"))


def bound_of(number: float) -> float:
    """Return the power of ten, from 1e-14 upwards, that a deviation stays below: the same on every machine."""
    power = 1e-14
    while number >= power:
        power *= 10
    return float(f"{power:.0e}")


def checks(ledger: Ledger) -> list[Block]:
    """What was checked, how, and how well it held."""
    worst = {
        w: max((d for c in ledger.certificates if (d := c.of(w)) is not None), default=0.0) for w in WITNESSES
    }
    counts = {
        w: sum(check.witness == w for c in ledger.certificates for check in c.checks) for w in WITNESSES
    }
    rows: list[tuple[Text, ...]] = [
        ((name,), (words,), (str(counts[name]),), prose(Operator("<"), small_number(bound_of(worst[name]))))
        for name, words in WITNESSES.items()
        if counts[name]
    ]
    points = "; ".join(
        ("the numbers of this example" if p["seed"] is None else f"random numbers, seed {p['seed']}")
        + " ("
        + ", ".join(f"{axis} = {n}" for axis, n in sorted(p["sizes"].items()))
        + ")"
        for p in ledger.described
    )
    used = dict.fromkeys(check.rule for c in ledger.certificates for check in c.checks)
    rules: list[tuple[Text, ...]] = [
        ((Styled(name[:1].upper() + name[1:], "strong"),), prose(*worded((Sentence(BOOK[name].statement),))))
        for name in used
        if name in BOOK
    ]
    return [
        Heading(("What was checked",)),
        Prose(
            (
                "Every line of every derivation above was evaluated, for every step it is stated for, and compared with its "
                f"left side at two points: {points}. Tolerance: ",
                small_number(TOLERANCE),
                ", relative to the largest entry where that exceeds 1. A line that fails stops the report.",
            )
        ),
        Table((), (("witness",), ("what it does",), ("checks",), ("deviation",)), tuple(rows), "llrr"),
        Prose(("The rules, in words:",)),
        Table((), (("rule",), ("statement",)), tuple(rules), "ll"),
    ]


WITNESSES = {
    "object": "evaluates the expression; its derivatives by complex step through the forward equations",
    "ink": "reads both sides back from the printed formula and evaluates them again",
    "list": "lists the paths that were counted, one by one",
    "SymPy": "differentiates, with SymPy’s own diff, the equations written out in entries, and one loss written out in full",
}


def foot(ledger: Ledger) -> Text:
    """One line for the foot of every page."""
    sizes = "; ".join(
        (
            "these numbers"
            if p["seed"] is None
            else f"seed {p['seed']}, sizes " + "/".join(map(str, p["sizes"].values()))
        )
        for p in ledger.described
    )
    return (
        "Every line was evaluated: deviation below ",
        small_number(bound_of(ledger.deviation)),
        ", tolerance ",
        small_number(TOLERANCE),
        f" ({sizes}).",
    )
