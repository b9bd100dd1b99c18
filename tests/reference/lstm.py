"""One step of the LSTM with a forget gate, and its derivatives, by hand.

    a_j = U_j x_t + W_j h_{t-1} + b_j  for the gates j = i, f, o and the candidate j = g
    i, f, o = logistic(a_j),  g = tanh(a_g),  c_t = f ∘ c_{t-1} + i ∘ g,  h_t = o ∘ tanh(c_t)

One bias per gate: the two of PyTorch's nn.LSTM enter as a sum.

References
----------
Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9(8), 1735-1780.
Gers, Schmidhuber & Cummins (2000), Learning to forget, Neural Computation 12(10), 2451-2471.
"""

import numpy as np

from .elman import logistic
from .gated import gate_tensors

STATES, READOUT, GATES = ("h", "c"), "h", ("i", "f", "g", "o")
CANDIDATES = ("tanh",)


def shapes(n, d, m):
    """Return the shape of every parameter."""
    gates = {f"U_{j}": (d, n) for j in GATES} | {f"W_{j}": (d, d) for j in GATES}
    return {**gates, **{f"b_{j}": (d,) for j in GATES}, "V": (m, d), "c_out": (m,)}


def step(p, x, before, activation):
    """Return all intermediates of one step, and what it read as x, h_before, c_before."""
    h, c = before["h"], before["c"]
    i, f, o = (logistic(p[f"U_{j}"] @ x + p[f"W_{j}"] @ h + p[f"b_{j}"]) for j in "ifo")
    g = np.tanh(p["U_g"] @ x + p["W_g"] @ h + p["b_g"])
    new = f * c + i * g
    shown = np.tanh(new)
    return {
        **{"x": x, "h_before": h, "c_before": c, "i": i, "f": f, "g": g, "o": o},
        **{"c": new, "tanh_c": shown, "h": o * shown},
    }


def columns(v):
    """Return the derivative of the stacked (h, c) by each pre-activation, (2d, d)."""
    i, f, g, o = (v[j] for j in GATES)
    dh_dc = o * (1 - v["tanh_c"] ** 2)
    dc = {"i": g * i * (1 - i), "f": v["c_before"] * f * (1 - f), "g": i * (1 - g**2)}
    found = {j: np.vstack([np.diag(dh_dc * slope), np.diag(slope)]) for j, slope in dc.items()}
    found["o"] = np.vstack([np.diag(v["tanh_c"] * o * (1 - o)), np.zeros((len(o), len(o)))])
    return found


def jacobian(p, v, activation):
    """Return the derivative of the stacked (h, c) by the stacked (h, c) before, (2d, 2d)."""
    dh_dc = v["o"] * (1 - v["tanh_c"] ** 2)
    by_c = np.vstack([np.diag(dh_dc * v["f"]), np.diag(v["f"])])
    by_h = sum(column @ p[f"W_{j}"] for j, column in columns(v).items())
    return np.hstack([by_h, by_c])


def immediate(p, v, activation):
    """Return the derivatives of the stacked (h, c) by each parameter and x, (h, c) before held fixed."""
    by = columns(v)
    used = {f"U_{j}": (j, v["x"]) for j in GATES} | {f"W_{j}": (j, v["h_before"]) for j in GATES}
    found = gate_tensors(by, {**used, **{f"b_{j}": (j, 1) for j in GATES}})
    return {**found, "x": sum(by[j] @ p[f"U_{j}"] for j in GATES)}


def step_back(p, v, later, activation):
    """Return the gradients by the parameters and x, and the adjoints of (h, c) before."""
    i, f, g, o = (v[j] for j in GATES)
    dh = later["h"]
    dc = later["c"] + dh * o * (1 - v["tanh_c"] ** 2)
    da = {
        "i": dc * g * i * (1 - i),
        "f": dc * v["c_before"] * f * (1 - f),
        "g": dc * i * (1 - g**2),
        "o": dh * v["tanh_c"] * o * (1 - o),
    }
    grads = {f"U_{j}": np.outer(da[j], v["x"]) for j in GATES}
    grads |= {f"W_{j}": np.outer(da[j], v["h_before"]) for j in GATES}
    grads |= {f"b_{j}": da[j] for j in GATES}
    dx = sum(p[f"U_{j}"].T @ da[j] for j in GATES)
    return grads, dx, {"h": sum(p[f"W_{j}"].T @ da[j] for j in GATES), "c": dc * f}
