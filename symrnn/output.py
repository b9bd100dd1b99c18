"""Files, written all together or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path


class OutputError(ValueError):
    """A folder or file that cannot be written; the message says which."""


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write files into a folder, made if it is missing; either all of them appear or none.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".symrnn-", dir=folder))
        try:
            for name, content in files.items():
                (temporary / name).write_bytes(content)
            for name in files:
                os.replace(temporary / name, folder / name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written ({error.strerror}); accepted: a folder, with --out"
        ) from None
    return [folder / name for name in files]
