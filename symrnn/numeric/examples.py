"""Seeds of numbers that a cell can be evaluated at: what the test beside generated code draws from.

Whether a cell can be evaluated at some numbers, its own generated forward pass says: where a function is
asked for what it does not know, or a number grows beyond all bounds, a value is not finite.
"""

from __future__ import annotations

import numpy as np

from symrnn.numeric.codegen.checks import SEEDS, check_source, example
from symrnn.numeric.codegen.rows import CompileError
from symrnn.numeric.execution import Array, Program, Sequences

MOST_SEEDS = 10_000
LARGEST = 1e6  # a step of 1e-30 is small beside nothing that grows much faster


def source_of_test(code: Program, name: str) -> str:
    """Return the text of the pytest file beside the generated module of a cell.

    Parameters
    ----------
    code : Program
    name : str
        What the module is called when it is imported.

    Raises
    ------
    CompileError
        If none of many draws can be evaluated.
    """
    seeds: list[int] = []
    for seed in range(MOST_SEEDS):
        missing = _too_large(code, seed)
        if not missing:
            seeds.append(seed)
        if len(seeds) == SEEDS:
            return check_source(code.module, name, seeds)
    raise CompileError(
        f"{code.signature.cell.name}: of {MOST_SEEDS} draws of its numbers {len(seeds)} can be used, and the"
        f" test needs {SEEDS}; {missing} is no number below {LARGEST:g}; accepted: a cell that can be"
        f" evaluated at numbers around 0, or that says which parameters are positive, such as [domains]"
        f' tau = "positive"'
    )


def _too_large(code: Program, seed: int) -> str:
    """Return the name of what is no number, or too large a one, at the numbers of a seed; else nothing."""
    parameters, given, initial = example(code.signature, seed)
    weights = np.ones(next(iter(given.values())).shape[:2])
    with np.errstate(all="ignore"):
        found = code.sweep(parameters, Sequences(given, initial, weights))
    cell = code.signature.cell
    computed = {e.target.name: found.values.get(e.target.name) for e in cell.step}
    times = {n: _first_row(a) - (n in cell.states) for n, a in computed.items() if a is not None}
    first = min(times, key=lambda name: times[name])  # the equation that computed it comes first
    if times[first] < np.inf:
        return first
    gradients = found.gradients.items()
    return next((f"the gradient by {name}" for name, a in gradients if _first_row(a) < np.inf), "")


def _first_row(array: Array) -> float:
    """Return the first row with a number that is too large, or infinity."""
    wrong = (~(abs(array) < LARGEST)).reshape((len(array), -1)).any(axis=1)
    return float(np.argmax(wrong)) if wrong.any() else np.inf
