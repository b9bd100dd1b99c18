"""A document: what a report says, block by block, before any format has been chosen.

Report builders make documents, templates lay them out. A formula in a document is a layout tree, and
every tree that states something was certified before it got here. Text is plain text: templates escape
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symrnn.notation import Role, Scene, Tree


@dataclass(frozen=True)
class Styled:
    """A run of plain text that is emphasised, strong, quiet or coloured by its role."""

    text: str
    style: Literal["emph", "strong", "quiet", "code", "explicit", "implicit"]


@dataclass(frozen=True)
class Bar:
    """A bar in a table cell; ``fraction`` of the longest bar."""

    fraction: float


@dataclass(frozen=True)
class Blank:
    """A run of text that is not shown: its place is kept, and nothing of it is in the text of the page."""

    text: Text


Piece = str | Tree | Styled | Bar | Blank
Text = tuple[Piece, ...]


@dataclass(frozen=True)
class Heading:
    """A section heading; level 1 is numbered by the template, level 2 is not."""

    text: Text
    level: Literal[1, 2] = 1


@dataclass(frozen=True)
class Prose:
    """A paragraph; a ``blank`` one keeps its place and is not shown."""

    text: Text
    blank: bool = False


@dataclass(frozen=True)
class Line:
    """lhs relation rhs; an empty lhs continues the chain above. ``rhs`` holds one tree per printed line."""

    lhs: Tree | None
    relation: Literal["=", "~", "<="]
    rhs: tuple[Tree, ...]


@dataclass(frozen=True)
class Display:
    """Displayed equations, aligned at their relations; ``columns`` of them side by side."""

    lines: tuple[Line, ...]
    columns: int = 1


@dataclass(frozen=True)
class StepRow:
    """One row of a derivation: the line, the name of its rule and one short reason.

    Of a ``blank`` row, rule and reason keep their place and are not shown.
    """

    line: Line
    rule: str
    reason: Text
    blank: bool = False


@dataclass(frozen=True)
class Steps:
    """A derivation: numbered rows from ``first``; with ``each``, every row is a derivation of its own."""

    rows: tuple[StepRow, ...]
    first: int = 1
    each: bool = False


@dataclass(frozen=True)
class Result:
    """The result of a derivation in a ruled box, with a remark at its right."""

    line: Line
    title: str
    remark: str


@dataclass(frozen=True)
class Table:
    """A table; ``align`` has one of l, c, r per column, ``rules`` are the rows with a rule above them."""

    title: Text
    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    align: str
    note: Text = ()
    rules: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A graph with its caption; the template numbers figures that have one."""

    scene: Scene
    caption: Text


@dataclass(frozen=True)
class Gallery:
    """Small graphs side by side, each with a short formula or text below it.

    ``stage`` is the graph that they all show, with nothing marked: a format that can answer to its reader
    marks in it the path of one item at a time.
    """

    items: tuple[tuple[Scene, Text], ...]
    caption: Text
    columns: int = 2
    stage: Scene | None = None


@dataclass(frozen=True)
class Panel:
    """A pale panel; with a title and a role it gets a coloured bar at its left."""

    blocks: tuple[Block, ...]
    title: str = ""
    role: Role | None = None


@dataclass(frozen=True)
class Bullets:
    """A short list."""

    items: tuple[Text, ...]


@dataclass(frozen=True)
class Form:
    """Places to write in, side by side: a label and what is written there already."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Columns:
    """Two stacks of blocks side by side; ``left`` is the share of the text width the left one takes."""

    first: tuple[Block, ...]
    second: tuple[Block, ...]
    left: float = 0.5


Block = (
    Heading | Prose | Display | Steps | Result | Table | Figure | Gallery | Panel | Bullets | Form | Columns
)


@dataclass(frozen=True)
class Code:
    """A piece of Python, for a format that runs."""

    text: str


@dataclass(frozen=True)
class Document:
    """A whole document.

    ``running_head`` stands at the top left of every page, ``label`` at its top right, ``foot`` at its foot:
    what was checked and how well it held. ``key`` is the same document with everything shown, where this one
    hides something. On ``slides`` every heading of level 1 opens a frame; steps and the items of a gallery
    appear one after another. ``program`` says the same in Python, for a format that runs.
    """

    title: Text
    lead: Text
    blocks: tuple[Block, ...]
    running_head: str
    label: str
    foot: Text
    language: str = "en"
    layout: Literal["pages", "slides"] = "pages"
    key: Document | None = None
    program: tuple[Block | Code, ...] = ()
