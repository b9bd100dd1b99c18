"""One step of the GRU with the reset gate behind the product, and its derivatives, by hand.

    r = logistic(U_r x_t + W_r h_{t-1} + b_r),   z = logistic(U_z x_t + W_z h_{t-1} + b_z)
    q = W_n h_{t-1} + b_hn,   n = tanh(U_n x_t + b_n + r ∘ q),   h_t = (1 − z) ∘ n + z ∘ h_{t-1}

This is PyTorch's nn.GRU; its two biases of r, and of z, enter as sums.

References
----------
Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, EMNLP, 1724-1734.
"""

import numpy as np

from .elman import logistic
from .gated import gate_tensors

STATES, READOUT, GATES = ("h",), "h", ("r", "z", "n")
CANDIDATES = ("tanh",)


def shapes(n, d, m):
    """Return the shape of every parameter."""
    gates = {f"U_{j}": (d, n) for j in GATES} | {f"W_{j}": (d, d) for j in GATES}
    biases = {f"b_{j}": (d,) for j in (*GATES, "hn")}
    return {**gates, **biases, "V": (m, d), "c_out": (m,)}


def step(p, x, before, activation):
    """Return all intermediates of one step, and what it read as x, h_before."""
    h = before["h"]
    r, z = (logistic(p[f"U_{j}"] @ x + p[f"W_{j}"] @ h + p[f"b_{j}"]) for j in "rz")
    q = p["W_n"] @ h + p["b_hn"]
    n = np.tanh(p["U_n"] @ x + p["b_n"] + r * q)
    return {"x": x, "h_before": h, "r": r, "z": z, "q": q, "n": n, "h": (1 - z) * n + z * h}


def columns(v):
    """Return the derivative of h by the pre-activations of r, z, n and by q, (d, d)."""
    r, z, n = v["r"], v["z"], v["n"]
    by_n = (1 - z) * (1 - n**2)
    found = {"r": by_n * v["q"] * r * (1 - r), "z": (v["h_before"] - n) * z * (1 - z), "n": by_n}
    return {j: np.diag(slope) for j, slope in {**found, "q": by_n * r}.items()}


def jacobian(p, v, activation):
    """Return the derivative of h by h before, (d, d)."""
    by = columns(v)
    return np.diag(v["z"]) + by["r"] @ p["W_r"] + by["z"] @ p["W_z"] + by["q"] @ p["W_n"]


def immediate(p, v, activation):
    """Return the derivatives of h by each parameter and x, h before held fixed."""
    by, h = columns(v), v["h_before"]
    used = {f"U_{j}": (j, v["x"]) for j in GATES} | {f"b_{j}": (j, 1) for j in GATES}
    used |= {"W_r": ("r", h), "W_z": ("z", h), "W_n": ("q", h), "b_hn": ("q", 1)}
    return {**gate_tensors(by, used), "x": sum(by[j] @ p[f"U_{j}"] for j in GATES)}


def step_back(p, v, later, activation):
    """Return the gradients by the parameters and x, and the adjoint of h before."""
    r, z, n, h, dh = v["r"], v["z"], v["n"], v["h_before"], later["h"]
    da_n = dh * (1 - z) * (1 - n**2)
    da_z = dh * (h - n) * z * (1 - z)
    da_r = da_n * v["q"] * r * (1 - r)
    dq = da_n * r
    da = {"r": da_r, "z": da_z, "n": da_n}
    grads = {f"U_{j}": np.outer(da[j], v["x"]) for j in GATES} | {f"b_{j}": da[j] for j in GATES}
    grads |= {"W_r": np.outer(da_r, h), "W_z": np.outer(da_z, h), "W_n": np.outer(dq, h), "b_hn": dq}
    dx = sum(p[f"U_{j}"].T @ da[j] for j in GATES)
    return grads, dx, {"h": dh * z + p["W_r"].T @ da_r + p["W_z"].T @ da_z + p["W_n"].T @ dq}
