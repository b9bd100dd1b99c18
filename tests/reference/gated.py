"""LSTM and GRU forward passes in plain NumPy, as their papers and PyTorch state them; nothing from symrnn.

Operator layout: ``U`` (d, n), ``W`` (d, d), ``b`` (d,), ``V`` (m, d), ``c_out`` (m,). The loss is cross
entropy with the natural logarithm, summed over time with weights. Complex arguments are allowed: every
function is analytic, so the imaginary part divided by the step is the derivative (Squire & Trapp 1998).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, Any]
STEP = 1e-30


def logistic(a: Any) -> Any:
    """1/(1 + exp(-a)), for moderate a."""
    return 1 / (1 + np.exp(-a))


def log_softmax(z: Any) -> Any:
    """Logarithm of softmax, shifted by the real part to stay analytic."""
    shifted = z - z.real.max()
    return shifted - np.log(np.exp(shifted).sum())


def lstm_step(p: Arrays, x: Any, state: Arrays) -> Arrays:
    """One step of an LSTM with a forget gate (Gers, Schmidhuber & Cummins 2000)."""
    h, c = state["h"], state["c"]
    i = logistic(p["U_i"] @ x + p["W_i"] @ h + p["b_i"])
    f = logistic(p["U_f"] @ x + p["W_f"] @ h + p["b_f"])
    g = np.tanh(p["U_g"] @ x + p["W_g"] @ h + p["b_g"])
    o = logistic(p["U_o"] @ x + p["W_o"] @ h + p["b_o"])
    c = f * c + i * g
    return {"h": o * np.tanh(c), "c": c}


def gru_step(p: Arrays, x: Any, state: Arrays) -> Arrays:
    """One step of a GRU, reset gate behind the product: h' = (1 − z) n + z h (PyTorch's convention)."""
    h = state["h"]
    r = logistic(p["U_r"] @ x + p["W_r"] @ h + p["b_r"])
    z = logistic(p["U_z"] @ x + p["W_z"] @ h + p["b_z"])
    n = np.tanh(p["U_n"] @ x + p["b_n"] + r * (p["W_n"] @ h + p["b_hn"]))
    return {"h": (1 - z) * n + z * h}


STEPS = {"lstm": lstm_step, "gru": gru_step}


def loss(cell: str, p: Arrays, inputs: Any, targets: Any, initial: Arrays, mask: Any) -> Any:
    """Weighted sum of the cross entropies; ``targets`` are class indices."""
    state, total = initial, 0.0
    for x, target, weight in zip(inputs, targets, mask):
        state = STEPS[cell](p, x, state)
        total = total - weight * log_softmax(p["V"] @ state["h"] + p["c_out"])[target]
    return total


def gradient(cell: str, name: str, p: Arrays, inputs: Any, targets: Any, initial: Arrays, mask: Any) -> Any:
    """Gradient of the loss by a parameter, or by an initial state named ``h0``, by complex step."""
    arrays = {**p, **{f"{state}0": value for state, value in initial.items()}}
    found = np.zeros(arrays[name].shape)
    for place in np.ndindex(*found.shape):
        moved = {key: np.array(value, dtype=complex) for key, value in arrays.items()}
        moved[name][place] += 1j * STEP
        start = {state: moved[f"{state}0"] for state in initial}
        found[place] = loss(cell, moved, inputs, targets, start, mask).imag / STEP
    return found
