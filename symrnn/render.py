"""Rendering: a document and the templates of a format make source text.

Jinja2 lives here and nowhere else. Whatever a template prints is escaped unless an emitter made it: plain
text becomes harmless, a layout tree becomes a formula, anything else is an error. What a macro returns was
printed piece by piece and is passed on as it is. Templates run in a sandbox and stop at the first unknown
name.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NoReturn

from jinja2 import TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from symrnn.document import Bar, Blank, Block, Document, Gallery, Heading, Line, Piece, Steps, Styled, Text
from symrnn.engines import PREAMBLE_END, EngineError, make_pdf, overfull, typst_overflows
from symrnn.sandbox import TemplateError, checked_folder, environment, rendered_apart
from symrnn.typeset import latex as tex
from symrnn.typeset import mathml as web
from symrnn.typeset import typst as typ
from symrnn.typeset.measure import EM, width
from symrnn.typeset.scene_typst import scene_typst
from symrnn.typeset.svg import svg
from symrnn.typeset.text import HIDDEN, text
from symrnn.typeset.tikz import tikz
from symrnn.typeset.tree import Coloured, Fraction, Operator, Role, Row, Tree, row

__all__ = [
    "EngineError",
    "TemplateError",
    "check_templates",
    "make_pdf",
    "overfull",
    "render",
    "typst_overflows",
]

Format = Literal["tex", "typ", "html"]
WITH_SLIDES: tuple[Format, ...] = ("tex", "typ")  # a web page unfolds its steps itself
COLOURS: dict[Role, str] = {"explicit": "expl", "implicit": "impl"}
ALIGNMENTS = {"l": "left", "c": "center", "r": "right"}
WIDE = 55.0  # millimetres


def render(document: Document, format: Format, folder: Path | None = None) -> str:
    """Return the source of a document in ``tex`` (LaTeX), ``typ`` (Typst) or ``html``.

    Parameters
    ----------
    document : Document
    format : {"tex", "typ", "html"}
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
        return str(template.render(document=document))

    return make() if folder is None else rendered_apart(make, folder)


def check_templates(folder: Path, formats: Iterable[Format]) -> Path:
    """Return a folder of templates if it holds one for these formats; ``TemplateError`` if not."""
    return checked_folder(
        folder, sorted(file.name for name in formats for file in templates(name).glob("*.*"))
    )


def templates(format: Format) -> Path:
    """Return the folder with the templates of a format: inside an installed package, else beside it."""
    package = Path(__file__).parent
    for folder in (package / "templates", package.parent / "templates"):
        if folder.is_dir():
            return folder / LANGUAGES[format].folder
    raise FileNotFoundError(f"no templates in {package} or beside it: install symrnn again")


@dataclass(frozen=True)
class Language:
    """What is particular to a format: the class of its markup, and what makes markup out of values."""

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


@cache
def _environment(format: Format, folder: Path | None) -> ImmutableSandboxedEnvironment:
    """Make the Jinja2 environment of a format; templates of a folder take the place of ours."""
    language = LANGUAGES[format]
    made = language.made
    folders = [templates(format)] if folder is None else [folder, templates(format)]
    sandbox = environment(folders, made, language.printed)
    sandbox.globals.update(unknown=_unknown, nothing=Row(()), preamble_end=tex.Latex(PREAMBLE_END))
    sandbox.filters.update(
        kind=_kind,
        frames=_frames,
        plain=plain,
        mark=lambda block: made(_mark(block)),
        relation=Operator,
        colour=lambda role: made(COLOURS[role]),
        share=lambda number: made(_share(number)),
        millimetres=lambda number: made(f"{float(number):.5g}"),
        word=lambda name: made(_word(name)),
        trim=lambda source: made(source.strip()) if isinstance(source, made) else source.strip(),
        **language.filters,
    )
    return sandbox


def plain(value: object) -> str:
    """Return text, trees, lines and sequences of them in plain Unicode, for titles and alternative texts."""
    match value:
        case str():
            return value
        case Tree():
            return text(value)
        case Styled(words, _):
            return words
        case Blank():
            return HIDDEN
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


def _mark(block: object) -> str:
    """Return what a comment says of a block: its kind, or its words in quotation marks if it is a heading."""
    if isinstance(block, Heading):
        return f'"{tex.clean(plain(block.text))}"'  # one line, whatever the words are
    return type(block).__name__.lower()


def _frames(blocks: Sequence[Block]) -> list[tuple[Heading, list[Block], int]]:
    """Return the frames of slides: heading, blocks, and in how many stages the frame appears."""
    frames: list[tuple[Heading, list[Block], int]] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            frames.append((block, [], 1))
        elif not frames:
            raise TemplateRuntimeError("slides begin with a heading")
        else:
            heading, inside, stages = frames[-1]
            revealed = {Steps: "rows", Gallery: "items"}.get(type(block))
            more = len(getattr(block, revealed)) if revealed else 0
            frames[-1] = heading, [*inside, block], max(stages, more)
    return frames


def _unknown(value: object) -> NoReturn:
    raise TemplateRuntimeError(f"the template has no layout for {type(value).__name__}")


def _share(number: float) -> str:
    """Return a number from 0 to 1 with four digits that count, and no exponent: TeX reads none."""
    return f"{float(f'{min(max(float(number), 0.0), 1.0):.4g}'):.9f}".rstrip("0").rstrip(".")


def _word(name: str) -> str:
    if not (name.isascii() and name.isalpha()):
        raise ValueError(f"not a plain word: {name!r}")
    return name


def _pdfstring(words: str) -> tex.Latex:
    """Return the hexadecimal digits of a PDF text string: no character of the text reaches TeX."""
    return tex.Latex((b"\xfe\xff" + tex.clean(words).encode("utf-16-be")).hex().upper())


def _columns(align: Iterable[str]) -> typ.Typst:
    return typ.Typst("".join(f"{ALIGNMENTS[letter]}, " for letter in align))


def _ems(lines: Iterable[Line]) -> web.Html:
    """Return the width of the widest left side, so that relation signs stand in one column."""
    return web.Html(f"{max((width(line.lhs) for line in lines if line.lhs is not None), default=0) / EM:.3g}")


def _room(pieces: Text) -> web.Html:
    """Return the width of running text: all that a page says of what it does not show."""

    def ems(piece: Piece) -> float:
        if isinstance(piece, Tree):
            return width(piece) / EM
        return 5.0 * piece.fraction if isinstance(piece, Bar) else 0.5 * len(plain(piece))

    return web.Html(f"{sum(map(ems, pieces)):.3g}")


def _is_wide(tree: Tree) -> bool:
    """Whether a formula in running text may be wider than a small screen: it gets a box that scrolls."""
    return width(tree) > WIDE


def _tied(pieces: Text) -> list[tuple[Piece, str]]:
    """Give a formula the closing marks of the text after it: browsers break lines between the two."""
    tied: list[tuple[Piece, str]] = []
    for piece in pieces:
        if tied and isinstance(tied[-1][0], Tree) and isinstance(piece, str):
            rest = piece.lstrip(".,;:!?)]")
            tied[-1] = tied[-1][0], piece[: len(piece) - len(rest)]
            piece = rest
        tied.append((piece, ""))
    return tied


def _flat(tree: Tree) -> Tree:
    """Return a fraction with a slash, for a line of text."""
    if isinstance(tree, Coloured):
        return Coloured(_flat(tree.body), tree.role)
    return row(tree.top, Operator("slash"), tree.bottom) if isinstance(tree, Fraction) else tree


def _embedded(name: str) -> web.Html:
    """Return a font of the template folder in base64."""
    return web.Html(
        base64.b64encode((templates("html") / "font" / f"{_word(name)}.woff2").read_bytes()).decode()
    )


def _digest(source: str) -> web.Html:
    """Return the digest by which a page admits its own script and no other."""
    return web.Html(base64.b64encode(hashlib.sha256(source.encode()).digest()).decode())


LANGUAGES: dict[Format, Language] = {
    "tex": Language("latex", tex.Latex, tex.latex, tex.escape, {"picture": tikz, "pdfstring": _pdfstring}),
    "typ": Language(
        "typst",
        typ.Typst,
        typ.typst,
        typ.escape,
        {"picture": scene_typst, "quoted": typ.quoted, "columns": _columns},
    ),
    "html": Language(
        "html",
        web.Html,
        web.mathml,
        web.escape,
        {
            "picture": svg,
            "ems": _ems,
            "room": _room,
            "embedded": _embedded,
            "digest": _digest,
            "wide": _is_wide,
            "tied": _tied,
            "flat": _flat,
        },
    ),
}
