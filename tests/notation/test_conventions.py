"""Layouts, conventions and copies: printed, read back as stated, and told apart from each other."""

import ast
import inspect
import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from symrnn import certificate
from symrnn.certificate import TOLERANCE, certify, certify_cell, check_ink
from symrnn.derivation import BOOK, Derivation, K, Sentence, derivations, derive
from symrnn.derivation.strategies import PRODUCT
from symrnn.document import catalogue
from symrnn.model import USUAL, Cell, Conventions, in_force, under
from symrnn.model.letters import SUMS
from symrnn.notation import (
    brackets,
    entries as entry_layout,
    entry_layout as entry_tree,
    layout,
    line,
    matrix,
    orientation,
    text,
)
from symrnn.report import wording
from symrnn.tensor import Eye, Immediate, Total, entry_of, index
from symrnn.witness import ReadbackError, ink_value, random_point, value
from tests.witness import test_loosened_printer as controls

SEED = 9
MASK = (1, 0, 0.5, 1)
STATED = {
    "copies": Conventions(copies=True),
    "gradient": Conventions(layout="gradient"),
    "row": Conventions(convention="row"),
    "gradient, row": Conventions(layout="gradient", convention="row"),
    "all": Conventions(True, "gradient", "row"),
}
each = pytest.mark.parametrize("how", STATED.values(), ids=STATED)
NETWORK = Cell.load("elman", "tanh").unroll(4, MASK)
STATIONS = NETWORK.condense({"s", "L"})
POINT = random_point(NETWORK, SEED)
PRODUCT_OF_JACOBIANS = derive(Total(NETWORK["s", 4], NETWORK["s", 1]), STATIONS, PRODUCT)
W, U, V, b = (POINT.variable(NETWORK[name]) for name in "WUVb")
s, x = ({t: POINT.variable(NETWORK[n, t]) for t in range(1, 5)} for n in "sx")
s[0] = POINT.variable(NETWORK["s", 0])


@each
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_every_derivation_of_a_simple_cell_is_certified_as_stated(how, loss):
    network = Cell.load("elman", "sigmoid", loss).unroll(4, MASK)
    at = random_point(network, SEED)
    with under(how):
        found = [certify(derivation, at) for derivation in derivations(network)]
    assert all(one.holds for one in found)
    assert sum(check.witness == "ink" for one in found for check in one.checks) > 100


@pytest.mark.parametrize(
    "cell, how",
    [
        ("gru", "all"),
        *(pytest.param("lstm", how, marks=pytest.mark.deep) for how in ("gradient", "row", "copies")),
    ],
)
def test_every_derivation_of_a_gated_cell_is_certified_as_stated(cell, how):
    with under(STATED[how]):
        assert all(one.holds for one in certify_cell(Cell.load(cell), seed=SEED))


@each
def test_every_expression_of_the_printer_controls_is_printed_and_read_as_stated(how):
    with under(how):
        assert {words: d for words, d in controls.deviations().items() if not d <= TOLERANCE} == {}


FORWARD = {
    "operator": ["U x_t + W s_{t-1} + b", "σ(a_t)", "V s_t + c", "softmax(z_t)", "- y_tᵀ log(ŷ_t)"],
    "row": ["x_t U + s_{t-1} W + b", "σ(a_t)", "s_t V + c", "softmax(z_t)", "- log(ŷ_t) y_tᵀ"],
}


@pytest.mark.parametrize("convention", FORWARD)
def test_forward_equations_are_written_from_the_side_that_is_stated(convention):
    with under(Conventions(convention=convention)):
        assert [text(layout(e.expression)) for e in NETWORK.step] == FORWARD[convention]


def side_by_side(goal, how):
    with under(how):
        derivation = derive(goal, NETWORK)
        lhs, rhs = line(derivation.goal, derivation.steps[0].after)
        return text(lhs), text(rhs)


def test_the_first_step_of_a_gradient_is_written_as_each_layout_has_it():
    goal = Total(NETWORK["L", 4], NETWORK["b"])
    assert side_by_side(goal, USUAL)[1] == "∂L_4/∂s_4 · ∂s_4/∂b"
    assert side_by_side(goal, STATED["gradient"])[1] == "(∂s_4/∂b)ᵀ · ∂L_4/∂s_4"
    assert side_by_side(goal, STATED["row"])[1] == "∂s_4/∂b · ∂L_4/∂s_4"
    assert side_by_side(goal, STATED["gradient, row"])[1] == "∂L_4/∂s_4 · (∂s_4/∂b)ᵀ"


def test_results_are_written_as_each_layout_has_them():
    step = derive(Total(NETWORK["s", K], NETWORK["s", K - 1]), NETWORK).result
    use = derive(Immediate(NETWORK["s", K], NETWORK["W"]), NETWORK).result
    output = derive(Total(NETWORK["L", K], NETWORK["z", K]), NETWORK).result
    shown = {}
    for name, how in {"usual": USUAL, **STATED}.items():
        with under(how):
            shown[name] = [text(layout(tensor)) for tensor in (step, use, output)]
    column = ["diag(σ'(a_k)) W", "diag(σ'(a_k)) ⊗ s_{k-1}"]
    row = ["W diag(σ'(a_k))", "s_{k-1} ⊗ diag(σ'(a_k))"]
    assert shown["usual"][:2] == shown["gradient"][:2] == column
    assert shown["row"][:2] == shown["all"][:2] == row


def test_the_explicit_derivative_by_a_copy_has_no_plus_sign():
    with under(STATED["copies"]):
        assert text(layout(Immediate(NETWORK["s", 3], NETWORK["W"]))) == "∂s_3/∂W^{(3)}"
        assert text(layout(Immediate(NETWORK["s", 3], NETWORK["s", 2]))) == "∂⁺s_3/∂s_2"
        entry = entry_of(Immediate(NETWORK["s", K], NETWORK["W"]), ("p", "q", "r"))
        assert text(entry_tree(entry, SUMS)) == "∂s_{k,p}/∂W_qr^{(k)}"


def test_a_sum_that_would_reach_too_far_is_bracketed_on_the_side_where_it_is_read():
    sums = controls.TimeSum(NETWORK["s", 2].at(controls.bound("j")), controls.bound("j"), 1, 4)
    product = controls.Contraction(NETWORK["W"], sums)
    assert text(layout(product)) == "W Σ_{j=1}^{4} s_j"
    with under(STATED["row"]):
        assert text(layout(product)) == "(Σ_{j=1}^{4} s_j) W"


# what ink means, against NumPy written by hand


def test_a_parameter_of_the_row_convention_is_the_transposed_array():
    with under(STATED["row"]):
        np.testing.assert_allclose(ink_value(r"x_{2} \, U + s_{1} \, W + b", POINT), U @ x[2] + W @ s[1] + b)
        assert ink_value("W_{qr}", POINT, {}, {"q": 1, "r": 3}) == W[2, 0]
        np.testing.assert_allclose(ink_value("s_{1}^{\\top} \\, x_{2}", POINT), np.outer(x[2], s[1]))
        with pytest.raises(ReadbackError, match="a column"):
            ink_value("s_{1}^{\\top} \\, W", POINT)
        with pytest.raises(ReadbackError):
            ink_value(r"W \, s_{1}", POINT)


def test_the_gradient_by_a_vector_is_a_column_in_the_gradient_layout_and_a_row_in_the_other():
    of, state = NETWORK["L", 2], NETWORK["s", 2]
    inner = float(s[1] @ value(Total(of, state), POINT))
    slope = r"\frac{\partial \mathcal{L}_{2}}{\partial s_{2}}"
    cases = {
        ("numerator", "operator"): rf"{slope} \, s_{{1}}",
        ("gradient", "operator"): rf"s_{{1}}^{{\top}} \, {slope}",
        ("numerator", "row"): rf"s_{{1}} \, {slope}",
        ("gradient", "row"): rf"{slope} \, s_{{1}}^{{\top}}",
    }
    for stated in cases:
        with under(Conventions(False, *stated)):
            for meant, source in cases.items():
                if meant == stated:
                    np.testing.assert_allclose(ink_value(source, POINT), inner, rtol=1e-12)
                else:
                    assert not is_number(source), f"{source} has a value, stated {stated}"


def is_number(source) -> bool:
    try:
        return ink_value(source, POINT).ndim == 0
    except ReadbackError:
        return False


def by_hand(step: int, upto: int) -> np.ndarray:
    """∂s_upto/∂W with W perturbed at one step only, by complex step through a forward pass written here."""
    found = np.zeros((3, 3, 3))
    for q, r in np.ndindex(3, 3):
        state = s[0].astype(complex)
        for t in range(1, upto + 1):
            copy = W.astype(complex)
            copy[q, r] += 1e-30j * (t == step)
            state = np.tanh(U @ x[t] + copy @ state + b)
        found[:, q, r] = state.imag / 1e-30
    return found


@pytest.mark.parametrize("step, upto", [(3, 3), (2, 3), (1, 4), (4, 3)])
def test_a_copy_is_a_parameter_of_one_step_whose_effect_travels_on(step, upto):
    source = rf"\frac{{\partial s_{{{upto}}}}}{{\partial W^{{({step})}}}}"
    with under(STATED["copies"]):
        np.testing.assert_allclose(ink_value(source, POINT), by_hand(step, upto), rtol=1e-12, atol=1e-14)


BAD_COPIES = {
    "no copies are stated": (r"\frac{\partial s_{3}}{\partial W^{(3)}}", USUAL),
    "∂⁺ by W, where copies are stated": (r"\frac{\partial^{+} s_{3}}{\partial W^{(3)}}", STATED["copies"]),
    "no copy of W for step 5": (r"\frac{\partial s_{3}}{\partial W^{(5)}}", STATED["copies"]),
    "no copy of W for step 0": (r"\frac{\partial s_{3}}{\partial W^{(0)}}", STATED["copies"]),
    "no copy of x for step 3": (r"\frac{\partial s_{3}}{\partial x_{3}^{(3)}}", STATED["copies"]),
    "outside a derivative": (r"W^{(3)} \, s_{2}", STATED["copies"]),
    "at an expression": (r"\frac{\partial (W \, s_{2})}{\partial W^{(3)}}", STATED["copies"]),
    "bound to nothing": (r"\frac{\partial s_{3}}{\partial W^{(k)}}", STATED["copies"]),
}


@pytest.mark.parametrize("message", BAD_COPIES)
def test_a_copy_that_means_nothing_has_no_value(message):
    source, how = BAD_COPIES[message]
    with under(how), pytest.raises(ReadbackError, match=message):
        ink_value(source, POINT)


# negative controls: a view that does not do as stated is caught by the ink

CALLS = {
    f"{module.__name__.rpartition('.')[2]}: {function.name}, line {call.lineno - function.lineno}": (
        module,
        (call.lineno, call.col_offset),
    )
    for module in (brackets, matrix, orientation, entry_layout)
    for function in ast.walk(ast.parse(inspect.getsource(module)))
    if isinstance(function, ast.FunctionDef)
    for call in ast.walk(function)
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "in_force"
}
HARMLESS = {"matrix: layout": "passes on what is in force, as the key of what is remembered"}


@pytest.fixture
def forgetting():
    """Forget what was printed, before and after a view is made wrong."""

    def forget():
        for module in (matrix, certificate):
            for remembered in vars(module).values():
                if hasattr(remembered, "cache_clear"):
                    remembered.cache_clear()

    forget()
    yield forget
    forget()


def failures(how) -> list[str]:
    """What the ink does not confirm of derivations that use every notation."""
    made = [
        PRODUCT_OF_JACOBIANS,
        derive(Immediate(NETWORK["s", K], NETWORK["W"]), NETWORK),
        derive(Total(NETWORK["L", 4], NETWORK["W"]), NETWORK),
    ]
    with under(how):
        found = [check for one in made for check in certify(one, POINT).checks]
        eye = Eye(NETWORK["U"].shape)
        found.append(check_ink(1, "identity", eye, eye, POINT, [{}]))
        bad = [check.rule for check in found if not check.deviation <= TOLERANCE]
        assert all(c.witness == "ink" for c in found if not c.deviation <= TOLERANCE)
        entries = [
            entry_of(Immediate(NETWORK["s", 2], NETWORK["W"]), ("p", "q", "r")),
            entry_of(NETWORK["W"], ("q", "r")),
        ]
        symbols = {index("p"): 1, index("q"): 1, index("r"): 3}
        at = POINT.of(STATIONS)
        for entry in entries:
            expected = controls.entry_value(entry, at, symbols)
            try:
                read = ink_value(controls.latex(entry_tree(entry, SUMS)), at, {}, {"p": 1, "q": 1, "r": 3})
            except ReadbackError:
                read = np.inf
            bad += [str(entry)] * (not abs(float(read) - float(expected)) <= TOLERANCE)
        return bad + [w for w, d in controls.deviations().items() if not d <= TOLERANCE]


@each
def test_what_the_controls_print_is_right(how):
    assert failures(how) == []


@pytest.mark.parametrize("place", [p for p in CALLS if p.rpartition(",")[0] not in HARMLESS])
def test_a_place_in_the_views_that_ignores_what_is_stated_is_caught_by_the_ink(
    place, monkeypatch, forgetting
):
    module, position = CALLS[place]

    def ignoring():
        frame = sys._getframe(1)
        here = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        return USUAL if (here[0], here[2]) == position else in_force()

    monkeypatch.setattr(module, "in_force", ignoring)
    assert any(failures(how) for how in STATED.values())


def test_each_harmless_place_is_still_there():
    assert set(HARMLESS) <= {place.rpartition(",")[0] for place in CALLS}


WRONG_COPIES = {
    "the mark is dropped": lambda right: lambda tree, step: tree,
    "a step too early": lambda right: lambda tree, step: right(tree, step - 1),
}


@pytest.mark.parametrize("name", WRONG_COPIES)
@pytest.mark.parametrize("module", [matrix, entry_layout])
def test_a_copy_without_its_step_or_of_another_one_is_caught_by_the_ink(
    name, module, monkeypatch, forgetting
):
    monkeypatch.setattr(module, "copy_of", WRONG_COPIES[name](module.copy_of))
    assert failures(STATED["copies"])


@pytest.mark.parametrize("stated", STATED)
def test_ink_that_was_printed_under_another_statement_does_not_pass(stated, monkeypatch, forgetting):
    for other in (USUAL, *STATED.values()):
        if other != STATED[stated]:
            forgetting()
            for module in (brackets, matrix, orientation, entry_layout):
                monkeypatch.setattr(module, "in_force", lambda other=other: other)
            assert failures(STATED[stated]), f"printed as {other}, read as {stated}"


# what is said


def test_no_rule_speaks_of_left_and_right_where_products_are_written_the_other_way():
    spoken = [rule.statement for rule in BOOK.values()]
    for derivation in (PRODUCT_OF_JACOBIANS, *derivations(NETWORK)):
        lines = derivation.lines() if isinstance(derivation, Derivation) else derivation.lines
        spoken += [sentence.words for one in lines for sentence in one.reason]
    sided = [words for words in spoken if re.search(r"\b(left|right)\b(?!-hand)(?<!is left)", words)]
    assert set(sided) == set(catalogue("en").tables["any_order"])
    for how in (STATED["gradient"], STATED["row"]):
        with under(how):
            assert not set(sided) & {wording.worded((Sentence(words),))[0] for words in sided}
    assert [wording.worded((Sentence(words),)) for words in sided] == [(words,) for words in sided]


def test_the_statement_ends_with_the_block_even_after_an_error():
    with pytest.raises(ZeroDivisionError), under(STATED["all"]):
        assert in_force() == STATED["all"]
        raise ZeroDivisionError
    assert (
        in_force() == USUAL == replace(STATED["all"], copies=False, layout="numerator", convention="operator")
    )
