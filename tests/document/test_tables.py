"""A table that is wider than its page is cut by columns, and nothing of it is lost or said twice."""

import shutil
from pathlib import Path

import pytest

from symrnn.document import Blank, Columns, Document, Table, render, tables
from symrnn.document.engines import overfull
from symrnn.document.text import plain
from symrnn.notation import Symbol, width
from symrnn.report import certify_job, read_job
from symrnn.report.sections import handout_numbers
from tests import ROOT
from tests.typeset import typeset

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
HEADER = (("t",), *((f"column {n}",) for n in range(6)))
ROWS = (
    *(((str(t),), *((f"{t}.{n}",) for n in range(6))) for t in range(3)),
    (("total",), *((),) * 5, ("9",)),
)
WIDE = Table(("Title",), HEADER, ROWS, "cllrrrr", ("Note",), rules=(3,))


def test_a_table_that_fits_stays_as_it_is():
    assert tables.cut(WIDE) == [WIDE]


@pytest.mark.parametrize("room", [40, 60, 90])
def test_every_column_stands_in_one_part_and_the_first_in_all(room):
    parts = tables.cut(WIDE, room=room)
    assert len(parts) > 1 and all(tables.table_width(part) <= room for part in parts)
    assert sum((part.header[1:] for part in parts), ()) == HEADER[1:]
    assert "".join(part.align[1:] for part in parts) == WIDE.align[1:]
    for t in range(3):
        assert sum((part.rows[t][1:] for part in parts), ()) == ROWS[t][1:]
        assert {part.rows[t][0] for part in parts} == {(str(t),)}
    assert [part.title for part in parts] == [("Title",)] + [()] * (len(parts) - 1)
    assert [part.note for part in parts] == [()] * (len(parts) - 1) + [("Note",)]
    assert [(len(part.rows), part.rules) for part in parts] == [(3, ())] * (len(parts) - 1) + [(4, (3,))]


def test_a_column_that_is_wider_than_the_page_does_not_stop_it():
    assert len(tables.cut(WIDE, room=1)) == 6


def test_what_hides_numbers_is_cut_like_what_shows_them():
    hidden = Table(WIDE.title, HEADER, ((("0",), *((Blank(("x",)),),) * 6),), WIDE.align)
    for room in (40, 60, 90):
        parts = tables.cut(hidden, like=WIDE, room=room)
        assert [part.header for part in parts] == [part.header for part in tables.cut(WIDE, room=room)]


VECTORS = """
title = "Vectors"
kind = "{kind}"
cell = "elman"
activation = "tanh"
loss = "squared_error"
state = 3
seed = 2
[sequence]
inputs = [{vector}, {vector}]
targets = [{vector}, {vector}]
[derive]
wrt = ["W"]
"""
VECTOR = "[-0.25, -0.91, 0.54, -0.46, 0.41, -0.12, 0.08, 0.1]"


def document(folder: Path, kind: str) -> Document:
    (folder / "job.toml").write_text(VECTORS.format(kind=kind, vector=VECTOR), encoding="utf-8")
    return certify_job(read_job(folder / "job.toml"))[0]


def inside(blocks: tuple) -> list[Table]:
    """Return the tables among blocks and beside each other."""
    found = []
    for block in blocks:
        if isinstance(block, Columns):
            found += inside((*block.first, *block.second))
        elif isinstance(block, Table):
            found.append(block)
    return found


def too_wide(folder: Path, kind: str) -> list[tuple[float, str]]:
    """Return the boxes that are too wide for LaTeX; Typst squeezes the columns of a table instead."""
    return overfull(typeset(render(document(folder, kind), "tex"))[1])


@needs_tex
@pytest.mark.parametrize("kind", [pytest.param("derivation", marks=pytest.mark.deep), "handout", "exercise"])
def test_eight_numbers_a_step_fit_the_page(kind, tmp_path):
    assert too_wide(tmp_path, kind) == []


@needs_tex
def test_a_table_that_is_not_cut_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(handout_numbers, "cut", lambda table, like: [table])
    assert too_wide(tmp_path, "handout") != []


def test_an_exercise_gives_every_target_and_hides_every_output(tmp_path):
    shown = [table for table in inside(document(tmp_path, "exercise").blocks) if len(table.header) > 5]
    columns = {plain(name): column for t in shown for name, *column in zip(t.header, *t.rows)}
    targets = [name for name in columns if name.startswith("y")]
    outputs = [name for name in columns if name.startswith("z")]
    assert len(targets) == len(outputs) == 8
    assert not any(isinstance(piece, Blank) for n in targets for cell in columns[n] for piece in cell)
    assert all(isinstance(cell[0], Blank) for n in outputs for cell in columns[n] if cell)


def test_a_name_of_several_letters_is_as_wide_as_they_are_and_that_of_a_sign_is_not():
    assert width(Symbol("out")) > 2 * width(Symbol("o"))
    assert width(Symbol("alpha")) < 2 * width(Symbol("a"))


@needs_tex
@pytest.mark.deep
def test_names_of_one_meaning_fit_their_half_of_the_page(tmp_path):
    job = (ROOT / "reports" / "lstm" / "job.toml").read_text(encoding="utf-8")
    file = tmp_path / "job.toml"
    file.write_text('notation = "pytorch"\n' + job, encoding="utf-8")
    assert overfull(typeset(render(certify_job(read_job(file))[0], "tex"))[1]) == []
