"""The ledger: everything a report prints, and the certificates that it may be printed.

Each derivation is certified at the numbers of the job and at a random point whose sizes are pairwise
different: equal sizes, zero states and symmetric matrices hide mistakes, the numbers of a job often have
them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from symrnn.certificate import TOLERANCE, Certificate, Check, certify, certify_equations, check_ink
from symrnn.derivation import Derivation
from symrnn.entrywise import EntryDerivation
from symrnn.evaluate import Point
from symrnn.network import Equation, OrderedNetwork

Certified = TypeVar("Certified", Derivation, EntryDerivation)


@dataclass
class Ledger:
    """Certificates in the order of the report.

    Attributes
    ----------
    points : sequence of Point
        Where everything is checked.
    progress : callable
        Called with a few words before each piece of work.
    """

    points: Sequence[Point]
    progress: Callable[[str], None] = lambda words: None
    certificates: list[Certificate] = field(default_factory=list)
    waiting: list[Derivation | EntryDerivation] = field(default_factory=list)

    def admit(self, derivation: Certified) -> Certified:
        """Take a derivation in and return it; ``settle`` certifies it."""
        self.progress(f"derive {derivation.goal}")
        self.waiting.append(derivation)
        return derivation

    def settle(self) -> None:
        """Certify everything that waits, on every core.

        Raises
        ------
        CertificateError
            If a step does not hold.
        """
        waiting, self.waiting = self.waiting, []
        for certificate in certified(waiting, self.points):
            self.progress(f"certify {certificate.goal}")
            self.certificates.append(certificate.require())

    def admit_equations(self, network: OrderedNetwork) -> None:
        """Certify the printed forward equations."""
        self.certificates += [certify_equations(network, point).require() for point in self.points]

    def admit_equation(self, equation: Equation, network: OrderedNetwork) -> None:
        """Certify one more printed equation of a network."""
        for point in self.points:
            check = check_ink(1, "definition", equation.target, equation.expression, point.of(network), [{}])
            what = f"equation of {equation.target}"
            self.certificates.append(Certificate(what, True, (check,), TOLERANCE, self.described).require())

    def admit_number(self, what: str, deviation: float, witness: str) -> None:
        """Enter the deviation of a computed number from a witness."""
        check = Check(1, "numbers", witness, deviation, what, "")
        self.certificates.append(Certificate(what, True, (check,), TOLERANCE, self.described[:1]).require())

    @property
    def described(self) -> tuple[dict[str, Any], ...]:
        """Seed and sizes of the points."""
        return tuple({"seed": p.seed, "sizes": dict(p.sizes)} for p in self.points)

    @property
    def deviation(self) -> float:
        """The largest deviation of all."""
        return max(c.deviation for c in self.certificates)

    @property
    def lines(self) -> int:
        """Number of printed lines that were read back."""
        return sum(check.witness == "ink" for c in self.certificates for check in c.checks)


WORK: list[Callable[[], Certificate]] = []


def _perform(number: int) -> Certificate:
    return WORK[number]()


def certified(
    derivations: Sequence[Derivation | EntryDerivation], points: Sequence[Point]
) -> Iterator[Certificate]:
    """Yield the certificates of derivations, in order.

    Where processes can be forked they are shared out among the cores: a child inherits the derivations, whose rules
    are functions that could not be sent to it, and sends back its certificates, which are plain data.
    """
    cores = os.cpu_count() or 1
    if cores < 2 or len(derivations) < 8 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (certify(derivation, points) for derivation in derivations)
        return
    WORK[:] = [partial(certify, derivation, points) for derivation in derivations]
    ignore_interrupt = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    with multiprocessing.get_context("fork").Pool(min(cores, 8), ignore_interrupt) as pool:
        yield from pool.imap(_perform, range(len(WORK)))
    WORK.clear()
