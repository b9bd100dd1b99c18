"""What generated code calls besides NumPy: products over all steps, and functions written into an array.

The text of these functions is copied into every generated module, so they know nothing of symrnn, have no
annotations and keep to what ``numba.njit`` compiles. Arrays are time first, then batch, then the vector;
numbers have a last axis of length 1. Everything is analytic where it is differentiable, so a complex step
passes through.
"""

import numpy as np

ONE = np.array(1.0)  # an array: a number of Python's is converted in every call
CLOSE = 1e-4  # a difference that is smaller has lost too many digits


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


def balanced(p, out):
    """Where an entry of p = softmax(u) is next to 1, write minus the others into that entry of out.

    The entries of a derivative by u add up to 0: the softmax stays if all of u grow alike.
    """
    if p.max() > 1 - CLOSE:
        top = p > 1 - CLOSE
        others = row_sums(np.where(top, 0 * out, out))
        out[:] = np.where(top, -others, out)


def tanh_slope(u, y, out):
    """Write 1 - y² for y = tanh(u) into out; from u, as 1/cosh², where a y is next to 1 or -1."""
    np.multiply(y, y, out)
    np.subtract(ONE, out, out)
    if out.min() < CLOSE:
        found = np.ascontiguousarray(out)
        flat = found.reshape(-1)
        places = np.flatnonzero(flat < CLOSE)
        wide = np.empty_like(found)  # u may be the same for all rows
        wide[:] = u
        e = np.exp(-2 * np.abs(wide.reshape(-1)[places]))
        flat[places] = 4 * e / ((1 + e) * (1 + e))
        out[:] = found


def rectifier(u, out):
    """Write max(u, 0) into out."""
    np.multiply(u, u.real > 0, out)


def identity(u, out):
    """Write u into out."""
    out[:] = u
