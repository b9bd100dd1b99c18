"""Files from strangers: regular ones of a stated size, read once and whole, and noted.

A pipe has no end that one could wait for and a device none at all, so nothing is read but regular files, and
of those no more than is stated. Every file that data come from passes through ``read_file``; so what it notes
for ``files_read`` is all that was read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from symrnn.tensor import InputError

AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # opening a pipe would wait for a writer


class FileError(InputError):
    """A file that cannot be used; the message names file, place, finding and what would be accepted."""


_noted: ContextVar[dict[Path, str] | None] = ContextVar("files that are read", default=None)


@contextmanager
def files_read() -> Iterator[dict[Path, str]]:
    """Note which files are read, in order, with the SHA-256 of their bytes."""
    noted: dict[Path, str] = {}
    before = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(before)


def read_file(path: Path, most: int, accepted: str, where: str = "") -> bytes:
    """Return the bytes of a regular file.

    Parameters
    ----------
    path : Path
    most : int
        How many bytes may be read.
    accepted : str
        What the message recommends.
    where : str, optional
        What begins the message, instead of the path.

    Raises
    ------
    FileError
        If it is missing, no regular file, or too large.
    """
    where = where or str(path)
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | AT_ONCE), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise FileError(f"{where}: is no file; {accepted}")
            if found.st_size > most:
                raise FileError(f"{where}: the file has {found.st_size} bytes; at most {most} are read")
            content = stream.read(most)
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        kind = "is no file" if isinstance(error, IsADirectoryError) else ""
        reason = kind or f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise FileError(f"{where}: {reason}; {accepted}") from None
    if (noted := _noted.get()) is not None:
        noted[path] = hashlib.sha256(content).hexdigest()
    return content


def read_text(path: Path, most: int, accepted: str, where: str = "") -> str:
    """Return the text of a regular file in UTF-8, with or without a mark that says so; see ``read_file``."""
    try:
        return read_file(path, most, accepted, where).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{where or path}: byte {error.start} is not UTF-8; save the file as UTF-8 text"
        ) from None
