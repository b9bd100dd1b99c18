"""Forward passes of three cells that hand out every signal, and in which every signal can be moved.

One step of Elman, LSTM and GRU is written down equation by equation, under the names that their cell files
use; the cross entropy or the squared error follows. ``run`` adds a displacement to any signal at any step,
row 0 of a state included, so that the derivative by a signal is a complex step in its displacement.
Everything is analytic in parameters, inputs and displacements. Operator layout, one sequence, steps t = 1..T.
"""

import numpy as np

from .elman import log_softmax, logistic

STATES = {"elman": ("s",), "lstm": ("h", "c"), "gru": ("h",)}


def shapes(cell, n, d, m):
    """Return the shape of every parameter."""
    if cell == "elman":
        return {"U": (d, n), "W": (d, d), "b": (d,), "V": (m, d), "c": (m,)}
    gates = {"lstm": "ifgo", "gru": "rzn"}[cell]
    each = {f"{letter}_{j}": (d, size) for j in gates for letter, size in (("U", n), ("W", d))}
    biases = {f"b_{j}": (d,) for j in (*gates, *(("hn",) if cell == "gru" else ()))}
    return {**each, **biases, "V": (m, d), "c_out": (m,)}


def elman(p, x, before, put):
    a = put("a", p["U"] @ x + p["W"] @ before["s"] + p["b"])
    s = put("s", np.tanh(a))
    put("z", p["V"] @ s + p["c"])


def lstm(p, x, before, put):
    def pre_activation(gate):
        return put(f"a_{gate}", p[f"U_{gate}"] @ x + p[f"W_{gate}"] @ before["h"] + p[f"b_{gate}"])

    i, f = put("i", logistic(pre_activation("i"))), put("f", logistic(pre_activation("f")))
    g, o = put("g", np.tanh(pre_activation("g"))), put("o", logistic(pre_activation("o")))
    c = put("c", f * before["c"] + i * g)
    h = put("h", o * np.tanh(c))
    put("z", p["V"] @ h + p["c_out"])


def gru(p, x, before, put):
    h = before["h"]
    r = put("r", logistic(put("a_r", p["U_r"] @ x + p["W_r"] @ h + p["b_r"])))
    u = put("u", logistic(put("a_u", p["U_z"] @ x + p["W_z"] @ h + p["b_z"])))
    q = put("q", p["W_n"] @ h + p["b_hn"])
    g = put("g", np.tanh(put("a_g", p["U_n"] @ x + p["b_n"] + r * q)))
    h = put("h", (1 - u) * g + u * h)
    put("z", p["V"] @ h + p["c_out"])


def cross_entropy(z, y, put):
    # the probability can be moved; its logarithm is taken of what it is then
    yhat = put("yhat", np.exp(log_softmax(z)))
    put("L", -np.sum(y * np.log(yhat)))


def squared_error(z, y, put):
    e = put("e", z - y)
    put("L", np.sum(e * e) / 2)


STEPS = {"elman": elman, "lstm": lstm, "gru": gru}
LOSSES = {"cross_entropy": cross_entropy, "squared_error": squared_error}


def run(cell, loss, parameters, inputs, targets, initial, mask, moved=None):
    """Run the forward pass over one sequence.

    Parameters
    ----------
    cell, loss : names in STEPS and LOSSES
    parameters, initial : dicts of arrays
    inputs, targets : ndarrays (T, n), (T, m)
    mask : ndarray (T,)
    moved : dict of (signal, row) to displacement, optional
        Rows as in what is returned.

    Returns
    -------
    dict
        Every signal, one row a step; states have the initial one in front. And the number
        Σ_t mask_t L_t under "total".
    """
    moved, rows = moved or {}, {}

    def put(name, value):
        row = len(rows.setdefault(name, []))
        rows[name].append(value + moved.get((name, row), 0))
        return rows[name][-1]

    for state in STATES[cell]:
        put(state, initial[state])
    for x, y in zip(inputs, targets, strict=True):
        STEPS[cell](parameters, x, {state: rows[state][-1] for state in STATES[cell]}, put)
        LOSSES[loss](rows["z"][-1], y, put)
    found = {name: np.array(values) for name, values in rows.items()}
    return {**found, "total": np.sum(np.asarray(mask) * found["L"])}
