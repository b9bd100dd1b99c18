"""Reports: from a job to files, all of them or none.

A job is derived and certified, composed into a document by the builder of its kind, rendered, and only
then written: to a temporary folder first, which takes the place of the old files in one go. A certificate
that fails leaves everything as it was.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from symrnn.certificate import TOLERANCE
from symrnn.document import (
    ORIGINAL,
    Document,
    Engine,
    Format,
    Shared,
    check_templates,
    engine_version,
    fingerprint,
    make_pdf,
    render,
    spoken,
)
from symrnn.model import USUAL, under
from symrnn.report.job import Job
from symrnn.report.kinds import exercise, handout, reference, slides
from symrnn.report.ledger import Ledger
from symrnn.report.output import CERTIFICATE
from symrnn.report.stamps import as_json, digests_of_sources
from symrnn.witness import bound_of, random_point

BUILDERS: dict[str, Callable[[Job, Ledger], Document]] = {
    "derivation": reference.build,
    "handout": handout.build,
    "exercise": exercise.build,
    "solution": exercise.build,
    "hints": exercise.build,
    "slides": slides.build,
}
SOURCES: tuple[Format, ...] = get_args(Format)
FORMATS = ("pdf", *SOURCES)


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
    made_of : dict
        Plain data: what decides how the files look, as in their stamp.
    """

    document: Document
    certificate: dict[str, Any]
    files: dict[str, bytes]
    engine: str
    made_of: dict[str, Any]


def versions() -> dict[str, str]:
    """Return the versions that the bytes of files may depend on."""
    import numpy
    import sympy

    python = platform.python_version()
    return {
        "symrnn": version("symrnn"),
        "sympy": sympy.__version__,
        "numpy": numpy.__version__,
        "python": python,
    }


def certificate_of(job: Job, ledger: Ledger, files: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """Return the certificate of a job: what was read, what was checked, and how well it held.

    With the files that are made of it, the digests of those that every machine makes alike stand in it too.
    """
    stated = {"notation": job.notation.name} if job.notation.name else {}
    if job.conventions != USUAL:
        stated |= {"layout": job.conventions.layout, "convention": job.conventions.convention}
    stated |= {"language": job.language} if job.language != ORIGINAL else {}
    return {
        "title": job.title,
        "kind": job.kind,
        "cell": job.cell.name,
        **stated,
        "read": [list(pair) for pair in job.read],
        **({} if files is None else {"files": digests_of_sources(files)}),
        "holds": all(c.holds for c in ledger.certificates),
        "deviation": bound_of(ledger.deviation),
        "tolerance": TOLERANCE,
        "points": list(ledger.described),
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
    with under(job.conventions), spoken(job.language):
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
    templates: Path | None = None,
) -> Report:
    """Make the files of a report in memory.

    Parameters
    ----------
    job : Job
    formats : sequence of str
    engine : {"auto", "pdflatex", "typst"}
        What makes the PDF.
    progress : callable
        Called with a few words before each piece of work.
    templates : Path, optional
        A folder; templates in it take the place of ours of the same name.

    Raises
    ------
    CertificateError
        If a line does not hold.
    TemplateError
        If a template of the folder is wrong.
    EngineError
        If the PDF cannot be made.
    """
    if templates is not None:
        check_templates(templates, sources_for(formats))
    if "pdf" in formats:
        engine_version(engine)  # before any work, whether there is one
    document, ledger = certify_job(job, progress)
    progress("typeset")
    files, made_by = typeset(document, "report", formats, engine, templates)
    if document.key is not None:
        files |= typeset(document.key, "solution", formats, engine, templates)[0]
    certificate = certificate_of(job, ledger, files)
    files[CERTIFICATE] = as_json(certificate)
    made_of = {
        **inputs(job, formats, templates),
        "formats": sorted(formats),
        "engine": made_by,
    }
    return Report(document, certificate, files, made_by, made_of)


def inputs(job: Job, formats: Sequence[str], templates: Path | None) -> dict[str, Any]:
    """Return the digests of all that files in some formats are made of, and the versions that make them."""
    return {
        "read": [list(pair) for pair in job.read],
        "seed": job.seed,
        "templates": fingerprint(sources_for(formats), templates),
        "versions": versions(),
    }


def sources_for(formats: Sequence[str]) -> list[Format]:
    """Return the formats whose source text is needed for files of these formats."""
    needed = {*formats, "tex", "typ"} if "pdf" in formats else {*formats}
    return [name for name in SOURCES if name in needed]


def typeset(
    document: Document,
    stem: str,
    formats: Sequence[str],
    engine: Engine,
    templates: Path | None = None,
    shared: Shared | None = None,
) -> tuple[dict[str, bytes], str]:
    """Return the files of one document by name, and the engine that made its PDF, or "".

    ``shared`` is what pdflatex may take over from a document with the same pages, and leaves for the next.

    Raises
    ------
    EngineError
        If the PDF cannot be made.
    """
    sources = {name: render(document, name, templates) for name in sources_for(formats)}
    files = {f"{stem}.{name}": text.encode() for name, text in sources.items() if name in formats}
    made_by = ""
    if "pdf" in formats:
        files[f"{stem}.pdf"], made_by = make_pdf(sources["tex"], sources["typ"], engine, shared)
    return files, made_by
