"""A whole Python module for a cell: forward pass, backward sweep, both documented."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Sequence

from symrnn.numeric.codegen import helpers
from symrnn.numeric.codegen.arrays import shown
from symrnn.numeric.codegen.module import Generated, size_of
from symrnn.numeric.codegen.names import HELPERS
from symrnn.numeric.codegen.writer import LINE as WIDTH, inside, wrapped
from symrnn.tensor import Shape

SIGNED = "Written by symrnn"


def source(module: Generated) -> str:
    """Return the text of the generated module."""
    cell = module.cell
    equations = [shown(e.target, e.expression) for e in cell.step]
    parts = [
        f'"""{_harmless(cell.name)}: forward pass and gradients in NumPy, from the equations of one step.',
        "",
        *inside(equations),
        "",
        *_paragraph(f"Source of the cell: {_harmless(cell.source)}."),
        "",
        *_paragraph(
            "Arrays are time first, then batch: T steps of B sequences. Matrices map their last axis to "
            "their first. Row t of an array belongs to step t + 1; states have one more row, row 0 is the "
            "initial state. A name with _bar is the derivative of the total loss by what it names. "
            f"{SIGNED}; every adjoint equation was derived and can be certified with it."
        ),
        '"""',
        "",
        "import numpy as np",
    ]
    text = "\n".join((*module.forward, *module.backward))
    used = _used_helpers(text)
    constants = " ".join((text, *(inspect.getsource(getattr(helpers, name)) for name in used)))
    if re.search(r"\b(HALF|ONE)\b", constants):
        parts += [
            "",
            next(line for line in inspect.getsource(helpers).splitlines() if line.startswith("HALF")),
        ]
    for name in HELPERS:
        if name in used:
            parts += ["", "", inspect.getsource(getattr(helpers, name)).rstrip()]
    parts += ["", "", *_allocation(module)]
    parts += ["", "", *_function("forward", module.forward_arguments, _forward_doc(module), module.forward)]
    parts += [
        "",
        "",
        *_function("backward", module.backward_arguments, _backward_doc(module), module.backward),
    ]
    parts += ["", "", *_front(module)]
    return "\n".join(parts) + "\n"


def _harmless(words: str) -> str:
    """Return text from a cell file such that it cannot end a docstring or mean anything inside it."""
    printable = "".join(c if c.isprintable() else " " for c in words)
    return printable.replace("\\", "/").replace('"', "'")


def _used_helpers(text: str) -> set[str]:
    """Return the helpers that a text calls, and those that they call."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        words = set(re.findall(r"\b(\w+)\(", waiting.pop()))
        for name in words & set(HELPERS) - found:
            found.add(name)
            waiting.append(inspect.getsource(getattr(helpers, name)).split("\n", 1)[1])
    return found


def _function(name: str, arguments: Sequence[str], doc: Sequence[str], body: Sequence[str]) -> list[str]:
    return [*wrapped(f"def {name}(", arguments, "):"), *inside([*doc, *body])]


def _paragraph(words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH - 8)


def _shape_text(lead: str, shape: Shape) -> str:
    items = [x for x in (*lead.split(), *shape) if x]
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _allocation(module: Generated) -> list[str]:
    """Return the function that makes the arrays that the two others fill."""
    doc = [
        '"""Return the arrays that ``forward`` fills, and those that ``backward`` fills.',
        "",
        "They can be used again for sequences of the same sizes; what was computed before is overwritten.",
        "``rows`` makes the rows of an array: a list of them is quicker to walk through in Python, compiled",
        "code takes the array itself, ``rows=lambda array: array``.",
        '"""',
    ]
    made, ahead, back = module.memory
    length = [f"length = {module.length}"] if any("(length," in line for line in made) else []
    body = [*length, *made, *wrapped("ahead = (", ahead, ",)"), *wrapped("back = (", back, ",)")]
    arguments = ("T", "B", *module.sizes, "dtype", "rows=list")
    return _function("allocate", arguments, doc, [*body, "return ahead, back"])


def _forward_doc(module: Generated) -> list[str]:
    cell = module.cell
    lines = ['"""Run the forward pass.', "", "Parameters", "----------"]
    shapes = {n: _shape_text("T B", module.shapes[n] or ("1",)) for n in module.given}
    shapes |= {f"{s}0": _shape_text("B", cell.signals[s] or ("1",)) for s in cell.states}
    shapes |= {p: _shape_text("", axes or ("1",)) for p, axes in cell.parameters.items()}
    lines += [f"{module.local[name]} : array, shape {shape}" for name, shape in shapes.items()]
    lines += ["memory : tuple of arrays, the first that ``allocate`` returns", "", "Returns", "-------"]
    for name in module.results:
        rows = "T+1" if name in cell.states else "T"
        what = ": the loss of each step" if name == "L" else ""
        lines.append(f"{name} : array, shape {_shape_text(f'{rows} B', module.shapes[name] or ('1',))}{what}")
    return [*lines, '"""']


def _backward_doc(module: Generated) -> list[str]:
    lines = ['"""Run the sweep back from the last step to the first.', "", "Parameters", "----------"]
    lines += ["weights : array, shape (T, B, 1)", "    Weight of each loss in the total loss."]
    lines += _paragraph(f"{', '.join(module.backward_arguments[1:-1])} : arrays")
    lines += ["    As given to ``forward``."]
    lines += ["memory : tuple of arrays, the second that ``allocate`` returns"]
    lines += ["    With what ``forward`` left in it.", "", "Returns", "-------"]
    lines += [*_paragraph(f"{', '.join(n + '_bar' for n in module.gradients)} : arrays"),
              "    Gradients of the total loss, each of the shape of what it belongs to."]  # fmt: skip
    if module.adjoints:
        lines += [f"{', '.join(n + '_bar' for n in module.adjoints)} : arrays", "    Adjoints, step by step."]
    return [*lines, '"""']


def _front(module: Generated) -> list[str]:
    """Return the function with names that calls the two others."""
    cell = module.cell
    starts = ", ".join(module.local[f"{state}0"] for state in cell.states)
    doc = [
        '"""Return the total loss and its gradients.',
        "",
        "Parameters",
        "----------",
        "parameters : dict of str to array",
        "    Names and shapes as in ``forward``.",
        f"{', '.join(module.given)} : array",
        "    As in ``forward``.",
        "initial : dict of str to array, optional",
        f"    Initial states by name: {', '.join(cell.states)}; zeros by default.",
        "weights : array, shape (T, B), optional",
        "    Weights of the losses, ones by default; 0 leaves a step out, as for padding.",
        "memory : pair of tuples of arrays, optional",
        "    From ``allocate``, to use the same arrays again.",
        "",
        "Returns",
        "-------",
        "loss : number",
        "    The weighted sum over steps and sequences.",
        "gradients : dict of str to array",
        f"    By every parameter, by {starts}, and by x.",
        '"""',
    ]
    given = ", ".join(module.local[n] for n in module.given)
    sizes = ", ".join(_outside(size, module) for size in module.sizes.values())
    body = ["T, B = x.shape[:2]", "initial = initial or {}"]
    for state in cell.states:
        axes = cell.signals[state]
        size = _outside(size_of(axes[0], cell, module.local), module) if axes else "1"
        zeros = f"np.zeros((B, {size}), x.dtype)"
        body.append(f'{module.local[f"{state}0"]} = initial["{state}"] if "{state}" in initial else {zeros}')
    body += [
        "weights = np.ones((T, B), x.dtype) if weights is None else weights",
        "weights = weights.reshape((T, B, 1))",
        *wrapped("arrays = (", [f'parameters["{p}"]' for p in cell.parameters], ")"),
        "if memory is None:",
        *inside([f"sizes = {sizes},", "memory = allocate(T, B, *sizes, x.dtype)"]),
        "ahead, back = memory",
        f"L = forward({given}, {starts}, *arrays, ahead)[0]",
        f"found = backward(weights, {', '.join(module.local[n] for n in module.reads)}, *arrays, back)",
        *wrapped("names = (", [f'"{n}"' for n in module.gradients], ")"),
        "return (weights * L).sum(), dict(zip(names, found))",
    ]
    arguments = (
        "parameters",
        *(module.local[n] for n in module.given),
        "initial=None",
        "weights=None",
        "memory=None",
    )
    return _function("gradients", arguments, doc, body)


def _outside(size: str, module: Generated) -> str:
    """Return a size as it is read from the dictionary of parameters."""
    name, rest = size.split(".", 1)
    parameter = next((p for p in module.cell.parameters if module.local[p] == name), None)
    return size if parameter is None else f'parameters["{parameter}"].{rest}'
