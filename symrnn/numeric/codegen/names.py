"""Names that collide with nothing."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from symrnn.numeric.codegen import helpers
from symrnn.numeric.codegen.rows import numbered

HELPERS = tuple(n for n, f in vars(helpers).items() if callable(f))
OURS = """np T B t dtype memory rows weights parameters initial arrays sizes names found ahead back length
first last forward backward gradients allocate CLOSE ONE"""
RESERVED = {*keyword.kwlist, *dir(builtins), *HELPERS, *OURS.split()}


def start(state: str) -> str:
    """Return what the initial value of a state is called, such as ``h0``."""
    return f"{state}0"


class Names:
    """Identifiers of one function; a taken one gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*RESERVED, *taken}

    def new(self, wanted: str) -> str:
        """Return a name that was not there before."""
        name = next(n for n in numbered(wanted) if n not in self.taken)
        self.taken.add(name)
        return name
