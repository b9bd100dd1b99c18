"""Every engine keeps ten digits of every entry where gates, logits and states saturate."""

from functools import cache

import numpy as np
import pytest

import symrnn
from symrnn.derivation import adjoint, backward
from symrnn.tensor import Total
from symrnn.witness import Point, value

from . import precise
from .saturated import CASES, SIZES, point, seeds

TOLERANCE = 1e-10


@cache
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


def whole_point(cell, given, options):
    """Return the network of a case, and the point with its numbers."""
    p, x, y = given
    network = cell.unroll(len(x))
    numbers = {name: {None: array} for name, array in p.items()}
    numbers |= {state: {0: array} for state, array in options["initial"].items()}
    numbers |= {"x": dict(enumerate(x, start=1)), "y": dict(enumerate(y, start=1))}
    times = {v: None if v.time is None else int(v.time) for v in network.given}
    return network, Point(network, {v: numbers[v.name][t] for v, t in times.items()}, SIZES)


def by_variable(network, expected, worth):
    """Return what ``worth`` says of every parameter, initial state and input, under the keys of gradients."""
    found = {"x": np.stack([worth(network["x", t]) for t in range(1, network.steps + 1)])}
    for name in expected.keys() - {"x"}:
        start = name.endswith("0")
        found[name] = worth(network[name[:-1], 0] if start else network[name])
    return found


def by_complex_step(cell, given, options, expected):
    network, at = whole_point(cell, given, options)
    return by_variable(network, expected, lambda v: value(Total(network["L"], v), at))


def by_derived_sweep(cell, given, options, expected):
    network, at = whole_point(cell, given, options)
    swept = at.of(backward(network))
    return by_variable(network, expected, lambda v: swept.variable(adjoint(v)))


def by_gradients(cell, given, options, expected):
    return symrnn.gradients(cell, *given, **options)


def by_chunks(cell, given, options, expected):
    return symrnn.truncated_gradients(cell, *given, truncation=len(given[1]), kind="chunk", **options)


def by_lags(cell, given, options, expected):
    return symrnn.truncated_gradients(cell, *given, truncation=len(given[1]), kind="lag", **options)


def by_contributions(cell, given, options, expected):
    return {
        name: symrnn.contributions(cell, *given, name, **options).sum(axis=(0, 1)) for name in cell.parameters
    }


ENGINES = (by_complex_step, by_derived_sweep, by_gradients, by_chunks, by_lags, by_contributions)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "way"), CASES)
def test_every_engine_keeps_ten_digits_of_every_gradient(name, way, engine):
    for seed in seeds(name, way):
        for start in (0, 1) if engine in (by_complex_step, by_gradients) else (seed % 2,):
            cell, given, options, expected = case(name, way, start, seed)
            found = engine(cell, given, options, expected)
            assert_close(found, {key: array for key, array in expected.items() if key in found})


@pytest.mark.parametrize("engine", [by_complex_step, by_derived_sweep, by_gradients])
@pytest.mark.parametrize("activation", ["sigmoid", "identity"])
@pytest.mark.parametrize("way", [way for name, way in CASES if name == "elman"])
def test_so_does_every_activation(way, activation, engine):
    cell, given, options, expected = case("elman", way, 1, activation=activation)
    assert_close(engine(cell, given, options, expected), expected)


@pytest.mark.parametrize("way", [way for name, way in CASES if name == "elman"])
def test_each_contribution_keeps_them_and_so_do_adjoints(way):
    cell, given, options, _ = case("elman", way, 1)
    parts = precise.elman_contributions(*given, options["initial"], "tanh")
    found = symrnn.contributions(cell, *given, "W", **options)
    adjoints = symrnn.adjoints(cell, *given, **options)
    bias = 0
    for (t, k), part in parts.items():
        if k:
            assert precise.relative_error(found[t - 1, k - 1], part["W"]) < TOLERANCE
            bias = bias + part["b"] if k == 1 else bias
    assert precise.relative_error(adjoints["a"][0], bias) < TOLERANCE


def test_a_statement_that_takes_a_slope_from_a_value_is_caught():
    cell, given, options, expected = case("elman", "open at 40", 1)
    s = symrnn.forward(cell, *given, **options)["s"]
    steep = symrnn.adjoints(cell, *given, **options)["s"] * (1 - s**2)  # what is lost is 1 - 1
    with pytest.raises(AssertionError):
        assert_close({"b": steep[1:].sum(axis=0)}, {"b": expected["b"]})
