"""Notation presets: a cell under the names of a textbook, before anything is derived of it.

A preset is a file, ``notations/NAME.toml``: its source, and for each cell it applies to the other names of
parameters, states and signals. One file each, as with cells, so that a lecturer's own preset, given by its
path, is read by the same lines. A bias may become two (``b = ["b_ih", "b_hh"]``). Names change, the form of
the equations stays ours, and so do the names that losses and jobs rely on: x, y, z, yhat, e, L. Everything is
derived, certified and read back under the new names. A name that would have two meanings is refused.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from symrnn.model.cell import Cell
from symrnn.model.cellfile import HERE, MARKS, MOST_TEXT, NAME, NOTATION, TIMES_AND_INDICES
from symrnn.model.equation import Equation
from symrnn.model.toml import FileError, check_keys, check_text, read_toml
from symrnn.tensor import Constant, Plus, Shape, Tensor, Variable, plain, plus

ROLES = ("x", "y", "z")  # what losses and jobs call by name, beside the names that no cell may use
FREE_SIGNALS, FREE_AXES = "hsuvwaglf", "mdnclvw"
Names = Mapping[str, tuple[str, ...]]


class PresetError(FileError):
    """A preset that cannot be used; the message names file, cell, name and what is accepted."""


@dataclasses.dataclass(frozen=True)
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
    names: Names = dataclasses.field(default_factory=dict)
    axes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    copies: bool = False

    def cell(self, cell: Cell) -> Cell:
        """Return a cell under the names of this notation."""
        if not self.names and not self.axes:
            return cell

        def shape(old: Shape) -> Shape:
            return tuple(self.axes.get(axis, axis) for axis in old)

        def table(old: Mapping[str, Any]) -> dict[str, Any]:
            return {
                new: shape(entry) if isinstance(entry, tuple) else entry
                for name, entry in old.items()
                for new in self.names.get(name, (name,))
            }

        tables: dict[str, Any] = {
            field.name: table(value)
            for field in dataclasses.fields(cell)
            if isinstance(value := getattr(cell, field.name), Mapping)
        }
        states = tuple(self.names.get(state, (state,))[0] for state in cell.states)
        step = tuple(Equation(*map(self.tensor, (e.target, e.expression))) for e in cell.step)
        return dataclasses.replace(cell, states=states, step=step, **tables)

    def tensor(self, tensor: Any) -> Any:
        """Return an expression under the names of this notation."""
        match tensor:
            case Variable():
                axes = [self.axes.get(axis, axis) for axis in tensor.shape]
                new = self.names.get(tensor.name, (tensor.name,))
                return plus(Variable(name, axes, tensor.time) for name in new)
            case Constant():
                return tensor.func([self.axes.get(plain(axis), plain(axis)) for axis in tensor.args[0]])
            case Plus():
                return plus(map(self.tensor, tensor.args))
            case Tensor():
                return tensor.func(*map(self.tensor, tensor.args))
        return tensor

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
    texts = {"title": str, "source": str}
    check_keys(where, data, {**texts, "cells": dict}, {"remark": str, "copies": bool, "axes": dict})
    for name in (*texts, *(["remark"] if "remark" in data else [])):
        check_text(where, name, data[name], MOST_TEXT)
    stem = Path(key).stem
    if stem not in data["cells"]:
        known = ", ".join(data["cells"]) or "none"
        raise PresetError(f"{where}: it says nothing of the cell {stem!r:.60}; accepted: {known}")
    names = _names(f"{where}, [cells.{stem}]", data["cells"][stem], cell)
    axes = _axes(f"{where}, axes", data.get("axes", {}), cell)
    preset = Preset(
        file.stem,
        data["title"],
        data["source"],
        data.get("remark", ""),
        names,
        axes,
        data.get("copies", False),
    )
    _check_clashes(f"{where}, [cells.{stem}]", preset, cell)
    return preset


def _names(where: str, table: Any, cell: Cell) -> dict[str, tuple[str, ...]]:
    """Check the new names of one cell, each by itself."""
    if not isinstance(table, Mapping):
        raise PresetError(f'{where}: found {table!r:.60}; accepted: a table such as W = "W_hh"')
    renamed = [name for name in (*cell.parameters, *cell.signals) if name not in (*ROLES, *NOTATION)]
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
    used = {axis for shape in (*cell.parameters.values(), *cell.signals.values()) for axis in shape}
    return {old: new for old, new in table.items() if old in used}


def _check_clashes(where: str, preset: Preset, old: Cell) -> None:
    """Refuse a new name with two meanings, and suggest a free one."""
    new = preset.cell(old)
    shapes = (*new.parameters.values(), *new.signals.values())
    axes = dict.fromkeys(axis for shape in shapes for axis in shape)
    counts: dict[str, list[str]] = {}
    for name in (*old.parameters, *old.signals):
        for written in preset.names.get(name, (name,)):
            counts.setdefault(written, []).append(name)
    taken = {*counts, *axes, *TIMES_AND_INDICES, *NOTATION, *MARKS}
    said = f"{where}: {{}} is to be written {{}}, which"
    for own, written in ((own, w) for own, several in preset.names.items() for w in several if w != own):
        if other := _meaning(written) or _meaning_beside(written, own, counts, axes):
            raise PresetError(f"{said.format(own, written)} is {other} too; {_free(FREE_SIGNALS, taken)}")
        base, _, last = written.rpartition("_")
        if base in new.signals and (last.isdecimal() or last in ("t", "k", "j")):
            looks = f"looks like {base} at step {last}"
            raise PresetError(f"{said.format(own, written)} {looks}; {_free(FREE_SIGNALS, taken)}")
    for own, written in preset.axes.items():
        other = _meaning(written) or ("a symbol of the cell" if written in counts else "")
        if written != own and other:
            size = f"{own}, the size of {', '.join(n for n, s in old.signals.items() if own in s)},"
            raise PresetError(f"{said.format(size, written)} is {other} too; {_free(FREE_AXES, taken)}")
    if len(axes) < len({axis for s in (*old.parameters.values(), *old.signals.values()) for axis in s}):
        raise PresetError(f"{where}: two axes are to be written alike: {', '.join(preset.axes.values())}")


def _meaning(name: str) -> str:
    """Return what a name means in every network, or nothing."""
    if name in ("t", "T", "k", "j"):
        return "the letter of a time"
    if name in TIMES_AND_INDICES:
        return "the index of an entry"
    if name.endswith("_bar"):
        return "the name of an adjoint"
    return "a symbol with a meaning of its own" if name in (*NOTATION, *MARKS, *ROLES) else ""


def _meaning_beside(name: str, own: str, counts: Mapping[str, list[str]], axes: Mapping[str, None]) -> str:
    """Return what else a name would mean in this cell, or nothing."""
    others = [other for other in counts[name] if other != own]
    if others or counts[name].count(own) > 1:
        return f"the name of {(others or [own])[0]}"
    return f"the size {name} of an axis" if name in axes else ""


def _free(pool: str, taken: set[str]) -> str:
    """Return the advice to take a letter that means nothing yet."""
    letters: Iterator[str] = (letter for letter in pool if letter not in taken)
    return f"free: {next(letters, 'a name with an index, such as h_1')}"
