"""The finished PDF: fonts that are outlines, and formulas and graphs that can be heard."""

import html
import itertools
import re
import shutil
import subprocess
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from symrnn.document import Document, make_pdf, render
from symrnn.document.engines import run_typst
from tests import ROOT
from tests.document import sample_document as sample
from tests.report import test_exercise as exercises

COMMITTED = sorted((ROOT / "reports").glob("*/*.pdf"))
needs_pdffonts = pytest.mark.skipif(
    shutil.which("pdffonts") is None, reason="pdffonts (poppler-utils) is not installed"
)


def fonts(path: Path) -> str:
    return subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout


@needs_pdffonts
@pytest.mark.parametrize("engine", ["pdflatex", "typst"])
def test_no_font_is_a_bitmap(engine, tmp_path):
    if engine == "pdflatex" and shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    sources = [render(sample.document(), format) for format in ("tex", "typ")]
    (tmp_path / "a.pdf").write_bytes(make_pdf(*sources, engine)[0])
    assert "Type 1" in fonts(tmp_path / "a.pdf") or "CID" in fonts(tmp_path / "a.pdf")
    assert "Type 3" not in fonts(tmp_path / "a.pdf")


@needs_pdffonts
@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_font_of_a_committed_report_is_a_bitmap(path):
    assert "yes" in fonts(path) and "Type 3" not in fonts(path)


def objects(pdf: bytes) -> Iterator[bytes]:
    """Yield the objects of a PDF, those in compressed streams too; enough of a reader for its tags."""
    for found in re.finditer(rb"\d+ 0 obj\b(.*?)\bendobj", pdf, flags=re.DOTALL):
        yield found[1]
        if not re.search(rb"/Type\s*/ObjStm", found[1]):
            continue
        head, packed = re.split(rb"stream\r?\n", found[1], maxsplit=1)
        first = int(re.search(rb"/First (\d+)", head)[1])
        content = zlib.decompressobj().decompress(packed)
        starts = [first + int(n) for n in content[:first].split()[1::2]]
        yield from (content[a:b] for a, b in zip(starts, [*starts[1:], len(content)]))


def structure(pdf: bytes) -> list[tuple[str, str | None]]:
    """Role of each tagged element, and its alternative text."""
    tagged = (item for item in objects(pdf) if re.search(rb"/Type\s*/StructElem", item))
    return [(re.search(rb"/S\s*/(\w+)", item)[1].decode(), alternative(item)) for item in tagged]


def alternative(item: bytes) -> str | None:
    found = re.search(
        rb"/Alt\s*(?:<([\dA-Fa-f\s]*)>|\(((?:[^\\()]|\\.|\((?:[^\\()]|\\.)*\))*)\))", item, re.DOTALL
    )
    if found is None:
        return None
    written = bytes.fromhex(found[1].decode()) if found[1] else re.sub(rb"\\(.)", rb"\1", found[2])
    utf16 = written.startswith(b"\xfe\xff")
    return written[2:].decode("utf-16-be") if utf16 else written.decode("latin-1")


def test_typst_tags_the_document_with_an_alternative_text_for_each_formula_and_each_graph():
    pdf = run_typst(render(sample.document(), "typ"))
    assert any(re.search(rb"/MarkInfo\s*<<\s*/Marked\s+true", item) for item in objects(pdf))
    found = structure(pdf)
    roles = [role for role, _ in found]
    assert roles.count("H1") + roles.count("H2") >= 6 and "Table" in roles and "L" in roles
    assert "H1" in roles
    heard(pdf, sample.document())


@pytest.mark.parametrize("sheet", [exercises.made, exercises.solution])
def test_what_is_heard_of_a_sheet_is_what_its_web_page_says_of_each_formula_and_each_graph(sheet):
    heard(run_typst(render(sheet(), "typ")), sheet())


def heard(pdf: bytes, document: Document) -> None:
    """Every formula and every graph of the document has one alternative text in the PDF, and no other has."""
    page = re.sub(r"<(nav|footer|summary).*?</\1>", "", render(document, "html"), flags=re.DOTALL)
    formulas = [html.unescape(words) for words in re.findall(r'<math[^>]* alttext="([^"]*)"', page)]
    graphs = re.findall(r'<svg[^>]* role="img"', page)
    runs = {  # equations of one display are one formula in the PDF
        "; ".join(formulas[start:end]): formulas[start:end]
        for start in range(len(formulas))
        for end in range(start + 1, min(start + 7, len(formulas) + 1))
    }
    found = structure(pdf)
    said = [
        runs.get(words or "", [f"not on the page: {words}"]) for role, words in found if role == "Formula"
    ]
    assert Counter(itertools.chain(*said)) == Counter(formulas)
    pictures = [words for role, words in found if role == "Figure"]
    assert len(pictures) == len(graphs) and all(pictures)


def test_a_formula_without_an_alternative_text_would_be_noticed():
    found = structure(run_typst('$a + b$ and #math.equation(alt: "a plus b", $a + b$)'))
    assert {words for role, words in found if role == "Formula"} == {None, "a plus b"}
    pdf = run_typst(render(sample.document(), "typ").replace('"V"', '""', 1))
    with pytest.raises(AssertionError, match="not on the page"):
        heard(pdf, sample.document())
