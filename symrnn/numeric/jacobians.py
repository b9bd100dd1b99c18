"""Derivatives of the states of a step, stacked into one vector S: by earlier ones, and by parameters.

S holds the states in the order of ``cell.states``. Inside it nothing is held fixed: the h in S_k varies with
the c in S_k. So ∂⁺S_k/∂W has in the rows of a state v the sum Σ_w (∂v_k/∂w_k)(∂⁺w_k/∂W) over the states w of
step k, where ∂⁺w_k/∂W, the derivative of one state, holds the others fixed. With one state they are the same.

They run generated code on sequences of one step, with a loss that reads one entry of one state: the probes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from symrnn.model import Cell
from symrnn.numeric.arguments import Arguments, Given, check_parameter, read_arguments, single
from symrnn.numeric.codegen.names import start
from symrnn.numeric.execution import Program, Sequences
from symrnn.numeric.seeds import probed, seed_of
from symrnn.numeric.terms import added_by_steps
from symrnn.tensor import ShapeError
from symrnn.witness import Array


def state_jacobians(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, *, initial: Given | None = None
) -> Array:
    """Jacobians of every state by every earlier one.

    Returns
    -------
    ndarray, shape (T+1, T+1, S, S)
        ``[t, k]`` is ∂S_t/∂S_k (numerator layout), the identity for t = k, zero for t < k; S is also the
        joint size of the states. It is the Jacobian of the map from all states of step k, each entry free,
        to all states of step t, so ``[t, k] = [t, j] @ [j, k]``.
    """
    given = single(read_arguments(cell, parameters, inputs, initial))
    one_step = one_steps(given)
    size = one_step.shape[-1]
    jacobians = np.zeros((given.steps + 1, given.steps + 1, size, size), given.dtype)
    for t, row in enumerate(rows(one_step)):
        jacobians[t, : t + 1] = row
    return jacobians


def immediate(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, wrt: str, *, initial: Given | None = None
) -> Array:
    """Immediate derivative of the stacked states by a parameter, the states of the step before held fixed.

    Returns
    -------
    ndarray, shape (T, S, *wrt.shape)
        ``[k-1]`` is ∂⁺S_k/∂wrt; for a matrix the third-order tensor with entries [p, q, r].
    """
    given = single(read_arguments(cell, parameters, inputs, initial))
    check_parameter(cell, wrt)
    return _immediate(given, *_probes(given), wrt)


def sensitivities(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, wrt: str, *, initial: Given | None = None
) -> Array:
    """Total derivative of the stacked states by a parameter, all its uses up to that step together.

    Returns
    -------
    ndarray, shape (T+1, S, *wrt.shape)
        ``[t]`` is ∂S_t/∂wrt, carried forward from step to step: J_t ``[t-1]`` + ∂⁺S_t/∂wrt with the Jacobian
        J_t of one step; ``[0]`` is zero.

    References
    ----------
    Williams & Zipser (1989), A learning algorithm for continually running fully recurrent neural networks,
    Neural Computation 1(2).
    """
    given = single(read_arguments(cell, parameters, inputs, initial))
    check_parameter(cell, wrt)
    code, probes = _probes(given)
    one_step, added = _one_steps(given, code, probes), _immediate(given, code, probes, wrt)
    total = np.zeros((given.steps + 1, *added.shape[1:]), given.dtype)
    for t in range(1, given.steps + 1):
        total[t] = np.tensordot(one_step[t - 1], total[t - 1], axes=1) + added[t - 1]
    return total


def one_steps(given: Arguments) -> Array:
    """Return the Jacobian of each step, shape (T, S, S)."""
    return _one_steps(given, *_probes(given))


def rows(one_step: Array) -> Iterator[Array]:
    """Yield for t = 0 … T the Jacobians ∂S_t/∂S_k, k = 0 … t: shape (t+1, S, S), the last the identity."""
    identity = np.eye(one_step.shape[-1], dtype=one_step.dtype)[None]
    yield (row := identity)
    for jacobian in one_step:
        yield (row := np.concatenate([jacobian @ row, identity]))


def _one_steps(given: Arguments, code: Program, probes: Sequences) -> Array:
    """Return the Jacobian of each step, shape (T, S, S)."""
    found = code.sweep(given.parameters, probes).gradients
    rows = np.concatenate([found[start(state)] for state in given.cell.states], axis=-1)
    return rows.reshape((given.steps, -1, rows.shape[-1]))


def _immediate(given: Arguments, code: Program, probes: Sequences, wrt: str) -> Array:
    """Return ∂⁺S_k/∂wrt of each step, shape (T, S, *wrt.shape)."""
    added = added_by_steps(code, given, probes, wrt)
    return added.reshape((given.steps, -1, *added.shape[2:]))


def _probes(given: Arguments) -> tuple[Program, Sequences]:
    """Return code and sequences whose losses are the entries of the states, one entry at one step each.

    A sequence has one step and starts from the states before it, (T S) of them: entry after entry, step
    after step.
    """
    code, cell = probed(given.cell), given.cell
    if cell.roles.target in code.signature.given:
        raise ShapeError(f"the states of {cell.name} read the target; accepted here: states that do not")
    sizes = [given.size(cell.signals[state]) for state in cell.states]
    total = sum(sizes)
    bounds = np.cumsum([0, *sizes])
    seeds = {
        seed_of(state): np.tile(np.eye(total, dtype=given.dtype)[:, low:high], (given.steps, 1))[None]
        for state, low, high in zip(cell.states, bounds, bounds[1:])
    }
    zeros = {name: np.zeros((given.steps, 1, seed.shape[-1]), given.dtype) for name, seed in seeds.items()}
    values = code.forward(given.parameters, {cell.roles.input: given.x, **zeros}, given.initial)
    return code, Sequences(
        {cell.roles.input: np.repeat(given.x[:, 0], total, axis=0)[None], **seeds},
        {state: np.repeat(values[state][:-1, 0], total, axis=0) for state in cell.states},
        np.ones((1, given.steps * total), given.dtype),
    )
