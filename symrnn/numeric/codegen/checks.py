"""The pytest file beside a generated module: every gradient against the complex step."""

from __future__ import annotations

from symrnn.numeric.codegen.module import Generated
from symrnn.numeric.codegen.source import SIGNED
from symrnn.numeric.codegen.writer import inside, wrapped
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
    cell = module.cell
    sizes = {axis: FIRST_SIZE + n for n, axis in enumerate(module.axes)}

    def shape(*lead: int, axes: Shape) -> str:
        return str((*lead, *((sizes[axis] for axis in axes) if axes else (1,))))

    lead = (STEPS, SEQUENCES)
    drawn = [
        *wrapped(
            "parameters = {",
            [f'"{p}": rng.normal(size={shape(axes=axes)})' for p, axes in cell.parameters.items()],
            "}",
        ),
        *wrapped(
            "given = {",
            [f'"{n}": rng.normal(size={shape(*lead, axes=module.shapes[n])})' for n in module.given],
            "}",
        ),
        *wrapped(
            "initial = {",
            [f'"{s}": rng.normal(size={shape(SEQUENCES, axes=cell.signals[s])})' for s in cell.states],
            "}",
        ),
        f"weights = rng.uniform(0.5, 2.0, size=({STEPS}, {SEQUENCES}))",
        "weights[-2:, 0] = 0.0  # the first sequence is shorter: its last steps are padding",
        "return parameters, given, initial, weights",
    ]
    axes = ", ".join(str(sizes[axis]) for axis in module.axes)
    starts = ", ".join(f'initial["{state}"]' for state in cell.states)
    asked = [*cell.parameters, *(f"{s}0" for s in cell.states), "x"]
    parts = [
        f'"""Checks {name}: each gradient equals the derivative by the complex step (Squire & Trapp 1998).',
        "",
        f"{SIGNED}, together with the module.",
        '"""',
        "",
        f"import {name} as cell",
        "import numpy as np",
        "import pytest",
        "",
        "STEP = 1e-30",
        "",
        "",
        "def example(seed):",
        *inside(["rng = np.random.default_rng(seed)", *drawn]),
        "",
        "",
        "def loss(parameters, given, initial, weights):",
        *inside(
            [
                f"ahead, _ = cell.allocate({STEPS}, {SEQUENCES}, {axes}, complex)",
                "parameters, given, initial = (",
                "    {name: array.astype(complex) for name, array in arrays.items()}",
                "    for arrays in (parameters, given, initial)",
                ")",
                f"L = cell.forward(*given.values(), {starts}, *parameters.values(), ahead)[0]",
                "return (weights[..., None] * L).sum()",
            ]
        ),
        "",
        "",
        "def by_complex_step(name, parameters, given, initial, weights):",
        *inside(
            [
                'starts = {f"{state}0": array for state, array in initial.items()}',
                "array = {**parameters, **given, **starts}[name]",
                "found = np.zeros(array.shape)",
                "for place in np.ndindex(*array.shape):",
                "    moved = array.astype(complex)",
                "    moved[place] += 1j * STEP",
                "    changed = [",
                "        {key: moved if key + end == name else value for key, value in arrays.items()}",
                '        for arrays, end in ((parameters, ""), (given, ""), (initial, "0"))',
                "    ]",
                "    found[place] = loss(*changed, weights).imag / STEP",
                "return found",
            ]
        ),
        "",
        "",
        *wrapped('@pytest.mark.parametrize("name", [', [f'"{n}"' for n in asked], "])"),
        "def test_each_gradient_is_the_derivative_of_the_loss(name):",
        *inside(
            [
                "parameters, given, initial, weights = example(seed=0)",
                "expected = by_complex_step(name, parameters, given, initial, weights)",
                "_, found = cell.gradients(parameters, *given.values(), initial, weights)",
                "tolerance = 1e-12 * (1 + abs(expected).max())",
                "np.testing.assert_allclose(found[name], expected, rtol=0, atol=tolerance)",
            ]
        ),
        "",
        "",
        "def test_memory_is_used_again_and_what_was_given_stays():",
        *inside(
            [
                "parameters, given, initial, weights = example(seed=1)",
                f"memory = cell.allocate({STEPS}, {SEQUENCES}, {axes}, float)",
                "arrays = {**parameters, **given, **initial}",
                "before = {name: array.copy() for name, array in arrays.items()}",
                "others, other_given, _, _ = example(seed=2)",
                "cell.gradients(others, *other_given.values(), memory=memory)",
                "_, again = cell.gradients(parameters, *given.values(), initial, weights, memory)",
                "_, fresh = cell.gradients(parameters, *given.values(), initial, weights)",
                "assert all(np.array_equal(again[name], fresh[name]) for name in fresh)",
                "assert all(np.array_equal(arrays[name], before[name]) for name in before)",
            ]
        ),
    ]
    return "\n".join(parts) + "\n"
