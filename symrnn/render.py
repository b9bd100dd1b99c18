"""Rendering: a document and the templates of a format make source text.

Jinja2 lives here and nowhere else. Whatever a template prints is escaped unless an emitter made it: plain
text becomes harmless, a layout tree becomes a formula, anything else is an error. What a macro returns was
printed piece by piece and is passed on as it is. Templates run in a sandbox and stop at the first unknown
name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Literal, NoReturn

from jinja2 import FileSystemLoader, StrictUndefined, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from symrnn.document import Document, Line, Styled
from symrnn.engines import EngineError, make_pdf, overfull, typst_overflows
from symrnn.typeset import latex as tex
from symrnn.typeset import typst as typ
from symrnn.typeset.scene_typst import scene_typst
from symrnn.typeset.text import text
from symrnn.typeset.tikz import tikz
from symrnn.typeset.tree import Operator, Role, Row, Tree

__all__ = ["EngineError", "make_pdf", "overfull", "render", "typst_overflows"]

Format = Literal["tex", "typ"]
FOLDERS: dict[Format, str] = {"tex": "latex", "typ": "typst"}
COLOURS: dict[Role, str] = {"explicit": "expl", "implicit": "impl"}
ALIGNMENTS = {"l": "left", "c": "center", "r": "right"}


def render(document: Document, format: Format) -> str:
    """Return the source of a document in ``tex`` (LaTeX) or ``typ`` (Typst)."""
    template = _environment(format).get_template(f"report.{format}.j2")
    return str(template.render(document=document))


def templates(format: Format) -> Path:
    """Return the folder with the templates of a format: inside an installed package, else beside it."""
    package = Path(__file__).parent
    for folder in (package / "templates", package.parent / "templates"):
        if folder.is_dir():
            return folder / FOLDERS[format]
    raise FileNotFoundError(f"no templates in {package} or beside it: install symrnn again")


@cache
def _environment(format: Format) -> ImmutableSandboxedEnvironment:
    """Make the Jinja2 environment of a format."""
    made: type[str] = tex.Latex if format == "tex" else typ.Typst
    emit: Callable[[Tree], str] = tex.latex if format == "tex" else typ.typst
    escape: Callable[[str], str] = tex.escape if format == "tex" else typ.escape

    def printed(value: object) -> str:
        if isinstance(value, made):
            return value
        if isinstance(value, Tree):
            return emit(value)
        if isinstance(value, str):
            return escape(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return made(value)
        raise TypeError(f"a template of {format} cannot print {value!r}")

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates(format)),
        undefined=StrictUndefined,
        finalize=printed,
        block_start_string=r"\BLOCK{",
        block_end_string="}",
        variable_start_string=r"\VAR{",
        variable_end_string="}",
        comment_start_string=r"\#{",
        comment_end_string="}",
        line_statement_prefix="%%",
        line_comment_prefix="%#",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # HTML's rules; ours are in ``printed``
    )
    environment.concat = lambda parts: made("".join(parts))  # type: ignore[method-assign]
    environment.globals.update(unknown=_unknown, nothing=Row(()))
    environment.filters.update(
        kind=_kind,
        plain=plain,
        relation=Operator,
        colour=lambda role: made(COLOURS[role]),
        share=lambda number: made(f"{min(max(float(number), 0.0), 1.0):.4g}"),
        millimetres=lambda number: made(f"{float(number):.5g}"),
        word=lambda name: made(_word(name)),
        trim=lambda source: made(source.strip()) if isinstance(source, made) else source.strip(),
    )
    if format == "tex":
        environment.filters.update(picture=tikz, pdfstring=_pdfstring)
    else:
        environment.filters.update(picture=scene_typst, quoted=typ.quoted, columns=_columns)
    return environment


def plain(value: object) -> str:
    """Return text, trees, lines and sequences of them in plain Unicode, for titles and alternative texts."""
    match value:
        case str():
            return value
        case Tree():
            return text(value)
        case Styled(words, _):
            return words
        case Line(lhs, relation, rhs):
            left = [] if lhs is None else [text(lhs)]
            return " ".join((*left, text(Operator(relation)), *map(text, rhs)))
        case tuple() if value and all(isinstance(item, Line) for item in value):
            return "; ".join(map(plain, value))
        case tuple():
            return "".join(map(plain, value))
    raise TypeError(f"no plain text for {value!r}")


def _kind(value: object) -> str:
    """Return the name a template knows a value by: its class, but one name for all formulas."""
    if isinstance(value, Tree):
        return "Tree"
    return "Text" if isinstance(value, str) else type(value).__name__


def _unknown(value: object) -> NoReturn:
    raise TemplateRuntimeError(f"the template has no layout for {type(value).__name__}")


def _word(name: str) -> str:
    if not (name.isascii() and name.isalpha()):
        raise ValueError(f"not a plain word: {name!r}")
    return name


def _pdfstring(words: str) -> tex.Latex:
    """Return the hexadecimal digits of a PDF text string: no character of the text reaches TeX."""
    return tex.Latex((b"\xfe\xff" + tex.clean(words).encode("utf-16-be")).hex().upper())


def _columns(align: Iterable[str]) -> typ.Typst:
    return typ.Typst("".join(f"{ALIGNMENTS[letter]}, " for letter in align))
