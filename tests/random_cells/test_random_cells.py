"""Every law holds for cells drawn at random, some fresh in every run, and for cells that once were wrong.

Fresh cells are drawn by a seed that a run prints in its header and in every failure: ``RANDOM_CELLS_SEED=…``
draws them again. ``make deep`` draws 500 of them; ``RANDOM_CELLS=2000 make deep`` more.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, assume, find, given, note, seed, settings, strategies as st

from tests import FRESH_SEED

from . import kept
from .check import FEW, SEVERAL, NoProbe, check, read
from .strategy import cells

SEED = os.environ[FRESH_SEED]
CHUNK = 5  # cells of one test: tests are what the processes of pytest -n share
FIXED, FRESH, MANY = 40, 20, int(os.environ.get("RANDOM_CELLS", 500))
LOSSES, ACTIVATIONS = ("cross_entropy", "squared_error"), ("tanh", "sigmoid", "identity")
REPRODUCIBLE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=CHUNK,
    suppress_health_check=list(HealthCheck),
)
FIRST = settings(REPRODUCIBLE, phases=[Phase.generate])  # what is drawn first, as it comes


def hold_every_law(drawn_by: int | str, certified: int) -> None:
    """Hold some cells to every law, those that a seed draws."""
    passed = {find(cells(), bool, settings=FIRST)}  # the same whatever the seed: no cell to count

    @seed(drawn_by)
    @REPRODUCIBLE
    @given(cells(), st.sampled_from(LOSSES), st.sampled_from(ACTIVATIONS))
    def every_law_holds(text, loss, activation):
        if text in passed:  # what was drawn differently may be written alike, or be drawn again
            return
        note(text)
        try:
            check(read(text, activation, loss), certified)
        except NoProbe:
            assume(False)
        passed.add(text)

    every_law_holds()
    assert len(passed) > CHUNK // 2


def hold_every_law_of_fresh_cells(chunk: str, certified: int) -> None:
    try:
        hold_every_law(f"{SEED} {chunk}", certified)
    except BaseException as failure:
        failure.add_note(f"To draw these cells again: {FRESH_SEED}={SEED}")
        raise


@pytest.mark.parametrize("chunk", range(FIXED // CHUNK))
def test_every_law_holds_for_cells_drawn_at_random(chunk):
    hold_every_law(chunk, FEW)


@pytest.mark.parametrize("chunk", range(FRESH // CHUNK))
def test_every_law_holds_for_cells_that_are_drawn_in_this_run(chunk):
    hold_every_law_of_fresh_cells(f"few {chunk}", FEW)


@pytest.mark.deep
@pytest.mark.parametrize("chunk", range(-(-MANY // CHUNK)))
def test_every_law_holds_for_many_cells_that_are_drawn_in_this_run(chunk):
    hold_every_law_of_fresh_cells(f"many {chunk}", SEVERAL)


@pytest.mark.parametrize(
    "name, loss",
    [
        pytest.param(name, loss, marks=[pytest.mark.deep] * ((n + m) % 2))
        for n, name in enumerate(kept.CELLS)
        for m, loss in enumerate(LOSSES)
    ],
)
def test_every_law_holds_for_cells_that_once_were_wrong(name, loss):
    check(read(kept.CELLS[name], loss=loss))


FEATURES = {
    "three states": lambda text: '"s", "h", "c"' in text,
    "an axis of its own": lambda text: 's = ["e"]' in text and 'h = ["l"]' in text,
    "a gate": lambda text: "sigmoid(" in text and "(1 - " in text,
    "a matrix used twice": lambda text: text.count("W @") > 1,
    "a matrix on a compound vector": lambda text: "@ (" in text,
    "a peephole": lambda text: "b * s[t-1]" in text,
    "a skip from the input to the logits": lambda text: "@ x[t]" in text.split("\nz = ")[-1].split("\n")[0],
    "a state behind the logits": lambda text: text.find("\nz = ") < text.rfind("\ns = "),
    "a state that reads the logits": lambda text: "z[t]" in text,
    "a state that nothing reads": lambda text: '"h"' in text and "h[t" not in text,
    "a scalar product": lambda text: "\no = " in text,
    **{f: lambda text, f=f: f"{f}(" in text for f in ("relu", "exp", "log", "softmax", "identity")},
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_cells_that_are_drawn_have_every_feature(feature):
    options = settings(REPRODUCIBLE, max_examples=5000, phases=[Phase.generate])
    find(cells(), FEATURES[feature], settings=options)
