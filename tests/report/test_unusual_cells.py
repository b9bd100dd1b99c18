"""Reports of cells wired unlike the lecture's: a right document, or a refusal that is true."""

from pathlib import Path

import pytest

from symrnn.model import Cell, FileError
from symrnn.notation import straight_term
from symrnn.report import certify_job, read_job

MEMORYLESS = """\
name = "Memoryless"
source = "CS7015 lecture 14, frame 13: the same network at every step, no recurrent connection"
states = ["s"]
[parameters]
U = ["d", "n"]
V = ["m", "d"]
[equations]
s = "sigma(U @ x[t])"
z = "V @ s[t]"
"""
DELAY = """\
name = "Delay"
source = "made for this test: what a step makes is read at the next one only"
states = ["s", "q"]
[parameters]
U = ["d", "n"]
V = ["m", "d"]
[equations]
s = "tanh(U @ x[t])"
q = "s[t-1]"
z = "V @ q[t]"
"""
JOB = """\
title = "A job"
cell = "cell.toml"
loss = "squared_error"
state = 2
{more}
[sequence]
inputs = [[1.0, 0.2], [-0.5, 0.7], [0.3, 0.1], [0.1, -0.4]]
targets = [[0.7, 0.6, 0.1], [0.1, 0.9, -0.3], [0.2, 0.1, 0.4], [0.5, 0.0, 0.3]]
"""


def job(folder: Path, cell: str, more: str = "") -> Path:
    (folder / "cell.toml").write_text(cell, encoding="utf-8")
    file = folder / "job.toml"
    file.write_text(JOB.format(more=more), encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", ["derivation", "handout", "exercise", "slides"])
def test_a_document_about_a_cell_without_recurrence_is_refused_before_any_work(kind, tmp_path):
    file = job(tmp_path, MEMORYLESS, f'kind = "{kind}"\n[derive]\nwrt = ["U"]')
    with pytest.raises(FileError, match="no loss of Memoryless depends on a state of the step before"):
        read_job(file)


def test_an_effect_that_is_read_a_step_later_only_is_shown_from_the_step_that_reaches_the_loss(tmp_path):
    file = job(tmp_path, DELAY)
    network = Cell.load(tmp_path / "cell.toml").unroll(4)
    path = straight_term(network, network["U"], 2, 4).path  # what step 2 makes is read at step 3 only
    assert path == (network["s", 3], network["q", 4], network["L", 4])
    _, ledger = certify_job(read_job(file))
    assert all(certificate.holds for certificate in ledger.certificates)
