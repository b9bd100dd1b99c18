"""Plain SymPy, without symrnn: the loss of an unrolled Elman network as one expression of its parameters.

This is what one writes who has SymPy alone: matrices of symbols, every state put into the next one. The names
of the symbols are those of symrnn's scalar view, so that numbers can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

import sympy

AXES = {"U": "dn", "W": "dd", "b": "d", "V": "md", "c": "m", "x": "n", "y": "m", "s": "d"}
FUNCTIONS = {"exp": math.exp, "log": math.log, "tanh": math.tanh}


def names(signal: str, sizes: Mapping[str, int]) -> list[str]:
    """Return the names of all entries of ``W``, or of a signal at a time such as ``x_2``."""
    name, _, time = signal.partition("_")
    places = product(*(range(1, sizes[axis] + 1) for axis in AXES[name]))
    return [f"{name}_{','.join(map(str, (*([time] if time else []), *place)))}" for place in places]


def matrix(signal: str, sizes: Mapping[str, int]) -> Any:
    """Return a matrix, or a column, of symbols."""
    rows = sizes[AXES[signal.partition("_")[0]][0]]
    entries = [sympy.Symbol(name, real=True) for name in names(signal, sizes)]
    return sympy.Matrix(rows, len(entries) // rows, entries)


def loss(steps: int, sizes: Mapping[str, int]) -> Any:
    """Return the cross entropy of the last step, written out."""
    U, W, b, V, c = (matrix(name, sizes) for name in ("U", "W", "b", "V", "c"))
    s = matrix("s_0", sizes)
    for t in range(1, steps + 1):
        s = (U * matrix(f"x_{t}", sizes) + W * s + b).applyfunc(sympy.tanh)
    z, y = V * s + c, matrix(f"y_{steps}", sizes)
    total = sympy.Add(*(sympy.exp(entry) for entry in z))
    return -sympy.Add(*(target * sympy.log(sympy.exp(entry) / total) for target, entry in zip(y, z)))


def number(expression: Any, known: dict[Any, float]) -> float:
    """Value of an expression; equal parts are evaluated once, for written out there are millions of them."""
    if expression not in known:
        parts = [number(part, known) for part in expression.args]
        if expression.is_Number:
            known[expression] = float(expression)
        elif expression.is_Add:
            known[expression] = sum(parts)
        elif expression.is_Mul:
            known[expression] = math.prod(parts)
        elif expression.is_Pow:
            known[expression] = parts[0] ** parts[1]
        else:
            known[expression] = FUNCTIONS[type(expression).__name__](parts[0])
    return known[expression]


def numbers(expressions: Mapping[str, Any], values: Mapping[str, float]) -> dict[str, float]:
    """Return the value of every expression, given the values of its symbols by name."""
    known: dict[Any, float] = {sympy.Symbol(name, real=True): value for name, value in values.items()}
    return {name: number(expression, known) for name, expression in expressions.items()}
