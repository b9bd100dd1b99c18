"""A whole Python module for a cell: forward pass, backward sweep, both documented.

Its layout is the template ``python/module.py.j2``; here is what the template is given. Words that are no code
are made harmless when they are printed: nothing that a cell file says can leave a docstring.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from symrnn.derivation import ADJOINT
from symrnn.document import filler
from symrnn.numeric.codegen import helpers
from symrnn.numeric.codegen.arrays import shown
from symrnn.numeric.codegen.module import WEIGHTS, Generated, Signature
from symrnn.numeric.codegen.names import HELPERS, start
from symrnn.numeric.codegen.printer import (
    LINE,
    block_length,
    made,
    names_in,
    printed,
    value,
    wrapped,
)
from symrnn.numeric.codegen.seal import sealed
from symrnn.numeric.codegen.statements import Lead, New, Size, View
from symrnn.tensor import Apply, Shape

SIGNED = "Written by symrnn"
INDENT = " " * 4


class Python(str):
    """Text that is code."""


def harmless(words: str) -> str:
    """Return text from a cell file such that it cannot end a docstring or mean anything inside it."""
    printable = "".join(c if c.isprintable() else " " for c in words)
    return printable.replace("\\", "/").replace('"', "'")


def lines(code: Iterable[str]) -> Python:
    """Return lines of a body, the first one where the template stands."""
    return Python(f"\n{INDENT}".join(code))


def bracketed(items: Iterable[str], start: str, end: str, inside: bool = True, comma: bool = False) -> Python:
    """Return items in brackets, in a body or (not ``inside``) at the margin."""
    return Python(f"\n{INDENT if inside else ''}".join(wrapped(start, list(items), end, comma)))


def paragraph(words: str) -> list[str]:
    """Return the lines of a paragraph."""
    return textwrap.wrap(words, LINE - 8)


def shape(axes: Shape, *lead: str) -> str:
    """Return a shape as a tuple; a number has a last axis of length 1."""
    items = (*lead, *(axes or ("1",)))
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def listed(items: Iterable[str]) -> Python:
    """Return items with commas between them."""
    return Python(", ".join(items))


def bars(names: Iterable[str]) -> str:
    """Return the names of adjoints with commas between them."""
    return listed(name + ADJOINT for name in names)


FILTERS: dict[str, Callable[..., Any]] = {
    "lines": lines,
    "bracketed": bracketed,
    "listed": listed,
    "paragraph": paragraph,
    "shape": shape,
    "bars": bars,
}


@cache
def templates() -> Callable[..., str]:
    """Return what fills in a template of the folder ``python``; made once, it keeps what it has read."""
    return filler("python", Python, harmless, FILTERS)


@dataclass(frozen=True)
class Bodies:
    """The bodies of the generated functions, line by line, and the arrays they need."""

    module: Generated

    @cached_property
    def forward(self) -> list[str]:
        """Statements of the forward pass, sizes first."""
        own = printed(self.module.forward.statements)
        signature = self.module.signature
        return [*_sizes(signature.input, signature.local, signature, own), *own]

    @cached_property
    def backward(self) -> list[str]:
        """Statements of the backward pass, sizes first."""
        own = printed(self.module.backward.statements)
        signature, arrays = self.module.signature, self.module.states
        starts = {start(state): array for state, array in arrays.items()}  # they are no arguments here
        return [*_sizes(WEIGHTS, {**signature.local, **starts}, signature, own), *own]

    @cached_property
    def results(self) -> list[str]:
        """What the forward pass returns."""
        return [value(given) for given in self.module.forward.returns]

    @cached_property
    def gradients(self) -> list[str]:
        """What the backward pass returns."""
        return [value(given) for given in self.module.backward.returns]

    @cached_property
    def ahead(self) -> dict[str, str]:
        """Arrays, and rows of arrays, that the forward pass fills or reads, and how each is made."""
        return self._memory([*self.forward, *self.results])

    @cached_property
    def back(self) -> dict[str, str]:
        """Arrays, and rows of arrays, that the backward pass fills or reads, and how each is made."""
        return self._memory([*self.backward, *self.gradients])

    def _memory(self, code: Iterable[str]) -> dict[str, str]:
        used = names_in(code)
        whole = {name: name for name in self.module.arrays}
        rows = {name: f"rows({array})" for array, name in self.module.rows.items()}
        return {name: text for name, text in {**whole, **rows}.items() if name in used}

    @cached_property
    def allocated(self) -> list[str]:
        """Statements that make the arrays."""
        arrays = self.module.arrays
        needed = names_in((*self.ahead.values(), *self.back.values()))
        needed |= {
            array.array for name, array in arrays.items() if name in needed and isinstance(array, View)
        }
        kept = {name: array for name, array in arrays.items() if name in needed}
        in_blocks = any(isinstance(array, New) and array.lead is Lead.BLOCK for array in kept.values())
        first = next(iter(self.module.signature.sizes.values()))
        length = [block_length(first)] if in_blocks else []
        return [*length, *(f"{name} = {made(array)}" for name, array in kept.items())]


def source(module: Generated) -> str:
    """Return the text of the generated module."""
    signature, bodies = module.signature, Bodies(module)
    cell = signature.cell
    used = _helpers(names_in((*bodies.forward, *bodies.backward)))
    inputs = [signature.local[name] for name in signature.given]
    text = templates()(
        "module.py.j2",
        cell=cell,
        signature=signature,
        bodies=bodies,
        signed=SIGNED,
        equations=[shown(e.target, e.expression) for e in cell.step],
        helpers=[
            Python(inspect.getsource(getattr(helpers, name)).rstrip()) for name in HELPERS if name in used
        ],
        constants=Python(_constants(used)),
        starts={state: signature.local[start(state)] for state in cell.states},
        allocated=("T", "B", *signature.sizes.values(), "dtype", "rows=list"),
        inputs=inputs,
        odds=any(e.function == "sigmoid" for line in cell.step for e in line.expression.atoms(Apply)),
        reads=[signature.local[name] for name in signature.reads],
        front=("parameters", *inputs, "initial=None", "weights=None", "memory=None"),
        arrays=[f'parameters["{name}"]' for name in cell.parameters],
        keys=[f'"{name}"' for name in signature.gradients],
        sizes=[_outside(signature.size(axis), signature) for axis in signature.sizes],
        widths={
            state: _outside(signature.size(*axes), signature) if axes else Python("1")
            for state, axes in ((state, cell.signals[state]) for state in cell.states)
        },
    )
    return sealed(text)


def _sizes(first: str, called: Mapping[str, str], signature: Signature, code: Sequence[str]) -> list[str]:
    """Return the statements that read sizes, those that are used; T and B come from the first argument."""
    read = {"T": f"{first}.shape[0]", "B": f"{first}.shape[1]", "dtype": f"{signature.input}.dtype"}
    for axis, name in signature.sizes.items():
        size = signature.size(axis)
        read[name] = f"{called[size.argument]}.shape[{size.axis}]"
    used = names_in(code)
    return [f"{name} = {text}" for name, text in read.items() if name in used]


def _helpers(used: set[str]) -> set[str]:
    """Return names, and what the helpers among them call or read."""
    found, waiting = set(used), list(used)
    while waiting:
        function = getattr(helpers, waiting.pop(), None)
        new = set(function.__code__.co_names) - found if inspect.isfunction(function) else set()
        found |= new
        waiting += new
    return found


def _constants(used: Collection[str]) -> str:
    """Return the lines that define the constants among names."""
    lines = inspect.getsource(helpers).splitlines()
    return "\n".join(line for line in lines if line.split(" = ")[0] in {"ONE", "CLOSE"}.intersection(used))


def _outside(size: Size, signature: Signature) -> Python:
    """Return a size as it is read from the dictionary of parameters."""
    is_parameter = size.argument in signature.cell.parameters
    array = f'parameters["{size.argument}"]' if is_parameter else signature.local[size.argument]
    return Python(f"{array}.shape[{size.axis}]")
