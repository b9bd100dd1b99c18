"""Ordered networks: order, parents, dependence, paths and condensation, counted by hand."""

import pytest
from sympy import Integer

from symrnn.derivation import element
from symrnn.model import STEP, Cell, Equation, NetworkError, OrderedNetwork
from symrnn.tensor import Immediate, ShapeError, Total, Variable, contract, plus, time_symbol

T = 4
k = time_symbol("k")


@pytest.fixture(scope="module")
def network() -> OrderedNetwork:
    return Cell.load("elman", "tanh", "cross_entropy").unroll(T)


@pytest.fixture(scope="module")
def condensed(network) -> OrderedNetwork:
    return network.condensed


def two_states() -> OrderedNetwork:
    """Return u_t from u_{t-1} and v_{t-1}, and v_t from v_{t-1} and u_t, three times, and a loss."""
    names = {n: (lambda t, n=n: Variable(n, ("d",), t)) for n in "uvx"}
    u, v, x = names["u"], names["v"], names["x"]
    step = (
        Equation(u(STEP), plus((u(STEP - 1), v(STEP - 1), x(STEP)))),
        Equation(v(STEP), plus((v(STEP - 1), u(STEP)))),
        Equation(Variable("L", (), STEP), contract(u(STEP), v(STEP))),
    )
    equations = tuple(e.at(Integer(t)) for t in (1, 2, 3) for e in step)
    given = (u(0), v(0), *(x(t) for t in (1, 2, 3)))
    return OrderedNetwork("Two", equations, step, given, ("u", "v"), 3)


def test_the_order_of_computation_is_step_after_step(network):
    step = ("a", "s", "z", "yhat", "L")
    assert [str(v) for v in network.order] == [f"{n}[{t}]" for t in range(1, T + 1) for n in step] + ["L"]


def test_a_step_uses_what_its_equation_names(network):
    assert network.parents(network["a", 2]) == [
        *(network["U"], network["x", 2], network["W"], network["s", 1], network["b"])
    ]
    assert network.parents(network["z", 2]) == [network["V"], network["s", 2], network["c"]]
    assert network.parents(network["x", 2]) == []


def test_condensing_makes_the_intermediates_transparent(network, condensed):
    assert condensed.intermediates(network["s", 2]) == [network["a", 2]]
    assert [str(v) for v in condensed.parents(network["s", 2])] == ["U", "x[2]", "W", "s[1]", "b"]
    assert [str(v) for v in condensed.parents(network["L", 2])] == ["y[2]", "V", "s[2]", "c"]
    assert condensed.whole.parents(network["s", 2]) == [network["a", 2]]
    with pytest.raises(NetworkError, match="cell 'Elman' computes no q"):
        network.condense({"q"})


def test_dependence_follows_the_arrows_only(network):
    assert network.depends(network["L", 4], network["s", 0])
    assert network.depends(network["s", 3], network["x", 1])
    assert network.depends(network["s", 3], network["s", 3])
    assert not network.depends(network["s", 3], network["x", 4])
    assert not network.depends(network["s", 3], network["V"])
    assert not network.depends(network["L", 2], network["L", 1])
    assert network.depends(network["s", k], network["s", k - 1])
    assert not network.depends(network["s", k - 1], network["s", k])


def test_a_chain_of_states_has_one_path_and_a_parameter_one_for_each_use(network, condensed):
    s, W = (lambda t: network["s", t]), network["W"]
    for t in range(1, T + 1):
        assert condensed.paths(s(0), s(t)) == [tuple(s(i) for i in range(t + 1))]
        found = condensed.paths(W, s(t))
        assert len(found) == t  # 1, 2, 3, 4
        assert set(found) == {(W, *(s(i) for i in range(use, t + 1))) for use in range(1, t + 1)}
    assert condensed.paths(s(2), s(1)) == []


def test_two_coupled_states_have_paths_that_multiply():
    network = two_states()
    assert network.paths(network["u", 0], network["u", 1]) == [(network["u", 0], network["u", 1])]
    # by hand: from u_0, u_t counts u_{t-1} + v_{t-1} and v_t counts v_{t-1} + u_t: (1, 1), (2, 3), (5, 8)
    for t, (to_u, to_v) in enumerate([(1, 1), (2, 3), (5, 8)], start=1):
        assert len(network.paths(network["u", 0], network["u", t])) == to_u
        assert len(network.paths(network["u", 0], network["v", t])) == to_v
    assert not network.edge_is_only_path(network["u", 0], network["v", 1])
    assert network.edge_is_only_path(network["u", 0], network["u", 1])


def test_successors_are_at_the_same_step_first_and_then_at_the_next(network):
    assert network.successors(network["s", 2]) == [network["z", 2], network["a", 3]]
    assert network.successors(network["z", 2]) == [network["yhat", 2]]
    assert network.condense({"s", "z", "L"}).successors(network["s", STEP]) == [
        network["z", STEP],
        network["s", STEP + 1],
    ]


def test_a_symbolic_time_has_the_equation_of_the_step(network):
    equation = network.equation(network["s", k])
    assert str(equation.expression) == "sigma(a[k])"
    assert network.equation(network["W"]) is None and network.equation(network["s", 0]) is None


MESSAGES = [
    (("q", 2), r"cell 'Elman' has no signal 'q'; it has U, W, b, V, c, x, y, s, a, z, yhat, L"),
    (("s", 5), r"s has no value at step 5; it exists at the steps 0 to 4"),
    (("W", 2), r"W has no value at step 2; write W"),
    ("s", r"s needs a time, such as s\[4\]"),
]


@pytest.mark.parametrize(("key", "message"), MESSAGES, ids=[str(key) for key, _ in MESSAGES])
def test_a_variable_that_does_not_exist_is_refused_with_what_does(network, key, message):
    with pytest.raises(NetworkError, match=message):
        network[key]


@pytest.mark.parametrize(
    ("text", "name"), [("W", "W"), ("L[4]", "L[4]"), ("s0", "s[0]"), (" x2 ", "x[2]"), ("s[0]", "s[0]")]
)
def test_text_finds_its_variable(network, text, name):
    assert str(network.lookup(text)) == name


@pytest.mark.parametrize("text", ["", "W[", "s[-1]", "s[k]", "s[1][2]", "a+b", "\\W"])
def test_text_that_is_no_variable_is_refused(network, text):
    with pytest.raises(NetworkError, match=r"cannot read .* write a name such as W"):
        network.lookup(text)


def test_an_equation_cannot_use_what_comes_later():
    o, s1 = Variable("o", ("d",), 1), Variable("s", ("d",), 1)
    with pytest.raises(NetworkError, match=r"equation 1: o\[1\] uses s\[1\] before its definition"):
        OrderedNetwork("bad", (Equation(o, s1),), (), (), (), 1)


def test_a_variable_cannot_be_defined_twice():
    o, s0 = Variable("o", ("d",), 1), Variable("s", ("d",), 0)
    with pytest.raises(NetworkError, match=r"equation 2: o\[1\] is defined twice"):
        OrderedNetwork("bad", (Equation(o, s0), Equation(o, s0)), (), (s0,), (), 1)


def test_an_equation_has_the_shape_of_its_target():
    with pytest.raises(ShapeError, match=r"o\[1\] has shape \('m',\), its expression \('d',\)"):
        Equation(Variable("o", ("m",), 1), Variable("s", ("d",), 1))


def test_an_entry_of_the_third_order_tensor_is_what_the_lecture_says(network):
    found = element(Immediate(network["s", 3], network["W"]), ("p", "q", "r"))
    assert str(found) == "KroneckerDelta(p, q)*sigma'(a[3, p])*s[2, r]"
    same = element(Immediate(network["s", 3], network["W"]), (2, 2, "r"))
    assert str(same) == "sigma'(a[3, 2])*s[2, r]"
    assert element(Immediate(network["s", 3], network["W"]), (1, 2, "r")) == 0
    jacobian = element(Total(network["s", 3], network["s", 2]), ("p", "r"))
    assert str(jacobian) == "sigma'(a[3, p])*W[p, r]"


def test_an_entry_needs_as_many_indices_as_the_tensor_has_axes(network):
    with pytest.raises(ShapeError, match="needs 3 indices"):
        element(Immediate(network["s", 3], network["W"]), ("p", "q"))
