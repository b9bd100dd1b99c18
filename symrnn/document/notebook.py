"""The notebook of a document: its structure is made here, the Markdown of its cells by a template.

Blocks are grouped into cells, each with the headings and the sentence that lead to it. A piece of code is a
cell of its own. The format is nbformat 4.5.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from symrnn.document.blocks import Block, Code, Document, Heading, Prose

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Layout(Protocol):
    """What the template of a notebook gives: macros that make the Markdown of its cells."""

    def title(self) -> str:
        """Return the first cell: what the document is called and what it says ahead."""

    def cell(self, blocks: Sequence[Block | Code]) -> str:
        """Return a cell with some blocks; figures and sections are counted on from the cell before."""

    def foot(self) -> str:
        """Return the last cell: what was checked."""


def notebook(document: Document, layout: Layout) -> str:
    """Return a document as a notebook."""
    cells = [_markdown("title", layout.title())]
    for number, blocks in enumerate(grouped((*document.blocks, *document.program)), start=1):
        match blocks:
            case [Code(text)]:
                cells.append(_code(f"code-{number}", text))
            case _:
                cells.append(_markdown(f"text-{number}", layout.cell(blocks)))
    cells.append(_markdown("foot", layout.foot()))
    whole = {"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def grouped(blocks: Iterable[Block | Code]) -> list[list[Block | Code]]:
    """Group blocks into cells."""
    cells: list[list[Block | Code]] = []
    leads = False
    for block in blocks:
        leads = leads and not isinstance(block, Heading | Code)
        if leads or (cells and isinstance(cells[-1][-1], Heading) and not isinstance(block, Code)):
            cells[-1].append(block)
        else:
            cells.append([block])
        leads = isinstance(block, Prose)
    return cells


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": _lines(text)}


def _code(name: str, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": _lines(text),
    }


def _lines(text: str) -> list[str]:
    """Return the source of a cell: its lines, with one empty line at most between two others."""
    return re.sub(r"\n{3,}", "\n\n", text.strip("\n")).splitlines(keepends=True)
