"""The committed reports are what the code makes today, byte by byte where machines agree.

Versions differ between machines; all else is compared. Each report is made once, for all that is asked of it.
``pytest tests/golden --update-golden`` rewrites the files; look at the pages before committing them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from symrnn.derivation import Derivation, Line
from symrnn.derivation.strategies import ONE_BACK
from symrnn.document import render
from symrnn.document.engines import typst_overflows
from symrnn.notation import latex, line
from symrnn.report import make_report, read_job, write_files
from symrnn.report.ledger import Ledger
from symrnn.report.report import Report
from tests import ROOT

REPORTS = sorted((ROOT / "reports").glob("*/job.toml"))
FULL = [path for path in REPORTS if read_job(path).kind == "derivation"]  # they print every result


@cache
def made(job_path: Path, formats: tuple[str, ...] = ("tex", "html")) -> tuple[Report, list[Any]]:
    """Return the report of a job, and what was admitted to it."""
    admitted: list[Any] = []
    admit = Ledger.admit

    def remember(ledger: Ledger, derivation: Any) -> Any:
        admitted.append(derivation)
        return admit(ledger, derivation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "admit", remember)
        return make_report(read_job(job_path), formats), admitted


def comparable(certificate: dict[str, Any]) -> dict[str, Any]:
    """Return a certificate without what the machine decides."""
    return {k: v for k, v in certificate.items() if k != "versions"}


@pytest.mark.parametrize("job_path", REPORTS, ids=lambda path: path.parent.name)
def test_a_committed_report_is_what_its_job_makes(job_path: Path, request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("--update-golden")
    report, _ = made(job_path, ("tex", "html", "pdf")) if update else made(job_path)
    if update:
        write_files(report.files, job_path.parent)
    committed = json.loads((job_path.parent / "certificate.json").read_text(encoding="utf-8"))
    sources = [name for name in report.files if name.endswith((".tex", ".html"))]
    assert {"report.tex", "report.html"} <= set(sources)
    for name in sources:
        assert (job_path.parent / name).read_bytes() == report.files[name], name
    assert comparable(committed) == comparable(json.loads(report.files["certificate.json"]))
    assert committed["holds"] and report.certificate["holds"]
    for name in sources:
        assert (job_path.parent / name).with_suffix(".pdf").read_bytes()[:5] == b"%PDF-"


def test_there_is_a_report_of_every_kind_to_compare() -> None:
    names = [path.parent.name for path in REPORTS]
    assert names == ["bptt-exercise", "bptt-handout", "bptt-slides", "deep", "gru", "lstm"]


def bare(source: str) -> str:
    """Return LaTeX without blanks, line breaks and thin spaces, which say nothing."""
    return re.sub(r"\\\\ ?&\{\}|\\,|\s", "", source)


@pytest.mark.parametrize("job_path", FULL, ids=lambda path: path.parent.name)
def test_every_certified_result_stands_in_the_source_as_it_was_read_back(job_path: Path) -> None:
    report, admitted = made(job_path)
    source = bare(report.files["report.tex"].decode())
    derivations = [d for d in admitted if isinstance(d, Derivation) and d.strategy != ONE_BACK]  # has braces

    def stands(claim: Line) -> bool:
        return bare(latex(line(claim.lhs, claim.rhs)[1])) in source

    assert sum(len(d.lines()) for d in derivations) > 80
    assert all(stands(d.lines()[-1]) for d in derivations)
    if job_path.parent.name == "deep":  # all lines, but of the Jacobian beside its entries, and of one form
        short = {str(d.goal) for d in derivations if not all(map(stands, d.lines()))}
        assert short == {"Total(s[j], s[j - 1])", *(f"Total(L, {name})" for name in "WVc")}


@pytest.mark.parametrize("job_path", FULL, ids=lambda path: path.parent.name)
def test_no_formula_of_a_report_is_wider_than_the_page_in_typst(job_path: Path) -> None:
    assert typst_overflows(render(made(job_path)[0].document, "typ")) == []
