"""The yardstick: forward and backward of Elman, LSTM and GRU in NumPy, tuned by hand.

Outside the loop over time, as one product each: the inputs' part of all gates, the readout, every parameter
gradient. Inside: one product with the stacked gates and as few calls as the equations allow, all in place, on
memory and views made beforehand. A logistic gate is ½ + ½ tanh(a/2), the inner ½ put into its weights: one
tanh serves all gates. What does not wait for the recursion back is computed for a block of steps at once, as
many as the cache holds. What goes to the state before past the gates is treated as one gate more.
"""

from __future__ import annotations

import numpy as np
from numpy import add, dot, matmul, multiply, subtract, tanh

from .problems import GATES, Arrays, Problem, Run
from .tuned_memory import Gates, Tape, backward_weights, forward_weights

HALF, ONE = np.array(0.5), np.array(1.0)  # arrays: a Python number is converted in every call


def elman(problem: Problem) -> Run:
    """Return the network s' = tanh(U x + W s + b)."""
    p, tape = problem.parameters, Tape(problem, 1)
    T, d, n, B = problem.size
    A, D = Gates.empty(1, T, B, d), Gates.empty(1, T, B, d)
    h, dh, slope = tape.h, tape.dh, np.empty((tape.length, B, d))
    product = np.empty(tape.flat)
    reads = list(h.reshape(T + 1, *tape.flat))
    a, delta, arriving = (list(array.reshape(T, *tape.flat)) for array in (A.each, D.each, dh))
    slopes = list(slope.reshape(-1, *tape.flat))

    def run() -> tuple[float, Arrays]:
        h[0] = problem.initial["s"]
        Wt, W = np.ascontiguousarray(p["W"].T), p["W"]
        U = np.column_stack((p["U"], p["b"]))
        A.project(tape.inputs(), U[None])
        for t in range(T):
            dot(reads[t], Wt, product)
            add(product, a[t], product)
            tanh(product, reads[t + 1])
        loss, dV, dc = tape.readout(p["V"], p["c"])
        product[...] = 0
        for first, end in tape.blocks():
            block = slope[: end - first]
            multiply(h[first + 1 : end + 1], h[first + 1 : end + 1], block)
            subtract(ONE, block, block)
            for t in range(end - 1, first - 1, -1):
                add(product, arriving[t], product)
                multiply(product, slopes[t - first], delta[t])
                dot(delta[t], W, product)
        dU, dW = D.outer(tape.x)[0], D.outer(h[:-1].reshape(-1, d))[0]
        grads = {"U": dU[:, :-1], "b": dU[:, -1], "W": dW, "V": dV, "c": dc}
        return loss, grads | {"s0": product.reshape(B, d).copy(), "x": D.onto(p["U"][None]).reshape(T, B, n)}

    return run


def lstm(problem: Problem) -> Run:
    """Return the LSTM; gates in the order o, i, f, g, behind them the cell state that the step reads."""
    p, tape, names = problem.parameters, Tape(problem, 5), GATES["lstm"]
    T, d, n, B = problem.size
    one = B == 1
    A, G, D5 = Gates.empty(4, T, B, d), Gates.empty(5, T + 1, B, d), Gates.empty(5, T, B, d)
    D = D5.part(0, 4)  # the fifth is what goes to the cell state before
    h, dh, C = tape.h, tape.dh, np.empty((T, B, d))  # C: tanh of the new cell states
    K, E = Gates.empty(5, tape.length, B, d), np.empty((tape.length, B, d))
    half = np.array([0.5, 0.5, 0.5, 1.0])[:, None, None]
    Gs, As, Ds, Ks = ([gates.each[:, t] for t in range(gates.each.shape[1])] for gates in (G, A, D5, K))
    reads = list(h.reshape(T + 1, *tape.flat))
    product = np.empty((4, B, d))
    taken = np.empty((2, B, d))
    out, back = (product.reshape(4 * d), np.empty(d)) if one else (product, product)
    into = back.reshape(B, d) if one else np.empty((B, d))
    dc, zero = np.empty((B, d)), np.zeros((B, d))
    through = D.steps()
    times = dot if one else matmul
    forward = [
        (reads[t], As[t], Gs[t][:4], Gs[t][:3], Gs[t][1:3], Gs[t][3:], Gs[t + 1][4], C[t], Gs[t][0], h[t + 1])
        for t in range(T)
    ]
    carries = [*(Ds[t + 1][4] for t in range(T - 1)), zero]
    backward = [(dh[t], Ds[t][0], Ds[t][1:], carries[t], through[t]) for t in range(T)]
    factors = [(E[t], Ks[t][0], Ks[t][1:]) for t in range(tape.length)]

    def prepare_block(first: int, end: int) -> None:
        k, e, g, c = K.each[:, : end - first], E[: end - first], G.each[:, first:end], C[first:end]
        multiply(g[:3], g[:3], k[:3])
        subtract(g[:3], k[:3], k[:3])
        multiply(k[0], c, k[0])
        multiply(k[1:3], g[3:5], k[1:3])
        multiply(g[3], g[3], k[3])
        multiply(k[3], g[1], k[3])
        subtract(g[1], k[3], k[3])
        k[4] = g[2]
        multiply(c, c, e)
        multiply(e, g[0], e)
        subtract(g[0], e, e)

    def run() -> tuple[float, Arrays]:
        U, W, b = (np.stack([p[f"{kind}_{j}"] for j in names]) for kind in "UWb")
        h[0], G.each[4, 0] = problem.initial["h"], problem.initial["c"]
        A.project(tape.inputs(), np.concatenate((U, b[..., None]), axis=2) * half)
        Wt, Wb = forward_weights(W * half, one), backward_weights(W, one)
        for before, a, gates, logistic, left, right, c, shown, o, new in forward:
            times(before, Wt, out)
            add(product, a, product)
            tanh(product, gates)
            multiply(logistic, HALF, logistic)
            add(logistic, HALF, logistic)
            multiply(left, right, taken)
            add(taken[0], taken[1], c)
            tanh(c, shown)
            multiply(o, shown, new)
        loss, dV, dc_out = tape.readout(p["V"], p["c_out"])
        into[...] = 0
        for first, end in tape.blocks():
            prepare_block(first, end)
            for t in range(end - 1, first - 1, -1):
                arriving, d_o, d_rest, carry, adjoints = backward[t]
                e, k_o, k_rest = factors[t - first]
                add(into, arriving, into)
                multiply(into, e, dc)
                add(dc, carry, dc)
                multiply(k_o, into, d_o)
                multiply(k_rest, dc, d_rest)
                times(adjoints, Wb, back)
                if not one:
                    add.reduce(product, 0, None, into)
        dU, dW = D.outer(tape.x), D.outer(h[:-1].reshape(-1, d))
        grads = {"V": dV, "c_out": dc_out, "h0": into.copy(), "c0": Ds[0][4].copy()}
        for number, j in enumerate(names):
            grads |= {f"U_{j}": dU[number, :, :-1], f"b_{j}": dU[number, :, -1], f"W_{j}": dW[number]}
        return loss, grads | {"x": D.onto(U).reshape(T, B, n)}

    return run


def gru(problem: Problem) -> Run:
    """Return the GRU; gates in the order q = W_n h + b_hn, r, z, n: the input is read by the last three."""
    p, tape = problem.parameters, Tape(problem, 4)
    T, d, n, B = problem.size
    one = B == 1
    A, G, D5 = (Gates.empty(count, T, B, d) for count in (4, 4, 5))
    D, K = D5.part(0, 4), Gates.empty(5, tape.length, B, d)
    h, dh = tape.h, tape.dh
    half = np.array([0.5, 0.5, 1.0])[:, None, None]
    Gs, As, Ds, Ks = ([gates.each[:, t] for t in range(gates.each.shape[1])] for gates in (G, A, D5, K))
    reads = list(h.reshape(T + 1, *tape.flat))
    product = np.empty((3, B, d))
    out, back = (product.reshape(3 * d), np.empty(d)) if one else (product, product)
    into = back.reshape(B, d) if one else np.empty((B, d))
    kept, zero = np.empty((B, d)), np.zeros((B, d))
    through = D.part(0, 3).steps()
    times = dot if one else matmul
    forward = [
        (reads[t], As[t][:3], As[t][3], *(Gs[t][place] for place in (slice(0, 3), slice(1, 3), 0, 1, 2, 3)))
        for t in range(T)
    ]
    carries = [*(Ds[t + 1][4] for t in range(T - 1)), zero]
    backward = [(dh[t], Ds[t], carries[t], through[t]) for t in range(T)]

    def prepare_block(first: int, end: int) -> None:
        k, (q, r, z, new) = K.each[:, : end - first], G.each[:, first:end]
        multiply(new, new, k[3])
        subtract(ONE, k[3], k[3])
        multiply(k[3], z, k[2])
        subtract(k[3], k[2], k[3])  # (1 − z)(1 − n²)
        multiply(k[3], r, k[0])
        subtract(ONE, r, k[1])
        multiply(k[1], k[0], k[1])
        multiply(k[1], q, k[1])
        multiply(z, z, k[2])
        subtract(z, k[2], k[2])
        subtract(h[first:end], new, new)
        multiply(k[2], new, k[2])
        k[4] = z

    def run() -> tuple[float, Arrays]:
        U, W = (np.stack([p[f"{kind}_{j}"] for j in js]) for kind, js in (("U", "rzn"), ("W", "nrz")))
        b = np.stack([p[f"b_{j}"] for j in "rzn"])
        h[0] = problem.initial["h"]
        A.part(1, 4).project(tape.inputs(), np.concatenate((U, b[..., None]), axis=2) * half)
        A.each[0] = p["b_hn"]
        Wt, Wb = forward_weights(W * half[::-1], one), backward_weights(W, one)
        for t, (before, a, a_n, gates, logistic, q, r, z, new) in enumerate(forward):
            times(before, Wt, out)
            add(product, a, gates)
            tanh(logistic, logistic)
            multiply(logistic, HALF, logistic)
            add(logistic, HALF, logistic)
            multiply(r, q, new)
            add(new, a_n, new)
            tanh(new, new)
            subtract(h[t], new, kept)
            multiply(kept, z, kept)
            add(kept, new, h[t + 1])
        loss, dV, dc_out = tape.readout(p["V"], p["c_out"])
        into[...] = 0
        for first, end in tape.blocks():
            prepare_block(first, end)
            for t in range(end - 1, first - 1, -1):
                arriving, adjoint, carry, adjoints = backward[t]
                add(into, carry, into)
                add(into, arriving, into)
                multiply(Ks[t - first], into, adjoint)
                times(adjoints, Wb, back)
                if not one:
                    add.reduce(product, 0, None, into)
        add(into, Ds[0][4], into)
        dU, dW = D.part(1, 4).outer(tape.x), D.part(0, 3).outer(h[:-1].reshape(-1, d))
        grads = {"V": dV, "c_out": dc_out, "h0": into.copy(), "b_hn": D.each[0].sum(axis=(0, 1))}
        for number, j in enumerate("rzn"):
            grads |= {f"U_{j}": dU[number, :, :-1], f"b_{j}": dU[number, :, -1]}
        grads |= {f"W_{j}": dW[number] for number, j in enumerate("nrz")}
        return loss, grads | {"x": D.part(1, 4).onto(U).reshape(T, B, n)}

    return run


CELLS = {"elman": elman, "lstm": lstm, "gru": gru}


def prepare(problem: Problem) -> Run:
    """Return the forward and backward pass of the cell of a problem, on memory of its own."""
    return CELLS[problem.cell](problem)
