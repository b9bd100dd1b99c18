"""What the command line derives: the views of one gradient, and everything that is certified of a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from symrnn.adjoint import sweep
from symrnn.calculus import Immediate, Total
from symrnn.cell import Cell
from symrnn.certificate import Certificate, Check, certify, certify_equations
from symrnn.derivation import Derivation, claim, derive
from symrnn.entrywise import EntryDerivation, derive_entry
from symrnn.equation import HORIZON, STEP
from symrnn.evaluate import Point, random_point, value
from symrnn.network import OrderedNetwork
from symrnn.strategies import RECURSION, REORDERED
from symrnn.tensor import Variable, time_symbol
from symrnn.typeset.latex import latex
from symrnn.typeset.text import text
from symrnn.typeset.tree import Tree, uncoloured
from symrnn.views.entry_layout import entry_layout
from symrnn.views.matrix import layout, line
from symrnn.views.scalar import ScalarNetwork
from symrnn.witnesses import deviation

K = time_symbol("k")


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
            out.append(f"  {left if left != before else ' ' * len(left)} = {_as(text, rhs)}")
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


def view_of(derivation: Derivation | EntryDerivation, at: Point) -> View:
    """Return the printed form of a derivation, certified.

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
    return View(certificate.goal, lines, certificate)


def _words(reason: tuple[Any, ...]) -> str:
    return "".join(piece if isinstance(piece, str) else text(layout(piece)) for piece in reason)


def views(
    name: str, network: OrderedNetwork, of: Variable, wrt: Variable, sizes: Mapping[str, int]
) -> list[View]:
    """Return a view of ∂of/∂wrt, certified at a random point."""
    if name == "scalar":
        return [scalar_view(network, of, wrt, sizes)]
    at = random_point(network)
    if name == "paths":
        return [view_of(derive(Total(of, wrt), network), at)]
    if name == "sweep":
        found = sweep(network)
        parameter = [found.parameters[wrt.name]] if wrt.name in found.parameters else []
        return [view_of(d, at) for d in (found.output, *found.signals.values(), *parameter)]
    goals = factors(network, wrt)
    if name == "local":
        return [view_of(derive(goal, network), at) for goal in goals]
    letters = ("p", "q", "r")
    entrywise = [goal for goal in goals if goal.args[0].rank]
    return [view_of(derive_entry(goal, letters[: goal.rank], network), at) for goal in entrywise]


def factors(network: OrderedNetwork, wrt: Variable) -> list[Total | Immediate]:
    """Return the derivatives within a step that ∂L/∂wrt consists of, at symbolic times."""
    loss, z = network["L", STEP], network["z", STEP]
    state = network[network.states[0], K]
    goals: list[Total | Immediate] = []
    x = wrt if wrt.time is None or wrt.time == 0 else wrt.at(K)
    if wrt.name in network.states:
        return [Total(loss, z), Total(state, state.at(K - 1))]
    if network.depends(network[network.states[0], 1], wrt) or (wrt.time is not None and wrt.time > 0):
        goals = [Immediate(state, x), Total(state, state.at(K - 1))]
    else:
        goals = [Immediate(z.at(K), x)]
    return [*goals, Total(loss, z)]


def scalar_view(network: OrderedNetwork, of: Variable, wrt: Variable, sizes: Mapping[str, int]) -> View:
    """Return the scalar equations of ∂of/∂wrt: adjoint after adjoint, one entry each."""
    everything = {axis: sizes.get(axis, 2) for v in network.given for axis in v.shape}
    at = random_point(network, 0, everything)
    scalar = ScalarNetwork(network.whole, everything)
    place = (of, (1,) * of.rank)
    adjoints, gradient = scalar.derivatives(place)
    wanted = {scalar.symbol(p): p for p in _places(wrt, everything)}
    lines = [(symbol.name, sympy.sstr(expression), "", "") for symbol, expression in adjoints]
    values = scalar.gradient_values(place, at)
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
    state, last = network.states[0], network.steps
    given = [v for v in network.given if v.time is None]
    wrt = [*given, network[state, 0], network["x", max(1, last // 2)]]
    made: list[Derivation | EntryDerivation] = [derive(Total(network["L", last], v), network) for v in wrt]
    goals = dict.fromkeys(goal for v in wrt for goal in factors(network, v))
    for goal in goals:
        made.append(derive(goal, network))
        if goal.args[0].rank:
            made.append(derive_entry(goal, ("p", "q", "r")[: goal.rank], network))
    for v in given:
        lemma = claim(stations, v)
        if lemma:
            made += [*lemma, derive(Total(network["L"], v), stations, REORDERED, lemma)]
        else:
            made.append(derive(Total(network["L"], v), network))
    if len(network.states) == 1 and last > 1:
        made.append(
            derive(Total(network["L"], network[state, K]), stations, RECURSION, times=(1, HORIZON - 1))
        )
    swept = sweep(network)
    return [*made, swept.output, *swept.signals.values(), *swept.parameters.values()]
