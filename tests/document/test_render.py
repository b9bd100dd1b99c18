"""Rendering: every block in every format, hostile text stays text, pages are well formed and reproducible."""

import dataclasses
import os
import re
import shutil
import subprocess
import typing
import unicodedata

import pytest

from symrnn.document import (
    Bar,
    Blank,
    Display,
    Document,
    Heading,
    Line,
    Panel,
    Prose,
    StepRow,
    Steps,
    Styled,
    Table,
    blocks as documents,
    engines,
    render,
)
from symrnn.document.dialects import templates
from symrnn.document.engines import EngineError, make_pdf, overfull, typst_overflows
from symrnn.document.filters import chunks
from symrnn.document.text import plain
from symrnn.notation import Tree
from symrnn.notation.emitters.latex import Latex
from tests.document import sample_document as sample
from tests.document.sample_document import m
from tests.typeset import typeset

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils are not installed"
)

HOSTILE = [
    r"\input{/etc/passwd}",
    r"\write18{id} \immediate\openin3=x",
    "^^5cinput ^^M",
    '#read("/etc/passwd")',
    "#import \"@preview/x:1.0.0\": * // @ref <label> */ `raw`",
    "$x$ $$y$$ \\(z\\)",
    "{{7*7}} {% raw %} {# c #}",
    r"\VAR{7*7} \BLOCK{if 1} \#{c}",
    "%% for x in y\n%# gone",
    "a & b \\\\ c % d # e _ f ~ g ^ h",
    "] ] } } [ [ { { ; ) (",
    "-- --- `` '' \" < > << >> | ,, ?` !`",
    "\x00\x07\x1b[31m\u202eabc\u200b",
    "漢字 🙂 ∂⁺s₄ σ′ ŷ → ≈ Ωé ſ Ђ",
    "x" * 10_000,
    "-1.5.len() = / + *strong* _emph_",
]  # fmt: skip


def wrap(text: str) -> Document:
    """The same text in every place a document has for text."""
    pieces = (text, Styled(text, "code"), Styled(text, "emph"))
    line = Line(m("a"), "=", (m("b"),))
    cell = (
        text[:500],
        Styled(text[:500], "strong"),
    )  # tables measure a cell on one line; TeX's longest is 5 m
    blocks = (
        Heading(pieces),
        Prose(pieces),
        Steps((StepRow(line, text[:200], pieces),)),
        documents.Result(line, text[:20], text[:20]),
        Table(pieces, (cell, cell), ((cell, (Bar(0.5),)),), "ll", pieces),
        Panel((documents.Bullets((pieces,)),), text[:200], "explicit"),
        documents.Figure(sample.unrolled(1, 1), pieces),
    )
    return Document(pieces, pieces, blocks, text[:60], text[:20], pieces)


def pdf_text(pdf: bytes, tmp_path) -> str:
    (tmp_path / "a.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_sample_has_every_kind_of_block():
    def kinds(blocks):
        for block in blocks:
            yield type(block)
            for name in ("blocks", "first", "second"):
                if isinstance(inner := getattr(block, name, ()), tuple):
                    yield from kinds(inner)

    assert set(kinds(sample.document().blocks)) == set(typing.get_args(documents.Block))


@pytest.mark.parametrize("format", ["tex", "typ", "html", "ipynb"])
def test_rendering_is_deterministic(format, tmp_path, monkeypatch):
    first = render(sample.document(), format)
    monkeypatch.chdir(tmp_path)
    assert render(sample.document(), format) == first


@pytest.mark.parametrize("format", ["tex", "typ", "html", "ipynb"])
def test_an_unknown_block_stops_the_build(format):
    class Stranger:
        pass

    blocks = (Stranger(),)
    with pytest.raises(Exception, match="no layout for Stranger"):
        render(dataclasses.replace(sample.document(), blocks=blocks), format)


@pytest.mark.parametrize("format", ["tex", "typ", "html", "ipynb"])
def test_templates_print_nothing_but_text_formulas_and_whole_numbers(format):
    with pytest.raises(TypeError, match="cannot print"):
        render(dataclasses.replace(sample.document(), label=None), format)
    with pytest.raises(ValueError, match="not a plain word"):
        render(dataclasses.replace(sample.document(), lead=(Styled("x", "emph}\\input{x"),)), format)


def test_source_that_an_emitter_of_another_format_made_is_escaped():
    lead = (Latex(r"#read(\"x\")"),)
    assert r'#"#read(' in render(dataclasses.replace(sample.document(), lead=lead), "typ")
    lead = (Latex("<script>alert(1)</script>"),)
    assert "&lt;script&gt;alert(1)" in render(dataclasses.replace(sample.document(), lead=lead), "html")


@pytest.mark.parametrize("format", ["tex", "typ", "html", "ipynb"])
def test_templates_are_found(format):
    assert (templates(format) / f"report.{format}.j2").is_file()


@pytest.mark.parametrize("fraction", [0.00004321, 1e-12, 0.2214, 1.0, 0.0])
def test_a_bar_of_any_length_is_one_that_tex_can_read(fraction):
    page = render(dataclasses.replace(sample.document(), lead=(Bar(fraction),)), "tex")
    (written,) = re.findall(r"\{\\color\{quiet\}\\tablebar\{([\d.]+)\}", page)
    assert float(written) == pytest.approx(fraction, abs=1e-9)


def test_plain_text_of_a_line():
    line = Line(m("s_t"), "~", (m("a"), m("+ b")))
    assert plain((line, line)) == "s_t ≈ a + b; s_t ≈ a + b"
    assert plain(("x ", m("W"), Styled(" y", "emph"))) == "x W y"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_text_is_printed_literally_by_typst(text, tmp_path):
    pdf, engine = make_pdf("", render(wrap(text), "typ"), "typst")
    assert pdf.startswith(b"%PDF") and engine.startswith("typst 0.")
    assert_literal(text, pdf, tmp_path)


@needs_tex
def test_hostile_texts_of_one_document_are_printed_literally_by_pdflatex(tmp_path):
    blocks = tuple(block for text in HOSTILE for block in wrap(text).blocks)
    pdf, _ = typeset(render(dataclasses.replace(wrap("plain"), blocks=blocks), "tex"))
    for text in HOSTILE:
        assert_literal(text, pdf, tmp_path)


@needs_tex
@pytest.mark.deep
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_text_is_printed_literally_by_pdflatex(text, tmp_path):
    pdf, engine = make_pdf(render(wrap(text), "tex"), "", "pdflatex")
    assert pdf.startswith(b"%PDF") and engine.startswith("pdfTeX")
    assert_literal(text, pdf, tmp_path)


def assert_literal(text: str, pdf: bytes, tmp_path) -> None:
    """The page shows the ASCII signs of the text (not quotes and blanks, which fonts shape) and no file."""
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils are not installed")
    page = pdf_text(pdf, tmp_path)
    assert "root:" not in page

    def squeeze(words: str) -> str:
        return re.sub(r"[^!#$%&()*+./0-9:;<=>?@A-Z\[\\\]^_a-z{|}~]", "", words)

    assert squeeze(text)[:60] in squeeze(page)


@needs_tex
def test_no_box_of_the_sample_is_too_wide_in_latex():
    _, log = typeset(render(sample.document(), "tex"))
    assert [box for box in overfull(log) if box[0] > 0.5] == []


def test_no_display_of_the_sample_is_too_wide_in_typst():
    assert typst_overflows(render(sample.document(), "typ")) == []


def too_wide() -> list[documents.Block]:
    term = m(" + ".join(["W s_t"] * 30))
    line = Line(m("a"), "=", (term,))
    return [
        Display((line,)),
        Steps((StepRow(Line(m("a"), "=", (m(" + ".join(["W s_t"] * 14)),)), "rule", ()),)),
        documents.Result(line, "Result", ""),
        documents.Columns((Display((Line(m("a"), "=", (m(" + ".join(["W s_t"] * 12)),)),)),), ()),
    ]


@needs_tex
@pytest.mark.parametrize("block", too_wide(), ids=lambda block: type(block).__name__)
def test_a_formula_that_is_too_wide_is_reported_by_latex(block):
    _, log = typeset(render(dataclasses.replace(sample.document(), blocks=(block,)), "tex"))
    assert overfull(log)[0][0] > 0.5


@pytest.mark.parametrize("block", too_wide(), ids=lambda block: type(block).__name__)
def test_a_formula_that_is_too_wide_is_reported_by_typst(block):
    assert typst_overflows(render(dataclasses.replace(sample.document(), blocks=(block,)), "typ"))


def in_two_directories(make, tmp_path, monkeypatch) -> list[bytes]:
    made = []
    for name in ("one", "the-other"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("TMPDIR", str(folder))
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        made.append(make())
        assert os.listdir(folder) == []
    return made


def test_typst_makes_the_same_bytes_in_any_directory(tmp_path, monkeypatch):
    source = render(sample.document(), "typ")
    first, second = in_two_directories(lambda: engines.run_typst(source), tmp_path, monkeypatch)
    assert first == second


@needs_tex
@pytest.mark.deep
def test_pdflatex_makes_the_same_bytes_in_any_directory(tmp_path, monkeypatch):
    source = render(sample.document(), "tex")
    first, second = in_two_directories(lambda: engines.run_pdflatex(source)[0], tmp_path, monkeypatch)
    assert first == second


@needs_poppler
@pytest.mark.parametrize("engine", ["typst", pytest.param("pdflatex", marks=needs_tex)])
def test_the_text_of_formulas_can_be_extracted(engine, tmp_path):
    sources = [render(sample.document(), format) for format in ("tex", "typ")]
    page = unicodedata.normalize("NFKC", pdf_text(make_pdf(*sources, engine)[0], tmp_path))  # for italic ∂
    for words in ("∂", "σ", "Chain rule", "used here", "what W does", "Figure 2."):
        assert words in page, words


def test_without_pdflatex_auto_takes_typst_and_an_explicit_wish_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make_pdf("", "hello", "auto")[1].startswith("typst 0.")
    with pytest.raises(EngineError, match="no pdflatex on PATH"):
        make_pdf("", "hello", "pdflatex")


@needs_tex
def test_a_missing_package_sends_auto_to_typst_and_is_an_error_else():
    probe = r"\documentclass{article}\usepackage{no-such-package}\begin{document}x\end{document}"
    assert "no-such-package" in make_pdf(probe, "hello", "auto")[1]
    with pytest.raises(EngineError, match=r"no-such-package.*texlive-latex-extra"):
        make_pdf(probe, "hello", "pdflatex")


def test_every_piece_of_text_has_a_layout():
    pieces = typing.get_args(documents.Piece)
    assert set(pieces) == {str, Tree, Styled, Bar, Blank}


def test_a_table_ends_a_page_before_its_lines_do():
    short, long = (("word",), ("few words",)), (("word",), ("words " * 30,))
    assert [(first, len(part)) for first, part in chunks([short] * 50)] == [(0, 40), (40, 10)]
    parts = chunks([long] * 20)
    assert [first for first, _ in parts] == [0, 16] and sum(len(part) for _, part in parts) == 20
    assert chunks([]) == [(0, [])]
