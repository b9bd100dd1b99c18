"""The ledger: everything a report prints, and the certificates that it may be printed.

Each derivation is certified at the numbers of the job and at a random point whose sizes are pairwise different: equal
sizes, zero states and symmetric matrices hide mistakes, the numbers of a job often have them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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

    def admit(self, derivation: Certified) -> Certified:
        """Certify a derivation and return it.

        Raises
        ------
        CertificateError
            If a step does not hold.
        """
        self.progress(f"certify {derivation.goal}")
        self.certificates.append(certify(derivation, self.points).require())
        return derivation

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
