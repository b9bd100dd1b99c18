"""What was checked, how, and how well it held: a section, and the foot of every page."""

from __future__ import annotations

from symrnn.certificate import TOLERANCE
from symrnn.derivation import BOOK, Sentence
from symrnn.document import Block, Heading, Prose, Styled, Table, Text, words
from symrnn.notation import Operator, Tree, numeral
from symrnn.report.ledger import Ledger
from symrnn.report.wording import named, prose, say, worded
from symrnn.witness import bound_of


def small_number(number: float) -> Tree:
    """Return a deviation as one digit times a power of ten."""
    return numeral(f"{number:.0e}")


def section(ledger: Ledger) -> list[Block]:
    """Return the blocks of this section."""
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
        key = "checks.given" if not drawn else "checks.drawn_again" if "draws" in p else "checks.drawn"
        found.append(words(key, seed=p["seed"], sizes=sizes, n=p.get("draws", 1)))
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
