"""pdflatex for tests that look at pages: what several documents have in common is read once.

That a loaded preamble makes the same pages is a test of its own, ``tests/report/test_variants.py``.
"""

from functools import cache

from symrnn.document import Shared
from symrnn.document.engines import run_pdflatex

PREAMBLES: dict[str, bytes] = {}
NO_REFERENCES = {"document.aux": b"\\relax\n"}


@cache
def typeset(source: str) -> tuple[bytes, str]:
    """Return the PDF and the log of a LaTeX source."""
    return run_pdflatex(source, Shared(dict(NO_REFERENCES), PREAMBLES))
