"""The embedded typst in a process of its own: what a template asks of it cannot stop symrnn itself.

It reads ``document.typ`` in its working directory and nothing else, and writes there either what was asked
for or ``document.log``, the diagnosis. Nothing of symrnn is imported here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypedDict

import typst


class Alone(TypedDict):
    """What confines typst: its root, no fonts of the machine, packages from an empty folder."""

    root: str
    ignore_system_fonts: bool
    package_path: str
    package_cache_path: str


def main(task: str, timestamp: int) -> int:
    """Compile to ``document.pdf``, or look for overflows and write ``document.json``."""
    source, alone = (
        "document.typ",
        Alone(root=".", ignore_system_fonts=True, package_path="home", package_cache_path="home"),
    )
    try:
        if task == "query":
            answer = typst.query(source, "<overflow>", field="value", **alone)
            Path("document.json").write_text(answer, encoding="utf-8")
        else:
            typst.compile(source, "document.pdf", format="pdf", timestamp=timestamp, **alone)
    except typst.TypstError as error:
        Path("document.log").write_text(error.diagnostic, encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
