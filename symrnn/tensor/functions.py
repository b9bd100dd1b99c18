"""The table of functions: everything symrnn knows about tanh, softmax and the rest, one row each.

A row holds the function for NumPy (analytic at real points, so that the complex step is exact), its element
for SymPy where it acts entry by entry, its derivative in both, the bound γ of |f'|, its domain and its kinks.
Adding an activation is adding a row; generated code has one for its slope, and one for its name in each
language.
``softmax`` has no element: its Jacobian is the rule "softmax".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Function:
    """One row of the table.

    Attributes
    ----------
    name, meaning : str
        The name in cell files; what to say of it in a report.
    numpy, derivative : callable, ndarray -> ndarray
        The function and its derivative, entry by entry; ``derivative`` is None where there is no element.
    element : callable, sympy.Expr -> sympy.Expr, or None
        The function of one entry.
    slope : float or None
        γ, the supremum of |f'| over the real line; None if unbounded or not meaningful.
    domain : pair of float
        The open interval inside which f is real and has a derivative; points are drawn there.
    kinks : tuple of float
        Points where f is not differentiable; probes keep away from them.
    grows : bool
        Whether |f'| grows without bound where the argument does: numbers run away along a recurrence.
    activation : bool
        Whether a job may pick it for ``sigma``.
    """

    name: str
    meaning: str
    numpy: Callable[[Array], Array]
    derivative: Callable[[Array], Array] | None = None
    element: Callable[[Any], Any] | None = None
    slope: float | None = None
    kinks: tuple[float, ...] = ()
    domain: tuple[float, float] = (-np.inf, np.inf)
    grows: bool = False
    activation: bool = False


def logistic(a: Array) -> Array:
    """1/(1 + exp(-a)), without overflow at either end."""
    small = np.exp(np.where(a.real >= 0, -a, a))
    return np.where(a.real >= 0, 1 / (1 + small), small / (1 + small))


def softmax(z: Array) -> Array:
    """exp(z) over its sum along the last axis."""
    e = np.exp(
        z - z.real.max(axis=-1, keepdims=True)
    )  # shift by the real part: stays analytic for the complex step
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def heaviside(a: Array) -> Array:
    """1 where the real part is positive, else 0: the derivative of relu."""
    return (a.real > 0).astype(float)


def _sympy(name: str) -> Callable[[Any], Any]:
    """Return a SymPy function by name, imported when first called."""

    def element(u: Any) -> Any:
        import sympy

        return getattr(sympy, name)(u)

    return element


def _relu(u: Any) -> Any:
    import sympy

    return sympy.Piecewise((u, u > 0), (0, True))


def _logistic(u: Any) -> Any:
    return 1 / (1 + _sympy("exp")(-u))


TABLE = {
    row.name: row
    for row in (
        Function(
            "tanh",
            "the hyperbolic tangent",
            np.tanh,
            lambda a: 1 - np.tanh(a) ** 2,
            _sympy("tanh"),
            1.0,
            activation=True,
        ),
        Function(
            "sigmoid",
            "the logistic function",
            logistic,
            lambda a: logistic(a) * (1 - logistic(a)),
            _logistic,
            0.25,
            activation=True,
        ),
        Function(
            "relu",
            "the rectifier, max(a, 0)",
            lambda a: a * heaviside(a),
            heaviside,
            _relu,
            1.0,
            kinks=(0.0,),
            activation=True,
        ),
        Function(
            "identity",
            "the identity",
            lambda a: a,
            np.ones_like,
            lambda u: u,
            1.0,
            activation=True,
        ),
        Function(
            "exp",
            "the exponential",
            np.exp,
            np.exp,
            _sympy("exp"),
            grows=True,
        ),
        Function(
            "log",
            "the natural logarithm",
            np.log,
            lambda u: 1 / u,
            _sympy("log"),
            domain=(0.0, np.inf),
        ),
        Function("softmax", "softmax, exp(z) over the sum of its entries", softmax),
    )
}
ACTIVATIONS = tuple(name for name, row in TABLE.items() if row.activation)
