"""The language: shapes are checked at construction, nodes are values, builders drop zeros and identities."""

import pickle

import pytest
from sympy import Integer, Rational, Symbol

from symrnn.tensor import (
    Apply,
    Constant,
    Contraction,
    Derivative,
    Diagonal,
    Direct,
    Eye,
    Hadamard,
    Immediate,
    InputError,
    JacobianProduct,
    Ones,
    Outer,
    OverTime,
    Partial,
    Plus,
    Scale,
    ShapeError,
    Tensor,
    TimeSum,
    Total,
    Variable,
    Zeros,
    bound,
    contract,
    entry_of,
    hadamard,
    nodes as nodes,
    outer,
    plus,
    scale,
    time_symbol,
)

W, V, U = Variable("W", ("d", "d")), Variable("V", ("m", "d")), Variable("U", ("d", "n"))
b, x, L = Variable("b", ("d",)), Variable("x", ("n",), 2), Variable("L", (), 2)
k, j = time_symbol("k"), bound("j")


def s(time) -> Variable:
    return Variable("s", ("d",), time)


NODES = [
    *(W, s(3), s(k - 1), L),
    *(Zeros(("d", "n")), Ones(()), Ones(("d",)), Eye(("d",)), Eye(("d", "n"))),
    *(Plus(b, s(1)), Scale(Rational(1, 2), b), Contraction(V, W, b), Hadamard(b, s(1)), Outer(b, x)),
    *(Diagonal(b), Apply("tanh", b), Apply("tanh", b, 1, "sigma")),
    *(Partial(Plus(b, s(1)), b), Direct(s(2), s(1)), Immediate(s(k), W), Total(L, s(1))),
    *(TimeSum(s(j), j, 1, 4), JacobianProduct(Total(s(j), s(j - 1)), j, k + 1, 4)),
]


def subclasses(cls: type) -> set[type]:
    return {cls}.union(*(subclasses(c) for c in cls.__subclasses__()))


def test_the_examples_hold_every_class_of_node():
    families = {Tensor, Constant, Derivative, OverTime}
    ours = {cls for cls in subclasses(Tensor) if cls.__module__.startswith("symrnn.tensor.")}
    assert {type(node) for node in NODES} == ours - families


@pytest.mark.parametrize("node", NODES, ids=str)
def test_a_node_is_its_class_applied_to_its_arguments(node):
    again = node.func(*node.args)
    assert again == node and hash(again) == hash(node) and again.shape == node.shape


@pytest.mark.parametrize("node", NODES, ids=str)
def test_a_node_survives_pickling(node):
    again = pickle.loads(pickle.dumps(node))
    assert again == node and type(again) is type(node) and again.shape == node.shape


@pytest.mark.parametrize("node", NODES, ids=str)
def test_replacing_a_time_keeps_class_and_shape(node):
    instance = node.xreplace({k: Integer(3)})
    assert type(instance) is type(node) and instance.shape == node.shape and not instance.has(k)


SHAPES = [
    (Contraction(V, W, b), ("m",)),
    (Contraction(b, W), ("d",)),
    (Contraction(b, s(1)), ()),
    (Contraction(W, Outer(Diagonal(b), s(1))), ("d", "d", "d")),
    (Outer(b, x), ("d", "n")),
    (Diagonal(b), ("d", "d")),
    (Eye(("d", "n")), ("d", "n", "d", "n")),
    (Immediate(s(2), U), ("d", "d", "n")),
    (Total(L, W), ("d", "d")),
    (Total(s(2), s(1)), ("d", "d")),
    (Partial(Contraction(V, b), V), ("m", "m", "d")),
]


@pytest.mark.parametrize(("node", "shape"), SHAPES, ids=[str(node) for node, _ in SHAPES])
def test_the_shape_follows_the_numerator_layout(node, shape):
    assert node.shape == shape


MISFITS = [
    (lambda: Plus(b, x), r"cannot add \('d',\) and \('n',\)"),
    (lambda: Hadamard(b, x), r"cannot multiply \('d',\) and \('n',\) entrywise"),
    (lambda: Contraction(U, b), r"cannot contract \('d', 'n'\) with \('d',\)"),
    (lambda: Contraction(L, b), r"cannot contract \(\) with \('d',\)"),
    (lambda: Contraction(W, b, W), r"a vector cannot stand inside a product"),
    (lambda: Diagonal(W), r"diag needs a vector, not shape \('d', 'd'\)"),
    (lambda: JacobianProduct(U, j, 1, 4), r"square matrices, not shape \('d', 'n'\)"),
]


@pytest.mark.parametrize(("make", "message"), MISFITS, ids=[message for _, message in MISFITS])
def test_shapes_that_do_not_fit_are_refused_and_named(make, message):
    with pytest.raises(ShapeError, match=message):
        make()


@pytest.mark.parametrize(
    "name", ["", "a%b", "\\input{x}", "a b", "1a", "a_b_c_d_e_f", "x" * 13, "ä", "__import__"]
)
def test_a_name_that_is_no_plain_symbol_is_refused(name):
    with pytest.raises(ValueError, match="is not a plain symbol such as W"):
        Variable(name)


def test_a_derivative_is_by_a_variable_only():
    with pytest.raises(InputError, match="accepted: an expression by a variable"):
        Total(L, Plus(b, s(1)))


def test_the_bound_index_of_a_sum_captures_no_free_time():
    summed = TimeSum(Contraction(Total(s(k), s(bound("k"))), b), bound("k"), 1, k)
    at_four = summed.xreplace({k: Integer(4)})
    assert at_four.body == Contraction(Total(s(4), s(bound("k"))), b) and at_four.high == 4
    assert at_four.instance(2) == Contraction(Total(s(4), s(2)), b)
    assert bound("k") != k and Symbol("k") != k


def test_one_index_cannot_be_bound_twice():
    with pytest.raises(ValueError, match="used twice, one range inside the other"):
        TimeSum(TimeSum(s(j), j, 1, 4), j, 1, 4)


def test_a_free_index_becomes_a_bound_one_in_its_sum():
    assert TimeSum(s(k), k, 1, 4) == TimeSum(s(bound("k")), bound("k"), 1, 4)


BUILT = [
    (plus([b, Zeros(("d",)), Plus(s(1), s(2))]), Plus(b, s(1), s(2))),
    (plus([], ("d",)), Zeros(("d",))),
    (plus([b]), b),
    (plus([s(2), s(1)]), Plus(s(2), s(1))),
    (scale(2, Scale(3, b)), Scale(6, b)),
    (scale(1, b), b),
    (scale(0, b), Zeros(("d",))),
    (contract(V, contract(W, b)), Contraction(V, W, b)),
    (contract(contract(V, W), b), Contraction(V, W, b)),
    (contract(V, Eye(("d",)), b), Contraction(V, b)),
    (contract(Scale(2, V), Scale(3, b)), Scale(6, Contraction(V, b))),
    (contract(V, Zeros(("d", "n"))), Zeros(("m", "n"))),
    (contract(contract(b, W), contract(W, s(1))), Contraction(b, W, W, s(1))),
    (contract(Contraction(b, s(1)).func(b, W), W), Contraction(b, W, W)),
    (outer(Ones(()), b), b),
    (outer(b, Eye(())), b),
    (outer(Scale(2, b), Scale(3, x)), Scale(6, Outer(b, x))),
    (outer(b, Zeros(("n",))), Zeros(("d", "n"))),
    (hadamard(Ones(("d",)), b), b),
    (hadamard(b, Zeros(("d",))), Zeros(("d",))),
    (hadamard(Scale(-1, b), s(1)), Scale(-1, Hadamard(b, s(1)))),
]


@pytest.mark.parametrize(("found", "expected"), BUILT, ids=[str(expected) for _, expected in BUILT])
def test_builders_flatten_and_drop_and_keep_the_order(found, expected):
    assert found == expected


def test_a_product_is_not_continued_past_a_vector_that_closes_it():
    column = contract(W, b)
    assert contract(column, s(1)) == Contraction(column, s(1))
    assert contract(s(1), column) == Contraction(s(1), W, b)


def test_the_module_of_the_language_knows_its_variables():
    assert nodes.Contraction(W, s(2)).variables() == {W, s(2)}
    assert str(Total(s(k), s(k - 1))) == "Total(s[k], s[k - 1])"


@pytest.mark.parametrize("wrong", [0, -1, 1.5, Integer(0), Rational(1, 2), True])
def test_an_index_counts_entries_from_one(wrong):
    W = Variable("W", ("d", "d"))
    with pytest.raises(ShapeError, match=r"no entry .*; accepted: a letter, or a whole number"):
        entry_of(W, (1, wrong))
    assert str(entry_of(W, (1, Symbol("q")))) == "W[1, q]"
