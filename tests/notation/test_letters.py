"""The letters of indices: none of them is a letter of the cell, in no formula."""

from __future__ import annotations

import re

import pytest

from symrnn.certificate import certify
from symrnn.derivation import EntryDerivation, derivations
from symrnn.model import Cell, builtin_cells
from symrnn.model.letters import Letters
from symrnn.notation import entry_line, latex

KEYS = """\
name = "Keys"
source = "made for this test: its names are the usual letters of indices"
states = ["k"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
p = ["d"]
q_r = ["d"]
V = ["m", "d"]
[equations]
i = "sigmoid(U @ x[t] + W @ k[t-1] + p)"
j = "tanh(W @ k[t-1] + q_r * k[t-1])"
k = "i[t] * j[t] + k[t-1]"
z = "V @ k[t]"
"""


def test_the_usual_letters_are_taken_where_they_are_free():
    assert Letters.beside(["W", "s", "b"]).entries == ("p", "q", "r")
    assert Letters.beside(["W", "s", "b"]).sums[:2] == ("i", "j")


def test_names_their_scripts_and_axes_are_left_out():
    free = Letters.beside(["W_i", "p_f", "c_out", "d", "alpha"])
    assert free.entries == ("q", "r", "u")
    assert not {"i", "p", "f", "c", "d", "alpha", *free.entries} & set(free.sums)


@pytest.mark.parametrize(
    "name", (*(pytest.param(c, marks=pytest.mark.deep) for c in builtin_cells()), "keys")
)
def test_no_index_of_a_printed_line_is_a_letter_of_the_cell(name, tmp_path):
    file = tmp_path / "keys.toml"
    file.write_text(KEYS)
    network = Cell.load(file if name == "keys" else name).unroll(3)
    known = {part for v in (*network.given, *network.order) for part in v.name.split("_")}
    for found in derivations(network):
        if isinstance(found, EntryDerivation):
            inks = [latex(tree) for x in found.lines for tree in entry_line(x.lhs, x.rhs, found.letters)]
            summed = {letter for ink in inks for letter in re.findall(r"\\sum_\{\\?(\w+)=", ink)}
            assert not known & (summed | set(map(str, found.indices))), found.goal
            if name == "keys":
                assert certify(found).require()
