"""Names that collide with nothing, and the list of arrays that generated code keeps."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable
from typing import Any

from symrnn.numeric.codegen import helpers
from symrnn.numeric.codegen.rows import numbered

HELPERS = tuple(n for n, f in vars(helpers).items() if callable(f))
OURS = """np T B t dtype memory rows weights parameters initial arrays sizes names found ahead back length
first last forward backward gradients allocate HALF ONE"""
RESERVED = {*keyword.kwlist, *dir(builtins), *HELPERS, *OURS.split()}


class Names:
    """Identifiers of one function; a taken one gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*RESERVED, *taken}

    def new(self, wanted: str) -> str:
        """Return a name that was not there before."""
        name = next(n for n in numbered(wanted) if n not in self.taken)
        self.taken.add(name)
        return name


def number_text(number: Any) -> str:
    """Return a number as text; the frequent ones are arrays, which NumPy does not have to convert."""
    return {0.5: "HALF", 1.0: "ONE"}.get(float(number), repr(float(number)))


class Memory:
    """Arrays that a function fills: made once, used again for every call with the same sizes.

    Attributes
    ----------
    made : dict of name to text
        How each array is made: by its shape, or as a view of some columns of another one.
    rows : dict of name to name
        Arrays whose rows a loop visits, and what the rows are called.
    blocks : set of str
        Views, which are not contiguous.
    outside : set of str
        Arrays that a function is given: they have no list of rows.
    """

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.rows: dict[str, str] = {}
        self.blocks: set[str] = set()
        self.outside: set[str] = set()

    def new(self, name: str, shape: str) -> str:
        """Enter an array; returns its name."""
        self.made[name] = f"np.empty({shape}, dtype)"
        return name

    def view(self, name: str, text: str) -> None:
        """Enter a view of another array."""
        self.made[name] = text
        self.blocks.add(name)
