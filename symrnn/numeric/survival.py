"""Random truncation without bias: each loss reaches back at random, and what it reaches counts for more.

A path of lag l is kept with the probability q^l and has the weight 1/q^l. All losses go back together, lag
after lag: one step of every path that is still on its way, in one call of generated code.
"""

from __future__ import annotations

import numpy as np

from symrnn.numeric.arguments import Arguments
from symrnn.numeric.codegen.names import start
from symrnn.numeric.execution import Sequences, program
from symrnn.numeric.seeds import probed, seed_of
from symrnn.witness import Array


def drawn_reaches(survival: float, steps: int, width: int, seed: int) -> Array:
    """Draw how many steps the paths of each loss go back at most, shape (T, B): at least l with q^l."""
    if survival == 1:
        return np.full((steps, width), steps)
    failures = np.random.default_rng(seed).geometric(1 - survival, size=(steps, width)) - 1
    return np.minimum(failures, steps)


def reached_gradients(
    given: Arguments, y: Array, weights: Array, reaches: Array, survival: float
) -> dict[str, Array]:
    """Return the gradients over the paths from t to k with t − k at most the reach, each times 1/q^(t−k).

    Parameters
    ----------
    given : Arguments
    y, weights : arrays, shapes (T, B, m) and (T, B)
    reaches : array of int, shape (T, B)
    survival : float
        q.
    """
    cell, total = given.cell, given.zeros()
    ahead = {cell.roles.input: given.x, cell.roles.target: y}
    values = program(cell).forward(given.parameters, ahead, given.initial)
    before = {state: values[state][:-1].copy() for state in cell.states}  # the next call overwrites them
    row, sequence = np.nonzero(weights)  # of each path that is on its way, the step where it is
    left, losses = reaches[row, sequence], weights[row, sequence]
    code, seeds = program(cell), dict[str, Array]()
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused at the end
        while len(row):
            signals = {name: array[row, sequence][None] for name, array in ahead.items()} | seeds
            states = {state: array[row, sequence] for state, array in before.items()}
            found = code.sweep(given.parameters, Sequences(signals, states, losses[None])).gradients
            for name in found.keys() & given.parameters.keys():
                total[name] += found[name]
            total[cell.roles.input][row, sequence] += found[cell.roles.input][0]
            on = left > 0
            carried = {state: found[start(state)][on] / survival for state in cell.states}
            row, sequence, left = row[on] - 1, sequence[on], left[on] - 1
            within = row >= 0
            for state, adjoint in carried.items():
                total[start(state)][sequence[~within]] += adjoint[~within]
            row, sequence, left = row[within], sequence[within], left[within]
            code, losses = probed(cell), np.ones(len(row), given.dtype)
            seeds = {seed_of(state): adjoint[within][None] for state, adjoint in carried.items()}
    return total
