"""The table of functions: everything symrnn knows about tanh, softmax and the rest, one row each.

A row holds the function for NumPy (analytic at real points, so that the complex step is exact), its element
for SymPy where it acts entry by entry, its derivative in both, the bound γ of |f'|, its domain and its kinks.
Adding an activation is adding a row; generated code has one for its slope, and one for its name in each
language.
``softmax`` has no element: its Jacobian is the rule "softmax".

No digits are lost where a function saturates: slopes are taken from arguments, exp(-|a|) and not 1 - y, and
what saturates tells its limit and the rest apart, so that 1 - σ(40) can be added up to 4e-18.
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
    fraction : bool
        Whether f lies between 0 and 1: entry by entry, what a gate is.
    grows : bool
        Whether |f'| grows without bound where the argument does: numbers run away along a recurrence.
    activation : bool
        Whether a job may pick it for ``sigma``.
    parts : callable, ndarray -> (ndarray, ndarray), or None
        Of a function that saturates: the limit that a value is next to, or 0, and the value less that limit.
    """

    name: str
    meaning: str
    numpy: Callable[[Array], Array]
    derivative: Callable[[Array], Array] | None = None
    element: Callable[[Any], Any] | None = None
    slope: float | None = None
    kinks: tuple[float, ...] = ()
    domain: tuple[float, float] = (-np.inf, np.inf)
    fraction: bool = False
    grows: bool = False
    activation: bool = False
    parts: Callable[[Array], tuple[Array, Array]] | None = None


def logistic(a: Array) -> Array:
    """1/(1 + exp(-a)), without overflow at either end."""
    small = np.exp(np.where(a.real >= 0, -a, a))
    return np.where(a.real >= 0, 1 / (1 + small), small / (1 + small))


def _logistic_slope(a: Array) -> Array:
    """exp(-|a|)/(1 + exp(-|a|))²: the slope is even."""
    e = np.exp(np.where(a.real >= 0, -a, a))
    return e / (1 + e) ** 2


def _logistic_parts(a: Array) -> tuple[Array, Array]:
    upper = a.real > 0
    return upper.astype(float), np.where(upper, -logistic(-a), logistic(a))


def _tanh_slope(a: Array) -> Array:
    """1/cosh²: four times the slope of the logistic function at 2a."""
    return 4 * _logistic_slope(2 * a)


def _tanh_parts(a: Array) -> tuple[Array, Array]:
    limit = np.where(np.abs(a.real) > 1, np.sign(a.real), 0.0)
    return limit, np.where(limit == 0, np.tanh(a), -2 * limit * logistic(-2 * limit * a))


def _shifted(z: Array) -> tuple[Array, Array, Array]:
    """Where the largest entry is, z less that entry, and the sum of exp of all others.

    The shift is the entry itself, imaginary part and all: a shift of all entries changes no softmax, so its
    derivative by the complex step holds no difference of large numbers.
    """
    z = np.asarray(z)
    top = np.arange(z.shape[-1]) == z.real.argmax(axis=-1)[..., None]
    shifted = z - np.where(top, z, 0).sum(axis=-1, keepdims=True)
    return top, shifted, np.where(top, 0, np.exp(shifted)).sum(axis=-1, keepdims=True)


def softmax(z: Array) -> Array:
    """exp(z) over its sum along the last axis."""
    _, shifted, others = _shifted(z)
    return np.asarray(np.exp(shifted) / (1 + others))


def log_softmax(z: Array) -> Array:
    """Logarithm of the softmax along the last axis, finite also where a softmax rounds to 0 or to 1."""
    _, shifted, others = _shifted(z)
    logarithm = np.log1p(others.real)
    if np.iscomplexobj(others):
        logarithm = logarithm + 1j * (others.imag / (1 + others.real))
    return np.asarray(shifted - logarithm)


def _softmax_parts(z: Array) -> tuple[Array, Array]:
    top, shifted, others = _shifted(z)
    upper = top & (others.real < 1)
    return upper.astype(float), np.where(upper, -others, np.exp(shifted)) / (1 + others)


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
            _tanh_slope,
            _sympy("tanh"),
            1.0,
            activation=True,
            parts=_tanh_parts,
        ),
        Function(
            "sigmoid",
            "the logistic function",
            logistic,
            _logistic_slope,
            _logistic,
            0.25,
            fraction=True,
            activation=True,
            parts=_logistic_parts,
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
        Function("softmax", "softmax, exp(z) over the sum of its entries", softmax, parts=_softmax_parts),
    )
}
ACTIVATIONS = tuple(name for name, row in TABLE.items() if row.activation)
