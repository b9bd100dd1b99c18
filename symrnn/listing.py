"""The listing of one derivation: its lines for a terminal, for LaTeX and as data, certified."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy

from symrnn.certificate import TOLERANCE, Certificate, Check, assignments, certify, check_ink
from symrnn.derivation import (
    INSERT,
    PUT_BACK,
    Derivation,
    DerivationError,
    EntryDerivation,
    OneStep,
    Reason,
    Sweep,
    derive,
    derive_sweep,
    entry_by_entry,
    factors,
    successors_rule,
)
from symrnn.model import OrderedNetwork
from symrnn.notation import Tree, broken, entry_line, latex, layout, line, text, uncoloured
from symrnn.tensor import Total, Variable, free_times
from symrnn.witness import Point, ScalarNetwork, deviation, places, random_point, value

MOST_LINES = 300  # of scalar equations
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
            (*entry_line(x.lhs, x.rhs, derivation.letters), x.rule, _words(x.reason))
            for x in derivation.lines
        )
    else:
        lines = tuple((*line(x.lhs, x.rhs), x.rule.name, _words(x.reason)) for x in derivation.lines())
        if derivation.leaves_out:
            lines = (*lines, (*line(derivation.goal, derivation.result), INSERT, _words((PUT_BACK,))))
            certificate = replace(certificate, checks=(*certificate.checks, _whole(derivation, at))).require()
    return View(certificate.goal + (f", {words}" if words else ""), lines, certificate)


def _whole(derivation: Derivation, at: Point) -> Check:
    """Read the result back as it is printed behind the lines that leave its front factor out."""
    goal, network = derivation.goal, derivation.network
    choices = list(assignments(free_times(goal), derivation.times, network))
    number = len(derivation.lines()) + 1
    return check_ink(number, INSERT, goal, derivation.result, at.of(network), choices)


def _words(reason: Reason) -> str:
    said = ([p if isinstance(p, str) else text(layout(p)) for p in sentence.pieces()] for sentence in reason)
    return " ".join(map("".join, said))


def sweep_views(network: OrderedNetwork, wrt: Variable | None = None) -> list[View]:
    """Return the backward sweep, certified for every step: each adjoint, then the gradient by a parameter.

    Without ``wrt`` the gradients by all parameters. Time and memory are linear in the number of steps.
    """
    at, found = random_point(network), derive_sweep(network)
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
    title = "the last step and the start"
    certificate = Certificate(title, True, tuple(checks), TOLERANCE, (at.described,)).require()
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
    if name == "paths":
        return [view_of(derive(Total(of, wrt), network), random_point(network))]
    at = random_point(network)
    made = factors(OneStep(network), wrt, every_signal=name == "local")
    if name == "local":
        return [view_of(found, at, words) for found, words in made]
    vectors = [(found, words) for found, words in made if found.goal.args[0].rank]
    return [view_of(entry_by_entry(found), at, words) for found, words in vectors]


def _check_lines(network: OrderedNetwork, of: Variable, wrt: Variable, sizes: Mapping[str, int]) -> None:
    """Refuse to write out more scalar equations than can be read; they are counted first.

    Raises
    ------
    DerivationError
        Names the sweep.
    """
    needed, lines = {of}, len(places(wrt, sizes))
    for equation in reversed(network.equations):
        if equation.target in needed:
            needed.update(equation.used)
            lines += len(places(equation.target, sizes))
    if lines > MOST_LINES:
        raise DerivationError(
            f"the derivative of {of} by {wrt} has {lines} scalar equations, at most {MOST_LINES} can be read;"
            f" accepted: an earlier step, or smaller sizes; the backward sweep (view sweep) takes every step"
        )


def scalar_view(network: OrderedNetwork, of: Variable, wrt: Variable, sizes: Mapping[str, int]) -> View:
    """Return the scalar equations of ∂of/∂wrt: adjoint after adjoint, one entry each."""
    everything = {axis: sizes.get(axis, 2) for v in network.given for axis in v.shape}
    _check_lines(network, of, wrt, everything)
    at = random_point(network, 0, everything)
    scalar = ScalarNetwork(network.whole, everything)
    place = (of, (1,) * of.rank)
    adjoints, gradient = scalar.derivatives(place)
    wanted = {scalar.symbol(p): p for p in places(wrt, everything)}
    lines = [(symbol.name, sympy.sstr(expression), "", "") for symbol, expression in adjoints]
    values = scalar.written_values(place, at)
    truth = value(Total(of, wrt), at)
    worst = 0.0
    for symbol, (_, indices) in wanted.items():
        lines.append((f"d {of}/d {symbol.name}", sympy.sstr(gradient.get(symbol, sympy.S.Zero)), "", ""))
        expected = truth[(*(0,) * of.rank, *(i - 1 for i in indices))]
        worst = max(worst, deviation(values.get(symbol, 0.0), expected, max(1.0, np.abs(truth).max())))
    check = Check(len(lines), "scalar equations", "SymPy", worst, f"{of}", f"{wrt}")
    title = f"{text(layout(Total(of, wrt)))}: {len(lines)} scalar equations"
    certificate = Certificate(title, True, (check,), TOLERANCE, (at.described,)).require()
    return View(title, tuple(lines), certificate)
