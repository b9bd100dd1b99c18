"""One entry of an expression, derivatives derived to the end: the public face of the index view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symrnn.calculus import Derivative
from symrnn.derivation import DerivationError, derive
from symrnn.network import OrderedNetwork
from symrnn.rewrite import replace_node
from symrnn.tensor import Tensor
from symrnn.views import index


def element(tensor: Tensor, indices: Sequence[Any], network: OrderedNetwork | None = None) -> Any:
    """Return one entry of a tensor as a SymPy expression, sizes symbolic.

    Derivative nodes are derived to the end first; ``expr.doit()`` puts tanh, exp and so on in place of σ.

    Parameters
    ----------
    tensor : Tensor
        Such as ``Immediate(s_3, W)``.
    indices : sequence of str, int or sympy.Expr
        One per axis, counted from 1.
    network : OrderedNetwork, optional
        Default: the network in which the variables were looked up.

    Returns
    -------
    sympy.Expr
        ``s[2, r]`` is entry r of the state at step 2, ``W[q, r]`` an entry of a parameter.

    Raises
    ------
    ShapeError
        If the number of indices is not the rank.
    DerivationError
        If a derivative cannot be derived to the end within a step.

    Examples
    --------
    >>> from symrnn.calculus import Immediate
    >>> from symrnn.cell import Cell
    >>> network = Cell.load("elman").unroll(steps=4)
    >>> element(Immediate(network["s", 3], network["W"]), ("p", "q", "r"))
    KroneckerDelta(p, q)*sigma'(a[3, p])*s[2, r]
    """
    for node in sorted(tensor.atoms(Derivative), key=str):
        derivation = derive(node, network)
        if not derivation.is_closed or derivation.result.atoms(Derivative):
            raise DerivationError(
                f"{node} has no closed entries within a step; derive it along its paths instead"
            )
        tensor = replace_node(tensor, node, derivation.result)
    return index.element(tensor, indices)
