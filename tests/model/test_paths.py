"""The graph of a network: order, parents, dependence, paths and condensation, counted by hand."""

import pytest
from sympy import Integer

from symrnn.model import STEP, Cell, Equation, NetworkError, OrderedNetwork
from symrnn.tensor import Variable, contract, plus, time_symbol

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


def test_networks_of_the_same_equations_share_all_tables_but_the_parents(network):
    parents = network.parents(network["s", 2])
    table = network.by_target
    narrower = network.condense({"s", "L"})
    assert narrower.by_target is table and narrower.whole.by_target is table
    assert narrower.parents(network["s", 2]) != parents == network.parents(network["s", 2])
    assert narrower.condense(network.kept) == network != narrower


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


def test_a_cell_without_gates_has_one_path_from_state_to_state():
    assert not Cell.load("elman").unroll(3).branches
    assert Cell.load("lstm").unroll(3).branches
    assert Cell.load("gru").unroll(3).branches


@pytest.mark.parametrize("name", ("elman", "lstm", "gru"))
def test_paths_are_counted_as_they_are_listed(name):
    network = Cell.load(name).unroll(4)
    condensed = network.condensed
    for v in network.given:
        counts = condensed.path_counts(v)
        for target in condensed.order:
            if target.name in condensed.kept:
                assert counts.get(target, 0) == len(condensed.paths(v, target)), (v, target)


def test_the_paths_of_an_lstm_grow_without_bound_and_are_counted_in_one_walk():
    network = Cell.load("lstm").unroll(200).condense({"h", "c", "L"})
    counts = network.path_counts(network["W_f"])
    assert [counts[network["L", t]] for t in range(1, 6)] == [1, 4, 12, 33, 88]
    assert counts[network["L", 200]] > 10**80


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


def test_an_equation_cannot_use_what_comes_later():
    o, s1 = Variable("o", ("d",), 1), Variable("s", ("d",), 1)
    with pytest.raises(NetworkError, match=r"equation 1: o\[1\] uses s\[1\] before its definition"):
        OrderedNetwork("bad", (Equation(o, s1),), (), (), (), 1)


def test_a_variable_cannot_be_defined_twice():
    o, s0 = Variable("o", ("d",), 1), Variable("s", ("d",), 0)
    with pytest.raises(NetworkError, match=r"equation 2: o\[1\] is defined twice"):
        OrderedNetwork("bad", (Equation(o, s0), Equation(o, s0)), (), (s0,), (), 1)
