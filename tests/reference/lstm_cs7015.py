"""One step of the LSTM of CS7015, lecture 15, and its derivatives, by hand.

    a_j = U_j x_t + W_j h_{t-1} + b_j  for the gates j = o, i, f,   a = U x_t + W h_{t-1} + b
    o, i, f = logistic(a_j),  s̃ = σ(a),  s_t = f ∘ s_{t-1} + i ∘ s̃,  h_t = o ∘ σ(s_t)

The lecture writes σ for the gates, the candidate s̃ and the output alike. Gates are logistic; the σ of the
candidate and of the output is left open.
"""

import numpy as np

from .elman import ACTIVATIONS, logistic
from .gated import gate_tensors

STATES, READOUT, GATES = ("h", "s"), "h", ("_o", "_i", "_f", "")
CANDIDATES = ("tanh", "sigmoid", "relu", "identity")


def shapes(n, d, m):
    """Return the shape of every parameter."""
    gates = {f"U{j}": (d, n) for j in GATES} | {f"W{j}": (d, d) for j in GATES}
    return {**gates, **{f"b{j}": (d,) for j in GATES}, "V": (m, d), "c_out": (m,)}


def step(p, x, before, activation):
    """Return all intermediates of one step, and what it read as x, h_before, s_before."""
    sigma, _ = ACTIVATIONS[activation]
    h, s = before["h"], before["s"]
    o, i, f = (logistic(p[f"U{j}"] @ x + p[f"W{j}"] @ h + p[f"b{j}"]) for j in ("_o", "_i", "_f"))
    a = p["U"] @ x + p["W"] @ h + p["b"]
    new = f * s + i * sigma(a)
    return {
        **{"x": x, "h_before": h, "s_before": s, "o": o, "i": i, "f": f, "a": a},
        **{"candidate": sigma(a), "s": new, "shown": sigma(new), "h": o * sigma(new)},
    }


def columns(v, activation):
    """Return the derivative of the stacked (h, s) by each pre-activation, (2d, d)."""
    _, slope = ACTIVATIONS[activation]
    o, i, f = v["o"], v["i"], v["f"]
    dh_ds = o * slope(v["s"])
    ds = {"_i": v["candidate"] * i * (1 - i), "_f": v["s_before"] * f * (1 - f), "": i * slope(v["a"])}
    found = {j: np.vstack([np.diag(dh_ds * each), np.diag(each)]) for j, each in ds.items()}
    return {"_o": np.vstack([np.diag(v["shown"] * o * (1 - o)), np.zeros((len(o), len(o)))]), **found}


def jacobian(p, v, activation):
    """Return the derivative of the stacked (h, s) by the stacked (h, s) before, (2d, 2d)."""
    _, slope = ACTIVATIONS[activation]
    by_s = np.vstack([np.diag(v["o"] * slope(v["s"]) * v["f"]), np.diag(v["f"])])
    by_h = sum(column @ p[f"W{j}"] for j, column in columns(v, activation).items())
    return np.hstack([by_h, by_s])


def immediate(p, v, activation):
    """Return the derivatives of the stacked (h, s) by each parameter and x, (h, s) before held fixed."""
    by = columns(v, activation)
    used = {f"U{j}": (j, v["x"]) for j in GATES} | {f"W{j}": (j, v["h_before"]) for j in GATES}
    found = gate_tensors(by, {**used, **{f"b{j}": (j, 1) for j in GATES}})
    return {**found, "x": sum(by[j] @ p[f"U{j}"] for j in GATES)}


def step_back(p, v, later, activation):
    """Return the gradients by the parameters and x, and the adjoints of (h, s) before."""
    _, slope = ACTIVATIONS[activation]
    o, i, f = v["o"], v["i"], v["f"]
    dh = later["h"]
    ds = later["s"] + dh * o * slope(v["s"])
    da = {
        "_o": dh * v["shown"] * o * (1 - o),
        "_i": ds * v["candidate"] * i * (1 - i),
        "_f": ds * v["s_before"] * f * (1 - f),
        "": ds * i * slope(v["a"]),
    }
    grads = {f"U{j}": np.outer(da[j], v["x"]) for j in GATES}
    grads |= {f"W{j}": np.outer(da[j], v["h_before"]) for j in GATES}
    grads |= {f"b{j}": da[j] for j in GATES}
    dx = sum(p[f"U{j}"].T @ da[j] for j in GATES)
    return grads, dx, {"h": sum(p[f"W{j}"].T @ da[j] for j in GATES), "s": ds * f}
