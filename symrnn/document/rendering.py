"""Rendering: a document and the templates of a format make source text.

Whatever a template prints is escaped unless an emitter made it: plain text becomes harmless, a layout tree
becomes a formula, anything else is an error. What a macro returns was printed piece by piece and is passed on
as it is. Templates run in a sandbox and stop at the first unknown name; Jinja2 is nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from symrnn.document import filters
from symrnn.document.blocks import Document
from symrnn.document.dialects import DIALECTS, Format, templates
from symrnn.document.engines import PREAMBLE_END
from symrnn.document.notebook import notebook
from symrnn.document.sandbox import checked_folder, environment, reached, rendered_apart
from symrnn.document.text import plain
from symrnn.document.translations import FOLDER as WORDS, ORIGINAL, catalogue, languages
from symrnn.notation import Operator, Role, Row
from symrnn.notation.emitters import latex as tex

WITH_SLIDES: tuple[Format, ...] = ("tex", "typ")  # a web page unfolds its steps itself
COLOURS: dict[Role, str] = {"explicit": "expl", "implicit": "impl"}


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
    code = document.language if document.language in languages() else ORIGINAL

    def make() -> str:
        template = _environment(format, folder, code).get_template(f"{name}.{format}.j2")
        if format == "ipynb":
            macros: Any = template.make_module({"document": document})
            return notebook(document, macros)
        return template.render(document=document)

    return make() if folder is None else rendered_apart(make, folder)


def check_templates(folder: Path, formats: Iterable[Format]) -> Path:
    """Return a folder of templates if it holds one for these formats; ``TemplateError`` if not."""
    return checked_folder(folder, sorted(name for format in formats for name in _names(format)))


def fingerprint(formats: Sequence[Format], folder: Path | None = None) -> str:
    """Return a digest of what documents in some formats are made with: words, and templates.

    Parameters
    ----------
    formats : sequence of {"tex", "typ", "html", "ipynb"}
    folder : Path, optional
        Templates in it take the place of ours; what they refer to counts as well.

    Raises
    ------
    TemplateError
        If a template of the folder cannot be read.
    """
    ours = [file for place in (WORDS, *map(templates, formats)) for file in place.rglob("*.*")]
    whole = "".join(f"{file.name} {_digest(file.read_bytes())}\n" for file in sorted(ours))
    if folder is not None:
        whole += rendered_apart(partial(_sources, formats, folder), folder)
    return _digest(whole.encode())


def _names(format: Format) -> list[str]:
    """Return the names of our templates of a format."""
    return sorted(file.name for file in templates(format).glob("*.*"))


def _sources(formats: Sequence[Format], folder: Path) -> str:
    """Return a digest of every template that a folder lets us reach, line by line."""
    found = (reached(_environment(format, folder, ORIGINAL), _names(format)) for format in formats)
    return "".join(
        f"{name} {_digest(text.encode())}\n" for sources in found for name, text in sources.items()
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@cache
def _environment(format: Format, folder: Path | None, language: str) -> ImmutableSandboxedEnvironment:
    """Make the Jinja2 environment of a format in a language, with templates of a folder before ours."""
    dialect, words = DIALECTS[format], catalogue(language)
    made = dialect.made
    folders = [templates(format)] if folder is None else [folder, templates(format)]
    sandbox = environment(folders, made, dialect.printed)
    sandbox.globals.update(
        unknown=filters.unknown,
        nothing=Row(()),
        preamble_end=tex.Latex(PREAMBLE_END),
        said=partial(dialect.said, words),
        words=words.filled,
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
