"""Reports: from a job to files, all of them or none.

A job is derived and certified, composed into a document by the builder of its kind, rendered, and only
then written: to a temporary folder first, which takes the place of the old files in one go. A certificate
that fails leaves everything as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from symrnn.certificate import TOLERANCE, versions
from symrnn.document import Document
from symrnn.engines import Engine, make_pdf
from symrnn.evaluate import random_point
from symrnn.job import Job
from symrnn.kinds import derivation
from symrnn.kinds.ledger import Ledger
from symrnn.render import Format, render
from symrnn.writing import CHOICES, USUAL, written

BUILDERS: dict[str, Callable[[Job, Ledger], Document]] = {"derivation": derivation.build}
FORMATS = ("pdf", "tex", "typ", "html")
SOURCES: tuple[Format, ...] = ("tex", "typ", "html")


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes
    ----------
    document : Document
    certificate : dict
        Plain data, as in ``certificate.json``.
    files : dict of str to bytes
        By file name.
    engine : str
        What made the PDF, with its version, or "".
    """

    document: Document
    certificate: dict[str, Any]
    files: dict[str, bytes]
    engine: str


def certificate_of(job: Job, ledger: Ledger) -> dict[str, Any]:
    """Return the certificate of a job: what was checked, how well it held, and with what."""
    stated = {"notation": job.notation.name} if job.notation.name else {}
    stated |= {key: getattr(job.writing, key) for key in CHOICES if job.writing != USUAL}
    return {
        "title": job.title,
        "kind": job.kind,
        "cell": job.cell.name,
        **stated,
        "job_sha256": job.digest,
        "holds": all(c.holds for c in ledger.certificates),
        "deviation": ledger.deviation,
        "tolerance": TOLERANCE,
        "points": list(ledger.described),
        "versions": versions(),
        "certificates": [c.as_dict() for c in ledger.certificates],
    }


def certify_job(job: Job, progress: Callable[[str], None] = lambda words: None) -> tuple[Document, Ledger]:
    """Derive and certify everything a job asks for, and compose its document.

    Raises
    ------
    CertificateError
        If a line does not hold.
    """
    progress("draw a random point")
    ledger = Ledger((job.point, random_point(job.network, job.seed)), progress)
    with written(job.writing):
        try:
            document = BUILDERS[job.kind](job, ledger)
        except Exception:  # a step that does not hold explains what broke after it; else the error goes on
            ledger.settle()
            raise
        ledger.settle()  # whatever the builder left waiting
    return document, ledger


def make_report(
    job: Job,
    formats: Sequence[str] = ("pdf", "tex"),
    engine: Engine = "auto",
    progress: Callable[[str], None] = lambda words: None,
) -> Report:
    """Make the files of a report in memory.

    Raises
    ------
    CertificateError
        If a line does not hold.
    EngineError
        If the PDF cannot be made.
    """
    document, ledger = certify_job(job, progress)
    certificate = certificate_of(job, ledger)
    progress("typeset")
    needed = {*formats, "tex", "typ"} if "pdf" in formats else {*formats}
    sources = {name: render(document, name) for name in SOURCES if name in needed}
    files = {f"report.{name}": text.encode() for name, text in sources.items() if name in formats}
    made_by = ""
    if "pdf" in formats:
        files["report.pdf"], made_by = make_pdf(sources["tex"], sources["typ"], engine)
    files["certificate.json"] = (json.dumps(certificate, indent=1, ensure_ascii=False) + "\n").encode()
    return Report(document, certificate, files, made_by)
