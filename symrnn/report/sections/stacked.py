"""The states as one vector S: how its derivatives, of which programs speak, are made of those of the states.

Within S nothing is held fixed, so the block of a state v is Σ_w (∂v_k/∂w_k)(∂⁺w_k/∂x) over the states w of
its step. S is a picture, no symbol of the language: each block is read back from its ink and compared with
the array that the numeric interface returns.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from symrnn.derivation import K, edge_of
from symrnn.document import Block, Display, Heading, Line, Prose
from symrnn.model import OrderedNetwork, in_force
from symrnn.notation import (
    Fraction,
    Matrix,
    Operator,
    Script,
    Symbol,
    Tree,
    latex,
    layout,
    row,
    separated,
    sign_of,
    uncoloured,
    variable_symbol,
    width,
)
from symrnn.numeric import immediate, state_jacobians
from symrnn.report.compose import DISPLAY_WIDTH
from symrnn.report.material import Material
from symrnn.report.wording import say
from symrnn.tensor import Immediate, Tensor, Total, Variable, Zeros, plus, through
from symrnn.witness import Array, ReadbackError, deviation, ink_value

LETTERS = ("S", "Q", "Y", "X", "Z")  # for the vector of all states: the first that is free
ONE_BEFORE = row(Symbol("k"), Operator("-"), Symbol("1"))


def block(v: Variable, x: Variable, network: OrderedNetwork) -> Tensor:
    """Return the block of a state in the derivative of the stacked states by ``x``."""
    condensed = network.condensed
    terms: list[Tensor] = []
    for w in (network[state, v.time] for state in network.states):
        if x in condensed.parents(w) and network.whole.depends(v, w):
            acts = Immediate(w, x) if x.time is None else edge_of(w, x, condensed)
            terms.append(acts if v == w else through(Total(v, w), acts, w.rank))
    return plus(terms) if terms else Zeros(v.shape + x.shape)


def section(material: Material) -> list[Block]:
    """Return the blocks of this section; nothing where there is one state, or a line would not fit."""
    network, job, wrt = material.network, material.job, material.main
    states = [network[state, K] for state in network.states]
    letter = next((letter for letter in LETTERS if not network.has(letter)), None)
    if len(states) == 1 or letter is None or in_force().mirrored:
        return []
    by_states = [[block(v, network[u.name, K - 1], network) for u in states] for v in states]
    by_parameter = [[block(v, wrt, network)] for v in states]
    new, old = (Script(Symbol(letter), sub=layout_of_time) for layout_of_time in (Symbol("k"), ONE_BEFORE))
    lines = [
        _line(row(sign_of("total"), new), row(sign_of("total"), old), by_states),
        _line(row(sign_of("immediate"), new), row(sign_of("total"), variable_symbol(wrt.name)), by_parameter),
    ]
    if any(width(line.lhs) + width(line.rhs[0]) > DISPLAY_WIDTH for line in lines if line.lhs is not None):
        return []
    given = {name: job.values[name] for name in job.cell.parameters}
    initial = {state: job.values[f"{state}0"] for state in job.cell.states}
    jacobians = state_jacobians(job.cell, given, np.array(job.inputs), initial=initial)
    tensors = immediate(job.cell, given, np.array(job.inputs), wrt.name, initial=initial)
    sizes = [prod(job.sizes[axis] for axis in v.shape) for v in states]
    worst = _worst(by_states, sizes, lambda k: jacobians[k, k - 1], material)
    material.ledger.admit_number("Jacobian of the stacked states", worst, "ink")
    worst = _worst(by_parameter, sizes, lambda k: tensors[k - 1], material)
    material.ledger.admit_number(f"stacked states by {wrt}", worst, "ink")
    together = separated([layout(v) for v in states], "comma")
    return [
        Heading(say("stacked.title"), level=2),
        Prose(say("stacked.blocks", S=new, states=together, sign=sign_of("immediate"))),
        Display(tuple(lines)),
    ]


def _line(top: Tree, bottom: Tree, blocks: list[list[Tensor]]) -> Line:
    matrix = Matrix(tuple(tuple(layout(entry) for entry in entries) for entries in blocks))
    return Line(Fraction(top, bottom), "=", (matrix,))


def _worst(
    blocks: list[list[Tensor]], sizes: list[int], expected: Callable[[int], Array], material: Material
) -> float:
    """Return how far blocks, read back, lie from those of an array of each step."""
    at = material.job.point.of(material.network)
    ends = np.cumsum([0, *sizes])
    worst = 0.0
    for k in range(1, material.network.steps + 1):
        for r, entries in enumerate(blocks):
            rows = expected(k)[ends[r] : ends[r + 1]]
            for c, entry in enumerate(entries):
                wanted = rows[:, ends[c] : ends[c + 1]] if len(entries) > 1 else rows
                try:
                    found = ink_value(latex(uncoloured(layout(entry))), at, {K: k})
                except ReadbackError:
                    return float("inf")
                worst = max(worst, deviation(np.broadcast_to(found, wanted.shape), wanted))
    return worst
