"""Elman network and its gradients, written by hand with NumPy alone.

Operator layout, column vectors, steps t = 1..T, s_0 given (Elman 1990, with an affine output):

    a_t = U x_t + W s_{t-1} + b,   s_t = σ(a_t),   z_t = V s_t + c,   ŷ_t = softmax(z_t),

with U (d, n), W (d, d), V (m, d), b (d,), c (m,), and the total loss Σ_t mask_t L_t (a sum, not a mean).
Jacobians are J[p, i] = ds_p/ds'_i, tensors T[p, q, r] = ds_p/dW_qr; gradients have their parameter's shape.
The arguments of every function are described at `forward`. Everything is analytic in `parameters`, `inputs`
and `initial`, so complex arguments may be passed.

References
----------
Elman (1990), Finding structure in time, Cognitive Science 14(2), 179-211.
Werbos (1990), Backpropagation through time: what it does and how to do it, Proc. IEEE 78(10), 1550-1560.
Pascanu, Mikolov, Bengio (2013), On the difficulty of training recurrent neural networks, ICML, 1310-1318.
"""

import numpy as np

GRADIENTS = ("W", "U", "b", "V", "c", "s0", "x")


def logistic(a):
    """Return 1/(1 + e^−a), elementwise; no overflow, and analytic: the case is chosen by the real part."""
    positive = a.real >= 0
    e = np.exp(np.where(positive, -a, a))
    return np.where(positive, 1, e) / (1 + e)


def log_softmax(z):
    """Return ln softmax(z), (m,); analytic, for the shift is the largest real part, a constant."""
    shifted = z - z.real.max()
    return shifted - np.log(np.exp(shifted).sum())


ACTIVATIONS = {  # name: (σ, σ'), both as functions of a; relu'(0) is 0
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "sigmoid": (logistic, lambda a: logistic(a) * (1 - logistic(a))),
    "relu": (lambda a: np.where(a.real > 0, a, 0), lambda a: np.where(a.real > 0, 1.0, 0.0)),
    "identity": (lambda a: a, lambda a: np.ones(a.shape)),
}


def targets_and_weights(targets, mask, T, m, loss):
    """Return the targets as vectors (T, m), classes as one-hot rows, and the mask as weights (T,)."""
    y, weights = np.asarray(targets), np.ones(T) if mask is None else np.asarray(mask, dtype=float)
    if loss == "cross_entropy" and y.ndim == 1 and np.issubdtype(y.dtype, np.integer):
        if np.any((y < 0) | (y >= m)):
            raise ValueError(f"classes must lie in 0..{m - 1}")
        y = np.eye(m)[y]
    if y.shape != (T, m) or weights.shape != (T,):
        raise ValueError(f"{loss} with T = {T}, m = {m}: targets {y.shape}, mask {weights.shape}")
    return y, weights


def states(parameters, inputs, initial, activation):
    """Return a (T, d), with a[t-1] the a_t, and s (T+1, d), with s[t] the s_t and s[0] the initial state."""
    U, W, b = parameters["U"], parameters["W"], parameters["b"]
    sigma, _ = ACTIVATIONS[activation]
    T, d = len(inputs), len(b)
    dtype = np.result_type(float, U, W, b, inputs, initial)
    a, s = np.zeros((T, d), dtype), np.zeros((T + 1, d), dtype)
    s[0] = initial
    for t in range(1, T + 1):
        a[t - 1] = U @ inputs[t - 1] + W @ s[t - 1] + b
        s[t] = sigma(a[t - 1])
    return a, s


def forward(parameters, inputs, targets, initial, activation, loss, mask=None):
    """Run the network over one sequence (Elman 1990).

    Parameters
    ----------
    parameters : dict
        The arrays U (d, n), W (d, d), V (m, d), b (d,), c (m,) under these names.
    inputs : ndarray (T, n)
    targets : ndarray (T, m), or for cross_entropy also (T,) integer classes counted from 0
    initial : ndarray (d,)
    activation : a key of `ACTIVATIONS`
    loss : {"cross_entropy", "squared_error"}
        L_t = −Σ_j y_tj ln ŷ_tj, or L_t = ½‖z_t − y_t‖².
    mask : ndarray (T,) or None
        The weights of the L_t; None for all ones.

    Returns
    -------
    dict
        a (T, d); s (T+1, d), s[0] the initial state; z (T, m); yhat (T, m); losses (T,), the unweighted
        L_t; total, the scalar Σ_t mask_t L_t.
    """
    V, c = parameters["V"], parameters["c"]
    a, s = states(parameters, inputs, initial, activation)
    T, m = len(a), len(c)
    y, weights = targets_and_weights(targets, mask, T, m, loss)
    dtype = np.result_type(s, V, c)
    z, yhat, losses = np.zeros((T, m), dtype), np.zeros((T, m), dtype), np.zeros(T, dtype)
    for t in range(T):
        z[t] = V @ s[t + 1] + c
        log_yhat = log_softmax(z[t])
        yhat[t] = np.exp(log_yhat)
        if loss == "cross_entropy":
            losses[t] = -np.sum(y[t] * log_yhat)
        elif loss == "squared_error":
            losses[t] = np.sum((z[t] - y[t]) ** 2) / 2
        else:
            raise ValueError(f"unknown loss {loss!r}")
    return {"a": a, "s": s, "z": z, "yhat": yhat, "losses": losses, "total": np.sum(weights * losses)}


def immediate_tensors(parameters, inputs, initial, activation):
    """Return ∂⁺s_k, the derivatives of s_k with s_{k-1} held fixed (Pascanu et al. 2013, below eq. 5).

    Returns
    -------
    dict
        W (T, d, d, d), U (T, d, d, n), b (T, d, d); index [k-1, p, ...] is ∂⁺s_kp over the parameter.
    """
    a, s = states(parameters, inputs, initial, activation)
    slope = ACTIVATIONS[activation][1](a)
    T, d = a.shape
    n = np.shape(inputs)[1]
    W, U, b = (np.zeros((T, d, *rest), a.dtype) for rest in ((d, d), (d, n), (d,)))
    for k in range(1, T + 1):
        for p in range(d):
            for q in range(d):
                b[k - 1, p, q] = (p == q) * slope[k - 1, p]
                for r in range(d):
                    W[k - 1, p, q, r] = (p == q) * slope[k - 1, p] * s[k - 1, r]
                for r in range(n):
                    U[k - 1, p, q, r] = (p == q) * slope[k - 1, p] * inputs[k - 1][r]
    return {"W": W, "U": U, "b": b}


def state_jacobians(parameters, inputs, initial, activation):
    """Return ds_t/ds_k for all t and k (Pascanu et al. 2013, eq. 5, here for s_t = σ(a_t), operator layout).

    Returns
    -------
    ndarray (T+1, T+1, d, d)
        [t, k] is ds_t/ds_k = J_t J_{t-1} ... J_{k+1} with J_i = diag(σ'(a_i)) W, later factors on the
        left; the identity for t = k and zero for k > t.
    """
    a, _ = states(parameters, inputs, initial, activation)
    slope = ACTIVATIONS[activation][1](a)
    T, d = a.shape
    jacobians = np.zeros((T + 1, T + 1, d, d), a.dtype)
    for t in range(T + 1):
        for k in range(t + 1):
            product = np.eye(d)
            for i in range(k + 1, t + 1):
                product = np.diag(slope[i - 1]) @ parameters["W"] @ product
            jacobians[t, k] = product
    return jacobians


def _sum_over_paths(parameters, inputs, targets, initial, activation, loss, mask, keep):
    """Return the double sum over the paths (t, k) with keep(t, k); k = 0 is the path to s_0."""
    run = forward(parameters, inputs, targets, initial, activation, loss, mask)
    tensors = immediate_tensors(parameters, inputs, initial, activation)
    jacobians = state_jacobians(parameters, inputs, initial, activation)
    (T, d), m = run["a"].shape, len(parameters["c"])
    y, weights = targets_and_weights(targets, mask, T, m, loss)
    dtype = run["z"].dtype
    like = {**parameters, "s0": initial, "x": inputs}
    total = {name: np.zeros(np.shape(like[name]), dtype) for name in GRADIENTS}
    contributions = np.zeros((T, T, d, d), dtype)
    for t in range(1, T + 1):
        if not keep(t, t):
            continue  # a loss that counts for nothing
        if loss == "cross_entropy":  # −y_tᵀ d(ln ŷ_t)/dz_t, and d(ln ŷ_j)/dz_l = (j == l) − ŷ_l
            dz = -weights[t - 1] * (y[t - 1] @ (np.eye(m) - np.outer(np.ones(m), run["yhat"][t - 1])))
        else:
            dz = weights[t - 1] * (run["z"][t - 1] - y[t - 1])
        total["c"] += dz
        total["V"] += np.einsum("j,i->ji", dz, run["s"][t])
        for k in range(1, t + 1):
            if keep(t, k):
                row = dz @ parameters["V"] @ jacobians[t, k]  # dL_t/ds_k along the path, weighted
                contributions[t - 1, k - 1] = np.einsum("p,pqr->qr", row, tensors["W"][k - 1])
                total["W"] += contributions[t - 1, k - 1]
                total["U"] += np.einsum("p,pqr->qr", row, tensors["U"][k - 1])
                total["b"] += np.einsum("p,pq->q", row, tensors["b"][k - 1])
                total["x"][k - 1] += row @ tensors["b"][k - 1] @ parameters["U"]
        if keep(t, 0):
            total["s0"] += dz @ parameters["V"] @ jacobians[t, 0]
    return {**total, "contributions": contributions}


def double_sum(parameters, inputs, targets, initial, activation, loss, mask=None):
    """Return the gradients by the double sum over t and k (Pascanu et al. 2013, eqs. 3-5).

    dL/dW = Σ_t Σ_{k≤t} mask_t (dL_t/ds_t) (ds_t/ds_k) (∂⁺s_k/∂W), with the full (d, d, d) tensor.

    Returns
    -------
    dict
        W (d, d), U (d, n), b (d,), V (m, d), c (m,), s0 (d,), x (T, n); contributions (T, T, d, d), where
        [t-1, k-1] is the part of dL/dW that L_t sends through s_k, the mask weight included.
    """
    return _sum_over_paths(parameters, inputs, targets, initial, activation, loss, mask, lambda t, k: True)


def one_sweep(parameters, inputs, targets, initial, activation, loss, mask=None):
    """Return the gradients by one backward recursion in O(T) (Werbos 1990).

    e_t = mask_t dL_t/dz_t;  δ_t = σ'(a_t) ⊙ (Vᵀ e_t + Wᵀ δ_{t+1}), δ_{T+1} = 0;  dL/dW = Σ_t δ_t s_{t-1}ᵀ.

    Returns
    -------
    dict
        W (d, d), U (d, n), b (d,), V (m, d), c (m,), s0 (d,), x (T, n).
    """
    U, W, V = parameters["U"], parameters["W"], parameters["V"]
    run = forward(parameters, inputs, targets, initial, activation, loss, mask)
    s, slope = run["s"], ACTIVATIONS[activation][1](run["a"])
    T = len(inputs)
    y, weights = targets_and_weights(targets, mask, T, len(V), loss)
    dtype = run["z"].dtype
    dW, dU, dV, db, dc = (np.zeros(np.shape(parameters[name]), dtype) for name in "WUVbc")
    dx, from_later = np.zeros(np.shape(inputs), dtype), np.zeros(len(W), dtype)
    for t in range(T, 0, -1):
        if loss == "cross_entropy":
            e = weights[t - 1] * (y[t - 1].sum() * run["yhat"][t - 1] - y[t - 1])
        else:
            e = weights[t - 1] * (run["z"][t - 1] - y[t - 1])
        delta = slope[t - 1] * (V.T @ e + from_later)
        dV += np.outer(e, s[t])
        dc += e
        dW += np.outer(delta, s[t - 1])
        dU += np.outer(delta, inputs[t - 1])
        db += delta
        dx[t - 1] = U.T @ delta
        from_later = W.T @ delta
    return {"W": dW, "U": dU, "b": db, "V": dV, "c": dc, "s0": from_later, "x": dx}


def block_ends(steps, length):
    """Return for each step the last one of its block; the last block ends at T."""
    return [min(-(-t // length) * length, steps) for t in range(1, steps + 1)]


def truncated(parameters, inputs, targets, initial, activation, loss, mask=None, *, truncation, kind):
    """Return the gradients over the paths a truncation keeps; the forward run is unaffected.

    Parameters
    ----------
    truncation : int, or a pair of int for "k1k2"
        τ. For "lag" at least 0, for "chunk" at least 1.
    kind : {"lag", "chunk", "k1k2"}
        "lag" keeps the path (t, k) iff t − k ≤ τ: τ counts Jacobian factors, so τ + 1 states are visited,
        and τ = 0 is the training of Elman (1990), his context taken as an input. The path from L_t to s_0
        has t factors and is kept iff t ≤ τ. "chunk" cuts the steps into 1..τ, τ+1..2τ, ... and keeps
        (t, k) iff no border is crossed: (t−1)//τ == (k−1)//τ. s_0 is reached from the first chunk only.
        In all kinds x_k is reached along the kept paths (t, k). "k1k2" takes a pair: the losses stand in
        blocks of k1 steps, the last of which ends at T; a block ending at e keeps (t, k) iff k ≥ e − k2 + 1,
        and its losses with t < e − k2 + 1 count for nothing, by V and c neither.

    Returns
    -------
    dict
        As `double_sum`; the contributions of dropped paths are zero.
    """
    if kind == "k1k2":
        blocks = block_ends(len(inputs), truncation[0])
        return _sum_over_paths(
            *(parameters, inputs, targets, initial, activation, loss, mask),
            lambda t, k: k >= blocks[t - 1] - truncation[1] + 1,
        )
    if kind not in ("lag", "chunk") or truncation < (kind == "chunk"):
        raise ValueError(f"no truncation of kind {kind!r} by {truncation}")

    def keep(t, k):
        if kind == "lag":
            return t - k <= truncation
        return (t - 1) // truncation == max(k - 1, 0) // truncation

    return _sum_over_paths(parameters, inputs, targets, initial, activation, loss, mask, keep)


def batch_gradients(
    parameters, inputs, targets, initial, activation, loss, mask=None, *, method=one_sweep, **options
):
    """Return the gradients of the loss summed over time and batch, one sequence after the other.

    Parameters
    ----------
    inputs (T, batch, n), targets (T, batch, m) or (T, batch), mask (T, batch) or None
        The sequences, along the second axis.
    initial : ndarray (d,) or (batch, d)
        One initial state shared by all sequences, or one for each.
    method, options
        `one_sweep`, `double_sum` or `truncated`, and what else it takes.

    Returns
    -------
    dict
        W, U, b, V, c summed over the batch; s0 shaped like `initial`; x (T, batch, n); total, the loss.
    """
    targets, batch = np.asarray(targets), np.shape(inputs)[1]
    each = []
    for i in range(batch):
        start = initial if np.ndim(initial) == 1 else initial[i]
        weights = None if mask is None else np.asarray(mask)[:, i]
        arguments = (parameters, inputs[:, i], targets[:, i], start, activation, loss, weights)
        each.append({**method(*arguments, **options), "total": forward(*arguments)["total"]})
    summed = {name: sum(one[name] for one in each) for name in ("W", "U", "b", "V", "c", "total")}
    s0 = np.array([one["s0"] for one in each])
    summed["s0"] = s0.sum(axis=0) if np.ndim(initial) == 1 else s0
    summed["x"] = np.stack([one["x"] for one in each], axis=1)
    return summed
