"""What a report derives: the catalogue of its job, every derivation of which passes the ledger."""

from __future__ import annotations

from symrnn.derivation import Catalogue
from symrnn.report.job import Job
from symrnn.report.ledger import Ledger


class Material(Catalogue):
    """Derivations of one job.

    Parameters
    ----------
    job : Job
    ledger : Ledger
        Certifies each derivation that is asked for.
    """

    def __init__(self, job: Job, ledger: Ledger) -> None:
        super().__init__(job.network, job.of, job.wrt, ledger.admit)
        self.job, self.ledger = job, ledger
