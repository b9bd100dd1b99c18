"""The total loss: asked for in a job, and by an input, an initial state or anything else that is given."""

import numpy as np
import pytest

from symrnn import gradients
from symrnn.certificate import certify
from symrnn.derivation import derive
from symrnn.document import render
from symrnn.model import Cell, FileError
from symrnn.report import certificate_of, certify_job, read_job
from symrnn.tensor import Total

MASKED = (0.5, 0.0, 2.0, 1.0)


@pytest.mark.parametrize("mask", [None, MASKED])
@pytest.mark.parametrize("name", ["elman", "jordan", "gru", "lstm", "lstm-peephole"])
def test_the_total_loss_is_derived_by_whatever_is_given(name, mask):
    network = Cell.load(name).unroll(4, mask)
    state = network.states[0]
    for v in (network["x", 1], network["x", 4], network[state, 0], network[state, 2], network[state, 4]):
        found = derive(Total(network["L"], v), network)
        assert found.is_closed and certify(found, seed=3).holds


ALL = ('of = "L[2]"', 'of = "L"')


def test_a_job_asks_for_the_total_loss(job_file):
    job = read_job(job_file(ALL, ('wrt = ["b"]', 'wrt = ["W", "s0", "x1"]')))
    assert str(job.goal) == "L" and str(job.of) == "L[2]"
    document, ledger = certify_job(job)
    assert all(c.holds for c in ledger.certificates)
    assert "so its gradient is the sum of theirs" in render(document, "html")
    assert any(c["goal"] == "contributions to ∂L/∂W" for c in certificate_of(job, ledger)["certificates"])
    given = {name: job.values[name] for name in job.cell.parameters}
    found = gradients(
        job.cell,
        given,
        np.array(job.inputs),
        np.array(job.targets),
        initial={"s": job.values["s0"]},
        mask=np.array(job.weights),
    )["W"]
    largest = found[np.unravel_index(np.abs(found).argmax(), found.shape)]
    assert f"{largest:.4f}".lstrip("-") in render(document, "html")


@pytest.mark.parametrize(("of", "said"), [("L[2]", False), ("L", True)])
def test_one_loss_is_told_as_one_and_all_as_all(of, said, job_file):
    document, _ = certify_job(
        read_job(
            job_file(('of = "L[2]"', f'of = "{of}"'), ('"derivation"\n', '"derivation"\nlanguage = "de"\n'))
        )
    )
    assert ("ist die Summe der Verluste der Schritte mit ihren Gewichten" in render(document, "html")) is said


def test_a_loss_of_several_paths_is_told_as_well(job_file):
    gru = (('"elman"', '"gru"'), ('activation = "tanh"\n', ""), ("s = [0.3", "h = [0.3"), ('wrt = ["b"]', ""))
    _, ledger = certify_job(read_job(job_file(ALL, *gru)))
    assert all(c.holds for c in ledger.certificates)


DELAY = """\
name = "Delay"
source = "made for this test: what a step makes is read at the next one only"
states = ["s", "q"]
[parameters]
V = ["m", "d"]
U = ["d", "n"]
[equations]
s = "tanh(U @ x[t])"
q = "s[t-1]"
z = "V @ q[t]"
"""
DELAYED = (
    'title = "x"\ncell = "cell.toml"\n{more}\n[sequence]\ninputs = {x}\ntargets = {y}\n[derive]\n{derive}\n'
)
STEP_X, STEP_Y = "[1.0, 0.2]", "[0.7, 0.3]"


@pytest.mark.parametrize(
    ("steps", "goal", "said"),
    [
        (1, "", "reaches L[1] through the states.*accepted: a longer sequence"),
        (2, 'of = "L[1]"', r"reaches L\[1\] through the states.*accepted: a later one, such as L\[2\]"),
    ],
)
def test_a_loss_that_no_use_reaches_is_refused(steps, goal, said, tmp_path):
    (tmp_path / "cell.toml").write_text(DELAY)
    file = tmp_path / "job.toml"
    x, y = (f"[{', '.join([one] * steps)}]" for one in (STEP_X, STEP_Y))
    file.write_text(DELAYED.format(more="", x=x, y=y, derive=goal))
    with pytest.raises(FileError, match=said.replace("L[1] through", r"L\[1\] through")):
        read_job(file)


def test_a_loss_that_a_use_reaches_late_is_told(tmp_path):
    (tmp_path / "cell.toml").write_text(DELAY)
    file = tmp_path / "job.toml"
    x, y = (f"[{', '.join([one] * 3)}]" for one in (STEP_X, STEP_Y))
    for goal in ('wrt = ["V"]', 'of = "L"', 'of = "L[2]"\nwrt = ["V", "s0"]'):
        file.write_text(DELAYED.format(more="", x=x, y=y, derive=goal))
        document, ledger = certify_job(read_job(file))
        assert document.blocks and all(c.holds for c in ledger.certificates)
