"""What templates ask of values: their kind, their words, their width; nothing that writes a formula.

Templates lay out and do not compute. What they need to know of a block or a tree to place it is here, one
small function for each question.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import NoReturn

from symrnn.document.blocks import (
    Block,
    Gallery,
    Heading,
    Line,
    Piece,
    Steps,
    Text,
)
from symrnn.document.text import plain, room_of
from symrnn.notation import EM, Coloured, Fraction, Operator, Scene, Tree, picture, row, width
from symrnn.notation.emitters import latex as tex, markdown as note, mathml as web, typst as typ

ALIGNMENTS = {"l": "left", "c": "center", "r": "right"}
WIDE = 55.0  # millimetres
MOST_ROWS, MOST_LINES, LINE = 40, 50, 36.0  # of a table on one page; ems of a line in its widest column


def kind(value: object) -> str:
    """Return the name a template knows a value by: its class, but one name for all formulas."""
    if isinstance(value, Tree):
        return "Tree"
    return "Text" if isinstance(value, str) else type(value).__name__


def mark(block: object) -> str:
    """Return what a comment says of a block: its kind, or its words in quotation marks if it is a heading."""
    if isinstance(block, Heading):
        return f'"{tex.clean(plain(block.text))}"'  # one line, whatever the words are
    return type(block).__name__.lower()


def frames(blocks: Sequence[Block]) -> list[tuple[Heading, list[Block], int]]:
    """Return the frames of slides: heading, blocks, and in how many stages the frame appears."""
    frames: list[tuple[Heading, list[Block], int]] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            frames.append((block, [], 1))
        elif not frames:
            raise ValueError("slides begin with a heading")
        else:
            heading, inside, stages = frames[-1]
            revealed = {Steps: "rows", Gallery: "items"}.get(type(block))
            more = len(getattr(block, revealed)) if revealed else 0
            frames[-1] = heading, [*inside, block], max(stages, more)
    return frames


def unknown(value: object) -> NoReturn:
    """Stop at a value that a template has no layout for."""
    raise ValueError(f"the template has no layout for {type(value).__name__}")


def share(number: float) -> str:
    """Return a number from 0 to 1 with four digits that count, and no exponent: TeX reads none."""
    return f"{float(f'{min(max(float(number), 0.0), 1.0):.4g}'):.9f}".rstrip("0").rstrip(".")


def word(name: str) -> str:
    """Return a word that can be part of a name in any language."""
    if not (name.isascii() and name.isalpha()):
        raise ValueError(f"not a plain word: {name!r}")
    return name


def pdfstring(words: str) -> tex.Latex:
    """Return the hexadecimal digits of a PDF text string: no character of the text reaches TeX."""
    return tex.Latex((b"\xfe\xff" + tex.clean(words).encode("utf-16-be")).hex().upper())


def columns(align: Iterable[str]) -> typ.Typst:
    """Return how the columns of a table are aligned, in Typst."""
    return typ.Typst("".join(f"{ALIGNMENTS[letter]}, " for letter in align))


def ems(lines: Iterable[Line]) -> web.Html:
    """Return the width of the widest left side, so that relation signs stand in one column."""
    return web.Html(f"{max((width(line.lhs) for line in lines if line.lhs is not None), default=0) / EM:.3g}")


def is_wide(tree: Tree) -> bool:
    """Whether a formula in running text may be wider than a small screen: it gets a box that scrolls."""
    return width(tree) > WIDE


def tied(pieces: Text) -> list[tuple[Piece, str]]:
    """Give a formula the closing marks of the text after it: browsers break lines between the two."""
    tied: list[tuple[Piece, str]] = []
    for piece in pieces:
        if tied and isinstance(tied[-1][0], Tree) and isinstance(piece, str):
            rest = piece.lstrip(".,;:!?)]")
            tied[-1] = tied[-1][0], piece[: len(piece) - len(rest)]
            piece = rest
        tied.append((piece, ""))
    return tied


def flat(tree: Tree) -> Tree:
    """Return a fraction with a slash, for a line of text."""
    if isinstance(tree, Coloured):
        return Coloured(flat(tree.body), tree.role)
    return row(tree.top, Operator("slash"), tree.bottom) if isinstance(tree, Fraction) else tree


def digest(source: str) -> web.Html:
    """Return the digest by which a page admits its own script and no other."""
    return web.Html(base64.b64encode(hashlib.sha256(source.encode()).digest()).decode())


def script(words: str) -> web.Html:
    """Return words as a string of JavaScript that ends no script element."""
    return web.Html(json.dumps(words, ensure_ascii=False).replace("<", r"\u003c"))


def chunks(rows: Sequence[Sequence[Text]]) -> list[tuple[int, Sequence[Sequence[Text]]]]:
    """Cut a table into parts that a page holds, each with the number of its first row."""
    found: list[tuple[int, list[Sequence[Text]]]] = [(0, [])]
    lines = 0
    for number, one in enumerate(rows):
        needed = max((1 + int(room_of(cell) / LINE) for cell in one), default=1)
        lines += needed
        if lines > MOST_LINES or len(found[-1][1]) == MOST_ROWS:
            found.append((number, []))
            lines = needed
        found[-1][1].append(one)
    return list(found)


def image(scene: Scene) -> note.Markdown:
    """Return a picture as the address of an image that holds it."""
    content = base64.b64encode(picture(scene).encode()).decode()
    return note.Markdown(f"data:image/svg+xml;base64,{content}")


def box(pieces: Text) -> note.Markdown:
    """Return an empty box of the width of running text, as a formula."""
    return note.box(room_of(pieces) * EM)
