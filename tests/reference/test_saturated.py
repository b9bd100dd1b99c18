"""Every engine keeps ten digits of every entry where gates, logits and states saturate."""

import numpy as np
import pytest

import symrnn

from . import precise
from .saturated import CASES, SIZES, point, seeds

TOLERANCE = 1e-10


def case(name, way, start, seed=0, activation="tanh"):
    """Return a cell, arguments of the numeric interface, and the gradients in 400 digits."""
    cell = symrnn.Cell.load(name, activation=activation)
    p, x, initial = point(cell.parameters, name, way, start, seed)
    y = np.eye(SIZES["m"])[symrnn.forward(cell, p, x, np.zeros((len(x), 4)) + 0.25)["yhat"].argmax(-1)]
    return cell, (p, x, y), {"initial": initial}, precise.CELLS[name](p, x, y, initial, activation)


def assert_close(found, expected):
    errors = {name: precise.relative_error(found[name], array) for name, array in expected.items()}
    worst = max(errors, key=errors.get)
    assert errors[worst] < TOLERANCE, (worst, errors[worst])


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize(("name", "way"), CASES)
def test_gradients(name, way, start):
    for seed in seeds(name, way):
        cell, given, options, expected = case(name, way, start, seed)
        assert_close(symrnn.gradients(cell, *given, **options), expected)


@pytest.mark.parametrize("activation", ["sigmoid", "identity"])
@pytest.mark.parametrize("way", [way for name, way in CASES if name == "elman"])
def test_gradients_of_other_activations(way, activation):
    cell, given, options, expected = case("elman", way, 1, activation=activation)
    assert_close(symrnn.gradients(cell, *given, **options), expected)
