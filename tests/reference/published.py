"""Ten published cells, one step each, written by hand from their papers with NumPy alone.

A step takes the parameters (operator layout, named as in ``cells/``), the input and the states before, and
returns every signal that it computes, states included, in order. Steps are analytic in all they are given, so
gradients are complex steps of ``total``. Where a paper divides, the reference divides: a rewriting that the
language of cells asks for, such as exp(-log τ) for 1/τ, is confirmed here and not repeated. Sources stand in
the files; what a paper calls z or y besides the output has the name of its file.
"""

import numpy as np

from .elman import log_softmax, logistic, targets_and_weights


def lstmp(w, x, before):
    r, c = before["r"], before["c"]
    i = logistic(w["W_ix"] @ x + w["W_ir"] @ r + np.diag(w["w_ic"]) @ c + w["b_i"])
    f = logistic(w["W_fx"] @ x + w["W_fr"] @ r + np.diag(w["w_fc"]) @ c + w["b_f"])
    c = f * c + i * np.tanh(w["W_cx"] @ x + w["W_cr"] @ r + w["b_c"])
    o = logistic(w["W_ox"] @ x + w["W_or"] @ r + np.diag(w["w_oc"]) @ c + w["b_o"])
    m = o * np.tanh(c)
    r, p = w["W_rm"] @ m, w["W_pm"] @ m
    z = w["W_yr"] @ r + w["W_yp"] @ p + w["b_y"]
    return {"i": i, "f": f, "c": c, "o": o, "m": m, "r": r, "p": p, "z": z}


def scrn(w, x, before):
    alpha = 1 / (1 + np.exp(-w["beta"]))
    Q, one = np.diag(alpha), np.eye(len(alpha))
    s = (one - Q) @ w["B"] @ x + Q @ before["s"]
    h = logistic(w["P"] @ s + w["A"] @ x + w["R"] @ before["h"])
    return {"alpha": alpha, "s": s, "h": h, "z": w["U"] @ h + w["V"] @ s}


def fastgrnn(w, x, before):
    h, (zeta,), (nu,), ones = before["h"], w["zeta"], w["nu"], w["E"][:, 0]
    W, U = w["W_1"] @ w["W_2"], w["U_1"] @ w["U_2"]
    a = W @ x + U @ h
    g = logistic(a + w["b_g"])
    new = np.tanh(a + w["b_h"])
    h = (1 / (1 + np.exp(-zeta)) * ones * (1 - g) + 1 / (1 + np.exp(-nu)) * ones) * new + g * h
    return {"a": a, "g": g, "htilde": new, "h": h, "z": w["V"] @ h + w["c_out"]}


def indrnn(w, x, before):
    a = w["W"] @ x + w["u"] * before["h"] + w["b"]
    h = np.where(a.real > 0, a, 0)  # the paper's choice
    return {"h": h, "z": w["V"] @ h + w["c"]}


def ctrnn(w, x, before):
    u = before["u"]
    rate = logistic(u + w["theta"])
    new = u + 0.1 * (-u + w["W"] @ rate + w["J"] @ x) / w["tau"]
    return {"q": rate, "u": new, "z": w["V"] @ logistic(new + w["theta"])}


def cfn(w, x, before):
    h = before["h"]
    theta = logistic(w["U_theta"] @ h + w["V_theta"] @ x + w["b_theta"])
    eta = logistic(w["U_eta"] @ h + w["V_eta"] @ x + w["b_eta"])
    h = theta * np.tanh(h) + eta * np.tanh(w["W"] @ x)
    return {"theta": theta, "eta": eta, "h": h, "z": w["V"] @ h + w["c"]}


def qrnn(w, x, before):
    window = np.concatenate([before["past"], x])
    filters = {gate: np.hstack([w[f"W_{gate}_1"], w[f"W_{gate}_2"]]) for gate in "zfo"}
    new, f, o = (
        np.tanh(filters["z"] @ window),
        logistic(filters["f"] @ window),
        logistic(filters["o"] @ window),
    )
    c = f * before["c"] + (1 - f) * new
    h = o * c
    return {"past": x, "ztilde": new, "f": f, "o": o, "c": c, "h": h, "z": w["V"] @ h + w["c_out"]}


def narx(w, x, before):
    u, y = (x, before["earlier"]), (before["o"], before["previous"])
    s = np.tanh(w["A"] @ u[0] + w["B"] @ u[1] + w["C"] @ y[0] + w["D"] @ y[1] + w["b"])
    o = w["V"] @ s + w["c"]
    return {"previous": y[0], "earlier": x, "s": s, "o": o, "z": o}


def clockwork(w, x, before):
    due = w["K"] @ x
    new = np.tanh(w["W_H"] @ before["h"] + w["W_I"] @ x + w["b"])
    h = before["h"] + due * (new - before["h"])
    return {"k": due, "j": new, "h": h, "z": w["W_O"] @ h + w["b_O"]}


def hmm(w, x, before):
    alpha = np.exp(before["ell"])
    alpha = alpha / alpha.sum()
    q = w["A"] @ alpha
    joint = q * np.exp(w["B"] @ x)
    return {"alphahat": alpha, "q": q, "ell": np.log(joint), "z": np.log(joint)}


CELLS = {
    step.__name__: step for step in (lstmp, scrn, fastgrnn, indrnn, ctrnn, cfn, qrnn, narx, clockwork, hmm)
}
ACTIVATION = {"indrnn": "relu"}  # where the file leaves sigma open


def forward(name, parameters, inputs, targets, initial, loss):
    """Run a cell over one sequence.

    Parameters
    ----------
    name : one of CELLS
    parameters, initial : dict of ndarray
    inputs : ndarray (T, n)
    targets : ndarray (T, m), or (T,) integer classes
    loss : {"cross_entropy", "squared_error"}

    Returns
    -------
    dict of ndarray
        Every signal, one row for each step, states with their initial value in front; "L" (T,) unweighted.
    """
    before, steps = initial, []
    for x in inputs:
        before = CELLS[name](parameters, x, before)
        steps.append(before)
    found = {signal: np.array([step[signal] for step in steps]) for signal in steps[0]}
    z = found["z"]
    y, _ = targets_and_weights(targets, None, *z.shape, loss)
    if loss == "cross_entropy":
        found["L"] = np.array([-(y_t @ log_softmax(z_t)) for y_t, z_t in zip(y, z)])
    else:
        found["L"] = np.sum((z - y) ** 2, axis=1) / 2
    return found | {state: np.vstack([initial[state], found[state]]) for state in initial}


def gradients(name, parameters, inputs, targets, initial, loss, mask):
    """Return the gradients of the weighted total loss by complex step, one entry at a time.

    Returns
    -------
    dict of ndarray
        Every parameter; "x"; "h0" for a state h.
    """
    given = {**parameters, "x": inputs, **{f"{state}0": value for state, value in initial.items()}}

    def total(moved):
        start = {state: moved[f"{state}0"] for state in initial}
        return mask @ forward(name, moved, moved["x"], targets, start, loss)["L"]

    found = {}
    for key, array in given.items():
        found[key] = np.zeros(np.shape(array))
        for at in np.ndindex(found[key].shape):
            moved = np.array(array, dtype=complex)
            moved[at] += 1e-30j
            found[key][at] = total({**given, key: moved}).imag / 1e-30
    return found


def batch_gradients(name, parameters, inputs, targets, initial, loss, mask):
    """Return the gradients of the loss summed over time and batch, one sequence after the other."""
    each = [
        gradients(
            name,
            parameters,
            inputs[:, i],
            targets[:, i],
            {s: a[i] for s, a in initial.items()},
            loss,
            mask[:, i],
        )
        for i in range(inputs.shape[1])
    ]
    found = {key: sum(one[key] for one in each) for key in parameters}
    found |= {f"{state}0": np.array([one[f"{state}0"] for one in each]) for state in initial}
    return {**found, "x": np.stack([one["x"] for one in each], axis=1)}
