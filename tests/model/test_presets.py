"""Notation presets: the same cell under other names, certified again, and names with two meanings refused."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from symrnn.certificate import certify_cell
from symrnn.cli import main
from symrnn.model import HERE, Cell, Preset, read_preset, read_toml
from symrnn.model.cellfile import INDICES, TIMES
from symrnn.model.presets import PresetError, builtin_presets
from symrnn.report import read_job
from symrnn.report.sequence import JobError
from symrnn.tensor import Total
from symrnn.witness import Point, random_point, value

PAIRS = [
    (name, cell)
    for name in builtin_presets()
    for cell in read_toml(HERE / "notations" / f"{name}.toml")["cells"]
]
MASK = (1, 0, 0.5, 1)


@cache
def renamed(name: str, cell: str) -> tuple[Preset, Cell, Cell]:
    own = Cell.load(cell)
    preset = read_preset(name, cell, own)
    return preset, own, preset.cell(own)


def test_the_five_notations_of_the_literature_are_there_each_with_a_source():
    assert builtin_presets() == ["d2l", "goodfellow", "lecture", "pascanu", "pytorch"]
    for name in builtin_presets():
        assert re.search(
            r"\d{4}|documentation|CS7015", read_toml(HERE / "notations" / f"{name}.toml")["source"]
        )


@pytest.mark.parametrize("name, cell", [pair for pair in PAIRS if pair[0] != "lecture"])
def test_every_derivation_is_certified_again_under_the_new_names(name, cell):
    preset, _, new = renamed(name, cell)
    found = certify_cell(new, seed=4)
    assert all(certificate.holds for certificate in found)
    assert all(certificate.of("ink") is not None for certificate in found)
    shown = " ".join(check.lhs + check.rhs for certificate in found for check in certificate.checks)
    gone = preset.names.keys() - {n for several in preset.names.values() for n in several}
    for old in gone - {*TIMES, *INDICES}:
        assert not re.search(rf"\b{old}\b(?!_)", shown), f"{old} is still printed"


def test_the_notation_of_the_lecture_is_that_of_its_cells():
    for name, cell in PAIRS:
        if name == "lecture":
            _, own, new = renamed(name, cell)
            assert new is own


@pytest.mark.parametrize("name, cell", PAIRS)
def test_gradients_are_those_of_the_cell_under_its_own_names(name, cell):
    preset, own, new = renamed(name, cell)
    network, other = own.unroll(4, MASK), new.unroll(4, MASK)
    at = random_point(network, 3)
    values = {}
    for v in network.given:
        first, *more = preset.names.get(v.name, (v.name,))
        key = (first,) if v.time is None else (first, int(v.time))
        share = 0.3 if more else 1.0  # a bias that became two is their sum
        values[other[key[0]] if len(key) == 1 else other[key]] = share * at.variable(v)
        values |= {other[n]: (1 - share) * at.variable(v) for n in more}
    point = Point(other, values, at.sizes)
    for v in network.given:
        truth = value(Total(network["L"], v), at)
        for written in preset.names.get(v.name, (v.name,)):
            w = other[written] if v.time is None else other[written, int(v.time)]
            np.testing.assert_allclose(value(Total(other["L"], w), point), truth, rtol=1e-12, atol=1e-14)


def write(folder: Path, cells: str, head: str = 'title = "t"\nsource = "s"\n') -> str:
    (folder / "mine.toml").write_text(head + cells)
    return str(folder / "mine.toml")


CLASHES = {
    "a time": ('[cells.elman]\ns = "k"', "s is to be written k, which is the letter of a time too; free: h"),
    "an index": (
        '[cells.elman]\ns = "q"',
        "s is to be written q, which is the index of an entry too; free: h",
    ),
    "an axis": (
        '[cells.elman]\ns = "d"',
        "s is to be written d, which is the size d of an axis too; free: h",
    ),
    "another symbol": ('[cells.elman]\ns = "a"', "s is to be written a, which is the name of a too; free: h"),
    "one for two": ('[cells.elman]\nU = "A"\nW = "A"', "which is the name of W too"),
    "twice": ('[cells.elman]\nb = ["b_h", "b_h"]', "which is the name of b too"),
    "the input": ('[cells.elman]\ns = "x"', "which is a symbol with a meaning of its own too"),
    "the loss": ('[cells.elman]\nW = "L"', "which is a symbol with a meaning of its own too"),
    "an adjoint": ('[cells.elman]\ns = "s_bar"', "which is the name of an adjoint too"),
    "a step": ('[cells.elman]\nW = "s_3"', "W is to be written s_3, which looks like s at step 3"),
    "classes and time": (
        'axes = { m = "k" }\n[cells.elman]',
        "m, the size of y, z, yhat, is to be written k, which is the letter of a time too; free: m",
    ),
    "a size and a state": ('axes = { d = "s" }\n[cells.elman]', "which is a symbol of the cell too; free: d"),
    "two sizes": ('axes = { d = "n" }\n[cells.elman]', "two axes are written alike: n"),
}


@pytest.mark.parametrize("name", CLASHES)
def test_a_name_with_two_meanings_is_refused_and_a_free_one_suggested(name, tmp_path):
    text, message = CLASHES[name]
    with pytest.raises(PresetError, match=re.escape(message)):
        read_preset(write(tmp_path, text), "elman", Cell.load("elman"))


MALFORMED = {
    "no source": ('title = "t"\n[cells.elman]', "the key 'source' is missing"),
    "no cells": ('title = "t"\nsource = "s"', "the key 'cells' is missing"),
    "an unknown key": ('title = "t"\nsource = "s"\ncopy = true\n[cells.elman]', "did you mean 'copies'?"),
    "copies as text": ('title = "t"\nsource = "s"\ncopies = "yes"\n[cells.elman]', "accepted: true or false"),
    "an empty title": ('title = " "\nsource = "s"\n[cells.elman]', "title has 0 characters"),
    "another cell": (
        'title = "t"\nsource = "s"\n[cells.lstm]',
        "nothing of the cell 'elman'; accepted: lstm",
    ),
    "no table": ('title = "t"\nsource = "s"\ncells = { elman = 3 }', "accepted: a table such as W"),
    "an unknown name": ('title = "t"\nsource = "s"\n[cells.elman]\nQ = "W"', "accepted: U, W, b, V, c, s, a"),
    "a name that stays": ('title = "t"\nsource = "s"\n[cells.elman]\nz = "o"', "keeps its name"),
    "a number": ('title = "t"\nsource = "s"\n[cells.elman]\nW = 3', "accepted: a plain symbol such as W_hh"),
    "markup": ("title = 't'\nsource = 's'\n[cells.elman]\nW = '\\input{x}'", "accepted: a plain symbol"),
    "three": ('title = "t"\nsource = "s"\n[cells.elman]\nb = ["f", "g", "h"]', "or two for a bias"),
    "two matrices": (
        'title = "t"\nsource = "s"\n[cells.elman]\nW = ["A", "B"]',
        "accepted: a bias that is a",
    ),
    "an axis as number": (
        'title = "t"\nsource = "s"\naxes = { m = 1 }\n[cells.elman]',
        "a plain symbol such as m",
    ),
    "no TOML": ("title = ", "not TOML"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_preset_gives_one_message_with_the_file_in_it(name, tmp_path):
    text, message = MALFORMED[name]
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        read_preset(write(tmp_path, text, ""), "elman", Cell.load("elman"))
    assert str(tmp_path / "mine.toml") in str(caught.value) and "\n" not in str(caught.value)


def test_axes_are_renamed_too(tmp_path):
    own = Cell.load("elman")
    new = read_preset(write(tmp_path, 'axes = { m = "c_o" }\n[cells.elman]'), "elman", own).cell(own)
    assert new.parameters["V"] == ("c_o", "d") and new.signals["yhat"] == ("c_o",)
    assert all(certificate.holds for certificate in certify_cell(new, steps=2))


JOB = """
title = "A job"
cell = "{cell}"
notation = "{notation}"
loss = "squared_error"
state = 3
{more}
[initial]
{state} = [0.3, -0.2, 0.5]
[sequence]
inputs = [[0.1, -0.3], [0.4, 0.2]]
targets = [[1, 2, 3, 4], [0, 1, 0, -1]]
[derive]
of = "L[2]"
wrt = {wrt}
"""


def job(folder: Path, **said):
    said = {"cell": "elman", "notation": "d2l", "more": "", "state": "h", "wrt": '["W_hh"]', **said}
    (folder / "job.toml").write_text(JOB.format(**said))
    return read_job(folder / "job.toml")


@pytest.mark.parametrize("state", ["s", "h"])
@pytest.mark.parametrize("wrt", ['["W", "b", "s0", "x2", "s[0]"]', '["W_hh", "b_h", "h0", "x2", "h[0]"]'])
def test_a_job_may_use_the_names_of_the_cell_or_of_the_notation(tmp_path, state, wrt):
    wrt = wrt.replace(', "s[0]"', "").replace(', "h[0]"', "")
    made = job(tmp_path, state=state, wrt=wrt)
    assert [str(v) for v in made.wrt] == ["W_hh", "b_h", "h[0]", "x[2]"]
    np.testing.assert_array_equal(made.values["h0"], [0.3, -0.2, 0.5])


def test_names_are_read_all_as_those_of_the_notation_or_all_as_those_of_the_cell():
    preset, _, new = renamed("goodfellow", "lstm")  # the state c is called s, the bias c_out is called c
    meant = {
        "c": "c", "c0": "s0", "c[2]": "s[2]", "s0": "s0", "i[1]": "g[1]", "W_g": "W_g", "W_i": "W_g",
        "x2": "x2", "L": "L",
        "W_g W": "W_g W", "W_i W_g W_f": "W_g W W_f",
        "c_out W_o c0": "c W_o s0", "W W_i": "W W_g", "Q W_i": "Q W_g",
    }  # fmt: skip
    assert {names: " ".join(preset.read(names.split(), new)) for names in meant} == meant
    assert preset.state("c", new) == preset.state("s", new) == "s"


def test_a_bias_that_became_two_stands_for_both(tmp_path):
    assert [str(v) for v in job(tmp_path, notation="pytorch", wrt='["b"]').wrt] == ["b_ih", "b_hh"]


def test_a_state_given_under_both_names_is_refused(tmp_path):
    with pytest.raises(JobError, match=r"\[initial\]: s and h are one name; accepted: one of them"):
        job(tmp_path, state="h = [1, 2, 3]\ns")


def test_a_job_names_what_it_accepts_as_a_notation(tmp_path):
    with pytest.raises(
        JobError, match=r"job file .*: there is no notation 'pytorhc'; .* did you mean 'pytorch'"
    ):
        job(tmp_path, notation="pytorhc")
    with pytest.raises(
        JobError, match=r"notation file .*: it says nothing of the cell 'jordan'; accepted: elman"
    ):
        job(tmp_path, cell="jordan")


def test_a_preset_of_ones_own_lies_beside_the_job(tmp_path):
    write(tmp_path, '[cells.elman]\nW = "R"')
    assert "R" in job(tmp_path, notation="mine.toml", state="s", wrt='["W"]').cell.parameters


def test_derive_prints_the_names_of_the_notation_and_takes_either(capsys):
    printed = set()
    for name in ("W", "W_rec"):
        assert main(["derive", "elman", "--notation", "pascanu", "--wrt", name, "--at", "2"]) == 0
        printed.add(capsys.readouterr().out)
    assert len(printed) == 1 and "∂⁺s_k/∂W_rec" in printed.pop()
    assert main(["derive", "elman", "--notation", "none"]) == 2
    assert "accepted: d2l, goodfellow, lecture, pascanu, pytorch" in capsys.readouterr().err
