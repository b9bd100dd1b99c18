"""Notation presets: a cell under the names of a textbook, before anything is derived of it.

A preset is a file, ``notations/NAME.toml``: its source, and for each cell it applies to the other names of
parameters, states and signals. One file each, as with cells, so that a lecturer's own preset, given by its
path, is read by the same lines. A bias may become two (``b = ["b_ih", "b_hh"]``). Names change, the form of
the equations stays ours, and so do the names that losses and jobs rely on: x, y, z, yhat, e, L. Everything is
derived, certified and read back under the new names. A name that would have two meanings is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from symrnn.model.cell import Cell
from symrnn.model.cellfile import HERE, INDICES, MARKS, MOST_TEXT, NAME, NOTATION, TIMES, like_a_time
from symrnn.model.files import FileError
from symrnn.model.renaming import Names, renamed_cell
from symrnn.model.roles import ROLES
from symrnn.model.toml import Text, read_table, read_toml
from symrnn.tensor import Plus, Variable

FIXED = (ROLES.input, ROLES.target, ROLES.logits, *NOTATION, *MARKS)  # what losses, jobs and marks are called
FREE_SIGNALS, FREE_AXES = "hsuvwaglf", "mdnclvw"


class PresetError(FileError):
    """A preset that cannot be used; the message names file, cell, name and what is accepted."""


@dataclass(frozen=True)
class NotationFile:
    """What a notation file says."""

    title: Annotated[str, Text(MOST_TEXT)]
    source: Annotated[str, Text(MOST_TEXT)]
    cells: dict[str, Any]
    remark: Annotated[str, Text(MOST_TEXT)] = ""
    copies: bool = False
    axes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """A notation for one cell.

    Attributes
    ----------
    name, title, source, remark : str
        Empty where nothing was chosen: the cell keeps its own names.
    names : mapping of str to tuple of str
        New names of parameters, states and signals; two for a bias that becomes two.
    axes : mapping of str to str
    copies : bool
        Whether ∂⁺s_k/∂W is written ∂s_k/∂W^(k).
    """

    name: str = ""
    title: str = ""
    source: str = ""
    remark: str = ""
    names: Names = field(default_factory=dict)
    axes: Mapping[str, str] = field(default_factory=dict)
    copies: bool = False

    def cell(self, cell: Cell) -> Cell:
        """Return a cell under the names of this notation."""
        return renamed_cell(cell, self.names, self.axes) if self.names or self.axes else cell

    def read(self, texts: Sequence[str], cell: Cell) -> list[str]:
        """Return what names that a person wrote mean, such as W, s0 or L[4]: names of the renamed cell.

        A name may be one of this notation or the cell's own. They are all read as the first, else all as the
        second; where neither fits them all, each is read by itself, as the first if it can be.
        """
        images = {new for several in self.names.values() for new in several}
        here = {name: (name,) for name in (*cell.parameters, *cell.signals)}
        own = {name: new for name, new in here.items() if name not in images} | dict(self.names)
        for names in (here, own):
            found = [_read(text, names, cell) for text in texts]
            if all(found):
                return [name for several in found for name in several]
        return [n for t in texts for n in _read(t, here, cell) or _read(t, own, cell) or (t,)]

    def state(self, name: str, cell: Cell) -> str:
        """Return the name of a state of the renamed cell, from that name or the cell's own."""
        return name if name in cell.states else self.names.get(name, (name,))[0]


def _read(text: str, names: Names, cell: Cell) -> tuple[str, ...]:
    """Return the new names of one name, with the time behind it; nothing if there is no such name."""
    for name in sorted(names, key=len, reverse=True):
        time = text.removeprefix(name) if text.startswith(name) else "?"
        if time == "" or (names[name][0] in cell.signals and re.fullmatch(r"\d+|\[\d+\]", time)):
            return tuple(new + time for new in names[name])
    return ()


def builtin_presets() -> list[str]:
    """Names of the notations that come with symrnn."""
    return sorted(path.stem for path in (HERE / "notations").glob("*.toml"))


def read_preset(chosen: str, key: str, cell: Cell, folder: Path | None = None) -> Preset:
    """Read a notation for a cell.

    Parameters
    ----------
    chosen : str
        A built-in notation, or the path of a file, relative to ``folder``.
    key : str
        What the cell is called there: the name of a built-in cell, or a path, of which the stem counts.
    cell : Cell
        Under its own names.
    folder : Path, optional

    Raises
    ------
    FileError
        If there is no such notation, it does not know the cell, a new name would have two meanings, or a text
        of the file cannot be printed.
    """
    if chosen in builtin_presets():
        file = HERE / "notations" / f"{chosen}.toml"
    elif chosen.endswith(".toml"):
        file = Path(chosen) if folder is None else folder / chosen
    else:
        near = difflib.get_close_matches(chosen, builtin_presets(), n=1)
        raise PresetError(
            f"there is no notation {chosen!r:.60}; accepted: {', '.join(builtin_presets())}, or the path of a"
            f" .toml file{f'; did you mean {near[0]!r}?' if near else ''}"
        )
    where, data = f"notation file {file}", read_toml(file)
    said, stem = read_table(where, data, NotationFile), Path(key).stem
    if stem not in said.cells:
        known = ", ".join(said.cells) or "none"
        raise PresetError(f"{where}: it says nothing of the cell {stem!r:.60}; accepted: {known}")
    place = f"{where}, [cells.{stem}]"
    names, axes = _names(place, said.cells[stem], cell), _axes(f"{where}, axes", said.axes, cell)
    _check_clashes(place, names, axes, cell)
    return Preset(file.stem, said.title, said.source, said.remark, names, axes, said.copies)


def _names(where: str, table: Any, cell: Cell) -> dict[str, tuple[str, ...]]:
    """Check the new names of one cell, each by itself."""
    if not isinstance(table, Mapping):
        raise PresetError(f'{where}: found {table!r:.60}; accepted: a table such as W = "W_hh"')
    renamed = [name for name in (*cell.parameters, *cell.signals) if name not in FIXED]
    found = {}
    for old, new in table.items():
        if old not in renamed:
            raise PresetError(
                f"{where}: it names {old!r:.60}, which the cell {cell.name} does not have or which keeps its"
                f" name; accepted: {', '.join(renamed)}"
            )
        several = new if isinstance(new, list) else [new]
        if not 1 <= len(several) <= 2 or not all(isinstance(n, str) and NAME.fullmatch(n) for n in several):
            raise PresetError(
                f"{where}: {old} is to be written {new!r:.60}; accepted: a plain symbol such as W_hh, or two"
                ' for a bias, such as ["b_ih", "b_hh"]'
            )
        if len(several) == 2 and not _is_bias(old, cell):
            raise PresetError(f"{where}: {old} cannot become two; accepted: a bias that is a term of a sum")
        found[old] = tuple(several)
    return found


def _is_bias(name: str, cell: Cell) -> bool:
    """Whether a name is that of a parameter which occurs as a term of sums only."""
    bias = Variable(name, cell.parameters[name]) if name in cell.parameters else None
    uses = [e.expression for e in cell.step if bias in e.expression.variables()]
    return bool(uses) and all(
        isinstance(sum_, Plus) and sum_.args.count(bias) == 1 and sum_.count(bias) == 1 for sum_ in uses
    )


def _axes(where: str, table: Mapping[str, Any], cell: Cell) -> dict[str, str]:
    """Check the new letters of axes, each by itself; those of other cells are left out."""
    for old, new in table.items():
        if not isinstance(new, str) or not NAME.fullmatch(new):
            raise PresetError(
                f"{where}: {old} is to be written {new!r:.60}; accepted: a plain symbol such as m"
            )
    return {old: new for old, new in table.items() if old in _axes_of(cell)}


def _axes_of(cell: Cell) -> dict[str, None]:
    shapes = (*cell.parameters.values(), *cell.signals.values())
    return dict.fromkeys(axis for shape in shapes for axis in shape)


def _check_clashes(where: str, names: Names, axes: Mapping[str, str], cell: Cell) -> None:
    """Refuse a new name with two meanings, and suggest a free one."""
    origins: dict[str, list[str]] = {}
    for name in (*cell.parameters, *cell.signals):
        for new in names.get(name, (name,)):
            origins.setdefault(new, []).append(name)
    signals = {new for new, olds in origins.items() if not cell.signals.keys().isdisjoint(olds)}
    letters = [axes.get(axis, axis) for axis in _axes_of(cell)]
    taken = {*origins, *letters, *TIMES, *INDICES, *FIXED}
    for old, new in ((old, new) for old, several in names.items() for new in several if new != old):
        other = _meaning(new) or _meaning_beside(new, old, origins, letters)
        if clash := f"is {other} too" if other else like_a_time(new, signals):
            free = _free(FREE_SIGNALS, taken)
            raise PresetError(f"{where}: {old} is to be written {new}, which {clash}; {free}")
    for old, new in axes.items():
        other = _meaning(new) or ("a symbol of the cell" if new in origins else "")
        if new != old and other:
            sized = ", ".join(name for name, shape in cell.signals.items() if old in shape)
            raise PresetError(
                f"{where}: {old}, the size of {sized}, is to be written {new}, which is {other} too;"
                f" {_free(FREE_AXES, taken)}"
            )
    if len(set(letters)) < len(letters):
        raise PresetError(
            f"{where}: two axes are written alike: {', '.join(axes.values())}; accepted: two letters"
        )


def _meaning(name: str) -> str:
    """Return what a name means in every network, or nothing."""
    if name in TIMES:
        return "the letter of a time"
    if name in INDICES:
        return "the index of an entry"
    if name.endswith("_bar"):
        return "the name of an adjoint"
    return "a symbol with a meaning of its own" if name in FIXED else ""


def _meaning_beside(new: str, old: str, origins: Mapping[str, list[str]], axes: Sequence[str]) -> str:
    """Return what a name would mean in the cell beside what it is for, or nothing."""
    others = [name for name in origins[new] if name != old] or origins[new][1:]
    if others:
        return f"the name of {others[0]}"
    return f"the size {new} of an axis" if new in axes else ""


def _free(pool: str, taken: set[str]) -> str:
    """Return the advice to take a letter that means nothing yet."""
    letters: Iterator[str] = (letter for letter in pool if letter not in taken)
    return f"free: {next(letters, 'a name with an index, such as h_1')}"
