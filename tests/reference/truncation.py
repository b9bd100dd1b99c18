"""Truncated backpropagation as it is programmed, and random truncation path by path, for Elman networks.

``detached`` is the algorithm of Williams & Peng (1990) word for word: at the end of each block of k1 steps,
go back k2 steps, take the state found there for a constant, and differentiate the losses of the block on the
way from there. The derivative is a complex step through the forward pass, so nothing here knows a path.

References
----------
Williams & Peng (1990), An efficient gradient-based algorithm for on-line training of recurrent network
trajectories, Neural Computation 2(4), 490-501.
Tallec & Ollivier (2017), Unbiasing truncated backpropagation through time, arXiv:1705.08209.
"""

import itertools

import numpy as np

from . import elman

H = 1e-30


def detached(parameters, inputs, targets, initial, activation, loss, mask, *, truncation):
    """Return the gradients by truncation (k1, k2), keys as in `elman.one_sweep`."""
    k1, k2 = truncation
    arrays = {**parameters, "s0": initial, "x": inputs}
    states = elman.forward(parameters, inputs, targets, initial, activation, loss, mask)["s"]
    T, found = len(inputs), {name: np.zeros(np.shape(array)) for name, array in arrays.items()}

    def block_loss(moved, begin, end):
        first = end - k2 + 1
        start, first = (states[first - 1], first) if first >= 1 else (moved["s0"], 1)
        counted = np.where(np.arange(first, end + 1) >= begin, np.asarray(mask)[first - 1 : end], 0.0)
        window = slice(first - 1, end)
        arguments = (moved["x"][window], np.asarray(targets)[window], start, activation, loss, counted)
        return elman.forward(moved, *arguments)["total"]

    begin = 1
    while begin <= T:
        end = min(begin + k1 - 1, T)
        for name, array in arrays.items():
            for place in np.ndindex(*np.shape(array)):
                moved = {other: np.array(value, complex) for other, value in arrays.items()}
                moved[name][place] += 1j * H
                found[name][place] += block_loss(moved, begin, end).imag / H
        begin = end + 1
    return found


def reached(parameters, inputs, targets, initial, activation, loss, mask, *, reaches, survival):
    """Return the gradients over the paths (t, k) with t − k ≤ reaches[t-1], each times q^−(t−k).

    A difference of lags: the part of L_t by paths of lag l is its gradient truncated after l factors, less
    that truncated after l − 1.
    """
    weights, T = np.asarray(mask, float), len(inputs)
    total = {name: 0.0 for name in elman.GRADIENTS}
    for t in range(1, T + 1):
        alone = np.where(np.arange(1, T + 1) == t, weights, 0.0)
        arguments = (parameters, inputs, targets, initial, activation, loss, alone)
        before = {name: 0.0 for name in total}
        for lag in range(min(reaches[t - 1], t) + 1):
            upto = elman.truncated(*arguments, truncation=lag, kind="lag")
            total = {name: total[name] + (upto[name] - before[name]) / survival**lag for name in total}
            before = upto
    return total


def outcomes(steps, survival):
    """Yield every (reaches, probability): R_t ≥ l has the probability q^l; beyond t there is nothing."""
    each = [
        [(r, survival**r * (1 - survival if r < t else 1)) for r in range(t + 1)] for t in range(1, steps + 1)
    ]
    for drawn in itertools.product(*each):
        yield [r for r, _ in drawn], float(np.prod([p for _, p in drawn]))
