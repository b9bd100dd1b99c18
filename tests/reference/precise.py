"""Forward pass and BPTT of three cells by hand, in arithmetic of 400 digits (mpmath).

Arrays are NumPy arrays of such numbers. What saturates loses nothing that counts here: 1 - y keeps 60 digits
where it is 1e-340, which no float reaches. Cross entropy, one sequence.

    Elman  a = U x + W s' + b, s = f(a), z = V s + c
    LSTM   as in ``lstm``,  GRU  as in ``gru``, with z = V h + c_out
"""

import mpmath
import numpy as np

mpmath.mp.dps = 400
exp, tanh = np.frompyfunc(mpmath.exp, 1, 1), np.frompyfunc(mpmath.tanh, 1, 1)
number = np.frompyfunc(mpmath.mpf, 1, 1)


def exact(array):
    """Return an array of floats as such numbers, digit for digit."""
    return number(np.asarray(array, dtype=object))


def logistic(a):
    return 1 / (1 + exp(-a))


ACTIVATIONS = {
    "tanh": (tanh, lambda y: 1 - y * y),
    "sigmoid": (logistic, lambda y: y * (1 - y)),
    "identity": (lambda a: a, lambda y: 0 * y + 1),
}


def away(z, target):
    """Return softmax(z) - y."""
    e = exp(z - max(z))
    return e / sum(e) - target


def zeros(arrays):
    return {name: 0 * array for name, array in arrays.items()}


def elman_steps(p, x, s0, f):
    """Return all states, the initial one first."""
    states = [s0]
    for given in x:
        states.append(f(p["U"] @ given + p["W"] @ states[-1] + p["b"]))
    return states


def elman_from(p, x, y, states, slope, t):
    """Yield k and the parts of the gradient of the loss at t that come from the uses at k, k = t … 0."""
    dz = away(p["V"] @ states[t] + p["c"], y[t - 1])
    by_state = dz @ p["V"]
    for k in range(t, 0, -1):
        da = by_state * slope(states[k])
        found = {"U": np.outer(da, x[k - 1]), "W": np.outer(da, states[k - 1]), "b": da}
        found |= {"V": np.outer(dz, states[t]), "c": dz} if k == t else {}
        yield k, found | {"x": da @ p["U"]}
        by_state = da @ p["W"]
    yield 0, {"s0": by_state}


def elman_contributions(p, x, y, initial, activation):
    """Return, for each loss and each step of use (both from 1, 0 for the start), parts of the gradient."""
    p, x, y, s0 = {n: exact(a) for n, a in p.items()}, exact(x), exact(y), exact(initial["s"])
    f, slope = ACTIVATIONS[activation]
    states = elman_steps(p, x, s0, f)
    return {(t, k): part for t in range(1, len(x) + 1) for k, part in elman_from(p, x, y, states, slope, t)}


def elman(p, x, y, initial, activation):
    parts = elman_contributions(p, x, y, initial, activation)
    total = zeros({n: exact(a) for n, a in (p | {"s0": initial["s"], "x": x}).items()})
    for (_, k), part in parts.items():
        for name, array in part.items():
            if name == "x":
                total["x"][k - 1] = total["x"][k - 1] + array
            else:
                total[name] = total[name] + array
    return total


def lstm(p, x, y, initial, activation="tanh"):
    p, x, y = {n: exact(a) for n, a in p.items()}, exact(x), exact(y)
    h, c, kept = exact(initial["h"]), exact(initial["c"]), []
    for given in x:
        a = {j: p[f"U_{j}"] @ given + p[f"W_{j}"] @ h + p[f"b_{j}"] for j in "ifgo"}
        i, f, o, g = logistic(a["i"]), logistic(a["f"]), logistic(a["o"]), tanh(a["g"])
        before = h, c
        c = f * c + i * g
        h = o * tanh(c)
        kept.append((before, i, f, o, g, c, h))
    total = zeros(p) | {"x": 0 * x}
    dh, dc = 0 * h, 0 * c
    for t in reversed(range(len(x))):
        (h_before, c_before), i, f, o, g, c, h = kept[t]
        dz = away(p["V"] @ h + p["c_out"], y[t])
        total["V"], total["c_out"] = total["V"] + np.outer(dz, h), total["c_out"] + dz
        dh = dh + dz @ p["V"]
        dc = dc + dh * o * (1 - tanh(c) ** 2)
        da = {"i": dc * g * i * (1 - i), "f": dc * c_before * f * (1 - f)}
        da |= {"o": dh * tanh(c) * o * (1 - o), "g": dc * i * (1 - g * g)}
        dh, dc = 0 * dh, dc * f
        for j, d in da.items():
            total[f"U_{j}"] = total[f"U_{j}"] + np.outer(d, x[t])
            total[f"W_{j}"] = total[f"W_{j}"] + np.outer(d, h_before)
            total[f"b_{j}"] = total[f"b_{j}"] + d
            total["x"][t] = total["x"][t] + d @ p[f"U_{j}"]
            dh = dh + d @ p[f"W_{j}"]
    return total | {"h0": dh, "c0": dc}


def gru(p, x, y, initial, activation="tanh"):
    p, x, y = {n: exact(a) for n, a in p.items()}, exact(x), exact(y)
    h, kept = exact(initial["h"]), []
    for given in x:
        r = logistic(p["U_r"] @ given + p["W_r"] @ h + p["b_r"])
        u = logistic(p["U_z"] @ given + p["W_z"] @ h + p["b_z"])
        q = p["W_n"] @ h + p["b_hn"]
        g, before = tanh(p["U_n"] @ given + p["b_n"] + r * q), h
        h = (1 - u) * g + u * h
        kept.append((before, r, u, q, g, h))
    total = zeros(p) | {"x": 0 * x}
    dh = 0 * h
    for t in reversed(range(len(x))):
        before, r, u, q, g, h = kept[t]
        dz = away(p["V"] @ h + p["c_out"], y[t])
        total["V"], total["c_out"] = total["V"] + np.outer(dz, h), total["c_out"] + dz
        dh = dh + dz @ p["V"]
        dn = dh * (1 - u) * (1 - g * g)
        du, dr, dq = dh * (before - g) * u * (1 - u), dn * q * r * (1 - r), dn * r
        total["b_hn"], total["W_n"] = total["b_hn"] + dq, total["W_n"] + np.outer(dq, before)
        dh = dh * u + dq @ p["W_n"] + dr @ p["W_r"] + du @ p["W_z"]
        total["W_r"], total["W_z"] = (
            total["W_r"] + np.outer(dr, before),
            total["W_z"] + np.outer(du, before),
        )
        for j, d in (("r", dr), ("z", du), ("n", dn)):
            total[f"U_{j}"] = total[f"U_{j}"] + np.outer(d, x[t])
            total[f"b_{j}"] = total[f"b_{j}"] + d
            total["x"][t] = total["x"][t] + d @ p[f"U_{j}"]
    return total | {"h0": dh}


CELLS = {"elman": elman, "lstm": lstm, "gru": gru}


def relative_error(found, expected, least=1e-290):
    """Return the largest error, of each entry relative to it; below ``least`` relative to that."""
    worst = mpmath.mpf(0)
    for a, b in zip(np.asarray(found, dtype=object).ravel(), np.asarray(expected, dtype=object).ravel()):
        if not mpmath.isfinite(a):
            return mpmath.inf
        worst = max(worst, abs(mpmath.mpf(a) - b) / max(abs(b), mpmath.mpf(least)))
    return float(worst)
