"""The list of students for whom an exercise is made: a CSV file, checked before any work starts.

The first row names the columns: ``name``, and if wanted ``seed`` and ``id``. An id is the name of a folder,
so it is plain; without one it is made of the name. A seed that is not given follows from name and id.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from symrnn.model import FileError, check_text, read_text
from symrnn.report.output import CERTIFICATE
from symrnn.report.stamps import STAMP

COLUMNS = ("name", "seed", "id")
MOST_ROWS, MOST_BYTES, LONGEST_NAME = 10_000, 4_000_000, 70
ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_-])?")
ACCEPTED = "accepted: a first row of name and, if wanted, seed and id; then a row for each student"
ACCEPTED_ID = "letters, digits, - and _, such as anna-2"
OURS = (CERTIFICATE, STAMP)  # they lie beside the folders
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


class StudentsError(FileError):
    """A list of students that cannot be used."""


@dataclass(frozen=True)
class Student:
    """Somebody who gets numbers of their own, in the folder ``id``."""

    name: str
    id: str
    seed: int


def read_students(path: str | Path, salt: int) -> tuple[Student, ...]:
    """Read a list of students.

    Parameters
    ----------
    path : path
        CSV in UTF-8.
    salt : int
        What else a derived seed follows from: the seed of the job.

    Raises
    ------
    StudentsError
        If the file or a row of it cannot be used; the message names the row.
    """
    where = f"students {path}"
    text = read_text(Path(path), MOST_BYTES, "accepted: the path of a CSV file", where)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)  # it knows where a line ends
    try:
        rows = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise StudentsError(
            f"{where}, line {lines.line_num}: not CSV ({error}); accepted: name,seed,id"
        ) from None
    if not rows:
        raise StudentsError(
            f"{where}: the file is empty; accepted: a first row name,seed,id and a row for each student"
        )
    header = [cell.strip() for cell in rows[0][1]]
    if "name" not in header or set(header) - set(COLUMNS) or len(set(header)) != len(header):
        raise StudentsError(
            f"{where}: the first row is {','.join(header)!r:.60}; accepted: name, seed and id, name at least"
        )
    if not 2 <= len(rows) <= MOST_ROWS + 1:
        raise StudentsError(f"{where}: {len(rows) - 1} students; accepted: 1 to {MOST_ROWS}")
    return tuple(_students(where, header, rows[1:], salt))


def _students(
    where: str, header: list[str], rows: Iterable[tuple[int, list[str]]], salt: int
) -> Iterable[Student]:
    ids: dict[str, int] = {}
    seeds: set[int] = set()
    for number, row in rows:
        place = f"{where}, line {number}"
        if len(row) != len(header):
            raise StudentsError(f"{place}: {len(row)} cells; accepted: {len(header)}, as in the first row")
        cells = dict(zip(header, (cell.strip() for cell in row)))
        name = cells["name"]
        check_text(place, "the name", name, LONGEST_NAME)
        key = cells.get("id") or plain_id(name)
        if ID.fullmatch(key) is None or RESERVED.fullmatch(key):
            raise StudentsError(f"{place}: the id is {key!r:.80}; accepted: {ACCEPTED_ID}")
        if key.casefold() in OURS:
            raise StudentsError(f"{place}: the id {key} is the name of a file of ours; accepted: another one")
        if key.casefold() in ids:  # folders of some systems do not tell A from a
            raise StudentsError(
                f"{place}: the id {key} is that of line {ids[key.casefold()]}; accepted: one of its own"
            )
        ids[key.casefold()] = number
        seed = _seed(place, cells) if cells.get("seed") else _derived(salt, name, key, seeds)
        seeds.add(seed)
        yield Student(name, key, seed)


def _seed(place: str, cells: Mapping[str, str]) -> int:
    text = cells["seed"]
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**32):
        raise StudentsError(f"{place}: the seed is {text!r:.40}; accepted: 0 to {2**32 - 1}")
    return int(text)


def _derived(salt: int, name: str, key: str, taken: set[int]) -> int:
    """Return a seed that nobody has yet, by hashing."""
    attempt = 0
    while True:
        said = "\0".join((str(salt), name, key, str(attempt)))
        seed = int.from_bytes(hashlib.sha256(said.encode()).digest()[:4], "big")
        if seed not in taken:
            return seed
        attempt += 1


def plain_id(name: str) -> str:
    """Return a name in plain letters; of a name that has none, a digest.

    >>> plain_id("Zoë  O'Neill"), plain_id("李雷")
    ('zoe-o-neill', 's-3a47328a')
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].strip("-")
    return plain or f"s-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
