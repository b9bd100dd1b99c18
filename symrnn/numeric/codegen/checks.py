"""The pytest file beside a generated module: every gradient against the complex step.

The test draws its numbers itself, from seeds: such that the cell can be evaluated at what is drawn. Whoever
writes the test finds those seeds with ``example``, which draws as the test does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symrnn.numeric.codegen.module import Generated, Signature
from symrnn.numeric.codegen.seal import sealed
from symrnn.numeric.codegen.source import SIGNED, templates
from symrnn.tensor import Shape

STEPS, SEQUENCES, FIRST_SIZE = 5, 2, 3
SEEDS = 3  # of which the test draws
Arrays = dict[str, npt.NDArray[Any]]
Drawn = tuple[str, tuple[int, ...], bool]  # a name, a shape, whether every number is positive


def check_source(module: Generated, name: str, seeds: Sequence[int]) -> str:
    """Return the text of a test file for a generated module.

    Parameters
    ----------
    module : Generated
    name : str
        What the module is called when it is imported.
    seeds : sequence of int
        From which it draws numbers, as many as ``SEEDS``.
    """
    signature, cell = module.signature, module.signature.cell
    parameters, given, initial = (
        [
            f'"{key}": {"np.exp(" * positive}rng.normal(size={shape}){")" * positive}'
            for key, shape, positive in some
        ]
        for some in _drawn(signature)
    )
    text = templates()(
        "test.py.j2",
        name=name,
        signed=SIGNED,
        parameters=parameters,
        given=given,
        initial=initial,
        steps=STEPS,
        sequences=SEQUENCES,
        sizes=[str(size) for size in (STEPS, SEQUENCES, *_sizes(signature).values())],
        starts=[f'initial["{state}"]' for state in cell.states],
        asked=[f'"{key}"' for key in signature.gradients],
        seeds=list(seeds),
    )
    return sealed(text)


def example(signature: Signature, seed: int) -> tuple[Arrays, Arrays, Arrays]:
    """Return parameters, given signals and initial states as the test draws them."""
    rng = np.random.default_rng(seed)

    def arrays(some: Iterator[Drawn]) -> Arrays:
        found = {}
        for name, shape, positive in some:
            found[name] = rng.normal(size=shape)
            if positive:
                found[name] = np.exp(found[name])
        return found

    parameters, given, initial = map(arrays, _drawn(signature))
    return parameters, given, initial


def _sizes(signature: Signature) -> dict[str, int]:
    return {axis: FIRST_SIZE + n for n, axis in enumerate(signature.sizes)}


def _drawn(signature: Signature) -> tuple[Iterator[Drawn], Iterator[Drawn], Iterator[Drawn]]:
    """Return what is drawn, in order: parameters, given signals, initial states."""
    cell, sizes = signature.cell, _sizes(signature)

    def shaped(shapes: Mapping[str, Shape], *lead: int) -> Iterator[Drawn]:
        for key, axes in shapes.items():
            yield key, (*lead, *((sizes[axis] for axis in axes) if axes else (1,))), key in cell.positive

    return (
        shaped(cell.parameters),
        shaped({key: signature.shapes[key] for key in signature.given}, STEPS, SEQUENCES),
        shaped({state: cell.signals[state] for state in cell.states}, SEQUENCES),
    )
