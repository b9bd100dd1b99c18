"""The numeric interface: gradients, Jacobians and contributions as arrays, by generated code.

The code is generated from the derived equations, once for a cell; its witnesses (the complex step, the
hand-written reference) live in the tests. Jacobians and immediate derivatives run the same code on sequences
of one step, with a loss that reads one entry of one state.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from symrnn.model import STEP, Cell, Equation, losses
from symrnn.numeric.arguments import Arguments, Given, read_arguments
from symrnn.numeric.execution import Engine, Program, program
from symrnn.tensor import InputError, ShapeError, Tensor, Variable, contract, plus
from symrnn.witness import Array, Point, evaluate

MOST_TOGETHER = 64  # losses that are swept back side by side


def gradients(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
    engine: Engine = "auto",
) -> dict[str, Array]:
    """Gradient of the total loss by everything, in one backward sweep.

    Parameters
    ----------
    cell : Cell
    parameters : mapping of name to array
        Operator layout: for Elman ``U`` (d, n), ``W`` (d, d), ``b`` (d,), ``V`` (m, d), ``c`` (m,).
    inputs : array, shape (T, n) or (T, batch, n)
    targets : array
        Integers are class indices, (T,) or (T, batch); floats are target vectors, (T, m) or (T, batch, m).
    initial : mapping of state name to array, optional
        ``{"s": array}``, shape (d,) or (batch, d); zeros by default.
    mask : array, shape (T,) or (T, batch), optional
        Weights of the losses. The loss is the weighted sum over time and batch, not the mean.
    engine : "auto", "numpy" or "numba"
        What runs the generated code; "auto" takes numba where it is installed and the steps are small. Its
        first call with a cell compiles for some seconds, later processes load what was compiled.

    Returns
    -------
    dict of str to ndarray
        One gradient per parameter, of its shape; ``"s0"`` for the initial state s, with the batch axis if
        there is one; ``"x"`` for the inputs.

    Raises
    ------
    ShapeError
        If a shape, a name or a class index does not fit.

    References
    ----------
    Werbos (1990), Backpropagation through time, Proc. IEEE 78(10).
    """
    given = read_arguments(cell, parameters, inputs, initial)
    y, weights = given.targets(targets), given.weights(mask)
    return given.natural(program(cell).run(given.parameters, given.x, y, given.initial, weights, engine)[1])


def truncated_gradients(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    truncation: int,
    kind: Literal["lag", "chunk"] = "lag",
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
) -> dict[str, Array]:
    """Gradient with paths cut short.

    ``lag`` keeps the paths from a loss at t to a use at k with t − k ≤ τ: at most τ Jacobian factors.
    ``chunk`` cuts the sequence every τ steps and lets no path cross a cut. Both are biased: neither is
    the derivative of the loss.

    Parameters
    ----------
    truncation : int
        τ; at least 0 for ``lag``, at least 1 for ``chunk``.
    kind : "lag" or "chunk"
    cell, parameters, inputs, targets, initial, mask
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        As in ``gradients``. The path from a loss at t to the initial state has t factors.
    """
    if kind not in ("lag", "chunk"):
        raise InputError(f"there is no truncation {kind!r}; accepted: 'lag', 'chunk'")
    least = 0 if kind == "lag" else 1
    if int(truncation) != truncation or truncation < least:
        raise InputError(f"truncation {truncation!r}: accepted for {kind}: a whole number, at least {least}")
    given = read_arguments(cell, parameters, inputs, initial)
    code, y, weights, steps = program(cell), given.targets(targets), given.weights(mask), given.steps
    states = _states(code, given, y)
    if kind == "chunk":
        windows = [(k, min(k + truncation - 1, steps), k) for k in range(1, steps + 1, truncation)]
    else:
        windows = [(max(1, t - truncation), t, t) for t in range(1, steps + 1)]
    total = {name: np.zeros_like(array) for name, array in given.parameters.items()}
    total |= {f"{state}0": np.zeros_like(array) for state, array in given.initial.items()}
    inputs_ = cell.roles.input
    total[inputs_] = np.zeros_like(given.x)
    for first, last, counted in windows:
        window = slice(first - 1, last)
        counting = np.where(np.arange(first, last + 1)[:, None] >= counted, weights[window], 0.0)
        start = {state: values[first - 1] for state, values in states.items()}
        found = code.run(given.parameters, given.x[window], y[window], start, counting)[1]
        total[inputs_][window] += found.pop(inputs_)
        for name, array in found.items():
            from_start = first == 1 and (kind == "chunk" or last <= truncation)
            if name in given.parameters or from_start:
                total[name] += array
    return given.natural(total)


def state_jacobians(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, *, initial: Given | None = None
) -> Array:
    """Jacobians of every state by every earlier one.

    Returns
    -------
    ndarray, shape (T+1, T+1, S, S)
        ``[t, k]`` is ∂s_t/∂s_k (numerator layout), the identity for t = k, zero for t < k. The states of
        a cell with several are stacked in the order of ``cell.states``; S is their joint size. It is the
        Jacobian of the map from all states of step k, each entry free, to all states of step t, so
        ``[t, k] = [t, j] @ [j, k]``.
    """
    given = _single(read_arguments(cell, parameters, inputs, initial))
    found, _ = _one_step(given)
    one_step = np.concatenate([found[f"{state}0"] for state in cell.states], axis=-1)
    size = one_step.shape[-1]
    jacobians = np.zeros((given.steps + 1, given.steps + 1, size, size))
    jacobians[0, 0] = np.eye(size)
    for t in range(1, given.steps + 1):
        jacobians[t, :t] = one_step[t - 1] @ jacobians[t - 1, :t]
        jacobians[t, t] = np.eye(size)
    return jacobians


def immediate(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, wrt: str, *, initial: Given | None = None
) -> Array:
    """Immediate derivative of the state by a parameter, all states of the step before held fixed.

    Returns
    -------
    ndarray, shape (T, S, *wrt.shape)
        ``[k-1]`` is ∂⁺s_k/∂wrt; for a matrix the third-order tensor with entries [p, q, r]. Several
        states are stacked as in ``state_jacobians``.
    """
    given = _single(read_arguments(cell, parameters, inputs, initial))
    _known(cell, wrt)
    return _one_step(given, wrt)[1]


def contributions(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    wrt: str,
    *,
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
) -> Array:
    """Part of the gradient that goes from the use of a parameter at step k to the loss at step t.

    Returns
    -------
    ndarray, shape (T, T, *wrt.shape)
        ``[t-1, k-1]``; the sum over both is the gradient. Zero for k > t. A parameter that acts on the
        loss of its own step only (such as ``V``) has entries for k = t.
    """
    given = _single(read_arguments(cell, parameters, inputs, initial))
    _known(cell, wrt)
    code, y, weights, steps = program(cell), given.targets(targets), given.weights(mask)[:, 0], given.steps
    out = np.zeros((steps, steps, *given.natural({wrt: given.parameters[wrt]})[wrt].shape))
    for start in range(0, steps, MOST_TOGETHER):
        end = min(start + MOST_TOGETHER, steps)
        copies = end - start
        x, targets_ = (np.repeat(array[:end], copies, axis=1) for array in (given.x, y))
        initial_ = {state: np.repeat(array, copies, axis=0) for state, array in given.initial.items()}
        alone = np.zeros((end, copies))
        alone[np.arange(start, end), np.arange(copies)] = weights[start:end]
        parts = _added(code, given, {"x": x, "y": targets_}, initial_, alone, wrt)
        out[start:end, :end] = np.swapaxes(parts, 0, 1)
    return out


def _states(code: Program, given: Arguments, y: Array | None = None) -> dict[str, Array]:
    """Return the states at all steps, (T + 1, B, d) each."""
    signals = {"x": given.x} if y is None else {"x": given.x, "y": y}
    memory = code.memory("numpy", given.x, given.initial, given.parameters)
    values = code.forward("numpy", signals, given.initial, given.parameters, memory)
    return {state: values[state].copy() for state in code.signature.cell.states}


def _added(
    code: Program,
    given: Arguments,
    signals: dict[str, Array],
    initial: dict[str, Array],
    weights: Array,
    wrt: str,
) -> Array:
    """Return what every step of every sequence adds to the gradient of a parameter: (T, B, *shape)."""
    lead = signals["x"].shape[:2]
    memory = code.memory("numpy", signals["x"], initial, given.parameters)
    values = code.forward("numpy", signals, initial, given.parameters, memory)
    everything = {**signals, **values}
    _, adjoints = code.backward("numpy", weights.reshape((*lead, 1)), everything, given.parameters, memory)
    shape = tuple(given.sizes[axis] for axis in given.cell.parameters[wrt])
    if wrt not in code.swept.terms:
        return np.zeros((*lead, *shape))  # the loss does not depend on it
    bars = {f"{name}_bar": array for name, array in adjoints.items()}

    def lookup(v: Variable) -> Array:
        if v.time is None:
            return given.parameters[v.name].reshape(tuple(given.sizes[axis] for axis in v.shape))
        array = {**everything, **bars}[v.name]
        if v.name in code.signature.cell.states:
            array = array[1:] if v.time == STEP else array[:-1]
        return array if v.shape else array[..., 0]

    term: Tensor = code.swept.terms[wrt]
    found = evaluate(term, lookup, Point(code.swept.network, {}, given.sizes))
    return np.broadcast_to(found, (*lead, *shape))


def _one_step(given: Arguments, wrt: str = "") -> tuple[dict[str, Array], Array]:
    """Differentiate every entry of every state by all states of the step before, or by a parameter.

    Returns
    -------
    dict of str to ndarray
        ``h0`` and so on: (T, S, d), entry of the stacked states by state. Empty if a parameter is asked for.
    ndarray
        (T, S, *wrt.shape); empty if none is asked for.
    """
    code, cell = _probed(given.cell), given.cell
    sizes = [given.size(cell.signals[state]) for state in cell.states]
    total = sum(sizes)
    bounds = np.cumsum([0, *sizes])
    seeds = {
        f"{state}_seed": np.tile(np.eye(total)[:, low:high], (given.steps, 1))[None]
        for state, low, high in zip(cell.states, bounds, bounds[1:])
    }
    zeros = {name: np.zeros((given.steps, 1, seed.shape[-1])) for name, seed in seeds.items()}
    memory = code.memory("numpy", given.x, given.initial, given.parameters)
    values = code.forward("numpy", {"x": given.x, **zeros}, given.initial, given.parameters, memory)
    start = {state: np.repeat(values[state][:-1, 0], total, axis=0) for state in cell.states}
    signals = {"x": np.repeat(given.x[:, 0], total, axis=0)[None], **seeds}
    lead = (given.steps, total)
    ones = np.ones((1, given.steps * total))
    if wrt:
        added = _added(code, given, signals, start, ones, wrt)
        return {}, added.reshape((*lead, *added.shape[2:]))
    memory = code.memory("numpy", signals["x"], start, given.parameters)
    values = code.forward("numpy", signals, start, given.parameters, memory)
    everything = {**signals, **values}
    found, _ = code.backward("numpy", ones[..., None], everything, given.parameters, memory)
    return {f"{state}0": found[f"{state}0"].reshape((*lead, -1)) for state in cell.states}, np.zeros(0)


@lru_cache(maxsize=32)
def _probed(cell: Cell) -> Program:
    """Return the code of a cell whose loss at each step is a weighted sum of all entries of all states."""
    added = losses()[cell.loss]["equations"]
    own = [e for e in cell.step if e.target.name not in added]
    seeds = {f"{state}_seed": cell.signals[state] for state in cell.states}
    loss = plus(
        contract(Variable(f"{state}_seed", shape, STEP), Variable(state, shape, STEP))
        for state, shape in ((state, cell.signals[state]) for state in cell.states)
    )
    names = {"x", *(e.target.name for e in own)}
    signals = {n: s for n, s in cell.signals.items() if n in names} | seeds
    step = (*own, Equation(Variable("L", (), STEP), loss))
    return program(dataclasses.replace(cell, step=step, signals=signals, distribution=False))


def _known(cell: Cell, name: str) -> None:
    if name not in cell.parameters:
        raise ShapeError(f"there is no parameter {name!r}; accepted: {', '.join(cell.parameters)}")


def _single(given: Arguments) -> Arguments:
    if given.batch:
        raise ShapeError("inputs have a batch axis; accepted here: (T, n), one sequence")
    return given
