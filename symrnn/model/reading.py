"""From a name or a path to a cell: its file read, σ settled, and its equations continued by a loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from symrnn.model.cell import Cell, CellError
from symrnn.model.cellfile import HERE, continued, find
from symrnn.model.files import FileError
from symrnn.model.layers import read_equations
from symrnn.model.sigma import with_one_sigma
from symrnn.model.toml import read_toml
from symrnn.tensor import ACTIVATIONS


def losses() -> Mapping[str, Any]:
    """Entries of the table of losses."""
    return read_toml(HERE / "losses.toml")


def load(name: str | Path, activation: str, loss: str) -> Cell:
    """Read a cell; see ``Cell.load``."""
    for kind, chosen, accepted in (("activation", activation, ACTIVATIONS), ("loss", loss, losses())):
        if not isinstance(chosen, str) or chosen not in accepted:
            raise CellError(f"there is no {kind} {chosen!r}; accepted: {', '.join(accepted)}")
    if not isinstance(name, str | Path) or not str(name).strip():
        raise CellError(
            f"{name!r:.80} names no cell; accepted: the name of a built-in one, such as 'elman', or the path"
            f" of a .toml file"
        )
    try:
        cell = read_equations(find(name), activation)
    except FileError as error:
        raise CellError(str(error)) from None
    return with_loss(replace(cell, step=with_one_sigma(cell.step)), loss)


def with_loss(cell: Cell, loss: str) -> Cell:
    """Return a cell that goes on from its logits to a loss, without the signals that nothing reads."""
    entry = losses()[loss]
    whole = continued(cell, f"the loss {loss}", entry["equations"])
    read = {v.name for equation in whole.step for v in equation.used} | {*cell.states, cell.roles.loss}
    return replace(
        whole,
        signals={name: shape for name, shape in whole.signals.items() if name in read},
        loss=loss,
        distribution=entry["targets"] == "distribution",
    )


def picked(name: str | Path, activation: str | None, loss: str | None) -> Cell:
    """Load a cell with what a person picked, None where nothing was; a pick without effect is an error.

    Raises
    ------
    CellError
        Also if there is an activation for a cell that leaves no function open.
    """
    cell = load(name, activation or "tanh", loss or "cross_entropy")
    if activation is not None and not cell.activation:
        raise CellError(
            f"activation is {activation!r}, but the cell {cell.name} leaves no function open (none is called"
            " sigma); accepted: no activation"
        )
    return cell
