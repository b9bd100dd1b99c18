"""What a notebook and a prompt show is short and says what it is; natural mistakes are told what to write."""

from pathlib import Path

import numpy as np
import pytest

import symrnn
from symrnn import Cell, Immediate, SymrnnError, Total, certify, derive, element, gradients
from symrnn.derivation import entry_by_entry
from symrnn.model import builtin_cells
from symrnn.witness import random_point

CELL = Cell.load("elman")
NETWORK = CELL.unroll(4)
ARRAYS = {"U": np.ones((3, 2)), "W": np.ones((3, 3)), "b": np.ones(3), "V": np.ones((4, 3)), "c": np.ones(4)}


@pytest.mark.parametrize("shown", [repr, str])
def test_a_derivation_shows_goal_result_and_number_of_steps_in_one_line(shown):
    derivation = derive(Immediate(NETWORK["s", 3], NETWORK["b"]), NETWORK)
    assert shown(derivation) == f"Derivation(∂⁺s_3/∂b = diag(σ'(a_3)), {len(derivation.steps)} steps)"
    paths = shown(derive(Total(NETWORK["L", 4], NETWORK["W"]), NETWORK))
    assert paths.startswith("Derivation(∂L_4/∂W = ∂L_4/∂s_4 · Σ_{k=1}^{4} ∂s_4/∂s_k · ∂⁺s_k/∂W, ")


def test_a_long_result_is_cut():
    network = Cell.load("lstm").unroll(3)
    shown = repr(derive(Total(network["L", 3], network["W_f"]), network))
    assert shown.startswith("Derivation(∂L_3/∂W_f = ") and "…, " in shown and shown.endswith(" steps)")
    assert len(shown) < 150 and "\n" not in shown


@pytest.mark.parametrize("name", builtin_cells())
def test_cells_and_networks_show_themselves_in_one_line_and_their_equations_in_a_notebook(name):
    cell = Cell.load(name)
    network = cell.unroll(3)
    assert repr(cell).startswith(f"Cell({cell.name}, ") and "\n" not in repr(cell)
    assert repr(network) == f"OrderedNetwork({cell.name}, 3 steps, {3 * len(cell.step) + 1} equations)"
    for shown in (cell._repr_latex_(), network._repr_latex_()):
        assert shown.startswith("$$") and shown.endswith("$$")
        assert shown.count("&=") == len(cell.step)
        for equation in cell.step:
            assert f"{symrnn.in_latex(equation.target)} &= {symrnn.in_latex(equation.expression)}" in shown
    assert r"t = 1, \dots, 3" in network._repr_latex_()


def test_derivations_show_every_line_with_its_rule_in_a_notebook():
    derivation = derive(Immediate(NETWORK["s", 3], NETWORK["W"]), NETWORK)
    entries = entry_by_entry(derivation)
    for made in (derivation, entries):
        shown = made._repr_latex_()
        assert shown.startswith("$$") and shown.endswith("$$") and made.latex() in shown
    assert derivation._repr_latex_().count("&=") == len(derivation.lines())
    assert entries._repr_latex_().count("&=") == len(entries.lines)
    for claim in entries.lines:
        assert rf"\text{{{claim.rule}}}" in entries.latex()
    assert repr(entries) == f"EntryDerivation(∂⁺s_3/∂W, entry p, q, r, {len(entries.lines)} lines)"


def test_certificates_and_points_say_what_they_are():
    at = random_point(NETWORK)
    assert repr(at) == "Point(Elman, 4 steps, n = 2, d = 3, m = 4, seed 0)"
    certificate = certify(derive(Immediate(NETWORK["s", 3], NETWORK["b"]), NETWORK), at)
    assert "holds" in repr(certificate) and "<table>" in certificate._repr_html_()


def test_the_package_lists_its_public_names():
    public = [name for name in dir(symrnn) if not name.startswith("_")]
    assert public == sorted(name for name in symrnn.__all__ if not name.startswith("_"))
    assert {"Cell", "derive", "certify", "gradients", "forward", "SymrnnError"} <= set(public)
    assert all(hasattr(symrnn, name) for name in public)


MISTAKES = {
    "a cell by its name": (lambda: gradients("elman", ARRAYS, [[0, 0]], [1]), r"Cell\.load\('elman'\)"),
    "a network for a cell": (lambda: gradients(NETWORK, ARRAYS, [[0, 0]], [1]), r"Cell\.load\('elman'\)"),
    "parameters without names": (lambda: gradients(CELL, [1.0], [[0, 0]], [1]), "parameters are no mapping"),
    "an initial state without a name": (
        lambda: gradients(CELL, ARRAYS, [[0, 0]], [1], initial=np.ones(3)),
        "initial are no mapping; accepted: arrays by name",
    ),
    "a goal in words": (lambda: derive("dL/dW"), r"'dL/dW' is no expression; .*Total\(network\['L', 4\]"),
    "a goal in words, with a network": (lambda: derive("dL/dW", NETWORK), "is no expression"),
    "names in a derivative": (lambda: Total("L", "W"), r"cannot differentiate 'L' by 'W'; .* network\['W'\]"),
    "a name behind a derivative": (lambda: Immediate(NETWORK["s", 2], "W"), "by 'W'; accepted: "),
    "the sweep of a cell": (lambda: symrnn.backward(CELL), r"cell\.unroll\(4\)"),
    "a cell for a network": (
        lambda: derive(Total(NETWORK["L", 4], NETWORK["W"]), CELL),
        r"cell\.unroll\(4\)",
    ),
    "an entry of words": (lambda: element("s", ("p",)), "'s' is no expression"),
    "a network to certify": (
        lambda: certify(NETWORK),
        r"is no derivation; .* certify\(derive\(",
    ),
    "a cell to certify": (lambda: certify(CELL), "is no derivation"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_natural_mistake_is_told_what_to_write(mistake):
    call, words = MISTAKES[mistake]
    with pytest.raises(SymrnnError, match=words) as caught:
        call()
    assert len(str(caught.value)) < 300


def test_the_package_says_that_it_is_typed():
    assert (Path(symrnn.__path__[0]) / "py.typed").is_file()
