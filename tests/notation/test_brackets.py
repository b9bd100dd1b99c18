"""The printer knows every node, and says which one it does not know."""

import pytest

from symrnn import tensor as language
from symrnn.notation import layout
from symrnn.notation.brackets import STRENGTHS, bracketed
from symrnn.notation.orientation import orientation
from symrnn.notation.tree import Symbol
from symrnn.tensor import Tensor, Variable
from symrnn.tensor.nodes import build

PARTS = {"negative Scale", "Contraction that ends in Σ"}  # rows that are more than the type of a node


class Stranger(Tensor):
    """A node that no printer knows."""

    __slots__ = ()


STRANGER = build(Stranger, ("d",), Variable("s", ("d",)))


def nodes(kind: type) -> set[str]:
    """Names of the types that nodes are made of: the leaves of the hierarchy in the language."""
    deeper = [nodes(sub) for sub in kind.__subclasses__() if sub.__module__.startswith(language.__name__)]
    return set().union(*deeper) if deeper else {kind.__name__}


def test_every_node_has_a_strength_and_nothing_else_has_one():
    assert set(STRENGTHS) == nodes(Tensor) | PARTS


@pytest.mark.parametrize("ask", [layout, orientation, lambda node: bracketed(Symbol("s"), node, "factor")])
def test_a_node_that_is_not_known_is_refused_by_name(ask):
    with pytest.raises(NotImplementedError, match="Stranger"):
        ask(STRANGER)
