"""What nobody can read is not expanded: refused at once, with what would work."""

import time

import pytest

from symrnn.cli import main
from symrnn.derivation import DerivationError, derive
from symrnn.model import Cell, OrderedNetwork
from symrnn.tensor import Total

AT_ONCE = 30.0  # seconds, on a busy machine; the expansions themselves take from half a minute to hours


@pytest.fixture(scope="module")
def elman() -> OrderedNetwork:
    return Cell.load("elman").unroll(500)


GOALS = {
    "a loss by a matrix": (("L", 500), ("W", None), "L[500] by W has 500 paths, at most 20", "L[20] by W"),
    "a loss by a bias": (("L", 21), ("b", None), "L[21] by b has 21 paths, at most 20", "L[20] by b"),
    "a state by the first": (("s", 500), ("s", 0), "a path of 500 edges, at most 21", "s[21] by s[0]"),
    "a loss by the first state": (("L", 500), ("s", 0), "a path of 501 edges", "L[20] by s[0]"),
    "a loss by an input": (("L", 500), ("x", 1), "a path of 501 edges", "L[20] by x[1]"),
}


@pytest.mark.parametrize("case", GOALS)
def test_an_expansion_beyond_reading_is_refused_at_once_and_says_what_works(case, elman):
    of, wrt, *said = GOALS[case]
    start = time.perf_counter()
    with pytest.raises(DerivationError, match="the backward sweep") as refused:
        derive(Total(elman[of], elman[wrt]), elman)
    assert time.perf_counter() - start < AT_ONCE
    assert all(piece in str(refused.value) for piece in said)


def test_what_the_refusal_names_is_expanded(elman):
    for of, wrt in ((("L", 20), ("W", None)), (("s", 21), ("s", 0)), (("L", 20), ("x", 1))):
        assert derive(Total(elman[of], elman[wrt]), elman).is_closed


def test_short_paths_at_a_late_step_are_derived(elman):
    assert derive(Total(elman["L", 500], elman["V"]), elman).is_closed
    assert derive(Total(elman["L", 500], elman["s", 490]), elman).is_closed


def test_a_number_of_paths_is_no_page_of_digits():
    network = Cell.load("lstm").unroll(200)
    with pytest.raises(DerivationError, match="more than a million paths") as refused:
        derive(Total(network["L", 200], network["W_f"]), network)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("view", ["paths", "scalar"])
@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_the_command_refuses_500_steps_and_offers_the_sweep(cell, view, capsys):
    start = time.perf_counter()
    assert main(["derive", cell, "--of", "L", "--at", "500", "--view", view]) == 2
    assert time.perf_counter() - start < AT_ONCE
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "view sweep" in said and "can be read" in said
