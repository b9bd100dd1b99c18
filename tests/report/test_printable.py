"""Text that the fonts of a format lack is refused before any work; where they have it, it is printed."""

import pytest

from symrnn.cli import main
from symrnn.document import lacking
from symrnn.notation.emitters import latex, typst
from tests import ROOT
from tests.test_bad_input import refuse

EXERCISE = ROOT / "reports" / "bptt-exercise" / "job.toml"
WORDS = {
    "the title of the job": ("A small job", "A small job 李雷"),
    "course of the job": ("kind =", "course = '李雷'\nkind ="),
    "the vocabulary of the job": ("mask = [0.5, 1]", "vocabulary = ['a', 'b', 'c', '李雷']"),
}


@pytest.fixture
def no_work(monkeypatch):
    """Let a test fail where work is begun."""
    for place in ("report.certify_job", "variants.derived"):
        monkeypatch.setattr(f"symrnn.report.{place}", lambda *_: pytest.fail("work was begun"))


@pytest.mark.parametrize("format", ["tex", "typ", "pdf", "html,tex"])
@pytest.mark.parametrize("place", WORDS)
def test_a_text_that_the_fonts_lack_is_refused_before_any_work(place, format, job_file, capsys, no_work):
    job = job_file(WORDS[place])
    pieces = (place, "李 (U+674E), 雷 (U+96F7)", "fonts of t", "accepted: text without, or --format html")
    refuse(["report", str(job), "--format", format], capsys, *pieces, folder=job.parent)


def test_so_is_the_name_of_a_student(tmp_path, capsys, no_work):
    (tmp_path / "students.csv").write_text("name\nAda\nLi 李\n", encoding="utf-8")
    command = [
        "report",
        str(EXERCISE),
        "--variants",
        str(tmp_path / "students.csv"),
        "--out",
        str(tmp_path / "out"),
    ]
    refuse(command, capsys, "the name of student li holds 李 (U+674E)", "--format html", folder=tmp_path)


def test_so_are_words_of_a_cell(job_file, capsys, no_work):
    job = job_file(('"elman"', '"mine.toml"'))
    cell = (ROOT / "symrnn" / "model" / "cells" / "elman.toml").read_text(encoding="utf-8")
    for text, place in (
        (cell.replace('"Elman"', '"李"'), "the name of the cell"),
        (f"{cell}\n[meanings]\na = '李'\n", "[meanings] of the cell"),
    ):
        (job.parent / "mine.toml").write_text(text, encoding="utf-8")
        refuse(["report", str(job)], capsys, place, "李 (U+674E)", folder=job.parent)


def test_a_text_that_typst_has_is_offered_its_engine_and_made_by_it(job_file, capsys):
    job = job_file(("A small job", "Задача"))
    refuse(
        ["report", str(job), "--format", "tex"], capsys, "--engine typst or --format html", folder=job.parent
    )
    assert main(["report", str(job), "--format", "pdf,typ", "--engine", "typst"]) == 0
    assert "Задача" in (job.parent / "report.typ").read_text(encoding="utf-8")


def test_a_web_page_and_a_notebook_print_every_character(job_file):
    job = job_file(("A small job", "李雷"))
    assert main(["report", str(job), "--format", "html,ipynb"]) == 0
    assert "李雷" in (job.parent / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("format", "emitter"), [("tex", latex), ("typ", typst)])
def test_what_is_lacking_is_what_an_emitter_writes_as_a_code_point(format, emitter):
    for code in [*range(0x20, 0x7F), *range(0xA0, 0x600), *range(0x1E00, 0x3100), 0x4E00, 0x1F600]:
        character = chr(code)
        assert bool(lacking(character, format)) == ("U+" in emitter.escape(character)), character
