"""Files, written all together or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from symrnn.tensor import InputError, SymrnnError, SystemRefusal


class OutputError(SystemRefusal):
    """A folder or file that cannot be written; the message says which."""


class FolderError(InputError):
    """A place for files that is no folder; the message says which."""


PREFIX = ".symrnn-"
TEMPORARY = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")  # as mkdtemp names it
CERTIFICATE = "certificate.json"


def refusal(folder: Path, error: OSError) -> SymrnnError:
    """Return what to raise where a folder cannot be written, by whose fault it is."""
    kind = FolderError if isinstance(error, FileExistsError | NotADirectoryError) else OutputError
    return kind(f"{folder}: cannot be written ({error.strerror}); accepted: a folder, with --out")


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write files into a folder, made if it is missing; either all of them appear or none.

    Raises
    ------
    OutputError
        If the folder cannot be written. Then, and when the user interrupts, every file is as it was.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        try:
            for name, content in files.items():
                (temporary / name).write_bytes(content)
            with _all_or_none(files, folder, temporary):
                for name in files:
                    os.replace(temporary / name, folder / name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise refusal(folder, error) from None
    return [folder / name for name in files]


@contextlib.contextmanager
def _all_or_none(names: Iterable[str], folder: Path, temporary: Path) -> Iterator[None]:
    """Put everything back as it was if only some of the files took their places."""
    before = temporary / "before"
    before.mkdir()
    for name in names:
        if os.path.lexists(folder / name):
            shutil.copy2(folder / name, before / name, follow_symlinks=False)
    try:
        yield
    except BaseException:
        for name in names:
            if os.path.lexists(before / name):
                os.replace(before / name, folder / name)
            elif not (temporary / name).exists():  # it has taken its place already
                (folder / name).unlink(missing_ok=True)
        raise


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a folder of files that appears all at once, in place of one that may be there.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder.parent))
        try:
            new, old = temporary / "new", temporary / "old"
            new.mkdir()
            for name, content in files.items():
                (new / name).write_bytes(content)
            if folder.exists():
                os.rename(folder, old)
            os.rename(new, folder)
        finally:
            if not folder.exists() and old.exists():
                os.rename(old, folder)
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise refusal(folder, error) from None


def remove_leftovers(folder: Path) -> None:
    """Remove what runs that were killed have left in a folder."""
    for leftover in folder.glob(f"{PREFIX}*"):
        if TEMPORARY.fullmatch(leftover.name):
            shutil.rmtree(leftover, ignore_errors=True)
