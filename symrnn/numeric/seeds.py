"""A cell whose loss reads its states: at each step the sum of all their entries, each times its seed.

One step of it, swept back, takes seeds, ∂L/∂s_k, to what they become one step earlier, ∂L/∂s_{k−1}, and to
what step k adds to each gradient. Seeds that are rows of the identity give the Jacobian of the step.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache

from symrnn.model import STEP, Cell, Equation, losses
from symrnn.numeric.execution import Program, program
from symrnn.tensor import Variable, contract, plus


@lru_cache(maxsize=32)
def probed(cell: Cell) -> Program:
    """Return the code of a cell whose loss at each step is a weighted sum of all entries of all states."""
    added = losses()[cell.loss]["equations"]
    own = [e for e in cell.step if e.target.name not in added]
    states = {state: cell.signals[state] for state in cell.states}
    loss = plus(
        contract(Variable(seed_of(state), shape, STEP), Variable(state, shape, STEP))
        for state, shape in states.items()
    )
    names = {cell.roles.input, *(e.target.name for e in own), *(v.name for e in own for v in e.used)}
    signals = {n: s for n, s in cell.signals.items() if n in names}
    signals |= {seed_of(state): shape for state, shape in states.items()}
    step = (*own, Equation(Variable(cell.roles.loss, (), STEP), loss))
    return program(dataclasses.replace(cell, step=step, signals=signals, distribution=False))


def seed_of(state: str) -> str:
    """Return the name of what weights the entries of a state."""
    return f"{state}_seed"
