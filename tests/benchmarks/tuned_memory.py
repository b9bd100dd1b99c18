"""Memory and products of the tuned yardstick: everything around the recurrence.

Every array of gates is addressed as (gates, T, batch, d). In memory the gates of a step lie side by side for
one sequence, where a product reads them as one vector, and apart for a batch, where each is then one piece.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, dot, matmul, subtract

from .problems import Problem

CACHED = 32768  # numbers in a block of steps; 256 kB


class Gates:
    """Some arrays (T, batch, d), one for each gate.

    Attributes
    ----------
    each : ndarray (count, T, batch, d)
    rows : ndarray (T, count · d) for one sequence, (count, T · batch, d) for a batch
        The same memory.
    """

    def __init__(self, each: Any, rows: Any) -> None:
        self.each, self.rows = each, rows
        self.one = rows.ndim == 2

    @staticmethod
    def empty(count: int, T: int, B: int, d: int) -> Gates:
        """Return memory that is not filled yet."""
        if B == 1:
            rows = np.empty((T, count * d))
            return Gates(rows.reshape(T, count, 1, d).transpose(1, 0, 2, 3), rows)
        each = np.empty((count, T, B, d))
        return Gates(each, each.reshape(count, T * B, d))

    def part(self, first: int, last: int) -> Gates:
        """Return the gates from ``first`` to ``last``, the same memory."""
        d = self.each.shape[-1]
        rows = self.rows[:, first * d : last * d] if self.one else self.rows[first:last]
        return Gates(self.each[first:last], rows)

    def steps(self) -> list[Any]:
        """Return the gates of every step as a product reads them."""
        return list(self.rows) if self.one else [self.each[:, t] for t in range(self.each.shape[1])]

    def project(self, x: Any, U: Any) -> None:
        """Put U x of every gate and step here; x is (T · batch, k), U (count, d, k)."""
        if self.one:
            self.rows[...] = dot(x, U.reshape(-1, U.shape[-1]).T)
        else:
            matmul(x, U.transpose(0, 2, 1), self.rows)

    def outer(self, right: Any) -> Any:
        """Return Σ (adjoint of a gate) rightᵀ over time and batch; right is (T · batch, k)."""
        count, _, _, d = self.each.shape
        transposed = self.rows.T if self.one else self.rows.transpose(0, 2, 1)
        return matmul(transposed, right).reshape(count, d, -1)

    def onto(self, weights: Any) -> Any:
        """Return Σ (adjoint of a gate)ᵀ weights over the gates, (T · batch, k); weights (count, d, k)."""
        if self.one:
            return matmul(self.rows, weights.reshape(-1, weights.shape[-1]))
        total = dot(self.rows[0], weights[0])
        for adjoint, matrix in zip(self.rows[1:], weights[1:]):
            add(total, dot(adjoint, matrix), total)
        return total


class Tape:
    """Inputs with a column of ones for the biases, states, readout.

    Parameters
    ----------
    problem : Problem
    width : int
        Arrays (T, batch, d) that the backward pass prepares for a block of steps.
    """

    def __init__(self, problem: Problem, width: int) -> None:
        T, d, n, B = problem.size
        self.problem, self.T = problem, T
        self.x = np.ones((T * B, n + 1))
        self.h, self.dh = np.empty((T + 1, B, d)), np.empty((T, B, d))
        self.z, self.e, self.column = np.empty((T * B, n)), np.empty((T * B, n)), np.empty((T * B, 1))
        self.picked = (np.arange(T * B), problem.classes.ravel())
        self.length = min(T, max(1, CACHED // (B * d * width)))
        self.shape = (B, d)
        self.flat = (d,) if B == 1 else (B, d)

    def inputs(self) -> Any:
        """Return the inputs with their column of ones, (T · batch, n + 1)."""
        self.x[:, :-1] = self.problem.x.reshape(len(self.x), -1)
        return self.x

    def readout(self, V: Any, c: Any) -> tuple[float, Any, Any]:
        """Return the loss and its gradients by V and c; leave that by every state in ``dh``."""
        d = self.h.shape[-1]
        states, z, e, column = self.h[1:].reshape(-1, d), self.z, self.e, self.column
        dot(states, V.T, z)
        add(z, c, z)
        subtract(z, z.max(axis=1, keepdims=True, out=column), z)
        np.exp(z, e)
        e.sum(axis=1, keepdims=True, out=column)
        loss = float(np.log(column).sum() - z[self.picked].sum())
        np.divide(e, column, e)
        e[self.picked] -= 1
        dot(e, V, self.dh.reshape(-1, d))
        return loss, dot(e.T, states), e.sum(axis=0)

    def blocks(self) -> list[tuple[int, int]]:
        """Return the blocks of steps, first and past the last, the last block first."""
        return [(max(0, end - self.length), end) for end in range(self.T, 0, -self.length)]


def forward_weights(W: Any, one: bool) -> Any:
    """Return W (count, d, d) such that a product with it from the right is W h of every gate."""
    count, d, _ = W.shape
    return np.ascontiguousarray(W.reshape(count * d, d).T if one else W.transpose(0, 2, 1))


def backward_weights(W: Any, one: bool) -> Any:
    """Return W (count, d, d) such that a product with it from the right is Wᵀ δ of every gate."""
    return W.reshape(-1, W.shape[-1]) if one else W
