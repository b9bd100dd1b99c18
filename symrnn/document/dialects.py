"""Dialects: what is particular to the markup of each format.

A dialect knows the class of its markup, how a formula and plain text become markup, and what else its
templates ask of values. Text becomes harmless, a formula comes from its emitter, and anything else cannot be
printed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from symrnn.document import filters
from symrnn.document.sandbox import template_folder
from symrnn.document.text import parts, room_of
from symrnn.document.translations import Catalogue
from symrnn.notation import Tree, scene_typst, svg, tikz
from symrnn.notation.emitters import latex as tex, markdown as note, mathml as web, typst as typ

Format = Literal["tex", "typ", "html", "ipynb"]
RULES = {"l": ":-", "c": ":-:", "r": "-:"}  # how a column is aligned, in Markdown


def templates(format: Format) -> Path:
    """Return the folder with the templates of a format."""
    return template_folder(DIALECTS[format].folder)


def lacking(text: str, format: Format) -> str:
    """Return the characters of a text, each once, that the fonts of a format lack."""
    return DIALECTS[format].lacks(text)


@dataclass(frozen=True)
class Dialect:
    """The markup of a format: its class, and what makes markup out of values."""

    folder: str
    made: type[str]
    emit: Callable[[Tree], str]
    escape: Callable[[str], str]
    filters: Mapping[str, Callable[..., Any]]
    lacks: Callable[[str], str] = lambda text: ""  # a browser has a font for everything

    def printed(self, value: object) -> str:
        """Return what a template prints for a value: markup as it is, text made harmless, trees emitted."""
        if isinstance(value, self.made):
            return value
        if isinstance(value, Tree):
            return self.emit(value)
        if isinstance(value, str):
            return self.escape(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self.made(value)
        raise TypeError(f"a template in {self.folder} cannot print {value!r}")

    def said(self, words: Catalogue, key: str, /, **places: object) -> str:
        """Return an entry of a catalogue as markup, with its places filled."""
        return self.made("".join(map(self.printed, parts(words[key], places))))


def _embedded(name: str) -> web.Html:
    """Return a font of the template folder in base64."""
    return web.Html(
        base64.b64encode((templates("html") / "font" / f"{filters.word(name)}.woff2").read_bytes()).decode()
    )


DIALECTS: dict[Format, Dialect] = {
    "tex": Dialect(
        "latex",
        tex.Latex,
        tex.latex,
        tex.escape,
        {"picture": tikz, "pdfstring": filters.pdfstring, "chunks": filters.chunks},
        tex.lacking,
    ),
    "typ": Dialect(
        "typst",
        typ.Typst,
        typ.typst,
        typ.escape,
        {"picture": scene_typst, "quoted": typ.quoted, "spoken": typ.spoken, "columns": filters.columns},
        typ.lacking,
    ),
    "html": Dialect(
        "html",
        web.Html,
        web.mathml,
        web.escape,
        {
            "picture": svg,
            "ems": filters.ems,
            "room": lambda pieces: web.Html(f"{room_of(pieces):.3g}"),
            "embedded": _embedded,
            "script": filters.script,
            "digest": filters.digest,
            "wide": filters.is_wide,
            "tied": filters.tied,
            "flat": filters.flat,
        },
    ),
    "ipynb": Dialect(
        "notebook",
        note.Markdown,
        note.math,
        note.escape,
        {
            "picture": filters.image,
            "box": filters.box,
            "inner": lambda words: note.escape(words, begins=False),
            "attribute": note.attribute,
            "apart": lambda block: note.Markdown("\n\n"),
            "oneline": lambda source: note.Markdown(" ".join(source.split())),
            "bar": lambda share: note.Markdown("█" * round(10 * min(max(float(share), 0.0), 1.0))),
            "alignment": lambda letter: note.Markdown(RULES[letter]),
        },
    ),
}
