"""symrnn: derive, verify and typeset gradients of recurrent networks; what is printed is what was checked.

Write the forward equations of a recurrent cell, unroll them, and derive every gradient by named rules;
each step is certified against NumPy, SymPy and its own printed form.

>>> import symrnn
>>> network = symrnn.Cell.load("elman").unroll(steps=2)
>>> derivation = symrnn.derive(symrnn.Total(network["L", 2], network["W"]), network)
>>> symrnn.certify(derivation, seed=0).holds
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from symrnn.adjoint import backward
    from symrnn.calculus import Immediate, Partial, Total
    from symrnn.cell import Cell
    from symrnn.certificate import Certificate, certify
    from symrnn.derivation import Derivation, derive
    from symrnn.elements import element
    from symrnn.numeric import contributions, gradients, immediate, state_jacobians, truncated_gradients

_PLACES = {
    "backward": "adjoint",
    "Immediate": "calculus",
    "Partial": "calculus",
    "Total": "calculus",
    "Cell": "cell",
    "Certificate": "certificate",
    "certify": "certificate",
    "Derivation": "derivation",
    "derive": "derivation",
    "element": "elements",
    "contributions": "numeric",
    "gradients": "numeric",
    "immediate": "numeric",
    "state_jacobians": "numeric",
    "truncated_gradients": "numeric",
}

__all__ = [
    "Cell",
    "Certificate",
    "Derivation",
    "Immediate",
    "Partial",
    "Total",
    "__version__",
    "backward",
    "certify",
    "contributions",
    "derive",
    "element",
    "gradients",
    "immediate",
    "state_jacobians",
    "truncated_gradients",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``symrnn --help`` needs no SymPy.

    No module has the name of a public function: Python would put the module in the function's place.
    """
    if name not in _PLACES:
        raise AttributeError(f"symrnn has no {name!r}")
    from importlib import import_module

    return getattr(import_module(f"symrnn.{_PLACES[name]}"), name)
