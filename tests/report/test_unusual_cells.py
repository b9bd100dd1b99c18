"""Reports of cells wired unlike the lecture's: a right document, or a refusal that is true."""

from pathlib import Path

import pytest

from symrnn.certificate import certify_cell
from symrnn.document import render
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
BEFORE = """\
name = "Before"
source = "made for this test: the output reads the state before, as in a Mealy machine"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
[equations]
s = "tanh(W @ s[t-1] + U @ x[t])"
z = "V @ s[t-1]"
"""
TWO_BEFORE = """\
name = "Two before"
source = "made for this test: the second state is read a step later"
states = ["s", "q"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
[equations]
s = "tanh(W @ s[t-1] + U @ x[t])"
q = "tanh(W @ q[t-1] + s[t])"
z = "V @ q[t-1]"
"""
LEVEL = """\
name = "Level"
source = "made for this test: one state is a number"
states = ["s", "level"]
[parameters]
U = ["d", "n"]
q = ["d"]
V = ["m", "d"]
[signals]
level = []
[equations]
level = "1/2 * level[t-1] + q @ s[t-1]"
s = "tanh(U @ x[t]) + 1/4 * s[t-1]"
z = "V @ s[t]"
"""
COUPLED = """\
name = "Coupled"
source = "made for this test: the output reads two states, one of which feeds the other within the step"
states = ["h", "s"]
[parameters]
U = ["d", "n"]
P = ["d", "d"]
W = ["d", "d"]
V = ["m", "d"]
C = ["m", "d"]
[equations]
s = "1/2 * s[t-1] + U @ x[t]"
a = "P @ s[t] + W @ h[t-1]"
h = "sigmoid(a[t])"
z = "V @ h[t] + C @ s[t]"
"""
CONSTANT = """\
name = "Constant"
source = "made for this test: the Jacobian of a step is the same at every step"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
[equations]
s = "{update}"
z = "V @ s[t]"
"""
UPDATES = {
    "linear": "W @ s[t-1] + U @ x[t]",
    "leaky": "9/10 * s[t-1] + tanh(U @ x[t] + W @ (U @ x[t]))",
    "residual": "s[t-1] + tanh(U @ x[t] + W @ (U @ x[t]))",
}
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


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (BEFORE, r"the output of Before reads s\[t-1\] alone, .* accepted: an output that reads s\[t\]"),
        (LEVEL, "the state level of Level is a number, .* accepted: states with an axis"),
    ],
)
def test_what_a_document_cannot_show_is_refused_and_certified_without_one(cell, said, tmp_path):
    with pytest.raises(FileError, match=said):
        read_job(job(tmp_path, cell))
    assert all(c.holds for c in certify_cell(Cell.load(tmp_path / "cell.toml"), steps=3))


def test_a_state_that_the_output_reads_a_step_later_is_followed_from_there(tmp_path):
    _, ledger = certify_job(read_job(job(tmp_path, TWO_BEFORE)))
    seen = {(c.goal, c.holds) for c in ledger.certificates}
    assert ("∂L_t/∂q_{t-1}", True) in seen and ("∂L_t/∂q_t", True) not in seen


def test_an_effect_that_is_read_a_step_later_only_is_shown_from_the_step_that_reaches_the_loss(tmp_path):
    file = job(tmp_path, DELAY)
    network = Cell.load(tmp_path / "cell.toml").unroll(4)
    path = straight_term(network, network["U"], 2, 4).path  # what step 2 makes is read at step 3 only
    assert path == (network["s", 3], network["q", 4], network["L", 4])
    _, ledger = certify_job(read_job(file))
    assert all(certificate.holds for certificate in ledger.certificates)


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("kind", ["derivation", "handout", "slides"])
def test_a_jacobian_without_a_time_is_printed_as_a_power(update, kind, tmp_path):
    file = job(tmp_path, CONSTANT.format(update=UPDATES[update]), f'kind = "{kind}"\n[derive]\nwrt = ["U"]')
    document, ledger = certify_job(read_job(file))
    assert all(certificate.holds for certificate in ledger.certificates)
    power = {"linear": "W^{t-k}", "leaky": "^{t-k}", "residual": "I_{d}"}[update]
    assert power in render(document, "tex") or kind != "derivation"


def test_an_output_of_two_states_of_which_one_feeds_the_other_is_derived_to_the_end(tmp_path):
    _, ledger = certify_job(read_job(job(tmp_path, COUPLED)))
    found = {certificate.goal: certificate for certificate in ledger.certificates}
    assert found["∂L_t/∂s_t"].holds and found["∂L_t/∂h_t"].holds
