"""Reports under other notations: what they say of themselves, and numbers printed as the formulas are."""

import re
from functools import cache

import numpy as np
import pytest

from symrnn.document import Document, render
from symrnn.document.engines import typst_overflows
from symrnn.model import FileError
from symrnn.report import certificate_of, certify_job, read_job
from symrnn.report.sequence import JobError

JOB = """
title = "A job"
cell = "{cell}"
state = 3
seed = 5
{stated}
[initial]
h = [0.3, -0.2, 0.5]
[sequence]
inputs = [[0.1, -0.3], [0.4, 0.2]]
targets = [[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]]
"""


def job(folder, stated: str, cell: str = "elman"):
    (folder / "job.toml").write_text(JOB.format(cell=cell, stated=stated))
    return read_job(folder / "job.toml")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a maker of documents, each made once."""

    @cache
    def make(stated: str, cell: str = "elman"):
        read = job(tmp_path_factory.mktemp("made"), stated, cell)
        document, ledger = certify_job(read)
        return read, document, certificate_of(read, ledger)

    return make


def source(document: Document) -> str:
    return render(document, "tex")


STATEMENTS = {
    'notation = "d2l"': "those of Dive into Deep Learning (Zhang, Lipton, Li \\& Smola 2023",
    'notation = "d2l"\nlayout = "gradient"': "follow the gradient layout, and vectors are columns",
    'notation = "d2l"\nconvention = "row"': "the numerator layout, and vectors are rows (row convention)",
    'notation = "goodfellow"': "is a copy of",
    'notation = "pytorch"\nconvention = "row"\nlayout = "gradient"': "Every gate has two biases",
}


@pytest.mark.parametrize("stated", STATEMENTS)
def test_a_report_states_its_notation_and_every_line_holds(stated, made):
    read, document, found = made(stated)
    written = re.sub(r"\s+", " ", source(document))
    assert STATEMENTS[stated] in written and "Notation." in written
    assert found["holds"] and found["notation"] == read.notation.name
    assert ("layout" in found) == ("layout" in stated or "convention" in stated or "goodfellow" in stated)
    signed = re.search(r"\\frac\{\\partial\^\{\+\} [^{}]*\{[^{}]*\}\}\{\\partial W", written)
    assert (signed is None) == ("goodfellow" in stated)


@pytest.mark.parametrize(
    "cell, stated",
    [
        pytest.param("lstm", 'notation = "goodfellow"', marks=pytest.mark.deep),
        ("gru", 'notation = "pytorch"\nconvention = "row"\nlayout = "gradient"'),
    ],
)
def test_reports_of_gated_cells_hold_under_another_notation(cell, stated, made):
    _, document, found = made(stated, cell)
    assert found["holds"] and "Notation." in source(document)
    assert typst_overflows(render(document, "typ")) == []


def matrices(text: str) -> list[np.ndarray]:
    """Matrices of numbers in a LaTeX source, in order."""
    found = re.findall(r"\\begin\{bmatrix\}([^a-z]*)\\end\{bmatrix\}", text)
    return [np.array([[float(x) for x in row.split("&")] for row in one.split(r"\\")]) for one in found]


def test_gradients_of_the_row_convention_are_printed_as_the_transposed_numbers(made):
    usual = matrices(source(made('notation = "d2l"')[1]))
    turned = matrices(source(made('notation = "d2l"\nconvention = "row"')[1]))
    assert len(usual) == len(turned) == 6  # five parameters and the initial state
    assert sorted(m.T.tolist() for m in usual) == sorted(m.tolist() for m in turned)
    assert {m.shape for m in turned} == {(2, 3), (3, 3), (3, 4), (1, 3), (1, 4)}


def test_the_usual_notation_is_not_stated_twice(tmp_path):
    (tmp_path / "job.toml").write_text(JOB.format(cell="elman", stated="").replace("h = [", "s = ["))
    read = read_job(tmp_path / "job.toml")
    document, ledger = certify_job(read)
    found = certificate_of(read, ledger)
    assert "Notation." not in source(document)
    assert "operator layout" in source(document) and "numerator layout" in source(document)
    assert not {"notation", "layout", "convention"} & found.keys()


@pytest.mark.parametrize(
    "key, accepted", [("layout", "numerator, gradient"), ("convention", "operator, row")]
)
def test_a_layout_that_does_not_exist_is_refused(key, accepted, tmp_path):
    with pytest.raises(FileError, match=f"job.toml: {key} is 'sideways'; accepted: {accepted}"):
        job(tmp_path, f'notation = "d2l"\n{key} = "sideways"')
    with pytest.raises(ValueError, match=f"{key} is a whole number"):
        job(tmp_path, f'notation = "d2l"\n{key} = 3')


@pytest.mark.parametrize("kind", ["handout", "exercise", "slides"])
def test_kinds_whose_words_follow_the_usual_layout_take_names_and_refuse_the_rest(kind, tmp_path):
    of = '\n[derive]\nof = "L[2]"\nwrt = ["W"]\n'

    def asked(stated: str):
        (tmp_path / "job.toml").write_text(JOB.format(cell="elman", stated=f'kind = "{kind}"\n{stated}') + of)
        return read_job(tmp_path / "job.toml")

    for stated in ('convention = "row"', 'layout = "gradient"', ""):
        notation = "d2l" if stated else "goodfellow"
        with pytest.raises(JobError, match=f"the words of kind '{kind}' are those of the numerator layout"):
            asked(f'notation = "{notation}"\n{stated}')
    document, _ = certify_job(asked('notation = "d2l"'))
    assert "Dive into Deep Learning" in source(document)
