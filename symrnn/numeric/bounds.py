"""How large the Jacobian from state to state is, and what it cannot exceed.

The norm is the spectral one, the largest singular value: the largest |eigenvalue| bounds nothing, and the
Frobenius norm of diag(σ'(a)) is not bounded by γ. An upper bound can prove that the long-range parts of a
gradient vanish, never that they explode. Whether a cell has the bounds is read from its derived Jacobian.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from symrnn.derivation import FULL, derive
from symrnn.model import STEP, Cell
from symrnn.numeric.arguments import Arguments, Given, read_arguments, single
from symrnn.numeric.execution import Swept, program
from symrnn.numeric.jacobians import one_steps, rows
from symrnn.numeric.terms import evaluated
from symrnn.tensor import TABLE, Apply, Contraction, Diagonal, InputError, Tensor, Total, Variable
from symrnn.witness import Array


def norms(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, *, initial: Given | None = None
) -> dict[str, Array | None]:
    """Spectral norms of the Jacobians of every state by every earlier one, and two upper bounds.

    The bounds belong to a one-step Jacobian ∂s_j/∂s_{j−1} = diag(σ'(a_j)) W, with a matrix of parameters W.

    Parameters
    ----------
    cell, parameters, initial
        As in ``gradients``.
    inputs : array, shape (T, n)
        One sequence.

    Returns
    -------
    dict of str to ndarray, shape (T+1, T+1), or None
        1 where t = k, 0 where t < k; for t > k

        - ``norm[t, k]`` is ‖∂S_t/∂S_k‖₂, S the states stacked as in ``state_jacobians``;
        - ``bound[t, k]`` is (γ‖W‖₂)^(t−k), with γ the supremum of |σ'|: 1/4 for the logistic function, 1
          for tanh, relu and the identity;
        - ``data_bound[t, k]`` is the product over j = k+1 … t of max_p |σ'(a_jp)| ‖W‖₂.

        norm ≤ data_bound ≤ bound, up to rounding. A bound that no float can hold is infinite. Both bounds are
        None where the one-step Jacobian has another form, as with gates or several states; ``bound`` is None
        where σ' is unbounded.

    Raises
    ------
    ShapeError
        If a shape or a name does not fit, if the inputs have a batch axis, if numbers are complex, masked or
        not finite.
    InputError
        If a Jacobian cannot be computed from these numbers.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, ICML,
    1310-1318.
    """
    given = single(read_arguments(cell, parameters, inputs, initial))
    found: dict[str, Array | None] = {"norm": _norms(given), "bound": None, "data_bound": None}
    form = _slope_and_matrix(cell)
    if form:
        slope, weight = form
        size = np.linalg.norm(given.parameters[weight], 2)
        with np.errstate(over="ignore", under="ignore"):
            found["data_bound"] = _products(_steepest(given, slope), size)
            steepest = 1.0 if slope is None else TABLE[slope.function].slope
            if steepest is not None:
                found["bound"] = _products(np.full(given.steps, steepest, given.dtype), size)
    return found


def _norms(given: Arguments) -> Array:
    """Return the norm of each Jacobian: the products of a row are made from those of the row before."""
    norm = np.zeros((given.steps + 1, given.steps + 1), given.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for t, row in enumerate(rows(one_steps(given))):
            if not np.isfinite(row).all():
                raise InputError(
                    f"the Jacobians at step {t} of {given.cell.name} overflow; accepted: numbers, and a"
                    " number of steps, for which they are finite"
                )
            norm[t, : t + 1] = np.linalg.norm(row, 2, axis=(-2, -1))
    return norm


def _products(slopes: Array, size: Any) -> Array:
    """Return the product of the slopes of steps k+1 to t, each times a size, at [t, k]; 1 where t = k."""
    products = np.eye(len(slopes) + 1, dtype=slopes.dtype)
    for t, slope in enumerate(slopes, 1):
        factor = slope * size if slope else 0
        if factor:  # zero times what no float can hold is zero
            products[t, :t] = factor * products[t - 1, :t]
    return products


def _steepest(given: Arguments, slope: Apply | None) -> Array:
    """Return max_p |σ'(a_p)| of each step, shape (T,)."""
    if slope is None:
        return np.ones(given.steps, given.dtype)
    code, roles = program(given.cell, every_signal=True), given.cell.roles
    ahead = {roles.input: given.x, roles.target: given.blank_targets()}
    values = {**ahead, **code.forward(given.parameters, ahead, given.initial)}
    slopes = evaluated(slope, code, given, Swept(values, {}, {}))
    return np.asarray(np.abs(slopes).max(axis=-1)[:, 0])


@lru_cache(maxsize=32)
def _slope_and_matrix(cell: Cell) -> tuple[Apply | None, str] | None:
    """Return σ'(a) and the name of W where the one-step Jacobian is diag(σ'(a)) W, else None.

    σ'(a) is None where the Jacobian is W alone.
    """
    if len(cell.states) > 1:
        return None
    network = cell.unroll(2)
    (state,) = cell.states
    jacobian = derive(Total(network[state, STEP], network[state, STEP - 1]), network, FULL).result
    match jacobian:
        case Contraction((Diagonal(Apply(_, _, 1) as slope), Variable() as matrix)) if _is_matrix(matrix):
            return slope, matrix.name
        case Variable() as matrix if _is_matrix(matrix):
            return None, matrix.name
    return None


def _is_matrix(factor: Tensor) -> bool:
    """Whether a factor is a matrix of parameters."""
    return isinstance(factor, Variable) and factor.time is None and len(factor.shape) == 2
