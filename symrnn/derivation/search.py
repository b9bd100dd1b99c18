"""Where a rule applies next: in the order of the line, or against the order of computation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy.core.traversal import preorder_traversal

from symrnn.derivation.rules import Rule
from symrnn.model import OrderedNetwork
from symrnn.tensor import Derivative, Tensor

Found = tuple[Tensor, Rule, Tensor]  # a node, the rule that applies to it, and what it makes of it


def first_applicable(expression: Tensor, rules: Sequence[Rule], network: OrderedNetwork) -> Found | None:
    """The first rule that applies anywhere, at the first node it applies to, outermost and leftmost."""
    nodes = list(_nodes(expression))
    for rule in rules:
        for node in nodes:
            replacement = rule(node, network)
            if replacement is not None:
                return node, rule, replacement
    return None


def latest_applicable(expression: Tensor, rules: Sequence[Rule], network: OrderedNetwork) -> Found | None:
    """Arrange first; then, of the derivatives that a rule applies to, take that of the latest variable.

    Nothing that is still open asks for the latest variable, so each variable has its turn once.
    """
    place = {v: n for n, v in enumerate(network.order)}

    def turn(node: Tensor) -> int:
        return -place.get(node.args[0], 0) if isinstance(node, Derivative) else -len(place)

    for node in sorted(_nodes(expression), key=turn):
        for rule in rules:
            replacement = rule(node, network)
            if replacement is not None:
                return node, rule, replacement
    return None


def _nodes(expression: Tensor) -> Iterator[Tensor]:
    """Nodes outermost first, left to right; what stands inside a derivative is not rewritten."""
    walk = preorder_traversal(expression)
    for node in walk:
        if isinstance(node, Tensor):
            yield node
        if isinstance(node, Derivative):
            walk.skip()
