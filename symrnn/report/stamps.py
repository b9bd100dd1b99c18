"""Stamps: which files of a folder are ours, and what they were made of.

A stamp lies beside the files and holds their digests. What no stamp knows, or what has changed since, is the
work of somebody else and is never replaced by variants.

A stamp takes its place before the files do, and knows those of the run before as well. So whenever a run is
killed, what stands there is ours, and files of two runs are told apart: some are not as the stamp says. The
certificate takes its place last.

What every machine makes alike, digests of what was read and of the sources, stands in the certificate, which
can be committed beside them: then it tells by itself which files are not of its run. What a machine decides,
the bytes of a PDF, versions of libraries and of the engine, stands in the stamp alone: it is not committed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from symrnn.report.output import CERTIFICATE, FolderError, refusal, write_files

STAMP = "stamp.json"
NO_STAMP: dict[str, Any] = {"made_of": None, "files": {}, "before": {}}
HOW = ("templates", "formats", "engine")  # of what files are made of: how they look, not what they say
ACCEPTED = "accepted: another id, another folder with --out, or nothing of that name"


def as_json(data: Mapping[str, Any]) -> bytes:
    """Return the text of a JSON file."""
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digests_of_sources(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the digests of files that every machine makes alike."""
    return {name: digest(content) for name, content in files.items() if not name.endswith(".pdf")}


def stamped(
    files: Mapping[str, bytes],
    made_of: Mapping[str, Any],
    before: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> dict[str, bytes]:
    """Return files with a stamp before them and the certificate behind them.

    Parameters
    ----------
    files : mapping of name to bytes
    made_of : mapping
        What decides how they look: plain data.
    before, kept : mapping of name to digest, optional
        Files of ours that are there already, and those of them that stay and belong to the others.
    """
    digests = {**(kept or {}), **{name: digest(content) for name, content in files.items()}}
    other = {name: found for name, found in (before or {}).items() if digests.get(name) != found}
    stamp = as_json({"made_of": made_of, "files": digests, "before": other})
    last = {name: content for name, content in files.items() if name == CERTIFICATE}
    return {STAMP: stamp, **{name: files[name] for name in files if name not in last}, **last}


def write_stamped(files: Mapping[str, bytes], made_of: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write files with their stamp into a folder; see ``write_files``.

    What an earlier run made in other formats, of the same things, is kept as belonging to them.
    """
    stamp = _stamp(folder)
    ours = [name for name in stamp["files"] | stamp["before"] if _is_ours(folder / name, stamp)]
    before = {name: found for name in ours if (found := _digest(folder / name))}
    same = stamp["made_of"] is not None and _said(stamp["made_of"]) == _said(made_of)
    kept = {name: found for name, found in before.items() if same and stamp["files"].get(name) == found}
    return write_files(stamped(files, made_of, before, kept), folder)


def mixed(folder: Path) -> list[str]:
    """Return which files of a folder are not of one run with the others, or were changed since.

    They are told by the stamp; where there is none, as in a clone, by the certificate.
    """
    stamp = _stamp(folder)
    files, before = stamp["files"], stamp["before"]
    if not files:
        files = _read(folder / CERTIFICATE).get("files", {})
        files = files if isinstance(files, dict) else {}
    other = [name for name, found in files.items() if _digest(folder / name) != found]
    return other + [name for name in before if name not in files and os.path.lexists(folder / name)]


def is_finished(folder: Path, made_of: Mapping[str, Any]) -> bool:
    """Whether the files of a folder are there, as we made them, and of these things."""
    stamp = _stamp(folder)
    return stamp["made_of"] == made_of and all(
        _digest(folder / name) == found for name, found in stamp["files"].items()
    )


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
        if os.path.lexists(folder / name) and not _is_ours(folder / name, stamp):
            raise FolderError(f"{folder}: {name!r:.80} in it is not as symrnn made it; {ACCEPTED}")


def _said(made_of: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made_of.items() if key not in HOW}


def _stamp(folder: Path) -> dict[str, Any]:
    """Return the stamp of a folder; where there is none, one that knows no file."""
    stamp = {**NO_STAMP, **_read(folder / STAMP)}
    tables = isinstance(stamp["files"], dict) and isinstance(stamp["before"], dict)
    return stamp if tables and stamp.keys() == NO_STAMP.keys() and stamp["files"] else dict(NO_STAMP)


def _read(file: Path) -> dict[str, Any]:
    """Return what a JSON file says, or nothing if it cannot be read."""
    try:
        said = json.loads(file.read_bytes()) if file.is_file() else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _is_ours(file: Path, stamp: Mapping[str, Any]) -> bool:
    """Whether a file is as the stamp beside it says, or as in the run before; a stamp that can be read is."""
    if file.name == STAMP:
        return bool(stamp["files"]) and not file.is_symlink()
    known = {stamp[when].get(file.name) for when in ("files", "before")}
    return _digest(file) in known - {None}


def _digest(file: Path) -> str | None:
    """Return the digest of a file, or None where there is no regular one."""
    try:
        return None if file.is_symlink() or not file.is_file() else digest(file.read_bytes())
    except OSError:
        return None
