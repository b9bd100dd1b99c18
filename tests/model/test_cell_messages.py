"""What is said of a cell file that cannot be read: the line, what was meant, which feature is missing."""

from pathlib import Path

import numpy as np
import pytest

from symrnn import gradients
from symrnn.cli import main
from symrnn.model import Cell, FileError, NetworkError
from symrnn.tensor import ShapeError

HEAD = '''\
name = "Mine"
source = """the tests; a text of several lines,
[equations]
s = "no equation"
"""
states = ["s"]
[parameters]
U = ["d", "n"]
P_f = ["d"]
W = ["d", "d"]
V = ["m", "d"]
[equations]   # line 12
'''
USUAL = 'a = "{}"\ns = "tanh(a[t]) * P_f"\nz = "V @ s[t]"\n'
RIGHT = "U @ x[t] + W @ s[t-1]"
EQUATIONS = {  # an equation of line 13, and what is said of it
    "a name in small letters": (
        "U @ x[t] + p_f * s[t-1]",
        ["there is no parameter 'p_f'", "did you mean P_f?"],
    ),
    "a name spelt wrong": ("U @ x[t] + W @ S[t-1]", ["there is no signal 'S'", "did you mean s[t - 1]?"]),
    "a signal without a time": ("U @ x[t] + W @ S", ["there is no parameter 'S'", "did you mean s[t]?"]),
    "* for @": ("U * x[t] + W @ s[t-1]", ["'U * x[t]'", "did you mean @, a matrix times a vector?"]),
    "@ for *": ("U @ x[t] + 2 @ s[t-1]", ["'2 @ s[t-1]'", "did you mean *?"]),
    "a quotient": ("U @ x[t] + s[t-1] / P_f", ["division by anything but a number", "a * exp(-log(b))"]),
    "a power": ("U @ x[t] + s[t-1] ** 2", ["powers are not in the language", "a * a"]),
    "the larger of two": ("max(U @ x[t], s[t-1])", ["max and min of two are not in", "relu(a - b)"]),
    "a transpose": ("U @ x[t] + W.T @ s[t-1]", ["'W.T'", "a transpose is not in the language"]),
    "a root": ("sqrt(U @ x[t])", ["no square root", "exp(1/2 * log(a))"]),
}


def cell(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("case", EQUATIONS)
def test_an_equation_is_named_by_its_line_and_by_what_was_meant(case, tmp_path):
    equation, pieces = EQUATIONS[case]
    with pytest.raises(FileError) as refused:
        Cell.load(cell(tmp_path, HEAD + USUAL.format(equation)))
    said = str(refused.value)
    assert "mine.toml, line 13, equation 'a': " in said
    assert all(piece in said for piece in pieces), said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('U = ["d", "n"]', 'U = ["d", "i"]', "mine.toml, line 8, [parameters]: the axis i of U"),
        ('W = ["d", "d"]', 'W = "d"', "mine.toml, line 10, [parameters]: the shape of W is 'd'"),
        ('V = ["m", "d"]', 'V = ["m", "d"]\nQ = ["d"]', "mine.toml, line 12: the parameter Q occurs in no"),
    ],
)
def test_a_parameter_is_named_by_its_line(old, new, said, tmp_path):
    text = (HEAD + USUAL.format(RIGHT)).replace(old, new)
    with pytest.raises(FileError) as refused:
        Cell.load(cell(tmp_path, text))
    assert said in str(refused.value)


def test_a_layer_is_named_by_its_own_line(tmp_path):
    cell(tmp_path, HEAD + USUAL.format("U @ x[t] + Q @ s[t-1]"))
    stack = tmp_path / "stack.toml"
    stack.write_text('name = "Two"\nsource = "the tests"\nlayers = ["elman", "mine.toml"]\n')
    with pytest.raises(FileError, match=r"mine\.toml, line 13, equation 'a'"):
        Cell.load(stack)


@pytest.mark.parametrize("more", ["", "[signals]\ny = []\n"])
def test_scores_that_are_a_number_are_refused_as_such(more, tmp_path):
    text = HEAD.replace('V = ["m", "d"]', 'V = ["d"]').replace("[parameters]", f"{more}[parameters]")
    with pytest.raises(FileError, match=r"is a number, but the loss adds over .* of size 1") as e:
        Cell.load(cell(tmp_path, text + USUAL.format(RIGHT)))
    assert "e[t]" not in str(e.value)


def test_a_step_before_the_first_is_refused_as_such(capsys):
    for at in ("0", "-1"):
        assert main(["derive", "elman", "--at", at]) == 2
        said = capsys.readouterr().err
        assert "--at" in said and "1 to 1" not in said
    with pytest.raises(NetworkError, match="accepted: step 1"):
        Cell.load("elman").unroll(1)["L", 2]


def test_one_shape_is_offered_once():
    shapes = {"U": (3, 2), "W": (3, 3), "b": (3,), "V": (4, 3), "c": (4,)}
    parameters = {name: np.ones(shape) for name, shape in shapes.items()}
    with pytest.raises(ShapeError, match=r"accepted: \(5,\)$"):
        gradients(Cell.load("elman"), parameters, np.ones((5, 2)), np.zeros(5, int), mask=np.ones(4))
