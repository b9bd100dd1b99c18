"""Bad input of every kind: one message that says where, what was found and what is accepted; nothing is written."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational

from symrnn.algebra import scale
from symrnn.cell import HERE
from symrnn.cli import main
from symrnn.rules import BOOK

WRONG = Rational(1001, 1000)
OLD_FILES = {"report.pdf": b"%PDF old", "report.tex": b"old \\bye", "certificate.json": b"{}\n"}
TWO_STEPS = "inputs = [[0.4, -1.0], [1.5, 0.2]]"
TARGETS = "targets = [[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0]]"
STATE = "s = [0.3, -0.2, 0.5]"
MASK = "mask = [0.5, 1]"
WRT = 'wrt = ["b"]'
OF = 'of = "L[2]"'
A = "U @ x[t] + W @ s[t-1] + b"

JOBS = {
    "not TOML": ([('"A small job"', '"A small job')], ["not TOML", "line 1"]),
    "a missing key": ([('title = "A small job"\n', "")], ["the key 'title' is missing"]),
    "an unknown key": ([("activation =", "activaton =")], ["'activaton'", "did you mean 'activation'?"]),
    "text for a number": ([("state = 3", 'state = "three"')], ["'three'", "accepted: a whole number"]),
    "true for a number": ([("seed = 7", "seed = true")], ["seed is true or false", "accepted: a whole number"]),
    "an unknown kind": ([('"derivation"', '"derivate"')], ["'derivate'", "accepted: derivation"]),
    "an unknown activation": ([('"tanh"', '"tan"')], ["'tan'", "accepted: tanh, sigmoid"]),
    "an unknown loss": ([('"cross_entropy"', '"l2"')], ["'l2'", "accepted: cross_entropy"]),
    "an unknown cell": ([('"elman"', '"elmann"')], ["'elmann'", "did you mean 'elman'?"]),
    "no state": ([("state = 3", "state = 0")], ["axis d has size 0", "accepted: 1 to"]),
    "a huge state": ([("state = 3", "state = 1000")], ["size 1000", "accepted: 1 to"]),
    "a negative seed": ([("seed = 7", "seed = -7")], ["seed is -7", "accepted: 0 to"]),
    "a title that is a book": ([("A small job", "x" * 301)], ["301 characters", "at most 300"]),
    "no steps": ([(TWO_STEPS, "inputs = []"), (TARGETS, "targets = []")], ["0 steps", "accepted: 1 to"]),
    "too many steps": ([(TWO_STEPS, f"inputs = {[[1.0, 2.0]] * 9}")], ["9 steps", "accepted: 1 to"]),
    "one target too few": (
        [(TARGETS, "targets = [[0.1, 0.9, 0, 0]]")],
        ["2 inputs but 1 targets", "accepted: one target per input"],
    ),
    "inputs of two lengths": ([("[1.5, 0.2]", "[1.5]")], ["step 2: 1 entries", "accepted: 2"]),
    "an input that is true": ([("[1.5, 0.2]", "[1.5, true]")], ["[1.5, True]", "accepted: a word"]),
    "an input that is a date": ([("[1.5, 0.2]", "1999-12-31")], ["datetime.date(1999", "accepted: a word"]),
    "NaN in the inputs": ([("[1.5, 0.2]", "[1.5, nan]")], ["item 2, item 2", "nan is not a finite number"]),
    "infinity in the targets": ([("[0.0, 1.0, 0.0, 0.0]", "[0.0, inf, 0.0, 0.0]")], ["inf is not a finite"]),
    "NaN in the initial state": ([("-0.2, 0.5]", "-0.2, nan]")], ["[initial], s, item 3", "finite"]),
    "infinity in the mask": ([(MASK, "mask = [0.5, inf]")], ["mask, item 2", "finite"]),
    "targets that sum to two": ([("0.0, 1.0, 0.0, 0.0", "1.0, 1.0, 0.0, 0.0")], ["add up to 2", "accepted with"]),
    "a class without a vocabulary": ([(TARGETS, "targets = [0, 1]")], ["class 0", "accepted: a vocabulary"]),
    "a class outside the vocabulary": (
        [(TARGETS, 'targets = [0, 2]\nvocabulary = ["a", "b"]')],
        ["step 2: class 2 does not exist", "accepted: 0 to 1"],
    ),
    "a word outside the vocabulary": (
        [(TARGETS, 'targets = ["a", "c"]\nvocabulary = ["a", "b"]')],
        ["'c' is no word", "accepted: a, b"],
    ),
    "a word twice": ([(MASK, f'{MASK}\nvocabulary = ["a", "a"]')], ["a word twice", "['a', 'a']"]),
    "a mask too long": ([(MASK, "mask = [1, 0, 1]")], ["[1, 0, 1]", "accepted: 2 numbers"]),
    "a mask of zeros": ([(MASK, "mask = [0, 0]")], ["[0, 0]", "accepted: 2 numbers, not all zero"]),
    "a mask of words": ([(MASK, 'mask = ["a", "b"]')], ["['a', 'b']", "accepted: 2 numbers"]),
    "an unknown state": ([(STATE, "h = [1, 2, 3]")], ["unknown key 'h'", "accepted: s"]),
    "a state of the wrong size": ([(STATE, "s = [1, 2]")], ["[1, 2]", "accepted: 3 numbers"]),
    "a loss that is none": ([(OF, 'of = "s[2]"')], ["'s[2]'", "accepted: the loss of a step"]),
    "an unknown variable": ([(OF, 'of = "Q[2]"')], ["no signal 'Q'", "it has"]),
    "a step that does not exist": ([(OF, 'of = "L[9]"')], ["no value at step 9", "steps 1 to 2"]),
    "code as a variable": ([(OF, "of = \"__import__('os')\"")], ["__import__('os')", "write a name such as W"]),
    "TeX as a variable": ([(OF, 'of = "\\\\input{x}"')], ["input{x}", "write a name such as W"]),
    "an unknown parameter": ([(WRT, 'wrt = ["Q"]')], ["no signal 'Q'", "it has"]),
    "by what is computed": ([(WRT, 'wrt = ["s[1]"]')], ["'s[1]'", "accepted: U, W, b, V, c, s0"]),
    "by a later input": ([(OF, 'of = "L[1]"'), (WRT, 'wrt = ["x2"]')], ["does not depend on x[2]", "accepted"]),
    "by a target": ([(WRT, 'wrt = ["y1"]')], ["'y1'", "accepted: U"]),
    "the same twice": ([(WRT, 'wrt = ["b", "b"]')], ["['b', 'b']", "twice"]),
    "by nothing": ([(WRT, "wrt = []")], ["wrt is []", "accepted: a list of names"]),
    "parameters that are not there": ([("seed = 7", 'parameters = "no.npz"')], ["no.npz", "accepted: an .npz file"]),
    "a sequence that is a number": ([("[sequence]", "[course]")], ["course is a table", "accepted: text"]),
}  # fmt: skip

CELLS = {
    "an unknown function": ('"sigma(a[t])"', '"foo(a[t])"', ["equation 's'", "'foo'", "there are sigma"]),
    "shapes that do not fit": (A, "U @ s[t-1]", ["equation 'a'", "'U @ s[t-1]'", "('d', 'n') with ('d',)"]),
    "a sum of two shapes": (A, "b + x[t]", ["equation 'a'", "('d',) and ('n',)"]),
    "TeX as a name": ("[parameters]", "[parameters]\n'\\input{/etc/passwd}' = ['d']", ["passwd", "such as W"]),
    "a comment sign in a name": ("[parameters]", "[parameters]\n'a%b' = ['d']", ["'a%b'", "such as W"]),
    "a name of Python's": ("[parameters]", "[parameters]\n__import__ = ['d']", ["__import__", "such as W"]),
    "a reserved name": ("[parameters]", "[parameters]\nsigma = ['d']", ["sigma", "is taken; reserved"]),
    "a signal that is not defined": (A, "q[t] + b", ["no signal 'q'", "here one may use x[t]"]),
    "a signal before its definition": (A, "s[t] + b", ["s[t] before its definition", "accepted: s[t-1]"]),
    "an equation in terms of itself": (A, "a[t] + b", ["no signal 'a' yet", "here one may use"]),
    "a parameter that is not there": (A, "Q @ x[t]", ["no parameter 'Q'", "here one may use U"]),
    "a signal without its time": (A, "U @ x", ["the signal x needs a time", "x[t] or x[t-1]"]),
    "a parameter with a time": (A, "U[t] @ x[t]", ["the parameter U has no time", "write U"]),
    "a time two steps back": (A, "W @ s[t-2]", ["'t-2'", "a time is t or t-1"]),
    "the input of the step before": (A, "U @ x[t-1]", ["x[t - 1] is not available", "accepted: x[t]"]),
    "an import": (A, "__import__('os')", ["__import__('os')", "accepted: a parameter"]),
    "an attribute": (A, "b.real", ["'b.real'", "accepted: a parameter"]),
    "a lambda": (A, "(lambda: b)()", ["lambda", "accepted: a parameter"]),
    "a method call": (A, "b.dot(b)", ["'b.dot(b)'", "accepted: a parameter"]),
    "a comprehension": (A, "[b for b in b]", ["for b in b", "accepted: a parameter"]),
    "a power": (A, "b ** 9999999", ["'b ** 9999999'", "accepted: a parameter"]),
    "a text in an equation": (A, "'b'", ["\"'b'\"", "accepted: a parameter"]),
    "a keyword argument": (A, "sigma(a=b)", ["'sigma(a=b)'", "accepted: a parameter"]),
    "an equation that is none": (A, "U @", ["'U @'", "accepted: a parameter"]),
    "a division by zero": (A, "b / 0", ["'b / 0'", "accepted: a parameter"]),
    "a number that is infinite": (A, "1e999 * b", ["'1e999'", "must be finite"]),
    "a number alone": (A, "3", ["'3'", "a number alone has no shape"]),
    "brackets without end": (A, "(" * 500 + "b" + ")" * 500, ["nested 500 deep", "at most 60"]),
    "brackets that fill the page": (A, "(" * 10_000 + "b" + ")" * 10_000, ["20001 characters", "at most 2000"]),
    "signs without end": (A, "-" * 1_900 + "b", ["equation 'a'", "accepted"]),
    "an equation without end": (A, "b + " * 1_000 + "b", ["4001 characters", "at most 2000"]),
    "an equation that is a number": (f'"{A}"', "3", ["equation 'a'", "accepted: text"]),
    "three axes": ('["d", "n"]', '["d", "n", "m"]', ["the shape of U", "accepted: such as"]),
    "an axis that is a number": ('["d", "n"]', '["d", 2]', ["the shape of U", "accepted: such as"]),
    "a parameter that is not used": (A, "W @ s[t-1] + b", ["the parameter U occurs in no equation"]),
    "no logits": ('z = "V @ s[t] + c"', 'o = "V @ s[t] + c"', ["reads the logits z", "add an equation z"]),
    "no states": ('states = ["s"]', "states = []", ["states []", "must be one or more"]),
    "a state without an equation": ('states = ["s"]', 'states = ["s", "h"]', ["the state h has no equation"]),
    "a misspelt table": ("[equations]", "[equation]", ["'equation'", "did you mean 'equations'?"]),
    "a name that is a list": ('name = "Elman"', 'name = ["Elman"]', ["name is a list", "accepted: text"]),
}  # fmt: skip

OPTIONS = {
    "an unknown engine": (["report", "JOB", "--engine", "word"], ["--engine", "'word'", "choose from"]),
    "an unknown format": (["report", "JOB", "--format", "docx"], ["--format", "'docx'", "accepted: pdf"]),
    "a seed that is no number": (["report", "JOB", "--seed", "x"], ["--seed", "'x'", "accepted"]),
    "an unknown option": (["report", "JOB", "--verbose"], ["--verbose", "--help"]),
    "an unknown command": (["print", "JOB"], ["'print'", "choose from"]),
    "a command without its job": (["report"], ["JOB.toml", "--help"]),
    "a job that is not there": (["report", "no.toml"], ["no.toml", "give the path of a .toml file"]),
    "an unknown view": (["derive", "elman", "--view", "side"], ["--view", "'side'", "choose from"]),
    "an unknown cell": (["derive", "elmann"], ["'elmann'", "did you mean 'elman'?"]),
    "an unknown signal": (["derive", "elman", "--of", "Q"], ["no signal 'Q'", "it has"]),
    "an unknown variable": (["derive", "elman", "--wrt", "Q"], ["no signal 'Q'", "it has"]),
    "a step beyond the last": (["derive", "elman", "--at", "9", "--steps", "4"], ["step 9", "steps 1 to 4"]),
    "the step nought": (["derive", "elman", "--at", "0"], ["L has no value at step 0", "steps 1 to"]),
    "no steps": (["derive", "elman", "--steps", "-1"], ["-1", "at least 1"]),
    "a size too large": (["derive", "elman", "--size", "d=99"], ["--size", "'d=99'", "accepted"]),
    "by what it does not depend on": (
        ["derive", "elman", "--at", "2", "--steps", "4", "--wrt", "x3"],
        ["L[2]", "x[3]", "does not depend"],
    ),
    "of what is given": (["derive", "elman", "--of", "x", "--wrt", "W"], ["x[4]", "no equation"]),
    "a loss for a job": (["verify", "JOB", "--loss", "squared_error"], ["--loss", "a job file says its own"]),
    "a file that is neither": (["verify", "OTHER"], ["other.toml", "neither a job nor a cell"]),
    "a cell file that is not there": (["verify", "no.toml"], ["no.toml", "give the path"]),
}


def run(arguments: list[str], capsys) -> tuple[int, str]:
    """Return exit code and what was said on the way."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code)
    return code, capsys.readouterr().err


def refuse(arguments: list[str], capsys, *pieces: str, folder: Path) -> None:
    """Run a command that is to be refused, and check that old files are as they were."""
    for name, content in OLD_FILES.items():
        (folder / name).write_bytes(content)
    before = sorted(folder.iterdir())
    code, said = run(arguments, capsys)
    assert code == 2, said
    assert said.startswith("symrnn: ") and said.count("symrnn: ") == 1
    assert said.count("\n") == 1, "one message, one line"
    assert "Traceback" not in said and len(said) < 1000
    for piece in pieces:
        assert piece in said
    assert sorted(folder.iterdir()) == before
    for name, content in OLD_FILES.items():
        assert (folder / name).read_bytes() == content


@pytest.mark.parametrize("case", JOBS)
def test_a_job_that_cannot_be_used_is_refused_with_one_message(case, job_file, capsys):
    changes, pieces = JOBS[case]
    file = job_file(*changes)
    refuse(["report", str(file)], capsys, "job.toml", *pieces, folder=file.parent)


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_that_cannot_be_used_is_refused_with_one_message(case, job_file, capsys):
    old, new, pieces = CELLS[case]
    text = (HERE / "cells" / "elman.toml").read_text()
    assert text.count(old) == 1
    file = job_file(('"elman"', '"mine.toml"'))
    (file.parent / "mine.toml").write_text(text.replace(old, new))
    refuse(["report", str(file)], capsys, "mine.toml", *pieces, folder=file.parent)
    refuse(["derive", str(file.parent / "mine.toml")], capsys, "mine.toml", *pieces, folder=file.parent)


@pytest.mark.parametrize("case", OPTIONS)
def test_an_option_that_does_not_fit_is_refused_with_one_message(case, job_file, capsys):
    arguments, pieces = OPTIONS[case]
    file = job_file()
    other = file.parent / "other.toml"
    other.write_text("colour = 'blue'\n")
    named = {"JOB": str(file), "OTHER": str(other)}
    refuse([named.get(a, a) for a in arguments], capsys, *pieces, folder=file.parent)


FILES = {
    "binary": (b"\x89PNG\r\n\x1a\n\xff\xfe", ["is not UTF-8"]),
    "huge": (b"title = '" + b"x" * 2_000_000 + b"'", ["2000010 bytes", "at most"]),
    "deep": (b"title = " + b"[" * 10_000 + b"]" * 10_000, ["nested too deeply"]),
    "empty": (b"", ["the key 'title' is missing"]),
    "text": (b"Dear reader,\n", ["not TOML"]),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_job_is_refused_with_one_message(case, tmp_path, capsys):
    content, pieces = FILES[case]
    (tmp_path / "job.toml").write_bytes(content)
    refuse(["report", str(tmp_path / "job.toml")], capsys, "job.toml", *pieces, folder=tmp_path)


def test_a_folder_given_as_a_job_is_refused_with_one_message(job_file, capsys):
    folder = job_file().parent
    refuse(["report", str(folder)], capsys, str(folder), "give the path of a .toml file", folder=folder)
    refuse(["verify", str(folder)], capsys, str(folder), folder=folder)


def test_a_folder_given_as_a_cell_is_refused_with_one_message(job_file, capsys):
    file = job_file(('"elman"', '"mine.toml"'))
    (file.parent / "mine.toml").mkdir()
    refuse(["report", str(file)], capsys, "mine.toml", "give the path", folder=file.parent)


ARRAYS = {
    "a wrong shape": ({"W": np.ones((3, 4))}, ["W has shape (3, 4)", "shape (3, 3)"]),
    "NaN": ({"b": np.array([1.0, np.nan, 2.0])}, ["b", "finite numbers"]),
    "objects": ({"W": np.array([[{}]], dtype=object)}, ["cannot be read", "accepted: an .npz file"]),
    "text": ({"b": np.array(["x", "y", "z"])}, ["b", "finite numbers"]),
    "a name too many": ({"Q": np.ones(3)}, ["holds", "Q", "accepted: exactly U, W, b, V, c"]),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_parameters_that_do_not_fit_are_refused_with_one_message(case, job_file, capsys):
    changes, pieces = ARRAYS[case]
    shapes = {"U": (3, 2), "W": (3, 3), "b": (3,), "V": (4, 3), "c": (4,)}
    file = job_file(("seed = 7", 'parameters = "weights.npz"'))
    np.savez(file.parent / "weights.npz", **{n: np.ones(s) for n, s in shapes.items()} | changes)
    refuse(["report", str(file)], capsys, "weights.npz", *pieces, folder=file.parent)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\x80\x04K\x01."], ids=["empty", "zip", "pickle"])
def test_parameters_that_are_no_archive_are_refused_with_one_message(content, job_file, capsys):
    file = job_file(("seed = 7", 'parameters = "weights.npz"'))
    (file.parent / "weights.npz").write_bytes(content)
    refuse(["report", str(file)], capsys, "weights.npz", "accepted: an .npz file", folder=file.parent)


def test_parameters_in_a_single_array_are_refused_with_one_message(job_file, capsys):
    file = job_file(("seed = 7", 'parameters = "weights.npy"'))
    np.save(file.parent / "weights.npy", np.ones(3))
    refuse(["report", str(file)], capsys, "weights.npy", "accepted: an .npz file", folder=file.parent)


@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_an_output_folder_that_is_a_file_is_refused_with_one_message(out, job_file, capsys):
    file = job_file()
    (file.parent / "taken").write_text("a file in the way")
    arguments = ["report", str(file), "--out", str(file.parent / out), "--format", "tex"]
    refuse(arguments, capsys, out, "accepted: a folder", folder=file.parent)


def test_pdflatex_that_is_not_installed_is_refused_with_one_message(job_file, capsys, monkeypatch, tmp_path):
    file = job_file()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("pdflatex") is None
    arguments = ["report", str(file), "--engine", "pdflatex"]
    refuse(arguments, capsys, "no pdflatex on PATH", "typst", folder=file.parent)


def test_a_step_that_does_not_hold_stops_the_report_and_is_named(job_file, capsys, monkeypatch):
    file = job_file()
    for name, content in OLD_FILES.items():
        (file.parent / name).write_bytes(content)
    before = sorted(file.parent.iterdir())
    rule = BOOK["explicit + implicit"]
    monkeypatch.setattr(type(rule), "__call__", thousandth_too_large(rule.name))
    code, said = run(["report", str(file)], capsys)
    assert code == 1
    assert said.startswith("symrnn: a step does not hold; nothing was written")
    assert 'rule "explicit + implicit"' in said and "step 2" in said
    assert "exceeds 1e-10" in said and "deviation" in said
    lines = said.splitlines()
    assert lines[-2].strip().startswith("∂") and lines[-1].strip().startswith("=")
    assert sorted(file.parent.iterdir()) == before
    for name, content in OLD_FILES.items():
        assert (file.parent / name).read_bytes() == content


def thousandth_too_large(name: str):
    """Return how a rule is applied where the one of this name is 0.1 % wrong."""

    def call(self, node, network):
        result = self.rewrite(node, network)
        if result is None or result == node:
            return None
        return scale(WRONG, result) if self.name == name else result

    return call
