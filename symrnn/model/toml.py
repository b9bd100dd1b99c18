"""TOML files from strangers: read within limits, checked against a declaration, errors that name the place.

Every table that symrnn reads is declared once, as a dataclass, and ``read_table`` checks it: one message says
which file, where, what was found and what would be accepted.
"""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from symrnn.model.files import FileError, read_text

Table = TypeVar("Table")

MAX_BYTES = 200_000
LONGEST_TEXT = 60  # characters of a few words
MAX_DOTS = 60
PART = r"""\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*"""
DOTTED = re.compile(f"(?:{PART}){{{MAX_DOTS}}}")
HEADER = re.compile(r"\s*\[\s*([\w-]+)\s*\]")
KEY = re.compile(r"""\s*(?:([\w-]+)|["']([^"']+)["'])\s*=""")
Lines = Mapping[tuple[str, str], int]  # of a file, by table and key
NO_LINES: Lines = {}
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they print the rest of a line backwards


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of reasonable size.

    Raises
    ------
    FileError
        If the file is missing, too large, not UTF-8 or not TOML.
    """
    text = read_text(path, MAX_BYTES, "accepted: the path of a .toml file")
    if DOTTED.search(text):  # tomllib would take the square of their number
        raise FileError(f"{path}: a key has more than {MAX_DOTS} parts; at most {MAX_DOTS} are read")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{path}: not TOML: {error}; accepted: lines such as key = 3") from None
    except ValueError:
        most = sys.get_int_max_str_digits()
        raise FileError(f"{path}: a number has too many digits; at most {most} are read") from None
    except RecursionError:
        raise FileError(f"{path}: not TOML, nested too deeply; accepted: lists of a few levels") from None


def key_lines(path: Path) -> Lines:
    """Return in which line of a TOML file the keys of its tables stand, for messages.

    What stands inside a text of several lines is no key; a table written in one line has no lines of its own.
    """
    lines: dict[tuple[str, str], int] = {}
    table, inside = "", ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not inside:
            header, key = HEADER.match(line), KEY.match(line)
            table = header.group(1) if header else table
            if key:
                lines.setdefault((table, key.group(1) or key.group(2)), number)
        for quotes in ('"""', "'''"):
            if inside in ("", quotes) and line.count(quotes) % 2:
                inside = "" if inside else quotes
    return lines


def line_of(lines: Lines, table: str, key: str) -> str:
    """Return where a key of a table stands, as part of a message; nothing if that is not known."""
    found = lines.get((table, key))
    return "" if found is None else f", line {found}"


def type_name(value: object) -> str:
    """Return what a TOML value is, in words."""
    names = {str: "text", bool: "true or false", int: "a whole number", float: "a number", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, Mapping) else type(value).__name__)


@dataclass(frozen=True)
class Text:
    """Text that is to be printed: how many characters it may have."""

    most: int
    least: int = 1


def read_table(where: str, table: Mapping[str, Any], declared: type[Table]) -> Table:
    """Read a table into the dataclass that declares it.

    A field without a default is a key that must be there. A ``Literal`` lists what is accepted,
    ``Annotated[str, Text(60)]`` is text for print, and a dataclass is a table of its own.

    Raises
    ------
    FileError
        If a key is missing or unknown, or a value is not as declared; ``where`` begins the message.

    Examples
    --------
    >>> @dataclass
    ... class Exam:
    ...     title: Annotated[str, Text(60)]
    ...     kind: Literal["written", "oral"] = "written"
    >>> read_table("exam.toml", {"title": "Chains"}, Exam)
    Exam(title='Chains', kind='written')
    >>> read_table("exam.toml", {"title": "Chains", "kind": "long"}, Exam)
    Traceback (most recent call last):
    symrnn.model.files.FileError: exam.toml: kind is 'long'; accepted: written, oral
    """
    hints = get_type_hints(declared, include_extras=True)
    required: dict[str, type] = {}
    optional: dict[str, type] = {}
    for field in fields(declared):  # type: ignore[arg-type]  # a dataclass
        without = field.default is MISSING and field.default_factory is MISSING
        (required if without else optional)[field.name] = _type(hints[field.name])
    check_keys(where, table, required, optional)
    return declared(**{key: _value(where, key, value, hints[key]) for key, value in table.items()})


def _type(hint: Any) -> type:
    """Return what a value is in TOML, from the type of its field."""
    origin = get_origin(hint)
    if origin in (Annotated, UnionType):
        return _type(get_args(hint)[0])
    if origin is Literal:
        return str
    return dict if is_dataclass(hint) else origin or hint


def _value(where: str, key: str, value: Any, hint: Any) -> Any:
    """Return a value as its field declares it."""
    if isinstance(hint, type) and is_dataclass(hint):
        return read_table(f"{where}, [{key}]", value, hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Annotated, UnionType):
        for limit in arguments[1:] if origin is Annotated else ():
            check_text(where, key, value, limit.most, limit.least)
        return _value(where, key, value, arguments[0])
    if origin is Literal:
        check_choice(where, key, value, arguments)
    return value


def check_choice(where: str, key: str, value: str, accepted: Iterable[str]) -> None:
    """Check that a value is one of those that are accepted."""
    if value not in (known := tuple(accepted)):
        raise FileError(f"{where}: {key} is {value!r:.60}; accepted: {', '.join(known)}")


def check_keys(
    where: str, table: Mapping[str, Any], required: Mapping[str, Any], optional: Mapping[str, Any]
) -> None:
    """Check that a table has the required keys, no unknown ones, and values of the right types.

    ``required`` and ``optional`` map a key to a type or a tuple of types; ``where`` begins every message.
    """
    allowed = {**required, **optional}
    for key, value in table.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise FileError(f"{where}: unknown key {key!r:.60}; accepted: {', '.join(allowed)}{hint}")
        types = allowed[key] if isinstance(allowed[key], tuple) else (allowed[key],)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            found = f"{type_name(value)} ({value!r:.60})"
            raise FileError(f"{where}: {key} is {found}; accepted: {_wanted(types)}")
    for key in required:
        if key not in table:
            raise FileError(f"{where}: the key {key!r} is missing; accepted: {_wanted(required[key])}")


def _wanted(types: Any) -> str:
    """Return what a value is to be, in words."""
    return " or ".join(type_name(t()) for t in (types if isinstance(types, tuple) else (types,)))


def finite_numbers(where: str, value: Any) -> None:
    """Check that every number in nested lists is one that floats hold with all their digits."""
    if isinstance(value, list):
        for position, item in enumerate(value, start=1):
            finite_numbers(f"{where}, item {position}", item)
    elif isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
        raise FileError(f"{where}: {value!r:.60} is not a finite number; accepted: up to 1.8e308")
    elif isinstance(value, int | float) and 0 < abs(value) < sys.float_info.min:
        raise FileError(f"{where}: {value!r:.60} is too small; accepted: 0, or 2.3e-308 and more")


def short_texts(where: str, table: dict[str, Any], names: Collection[str]) -> dict[str, str]:
    """Check a table of a few words for some of the names.

    Raises
    ------
    FileError
        If a name is unknown, or its words are no text that fits a cell of a table.
    """
    for name, words in table.items():
        if name not in names:
            raise FileError(f"{where}: there is no {name!r:.60}; accepted: {', '.join(names)}")
        if not isinstance(words, str) or not 0 < len(words) <= LONGEST_TEXT:
            raise FileError(f"{where}: {name} is {words!r:.60}; accepted: 1 to {LONGEST_TEXT} characters")
        check_text(where, name, words, LONGEST_TEXT)
    return dict(table)


def check_text(where: str, key: str, text: str, most: int, least: int = 1) -> None:
    """Check text that is to be printed: its length, and that every character of it can be.

    Format characters without ink, such as a soft hyphen, are accepted; they leave no trace on paper.
    """
    if not least <= len(text.strip()) or len(text) > most:
        raise FileError(f"{where}: {key} has {len(text.strip())} characters; accepted: {least} to {most}")
    for character in text:
        category = unicodedata.category(character)
        control = category in ("Cc", "Cs", "Co", "Cn") and character not in "\t\n\r"
        if control or character in TURNING:
            raise FileError(
                f"{where}: {key} holds the character U+{ord(character):04X}, which cannot be printed;"
                f" accepted: text without it"
            )
