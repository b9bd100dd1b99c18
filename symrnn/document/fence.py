r"""A fence: what a program may read and write, said to the kernel once and for good.

TeX checks the names of files that it inputs, and of no others: ``\pdfobj file``, and the fonts of a map line,
are read from anywhere. So the kernel is asked (Landlock, on Linux since 5.13, without any privilege): within
the fence nothing else can be opened, whatever a program tries. Where there is none, a program runs as before;
then templates of strangers are better set by typst, which opens no file by itself.

Rejected: taking primitives away from TeX. The packages need ``\pdfobj``, and macros can look for any copy.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

READ, READ_FILE = 0b1101, 0b0101  # execute, read a file, list a folder
ALL = (1 << 13) - 1  # the rights of the first version
CREATE, ADD, ENTER = 444, 445, 446  # system calls, by the same numbers on every processor
NO_NEW_PRIVILEGES = 38
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class _Handled(ctypes.Structure):
    _fields_ = (("rights", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def there_is_one() -> bool:
    """Whether this system has fences."""
    return _LIBC is not None and _call(CREATE, None, 0, 1) > 0


@contextlib.contextmanager
def fence(readable: Iterable[Path], writable: Path) -> Iterator[Callable[[], None]]:
    """Make a fence; yields what a process calls to be inside for ever: without effect where there is none.

    Parameters
    ----------
    readable : iterable of Path
        Folders, and files, that may be read, with everything below; those that are not there are left out.
    writable : Path
        The one folder that may be changed.
    """
    rules = -1
    if there_is_one():
        handled = _Handled(ALL)
        rules = _call(CREATE, ctypes.byref(handled), ctypes.sizeof(handled), 0)
    if rules < 0:
        yield lambda: None
        return
    try:
        _allow(rules, writable, ALL)
        for path in readable:
            _allow(rules, path, READ if path.is_dir() else READ_FILE)
        yield lambda: _enter(rules)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it is not there
        return
    try:
        beneath = _Beneath(rights, folder)
        if _call(ADD, rules, 1, ctypes.byref(beneath), 0) != 0:
            raise OSError(f"{path}: the system makes no fence around it")
    finally:
        os.close(folder)


def _enter(rules: int) -> None:
    assert _LIBC is not None
    if _LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0 or _call(ENTER, rules, 0) != 0:
        os._exit(126)  # better nothing than a program that is not confined


def _call(number: int, *arguments: object) -> int:
    assert _LIBC is not None
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(_LIBC.syscall(ctypes.c_long(number), *wide))
