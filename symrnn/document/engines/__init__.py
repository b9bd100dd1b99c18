"""PDF engines: the installed pdflatex if there is one, else the embedded typst.

Both run confined: in a temporary directory of their own, reading nothing else, within limits, with clocks
that stand still, so that the same source makes the same bytes everywhere.
"""

from __future__ import annotations

import shutil
from typing import Literal

from symrnn.document.engines.confined import EngineError
from symrnn.document.engines.embedded import run_typst, typst_overflows, typst_version
from symrnn.document.engines.tex import (
    PREAMBLE_END,
    MissingPackage,
    Shared,
    overfull,
    pdflatex_version,
    run_pdflatex,
)

__all__ = [
    "PREAMBLE_END",
    "Engine",
    "EngineError",
    "Shared",
    "engine_version",
    "make_pdf",
    "overfull",
    "run_pdflatex",
    "run_typst",
    "typst_overflows",
]

Engine = Literal["auto", "pdflatex", "typst"]


def make_pdf(tex: str, typ: str, engine: Engine = "auto", shared: Shared | None = None) -> tuple[bytes, str]:
    """Make a PDF out of one of two sources of the same document.

    Parameters
    ----------
    tex, typ : str
        The document in LaTeX and in Typst.
    engine : {"auto", "pdflatex", "typst"}
        ``auto`` takes pdflatex if it is installed with the packages it needs, else typst.
    shared : Shared, optional
        What pdflatex may take over from a document with the same pages, and leaves for the next one.

    Returns
    -------
    tuple[bytes, str]
        The PDF, and the engine with its version.

    Raises
    ------
    EngineError
        If the engine is not installed, or finds an error in its source.
    """
    version = engine_version(engine)
    if version == typst_version():
        return run_typst(typ), version
    try:
        return run_pdflatex(tex, shared)[0], version
    except MissingPackage as error:
        if engine == "pdflatex":
            raise
        return run_typst(typ), f"{typst_version()} (instead of pdflatex: {str(error).split(';')[0]})"


def engine_version(engine: Engine) -> str:
    """Return the name and version of the engine that is to make a PDF.

    Raises
    ------
    EngineError
        If it is not installed, or does not tell its version.
    """
    if engine == "typst" or (engine == "auto" and shutil.which("pdflatex") is None):
        return typst_version()
    return pdflatex_version()
