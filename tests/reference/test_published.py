"""Published cells of many families, as files: what symrnn makes of them equals references written by hand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symrnn
from symrnn.certificate import certify_cell
from symrnn.cli import main
from symrnn.model import Cell
from symrnn.numeric import program, source, source_of_test
from symrnn.report import certify_job, read_job

from . import published

FOLDER = Path(__file__).parent / "cells"
LOSSES = ("cross_entropy", "squared_error")
SIZES = {"n": 3, "d": 4, "m": 2, "e": 2, "l": 3, "classes": 3, "low": 2, "one": 1}
T, BATCH = 4, 2
MASK = np.array([1.0, 0.0, 2.5, 0.5])
IN_SHORT = ("indrnn", "hmm")  # certified by every run, all by the deep one
ONE_PATH = ("indrnn",)  # one state and no gates, so that slides tell one path for each use
JOB = """\
title = "{name}"
kind = "{kind}"
cell = "{cell}"
loss = "{loss}"
{sizes}
[derive]
wrt = {wrt}
[sequence]
vocabulary = ["a", "b", "c"]
inputs = ["a", "b", "c"]
targets = ["b", "c", "a"]
"""

every_cell = pytest.mark.parametrize("name", published.CELLS)
every_loss = pytest.mark.parametrize("loss", LOSSES)


def load(name, loss="cross_entropy"):
    return Cell.load(FOLDER / f"{name}.toml", published.ACTIVATION.get(name, "tanh"), loss)


def example(cell, steps=T, lead=()):
    """Return parameters, inputs, classes, initial states; nothing is zero, positive parameters are so."""
    rng = np.random.default_rng(0)
    shapes = {name: [SIZES[axis] for axis in shape] for name, shape in cell.parameters.items()}
    parameters = {
        name: np.exp(rng.normal(size=shape)) if name in cell.positive else rng.normal(size=shape)
        for name, shape in shapes.items()
    }
    if "E" in parameters:
        parameters["E"] = np.ones_like(parameters["E"])
    initial = {s: rng.normal(size=(*lead, *(SIZES[axis] for axis in cell.signals[s]))) for s in cell.states}
    classes = rng.integers(SIZES[cell.signals["z"][0]], size=(steps, *lead))
    return parameters, rng.normal(size=(steps, *lead, SIZES["n"])), classes, initial


def targets_of(classes, cell, loss):
    """Return classes, or vectors where the loss asks for them."""
    return classes if loss == "cross_entropy" else np.eye(SIZES[cell.signals["z"][0]])[classes] - 0.25


def assert_equal(found, expected):
    """Compare by key, relative to the largest entry expected."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert np.shape(found[name]) == np.shape(value), name
        assert np.abs(found[name] - value).max() <= 1e-12 * max(np.abs(value).max(), 1e-3), name


def test_every_file_has_a_reference_and_says_where_it_is_from():
    assert {file.stem for file in FOLDER.glob("*.toml")} == published.CELLS.keys()
    assert all(cell.source and cell.description for cell in map(load, published.CELLS))


@every_cell
def test_every_signal_equals_that_of_the_paper(name):
    cell = load(name)
    parameters, inputs, classes, initial = example(cell)
    expected = published.forward(name, parameters, inputs, classes, initial, cell.loss)
    found = symrnn.forward(cell, parameters, inputs, classes, initial=initial)
    assert_equal({signal: found[signal] for signal in expected}, expected)


@every_cell
@every_loss
@pytest.mark.parametrize("steps", (1, T))
def test_gradients_equal_the_complex_step_of_the_paper(name, loss, steps):
    cell = load(name, loss)
    parameters, inputs, classes, initial = example(cell, steps)
    rest = (parameters, inputs, targets_of(classes, cell, loss))
    found = symrnn.gradients(cell, *rest, initial=initial, mask=MASK[-steps:])
    assert_equal(found, published.gradients(name, *rest, initial, loss, MASK[-steps:]))


@every_cell
def test_gradients_of_a_padded_batch_equal_the_complex_step_of_the_paper(name):
    cell = load(name)
    parameters, inputs, classes, initial = example(cell, T, (BATCH,))
    mask = np.stack([MASK, MASK * (np.arange(T) < 2)], axis=1)
    found = symrnn.gradients(cell, parameters, inputs, classes, initial=initial, mask=mask)
    rest = (parameters, inputs, classes, initial, cell.loss, mask)
    assert_equal(found, published.batch_gradients(name, *rest))


def failures(name, steps):
    return [c.goal for c in certify_cell(load(name), steps=steps) if not c.holds]


@pytest.mark.parametrize("name", IN_SHORT)
def test_every_derivation_of_two_steps_holds(name):
    assert failures(name, 2) == []


@pytest.mark.deep
@every_cell
def test_every_derivation_holds(name):
    assert failures(name, 4) == []


@pytest.mark.deep
def test_the_code_of_every_cell_passes_the_test_beside_it(tmp_path):
    for name in published.CELLS:
        for loss in LOSSES:
            made = program(load(name, loss))
            module = f"{name}_{loss}"
            (tmp_path / f"{module}.py").write_text(source(made.module), encoding="utf-8")
            (tmp_path / f"test_{module}.py").write_text(source_of_test(made, module), encoding="utf-8")
    command = [sys.executable, "-I", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]


def job_of(name, folder, kind="derivation", loss="cross_entropy"):
    """Write a job about a cell; whatever is no derivation asks one question."""
    cell = load(name)
    axes = {axis for shape in cell.parameters.values() for axis in shape} - {"n", "m", "classes"}
    if name == "hmm":
        axes -= {"d"}  # of the targets, so that data say how large it is
    sizes = "\n".join(f"{axis} = {min(SIZES[axis], 3)}" for axis in sorted(axes))
    text = JOB.format(
        name=cell.name,
        kind=kind,
        cell=FOLDER / f"{name}.toml",
        loss=loss,
        sizes=f"[sizes]\n{sizes}" if axes else "",
        wrt=list(cell.parameters) if kind == "derivation" else ["W"],
    )
    (folder / "job.toml").write_text(text, encoding="utf-8")
    return folder / "job.toml"


@pytest.mark.deep
@every_cell
@every_loss
def test_a_derivation_report_is_made_in_tex_and_html(name, loss, tmp_path):
    job = job_of(name, tmp_path, loss=loss)
    assert main(["report", str(job), "--out", str(tmp_path / "made"), "--format", "tex,html"]) == 0
    assert {"report.tex", "report.html"} <= {file.name for file in (tmp_path / "made").iterdir()}


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["handout", "exercise", "solution", "hints", "slides"])
@pytest.mark.parametrize("name", ONE_PATH)
def test_every_kind_of_document_is_made_of_a_cell_without_gates(kind, name, tmp_path):
    job = job_of(name, tmp_path, kind)
    _, ledger = certify_job(read_job(job))
    assert all(certificate.holds for certificate in ledger.certificates)
    formats = "tex" if kind == "slides" else "tex,html"
    assert main(["report", str(job), "--out", str(tmp_path / "made"), "--format", formats]) == 0
