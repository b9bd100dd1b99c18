"""The pytest file beside a generated module: every gradient against the complex step."""

from __future__ import annotations

from collections.abc import Mapping

from symrnn.numeric.codegen.module import Generated
from symrnn.numeric.codegen.seal import sealed
from symrnn.numeric.codegen.source import SIGNED, templates
from symrnn.tensor import Shape

STEPS, SEQUENCES, FIRST_SIZE = 5, 2, 3


def check_source(module: Generated, name: str) -> str:
    """Return the text of a test file for a generated module.

    Parameters
    ----------
    module : Generated
    name : str
        What the module is called when it is imported.
    """
    signature, cell = module.signature, module.signature.cell
    sizes = {axis: FIRST_SIZE + n for n, axis in enumerate(signature.sizes)}

    def drawn(shapes: Mapping[str, Shape], *lead: int) -> list[str]:
        full = {
            key: (*lead, *((sizes[axis] for axis in axes) if axes else (1,))) for key, axes in shapes.items()
        }
        return [f'"{key}": rng.normal(size={shape})' for key, shape in full.items()]

    text = templates()(
        "test.py.j2",
        name=name,
        signed=SIGNED,
        parameters=drawn(cell.parameters),
        given=drawn({key: signature.shapes[key] for key in signature.given}, STEPS, SEQUENCES),
        initial=drawn({state: cell.signals[state] for state in cell.states}, SEQUENCES),
        steps=STEPS,
        sequences=SEQUENCES,
        sizes=[str(size) for size in (STEPS, SEQUENCES, *sizes.values())],
        starts=[f'initial["{state}"]' for state in cell.states],
        asked=[f'"{key}"' for key in signature.gradients],
    )
    return sealed(text)
