"""The committed reports are what the code makes today, byte by byte: certificates and sources of all of them.

Of the one that ``make report`` makes, so is the PDF, by the typst whose version it names. Each report is made
once, for all that is asked of it.
``pytest tests/golden --update-golden`` rewrites the files; look at the pages before committing them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from symrnn.cli import main
from symrnn.derivation import Derivation, Line
from symrnn.derivation.strategies import ONE_BACK
from symrnn.document import Engine, render
from symrnn.document.engines import typst_overflows
from symrnn.notation import latex, line
from symrnn.report import make_report, mixed, read_job, write_files
from symrnn.report.ledger import Ledger
from symrnn.report.report import Report
from tests import ROOT

REPORTS = sorted((ROOT / "reports").glob("*/job.toml"))
FULL = [path for path in REPORTS if read_job(path).kind == "derivation"]  # they print every result


TYPST = "deep"  # its PDF is made by the engine that everybody has, the others by the best that there is
NOT_COMMITTED = {"stamp.json"}


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
        engine: Engine = "typst" if job_path.parent.name == TYPST else "auto"
        return make_report(read_job(job_path), formats, engine), admitted


@pytest.mark.parametrize("job_path", REPORTS, ids=lambda path: path.parent.name)
def test_a_committed_report_is_what_its_job_makes(job_path: Path, request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("--update-golden")
    report, _ = made(job_path, ("tex", "html", "pdf")) if update else made(job_path)
    if update:
        write_files(report.files, job_path.parent)
    sources = [name for name in report.files if name.endswith((".tex", ".html"))]
    assert {"report.tex", "report.html"} <= set(sources)
    for name in sources:
        assert (job_path.parent / name).read_bytes() == report.files[name], name
    committed = (job_path.parent / "certificate.json").read_bytes()
    assert committed == report.files["certificate.json"]
    assert report.certificate["holds"] and mixed(job_path.parent) == []
    for name in sources:
        assert (job_path.parent / name).with_suffix(".pdf").read_bytes()[:5] == b"%PDF-"


def test_make_report_changes_no_committed_file(tmp_path: Path) -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nreport:")[2].split("\n")[1]
    _, report, job, *options = recipe.split()
    assert main([report, str(ROOT / job), *options, "--out", str(tmp_path)]) == 0
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name not in NOT_COMMITTED}
    assert set(files) == {"report.pdf", "report.tex", "report.html", "certificate.json"}
    folder = (ROOT / job).parent
    named = re.search(rb"Typst \d+\.\d+\.\d+", files["report.pdf"])
    assert named is not None
    if named[0] not in (folder / "report.pdf").read_bytes():
        del files["report.pdf"]  # another version of the engine made it
    assert {name for name, content in files.items() if (folder / name).read_bytes() != content} == set()
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {f"reports/*/{name}" for name in NOT_COMMITTED} <= {*ignored}


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
