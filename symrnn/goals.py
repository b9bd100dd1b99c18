"""What the command line derives: the views of one gradient, and everything that is certified of a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from symrnn.adjoint import Sweep, sweep
from symrnn.budget import longest_readable
from symrnn.calculus import Immediate, Total
from symrnn.cell import Cell
from symrnn.certificate import TOLERANCE, Certificate, Check, certify, certify_equations, check_ink
from symrnn.derivation import Derivation, claim, derive
from symrnn.entrywise import EntryDerivation, derive_entry
from symrnn.equation import HORIZON, STEP
from symrnn.evaluate import Point, random_point, value
from symrnn.network import OrderedNetwork
from symrnn.onestep import K, OneStep
from symrnn.rules import Reason
from symrnn.rules.sweep import successors_rule
from symrnn.strategies import RECURSION, REORDERED
from symrnn.tensor import Variable
from symrnn.typeset.latex import latex
from symrnn.typeset.measure import broken
from symrnn.typeset.text import text
from symrnn.typeset.tree import Tree, uncoloured
from symrnn.views.entry_layout import entry_layout
from symrnn.views.matrix import layout, line
from symrnn.views.scalar import ScalarNetwork
from symrnn.witnesses import deviation

TERMINAL = 100  # characters of a formula in one line, where it is a sum that can be broken


@dataclass(frozen=True)
class View:
    """One derivation, ready to print: lines of (left side, right side, rule, reason)."""

    title: str
    lines: tuple[tuple[Tree | str, Tree | str, str, str], ...]
    certificate: Certificate

    @property
    def deviation(self) -> float:
        """Largest deviation of its certificate."""
        return self.certificate.deviation

    def as_text(self) -> str:
        """Return the lines for a terminal."""
        out, before = [self.title], ""
        for lhs, rhs, rule, reason in self.lines:
            left = _as(text, lhs)
            first, *more = [rhs] if isinstance(rhs, str) else broken(rhs, TERMINAL, lambda t: len(text(t)))
            out.append(f"  {left if left != before else ' ' * len(left)} = {_as(text, first)}")
            out += [f"  {' ' * len(left)}     {_as(text, line)}" for line in more]
            if rule:
                out.append(f"  {' ' * len(left)}     [{rule}] {reason}".rstrip())
            before = left
        return "\n".join(out)

    def as_latex(self) -> str:
        """Return the lines as an aligned display, the rule behind each."""
        rows, before = [], ""
        for lhs, rhs, rule, _ in self.lines:
            left = _as(latex, lhs)
            note = rf" && \text{{{rule}}}" if rule else ""
            rows.append(f"  {left if left != before else ''} &= {_as(latex, rhs)}{note}")
            before = left
        return "% " + self.title + "\n\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "goal": self.title,
            "steps": [
                {
                    "lhs": _as(text, lhs),
                    "rhs": _as(text, rhs),
                    "lhs_latex": _as(latex, lhs),
                    "rhs_latex": _as(latex, rhs),
                    "rule": rule,
                    "reason": reason,
                }
                for lhs, rhs, rule, reason in self.lines
            ],
            "certificate": self.certificate.as_dict(),
        }


def _as(emitter: Callable[[Tree], str], side: Tree | str) -> str:
    return side if isinstance(side, str) else str(emitter(uncoloured(side)))


def view_of(derivation: Derivation | EntryDerivation, at: Point, words: str = "") -> View:
    """Return the printed form of a derivation, certified; ``words`` say in its title what it is.

    Raises
    ------
    CertificateError
        If a line does not hold.
    """
    certificate = certify(derivation, at).require()
    if isinstance(derivation, EntryDerivation):
        lines = tuple(
            (entry_layout(x.lhs), entry_layout(x.rhs), x.rule, _words(x.reason)) for x in derivation.lines
        )
    else:
        lines = tuple((*line(x.lhs, x.rhs), x.rule.name, _words(x.reason)) for x in derivation.lines())
    return View(certificate.goal + (f", {words}" if words else ""), lines, certificate)


def _words(reason: Reason) -> str:
    said = ([p if isinstance(p, str) else text(layout(p)) for p in sentence.pieces()] for sentence in reason)
    return " ".join(map("".join, said))


def sweep_views(network: OrderedNetwork, wrt: Variable | None = None) -> list[View]:
    """Return the backward sweep, certified for every step: each adjoint, then the gradient by a parameter.

    Without ``wrt`` the gradients by all parameters. Time and memory are linear in the number of steps.
    """
    at, found = random_point(network), sweep(network)
    parameters = [d for name, d in found.parameters.items() if wrt is None or wrt.name == name]
    return [
        *(view_of(d, at) for d in (found.output, *found.signals.values())),
        _ends_view(found, at),
        *(view_of(d, at) for d in parameters),
    ]


def _ends_view(found: Sweep, at: Point) -> View:
    """Return the adjoints of the last step and of the initial states, certified."""
    rule, seen = successors_rule.name, at.of(found.network)
    checks = []
    for n, (lhs, rhs) in enumerate(found.ends, start=1):
        printed = check_ink(n, rule, lhs, rhs, seen, [{}])
        worst = deviation(value(rhs, seen), value(lhs, seen))
        checks += [printed, replace(printed, witness="object", deviation=worst)]
    points = ({"seed": at.seed, "sizes": dict(at.sizes)},)
    certificate = Certificate("the last step and the start", True, tuple(checks), TOLERANCE, points).require()
    reasons = ("Nothing comes after the last step.", "Only the next step uses an initial state.")
    lines = tuple((*line(lhs, rhs), rule, reasons[lhs.args[1].time == 0]) for lhs, rhs in found.ends)
    return View(certificate.goal, lines, certificate)


def views(
    name: str, network: OrderedNetwork, of: Variable, wrt: Variable, sizes: Mapping[str, int]
) -> list[View]:
    """Return a view of ∂of/∂wrt, certified at a random point."""
    if name == "scalar":
        return [scalar_view(network, of, wrt, sizes)]
    if name == "sweep":
        return sweep_views(network, wrt)
    at = random_point(network)
    if name == "paths":
        return [view_of(derive(Total(of, wrt), network), at)]
    made = factors(OneStep(network), wrt, every_signal=name == "local")
    if name == "local":
        return [view_of(found, at, words) for found, words in made]
    vectors = [(found, words) for found, words in made if found.goal.args[0].rank]
    return [view_of(entries(found), at, words) for found, words in vectors]


def entries(matrix: Derivation) -> EntryDerivation:
    """Return a derivation within a step, entry by entry."""
    return derive_entry(matrix.goal, ("p", "q", "r")[: matrix.goal.rank], matrix.network, matrix=matrix)


def factors(step: OneStep, wrt: Variable, every_signal: bool = True) -> list[tuple[Derivation, str]]:
    """Return the derivatives within a step that ∂L/∂wrt consists of, at symbolic times, and what each is.

    Where a state reaches the next step on one path only, that is its Jacobian. In a cell with gates it is
    every edge of the step, and the Jacobians along all paths; ``every_signal`` False leaves gates and
    pre-activations out.
    """
    network = step.network
    loss, z = network["L", STEP], network["z", STEP]
    stations = network.condense({*network.states, "L"})
    x = wrt if wrt.time is None else wrt.at(K)
    uses = [v for v in (network[state, K] for state in network.states) if x in stations.parents(v)]
    between = jacobians(step, every_signal) if uses or wrt.name in network.states else []
    immediate = [(step.immediate(v, x), "") for v in uses if wrt.name not in network.states]
    if not between:
        immediate = [(derive(Immediate(z.at(K), x), network), "")]
    made = [*between, *immediate] if step.branches else [*immediate, *between]  # edges, then what uses them
    return [*made, (derive(Total(loss, z), network), "")]


def jacobians(step: OneStep, every_signal: bool = True) -> list[tuple[Derivation, str]]:
    """Return the derivatives from state to state: with the gates held fixed, and along all paths."""
    if not step.branches:
        return [(derive(Total(v, u), step.network), "") for v, u in step.states()]
    states = set(step.network.states)
    made = [(found, "gates held fixed" if goal in step.held else "") for goal, found in step.edges.items()]
    made += [
        (found, "all paths" if {v.name for v in goal.args} <= states else "")
        for goal, found in step.jacobians.items()
    ]
    return made if every_signal else [pair for pair in made if pair[1]]


def scalar_view(network: OrderedNetwork, of: Variable, wrt: Variable, sizes: Mapping[str, int]) -> View:
    """Return the scalar equations of ∂of/∂wrt: adjoint after adjoint, one entry each."""
    everything = {axis: sizes.get(axis, 2) for v in network.given for axis in v.shape}
    at = random_point(network, 0, everything)
    scalar = ScalarNetwork(network.whole, everything)
    place = (of, (1,) * of.rank)
    adjoints, gradient = scalar.derivatives(place)
    wanted = {scalar.symbol(p): p for p in _places(wrt, everything)}
    lines = [(symbol.name, sympy.sstr(expression), "", "") for symbol, expression in adjoints]
    values = scalar.written_values(place, at)
    truth = value(Total(of, wrt), at)
    worst = 0.0
    for symbol, (_, indices) in wanted.items():
        lines.append((f"d {of}/d {symbol.name}", sympy.sstr(gradient.get(symbol, sympy.S.Zero)), "", ""))
        expected = truth[(*(0,) * of.rank, *(i - 1 for i in indices))]
        worst = max(worst, deviation(values.get(symbol, 0.0), expected))
    check = Check(len(lines), "scalar equations", "SymPy", worst, f"{of}", f"{wrt}")
    title = f"{text(layout(Total(of, wrt)))}: {len(lines)} scalar equations"
    certificate = Certificate(title, True, (check,), 1e-10, ({"seed": 0, "sizes": everything},)).require()
    return View(title, tuple(lines), certificate)


def _places(wrt: Variable, sizes: Mapping[str, int]) -> list[Any]:
    from symrnn.views.scalar import places

    return places(wrt, sizes)


def certify_cell(
    cell: Cell, seed: int = 0, progress: Callable[[str], None] = lambda words: None, steps: int = 4
) -> list[Certificate]:
    """Certify everything that is derived of a cell, at a random point.

    Returns
    -------
    list of Certificate
        Of the forward equations; for each parameter, the state and an input: paths, local and entry
        derivations; the backward sweep and its equality with the double sum.
    """
    network = cell.unroll(steps)
    at = random_point(network, seed)
    progress("forward equations")
    found = [certify_equations(network, at)]
    for derivation in derivations(network):
        progress(str(derivation.goal))
        found.append(certify(derivation, at))
    return found


def derivations(network: OrderedNetwork) -> list[Derivation | EntryDerivation]:
    """Return every derivation that symrnn makes of a network."""
    stations = network.condense({*network.states, "L"})
    last = network.steps
    given = [v for v in network.given if v.time is None]
    initial = [network[state, 0] for state in network.states]
    inputs = [v for v in network.given if v.name == "x" and v.time == max(1, last // 2)]
    wrt = [*given, *initial, *inputs]
    losses = (longest_readable(network["L", last], v, network) for v in wrt)
    made: list[Derivation | EntryDerivation] = [
        derive(Total(loss, v), network) for loss, v in zip(losses, wrt) if loss is not None
    ]
    step = OneStep(network)
    parts = {found.goal: (found, words) for v in wrt for found, words in factors(step, v)}
    for found, words in parts.values():
        made.append(found)
        if found.goal.args[0].rank and (words or not step.branches or found.goal.args[1] in given):
            made.append(entries(found))
    for v in given:
        lemma = claim(stations, v)
        if lemma:
            made += [*lemma, derive(Total(network["L"], v), stations, REORDERED, lemma)]
        elif len(network.states) == 1:
            made.append(derive(Total(network["L"], v), network))
    if len(network.states) == 1 and last > 1:
        at_k = network[network.states[0], K]
        made.append(derive(Total(network["L"], at_k), stations, RECURSION, times=(1, HORIZON - 1)))
    swept = sweep(network)
    return [*made, swept.output, *swept.signals.values(), *swept.parameters.values()]
