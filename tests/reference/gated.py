"""Gradients of gated cells, written by hand with NumPy alone: what the four cells have in common.

A cell module (`lstm`, `gru`, `lstm_cs7015`, `gru_cs7015`) knows one step: its equations, the Jacobian of its
stacked states, its immediate tensors, and the step back. Here are the loss and the sums over time. Operator
layout, steps t = 1..T, S the joint size of the states, stacked in the order of `cell.STATES`:

    z_t = V h_t + c_out,   ŷ_t = softmax(z_t),   V (m, d), c_out (m,), h = `cell.READOUT`,

and the total loss Σ_t mask_t L_t (a sum, not a mean). `run` and the steps are analytic in the parameters, the
inputs and the initial states: complex arguments may be passed. `run` describes the arguments.

References
----------
Werbos (1990), Backpropagation through time: what it does and how to do it, Proc. IEEE 78(10), 1550-1560.
Pascanu, Mikolov, Bengio (2013), On the difficulty of training recurrent neural networks, ICML, 1310-1318.
"""

import numpy as np

from .elman import log_softmax, targets_and_weights


def run(cell, parameters, inputs, targets, initial, activation, loss, mask=None):
    """Run a cell over one sequence.

    Parameters
    ----------
    cell : one of the cell modules
    parameters : dict
        Arrays in operator layout, named as in the equations of the cell; V (m, d) and c_out (m,).
    inputs : ndarray (T, n)
    targets : ndarray (T, m), or for cross_entropy also (T,) integer classes counted from 0
    initial : dict
        An array (d,) for each of `cell.STATES`.
    activation : one of `cell.CANDIDATES`, the functions that the source leaves open
    loss : {"cross_entropy", "squared_error"}
        L_t = −Σ_j y_tj ln ŷ_tj, or L_t = ½‖z_t − y_t‖².
    mask : ndarray (T,) or None
        The weights of the L_t; None for all ones.

    Returns
    -------
    dict
        steps, a list of T dicts of intermediates; losses (T,), unweighted; dz (T, m), the weighted
        mask_t dL_t/dz_t; total, the scalar Σ_t mask_t L_t.
    """
    V, c_out = parameters["V"], parameters["c_out"]
    y, weights = targets_and_weights(targets, mask, len(inputs), len(c_out), loss)
    steps, losses, dz, before = [], [], [], initial
    for t, x in enumerate(inputs):
        before = cell.step(parameters, x, before, activation)
        steps.append(before)
        z = V @ before[cell.READOUT] + c_out
        if loss == "cross_entropy":
            losses.append(-np.sum(y[t] * log_softmax(z)))
            dz.append(weights[t] * (y[t].sum() * np.exp(log_softmax(z)) - y[t]))
        else:
            losses.append(np.sum((z - y[t]) ** 2) / 2)
            dz.append(weights[t] * (z - y[t]))
    return {
        "steps": steps,
        "losses": np.array(losses),
        "dz": np.array(dz),
        "total": np.sum(weights * np.array(losses)),
    }


def one_sweep(cell, parameters, inputs, targets, initial, activation, loss, mask=None):
    """Return the gradients by one backward recursion in O(T) (Werbos 1990).

    Returns
    -------
    dict
        Every parameter in its shape; "h0" (d,) for a state h; x (T, n).
    """
    forward = run(cell, parameters, inputs, targets, initial, activation, loss, mask)
    dtype = np.result_type(forward["dz"], float)
    grads = {name: np.zeros(np.shape(value), dtype) for name, value in parameters.items()}
    grads["x"] = np.zeros(np.shape(inputs), dtype)
    later = {state: np.zeros(np.shape(initial[state]), dtype) for state in cell.STATES}
    for t in range(len(inputs) - 1, -1, -1):
        v, dz = forward["steps"][t], forward["dz"][t]
        grads["V"] += np.outer(dz, v[cell.READOUT])
        grads["c_out"] += dz
        later[cell.READOUT] = later[cell.READOUT] + parameters["V"].T @ dz
        here, grads["x"][t], later = cell.step_back(parameters, v, later, activation)
        for name, gradient in here.items():
            grads[name] += gradient
    return {**grads, **{f"{state}0": adjoint for state, adjoint in later.items()}}


def one_steps(cell, parameters, inputs, initial, activation):
    """Return the intermediates of all T steps."""
    steps, before = [], initial
    for x in inputs:
        before = cell.step(parameters, x, before, activation)
        steps.append(before)
    return steps


def state_jacobians(cell, parameters, inputs, initial, activation):
    """Return the derivatives of the stacked states by the stacked states before, their entries independent.

    Returns
    -------
    ndarray (T+1, T+1, S, S)
        [t, k] is J_t J_{t-1} ... J_{k+1} with the Jacobians J of one step, later factors on the left; the
        identity for t = k and zero for k > t.
    """
    steps = one_steps(cell, parameters, inputs, initial, activation)
    one_step = [cell.jacobian(parameters, v, activation) for v in steps]
    T, S = len(steps), len(one_step[0])
    jacobians = np.zeros((T + 1, T + 1, S, S))
    for k in range(T + 1):
        product = jacobians[k, k] = np.eye(S)
        for t in range(k + 1, T + 1):
            product = jacobians[t, k] = one_step[t - 1] @ product
    return jacobians


def immediate_tensors(cell, parameters, inputs, initial, activation):
    """Return ∂⁺, the derivatives of the stacked states of a step, those of the step before held fixed.

    Returns
    -------
    dict
        (T, S, *shape) for every parameter of its shape, zero for V and c_out; x (T, S, n).
    """
    steps = one_steps(cell, parameters, inputs, initial, activation)
    each = [cell.immediate(parameters, v, activation) for v in steps]
    found = {name: np.array([one[name] for one in each]) for name in each[0]}
    T, S = found["x"].shape[:2]
    return {**found, **{name: np.zeros((T, S, *parameters[name].shape)) for name in ("V", "c_out")}}


def contributions(cell, parameters, inputs, targets, initial, activation, loss, mask=None):
    """Return the parts of the gradients that go from a use at step k to the loss at step t, weighted.

    dL_t/dθ = Σ_k (dL_t/ds_t) (ds_t/ds_k) (∂⁺s_k/∂θ), s the stacked states, with dense third-order tensors
    (Pascanu et al. 2013, eqs. 3-5).

    Returns
    -------
    dict
        (T, T, *shape) at [t-1, k-1] for every parameter; x (T, T, n); "h0" (T, d) at [t-1] for a state h.
    """
    forward = run(cell, parameters, inputs, targets, initial, activation, loss, mask)
    jacobians = state_jacobians(cell, parameters, inputs, initial, activation)
    tensors = immediate_tensors(cell, parameters, inputs, initial, activation)
    T, sizes = len(inputs), [len(initial[state]) for state in cell.STATES]
    parts = {name: np.zeros((T, T, *tensor.shape[2:])) for name, tensor in tensors.items()}
    first = np.zeros((T, sum(sizes)))
    for t in range(1, T + 1):
        dz = forward["dz"][t - 1]
        parts["V"][t - 1, t - 1] = np.outer(dz, forward["steps"][t - 1][cell.READOUT])
        parts["c_out"][t - 1, t - 1] = dz
        stacked = [
            parameters["V"].T @ dz if state == cell.READOUT else np.zeros(size)
            for state, size in zip(cell.STATES, sizes)
        ]
        row = np.concatenate(stacked)
        first[t - 1] = row @ jacobians[t, 0]
        for k in range(1, t + 1):
            for name, tensor in tensors.items():
                parts[name][t - 1, k - 1] += np.tensordot(row @ jacobians[t, k], tensor[k - 1], axes=1)
    starts = np.split(first, np.cumsum(sizes)[:-1], axis=1)
    return {**parts, **{f"{state}0": part for state, part in zip(cell.STATES, starts)}}


def sum_over_paths(parts, cell, keep):
    """Return the gradients over the paths (t, k) with keep(t, k); k = 0 is the path to the initial states."""
    initial = [f"{state}0" for state in cell.STATES]
    T = len(parts["x"])
    kept = np.array([[keep(t, k) for k in range(1, T + 1)] for t in range(1, T + 1)], dtype=float)
    found = {name: np.einsum("tk,tk...->...", kept, parts[name]) for name in parts if name not in initial}
    found["x"] = np.einsum("tk,tkn->kn", kept, parts["x"])
    whole = np.array([keep(t, 0) for t in range(1, T + 1)], dtype=float)
    return {**found, **{name: whole @ parts[name] for name in initial}}


def double_sum(cell, *arguments):
    """Return the gradients by the double sum over t and k, keys as in `one_sweep`."""
    return sum_over_paths(contributions(cell, *arguments), cell, lambda t, k: True)


def truncated(cell, *arguments, truncation, kind):
    """Return the gradients over the paths that a truncation keeps, keys as in `one_sweep`.

    "lag" keeps (t, k) iff t − k ≤ τ, the path to the initial states (k = 0) iff t ≤ τ. "chunk" cuts the steps
    into 1..τ, τ+1..2τ, … and keeps the paths that cross no border; the initial states belong to the first.
    """

    def keep(t, k):
        if kind == "lag":
            return t - k <= truncation
        return (t - 1) // truncation == max(k - 1, 0) // truncation

    return sum_over_paths(contributions(cell, *arguments), cell, keep)


def batch_gradients(cell, parameters, inputs, targets, initial, activation, loss, mask, method=one_sweep):
    """Return the gradients of the loss summed over time and batch, one sequence after the other.

    Inputs (T, batch, n), targets (T, batch) or (T, batch, m), initial states (batch, d), mask (T, batch).
    """
    each = []
    for i in range(inputs.shape[1]):
        start = {state: array[i] for state, array in initial.items()}
        arguments = (parameters, inputs[:, i], targets[:, i], start, activation, loss, mask[:, i])
        each.append(method(cell, *arguments))
    found = {name: sum(one[name] for one in each) for name in parameters}
    found |= {f"{state}0": np.array([one[f"{state}0"] for one in each]) for state in cell.STATES}
    return {**found, "x": np.stack([one["x"] for one in each], axis=1)}


def gate_tensors(columns, used):
    """Return the immediate tensors of parameters that enter pre-activations.

    Parameters
    ----------
    columns : dict
        For each pre-activation the derivative (S, d) of the stacked states by it.
    used : dict
        For each parameter the pre-activation that it enters and the vector it is multiplied with; 1 for a
        bias.

    Returns
    -------
    dict
        For a matrix [p, q, r] = columns[p, q] vector[r], as ∂a_i/∂W_qr = δ_iq vector_r.
    """
    return {
        name: columns[gate] if np.ndim(vector) == 0 else np.einsum("pq,r->pqr", columns[gate], vector)
        for name, (gate, vector) in used.items()
    }
