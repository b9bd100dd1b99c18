"""What generated code calls besides NumPy: products over all steps, and functions written into an array.

The text of these functions is copied into every generated module, so they know nothing of symrnn, have no
annotations and keep to what ``numba.njit`` compiles. Arrays are time first, then batch, then the vector;
numbers have a last axis of length 1. Everything is analytic where it is differentiable, so a complex step
passes through.
"""

import numpy as np

HALF, ONE = np.array(0.5), np.array(1.0)  # arrays: a number of Python's is converted in every call


def project(u, matrix, out):
    """Write u times a matrix into out, for every step and sequence: (T, B, p) by (p, q) gives (T, B, q)."""
    np.dot(u.reshape((-1, u.shape[-1])), matrix, out.reshape((-1, out.shape[-1])))


def gathered(u, v):
    """Return the outer products of u and v, added over steps and sequences: (T, B, p), (T, B, q): (p, q)."""
    return np.dot(u.reshape((-1, u.shape[-1])).T, v.reshape((-1, v.shape[-1])))


def summed(u):
    """Return the sum over steps and sequences, by a product with ones."""
    rows = u.reshape((-1, u.shape[-1]))
    return np.dot(np.ones(rows.shape[0], rows.dtype), rows)


def row_sums(u):
    """Return the sum of each vector, by a product with ones; the axis stays."""
    rows = u.reshape((-1, u.shape[-1]))
    sums = np.dot(rows, np.ones(rows.shape[1], rows.dtype))
    return sums.reshape(u.shape[:-1] + (1,))


def largest(u):
    """Return the largest entry of each vector, by halves; the axis stays."""
    top = u.real.copy()
    while top.shape[-1] > 1:
        half = (top.shape[-1] + 1) // 2
        top = np.maximum(top[..., :half], top[..., -half:])
    return top


def softmax(u, out):
    """Write exp(u) over its sum into out, shifted so that nothing overflows."""
    np.subtract(u, largest(u), out)
    np.exp(out, out)
    out /= row_sums(out)


def log_softmax(u, out):
    """Write the logarithm of softmax(u) into out, also where softmax underflows."""
    np.subtract(u, largest(u), out)
    out -= np.log(row_sums(np.exp(out)))


def softmax_and_log(u, out, log):
    """Write softmax(u) into out and its logarithm into log."""
    np.subtract(u, largest(u), log)
    np.exp(log, out)
    sums = row_sums(out)
    out /= sums
    log -= np.log(sums)


def logistic(u, out):
    """Write 1/(1 + exp(-u)) into out, by tanh: it does not overflow."""
    np.multiply(HALF, u, out)
    np.tanh(out, out)
    out *= HALF
    out += HALF


def rectifier(u, out):
    """Write max(u, 0) into out."""
    np.multiply(u, u.real > 0, out)


def identity(u, out):
    """Write u into out."""
    out[:] = u
