"""Every law holds for cells drawn at random, the same ones in every run, and for those that once were wrong.

``RANDOM_CELLS=2000 python -m pytest tests/random_cells -n auto`` draws more than the usual 200 and certifies
every derivation of them.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, assume, find, given, note, seed, settings, strategies as st

from . import kept
from .check import NoProbe, check, read
from .strategy import cells

COUNT = int(os.environ.get("RANDOM_CELLS", 200))
CHUNKS = 20  # shared by the processes of pytest -n
LOSSES, ACTIVATIONS = ("cross_entropy", "squared_error"), ("tanh", "sigmoid", "identity")
REPRODUCIBLE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=-(-COUNT // CHUNKS),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_law_holds_for_cells_drawn_at_random(chunk):
    passed = set()

    @seed(chunk)
    @REPRODUCIBLE
    @given(cells(), st.sampled_from(LOSSES), st.sampled_from(ACTIVATIONS))
    def every_law_holds(text, loss, activation):
        assume(text not in passed)  # what was drawn differently may be written alike
        note(text)
        try:
            check(read(text, activation, loss), everything=COUNT > 200)
        except NoProbe:
            assume(False)
        passed.add(text)

    every_law_holds()
    assert len(passed) >= REPRODUCIBLE.max_examples


@pytest.mark.parametrize("name", kept.CELLS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_law_holds_for_cells_that_once_were_wrong(name, loss):
    check(read(kept.CELLS[name], loss=loss), everything=True)


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
