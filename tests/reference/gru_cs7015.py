"""One step of the GRU of CS7015, lecture 15, and its derivatives, by hand.

    o = logistic(U_o x_t + W_o s_{t-1} + b_o),   i = logistic(U_i x_t + W_i s_{t-1} + b_i)
    s̃ = σ(U x_t + W (o ∘ s_{t-1}) + b),   s_t = (1 − i) ∘ s_{t-1} + i ∘ s̃

The gate o acts before the product with W; there is no forget gate, 1 − i takes its place. Gates are logistic;
the σ of the candidate s̃ is left open. The readout is on s.
"""

import numpy as np

from .elman import ACTIVATIONS, logistic
from .gated import gate_tensors

STATES, READOUT, GATES = ("s",), "s", ("_o", "_i", "")
CANDIDATES = ("tanh", "sigmoid", "relu", "identity")


def shapes(n, d, m):
    """Return the shape of every parameter."""
    gates = {f"U{j}": (d, n) for j in GATES} | {f"W{j}": (d, d) for j in GATES}
    return {**gates, **{f"b{j}": (d,) for j in GATES}, "V": (m, d), "c_out": (m,)}


def step(p, x, before, activation):
    """Return all intermediates of one step, and what it read as x, s_before."""
    sigma, _ = ACTIVATIONS[activation]
    s = before["s"]
    o, i = (logistic(p[f"U{j}"] @ x + p[f"W{j}"] @ s + p[f"b{j}"]) for j in ("_o", "_i"))
    a = p["U"] @ x + p["W"] @ (o * s) + p["b"]
    new = (1 - i) * s + i * sigma(a)
    return {"x": x, "s_before": s, "o": o, "i": i, "a": a, "candidate": sigma(a), "s": new}


def columns(p, v, activation):
    """Return the derivative of s by each pre-activation, (d, d); that of o acts through the candidate."""
    _, slope = ACTIVATIONS[activation]
    o, i, s = v["o"], v["i"], v["s_before"]
    by_a = np.diag(i * slope(v["a"]))
    by_i = np.diag((v["candidate"] - s) * i * (1 - i))
    return {"_o": by_a @ p["W"] @ np.diag(s * o * (1 - o)), "_i": by_i, "": by_a}


def jacobian(p, v, activation):
    """Return the derivative of s by s before, (d, d)."""
    by = columns(p, v, activation)
    through_gates = by["_o"] @ p["W_o"] + by["_i"] @ p["W_i"]
    return np.diag(1 - v["i"]) + through_gates + by[""] @ p["W"] @ np.diag(v["o"])


def immediate(p, v, activation):
    """Return the derivatives of s by each parameter and x, s before held fixed."""
    by, s = columns(p, v, activation), v["s_before"]
    used = {f"U{j}": (j, v["x"]) for j in GATES} | {f"b{j}": (j, 1) for j in GATES}
    used |= {"W_o": ("_o", s), "W_i": ("_i", s), "W": ("", v["o"] * s)}
    return {**gate_tensors(by, used), "x": sum(by[j] @ p[f"U{j}"] for j in GATES)}


def step_back(p, v, later, activation):
    """Return the gradients by the parameters and x, and the adjoint of s before."""
    _, slope = ACTIVATIONS[activation]
    o, i, s, ds = v["o"], v["i"], v["s_before"], later["s"]
    da = ds * i * slope(v["a"])
    muted = p["W"].T @ da  # adjoint of o ∘ s_{t-1}
    da_o = muted * s * o * (1 - o)
    da_i = ds * (v["candidate"] - s) * i * (1 - i)
    each = {"_o": da_o, "_i": da_i, "": da}
    grads = {f"U{j}": np.outer(each[j], v["x"]) for j in GATES} | {f"b{j}": each[j] for j in GATES}
    grads |= {"W_o": np.outer(da_o, s), "W_i": np.outer(da_i, s), "W": np.outer(da, o * s)}
    dx = sum(p[f"U{j}"].T @ each[j] for j in GATES)
    return grads, dx, {"s": ds * (1 - i) + muted * o + p["W_o"].T @ da_o + p["W_i"].T @ da_i}
