"""The numeric interface: signals, gradients, Jacobians and contributions as arrays, by generated code.

The code is generated from the derived equations, once for a cell; its witnesses (the complex step, the
hand-written reference) live in the tests. Jacobians and immediate derivatives run the same code on sequences
of one step, with a loss that reads one entry of one state.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from numbers import Integral
from typing import Literal

import numpy as np
import numpy.typing as npt

from symrnn.derivation import ADJOINT, FULL, derive
from symrnn.model import STEP, Cell, Equation, losses
from symrnn.numeric.arguments import Arguments, Given, read_arguments
from symrnn.numeric.codegen.names import start
from symrnn.numeric.execution import Engine, Program, Sequences, Swept, program
from symrnn.tensor import InputError, ShapeError, Tensor, Total, Variable, contract, plus
from symrnn.witness import Array, Point, evaluate

MOST_TOGETHER = 64  # losses that are swept back side by side


def forward(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    *,
    initial: Given | None = None,
) -> dict[str, Array]:
    """Every signal of the forward pass.

    Parameters
    ----------
    targets : array, optional
        Without them there is no loss, and nothing else that is computed from a target.
    cell, parameters, inputs, initial
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        Every signal that the cell or its loss computes, in the order of the equations. Row t-1 belongs to
        step t: ``{"a": (T, d), "s": (T+1, d), "L": (T,), …}``, for a batch (T, batch, …). States have T+1
        rows, row 0 the initial one. The losses are not weighted.

    Raises
    ------
    ShapeError
        If a shape, a name or a class index does not fit.
    """
    given = read_arguments(cell, parameters, inputs, initial)
    unknown = set[str]() if targets is not None else _from_target(cell)
    for state in cell.states:
        if state in unknown:
            raise ShapeError(f"the state {state} of {cell.name} reads the target; accepted: targets")
    y = given.blank_targets() if targets is None else given.targets(targets)
    ahead = {cell.roles.input: given.x, cell.roles.target: y}
    values = program(cell, every_signal=True).forward(given.parameters, ahead, given.initial)
    wanted = [e.target for e in cell.step if e.target.name not in unknown]
    for v in wanted:
        _must_be_finite(given, v.name, given.states_from(v, values[v.name]))
    return {v.name: given.signal(v, values[v.name]) for v in wanted}


def _must_be_finite(given: Arguments, name: str, array: Array) -> None:
    """Refuse a signal that is beyond all numbers, or none, and name its first step."""
    finite = np.isfinite(array)
    if not finite.all():
        step = int(np.argmin(finite.reshape((len(array), -1)).all(axis=1))) + 1
        raise InputError(
            f"{name} at step {step} of {given.cell.name} cannot be computed from these numbers: its equation"
            f" overflows, or leaves the domain of a function; accepted: numbers for which it is finite"
        )


def _checked(given: Arguments, targets: Array, found: dict[str, Array]) -> dict[str, Array]:
    """Return gradients, which are numbers; otherwise say which equation has none, or which gradient."""
    wrong = [name for name, array in found.items() if not np.isfinite(array).all()]
    if wrong:
        ahead = {given.cell.roles.input: given.x, given.cell.roles.target: targets}
        values = program(given.cell, every_signal=True).forward(given.parameters, ahead, given.initial)
        for e in given.cell.step:
            _must_be_finite(given, e.target.name, given.states_from(e.target, values[e.target.name]))
        raise InputError(
            f"the gradient by {wrong[0]} of {given.cell.name} overflows; accepted: numbers, and a number of"
            f" steps, for which it is finite"
        )
    return found


def adjoints(
    cell: Cell,
    parameters: Given,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    initial: Given | None = None,
    mask: npt.ArrayLike | None = None,
) -> dict[str, Array]:
    """Derivative of the total loss by every signal, in one backward sweep.

    Parameters
    ----------
    cell, parameters, inputs, targets, initial, mask
        As in ``gradients``.

    Returns
    -------
    dict of str to ndarray
        Keys and shapes as in ``forward``: the total derivative by the signal at its step, later steps
        included. Row 0 of a state is the gradient by the initial state; that of the loss are the weights.
        The entries of a prediction are free, they need not add up to one; where a probability rounds to 0,
        its adjoint is not finite.
    """
    given = read_arguments(cell, parameters, inputs, initial)
    weights = given.weights(mask)
    y = given.targets(targets, weights)
    if not given.width:  # no sequence
        empty = forward(cell, parameters, inputs, targets, initial=initial)
        return {name: np.zeros_like(array) for name, array in empty.items()}
    code = program(cell, every_signal=True)
    ahead = {cell.roles.input: given.x, cell.roles.target: y}
    found = code.sweep(given.parameters, Sequences(ahead, given.initial, weights))
    known = dict(found.adjoints)
    for name, by_signal in _behind_the_sweep(cell).items():
        each = _evaluated(by_signal, code, given, found)
        each = np.broadcast_to(each, (*weights.shape, *given.lengths(by_signal.shape)))
        known[name] = weights[..., None] * each.reshape((*weights.shape, -1))
    for state in cell.states:
        known[state] = np.concatenate([found.gradients[start(state)][None], known[state]])
    return {e.target.name: given.signal(e.target, known[e.target.name]) for e in cell.step}


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
        Operator layout: for Elman ``U`` (d, n), ``W`` (d, d), ``b`` (d,), ``V`` (m, d), ``c`` (m,). Computed
        and returned is float32 if all arrays of floats among parameters, inputs and initial states have it,
        else float64.
    inputs : array, shape (T, n) or (T, batch, n)
    targets : array
        Integers are class indices, (T,) or (T, batch); floats are target vectors, (T, m) or (T, batch, m),
        whose entries add up to 1 under cross entropy wherever the loss counts.
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
        If a shape, a name or a target does not fit; if numbers are complex, masked or not finite.

    References
    ----------
    Werbos (1990), Backpropagation through time, Proc. IEEE 78(10).
    """
    given = read_arguments(cell, parameters, inputs, initial)
    weights = given.weights(mask)
    y = given.targets(targets, weights)
    if not given.width:  # no sequence
        return given.natural(given.zeros())
    found = program(cell).run(given.parameters, given.x, y, given.initial, weights, engine)[1]
    return _checked(given, y, given.natural(found))


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
        τ, a whole number (no float); at least 0 for ``lag``, at least 1 for ``chunk``.
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
    if not isinstance(truncation, Integral) or isinstance(truncation, bool) or truncation < least:
        raise InputError(f"truncation {truncation!r}: accepted for {kind}: a whole number, at least {least}")
    given = read_arguments(cell, parameters, inputs, initial)
    weights, steps, roles = given.weights(mask), given.steps, cell.roles
    y, total, reach = given.targets(targets, weights), given.zeros(), int(truncation)
    if not given.width:  # no sequence
        return given.natural(total)
    code = program(cell)
    values = code.forward(given.parameters, {roles.input: given.x, roles.target: y}, given.initial)
    states = {state: values[state].copy() for state in cell.states}  # the next call overwrites them
    if kind == "chunk":
        windows = [(k, min(k + reach - 1, steps), k) for k in range(1, steps + 1, reach)]
    else:
        windows = [(max(1, t - reach), t, t) for t in range(1, steps + 1)]
    for first, last, counted in windows:
        window = slice(first - 1, last)
        counting = weights[window] * (np.arange(first, last + 1)[:, None] >= counted)
        before = {state: values[first - 1] for state, values in states.items()}
        found = code.run(given.parameters, given.x[window], y[window], before, counting)[1]
        total[roles.input][window] += found.pop(roles.input)
        for name, array in found.items():
            from_start = first == 1 and (kind == "chunk" or last <= reach)
            if name in given.parameters or from_start:
                total[name] += array
    return _checked(given, y, given.natural(total))


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
    one_step = _one_steps(given, *_probes(given))
    size = one_step.shape[-1]
    jacobians = np.zeros((given.steps + 1, given.steps + 1, size, size), given.dtype)
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
    return _immediate(given, *_probes(given), wrt)


def sensitivities(
    cell: Cell, parameters: Given, inputs: npt.ArrayLike, wrt: str, *, initial: Given | None = None
) -> Array:
    """Total derivative of the state by a parameter, all its uses up to that step together.

    Returns
    -------
    ndarray, shape (T+1, S, *wrt.shape)
        ``[t]`` is ds_t/dwrt, carried forward from step to step: J_t ``[t-1]`` + ∂⁺s_t/∂wrt with the Jacobian
        J_t of one step; ``[0]`` is zero. Several states are stacked as in ``state_jacobians``.

    References
    ----------
    Williams & Zipser (1989), A learning algorithm for continually running fully recurrent neural networks,
    Neural Computation 1(2).
    """
    given = _single(read_arguments(cell, parameters, inputs, initial))
    _known(cell, wrt)
    code, probes = _probes(given)
    one_step, added = _one_steps(given, code, probes), _immediate(given, code, probes, wrt)
    total = np.zeros((given.steps + 1, *added.shape[1:]), given.dtype)
    for t in range(1, given.steps + 1):
        total[t] = np.tensordot(one_step[t - 1], total[t - 1], axes=1) + added[t - 1]
    return total


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
    code, weights, steps = program(cell), given.weights(mask), given.steps
    y, weights = given.targets(targets, weights), weights[:, 0]
    out = np.zeros((steps, steps, *given.lengths(cell.parameters[wrt])), given.dtype)
    for begin in range(0, steps, MOST_TOGETHER):
        end = min(begin + MOST_TOGETHER, steps)
        copies = end - begin
        ahead = {cell.roles.input: given.x[:end], cell.roles.target: y[:end]}
        alone = np.zeros((end, copies), given.dtype)
        alone[np.arange(begin, end), np.arange(copies)] = weights[begin:end]
        sequences = Sequences(
            {name: np.repeat(array, copies, axis=1) for name, array in ahead.items()},
            {state: np.repeat(array, copies, axis=0) for state, array in given.initial.items()},
            alone,
        )
        out[begin:end, :end] = np.swapaxes(_added(code, given, sequences, wrt), 0, 1)
    return _checked(given, y, {wrt: out})[wrt]


def _one_steps(given: Arguments, code: Program, probes: Sequences) -> Array:
    """Return the Jacobian of each step, shape (T, S, S)."""
    found = code.sweep(given.parameters, probes).gradients
    rows = np.concatenate([found[start(state)] for state in given.cell.states], axis=-1)
    return rows.reshape((given.steps, -1, rows.shape[-1]))


def _immediate(given: Arguments, code: Program, probes: Sequences, wrt: str) -> Array:
    """Return ∂⁺s_k/∂wrt of each step, shape (T, S, *wrt.shape)."""
    added = _added(code, given, probes, wrt)
    return added.reshape((given.steps, -1, *added.shape[2:]))


def _added(code: Program, given: Arguments, sequences: Sequences, wrt: str) -> Array:
    """Return what every step of every sequence adds to the gradient of a parameter: (T, B, *shape)."""
    shape = given.lengths(given.cell.parameters[wrt])
    if wrt not in code.swept.terms:
        return np.zeros((*sequences.weights.shape, *shape), given.dtype)  # the loss does not depend on it
    each = _evaluated(code.swept.terms[wrt], code, given, code.sweep(given.parameters, sequences))
    return np.broadcast_to(each, (*sequences.weights.shape, *shape))


def _evaluated(tensor: Tensor, code: Program, given: Arguments, found: Swept) -> Array:
    """Return an expression of the symbolic step at every step of every sequence: (T, B, *shape)."""
    known = {**found.values, **{name + ADJOINT: array for name, array in found.adjoints.items()}}

    def lookup(v: Variable) -> Array:
        if v.time is None:
            return given.parameters[v.name].reshape(given.lengths(v.shape))
        array = known[v.name]
        if v.name in given.cell.states:
            array = array[1:] if v.time == STEP else array[:-1]
        return array if v.shape else array[..., 0]

    with np.errstate(divide="ignore", invalid="ignore"):  # of a probability that rounded to 0
        return evaluate(tensor, lookup, Point(code.swept.network, {}, given.sizes)).astype(given.dtype)


@lru_cache(maxsize=32)
def _behind_the_sweep(cell: Cell) -> dict[str, Tensor]:
    """Return ∂L_t/∂v_t for what the sweep leaves out: the loss, and signals between it and the logits."""
    network = dataclasses.replace(cell.unroll(2), distribution="")
    loss, swept = network.loss(STEP), program(cell, every_signal=True).signature.adjoints
    behind = (e.target for e in cell.step if e.target.name not in swept)
    return {v.name: derive(Total(loss, v), network, FULL).result for v in behind}


def _from_target(cell: Cell) -> set[str]:
    """Return the signals of a step that are computed from its target."""
    found = {cell.roles.target}
    for equation in cell.step:
        if any(v.name in found for v in equation.used):
            found.add(equation.target.name)
    return found


def _probes(given: Arguments) -> tuple[Program, Sequences]:
    """Return code and sequences whose losses are the entries of the states, one entry at one step each.

    A sequence has one step and starts from the states before it, (T S) of them: entry after entry, step
    after step.
    """
    code, cell = _probed(given.cell), given.cell
    sizes = [given.size(cell.signals[state]) for state in cell.states]
    total = sum(sizes)
    bounds = np.cumsum([0, *sizes])
    seeds = {
        _seed(state): np.tile(np.eye(total, dtype=given.dtype)[:, low:high], (given.steps, 1))[None]
        for state, low, high in zip(cell.states, bounds, bounds[1:])
    }
    zeros = {name: np.zeros((given.steps, 1, seed.shape[-1]), given.dtype) for name, seed in seeds.items()}
    values = code.forward(given.parameters, {cell.roles.input: given.x, **zeros}, given.initial)
    return code, Sequences(
        {cell.roles.input: np.repeat(given.x[:, 0], total, axis=0)[None], **seeds},
        {state: np.repeat(values[state][:-1, 0], total, axis=0) for state in cell.states},
        np.ones((1, given.steps * total), given.dtype),
    )


@lru_cache(maxsize=32)
def _probed(cell: Cell) -> Program:
    """Return the code of a cell whose loss at each step is a weighted sum of all entries of all states."""
    added = losses()[cell.loss]["equations"]
    own = [e for e in cell.step if e.target.name not in added]
    states = {state: cell.signals[state] for state in cell.states}
    loss = plus(
        contract(Variable(_seed(state), shape, STEP), Variable(state, shape, STEP))
        for state, shape in states.items()
    )
    names = {cell.roles.input, *(e.target.name for e in own)}
    signals = {n: s for n, s in cell.signals.items() if n in names}
    signals |= {_seed(state): shape for state, shape in states.items()}
    step = (*own, Equation(Variable(cell.roles.loss, (), STEP), loss))
    return program(dataclasses.replace(cell, step=step, signals=signals, distribution=False))


def _seed(state: str) -> str:
    """Return the name of what weights the entries of a state."""
    return f"{state}_seed"


def _known(cell: Cell, name: str) -> None:
    if not isinstance(name, str) or name not in cell.parameters:
        raise ShapeError(f"there is no parameter {name!r}; accepted: {', '.join(cell.parameters)}")


def _single(given: Arguments) -> Arguments:
    if given.batch:
        raise ShapeError("inputs have a batch axis; accepted here: (T, n), one sequence")
    return given
