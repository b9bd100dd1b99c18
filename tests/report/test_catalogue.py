"""What is verified of a cell is what a report of it prints: both take it from one catalogue."""

from __future__ import annotations

import re

import pytest

from symrnn.derivation import Catalogue, Derivation
from symrnn.model import Cell, builtin_cells
from symrnn.report import read_job
from symrnn.report.ledger import Ledger
from symrnn.report.report import BUILDERS

JOB = """\
title = "t"
kind = "{kind}"
cell = "{cell}"
loss = "cross_entropy"
state = 2
seed = 3
[initial]
{initial}
[sequence]
inputs = [[0.5, -1.0], [1.0, 0.3], [0.2, 0.1], [0.7, -0.4]]
targets = [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.5, 0.25, 0.25], [0.6, 0.2, 0.2]]
"""
ONE_QUESTION = '[derive]\nwrt = ["W"]\n'
KINDS = {"derivation": builtin_cells(), "handout": ("elman",), "exercise": ("elman",), "slides": ("elman",)}
MASKED = "targets = [[], [0.3, 0.3, 0.4], [], [0.6, 0.2, 0.2]]\n"
CASES = [(kind, cell, "") for kind, cells in KINDS.items() for cell in cells]
CASES += [("derivation", cell, MASKED) for cell in ("elman", "lstm")]


@pytest.mark.parametrize(("kind", "cell", "targets"), CASES)
def test_everything_that_a_report_prints_is_in_the_catalogue(kind, cell, targets, tmp_path):
    file = tmp_path / "job.toml"
    states = Cell.load(cell).states
    initial = "\n".join(f"{state} = {[0.3, -0.2, 0.1][: 3 if cell == 'jordan' else 2]}" for state in states)
    asked = "" if kind == "derivation" else ONE_QUESTION
    text = JOB.format(kind=kind, cell=cell, initial=initial) + asked
    file.write_text(re.sub(r"targets = .*\n", lambda found: targets or found.group(), text))
    job = read_job(file)
    printed = []
    ledger = Ledger([job.point])
    ledger.admit = lambda derivation: printed.append(derivation) or derivation
    BUILDERS[kind](job, ledger)
    known = {*Catalogue(job.network, job.of, job.wrt).everything(), *Catalogue(job.network).everything()}
    steps = [step for found in printed if isinstance(found, Derivation) for step in found.steps]
    assert printed and any(step.rule.name == "weight zero" for step in steps) is bool(targets)
    assert [found.goal for found in printed if found not in known] == []
