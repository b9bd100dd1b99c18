"""Files, written all together or not at all.

A folder is locked while files take their places in it, so two runs never mix theirs; the system ends the lock
with the process, however that ends. So whoever holds it knows that the temporary folders in there were left
behind by runs that were killed, and removes them. Their names carry a check, which no folder of anybody else
has. Where folders cannot be locked nothing is removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from symrnn.tensor import InputError, SymrnnError, SystemRefusal


class OutputError(SystemRefusal):
    """A folder or file that cannot be written; the message says which."""


class FolderError(InputError):
    """A place for files that is no folder; the message says which."""


PREFIX = ".symrnn-"
TEMPORARY = re.compile(re.escape(PREFIX) + r"([0-9a-f]{16})-([0-9a-f]{16})")
CERTIFICATE = "certificate.json"
PATIENCE = 30  # seconds for another run to write its files


def refusal(folder: Path, error: OSError) -> SymrnnError:
    """Return what to raise where a folder cannot be written, by whose fault it is."""
    kind = FolderError if isinstance(error, FileExistsError | NotADirectoryError) else OutputError
    return kind(f"{folder}: cannot be written ({error.strerror}); accepted: a folder, with --out")


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write files into a folder, made if it is missing, in their order; either all of them appear or none.

    Raises
    ------
    OutputError
        If the folder cannot be written. Then, and when the user interrupts, every file is as it was.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder) as alone:
            if alone:
                _sweep(folder)
            with _temporary(folder) as temporary:
                for name, content in files.items():
                    (temporary / name).write_bytes(content)
                with _all_or_none(files, folder, temporary):
                    for name in files:
                        os.replace(temporary / name, folder / name)
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
        with _locked(folder.parent), _temporary(folder.parent) as temporary:
            new, old = temporary / "new", temporary / "old"
            new.mkdir()
            for name, content in files.items():
                (new / name).write_bytes(content)
            try:
                if folder.exists():
                    os.rename(folder, old)
                os.rename(new, folder)
            finally:
                if not folder.exists() and old.exists():
                    os.rename(old, folder)
    except OSError as error:
        raise refusal(folder, error) from None


def remove_leftovers(folder: Path) -> None:
    """Remove what runs that were killed have left in a folder, unless another run writes there now.

    Raises
    ------
    OutputError
        If the folder cannot be read.
    """
    if not folder.is_dir():
        return
    try:
        with _locked(folder) as alone:
            if alone:
                _sweep(folder)
    except OSError as error:
        raise refusal(folder, error) from None


def _check(token: str) -> str:
    return hashlib.sha256(f"a temporary folder of symrnn: {token}".encode()).hexdigest()[:16]


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Make a folder for a while, under a name that says whose it is."""
    token = secrets.token_hex(8)
    temporary = folder / f"{PREFIX}{token}-{_check(token)}"
    temporary.mkdir(mode=0o700)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove all temporary folders of ours from a folder that is locked."""
    for leftover in folder.glob(f"{PREFIX}*"):
        named = TEMPORARY.fullmatch(leftover.name)
        if named and named[2] == _check(named[1]) and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Be the only run that writes to a folder; yields whether the system can see to it.

    Raises
    ------
    OutputError
        If another run does not come to its end.
    """
    try:
        import fcntl

        lock = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):  # on Windows; or whoever may write may not read
        yield False
        return
    try:
        yield _taken(lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB), folder)
    finally:
        os.close(lock)


def _taken(take: Callable[[], None], folder: Path) -> bool:
    """Wait for a lock, and return whether there is one."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            take()
        except BlockingIOError:
            if time.monotonic() > end:
                raise OutputError(
                    f"{folder}: another run of symrnn writes there; accepted: another folder, or wait"
                ) from None
            time.sleep(0.02)
        except OSError:  # a file system without locks
            return False
        else:
            return True
