"""Each row of the tables of brackets and ⊤, loosened one at a time, is missed by the ink witness.

``brackets`` and the table of the entry printer decide where brackets stand, and nothing else does. A row is
loosened where a kind of node counts as one factor, where a place asks for nothing, where a kind of node does
without its ⊤.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import sympy
from sympy import Rational

from symrnn import certificate
from symrnn.certificate import TOLERANCE, certify, check_ink
from symrnn.derivation import K, derive
from symrnn.model import Cell, OrderedNetwork
from symrnn.model.letters import SUMS
from symrnn.notation import brackets, entries, entry_layout, latex, layout, matrix
from symrnn.notation.brackets import Place, Strength
from symrnn.tensor import (
    Apply,
    Contraction,
    Diagonal,
    Direct,
    Hadamard,
    Immediate,
    JacobianProduct,
    Ones,
    Outer,
    Partial,
    Plus,
    Scale,
    Tensor,
    TimeSum,
    Total,
    bound,
    entry_of,
    index,
    time_symbol,
)
from symrnn.witness import Point, ReadbackError, deviation, entry_value, ink_value, random_point, value

SEED = 5
J = time_symbol("j")  # a free time with the letter of the sums
TIMES = {J: 2}


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Forget what was printed before, so that a loosened printer prints again."""

    def forget():
        for module in (certificate, matrix):
            for remembered in vars(module).values():
                if hasattr(remembered, "cache_clear"):
                    remembered.cache_clear()

    forget()
    yield forget
    forget()


@cache
def network() -> OrderedNetwork:
    return Cell.load("elman", "tanh").unroll(4, (1, 0.5, 0, 1))


@cache
def point() -> Point:
    return random_point(network(), SEED)


def tensors() -> list[Tensor]:
    """Expressions made for the purpose: every kind of node inside every kind of node."""
    net, j = network(), bound("j")
    U, W, V, b = (net[name] for name in "UWVb")
    s, s1, a, x, z = net["s", 2], net["s", 1], net["a", 2], net["x", 2], net["z", 2]
    loss, one_step = net["L", 2], Total(net["s", 3], net["s", 2])
    total, product = Plus(s, b), Contraction(W, s)
    g, sums = Total(loss, z), TimeSum(net["s", 2].at(j), j, 1, 4)
    jacobians = JacobianProduct(Total(s.at(j), s.at(j - 1)), j, 2, 4)
    half, weight = Rational(1, 2), net["L", 3]
    return [
        Contraction(Plus(W, one_step), s),
        Contraction(W, Plus(s, Scale(-1, b))),
        Contraction(W, Scale(half, s)),
        Contraction(Scale(-2, W), s),
        Contraction(W, Hadamard(s, b)),
        Contraction(Plus(s, b), W),
        Contraction(Plus(s, b), Plus(a, b)),
        Contraction(s, W, b),
        Contraction(s, total),
        Contraction(Contraction(W, s), Plus(W, W)),
        Contraction(V, Outer(s, x)),
        Contraction(Outer(s, b), a),
        Contraction(TimeSum(Outer(s.at(j), b), j, 1, 4), a),
        Contraction(sums, W),
        Hadamard(total, Plus(a, b)),
        Hadamard(product, Plus(b, a)),
        Hadamard(Plus(b, a), product),
        Hadamard(Scale(-1, s), b),
        Hadamard(b, Scale(-1, s)),
        Hadamard(sums, b),
        Outer(total, x),
        Outer(x, total),
        Outer(Plus(x, x), Plus(s, b)),
        Outer(Plus(loss, weight), s),
        Outer(Plus(loss, weight), W),
        Outer(s, Plus(loss, weight)),
        Outer(Plus(loss, weight), total),
        Outer(loss, Hadamard(s, b)),
        Outer(sums, x),
        Outer(Plus(W, one_step), Plus(s, b)),
        Outer(Plus(Diagonal(s), W), x),
        Outer(Diagonal(s), Plus(s, b)),
        Outer(Diagonal(s), Scale(-1, b)),
        Plus(W, Scale(-1, Plus(one_step, Diagonal(s)))),
        Plus(b, Scale(-1, Plus(s, a))),
        Plus(b, Plus(s, a)),
        Plus(Scale(-1, Plus(s, a)), b),
        Scale(-1, Plus(s, b)),
        Scale(half, Plus(s, b)),
        Scale(half, Plus(W, one_step)),
        Scale(-1, Scale(-1, s)),
        Diagonal(Plus(s, b)),
        Contraction(Diagonal(Plus(s, b)), a),
        Diagonal(s),
        Apply("tanh", a, 1, "sigma"),
        Apply("tanh", Plus(product, b)),
        Partial(Plus(product, b), s),
        Partial(Plus(b, product), s),
        Partial(product, W),
        Partial(product, s),
        Plus(g, Contraction(Scale(2, net["y", 2]), Diagonal(z))),
        Contraction(g, V, one_step),
        Contraction(V, s),
        TimeSum(Plus(s.at(j), b), j, 1, 4),
        TimeSum(Scale(-1, s.at(j)), j, 1, 4),
        TimeSum(Plus(W, Outer(s.at(j), b)), j, 1, 4),
        jacobians,
        JacobianProduct(Plus(Diagonal(s.at(j)), W), j, 2, 4),
        JacobianProduct(Scale(-1, Total(s.at(j), s.at(j - 1))), j, 2, 4),
        Contraction(Hadamard(g, z), V),
        Outer(s, Contraction(b, W)),
        Outer(Contraction(b, W), x),
        Outer(Contraction(s1, Plus(W, one_step)), x),
        Outer(Contraction(b, Diagonal(s)), x),
        Outer(U, s),
        Outer(s, Total(loss, s)),
        Outer(s, Apply("tanh", a)),
        Contraction(W, Scale(2, s)),
        Contraction(Outer(W, b), a),
        Contraction(Scale(2, W), s),
        Contraction(Contraction(W, W), s),
        Contraction(Contraction(W, TimeSum(Outer(s.at(j), b), j, 1, 4)), a),
        Contraction(jacobians, a),
        Hadamard(jacobians, W),
        Contraction(Partial(product, s), a),
        Contraction(Immediate(net["a", 3], s), a),
        Contraction(Direct(net["a", 3], s), a),
        Contraction(Ones(("d",)), W),
        Contraction(Total(net["s", 3], s.at(J)), sums),
        Outer(sums, s.at(J)),
        Outer(Contraction(W, sums), s.at(J)),
        Outer(s.at(J), Contraction(TimeSum(Outer(s.at(j), b), j, 1, 4), a)),
    ]


def shown(tensor: Tensor, side: str | None) -> float:
    """Deviation of an expression from its print, in an orientation if it is a vector."""
    if side is None:
        return check_ink(1, "control", tensor, tensor, point(), [TIMES]).deviation
    try:
        found = ink_value(latex(layout(tensor, side)), point(), TIMES)
    except ReadbackError:
        return float("inf")
    return deviation(found, value(tensor, point(), TIMES))


def expressions() -> list:
    """Index expressions with sums, products and derivatives inside one another."""
    net = network()
    p, q = index("p"), index("q")
    W, s, b, a = net["W"], net["s", 2], net["b"], net["a", 2]
    sp, bp, sq = entry_of(s, (p,)), entry_of(b, (p,)), entry_of(s, (q,))
    return [
        entry_of(Apply("tanh", a, 1, "sigma"), (p,)),
        entry_of(Partial(Plus(b, s), s), (p, q)),
        entry_of(Partial(Contraction(W, Plus(s, b)), s), (p, q)),
        entry_of(Contraction(W, Plus(s, b)), (p,)),
        entry_of(TimeSum(Plus(s.at(bound("j")), b), bound("j"), 1, 4), (p,)),
        entry_of(Immediate(net["s", 2], W), (p, q, q)),
        sq * (sp + bp),
    ]


def entry_deviation(expression) -> float:
    symbols = {index("p"): 2, index("q"): 3}
    expected = float(entry_value(expression, point(), symbols))
    try:
        source = latex(entry_layout(expression, SUMS))
        found = ink_value(source, point(), {}, {"p": 2, "q": 3})
    except ReadbackError:
        return float("inf")
    return abs(float(np.asarray(found)) - expected)


def deviations() -> dict[str, float]:
    """Every deviation that the ink witness sees, by what was printed."""
    found = {
        f"{tensor} as {side}": shown(tensor, side)
        for tensor in tensors()
        for side in ((None, "row", "column") if tensor.rank == 1 else (None,))
    }
    return found | {str(expression): entry_deviation(expression) for expression in expressions()}


def test_every_expression_of_the_controls_is_printed_rightly():
    assert {text: d for text, d in deviations().items() if not d <= TOLERANCE} == {}


def without_transposes(rank: int) -> Callable[[Tensor], object]:
    """Return what sets a ⊤, for tensors of another rank only."""
    right = matrix._transposed
    return lambda tensor: layout(tensor) if tensor.rank == rank else right(tensor)


LOOSENED: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **{
        f"{kind} counts as one factor": lambda patch, kind=kind: patch.setitem(
            brackets.STRENGTHS, kind, Strength.FACTOR
        )
        for kind, strength in brackets.STRENGTHS.items()
        if strength < Strength.FACTOR
    },
    **{
        f"{place}: all stands open": lambda patch, place=place: patch.setitem(
            brackets.PLACES, place, Place(Strength.SUM)
        )
        for place in brackets.PLACES
    },
    **{
        f"{kind} has no ⊤": lambda patch, kind=kind: patch.setattr(
            brackets, "SYMMETRIC", {*brackets.SYMMETRIC, kind}
        )
        for kind in brackets.STRENGTHS
        if kind not in brackets.SYMMETRIC
    },
    **{
        f"nothing of rank {rank} has a ⊤": lambda patch, rank=rank: patch.setattr(
            matrix, "_transposed", without_transposes(rank)
        )
        for rank in (1, 2)
    },
    **{
        f"entries, {place}: all stands open": lambda patch, place=place: patch.setitem(
            entries.OPEN, place, (sympy.Basic,)
        )
        for place in entries.OPEN
    },
}


@pytest.mark.parametrize("row", LOOSENED)
def test_a_row_that_is_too_loose_is_seen_by_the_ink_witness(row, monkeypatch):
    LOOSENED[row](monkeypatch)
    assert [text for text, d in deviations().items() if not d <= TOLERANCE]


def test_a_lost_bracket_fails_the_certificate_of_a_derivation_by_the_ink_alone(
    monkeypatch, nothing_remembered
):
    derivation = derive(Immediate(network()["s", K], network()["b"]), network())
    assert certify(derivation, point()).first_failure is None
    nothing_remembered()
    LOOSENED["argument: all stands open"](monkeypatch)
    failures = [c for c in certify(derivation, point()).checks if not c.deviation <= TOLERANCE]
    assert {check.witness for check in failures} == {"ink"}
