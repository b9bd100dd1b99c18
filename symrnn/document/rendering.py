"""Rendering: a document and the templates of a format make source text.

Jinja2 lives here and nowhere else. Whatever a template prints is escaped unless an emitter made it: plain
text becomes harmless, a layout tree becomes a formula, anything else is an error. What a macro returns was
printed piece by piece and is passed on as it is. Templates run in a sandbox and stop at the first unknown
name.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2.sandbox import ImmutableSandboxedEnvironment

from symrnn.document import filters
from symrnn.document.blocks import Document
from symrnn.document.engines import PREAMBLE_END, EngineError, make_pdf, overfull, typst_overflows
from symrnn.document.running import plain, room_of
from symrnn.document.sandbox import (
    TemplateError,
    checked_folder,
    environment,
    rendered_apart,
    template_folder,
)
from symrnn.document.translations import ORIGINAL, language, languages, parts, spoken, words
from symrnn.notation import Operator, Role, Row, Tree, scene_typst, svg, tikz
from symrnn.notation.emitters import latex as tex, markdown as note, mathml as web, typst as typ

__all__ = [
    "EngineError",
    "TemplateError",
    "check_templates",
    "make_pdf",
    "overfull",
    "plain",
    "render",
    "typst_overflows",
]

Format = Literal["tex", "typ", "html", "ipynb"]
WITH_SLIDES: tuple[Format, ...] = ("tex", "typ")  # a web page unfolds its steps itself
COLOURS: dict[Role, str] = {"explicit": "expl", "implicit": "impl"}
RULES = {"l": ":-", "c": ":-:", "r": "-:"}  # how a column is aligned, in Markdown


def render(document: Document, format: Format, folder: Path | None = None) -> str:
    """Return the source of a document in ``tex`` (LaTeX), ``typ`` (Typst), ``html`` or ``ipynb``.

    Parameters
    ----------
    document : Document
    format : {"tex", "typ", "html", "ipynb"}
    folder : Path, optional
        Templates in it take the place of ours of the same name.

    Raises
    ------
    TemplateError
        If a template of the folder is wrong; the message names its file and line.
    """
    name = "slides" if document.layout == "slides" and format in WITH_SLIDES else "report"

    def make() -> str:
        template = _environment(format, folder).get_template(f"{name}.{format}.j2")
        with spoken(document.language if document.language in languages() else ORIGINAL):
            return str(template.render(document=document))

    return make() if folder is None else rendered_apart(make, folder)


def check_templates(folder: Path, formats: Iterable[Format]) -> Path:
    """Return a folder of templates if it holds one for these formats; ``TemplateError`` if not."""
    return checked_folder(
        folder, sorted(file.name for name in formats for file in templates(name).glob("*.*"))
    )


def templates(format: Format) -> Path:
    """Return the folder with the templates of a format."""
    return template_folder(DIALECTS[format].folder)


@dataclass(frozen=True)
class Dialect:
    """The markup of a format: its class, and what makes markup out of values."""

    folder: str
    made: type[str]
    emit: Callable[[Tree], str]
    escape: Callable[[str], str]
    filters: Mapping[str, Callable[..., Any]]

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

    def said(self, key: str, **places: object) -> str:
        """Return an entry of the catalogue in force as markup, with its places filled."""
        return self.made("".join(map(self.printed, parts(language()[key], places))))


@cache
def _environment(format: Format, folder: Path | None) -> ImmutableSandboxedEnvironment:
    """Make the Jinja2 environment of a format; templates of a folder take the place of ours."""
    dialect = DIALECTS[format]
    made = dialect.made
    folders = [templates(format)] if folder is None else [folder, templates(format)]
    sandbox = environment(folders, made, dialect.printed)
    sandbox.globals.update(
        unknown=filters.unknown,
        nothing=Row(()),
        preamble_end=tex.Latex(PREAMBLE_END),
        said=dialect.said,  # no filter: one is called once for all documents if its words are constant
        words=words,
    )
    sandbox.filters.update(
        kind=filters.kind,
        frames=filters.frames,
        plain=plain,
        mark=lambda block: made(filters.mark(block)),
        relation=Operator,
        colour=lambda role: made(COLOURS[role]),
        share=lambda number: made(filters.share(number)),
        millimetres=lambda number: made(f"{float(number):.5g}"),
        word=lambda name: made(filters.word(name)),
        trim=lambda source: made(source.strip()) if isinstance(source, made) else source.strip(),
        **dialect.filters,
    )
    return sandbox


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
    ),
    "typ": Dialect(
        "typst",
        typ.Typst,
        typ.typst,
        typ.escape,
        {"picture": scene_typst, "quoted": typ.quoted, "spoken": typ.spoken, "columns": filters.columns},
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
            "source": note.source,
            "cells": filters.cells,
            "apart": lambda block: note.Markdown("\n\n"),
            "oneline": lambda source: note.Markdown(" ".join(source.split())),
            "bar": lambda share: note.Markdown("█" * round(10 * min(max(float(share), 0.0), 1.0))),
            "alignment": lambda letter: note.Markdown(RULES[letter]),
        },
    ),
}
