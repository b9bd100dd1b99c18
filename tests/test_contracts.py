"""Nodes are closed, operations open: every interpreter knows each node, or says that it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from symrnn import tensor as language
from symrnn.model import Cell
from symrnn.notation import layout
from symrnn.notation.orientation import orientation
from symrnn.numeric import CompileError
from symrnn.numeric.codegen.rows import row_form
from symrnn.tensor import (
    Apply,
    Contraction,
    Diagonal,
    Direct,
    Eye,
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
    Variable,
    Zeros,
    bound,
    entry_of,
    replace_node,
)
from symrnn.tensor.nodes import build
from symrnn.witness import random_point, value

NETWORK = Cell.load("elman").unroll(3)
AT = random_point(NETWORK)
s, a, W, L = NETWORK["s", 2], NETWORK["a", 2], NETWORK["W"], NETWORK["L", 2]
t = bound("t")
SAMPLES: dict[type[Tensor], Tensor] = {
    Variable: s,
    Zeros: Zeros(("d",)),
    Ones: Ones(("d",)),
    Eye: Eye(("d",)),
    Plus: Plus(s, a),
    Scale: Scale(-1, s),
    Contraction: Contraction(W, s),
    Hadamard: Hadamard(s, a),
    Outer: Outer(s, a),
    Diagonal: Diagonal(s),
    Apply: Apply("tanh", s),
    Partial: Partial(Contraction(W, s), s),
    Direct: Direct(s, a),
    Immediate: Immediate(s, a),
    Total: Total(L, s),
    TimeSum: TimeSum(NETWORK["s", 1].at(t), t, 1, 3),
    JacobianProduct: JacobianProduct(Total(NETWORK["s", 1].at(t), NETWORK["s", 1].at(t - 1)), t, 2, 3),
}


class Unknown(Tensor):
    """A node that nobody has heard of."""

    __slots__ = ()

    def __new__(cls, *inside: Tensor) -> Unknown:
        return build(cls, ("d",), *inside)


def replaced(node: Tensor) -> Tensor:
    """Replace something inside a node, or put the node into something, so that it is built again."""
    inside = next(iter(sorted(node.variables(), key=str)), None)
    fixed = Variable | Partial | Direct | Immediate | Total | TimeSum | JacobianProduct
    if inside is None or isinstance(node, fixed):
        return replace_node(Plus(node, node), s, Variable("u", s.shape))
    return replace_node(node, inside, Variable("u", inside.shape, inside.time))


INTERPRETERS: dict[str, Callable[[Tensor], Any]] = {
    "value": lambda node: value(node, AT),
    "entry": lambda node: entry_of(node, tuple("pqrijk"[: node.rank])),
    "layout": layout,
    "orientation": orientation,
    "replace": replaced,
    "code": row_form,
}
NOT_FOR_IT = {  # an interpreter for part of the language refuses the rest, by name
    "entry": {JacobianProduct},
    "code": {Eye, Diagonal, Partial, Direct, Immediate, Total, TimeSum, JacobianProduct},
}


def concrete(node: type[Tensor]) -> bool:
    return not node.__subclasses__() or node is Variable


def nodes(node: type[Tensor] = Tensor) -> set[type[Tensor]]:
    """Every node type of the language, with those that other types are derived from left out."""
    found = {node} if concrete(node) and node.__module__.startswith(language.__name__) else set()
    return found.union(*(nodes(below) for below in node.__subclasses__()))


def test_there_is_a_sample_of_every_node():
    assert nodes() == set(SAMPLES)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("node", SAMPLES, ids=lambda node: node.__name__)
def test_every_interpreter_knows_every_node_or_refuses_it_by_name(node, interpreter):
    if node in NOT_FOR_IT.get(interpreter, ()):
        with pytest.raises((NotImplementedError, CompileError), match=node.__name__):
            INTERPRETERS[interpreter](SAMPLES[node])
    else:
        assert INTERPRETERS[interpreter](SAMPLES[node]) is not None


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_node_that_an_interpreter_does_not_know_is_an_error_that_names_it(interpreter):
    with pytest.raises((NotImplementedError, CompileError), match="Unknown"):
        INTERPRETERS[interpreter](Unknown(s))
