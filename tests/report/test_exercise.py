"""Handout, exercise, solution and hints: one sheet; what is hidden leaves its place and nothing else."""

import dataclasses
import re
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from symrnn.document import Blank, Document, Prose, StepRow, Steps, Table, render
from symrnn.document.engines import overfull, run_typst, typst_overflows
from symrnn.notation import Hidden, Number, Symbol, Tree, pieces
from symrnn.report import certify_job, make_report, read_job
from symrnn.report.job import Job
from symrnn.report.veil import Veil
from tests import ROOT
from tests.notation.sample_trees import m
from tests.typeset import typeset

REPORTS = ROOT / "reports"
ENGINES = [
    "typst",
    pytest.param(
        "pdflatex",
        marks=pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed"),
    ),
]
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils are not installed"
)


def job(**changes: Any) -> Job:
    """The job of the committed exercise, with some of its fields replaced."""
    read = read_job(REPORTS / "bptt-exercise" / "job.toml")
    hide = changes.pop("hide", None)
    if hide is not None:
        changes["exercise"] = dataclasses.replace(read.exercise, hide=frozenset(hide))
    return dataclasses.replace(read, **changes)


@cache
def made(kind: str = "exercise", hide: tuple[str | int, ...] | None = None) -> Document:
    return certify_job(job(kind=kind, hide=hide))[0]


@cache
def solution() -> Document:
    key = made().key
    assert key is not None
    return key


def pdf(document: Document, engine: str) -> bytes:
    if engine == "typst":
        return run_typst(render(document, "typ"))
    return typeset(render(document, "tex"))[0]


def extracted(document: Document, engine: str, folder: Path, *options: str) -> str:
    """Return what pdftotext finds."""
    (folder / "a.pdf").write_bytes(pdf(document, engine))
    command = ["pdftotext", *options, str(folder / "a.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def walk(node: Any) -> list[Any]:
    """Return everything in a document, its key left aside."""
    if isinstance(node, tuple):
        return [found for item in node for found in walk(item)]
    if not dataclasses.is_dataclass(node):
        return [node]
    parts = (getattr(node, f.name) for f in dataclasses.fields(node) if f.name != "key")
    return [node, *(found for part in parts for found in walk(part))]


def numbers(document: Document) -> set[str]:
    """Return the numbers in the tables of a document, hidden or not: with three or more decimals."""
    tables = [block for block in walk(document) if isinstance(block, Table)]
    texts = [x.mantissa if isinstance(x, Number) else x for t in tables for x in walk(t.rows)]
    return {x for x in texts if isinstance(x, str) and re.fullmatch(r"-?\d+\.\d{3,}", x)}


def other_secrets(node: Any) -> Any:
    """Return a document in which something else is hidden."""
    if isinstance(node, Hidden):
        return Hidden(m("Q"))
    if isinstance(node, Blank):
        return Blank(("qqq",))
    if isinstance(node, tuple):
        return tuple(map(other_secrets, node))
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    if isinstance(node, Prose) and node.blank:
        return Prose(("qqq",), blank=True)
    if isinstance(node, StepRow) and node.blank:
        return dataclasses.replace(node, rule="qqq", reason=("qqq",), line=other_secrets(node.line))
    parts = {f.name: other_secrets(getattr(node, f.name)) for f in dataclasses.fields(node)}
    return dataclasses.replace(node, **parts)


EVERYTHING = ("results", "rules", "numbers")


@needs_poppler
@pytest.mark.parametrize("engine", ENGINES)
def test_the_text_of_an_exercise_does_not_depend_on_what_it_hides(engine, tmp_path):
    sheet = made("exercise", EVERYTHING)
    found, other = (extracted(d, engine, tmp_path, "-raw") for d in (sheet, other_secrets(sheet)))
    signs = [Counter("".join(text.split())) for text in (found, other)]  # places move, so words may join
    assert signs[0] == signs[1]
    assert "qqq" not in other
    assert Counter("".join(extracted(solution(), engine, tmp_path, "-raw").split())) != signs[0]


@needs_poppler
@pytest.mark.parametrize("engine", ENGINES)
def test_no_hidden_number_or_formula_is_in_the_text_of_the_pdf(engine, tmp_path):
    hidden, shown = (extracted(d, engine, tmp_path) for d in (made(), solution()))
    found = {number.lstrip("-") for number in numbers(solution())}
    assert len(found) > 25
    assert all(number in shown for number in found)
    assert not any(number in hidden for number in found)
    derivatives = [sum(text.count(sign) for sign in "∂𝜕") for text in (hidden, shown)]
    assert derivatives[0] < derivatives[1] / 2


def test_the_alternative_texts_and_the_source_of_the_page_tell_nothing():
    sheet = made("exercise", EVERYTHING)
    sources = [render(d, "typ") for d in (sheet, other_secrets(sheet))]
    alternatives = [re.findall(r'(?:alt: |#displayed\()"([^"]*)"', source) for source in sources]
    assert alternatives[0] == alternatives[1] and len(alternatives[0]) > 10
    sized = re.compile(r'(?:width|height|depth)="[\d.]+em"|--width: [\d.]+em')
    pages = [sized.sub("", render(d, "html")) for d in (sheet, other_secrets(sheet))]
    assert pages[0] == pages[1]
    page = render(made(), "html")
    assert not any(number.replace("-", "−") in page or number in page for number in numbers(solution()))


def words_of(bbox: str) -> list[tuple[int, str, float, float]]:
    """Return the words of pdftotext -bbox with their page and place."""
    found, page = [], 0
    for line in bbox.splitlines():
        page += "<page " in line
        word = re.search(r'xMin="([\d.]+)" yMin="([\d.]+)".*>(.+)</word>', line)
        if word is not None:
            found.append((page, word[3], float(word[1]), float(word[2])))
    return found


@needs_poppler
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("hide", [("results", "numbers"), ("rules",), (2, 5)], ids=str)
def test_what_an_exercise_shows_stands_where_it_stands_in_the_solution(engine, hide, tmp_path):
    sheet, key = made("exercise", hide), solution()
    sheet = dataclasses.replace(sheet, lead=key.lead, label=key.label)
    shown, all_of_it = (words_of(extracted(d, engine, tmp_path, "-bbox")) for d in (sheet, key))
    assert max(page for page, *_ in shown) == max(page for page, *_ in all_of_it) == 4
    assert len(shown) < len(all_of_it)

    def stands(page: int, word: str, x: float, y: float) -> bool:
        return any(
            page == p and w.startswith(word) and abs(x - a) < 0.6 and abs(y - b) < 0.6
            for p, w, a, b in all_of_it
        )

    assert [word for word in shown if not stands(*word)] == []


@pytest.mark.parametrize("kind", ["handout", "exercise", "hints"])
def test_no_box_of_a_sheet_is_too_wide(kind):
    sheet = made(kind)
    assert typst_overflows(render(sheet, "typ")) == []
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed; typst was asked")
    _, log = typeset(render(sheet, "tex"))
    assert [box for box in overfull(log) if box[0] > 0.5] == []


def steps_of(document: Document) -> Steps:
    (steps,) = [block for block in document.blocks if isinstance(block, Steps)]
    return steps


def test_a_number_hides_one_step_and_what_repeats_it():
    rows = steps_of(made("exercise", (2,))).rows
    hidden = [any(isinstance(tree, Hidden) for tree in row.line.rhs) for row in rows]
    assert hidden == [number == 2 for number in range(1, len(rows) + 1)]
    assert not any(row.blank for row in rows)
    shown = steps_of(solution()).rows[1].line.rhs
    trees = [tree for tree in walk(made("exercise", (2,)).blocks) if isinstance(tree, Tree)]
    assert not set(shown) & set(trees) - {t.body for t in trees if isinstance(t, Hidden)}


def test_hints_show_the_first_factor_or_the_hidden_rules():
    shown, hinted = (steps_of(d).rows for d in (solution(), made("hints")))
    for whole, hint in zip(shown, hinted):
        (first, *_), (tree, *_) = hint.line.rhs[0].items, whole.line.rhs  # type: ignore[attr-defined]
        assert tree.items[0] == first and not isinstance(first, Hidden)  # type: ignore[attr-defined]
        assert any(isinstance(piece, Hidden) for piece in pieces(hint.line.rhs[0]))
    rules = steps_of(made("hints", ("rules", "results"))).rows
    assert [(row.rule, row.blank) for row in rules] == [(row.rule, False) for row in shown]
    assert all(isinstance(row.line.rhs[0], Hidden) for row in rules)
    assert all(row.blank for row in steps_of(made("exercise", ("rules",))).rows)


def test_hints_of_a_formula_of_one_factor_show_nothing():
    assert Veil(frozenset({"results"}), hints=True).tree(Symbol("W")) == Hidden(Symbol("W"))


def test_exercise_and_solution_are_written_together_from_one_certificate():
    report = make_report(job(), ("tex", "html"))
    names = {"report.tex", "report.html", "solution.tex", "solution.html", "certificate.json"}
    assert set(report.files) == names
    alone = make_report(job(kind="solution"), ("html",)).files["report.html"]
    assert alone == report.files["solution.html"]
    for name in ("report.tex", "solution.tex"):
        warned = "hand out the PDF, not its source" in report.files[name].decode()
        assert warned == (name == "report.tex")


def test_a_sheet_prints_the_numbers_it_was_made_with():
    for array in job().values.values():
        assert (array == array.round(2)).all()
    given = {x.mantissa for x in walk(made("handout").blocks) if isinstance(x, Number)}
    wanted = {f"{x:.2f}" for array in job().values.values() for x in array.flat}
    assert wanted <= given


@pytest.mark.parametrize("cell", ["elman", "jordan"])
@pytest.mark.parametrize("steps", [2, 3, 6])
def test_a_handout_fits_for_other_cells_lengths_and_losses(cell, steps, tmp_path):
    inputs = [[0.4, -1.0, 0.3 * t] for t in range(steps)]
    targets = [[0.5, -0.5, 0.2 * t, 1.0] for t in range(steps)]
    text = f"""
title = "A handout"
kind = "handout"
cell = "{cell}"
activation = "tanh"
loss = "squared_error"
state = 2
[sequence]
inputs = {inputs}
targets = {targets}
[derive]
wrt = ["U"]
"""
    (tmp_path / "job.toml").write_text(text, encoding="utf-8")
    sheet, ledger = certify_job(read_job(tmp_path / "job.toml"))
    assert all(certificate.holds for certificate in ledger.certificates)
    assert typst_overflows(render(sheet, "typ")) == []
