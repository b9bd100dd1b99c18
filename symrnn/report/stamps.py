"""Stamps: which files of a folder are ours, and what they were made of.

A stamp lies beside the files and holds their digests. What no stamp knows, or what has changed since, is the
work of somebody else and is never replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from symrnn.report.output import FolderError, refusal

STAMP = "stamp.json"
NO_STAMP: dict[str, Any] = {"made_of": None, "files": {}}
ACCEPTED = "accepted: another id, another folder with --out, or nothing of that name"


def as_json(data: Mapping[str, Any]) -> bytes:
    """Return the text of a JSON file."""
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def stamped(files: Mapping[str, bytes], made_of: Mapping[str, Any]) -> dict[str, bytes]:
    """Return files with a stamp beside them."""
    digests = {name: digest(content) for name, content in files.items()}
    stamp = as_json({"made_of": made_of, "files": digests})
    return {STAMP: stamp, **files}  # first: a run that is killed behind it leaves nothing that no stamp knows


def is_finished(folder: Path, made_of: Mapping[str, Any]) -> bool:
    """Whether the files of a folder are there, as we made them, and of these things."""
    stamp = _stamp(folder)
    return stamp["made_of"] == made_of and all(_is_as_made(folder / name, stamp) for name in stamp["files"])


def check_replaceable(folder: Path) -> None:
    """Check that a folder holds nothing but what we made.

    Raises
    ------
    FolderError
        If it holds more, or is none; the message names it, the file and what is accepted.
    OutputError
        If it cannot be read.
    """
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise FolderError(f"{folder}: is there already, and no folder that symrnn made; {ACCEPTED}")
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise refusal(folder, error) from None
    check_ours(folder, names)


def check_ours(folder: Path, names: Iterable[str]) -> None:
    """Check that some files of a folder are ours, those of them that are there; ``FolderError`` if not."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise FolderError(f"{folder}: is a file; accepted: a folder, with --out")
    stamp = _stamp(folder)
    for name in names:
        if os.path.lexists(folder / name) and not _is_as_made(folder / name, stamp):
            raise FolderError(f"{folder}: {name!r:.80} in it is not as symrnn made it; {ACCEPTED}")


def _stamp(folder: Path) -> dict[str, Any]:
    """Return the stamp of a folder; where there is none, one that knows no file."""
    stamp: Any = None
    try:
        if (folder / STAMP).is_file():
            stamp = json.loads((folder / STAMP).read_bytes())
    except (OSError, ValueError, RecursionError):
        return NO_STAMP
    ours = isinstance(stamp, dict) and stamp.keys() == NO_STAMP.keys() and isinstance(stamp["files"], dict)
    return stamp if ours else NO_STAMP


def _is_as_made(file: Path, stamp: Mapping[str, Any]) -> bool:
    """Whether a file is as the stamp beside it says; a stamp that can be read is."""
    if file.is_symlink() or not file.is_file():
        return False
    if file.name == STAMP:
        return stamp is not NO_STAMP
    try:
        return digest(file.read_bytes()) == stamp["files"].get(file.name)
    except OSError:
        return False
