"""The tester is tested: a rule, a function or a cell that is a little wrong is caught, and by name.

Errors are 0.1 %: the tolerance of a certificate is 1e-10, whoever is blind here is blind to anything.
"""

import importlib
import pkgutil
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sympy import Integer, Rational

import symrnn
from symrnn.certificate import TOLERANCE, CertificateError, certify
from symrnn.derivation import (
    BOOK,
    Derivation,
    K,
    OneStep,
    derivations,
    derive,
    rules,
    strategies,
)
from symrnn.derivation.entries import ENTRY_RULES, derive_entry
from symrnn.derivation.strategies import PRODUCT
from symrnn.model import HERE, Cell
from symrnn.model.cell import CellError
from symrnn.tensor import Immediate, Partial, Total, Zeros, contract, functions, hadamard, plus, scale
from symrnn.witness import random_point
from tests.reference import elman as reference

for module in pkgutil.iter_modules(rules.__path__):  # the book is complete once every page was opened
    importlib.import_module(f"symrnn.derivation.rules.{module.name}")

SEED = 11
WRONG = Rational(1001, 1000)
MASK = (1, 0, 0.5, 1)
ZERO_BY_NATURE = ("constant",)  # 1.001 times zero is zero; a wrong claim of zero is the control instead


def forget() -> None:
    """Empty what symrnn remembers: answers given under a wrong table, or under the right one before."""
    for module in [m for name, m in sys.modules.items() if name.split(".")[0] == "symrnn"]:
        for remembered in vars(module).values():
            if hasattr(remembered, "cache_clear"):
                remembered.cache_clear()


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    forget()
    yield
    forget()


@cache
def every_derivation() -> list[Derivation]:
    """Derivations that together use every rule, the shortest first."""
    made: list[Derivation] = []
    for loss in ("cross_entropy", "squared_error"):
        network = Cell.load("elman", "tanh", loss).unroll(4, MASK)
        made += [d for d in derivations(network) if isinstance(d, Derivation)]
    for gated in ("lstm", "gru"):
        step = OneStep(Cell.load(gated).unroll(4))
        made += [*step.edges.values(), *step.jacobians.values()]
    s, a, W = network["s", 2], network["a", 2], network["W"]
    condensed = network.condense({"s", "L"})
    made.append(derive(Partial(hadamard(s, contract(W, s)), s), network))
    made.append(derive(Partial(hadamard(a, s), a), network))
    made.append(derive(Total(network["s", 4], network["s", 1]), condensed, PRODUCT))
    return sorted(made, key=lambda d: len(d.steps))


def using(name: str) -> Derivation:
    """Return the shortest derivation that uses a rule."""
    found = [d for d in every_derivation() if any(step.rule.name == name for step in d.steps)]
    assert found, f"no derivation uses the rule {name!r}: a rule without a control"
    return found[0]


def again(derivation: Derivation, wrong: rules.Rule) -> Derivation:
    """Derive the same goal, one rule of the strategy replaced by a wrong one of the same name."""
    phases = tuple(
        replace(phase, rules=tuple(wrong if rule.name == wrong.name else rule for rule in phase.rules))
        for phase in derivation.strategy.phases
    )
    strategy = replace(derivation.strategy, phases=phases)
    return derive(derivation.goal, derivation.network, strategy, derivation.lemmas, derivation.times)


def scaled(rule: rules.Rule) -> rules.Rule:
    """Return a rule whose result is 0.1 % too large."""

    def rewrite(node, network):
        result = rule(node, network)
        return None if result is None else scale(WRONG, result)

    return rule.with_rewrite(rewrite)


@pytest.mark.parametrize("name", [name for name in sorted(BOOK) if name not in ZERO_BY_NATURE])
def test_a_rule_that_is_wrong_by_a_thousandth_is_caught_and_named(name):
    right = using(name)
    assert certify(right, seed=SEED).first_failure is None
    certificate = certify(again(right, scaled(BOOK[name])), seed=SEED)
    failure = certificate.first_failure
    assert failure is not None and failure.rule == name
    assert TOLERANCE < failure.deviation < 0.1
    with pytest.raises(CertificateError, match=re.escape(f'rule "{name}"')):
        certificate.require()


def claims_constant_where_it_occurs(node, network):
    match node:
        case Partial() | Immediate():
            return Zeros(node.shape)
    return None


def claims_independent_where_it_depends(node, network):
    match node:
        case Total(v, x) if v != x and network.parents(v):
            return Zeros(node.shape)
    return None


def sees_no_second_factor(node, network):
    result = BOOK["entrywise product"](node, network)
    return None if result is None else result.args[0]


def drops_a_loss_that_counts(node, network):
    result = BOOK["weight zero"](node, network)
    return None if result is None else plus(result.args[:-1])


def keeps_the_wrong_loss(node, network):
    result = BOOK["weight zero"](node, network)
    return None if result is None else plus([*result.args[:-1], node.instance(Integer(2))])


WRONG_ZEROS = {
    "constant": (claims_constant_where_it_occurs, 0),
    "base case": (claims_independent_where_it_depends, 0),
    "entrywise product": (sees_no_second_factor, -1),
}


@pytest.mark.parametrize("rewrite", [drops_a_loss_that_counts, keeps_the_wrong_loss])
def test_a_loss_that_counts_cannot_be_left_out(rewrite):
    candidates = [d for d in every_derivation() if any(step.rule.name == "weight zero" for step in d.steps)]
    assert len(candidates) == 10  # by U, W, b, V and c, with either loss
    for right in candidates:
        assert certify(right, seed=SEED).holds
        failure = certify(again(right, BOOK["weight zero"].with_rewrite(rewrite)), seed=SEED).first_failure
        assert failure is not None and failure.rule == "weight zero"


@pytest.mark.parametrize("name", sorted(WRONG_ZEROS))
def test_a_zero_that_is_claimed_wrongly_is_caught_and_named(name):
    rewrite, which = WRONG_ZEROS[name]
    candidates = [d for d in every_derivation() if any(step.rule.name == name for step in d.steps)]
    failure = certify(again(candidates[which], BOOK[name].with_rewrite(rewrite)), seed=SEED).first_failure
    assert failure is not None and failure.rule == name


def test_every_rule_of_the_book_has_a_control():
    assert set(ZERO_BY_NATURE) <= set(WRONG_ZEROS)
    for name in BOOK:
        assert using(name)


@pytest.mark.parametrize("position", range(len(ENTRY_RULES)), ids=[rule.name for rule in ENTRY_RULES])
def test_an_index_rule_that_is_wrong_by_a_thousandth_is_caught_and_named(position):
    network = Cell.load("elman", "tanh").unroll(4)
    right = ENTRY_RULES[position]

    def rewrite(node):
        result = right.rewrite(node)
        return result if result == node else WRONG * result

    wrong = (*ENTRY_RULES[:position], replace(right, rewrite=rewrite), *ENTRY_RULES[position + 1 :])
    goal = Immediate(network["s", K], network["W"])
    assert certify(derive_entry(goal, ("p", "q", "r"), network), seed=SEED).first_failure is None
    failure = certify(derive_entry(goal, ("p", "q", "r"), network, wrong), seed=SEED).first_failure
    assert failure is not None and failure.rule == right.name


def test_a_lemma_that_is_wrong_is_caught_where_it_is_used():
    one_lemma = (d for d in every_derivation() if len(d.lemmas) == 1)
    right = next(d for d in one_lemma if any(step.rule.name == "shown above" for step in d.steps))
    lemma = again(right.lemmas[0], scaled(right.lemmas[0].steps[-1].rule))
    wrong = derive(right.goal, right.network, right.strategy, (lemma,), right.times)
    failure = certify(wrong, seed=SEED).first_failure
    assert failure is not None and failure.rule == "shown above"


@pytest.mark.parametrize("name", functions.ACTIVATIONS)
def test_a_slope_that_is_wrong_by_a_thousandth_is_caught(name, monkeypatch):
    network = Cell.load("elman", name).unroll(4)
    goal = Immediate(network["s", 3], network["W"])
    assert certify(derive(goal, network), seed=SEED).holds
    row = functions.TABLE[name]
    monkeypatch.setitem(functions.TABLE, name, replace(row, derivative=lambda a: 1.001 * row.derivative(a)))
    failure = certify(derive(goal, network), seed=SEED).first_failure
    assert failure is not None and failure.rule == "entrywise function"


def test_a_sympy_element_that_is_wrong_is_seen_by_the_sympy_witness_alone(monkeypatch):
    network = Cell.load("elman", "sigmoid").unroll(4)
    row = functions.TABLE["sigmoid"]
    monkeypatch.setitem(functions.TABLE, "sigmoid", replace(row, element=lambda u: WRONG * row.element(u)))
    certificate = certify(derive(Immediate(network["s", 3], network["b"]), network), seed=SEED)
    assert {c.witness for c in certificate.checks if c.deviation > TOLERANCE} == {"SymPy"}


def test_a_value_that_is_no_number_is_a_failure(monkeypatch):
    network = Cell.load("elman", "tanh").unroll(4)
    row = functions.TABLE["tanh"]
    monkeypatch.setitem(
        functions.TABLE, "tanh", replace(row, derivative=lambda a: np.nan * row.derivative(a))
    )
    assert certify(derive(Immediate(network["s", 3], network["b"]), network), seed=SEED).first_failure


WRONG_CELLS = {
    "a wrong sign": [("+ W @ s[t-1]", "- W @ s[t-1]")],
    "a dropped bias": [("s[t-1] + b", "s[t-1]"), ('b = ["d"] ', "# ")],
    "a state of the step before": [("V @ s[t]", "V @ s[t-1]")],
    "a halved recurrence": [("+ W @ s[t-1]", "+ 1/2 * (W @ s[t-1])")],
}


def wrong_cell(name: str, folder: Path) -> Cell:
    """Return the built-in Elman cell with a few characters changed."""
    text = (HERE / "cells" / "elman.toml").read_text()
    for old, new in WRONG_CELLS[name]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "elman.toml").write_text(text)
    return Cell.load(folder / "elman.toml", "tanh", "squared_error")


def gradients_of(cell: Cell) -> dict[str, np.ndarray]:
    arrays, inputs, targets, initial = numbers()
    arrays = {name: arrays[name] for name in cell.parameters}
    return symrnn.gradients(cell, arrays, inputs, targets, initial={"s": initial}, mask=MASK)


def numbers():
    rng = np.random.default_rng(SEED)
    shapes = {"U": (3, 2), "W": (3, 3), "b": (3,), "V": (4, 3), "c": (4,)}
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return arrays, rng.normal(size=(4, 2)), rng.normal(size=(4, 4)), rng.normal(size=3)


def expected_gradients() -> dict[str, np.ndarray]:
    return reference.one_sweep(*numbers(), "tanh", "squared_error", MASK)


def test_the_right_cell_agrees_with_the_hand_written_reference():
    found, expected = gradients_of(Cell.load("elman", "tanh", "squared_error")), expected_gradients()
    for name in reference.GRADIENTS:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", WRONG_CELLS)
def test_only_the_hand_written_reference_protects_against_a_wrong_cell(name, tmp_path):
    cell = wrong_cell(name, tmp_path)
    network = cell.unroll(4, MASK)
    at = random_point(network, SEED)
    for derivation in derivations(network):
        assert certify(derivation, at).holds  # the wrong cell is differentiated rightly
    found, expected = gradients_of(cell), expected_gradients()
    difference = max(np.abs(found[name] - expected[name]).max() for name in found)
    assert difference > 0.01


def test_a_transposed_matrix_cannot_be_written_in_a_cell(tmp_path):
    text = (HERE / "cells" / "elman.toml").read_text().replace("W @ s[t-1]", "s[t-1] @ W")
    (tmp_path / "elman.toml").write_text(text)
    with pytest.raises(CellError, match="the right factor of @ must be a vector"):
        Cell.load(tmp_path / "elman.toml")


def test_the_strategies_name_no_rule_outside_the_book():
    used = [v for v in vars(strategies).values() if isinstance(v, strategies.Strategy)]
    assert used
    for strategy in used:
        for phase in strategy.phases:
            assert all(BOOK[rule.name] is rule for rule in phase.rules)
