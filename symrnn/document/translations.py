"""Languages: the words of documents, one catalogue for each language, and the language in force.

A catalogue is the file ``languages/CODE.toml``: tables of entries, each a whole sentence, title or label with
named places ``{W}`` for formulas, numbers and text, and styles ``{emph:these words}``. English is the
original. Another language has the same entries with the same places, and three tables more, for what stands
in English beside its code or its data: names of rules, their statements and reasons, terms such as the
meaning of a symbol. While a document is composed, one language is in force, inside ``with spoken(…)``, as
conventions are under ``with under(…)``; what is derived and certified does not depend on it. A finished
document names its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from symrnn.document.text import STYLES
from symrnn.model import FileError, files_read, read_toml

FOLDER = Path(__file__).parent / "languages"
ORIGINAL = "en"
TRANSLATED = ("rules", "sentences", "terms")  # tables by English words, of every other language
BY_SENTENCE = (*TRANSLATED, "any_order", "mirrored")  # their keys are English sentences with places


class LanguageError(FileError):
    """A catalogue that cannot be used; the message names file, table, entry and what is accepted."""


@dataclass(frozen=True)
class Catalogue:
    """The words of one language, by table and entry."""

    code: str
    tables: Mapping[str, Mapping[str, str]]

    def __getitem__(self, key: str) -> str:
        """Return an entry, such as ``network.reads``."""
        table, _, entry = key.partition(".")
        return self.tables[table][entry]

    def filled(self, key: str, /, **places: str | int) -> str:
        """Return an entry as plain text, with its places filled."""
        return self[key].format(**places)

    def translated(self, table: str, english: str) -> str:
        """Return what stands for English words; the words themselves where the table does not know them."""
        return self.tables.get(table, {}).get(english, english)


def languages() -> list[str]:
    """Return the codes of the languages that documents can be written in."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def catalogue(code: str) -> Catalogue:
    """Return the catalogue of a language, checked; ``LanguageError`` if there is none or it is wrong."""
    if code not in languages():
        raise LanguageError(f"there is no language {code!r:.60}; accepted: {', '.join(languages())}")
    original = None if code == ORIGINAL else catalogue(ORIGINAL)
    with files_read():  # it is read once and kept, so whoever notes what is read must not see the first time
        return read_catalogue(FOLDER / f"{code}.toml", original)


def read_catalogue(file: Path, original: Catalogue | None) -> Catalogue:
    """Read a catalogue, and compare it with the English one if it is another.

    Raises
    ------
    LanguageError
        If an entry is missing, unknown or no text, or has other places than the English one.
    """
    tables = read_toml(file)
    wanted = tables if original is None else original.tables
    more = () if original is None else TRANSLATED
    for name in dict.fromkeys((*wanted, *more, *tables)):
        where = f"language file {file}, [{name}]"
        if name not in (*wanted, *more):
            raise LanguageError(f"{where}: unknown table; accepted: {', '.join((*wanted, *more))}")
        if not isinstance(tables.get(name), Mapping):
            raise LanguageError(f"{where}: the table is missing; accepted: a table of texts")
        table, english = tables[name], wanted.get(name, {})
        for entry in table if name in more else dict.fromkeys((*english, *table)):
            if entry not in table:
                raise LanguageError(f"{where}: the entry {entry!r} is missing; English: {english[entry]!r}")
            if name not in more and entry not in english:
                raise LanguageError(f"{where}: unknown entry {entry!r}; accepted: {', '.join(english)}")
            if not isinstance(table[entry], str):
                raise LanguageError(f"{where}: {entry!r} is {table[entry]!r:.60}; accepted: text")
            places = _places(where, table[entry])
            expected = _places(where, entry if name in BY_SENTENCE else english[entry])
            if places != expected:
                raise LanguageError(
                    f"{where}: {entry!r} has the places {_listed(places)}; accepted: {_listed(expected)}"
                )
    return Catalogue(file.stem, tables)


def _places(where: str, words: str) -> list[str]:
    """Return the places of some words, each once, and the styles, each as often as it stands there."""
    try:
        found = [place for _, place, _, _ in Formatter().parse(words) if place is not None]
    except ValueError as error:
        raise LanguageError(f"{where}: {words!r:.80} cannot be read: {error}; accepted: {{W}}") from None
    styles = [place for place in found if place in STYLES]
    return sorted({*found} - {*styles}) + sorted(styles)


def _listed(places: list[str]) -> str:
    return ", ".join(f"{{{place}}}" for place in places) or "none"


_in_force: ContextVar[str] = ContextVar("language", default=ORIGINAL)


def language() -> Catalogue:
    """Return the catalogue in force here."""
    return catalogue(_in_force.get())


@contextmanager
def spoken(code: str) -> Iterator[None]:
    """Write documents in a language."""
    before = _in_force.set(code)
    try:
        yield
    finally:
        _in_force.reset(before)


def words(key: str, /, **places: str | int) -> str:
    """Return an entry of the language in force as plain text, with its places filled."""
    return language().filled(key, **places)
