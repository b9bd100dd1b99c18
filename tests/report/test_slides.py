"""Slides: one rule more on every page, then one path for each term, at the end the result of the handout."""

import dataclasses
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from symrnn.document import Document, Gallery, Heading, Line, Prose, Result, StepRow, Steps, render
from symrnn.document.engines import overfull, run_typst, typst_overflows
from symrnn.report import certify_job, read_job
from symrnn.report.kinds.slides import ROOM, balanced, parts
from tests import ROOT
from tests.document import sample_document as sample
from tests.notation.sample_trees import pd
from tests.typeset import typeset

REPORTS = ROOT / "reports"
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils are not installed"
)


@cache
def made(kind: str) -> Document:
    return certify_job(dataclasses.replace(read_job(REPORTS / "bptt-slides" / "job.toml"), kind=kind))[0]


def pages(pdf: bytes, folder: Path) -> list[str]:
    (folder / "a.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(folder / "a.pdf"), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


def stages(document: Document) -> list[int]:
    """Return how many pages each frame takes, the title first."""
    found = [1]
    for block in document.blocks:
        if isinstance(block, Heading):
            found.append(1)
        elif isinstance(block, Steps):
            found[-1] = len(block.rows)
        elif isinstance(block, Gallery):
            found[-1] = len(block.items)
    return found


@needs_poppler
@pytest.mark.parametrize("engine", ["typst", pytest.param("pdflatex", marks=needs_tex)])
def test_every_page_shows_one_rule_more_and_then_one_path(engine, tmp_path):
    slides = made("slides")
    pdf = (
        run_typst(render(slides, "typ"))
        if engine == "typst"
        else typeset(render(slides, "tex"))[0]
    )  # fmt: skip
    found = pages(pdf, tmp_path)
    assert len(found) == sum(stages(slides)), "a frame needs more pages than it has stages"
    frames = [block for block in slides.blocks if isinstance(block, Steps)]
    rules = [[row.rule for row in frame.rows] for frame in frames]
    first = next(number for number, page in enumerate(found) if rules[0][0] in page)
    expected = [names[: n + 1] for names in rules for n in range(len(names))]
    for page, names in zip(found[first:], expected):
        assert [page.count(name) for name in dict.fromkeys(names)] == [
            names.count(name) for name in dict.fromkeys(names)
        ]
        later = {name for several in rules for name in several} - set(names)
        assert not any(name in page for name in later)
    terms = [re.findall(r"[k𝑘]\s*=\s*(\d)\s*:", page) for page in found[first + len(expected) :]]
    assert [term for term in terms if term] == [["4"], ["3"], ["2"], ["1"]]


def test_the_last_frame_is_the_result_of_the_handout():
    (result,) = [block for block in made("handout").blocks if isinstance(block, Result)]
    heading, last, reading = made("slides").blocks[-3:]
    assert isinstance(heading, Heading) and isinstance(reading, Prose)
    assert last == result


def test_the_numbers_of_the_steps_go_on_from_frame_to_frame_and_every_frame_says_its_left_side():
    frames = [block for block in made("slides").blocks if isinstance(block, Steps)]
    assert [f.first for f in frames] == [1 + sum(len(g.rows) for g in frames[:n]) for n in range(len(frames))]
    assert all(frame.rows[0].line.lhs is not None for frame in frames)


def test_steps_are_cut_where_a_frame_is_full_and_into_parts_of_like_size():
    line = Line(pd("s_4", "W"), "=", (pd("s_4", "s_3"),))
    rows = tuple(StepRow(line if n == 0 else dataclasses.replace(line, lhs=None), "r", ()) for n in range(5))
    assert [len(part.rows) for part in parts(Steps(rows), ROOM)] == [3, 2]
    assert [(len(part.rows), part.first) for part in balanced(Steps(rows))] == [(3, 1), (2, 4)]
    assert [part.rows[0].line.lhs for part in balanced(Steps(rows))] == [line.lhs, line.lhs]


@needs_tex
def test_nothing_on_a_slide_is_too_wide_or_too_high_in_latex():
    _, log = typeset(render(made("slides"), "tex"))
    assert [box for box in overfull(log) if box[0] > 0.5] == []


def test_nothing_on_a_slide_is_too_wide_in_typst():
    assert typst_overflows(render(made("slides"), "typ")) == []


@pytest.mark.parametrize("format", ["tex", "typ"])
def test_every_kind_of_block_has_a_layout_on_slides(format):
    source = render(dataclasses.replace(sample.document(), layout="slides"), format)
    assert source == render(dataclasses.replace(sample.document(), layout="slides"), format)


@pytest.mark.parametrize("format", ["tex", "typ"])
def test_what_stands_before_the_first_heading_of_slides_stops_the_build(format):
    lost = dataclasses.replace(sample.document(), blocks=(Prose(("lost",)),), layout="slides")
    with pytest.raises(Exception, match="slides begin with a heading"):
        render(lost, format)


def test_the_web_page_of_slides_has_every_step_and_every_path_on_one_page():
    page = render(made("slides"), "html")
    assert page.count("<details") == 1 + sum(isinstance(block, Steps) for block in made("slides").blocks)
    assert page.count("data-term=") == 4


@needs_poppler
@pytest.mark.parametrize("steps", [2, 5])
def test_frames_hold_what_is_on_them_for_other_lengths(steps, tmp_path):
    text = (REPORTS / "bptt-slides" / "job.toml").read_text(encoding="utf-8")
    for name, words in (("inputs", "deepdeep"), ("targets", "eepdeepd")):
        text = re.sub(rf"^{name} = .*$", f"{name} = {list(words[:steps])}", text, flags=re.MULTILINE)
    text = text.replace("L[4]", f"L[{steps}]")
    (tmp_path / "job.toml").write_text(text, encoding="utf-8")
    slides, _ = certify_job(read_job(tmp_path / "job.toml"))
    assert len(pages(run_typst(render(slides, "typ")), tmp_path)) == sum(stages(slides))
    assert typst_overflows(render(slides, "typ")) == []
