"""Points lie where every equation can be evaluated: drawn again, stated positive, or refused by name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from symrnn import gradients
from symrnn.certificate import certify, certify_cell
from symrnn.cli import main
from symrnn.derivation import derive
from symrnn.document import render
from symrnn.model import Cell, FileError
from symrnn.report import certificate_of, certify_job, read_job
from symrnn.tensor import TABLE, Immediate, Plus, ShapeError, Total
from symrnn.witness import random_point

CELL = """\
name = "Bounded"
source = "made for this test"
states = ["s"]
[parameters]
tau = ["d"]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
{more}
[equations]
a = "W @ s[t-1] + U @ x[t]"
s = "{s}"
z = "V @ s[t]"
"""
POSITIVE = '[domains]\ntau = "positive"'
QUOTIENT = "tanh(a[t]) * exp(-log(tau))"
JOB = """\
title = "A time constant"
cell = "cell.toml"
loss = "squared_error"
state = 2
{more}
[sequence]
inputs = [[1.0, 0.2], [-0.5, 0.7]]
targets = [[0.7, 0.6, 0.1], [0.1, 0.9, -0.3]]
"""


def cell_file(tmp_path: Path, more: str = "", s: str = QUOTIENT) -> Path:
    file = tmp_path / "cell.toml"
    file.write_text(CELL.format(more=more, s=s))
    return file


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize(
    "s",
    [
        QUOTIENT,
        "tau * exp(exp(exp(a[t])))",
        "tau * a[t] * exp(-1/2 * log(a[t] * a[t]))",
    ],
)
def test_a_cell_is_certified_where_it_can_be_evaluated(s, loss, tmp_path):
    found = certify_cell(Cell.load(cell_file(tmp_path, s=s), loss=loss))
    assert all(c.holds for c in found)


def test_a_point_says_how_often_it_was_drawn(tmp_path, capsys):
    file = cell_file(tmp_path)
    network = Cell.load(file, loss="squared_error").unroll(3)
    at = random_point(network)
    assert (at.given[network["tau"]] > 0).all() and at.draws > 1
    found = certify(derive(Total(network["L", 3], network["W"]), network))
    assert [point["draws"] for point in found.points] == [at.draws]
    assert main(["derive", str(file), "--loss", "squared_error", "--steps", "3", "--at", "3"]) == 0
    assert f"drawn {at.draws} times" in capsys.readouterr().out


def test_a_point_that_fits_at_once_says_nothing():
    at = random_point(Cell.load("elman").unroll(3))
    assert at.draws == 1 and "draws" not in at.described


def test_a_parameter_stated_positive_is_drawn_positive_at_once(tmp_path):
    network = Cell.load(cell_file(tmp_path, POSITIVE)).unroll(3)
    for seed in range(20):
        at = random_point(network, seed)
        assert at.draws == 1 and (at.given[network["tau"]] > 0).all()
        assert (at.given[network["W"]] < 0).any()


def test_what_cannot_be_drawn_is_one_message_that_names_the_equation(tmp_path, capsys):
    file = cell_file(tmp_path, s="a[t] * log(-1 * exp(tau))")
    for command in (["verify", str(file)], ["derive", str(file)], ["derive", str(file), "--view", "scalar"]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and "of 1000 draws" in said
        assert "the equation of s[1] asks for log(-" in said and "known between 0 and inf" in said


def test_a_job_draws_its_parameters_in_the_domain_and_says_so(tmp_path):
    cell_file(tmp_path)
    file = tmp_path / "job.toml"
    for language, said in (("en", "{} times until every"), ("de", "{}-mal, bis sich jede")):
        file.write_text(JOB.format(more=f'language = "{language}"\nseed = 3'))
        job = read_job(file)
        assert job.draws > 1 and (job.values["tau"] > 0).all()
        document, ledger = certify_job(job)
        assert said.format(job.draws) in render(document, "html")
        assert certificate_of(job, ledger)["points"][0]["draws"] == job.draws


@pytest.mark.parametrize("kind", ["handout", "slides", "exercise"])
def test_a_sheet_draws_its_parameters_in_the_domain(kind, tmp_path):
    cell_file(tmp_path)
    file = tmp_path / "job.toml"
    for seed in range(3):
        file.write_text(JOB.format(more=f'kind = "{kind}"\nseed = {seed}') + '[derive]\nwrt = ["W"]\n')
        job = read_job(file)
        assert (job.values["tau"] > 0).all()
    certify_job(job)


def test_given_numbers_outside_the_domain_are_refused(tmp_path):
    cell_file(tmp_path)
    file = tmp_path / "job.toml"
    file.write_text(JOB.format(more='parameters = "p.npz"'))
    shapes = {"tau": 2, "U": (2, 2), "W": (2, 2), "V": (3, 2)}
    np.savez(tmp_path / "p.npz", **{name: -np.ones(shape) for name, shape in shapes.items()})
    with pytest.raises(FileError, match=r"given the equation of s\[1\] asks for log\(-1\)"):
        read_job(file)
    cell = Cell.load(cell_file(tmp_path, POSITIVE))
    with pytest.raises(FileError, match=r"tau holds -1; accepted: positive"):
        read_job(file)
    arrays = {name: -np.ones(shape) for name, shape in shapes.items()}
    with pytest.raises(ShapeError, match=r"tau holds -1; accepted: positive"):
        gradients(cell, arrays, np.ones((3, 2)), np.zeros(3, int))


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.derivative is not None])
def test_a_function_and_its_slope_are_finite_inside_its_domain_and_not_outside(name):
    row = TABLE[name]
    low, high = row.domain
    inside = np.linspace(max(low, -20.0), min(high, 20.0), 83)[1:-1]
    assert np.isfinite(row.numpy(inside)).all() and np.isfinite(row.derivative(inside)).all()
    with np.errstate(all="ignore"):
        edges = np.array([edge for edge in (low, high) if np.isfinite(edge)])
        assert not np.isfinite(row.numpy(edges)).any()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[domains]\nkappa = "positive"', "there is no parameter 'kappa'; accepted: tau, U, W, V"),
        ('[domains]\ntau = "negative"', "tau is 'negative'; accepted: 'positive'"),
        ("[domains]\ntau = 1", "tau is 1; accepted: 'positive'"),
        ('[domains]\ns = "positive"', "there is no parameter 's'"),
    ],
)
def test_a_domain_that_is_none_is_refused(table, said, tmp_path):
    with pytest.raises(FileError, match=r"cell\.toml, \[domains\]") as refused:
        Cell.load(cell_file(tmp_path, table))
    assert said in str(refused.value)


def test_a_domain_goes_with_its_parameter_into_layers_and_other_names(tmp_path):
    cell_file(tmp_path, POSITIVE)
    stack = tmp_path / "stack.toml"
    stack.write_text('name = "Two"\nsource = "made"\nlayers = ["cell.toml", "cell.toml"]\n')
    assert Cell.load(stack).positive == {"tau_1", "tau_2"}
    notation = 'title = "ours"\nsource = "notes"\n[cells.cell]\ntau = "kappa"\n'
    (tmp_path / "ours.toml").write_text(notation)
    (tmp_path / "job.toml").write_text(JOB.format(more='notation = "ours.toml"'))
    job = read_job(tmp_path / "job.toml")
    assert job.cell.positive == {"kappa"} == job.network.positive and (job.values["kappa"] > 0).all()
    document, _ = certify_job(job)
    assert "parameter, positive" in render(document, "html")


def test_a_probability_that_rounds_to_nought_is_no_obstacle(job_file):
    file = job_file(
        ('"tanh"', '"identity"'),
        ("[[0.4, -1.0], [1.5, 0.2]]", "[[400.0, -1000.0], [1500.0, 0.2]]"),
    )
    job = read_job(file)
    assert job.point.variable(job.network["yhat", 1]).min() < 1e-200
    assert np.isfinite(job.point.variable(job.network["L", 1]))


def test_a_term_that_is_lost_is_caught_where_the_derivative_is_a_difference_of_equal_terms(tmp_path):
    cell = Cell.load(cell_file(tmp_path, s="tau * a[t] * exp(-1/2 * log(a[t] * a[t]))"), loss="squared_error")
    network = cell.unroll(2)
    found = derive(Immediate(network["s", 2], network["a", 2]), network)
    assert certify(found).holds
    number = next(n for n, step in enumerate(found.steps) if isinstance(step.after, Plus))
    step = found.steps[number]
    lost = replace(step, after=step.after.args[0])
    wrong = replace(found, steps=(*found.steps[:number], lost, *found.steps[number + 1 :]))
    assert certify(wrong).first_failure.step == number + 1
