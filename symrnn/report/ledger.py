"""The ledger: everything a report prints, and the certificates that it may be printed.

Each derivation is certified at the numbers of the job and at a random point whose sizes are pairwise
different: equal sizes, zero states and symmetric matrices hide mistakes, the numbers of a job often have
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import numpy as np

from symrnn.certificate import (
    TOLERANCE,
    Certificate,
    Check,
    certify,
    certify_equations,
    certify_substituted,
    check_ink,
)
from symrnn.derivation import Derivation, EntryDerivation, derive
from symrnn.document import in_parallel
from symrnn.model import Cell, Equation, OrderedNetwork
from symrnn.report.signs import Signs
from symrnn.tensor import Tensor, Total
from symrnn.witness import Array, Point, deviation, random_point, sizes, value

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
    signs: Signs = field(init=False)
    certificates: list[Certificate] = field(default_factory=list)
    waiting: list[Callable[[], Certificate]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.signs = Signs(self.points)

    def admit(self, derivation: Certified) -> Certified:
        """Take a derivation in and return it; ``settle`` certifies it.

        Raises
        ------
        CertificateError
            If it prints a symbol that stands for something else elsewhere.
        """
        self.progress(f"derive {derivation.goal}")
        self.signs.enter(derivation.matrix if isinstance(derivation, EntryDerivation) else derivation)
        self.waiting.append(partial(certify, derivation, self.points))
        return derivation

    def admit_substituted(self, cell: Cell, parameter: str, most: int) -> None:
        """Take in the derivative of a short loss, to compare it with that of the loss written out."""
        network = cell.unroll(min(most, self.points[0].network.steps))
        sizes = {axis: 1 if axis in cell.input_shape else 2 for v in network.given for axis in v.shape}
        derivation = derive(Total(network.loss(network.steps), network[parameter]), network)
        point = random_point(network, self.points[-1].seed or 0, sizes)
        self.waiting.append(partial(certify_substituted, derivation, point))

    def settle(self) -> None:
        """Certify everything that waits, on every core.

        Raises
        ------
        CertificateError
            If a step does not hold.
        """
        waiting, self.waiting = self.waiting, []
        for certificate in performed(waiting):
            self.progress(f"certify {certificate.goal}")
            self.certificates.append(certificate.require())

    def admit_equations(self, network: OrderedNetwork) -> None:
        """Certify the printed forward equations."""
        self.certificates += [certify_equations(network, point).require() for point in self.points]

    def admit_equation(self, equation: Equation, network: OrderedNetwork) -> None:
        """Certify one more printed equation of a network."""
        for point in self.points:
            check = check_ink(1, "definition", equation.target, equation.expression, point.of(network), [{}])
            made = Certificate(f"equation of {equation.target}", True, (check,), TOLERANCE, self.described)
            self.certificates.append(made.require())

    def admit_number(self, what: str, deviation: float, witness: str) -> None:
        """Enter the deviation of a computed number from a witness."""
        check = Check(1, "numbers", witness, deviation, what, "")
        self.certificates.append(Certificate(what, True, (check,), TOLERANCE, self.described[:1]).require())

    def admit_array(
        self, what: str, found: Array, goal: Tensor, at: Point, added: Array | None = None
    ) -> None:
        """Enter how far a computed array lies from the value of a derivative, by complex step.

        ``added`` are the sizes of what was added to make it, where they are known. What seems to fail is
        measured once more, against how far rounding moves the derivative.
        """
        truth = value(goal, at)
        apart = deviation(found, truth, added)
        if not apart <= TOLERANCE:
            apart = deviation(found, truth, np.maximum(np.abs(truth), sizes(goal, at, [{}], moved=True)[0]))
        self.admit_number(what, apart, "object")

    @property
    def described(self) -> tuple[dict[str, Any], ...]:
        """Seed and sizes of the points, and how many draws they took."""
        return tuple(p.described for p in self.points)

    @property
    def deviation(self) -> float:
        """The largest deviation of all."""
        return max(c.deviation for c in self.certificates)

    @property
    def lines(self) -> int:
        """Number of printed lines that were read back."""
        return sum(check.witness == "ink" for c in self.certificates for check in c.checks)


def performed(work: Sequence[Callable[[], Certificate]]) -> Iterator[Certificate]:
    """Yield certificates in the order of the work; a few are not worth starting processes for."""
    return in_parallel(work) if len(work) >= 8 else (task() for task in work)
