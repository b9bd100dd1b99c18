"""A starting file for a cell of one's own: commented, complete, and certified as it stands."""

from __future__ import annotations

import os
import re
from pathlib import Path

from symrnn.model.cellfile import HERE, builtin_cells
from symrnn.tensor import InputError

STARTING = HERE / "starting-cell.toml"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


class NewCellError(InputError):
    """A cell file that cannot be made; the message says what would work."""


def new_cell(name: str, folder: Path) -> Path:
    """Write ``name.toml`` into a folder; it appears whole or not at all, and never in place of another file.

    Raises
    ------
    NewCellError
        If the name is no plain one or built in, the file exists, or the folder cannot be written.
    """
    if not PLAIN.fullmatch(name):
        raise NewCellError(
            f"new-cell: found the name {name!r:.60}; accepted: letters, digits, - and _, at most 40, a letter"
            " first, without .toml"
        )
    if name in builtin_cells():
        raise NewCellError(f"new-cell: {name} is built in; accepted: another name, such as my-{name}")
    target = folder / f"{name}.toml"
    text = STARTING.read_text(encoding="utf-8").replace("NAME", name)
    temporary = folder / f".{name}-{os.getpid()}.toml"
    try:
        try:
            temporary.write_text(text, encoding="utf-8")
            os.link(temporary, target)  # unlike a renaming it fails where there is a file already
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise NewCellError(f"new-cell: {target} exists already; accepted: another name") from None
    except OSError as error:
        raise NewCellError(
            f"new-cell: {target} cannot be written ({error.strerror}); accepted: another"
        ) from None
    return target
